#include "runtime/env/standard_output.h"

#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "runtime/env/file_system.h"

namespace flinkc {

Status WriteStandardOutput(std::string_view text) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError(errno, "write to", "standard output");
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace flinkc
