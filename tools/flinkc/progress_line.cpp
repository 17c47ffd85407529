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

void ProgressLine::Show(const JobStatus& status, int64_t now_nanos) {
  if (!visible_) return;
  if (last_nanos_ != 0 && now_nanos > last_nanos_ && status.source_rows >= last_rows_) {
    const double now = static_cast<double>(status.source_rows - last_rows_) * 1e9 /
                       static_cast<double>(now_nanos - last_nanos_);
    rate_ = rate_ == 0 ? now : 0.7 * rate_ + 0.3 * now;
  }
  last_nanos_ = now_nanos;
  last_rows_ = status.source_rows;
  std::fprintf(stderr, "\r\x1b[K%s", Text(status, rate_).c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::Clear() {
  if (shown_) std::fprintf(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace flinkc
