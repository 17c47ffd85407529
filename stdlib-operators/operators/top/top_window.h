// Which window of a top a time is in.
#pragma once

#include <cstdint>

#include "runtime/graph/top_descriptor.h"

namespace flinkc {

// Windows are told apart by their last millisecond, which is the time of the rows of a window that
// another operator has made, in microseconds.
inline int64_t WindowTimeOf(const TopWindow& window, int64_t event_time) {
  constexpr int64_t kMillisecond = 1000;
  if (window.size_micros == 0) return event_time;
  const int64_t since = event_time - window.offset_micros;
  const int64_t rest = since % window.size_micros;
  const int64_t begin = event_time - (rest < 0 ? rest + window.size_micros : rest);
  return begin + window.size_micros - kMillisecond;
}

}  // namespace flinkc
