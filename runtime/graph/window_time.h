// Which window a time is in, where windows are told apart by one number.
#pragma once

#include <cstdint>

namespace flinkc {

// The last millisecond of the window, in microseconds, which is the time of the rows that it gives:
// of tumbling windows of `size_micros` that begin at multiples of it behind `offset_micros`. A size
// of 0: the rows are those of windows already, and `event_time` is it.
inline int64_t WindowTimeOf(int64_t size_micros, int64_t offset_micros, int64_t event_time) {
  constexpr int64_t kMillisecond = 1000;
  if (size_micros == 0) return event_time;
  const int64_t rest = (event_time - offset_micros) % size_micros;
  const int64_t begin = event_time - (rest < 0 ? rest + size_micros : rest);
  return begin + size_micros - kMillisecond;
}

}  // namespace flinkc
