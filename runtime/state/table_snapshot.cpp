#include "runtime/state/table_snapshot.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/segment.h"

namespace flinkc {

namespace {

// Ranges that the background copies before it looks whether the worker waits.
constexpr uint64_t kRangesAtOnce = 8;

}  // namespace

TableSnapshot::TableSnapshot(const StateLayout& layout, MemoryPool* pool, std::vector<Chunk> chunks,
                             std::shared_ptr<SegmentBuffers> buffers)
    : layout_(layout),
      pool_(pool),
      buffers_(std::move(buffers)),
      in_ranges_(!HasHeap(layout)),
      needs_writing_(chunks.size()),
      chunks_(std::move(chunks)),
      encoded_(chunks_.size()),
      accounted_(chunks_.size()),
      states_(std::make_unique<std::atomic<State>[]>(chunks_.size())),
      ranges_(in_ranges_ ? std::make_unique<Ranges[]>(chunks_.size()) : nullptr) {
  size_t open = 0;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    needs_writing_[i] = chunks_[i].stored.file == nullptr && !chunks_[i].in_store;
    states_[i].store(needs_writing_[i] ? State::kFrozen : State::kDropped,
                     std::memory_order_relaxed);
    open += needs_writing_[i] ? 1 : 0;
  }
  open_chunks_.store(open, std::memory_order_release);
}

TableSnapshot::~TableSnapshot() {
  for (size_t i = 0; i < encoded_.size(); ++i) {
    if (accounted_[i] != 0) pool_->Release(encoded_[i].size());
  }
}

uint64_t TableSnapshot::AllRanges(uint32_t chunk) const {
  const uint32_t ranges = (chunks_[chunk].row_count + kRangeRows - 1) / kRangeRows;
  return ranges == 64 ? ~uint64_t{0} : (uint64_t{1} << ranges) - 1;
}

// A chunk that nobody has begun with is begun: all of it is encoded, or it is kOpen for ranges.
// Into `bytes`, or (nullptr) into a buffer of its own.
TableSnapshot::State TableSnapshot::Open(uint32_t chunk, std::string* bytes) {
  std::atomic<State>& state = states_[chunk];
  State seen = State::kFrozen;
  if (!state.compare_exchange_strong(seen, State::kOpening, std::memory_order_acquire)) {
    while (seen == State::kOpening) {
      std::this_thread::yield();
      seen = state.load(std::memory_order_acquire);
    }
    return seen;
  }
  if (has_failed()) return Close(chunk, State::kDropped);
  const uint32_t row_count = chunks_[chunk].row_count;
  std::string& encoded = encoded_[chunk];
  encoded = bytes != nullptr ? std::move(*bytes) : buffers_->Take();
  if (in_ranges_) {
    PrepareSegment(layout_, row_count, &encoded);
  } else {
    encoded.clear();
    AppendSegment(layout_, chunks_[chunk].rows, row_count, &encoded);
  }
  if (bytes == nullptr && pool_ != nullptr) {
    if (!pool_->TryReserve(encoded.size())) {
      encoded = {};
      failed_.store(true, std::memory_order_release);
      return Close(chunk, State::kDropped);
    }
    accounted_[chunk] = 1;
  }
  if (!in_ranges_ || row_count == 0) return Close(chunk, State::kEncoded);
  state.store(State::kOpen, std::memory_order_release);
  return State::kOpen;
}

// Of an open chunk; when it returns these ranges may be written to.
void TableSnapshot::Copy(uint32_t chunk, uint64_t ranges) {
  Ranges& known = ranges_[chunk];
  const uint64_t all = AllRanges(chunk);
  ranges &= all;
  const uint64_t mine = ranges & ~known.claimed.fetch_or(ranges, std::memory_order_acq_rel);
  const size_t row_bytes = layout_.row_bytes;
  const uint32_t row_count = chunks_[chunk].row_count;
  for (uint64_t rest = mine; rest != 0;) {
    // The next run of bits.
    const auto first = static_cast<uint32_t>(std::countr_zero(rest));
    const auto length = static_cast<uint32_t>(std::countr_one(rest >> first));
    rest = first + length == 64 ? 0 : rest >> (first + length) << (first + length);
    const size_t begin = size_t{first} * kRangeRows;
    const size_t end = std::min<size_t>(size_t{first + length} * kRangeRows, row_count);
    std::memcpy(encoded_[chunk].data() + kSegmentHeaderBytes + begin * row_bytes,
                chunks_[chunk].rows + begin * row_bytes, (end - begin) * row_bytes);
  }
  if (mine != 0) {
    const uint64_t before = known.copied.fetch_or(mine, std::memory_order_acq_rel);
    if ((before | mine) == all) Close(chunk, State::kEncoded);
  }
  // The other thread is at it: a microsecond.
  while ((known.copied.load(std::memory_order_acquire) & ranges) != ranges) {
    std::this_thread::yield();
  }
}

