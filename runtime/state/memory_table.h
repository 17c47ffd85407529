// The memory behind a KeyedTable (runtime/abi/keyed_table.h): an index that doubles, rows in chunks
// that never move, a heap for what is of variable length. Accounted; emptied and used again for the
// next slice of a window; frozen at a barrier without being stopped (table_snapshot.h).
//
// Before a RowStore (state_store.h) the table is a cache that writes back: a key that is not here
// is looked up there by the slow path of the insert, which every insert then takes, and chunks that
// were left alone for long leave the memory when the tables use more than they may
// (memory_table_cache.cpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/abi/keyed_table.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/page_memory.h"
#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/key_filter.h"
#include "runtime/state/prefetched_rows.h"
#include "runtime/state/slab_heap.h"
#include "runtime/state/table_snapshot.h"

namespace flinkc {

class StateStore;

using StateFileSet = std::set<const StateFile*>;

// Where the rows of a frozen table go that are in memory alone.
enum class FreezeInto : uint8_t {
  kSegments,  // to files beside those of the store
  kStore,     // to the store, whose cut then has every row
};

// One worker only. Generated code sees the KeyedTable part.
class MemoryTable final : public KeyedTable {
 public:
  // `layout` and `pool` must outlive the table; `pool` nullptr: not accounted.
  MemoryTable(const StateLayout& layout, MemoryPool* pool);
  // Before `store`, which must outlive the table; `prefix`: of its rows there (stored_row.h).
  MemoryTable(const StateLayout& layout, MemoryPool* pool, StateStore* store, std::string prefix);
  ~MemoryTable();
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;

  static MemoryTable* From(KeyedTable* table) { return static_cast<MemoryTable*>(table); }

  // See flinkc_rt_insert_row, flinkc_rt_touch_row and flinkc_rt_own_key.
  ProbeResult Insert(uint64_t hash, const char* key, char** row);
  void Touch(uint64_t row);
  bool OwnKey(char* key);
  // A row as a SegmentReader shows it: hash, key and accumulators, with what they point at. kFound:
  // its key is there already, and nothing changed.
  ProbeResult AddRow(const char* row);
  // Before a store that may have an older version of the row: the same, and the store is not asked.
  ProbeResult AddNewerRow(const char* row);
  // Takes a row out, with what it points at; the last row (before a store, of the chunk) takes its
  // place. Addresses of both are void.
  void Remove(uint64_t row);
  // Makes `row` show what `from`, a row of another table of the layout with the same key, shows.
  ProbeResult ReplaceRow(char* row, const char* from);
  // See flinkc_rt_reset_row.
  void ResetRow(char* row);
  // Removes the rows of chunk `chunk` that have outlived layout.ttl_micros at `now_micros`.
  void RemoveExpired(uint64_t chunk, int64_t now_micros);
  // Makes all rows in memory ready to be written to.
  void TouchAll();
  // The same for the next rows of the store, as many as in a chunk. False: those were the last, and
  // the next call begins anew. What goes wrong is the store's error.
  bool RemoveExpiredStored(int64_t now_micros);
  // About how many calls reach the end.
  uint64_t EstimateStoredChunks() const;
  // The row of this key, if it is in memory.
  const char* Find(uint64_t hash, const char* key) const;
  // Its number: Row(n).
  std::optional<uint64_t> NumberOf(uint64_t hash, const char* key) const;
  // Calls visit(row number) for each row in memory with this hash.
  template <typename Visit>
  void ForEachWithHash(uint64_t hash, Visit visit) const {
    const uint64_t tag = hash & 0xFFFFFFFF00000000ull;
    for (uint64_t position = hash & index_mask; index[position] != 0;
         position = (position + 1) & index_mask) {
      const uint64_t row = (index[position] & 0xFFFFFFFFull) - 1;
      if ((index[position] & 0xFFFFFFFF00000000ull) == tag && HashOf(row) == hash) visit(row);
    }
  }

  // Chunks with rows in memory.
  uint64_t chunk_count() const { return cache_ == nullptr ? ChunksFor(row_count) : chunks_used_; }
  // Calls visit(row number) for each row in memory.
  template <typename Visit>
  void ForEachRow(Visit visit) const {
    if (cache_ == nullptr) {
      for (uint64_t row = 0; row < row_count; ++row) visit(row);
      return;
    }
    for (uint64_t chunk = 0; chunk < chunks_used_; ++chunk) {
      for (uint64_t i = 0; i < cache_->fill[chunk]; ++i) visit(chunk * kRowsPerChunk + i);
    }
  }

