#include "runtime/operator/output_arena.h"

namespace flinkc {

namespace {
// What a batch that holds an arena for one row may pin by it.
constexpr size_t kLargeBytes = 256 * 1024;
}  // namespace

OutputArena::OutputArena(KernelContext* context, MemoryPool* memory)
    : context_(context), pool_(memory), arena_(pool_.Take()) {
  Open(0);
}

void OutputArena::Open(size_t bytes_min) {
  const std::span<char> range = arena_->OpenRange(bytes_min);
  context_->arena = arena_.get();
  context_->arena_cursor = range.data();
  context_->arena_end = range.data() + range.size();
}

void OutputArena::BeginRun() {
  if (arena_->allocated_bytes() >= kLargeBytes) {
    if (shared_) {
      arena_ = pool_.Take();
      shared_ = false;
      Open(0);
    } else if (context_->arena_cursor != run_cursor_) {
      arena_->Reset();  // nobody has seen what was written
      Open(0);
    }
  }
  run_cursor_ = context_->arena_cursor;
  run_bytes_ = arena_->allocated_bytes();
}

bool OutputArena::WasUsed() const {
  return context_->arena_cursor != run_cursor_ || arena_->allocated_bytes() != run_bytes_;
}

extern "C" {

void flinkc_rt_grow_arena(KernelContext* context, int64_t bytes) {
  Arena* arena = static_cast<Arena*>(context->arena);
  arena->SetCursor(context->arena_cursor);
  const std::span<char> range = arena->OpenRange(static_cast<size_t>(bytes));
  context->arena_cursor = range.data();
  context->arena_end = range.data() + range.size();
}
}

}  // namespace flinkc
