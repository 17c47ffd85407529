// How long one checkpoint of a subtask holds its worker: by freezing and sealing at the barrier, by
// encoding a frozen chunk that is about to be written to. What counts is the longest time without a
// pause, the sum over one Poll: so long no row moves.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "runtime/base/clock.h"

namespace flinkc {

// The worker adds, any thread reads.
class StallMeter {
 public:
  // `clock` must outlive the meter.
  explicit StallMeter(const Clock* clock) : clock_(clock) {}

  int64_t NowNanos() const { return clock_->MonotonicNanos(); }
  // The checkpoint has held the worker from then until now.
  void AddSince(int64_t begin_nanos) {
    piece_ += NowNanos() - begin_nanos;
    longest_.store(std::max(longest_.load(std::memory_order_relaxed), piece_),
                   std::memory_order_relaxed);
  }
  // The worker turns to something else: a Poll has ended.
  void Pause() { piece_ = 0; }

  int64_t longest_micros() const { return longest_.load(std::memory_order_relaxed) / 1000; }

 private:
  const Clock* const clock_;
  int64_t piece_ = 0;  // nanoseconds since the last pause; worker only
  std::atomic<int64_t> longest_{0};
};

}  // namespace flinkc
