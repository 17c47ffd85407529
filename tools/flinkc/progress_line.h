// The one line on a terminal that says how far a job is: rows, rows a second, watermark, percent.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "runtime/client/job_client.h"

namespace flinkc {

// Rows a second over the last seconds. The counts come in steps, and less often than one looks.
class RowRate {
 public:
  // Rows so far. Times do not go back.
  void Add(int64_t now_nanos, uint64_t rows);
  double RowsPerSecond() const;

 private:
  struct Sample {
    int64_t nanos;
    uint64_t rows;
  };
  // The first one is at least kWindowNanos older than the last, if any is.
  std::deque<Sample> samples_;

  static constexpr int64_t kWindowNanos = 2'000'000'000;
  // For so long a count that does not change may only not have come yet.
  static constexpr int64_t kStepNanosMax = 1'000'000'000;
};

// Thread-safe.
class ProgressLine {
 public:
  // `visible`: standard error is a terminal and the user wants to see it.
  explicit ProgressLine(bool visible) : visible_(visible) {}
  ~ProgressLine() { Clear(); }

  // Shows the status; `now_nanos` only serves to compute rates.
  void Show(const JobStatus& status, int64_t now_nanos);
  // Takes the line away.
  void Clear();
  // Calls `write`, which writes lines to the same terminal: they stand above this one.
  template <typename Write>
  auto Above(const Write& write) {
    const std::lock_guard lock(mutex_);
    ClearLocked();
    return write();
  }

  // "1,204,512 rows, 3.1 M rows/s, watermark 2001-01-03 12:10:00, 42 %"
  static std::string Text(const JobStatus& status, double rows_per_second);

 private:
  void ClearLocked();

  const bool visible_;
  std::mutex mutex_;
  // Guarded by mutex_.
  bool shown_ = false;
  RowRate rate_;
};

}  // namespace flinkc
