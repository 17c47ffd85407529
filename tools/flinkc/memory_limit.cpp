#include "tools/flinkc/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace flinkc {

namespace {

// The number in a control group's file, which also may say "max".
size_t ReadLimit(const char* path) {
  std::ifstream file(path);
  size_t bytes = 0;
  return file >> bytes ? bytes : std::numeric_limits<size_t>::max();
}

}  // namespace

size_t DefaultMemoryLimitBytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  size_t bytes = std::numeric_limits<size_t>::max();
  if (pages > 0 && page_bytes > 0) {
    bytes = static_cast<size_t>(pages) * static_cast<size_t>(page_bytes);
  }
  bytes = std::min(bytes, ReadLimit("/sys/fs/cgroup/memory.max"));
  bytes = std::min(bytes, ReadLimit("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  return bytes == std::numeric_limits<size_t>::max() ? 0 : bytes / 4 * 3;
}

}  // namespace flinkc
