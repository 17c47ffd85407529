// All chance of one simulated run, drawn from its seed.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

namespace flinkc {

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}

  uint64_t Bits() { return random_(); }
  // From 0 to `bound` - 1.
  int64_t Below(int64_t bound) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound));
  }
  int64_t Between(int64_t first, int64_t last) { return first + Below(last - first + 1); }
  // `share` from 0 to 1.
  bool Happens(double share) {
    return share > 0 && static_cast<double>(random_() >> 11) * 0x1.0p-53 < share;
  }
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return values.begin()[Below(static_cast<int64_t>(values.size()))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace flinkc
