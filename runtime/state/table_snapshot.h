// One table as it stood at a barrier, while the table goes on changing
// (docs/adr/0004-checkpoints.md). What has to be written is encoded by whoever comes first: the
// background thread on its way through all chunks, or the worker that is about to write to a row.
// The worker encodes no more than the rows around that one, unless they point at bytes elsewhere:
// then the chunk.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/memory_pool.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/segment_buffers.h"
#include "runtime/state/stall_meter.h"

namespace flinkc {

// A file of segments in the checkpoint directory.
struct StateFile {
  std::string path;  // relative to the directory: "shared/<uuid>.state"
  uint64_t size_bytes = 0;
};

// Where a chunk is kept.
struct StoredSegment {
  std::shared_ptr<const StateFile> file;  // nullptr: nowhere
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t checksum = 0;  // XXH3, 64 bits
  uint64_t rows = 0;
};

class TableSnapshot {
 public:
  struct Chunk {
    const char* rows = nullptr;
    uint32_t row_count = 0;
    StoredSegment stored;   // where it is already, unchanged; no file: has to be written
    bool in_store = false;  // unchanged in the table's RowStore: need not be written
  };

  // Worker: of chunks that nobody writes to without asking before. `layout` and `pool`
  // (nullptr: not accounted) must outlive the snapshot; the rows, until the snapshot is detached.
  TableSnapshot(const StateLayout& layout, MemoryPool* pool, std::vector<Chunk> chunks,
                std::shared_ptr<SegmentBuffers> buffers);
  ~TableSnapshot();
  TableSnapshot(const TableSnapshot&) = delete;
  TableSnapshot& operator=(const TableSnapshot&) = delete;

  // Any thread. When it returns the chunk may be written to. Where memory does not suffice for its
  // bytes the snapshot fails, the job does not.
  void Encode(uint32_t chunk);
  // Worker: the same before it gives the chunk up; the time goes to the meter.
  void EncodeBeforeLoss(uint32_t chunk);
  // Worker, before it writes to row `row` of the chunk: the time goes to the meter. Whether all
  // rows of the chunk may be written to.
  bool KeepBeforeWrite(uint32_t chunk, uint32_t row);
  // Worker, before anything is written to.
  void SetStallMeter(std::shared_ptr<StallMeter> meter) { stall_ = std::move(meter); }

  // Worker: the table's memory goes, or the snapshot is not wanted any more. No thread reads it
  // after this; what is not encoded is lost, and the snapshot has failed.
  void Detach();

  // One thread at a time, for one chunk after the other. The bytes of a segment that has to be
  // written, encoded now if nobody has, in place of those that `bytes` holds; false: the snapshot
  // has failed.
  bool Take(uint32_t chunk, std::string* bytes);
  // All that had to be written is in the table's RowStore.
  void SetInStore() { in_store_.store(true, std::memory_order_release); }
  bool is_in_store() const { return in_store_.load(std::memory_order_acquire); }
  // Where those bytes are now.
  void SetStored(uint32_t chunk, StoredSegment stored);

  size_t chunk_count() const { return chunks_.size(); }
  uint32_t row_count(uint32_t chunk) const { return chunks_[chunk].row_count; }
  bool needs_writing(uint32_t chunk) const { return needs_writing_[chunk]; }
  // Background thread; the worker once it was told that the snapshot is written.
  const StoredSegment& stored(uint32_t chunk) const { return chunks_[chunk].stored; }
  // Any thread: nothing will be encoded any more.
  bool is_done() const { return open_chunks_.load(std::memory_order_acquire) == 0; }
  bool has_failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  enum class State : uint8_t {
    kFrozen,
    kOpening,  // by one thread, which the others wait for
    kOpen,     // range by range
    kEncoded,
    kDropped,
  };
  // Of an open chunk: a bit for each kRangeRows rows.
  struct Ranges {
    std::atomic<uint64_t> claimed{0};
    std::atomic<uint64_t> copied{0};
  };
  static constexpr uint32_t kRangeRows = 16;

  static bool IsOver(State state) { return state == State::kEncoded || state == State::kDropped; }
  uint64_t AllRanges(uint32_t chunk) const;
  State Open(uint32_t chunk, std::string* bytes);
  void Copy(uint32_t chunk, uint64_t ranges);
  void CopyAll(uint32_t chunk);
  State WaitUntilOver(uint32_t chunk) const;
  State Close(uint32_t chunk, State state);

  // Constant after construction.
  const StateLayout& layout_;
  MemoryPool* const pool_;
  const std::shared_ptr<SegmentBuffers> buffers_;
  const bool in_ranges_;
  std::vector<bool> needs_writing_;
  // Worker only.
  std::shared_ptr<StallMeter> stall_;  // nullptr: nobody asks
  // Rows: constant; stored: the background thread's.
  std::vector<Chunk> chunks_;
  // By the thread that opens the chunk, then by the one that takes it; accounted: in the pool.
  std::vector<std::string> encoded_;
  std::vector<uint8_t> accounted_;
  // Any thread.
  std::unique_ptr<std::atomic<State>[]> states_;
  std::unique_ptr<Ranges[]> ranges_;
  std::atomic<size_t> open_chunks_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> in_store_{false};
};

}  // namespace flinkc
