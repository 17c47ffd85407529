// All that is drawn of a random plan, as one sequence of small numbers. Given again it makes the
// same plan, and a shorter or smaller sequence makes a simpler one: what is missing counts as 0,
// and 0 is the simplest choice everywhere. So a failing plan is made smaller without knowing what
// it is made of. (The idea is that of Hypothesis: D. MacIver, "Test-Case Reduction via Test-Case
// Generation", ECOOP 2020.)
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace flinkc::property {

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}
  explicit Chance(std::vector<uint32_t> choices) : given_(std::move(choices)), is_given_(true) {}

  // One of 0 … bound - 1.
  uint32_t Below(uint32_t bound) {
    uint32_t choice = 0;
    if (!is_given_) {
      choice = static_cast<uint32_t>(random_() % bound);
    } else if (choices_.size() < given_.size()) {
      choice = std::min(given_[choices_.size()], bound - 1);
    }
    choices_.push_back(choice);
    return choice;
  }
  // TRUE once in `times`; the simplest is FALSE.
  bool OneIn(uint32_t times) { return Below(times) == times - 1; }
  template <typename Item>
  const Item& Of(const std::vector<Item>& items) {
    return items[Below(static_cast<uint32_t>(items.size()))];
  }

  // What was drawn so far.
  const std::vector<uint32_t>& choices() const { return choices_; }

 private:
  std::mt19937_64 random_;
  std::vector<uint32_t> given_;
  bool is_given_ = false;
  std::vector<uint32_t> choices_;
};

}  // namespace flinkc::property
