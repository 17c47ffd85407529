// The memory of frames, used again: fresh pages cost more than what is copied into them.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/memory_pool.h"

namespace flinkc {

// Thread-safe. What is kept is accounted for.
class FrameBuffers {
 public:
  static constexpr size_t kBytesMaxDefault = size_t{16} * 1024 * 1024;

  // `memory` must outlive the buffers; nullptr: not accounted. `bytes_max`: more is not kept.
  explicit FrameBuffers(MemoryPool* memory, size_t bytes_max = kBytesMaxDefault)
      : memory_(memory), bytes_max_(bytes_max) {}
  ~FrameBuffers();
  FrameBuffers(const FrameBuffers&) = delete;
  FrameBuffers& operator=(const FrameBuffers&) = delete;

  // Empty, with the room of a former frame if there is any.
  std::string Take();
  void Give(std::string buffer);

 private:
  // Constant after construction.
  MemoryPool* const memory_;
  const size_t bytes_max_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> free_;
  size_t free_bytes_ = 0;
};

}  // namespace flinkc
