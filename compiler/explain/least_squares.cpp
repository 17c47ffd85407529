#include "compiler/explain/least_squares.h"

#include <cstddef>

namespace flinkc {

std::vector<double> SolveSeparated(const std::vector<SeparatedPoint>& points) {
  // Without the gaps it is a plain isotonic regression.
  struct Block {
    double mean;
    double weight;
    size_t count;
  };
  std::vector<Block> blocks;
  double offset = 0;
  for (const SeparatedPoint& point : points) {
    if (&point != points.data()) offset += point.gap;
    Block block{point.desired - offset, point.weight, 1};
    while (!blocks.empty() && blocks.back().mean > block.mean) {
      const Block& before = blocks.back();
      const double weight = before.weight + block.weight;
      block.mean = (before.mean * before.weight + block.mean * block.weight) / weight;
      block.weight = weight;
      block.count += before.count;
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  std::vector<double> solved;
  offset = 0;
  for (const Block& block : blocks) {
    for (size_t i = 0; i < block.count; ++i) {
      if (!solved.empty()) offset += points[solved.size()].gap;
      solved.push_back(block.mean + offset);
    }
  }
  return solved;
}

}  // namespace flinkc
