// The arena that the kernels of a chain write the bytes of their results to. Generated code bumps
// KernelContext::arena_cursor by itself; this keeps the arena and the context in step and starts a
// new arena when batches hold the old one and it has grown large.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "runtime/abi/kernel_context.h"
#include "runtime/abi/string_value.h"
#include "runtime/data/arena_pool.h"

namespace flinkc {

// The worker of the chain only.
class OutputArena {
 public:
  // `context` must outlive this object.
  OutputArena(KernelContext* context, MemoryPool* memory);

  // Between runs: a new or emptied arena if the current one is large.
  void BeginRun();
  // Whether anything was allocated since BeginRun.
  bool WasUsed() const;
  // The arena, to be kept alive by a batch.
  const std::shared_ptr<Arena>& Share() {
    shared_ = true;
    return arena_;
  }
  // A view of a copy of `bytes`.
  StringValue Copy(std::string_view bytes) {
    const uint32_t size = static_cast<uint32_t>(bytes.size());
    if (size <= StringValue::kInlineBytes) return MakeStringValue(bytes);
    char* copy = AllocateBytes(context_, size);
    std::memcpy(copy, bytes.data(), size);
    return MakeStringValue(copy, size);
  }
  // Calls `write(Arena&)` while the context is out of the way.
  template <typename Write>
  void Use(Write write) {
    arena_->SetCursor(context_->arena_cursor);
    write(*arena_);
    Open(0);
  }

 private:
  void Open(size_t bytes_min);

  // Constant after construction.
  KernelContext* const context_;
  // Worker only.
  ArenaPool pool_;
  std::shared_ptr<Arena> arena_;
  bool shared_ = false;
  char* run_cursor_ = nullptr;
  size_t run_bytes_ = 0;
};

}  // namespace flinkc
