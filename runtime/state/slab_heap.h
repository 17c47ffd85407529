// StateHeap (runtime/abi/state_heap.h) in memory: blocks of size classes cut from slabs, with a
// free list a class; larger blocks one by one. Every slab is accounted. A heap belongs to one table
// and is emptied with it as a whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/abi/state_heap.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/page_memory.h"

namespace flinkc {

// The worker of the table only.
struct StateHeap {
 public:
  // `pool` must outlive the heap; nullptr: not accounted.
  explicit StateHeap(MemoryPool* pool) : pool_(pool) {}
  ~StateHeap();
  StateHeap(const StateHeap&) = delete;
  StateHeap& operator=(const StateHeap&) = delete;

  // `bytes` > 0 bytes, aligned to 16, that live until they are freed or Clear. nullptr: the memory
  // limit is reached.
  char* Allocate(size_t bytes);
  void Free(char* data, size_t bytes);
  // See flinkc_rt_grow_blob and flinkc_rt_free_blob.
  bool GrowBlob(StateBlob* blob, int64_t bytes);
  void FreeBlob(StateBlob* blob);

  // Forgets all blocks and keeps the slabs for the next ones, up to `keep_bytes` of them.
  void Clear(size_t keep_bytes);
  // Bytes of all slabs and large blocks.
  size_t memory_bytes() const { return memory_bytes_; }
  // Of them, those of blocks that are allocated.
  size_t used_bytes() const { return used_bytes_; }

 private:
  // 16, 32, 48, 64, 96, 128, 192, … 32768.
  static constexpr uint32_t kClassCount = 22;
  static constexpr uint32_t kClassBytesMax = 32 * 1024;

  struct Slab {
    PageMemory memory;
    size_t bytes = 0;
  };
  struct FreeBlock {
    FreeBlock* next;
  };

  static uint32_t ClassOf(size_t bytes);
  static uint32_t ClassBytes(uint32_t size_class);
  char* TakeBlock(uint32_t size_class);
  char* Cut(size_t bytes);
  bool NextSlab(size_t bytes_min);
  void GiveRestToFreeLists();
  char* AllocateLarge(size_t bytes);
  void FreeLarge(char* data);

  // Constant after construction.
  MemoryPool* const pool_;
  // Blocks are cut from slabs_[slab_count_ - 1] between cursor_ and end_; slabs behind it are
  // empty.
  std::vector<Slab> slabs_;
  size_t slab_count_ = 0;
  char* cursor_ = nullptr;
  char* end_ = nullptr;
  std::array<FreeBlock*, kClassCount> free_{};
  std::vector<char*> large_;
  size_t memory_bytes_ = 0;
  size_t used_bytes_ = 0;
};

}  // namespace flinkc
