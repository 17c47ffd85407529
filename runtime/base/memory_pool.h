// The one accounted pool of a process: batches, arenas, state and network buffers reserve from it
// before they allocate. Over the limit a reservation fails with a clear error, so that the job ends
// with a message and not by the kernel's killer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/base/result.h"

namespace flinkc {

// Thread-safe.
class MemoryPool {
 public:
  // `limit_bytes` of 0 means no limit.
  explicit MemoryPool(size_t limit_bytes = 0) : limit_bytes_(limit_bytes) {}

  // Counts `bytes` as used, or fails with kMemoryLimit and counts nothing. `purpose` is named in
  // the message ("state of by_origin/aggregate").
  Status Reserve(size_t bytes, const char* purpose);
  // The same without a message: for callers on a hot path.
  bool TryReserve(size_t bytes);
  // Counts `bytes` as used even over the limit, for small things that must not fail; over_limit()
  // then tells the worker to end the job.
  void ForceReserve(size_t bytes);
  void Release(size_t bytes);

  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }
  size_t limit_bytes() const { return limit_bytes_; }
  bool over_limit() const { return limit_bytes_ != 0 && used_bytes() > limit_bytes_; }
  // The error of a reservation of `bytes` that failed.
  Error LimitError(size_t bytes, const char* purpose) const;

 private:
  void RaisePeak(size_t used);

  // Constant after construction.
  const size_t limit_bytes_;
  // Any thread.
  std::atomic<size_t> used_bytes_{0};
  std::atomic<size_t> peak_bytes_{0};
};

}  // namespace flinkc
