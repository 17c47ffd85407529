// A RecordBatch as bytes, for a channel whose ends are in different processes. Only rows and bytes
// in use are copied; views point into one heap by offset instead of address.
//
//   u32 rows | u16 columns | u8 flags | u8 0 | u64 heap_bytes
//   key hashes, rows * u64, with flag 1
//   row kinds, rows * u8, with flag 2
//   by column: validity, (rows + 7) / 8 bytes, if it is nullable; values, rows * width
//   heap
//
// Values are as in memory. A view of at most 12 bytes holds them; a longer one has the offset of
// its bytes in the heap where its pointer was; that of a NULL is zero. All numbers are
// little-endian. The origin of rows does not travel: it ends at the chain that read them, within a
// process too, since an exchange is given batches that the chain has built.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/data/arena_pool.h"
#include "runtime/data/record_batch.h"

namespace flinkc {

// `schema`: the batch's. No row may be marked as dropped.
void AppendBatch(const Schema& schema, const RecordBatch& batch, std::string* out);

// Makes batches of one shape from bytes. Thread-safe.
class BatchReader {
 public:
  // `row_kinds`, `key_hashes`: the reader needs them; others that come are left out. `memory` must
  // outlive the reader and its batches; nullptr: not accounted.
  BatchReader(const Schema& schema, bool row_kinds, bool key_hashes, MemoryPool* memory);

  // Copies all that the batch needs. kCorrupt if the bytes are not a batch of this shape: nothing
  // that they say is believed, but for the values of numbers, dates and texts.
  Result<BatchPtr> Read(std::string_view bytes);

 private:
  BatchPtr Take(uint32_t rows);
  std::shared_ptr<Arena> TakeArena(size_t bytes);

  // Constant after construction.
  const Schema schema_;
  const bool row_kinds_;
  const bool key_hashes_;
  MemoryPool* const memory_;
  size_t row_bytes_ = 0;       // of the values
  size_t nullable_count_ = 0;  // columns
  ArenaPool arenas_;
  // By kCapacities.
  std::vector<std::unique_ptr<BatchPool>> pools_;
};

}  // namespace flinkc
