// The one line on a terminal that says how far a job is: rows, rows a second, watermark, percent.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/client/job_client.h"

namespace flinkc {

class ProgressLine {
 public:
  // `visible`: standard error is a terminal and the user wants to see it.
  explicit ProgressLine(bool visible) : visible_(visible) {}
  ~ProgressLine() { Clear(); }

  // Shows the status; `now_nanos` only serves to compute rates.
  void Show(const JobStatus& status, int64_t now_nanos);
  // Takes the line away.
  void Clear();

  // "1,204,512 rows, 3.1 M rows/s, watermark 2001-01-03 12:10:00, 42 %"
  static std::string Text(const JobStatus& status, double rows_per_second);

 private:
  const bool visible_;
  bool shown_ = false;
  int64_t last_nanos_ = 0;
  uint64_t last_rows_ = 0;
  double rate_ = 0;
};

}  // namespace flinkc
