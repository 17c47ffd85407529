// Times of timers, rounded so that there are few of them.
#pragma once

#include <cstdint>

namespace flinkc {

// The least multiple of `step`, which is above zero, that is not below `value`.
inline int64_t RoundUp(int64_t value, int64_t step) {
  const int64_t rest = value % step;
  if (rest == 0) return value;
  return value - rest + (rest > 0 ? step : 0);
}

}  // namespace flinkc
