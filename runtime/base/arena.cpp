#include "runtime/base/arena.h"

#include <algorithm>

namespace flinkc {

namespace {
constexpr size_t kFirstBlockBytes = 4 * 1024;
constexpr size_t kLargestBlockBytes = 256 * 1024;
// What a batch of rows of some 200 bytes fills.
constexpr size_t kLargestKeptBytes = 1024 * 1024;
}  // namespace

Arena::~Arena() {
  if (pool_ != nullptr) pool_->Release(allocated_bytes());
}

char* Arena::AllocateSlow(size_t bytes, size_t alignment) {
  AddBlock(bytes + alignment);
  char* start = Align(cursor_, alignment);
  cursor_ = start + bytes;
  return start;
}

std::span<char> Arena::OpenRange(size_t bytes_min) {
  if (static_cast<size_t>(end_ - cursor_) < bytes_min) AddBlock(bytes_min);
  return {cursor_, end_};
}

void Arena::AddBlock(size_t bytes_min) {
  const size_t doubled = std::clamp(allocated_bytes(), kFirstBlockBytes, kLargestBlockBytes);
  const size_t bytes = std::max(bytes_min, doubled);
  if (pool_ != nullptr) pool_->ForceReserve(bytes);
  blocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
  cursor_ = blocks_.back().get();
  end_ = cursor_ + bytes;
  allocated_bytes_.store(allocated_bytes() + bytes, std::memory_order_relaxed);
  last_block_bytes_ = bytes;
}

void Arena::Reset() {
  if (blocks_.empty()) return;
  // A block far above the usual size was for one giant value.
  const bool keep = last_block_bytes_ <= kLargestKeptBytes;
  const size_t kept = keep ? last_block_bytes_ : 0;
  if (keep) std::swap(blocks_.front(), blocks_.back());
  blocks_.resize(keep ? 1 : 0);
  if (pool_ != nullptr) pool_->Release(allocated_bytes() - kept);
  allocated_bytes_.store(kept, std::memory_order_relaxed);
  last_block_bytes_ = kept;
  cursor_ = keep ? blocks_.front().get() : nullptr;
  end_ = keep ? cursor_ + kept : nullptr;
}

}  // namespace flinkc
