#include "runtime/state/table_snapshot.h"

#include <thread>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/segment.h"

namespace flinkc {

TableSnapshot::TableSnapshot(const StateLayout& layout, MemoryPool* pool, std::vector<Chunk> chunks,
                             std::shared_ptr<SegmentBuffers> buffers)
    : layout_(layout),
      pool_(pool),
      buffers_(std::move(buffers)),
      needs_writing_(chunks.size()),
      chunks_(std::move(chunks)),
      encoded_(chunks_.size()),
      states_(std::make_unique<std::atomic<State>[]>(chunks_.size())) {
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
  if (pool_ == nullptr) return;
  for (const std::string& bytes : encoded_) pool_->Release(bytes.size());
}

// The other thread is at it: some tens of microseconds at most.
void TableSnapshot::WaitUntilEncoded(const std::atomic<State>& state) {
  while (state.load(std::memory_order_acquire) == State::kEncoding) std::this_thread::yield();
}

void TableSnapshot::Encode(uint32_t chunk) {
  std::atomic<State>& state = states_[chunk];
  State seen = State::kFrozen;
  if (!state.compare_exchange_strong(seen, State::kEncoding, std::memory_order_acquire)) {
    WaitUntilEncoded(state);
    return;
  }
  if (has_failed()) return Close(chunk, State::kDropped);
  std::string& bytes = encoded_[chunk];
  bytes = buffers_->Take();
  AppendSegment(layout_, chunks_[chunk].rows, chunks_[chunk].row_count, &bytes);
  if (pool_ != nullptr && !pool_->TryReserve(bytes.size())) {
    bytes = {};
    failed_.store(true, std::memory_order_release);
    return Close(chunk, State::kDropped);
  }
  Close(chunk, State::kEncoded);
}

void TableSnapshot::EncodeBeforeWrite(uint32_t chunk) {
  const State state = states_[chunk].load(std::memory_order_acquire);
  if (state == State::kEncoded || state == State::kDropped) return;
  const int64_t begin = stall_ == nullptr ? 0 : stall_->NowNanos();
  Encode(chunk);
  if (stall_ != nullptr) stall_->AddSince(begin);
}

void TableSnapshot::Close(uint32_t chunk, State state) {
  states_[chunk].store(state, std::memory_order_release);
  open_chunks_.fetch_sub(1, std::memory_order_acq_rel);
}

void TableSnapshot::Detach() {
  if (is_done()) return;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    State seen = State::kFrozen;
    if (states_[i].compare_exchange_strong(seen, State::kEncoding, std::memory_order_acquire)) {
      failed_.store(true, std::memory_order_release);
      Close(static_cast<uint32_t>(i), State::kDropped);
    }
    WaitUntilEncoded(states_[i]);
  }
}

bool TableSnapshot::Take(uint32_t chunk, std::string* bytes) {
  DCHECK(needs_writing_[chunk]);
  std::atomic<State>& state = states_[chunk];
  State seen = State::kFrozen;
  if (state.compare_exchange_strong(seen, State::kEncoding, std::memory_order_acquire)) {
    const bool encodes = !has_failed();
    if (encodes) {
      bytes->clear();
      AppendSegment(layout_, chunks_[chunk].rows, chunks_[chunk].row_count, bytes);
    }
    Close(chunk, encodes ? State::kEncoded : State::kDropped);
    return encodes;
  }
  WaitUntilEncoded(state);
  if (state.load(std::memory_order_acquire) != State::kEncoded) return false;
  if (pool_ != nullptr) pool_->Release(encoded_[chunk].size());
  bytes->swap(encoded_[chunk]);
  buffers_->Give(std::exchange(encoded_[chunk], {}));
  return true;
}

void TableSnapshot::SetStored(uint32_t chunk, StoredSegment stored) {
  chunks_[chunk].stored = std::move(stored);
}

}  // namespace flinkc
