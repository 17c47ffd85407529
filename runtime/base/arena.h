// A bump allocator for the variable-length bytes of record batches. A batch that holds views into
// an arena shares its ownership; the memory is given back when the last such batch is gone.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "runtime/base/memory_pool.h"

namespace flinkc {

// One writer; readers may be on other threads once the bytes are written and handed over.
class Arena {
 public:
  // `pool` must outlive the arena; nullptr: not accounted.
  explicit Arena(MemoryPool* pool = nullptr) : pool_(pool) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `bytes` bytes, aligned to `alignment` (a power of two, at most 16). Never fails: a block over
  // the memory limit is counted by force, and the worker sees MemoryPool::over_limit().
  char* Allocate(size_t bytes, size_t alignment = 1) {
    char* start = Align(cursor_, alignment);
    if (start > end_ || static_cast<size_t>(end_ - start) < bytes) {
      return AllocateSlow(bytes, alignment);
    }
    cursor_ = start + bytes;
    return start;
  }

  // For generated code, which bumps by itself: a free range of at least `bytes_min` bytes. What was
  // used of it is told by SetCursor before anything else is allocated.
  std::span<char> OpenRange(size_t bytes_min);
  void SetCursor(char* cursor) { cursor_ = cursor; }

  // Empties the arena for its next use, keeping its last block. Nothing may point into it any more.
  void Reset();

  // Says that something else keeps the arena anyway (a source its dictionary of texts, for as long
  // as it reads): a batch that shows a few of its bytes pins nothing by that. Before it is shared.
  void MarkResident() { resident_ = true; }

  // Any thread: the bytes of its blocks.
  size_t allocated_bytes() const { return allocated_bytes_.load(std::memory_order_relaxed); }
  // Any thread: what a batch pins that keeps this arena alive.
  size_t pinned_bytes() const { return resident_ ? 0 : allocated_bytes(); }

 private:
  static char* Align(char* pointer, size_t alignment) {
    return reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(pointer) + alignment - 1) &
                                   ~(alignment - 1));
  }
  char* AllocateSlow(size_t bytes, size_t alignment);
  void AddBlock(size_t bytes_min);

  // Constant after construction.
  MemoryPool* const pool_;
  // Writer only.
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t last_block_bytes_ = 0;
  bool resident_ = false;
  char* cursor_ = nullptr;
  char* end_ = nullptr;
  // Written by the writer only.
  std::atomic<size_t> allocated_bytes_{0};
};

}  // namespace flinkc