  // The table as it is now, of which only the chunks written to since the last confirmed snapshot,
  // and those kept in files of `rewrite`, have to be written. What the snapshot has not encoded
  // when the table is cleared or goes is lost to it, unless is_frozen() is asked first. `into`:
  // before a store, where what has to be written will be.
  std::shared_ptr<TableSnapshot> Freeze(const StateFileSet& rewrite,
                                        FreezeInto into = FreezeInto::kSegments);
  // The checkpoint that `snapshot` belongs to is complete: its segments need not be written again.
  void Confirm(const TableSnapshot& snapshot);
  // That checkpoint is aborted.
  void Forget(const TableSnapshot& snapshot);
  // Whether a snapshot still reads this table's memory.
  bool is_frozen() const;
  // Adds up, by file, the bytes that the table still refers to.
  void CountStoredBytes(std::map<const StateFile*, uint64_t>* live) const;
  // No later snapshot refers to a segment of an earlier one.
  void ForgetKept() { stored_.clear(); }
  // While a table is filled from segments: their rows shall stand in a chunk of their own, if that
  // can be; and they do, just these, and need not be written again.
  void BeginSegment();
  void EndSegment(const StoredSegment& segment);

  // Forgets all rows and makes ready for about `rows_expected` new ones, with the memory it has.
  void Clear(uint64_t rows_expected);

  const StateLayout& layout() const { return layout_; }
  size_t memory_bytes() const { return memory_bytes_ + slab_heap_.memory_bytes(); }

  // Rows [0, row_count) are all rows of the table. Without a store always; before one as long as
  // nothing has left the memory.
  bool is_dense() const { return cache_ == nullptr || (cache_->is_complete && !cache_->has_holes); }
  // Whether the table has no rows, here or in the store.
  bool is_empty() const;

  bool has_store() const { return cache_ != nullptr; }
  // Whether rows may be in the store.
  bool has_stored() const { return cache_ != nullptr && cache_->has_stored; }
  // Before a store.
  // What counts against the memory that the tables of a store may use: free blocks of the heap only
  // when they are most of it.
  size_t cached_bytes() const {
    return memory_bytes_ + std::max(slab_heap_.used_bytes(), slab_heap_.memory_bytes() / 2);
  }
  // Why the store is unfit.
  const std::optional<Error>& store_error() const;
  const std::string& stored_prefix() const { return cache_->prefix; }
  // Asks the store for the keys of rows of a batch, which are made where they are needed, as far as
  // they are not in memory; until ForgetPrefetched that is what the store has. Worth its while if
  // most are not: lookups() counts.
  Status Prefetch(std::span<const uint64_t> hashes,
                  const std::function<void(size_t row, char* key)>& key_of);
  void ForgetPrefetched();
  uint64_t lookups() const { return cache_->lookups; }
  // Adds the rows with hashes in [hash_first, hash_last] to `to`, which stands before no store.
  Status CopyRange(uint64_t hash_first, uint64_t hash_last, MemoryTable* to);
  // About how many bytes the rows take that are here and in the store.
  uint64_t EstimateBytes() const;
  // Lets chunks go that have not been written to for longest. Nobody may hold the address of a row.
  // `give_back`: their memory is for other tables. The Error is the store's too.
  Status EvictOldest(bool give_back);
  bool can_evict() const { return cache_->rows != 0; }
  // Ticks since the last write to the chunk that EvictOldest would begin with.
  uint32_t AgeMax() const;
  void Tick() { ++epoch; }
  // The rows are not wanted any more, not even in the store.
  void DropStored();
  // The table is on disk as it stands in the store: what is there counts.
  void AdoptStored();

 private:
  static constexpr uint64_t kRowsPerChunk = uint64_t{1} << kRowsPerChunkLog2;
  static constexpr uint64_t kIndexSlotsMin = 64;
  static constexpr uint64_t kRemovedAhead = 8;

  // A snapshot that is not yet confirmed, and the epoch of the writes that it shows.
  struct ActiveSnapshot {
    std::shared_ptr<TableSnapshot> snapshot;
    uint32_t epoch;
  };
  // Where a chunk is kept as it was at the end of an epoch.
  struct StoredChunk {
    StoredSegment segment;
    uint32_t epoch = 0;
  };

