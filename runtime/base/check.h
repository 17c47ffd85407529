// Our own mistakes. CHECK stays on in release builds; DCHECK is for hot loops.
#pragma once

namespace flinkc {

// Prints `file:line: CHECK failed: condition` to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace flinkc

#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::flinkc::CheckFailed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define DCHECK(condition) void(0)
#else
#define DCHECK(condition) CHECK(condition)
#endif
