// The memory behind a KeyedTable (runtime/abi/keyed_table.h): an index that doubles, rows in chunks
// that never move, a heap for what is of variable length. Accounted; emptied and used again for the
// next slice of a window.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/abi/keyed_table.h"
#include "runtime/base/memory_pool.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/slab_heap.h"

namespace flinkc {

// One worker only. Generated code sees the KeyedTable part.
class MemoryTable final : public KeyedTable {
 public:
  // `layout` and `pool` must outlive the table; `pool` nullptr: not accounted.
  MemoryTable(const StateLayout& layout, MemoryPool* pool);
  ~MemoryTable();
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;

  static MemoryTable* From(KeyedTable* table) { return static_cast<MemoryTable*>(table); }

  // See flinkc_rt_grow_table and flinkc_rt_own_key.
  bool Grow();
  bool OwnKey(char* key);

  // Forgets all rows and makes ready for about `rows_expected` new ones, with the memory it has.
  void Clear(uint64_t rows_expected);

  size_t memory_bytes() const { return memory_bytes_ + slab_heap_.memory_bytes(); }

 private:
  static constexpr uint64_t kRowsPerChunk = uint64_t{1} << kRowsPerChunkLog2;
  static constexpr uint64_t kIndexSlotsMin = 64;

  static uint64_t SlotsFor(uint64_t rows);
  static uint64_t RowsFor(uint64_t slots) { return slots / 8 * 5; }
  size_t chunk_bytes() const { return kRowsPerChunk * row_bytes; }
  bool AddChunk();
  bool DoubleIndex();
  void SetRowLimit();
  void Release(size_t bytes);

  // Constant after construction.
  MemoryPool* const pool_;
  // The index uses the first index_mask + 1 of index_slots_ slots; the rows the first chunks_used_
  // chunks.
  std::unique_ptr<uint64_t[]> index_memory_;
  uint64_t index_slots_ = 0;
  std::vector<std::unique_ptr<char[]>> chunk_memory_;
  std::vector<char*> chunk_addresses_;
  uint64_t chunks_used_ = 0;
  StateHeap slab_heap_;
  size_t memory_bytes_ = 0;  // of index and chunks
};

}  // namespace flinkc
