#include "runtime/state/segment_buffers.h"

#include <algorithm>
#include <utility>

namespace flinkc {

SegmentBuffers::~SegmentBuffers() {
  while (!free_.empty()) DropLast();
}

void SegmentBuffers::DropLast() {
  if (pool_ != nullptr) pool_->Release(free_.back().capacity());
  free_.pop_back();
}

std::string SegmentBuffers::Take() {
  const std::lock_guard lock(mutex_);
  ++taken_;
  if (free_.empty()) return {};
  std::string buffer = std::move(free_.back());
  if (pool_ != nullptr) pool_->Release(buffer.capacity());
  free_.pop_back();
  return buffer;
}

void SegmentBuffers::Give(std::string buffer) {
  if (buffer.capacity() <= sizeof(std::string)) return;
  // Not worth a failure of anything: where memory is scarce it goes back.
  if (pool_ != nullptr) {
    const size_t limit = pool_->limit_bytes();
    if (limit != 0 && pool_->used_bytes() > limit / 4 * 3) return;
    if (!pool_->TryReserve(buffer.capacity())) return;
  }
  const std::lock_guard lock(mutex_);
  if (free_.size() >= free_max_) {
    if (pool_ != nullptr) pool_->Release(buffer.capacity());
    return;
  }
  free_.push_back(std::move(buffer));
}

void SegmentBuffers::Trim(size_t free_max) {
  const std::lock_guard lock(mutex_);
  free_max_ = free_max;
  while (free_.size() > std::min(taken_, free_max)) DropLast();
  taken_ = 0;
}

}  // namespace flinkc