void TableSnapshot::CopyAll(uint32_t chunk) {
  constexpr uint64_t kFirst = (uint64_t{1} << kRangesAtOnce) - 1;
  for (uint64_t at = 0; at < 64; at += kRangesAtOnce) Copy(chunk, kFirst << at);
}

TableSnapshot::State TableSnapshot::WaitUntilOver(uint32_t chunk) const {
  while (true) {
    const State state = states_[chunk].load(std::memory_order_acquire);
    if (IsOver(state)) return state;
    std::this_thread::yield();
  }
}

void TableSnapshot::Encode(uint32_t chunk) {
  if (Open(chunk, nullptr) == State::kOpen) CopyAll(chunk);
}

void TableSnapshot::EncodeBeforeLoss(uint32_t chunk) {
  if (IsOver(states_[chunk].load(std::memory_order_acquire))) return;
  const int64_t begin = stall_ == nullptr ? 0 : stall_->NowNanos();
  Encode(chunk);
  if (stall_ != nullptr) stall_->AddSince(begin);
}

bool TableSnapshot::KeepBeforeWrite(uint32_t chunk, uint32_t row) {
  const State state = states_[chunk].load(std::memory_order_acquire);
  if (IsOver(state)) return true;
  const uint64_t range = uint64_t{1} << (row / kRangeRows);
  // Where the rows of the chunk ended there is nothing to keep.
  if (in_ranges_ && row >= chunks_[chunk].row_count && (range & AllRanges(chunk)) == 0) {
    return false;
  }
  if (state == State::kOpen &&
      (ranges_[chunk].copied.load(std::memory_order_acquire) & range) != 0) {
    return false;
  }
  const int64_t begin = stall_ == nullptr ? 0 : stall_->NowNanos();
  if (Open(chunk, nullptr) == State::kOpen) Copy(chunk, range);
  if (stall_ != nullptr) stall_->AddSince(begin);
  return IsOver(states_[chunk].load(std::memory_order_acquire));
}

TableSnapshot::State TableSnapshot::Close(uint32_t chunk, State state) {
  states_[chunk].store(state, std::memory_order_release);
  open_chunks_.fetch_sub(1, std::memory_order_acq_rel);
  return state;
}

void TableSnapshot::Detach() {
  if (is_done()) return;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const auto chunk = static_cast<uint32_t>(i);
    State seen = State::kFrozen;
    if (states_[i].compare_exchange_strong(seen, State::kOpening, std::memory_order_acquire)) {
      failed_.store(true, std::memory_order_release);
      Close(chunk, State::kDropped);
    } else if (!IsOver(seen) && Open(chunk, nullptr) == State::kOpen) {
      CopyAll(chunk);
    }
  }
}

bool TableSnapshot::Take(uint32_t chunk, std::string* bytes) {
  DCHECK(needs_writing_[chunk]);
  if (Open(chunk, bytes) == State::kOpen) CopyAll(chunk);
  if (WaitUntilOver(chunk) != State::kEncoded) return false;
  if (std::exchange(accounted_[chunk], uint8_t{0}) != 0) pool_->Release(encoded_[chunk].size());
  bytes->swap(encoded_[chunk]);
  buffers_->Give(std::exchange(encoded_[chunk], {}));
  return true;
}

void TableSnapshot::SetStored(uint32_t chunk, StoredSegment stored) {
  chunks_[chunk].stored = std::move(stored);
}

}  // namespace flinkc
