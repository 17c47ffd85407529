// Points on a line that want to be somewhere, and must keep their distances.
#pragma once

#include <vector>

namespace flinkc {

struct SeparatedPoint {
  double desired = 0;
  double weight = 1;  // > 0
  double gap = 0;     // least distance from the point before
};

// The x that minimize the sum of weight * (x - desired)^2 with every x[i] >= x[i - 1] + gap[i]:
// isotonic regression by pooling adjacent violators, exact and in linear time.
std::vector<double> SolveSeparated(const std::vector<SeparatedPoint>& points);

}  // namespace flinkc
