#include "runtime/state/segment_buffers.h"

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
  free_.back().clear();
  if (pool_ != nullptr) pool_->Release(buffer.capacity());
  free_.pop_back();
  buffer.clear();
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
  free_.push_back(std::move(buffer));
}

void SegmentBuffers::Trim() {
  const std::lock_guard lock(mutex_);
  while (free_.size() > taken_) DropLast();
  taken_ = 0;
}

}  // namespace flinkc