  // What a table before a store knows besides.
  struct Cache {
    StateStore* store = nullptr;
    std::string prefix;
    // By chunk: its rows, which stand at its begin, and the how many-th it was to be begun.
    std::vector<uint32_t> fill;
    std::vector<uint64_t> order;
    std::vector<uint64_t> empty_chunks;  // to be used next
    std::optional<uint64_t> active;      // where new rows go
    uint64_t begun = 0;
    uint64_t rows = 0;           // in memory
    int64_t flushed_epoch = -1;  // writes up to this epoch are in the store
    bool is_complete = true;     // all rows are in memory
    bool has_stored = false;     // some rows may be in the store
    bool has_holes = false;      // a row was taken out
    KeyFilter left;              // keys of rows that have left the memory
    PrefetchedRows prefetched;
    uint64_t lookups = 0;     // keys that were not in memory, and the store was asked for
    std::string expiry_from;  // where RemoveExpiredStored goes on; "": at the begin
    std::string key;          // scratch
    std::string value;
  };

  static uint64_t SlotsFor(uint64_t rows);
  static uint64_t RowsFor(uint64_t slots) { return slots / 8 * 5; }
  static uint64_t ChunksFor(uint64_t rows) { return (rows + kRowsPerChunk - 1) / kRowsPerChunk; }
  size_t chunk_bytes() const { return kRowsPerChunk * row_bytes; }
  uint64_t HashOf(uint64_t row) const;
  uint64_t SlotOf(uint64_t row) const;
  void EraseFromIndex(uint64_t row);
  void ReplaceBy(uint64_t row, uint64_t last);
  void FreeBlobs(char* row);
  ProbeResult CopyAccumulators(char* row, const char* from);
  void FreeRow(char* row);
  uint64_t RowsOf(uint64_t chunk) const {
    if (cache_ != nullptr) return cache_->fill[chunk];
    const uint64_t begin = chunk * kRowsPerChunk;
    return row_count <= begin ? 0 : std::min(kRowsPerChunk, row_count - begin);
  }
  bool Grow();
  bool AddChunk();
  uint64_t ChunksPerExtent() const;
  char* MakeChunk();
  bool DoubleIndex();
  void FillIndex();
  void KeepChunks(uint64_t count);
  void DetachSnapshots();
  void SetRowLimit();
  void Release(size_t bytes);
  std::shared_ptr<TableSnapshot> StartSnapshot(std::vector<TableSnapshot::Chunk> frozen);
  // Where the chunk is kept as it is; no file: nowhere, or in one of `rewrite`.
  StoredSegment KeptSegment(uint64_t chunk, const StateFileSet& rewrite) const;

  // memory_table_cache.cpp
  ProbeResult InsertCached(uint64_t hash, const char* key, char** row);
  ProbeResult InsertUnasked(uint64_t hash, const char* key, char** row);
  bool MakeRoomCached();
  bool BeginChunk();
  void CloseActiveChunk();
  bool MayHaveHash(uint64_t hash) const;
  void NoteLeft(uint64_t hash);
  void GiveUpLeft();
  void StoredKeyOf(uint64_t hash, const char* key, std::string* out) const;
  void RemoveCached(uint64_t row);
  void UpdateFlushed();
  bool IsDirty(uint64_t chunk) const { return written_epochs_[chunk] > cache_->flushed_epoch; }
  std::vector<uint64_t> OldestChunks(size_t count) const;
  Status WriteChunks(const std::vector<uint64_t>& chunks);
  void ForgetChunk(uint64_t chunk);
  std::shared_ptr<TableSnapshot> FreezeCached(const StateFileSet& rewrite, FreezeInto into);

  // Constant after construction.
  const StateLayout& layout_;
  MemoryPool* const pool_;
  // The index uses the first index_mask + 1 of index_slots_ slots; the rows the first chunks_used_
  // chunks.
  PageMemory index_memory_;
  uint64_t index_slots_ = 0;
  std::vector<std::unique_ptr<char[]>> chunk_memory_;  // nullptr: given back, or in an extent
  // Of a large table without a store: chunks from extents_begin_ on lie in them, so many in each.
  std::vector<PageMemory> extents_;
  uint64_t extents_begin_ = 0;
  std::vector<char*> chunk_addresses_;
  uint64_t chunks_used_ = 0;
  std::vector<uint32_t> epochs_;          // chunk_epochs
  std::vector<uint32_t> written_epochs_;  // by chunk: of its last write
  std::vector<StoredChunk> stored_;       // by chunk; may be shorter
  std::vector<ActiveSnapshot> snapshots_;
  StateHeap slab_heap_;
  const std::shared_ptr<SegmentBuffers> segment_buffers_;
  size_t memory_bytes_ = 0;       // of index and chunks
  std::unique_ptr<Cache> cache_;  // nullptr: all rows are in memory
};

}  // namespace flinkc
