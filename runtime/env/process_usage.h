// What this process uses of its machine, and what the machine has.
#pragma once

#include <cstdint>

namespace flinkc {

struct ProcessUsage {
  int64_t cpu_nanos = 0;  // of all threads, since the start
  int64_t resident_bytes = 0;
};

// Any thread; some microseconds. 0 where the system does not say.
ProcessUsage ReadProcessUsage();

// 0 where the system does not say.
struct Machine {
  uint32_t cpu_cores = 0;
  int64_t physical_memory_bytes = 0;
};
Machine ReadMachine();

}  // namespace flinkc
