#include "tools/flinkc/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include "runtime/env/process_usage.h"

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
  const int64_t physical = ReadMachine().physical_memory_bytes;
  size_t bytes = std::numeric_limits<size_t>::max();
  if (physical > 0) bytes = static_cast<size_t>(physical);
  bytes = std::min(bytes, ReadLimit("/sys/fs/cgroup/memory.max"));
  bytes = std::min(bytes, ReadLimit("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  return bytes == std::numeric_limits<size_t>::max() ? 0 : bytes / 4 * 3;
}

}  // namespace flinkc
