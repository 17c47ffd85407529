// Holds a source back to so many rows a second. The limit is of the whole source; each subtask
// takes its share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/base/clock.h"

namespace flinkc {

// Worker thread only.
class RateLimit {
 public:
  // `rows_per_second` of the whole source; 0: no limit.
  RateLimit(double rows_per_second, uint32_t parallelism, const Clock* clock)
      : rows_per_nano_(rows_per_second / parallelism / 1e9), clock_(clock) {}

  // Rows that may be made now, at most `wanted`.
  int64_t Allowed(int64_t wanted) {
    if (rows_per_nano_ <= 0) return wanted;
    const int64_t now = clock_->MonotonicNanos();
    if (start_nanos_ < 0) start_nanos_ = now;
    // The first row at once, then one each 1 / rate.
    const double due = static_cast<double>(now - start_nanos_) * rows_per_nano_ + 1.0;
    return std::clamp<int64_t>(static_cast<int64_t>(due) - taken_, 0, wanted);
  }
  void Take(int64_t rows) { taken_ += rows; }
  // Microseconds until the next row may be made.
  int64_t RetryAfterMicros() const {
    const double due_nanos = static_cast<double>(taken_) / rows_per_nano_;
    const double wait = due_nanos - static_cast<double>(clock_->MonotonicNanos() - start_nanos_);
    return std::clamp<int64_t>(static_cast<int64_t>(wait / 1'000) + 1, 1, 1'000'000);
  }

 private:
  // Constant after construction.
  const double rows_per_nano_;
  const Clock* const clock_;
  // Worker thread only.
  int64_t start_nanos_ = -1;
  int64_t taken_ = 0;
};

}  // namespace flinkc
