// What a kernel may use besides its arguments: memory for variable-length results, the clock as
// read once for the batch, and the time zone. Freestanding; the first member of ChainContext.
#pragma once

#include <cstdint>

namespace flinkc {

struct KernelContext {
  // Free range of the current output arena.
  char* arena_cursor;
  char* arena_end;
  // The arena itself (flinkc::Arena*), for the slow path.
  void* arena;
  // Processing time of this batch, microseconds since the epoch, UTC.
  int64_t now_micros;
  // The states that functions prepared when the chain was loaded (compiled regular expressions,
  // time zones, …), by index; see FunctionRecord::prepare.
  const void* const* function_states;
};

extern "C" {
// RuntimeCall: opens a new range of at least `bytes` bytes in context->arena and sets
// arena_cursor and arena_end.
void flinkc_rt_grow_arena(KernelContext* context, int64_t bytes);
}

// `bytes` bytes for the result of a kernel; they live as long as the batch that the row goes to.
inline char* AllocateBytes(KernelContext* context, uint32_t bytes) {
  const int64_t free_bytes = context->arena_end - context->arena_cursor;
  if (free_bytes < static_cast<int64_t>(bytes)) [[unlikely]] {
    flinkc_rt_grow_arena(context, bytes);
  }
  char* start = context->arena_cursor;
  context->arena_cursor += bytes;
  return start;
}

}  // namespace flinkc
