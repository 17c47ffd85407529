// The memory behind a KeyedTable (runtime/abi/keyed_table.h): an index that doubles, rows in chunks
// that never move, a heap for what is of variable length. Accounted; emptied and used again for the
// next slice of a window; frozen at a barrier without being stopped (table_snapshot.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "runtime/abi/keyed_table.h"
#include "runtime/base/memory_pool.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/slab_heap.h"
#include "runtime/state/table_snapshot.h"

namespace flinkc {

using StateFileSet = std::set<const StateFile*>;

// One worker only. Generated code sees the KeyedTable part.
class MemoryTable final : public KeyedTable {
 public:
  // `layout` and `pool` must outlive the table; `pool` nullptr: not accounted.
  MemoryTable(const StateLayout& layout, MemoryPool* pool);
  ~MemoryTable();
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;

  static MemoryTable* From(KeyedTable* table) { return static_cast<MemoryTable*>(table); }

  // See flinkc_rt_insert_row, flinkc_rt_touch_chunk and flinkc_rt_own_key.
  ProbeResult Insert(uint64_t hash, const char* key, char** row);
  void Touch(uint64_t chunk);
  bool OwnKey(char* key);
  // A row as a SegmentReader shows it: hash, key and accumulators, with what they point at. kFound:
  // its key is there already, and nothing changed.
  ProbeResult AddRow(const char* row);
  // Takes a row out, with what it points at; the last row takes its place. Addresses of both are
  // void.
  void Remove(uint64_t row);

  // The table as it is now, of which only the chunks written to since the last confirmed snapshot,
  // and those kept in files of `rewrite`, have to be written. What the snapshot has not encoded
  // when the table is cleared or goes is lost to it, unless is_frozen() is asked first.
  std::shared_ptr<TableSnapshot> Freeze(const StateFileSet& rewrite);
  // The checkpoint that `snapshot` belongs to is complete: its segments need not be written again.
  void Confirm(const TableSnapshot& snapshot);
  // That checkpoint is aborted.
  void Forget(const TableSnapshot& snapshot);
  // Whether a snapshot still reads this table's memory.
  bool is_frozen() const;
  // Adds up, by file, the bytes that the table still refers to.
  void CountStoredBytes(std::map<const StateFile*, uint64_t>* live) const;

  // Forgets all rows and makes ready for about `rows_expected` new ones, with the memory it has.
  void Clear(uint64_t rows_expected);

  size_t memory_bytes() const { return memory_bytes_ + slab_heap_.memory_bytes(); }

 private:
  static constexpr uint64_t kRowsPerChunk = uint64_t{1} << kRowsPerChunkLog2;
  static constexpr uint64_t kIndexSlotsMin = 64;

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

  static uint64_t SlotsFor(uint64_t rows);
  static uint64_t RowsFor(uint64_t slots) { return slots / 8 * 5; }
  static uint64_t ChunksFor(uint64_t rows) { return (rows + kRowsPerChunk - 1) / kRowsPerChunk; }
  size_t chunk_bytes() const { return kRowsPerChunk * row_bytes; }
  uint64_t HashOf(uint64_t row) const;
  uint64_t SlotOf(uint64_t row) const;
  void EraseFromIndex(uint64_t row);
  void FreeRow(char* row);
  bool Grow();
  bool AddChunk();
  bool DoubleIndex();
  void KeepChunks(uint64_t count);
  void DetachSnapshots();
  void SetRowLimit();
  void Release(size_t bytes);

  // Constant after construction.
  const StateLayout& layout_;
  MemoryPool* const pool_;
  // The index uses the first index_mask + 1 of index_slots_ slots; the rows the first chunks_used_
  // chunks.
  std::unique_ptr<uint64_t[]> index_memory_;
  uint64_t index_slots_ = 0;
  std::vector<std::unique_ptr<char[]>> chunk_memory_;
  std::vector<char*> chunk_addresses_;
  uint64_t chunks_used_ = 0;
  std::vector<uint32_t> epochs_;     // chunk_epochs
  std::vector<StoredChunk> stored_;  // by chunk; may be shorter
  std::vector<ActiveSnapshot> snapshots_;
  StateHeap slab_heap_;
  size_t memory_bytes_ = 0;  // of index and chunks
};

}  // namespace flinkc
