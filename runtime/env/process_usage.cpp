#include "runtime/env/process_usage.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

namespace flinkc {

ProcessUsage ReadProcessUsage() {
  ProcessUsage usage;
  timespec used{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0) {
    usage.cpu_nanos = int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
  }
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return usage;
  char text[128] = {};
  long long total = 0, resident = 0;
  if (read(file, text, sizeof(text) - 1) > 0 &&
      std::sscanf(text, "%lld %lld", &total, &resident) == 2) {
    usage.resident_bytes = resident * sysconf(_SC_PAGESIZE);
  }
  close(file);
  return usage;
}

Machine ReadMachine() {
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_bytes = sysconf(_SC_PAGESIZE);
  return {std::thread::hardware_concurrency(),
          pages > 0 && page_bytes > 0 ? pages * page_bytes : 0};
}

}  // namespace flinkc
