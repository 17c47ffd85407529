#include "runtime/exchange/frame_buffers.h"

#include <utility>

namespace flinkc {

namespace {

constexpr size_t kWorthKeepingBytes = 4096;

}  // namespace

FrameBuffers::~FrameBuffers() {
  if (memory_ != nullptr) memory_->Release(free_bytes_);
}

std::string FrameBuffers::Take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return {};
  std::string buffer = std::move(free_.back());
  free_.pop_back();
  free_bytes_ -= buffer.capacity();
  if (memory_ != nullptr) memory_->Release(buffer.capacity());
  return buffer;
}

void FrameBuffers::Give(std::string buffer) {
  const size_t bytes = buffer.capacity();
  if (bytes < kWorthKeepingBytes) return;
  buffer.clear();
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ - free_bytes_) return;
  if (memory_ != nullptr && !memory_->TryReserve(bytes)) return;
  free_bytes_ += bytes;
  free_.push_back(std::move(buffer));
}

}  // namespace flinkc
