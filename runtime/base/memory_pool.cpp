#include "runtime/base/memory_pool.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/check.h"

namespace flinkc {

Status MemoryPool::Reserve(size_t bytes, const char* purpose) {
  if (TryReserve(bytes)) return {};
  return std::unexpected(LimitError(bytes, purpose));
}

bool MemoryPool::TryReserve(size_t bytes) {
  size_t used = used_bytes_.load(std::memory_order_relaxed);
  do {
    if (limit_bytes_ != 0 && bytes > limit_bytes_ - std::min(used, limit_bytes_)) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  RaisePeak(used + bytes);
  return true;
}

void MemoryPool::ForceReserve(size_t bytes) {
  RaisePeak(used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes);
}

void MemoryPool::Release(size_t bytes) {
  const size_t before = used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  DCHECK(before >= bytes);
  static_cast<void>(before);
}

void MemoryPool::RaisePeak(size_t used) {
  size_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (used > peak &&
         !peak_bytes_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

Error MemoryPool::LimitError(size_t bytes, const char* purpose) const {
  constexpr double kMiB = 1024.0 * 1024.0;
  return Error{ErrorCode::kMemoryLimit,
               fmt::format("{} needs {:.1f} MiB more, but {:.1f} of {:.1f} MiB are in use; raise "
                           "taskmanager.memory.process.size or bound the job's state",
                           purpose, static_cast<double>(bytes) / kMiB,
                           static_cast<double>(used_bytes()) / kMiB,
                           static_cast<double>(limit_bytes_) / kMiB)};
}

}  // namespace flinkc
