// The last of what a process has said, for those who ask over REST: bounded, whole lines, newest
// last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace flinkc {

// Thread-safe.
class LogTail {
 public:
  static constexpr size_t kBytesMaxDefault = size_t{256} << 10;

  explicit LogTail(size_t bytes_max = kBytesMaxDefault) : bytes_max_(bytes_max) {}

  // Whole lines, each with its end. `now_micros`: since 1970.
  void Append(std::string_view lines, int64_t now_micros);

  // At most bytes_max; where more was said it begins with a whole line.
  std::string Text() const;
  // When something was last said, in microseconds since 1970; 0: never.
  int64_t modified_micros() const;

 private:
  // What of text_ is told.
  std::string_view Last() const;

  // Constant after construction.
  const size_t bytes_max_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::string text_;  // up to twice what is told
  bool is_cut_ = false;
  int64_t modified_micros_ = 0;
};

}  // namespace flinkc
