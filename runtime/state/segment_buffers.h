// Buffers of encoded chunks, used again by the next checkpoint: a worker that has to copy many
// chunks at once should not wait for fresh pages as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/memory_pool.h"

namespace flinkc {

// Thread-safe. Free buffers are accounted for.
class SegmentBuffers {
 public:
  // `pool` must outlive the buffers; nullptr: not accounted.
  explicit SegmentBuffers(MemoryPool* pool) : pool_(pool) {}
  ~SegmentBuffers();
  SegmentBuffers(const SegmentBuffers&) = delete;
  SegmentBuffers& operator=(const SegmentBuffers&) = delete;

  // A buffer that holds anything, with the room of an earlier one if there is any.
  std::string Take();
  void Give(std::string buffer);
  // At a barrier: keeps as many as were taken since the last one, and never more than `free_max`.
  void Trim(size_t free_max);

 private:
  void DropLast();

  MemoryPool* const pool_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> free_;
  size_t taken_ = 0;
  size_t free_max_ = SIZE_MAX;
};

}  // namespace flinkc
