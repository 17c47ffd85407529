#include "runtime/env/log_tail.h"

namespace flinkc {

std::string_view LogTail::Last() const {
  std::string_view last = text_;
  if (last.size() <= bytes_max_ && !is_cut_) return last;
  bool is_at_line = false;
  if (last.size() > bytes_max_) {
    const size_t cut = last.size() - bytes_max_;
    is_at_line = last[cut - 1] == '\n';
    last.remove_prefix(cut);
  }
  if (is_at_line) return last;
  const size_t end = last.find('\n');
  return end == std::string_view::npos ? std::string_view() : last.substr(end + 1);
}

void LogTail::Append(std::string_view lines, int64_t now_micros) {
  const std::lock_guard lock(mutex_);
  modified_micros_ = now_micros;
  if (lines.size() > bytes_max_) {
    lines.remove_prefix(lines.size() - bytes_max_);
    text_.clear();
    is_cut_ = true;
  }
  text_ += lines;
  // Not each time: what is moved is half of what was written since.
  if (text_.size() <= 2 * bytes_max_) return;
  text_ = std::string(Last());
  is_cut_ = false;
}

std::string LogTail::Text() const {
  const std::lock_guard lock(mutex_);
  return std::string(Last());
}

int64_t LogTail::modified_micros() const {
  const std::lock_guard lock(mutex_);
  return modified_micros_;
}

}  // namespace flinkc
