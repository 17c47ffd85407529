// Times and rows of a subtask in the last second or so: what its meters show (Flink's
// busyTimeMsPerSecond, numRecordsInPerSecond and their kin).
#pragma once

#include <cstdint>

#include "runtime/task/task_times.h"

namespace flinkc {

// One thread.
class TaskRates {
 public:
  // The times: milliseconds in a second; they add up to 1,000 at most.
  struct PerSecond {
    uint32_t busy = 0;
    uint32_t idle = 0;
    uint32_t backpressured = 0;
    uint64_t rows_in = 0;  // rows
    uint64_t rows_out = 0;
  };
  // Since the subtask was deployed.
  struct Totals {
    TaskTimes::Totals times;
    uint64_t rows_in = 0;
    uint64_t rows_out = 0;
  };

  // Of the time between this look and one at least half a second ago, or the first.
  PerSecond Look(const Totals& totals, int64_t now_nanos);

 private:
  struct Sample {
    Totals totals;
    int64_t at_nanos = 0;
  };
  static constexpr int64_t kWindowNanos = 1'000'000'000;

  bool has_looked_ = false;
  Sample before_;  // what is compared with
  Sample next_;    // half a window behind it or more, and takes its place
};

}  // namespace flinkc
