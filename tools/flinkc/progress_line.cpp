#include "tools/flinkc/progress_line.h"

#include <fmt/format.h>

#include <cstdio>

#include "runtime/data/value.h"

namespace flinkc {

namespace {

std::string WithThousands(uint64_t number) {
  std::string text = std::to_string(number);
  for (int i = static_cast<int>(text.size()) - 3; i > 0; i -= 3) text.insert(i, ",");
  return text;
}

std::string Rate(double rows_per_second) {
  if (rows_per_second >= 1e6) return fmt::format("{:.1f} M rows/s", rows_per_second / 1e6);
  if (rows_per_second >= 1e3) return fmt::format("{:.1f} k rows/s", rows_per_second / 1e3);
  return fmt::format("{:.0f} rows/s", rows_per_second);
}

}  // namespace

std::string ProgressLine::Text(const JobStatus& status, double rows_per_second) {
  if (!status.waiting_for.empty()) return "waiting: " + status.waiting_for;
  std::string text = fmt::format("{} rows, {}", WithThousands(status.source_rows),
                                 Rate(rows_per_second));
  if (status.watermark_micros != INT64_MIN && status.watermark_micros != INT64_MAX) {
    text += ", watermark " +
            ToText(Value{status.watermark_micros}, DataType::Timestamp(0));
  }
  if (status.bytes_total > 0) {
    const double part =
        static_cast<double>(status.bytes_read) / static_cast<double>(status.bytes_total);
    text += fmt::format(", {:.0f} %", 100.0 * (part > 1.0 ? 1.0 : part));
  }
  return text;
}

void RowRate::Add(int64_t now_nanos, uint64_t rows) {
  const bool unchanged = !samples_.empty() && samples_.back().rows == rows;
  if (unchanged && now_nanos - samples_.back().nanos < kStepNanosMax) return;
  samples_.push_back({now_nanos, rows});
  while (samples_.size() > 2 && samples_[1].nanos <= now_nanos - kWindowNanos) {
    samples_.pop_front();
  }
}

double RowRate::RowsPerSecond() const {
  if (samples_.empty()) return 0;
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  if (last.nanos <= first.nanos || last.rows < first.rows) return 0;
  return static_cast<double>(last.rows - first.rows) * 1e9 /
         static_cast<double>(last.nanos - first.nanos);
}

void ProgressLine::Show(const JobStatus& status, int64_t now_nanos) {
  if (!visible_) return;
  const std::lock_guard lock(mutex_);
  rate_.Add(now_nanos, status.source_rows);
  // What is too long for the terminal is cut off there: a second line would stay for ever.
  std::fprintf(stderr, "\r\x1b[K\x1b[?7l%s\x1b[?7h", Text(status, rate_.RowsPerSecond()).c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::Clear() {
  const std::lock_guard lock(mutex_);
  ClearLocked();
}

void ProgressLine::ClearLocked() {
  if (shown_) std::fprintf(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace flinkc
