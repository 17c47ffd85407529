// Rows that move together: columns of values, up to kRowsMax rows, with shared ownership of the
// arenas that their views point into. Batches come from a pool and go back to it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/abi/batch_layout.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/arena.h"
#include "runtime/base/memory_pool.h"
#include "runtime/data/schema.h"

namespace flinkc {

// Where the rows of a batch were read. Shared by all batches of a split.
struct SplitOrigin {
  std::string connector;  // "file"
  std::string topic;      // the file's path, the topic's name
  int32_t partition = 0;
};

// One writer, then handed over; never written by two threads at once.
class RecordBatch {
 public:
  static constexpr int32_t kRowsMax = 4096;

  // Columns for up to `capacity` rows, accounted to `pool` (nullptr: not accounted).
  // `row_kinds` and `key_hashes` say whether those columns exist. Values and validity are undefined
  // at first: a writer sets or clears the validity bit of each row it writes. Every column begins
  // at a cache line and ends with spare bytes, so that whole words and 16-byte values may be read
  // and written at its end.
  RecordBatch(const Schema& schema, int32_t capacity, bool row_kinds, bool key_hashes,
              MemoryPool* pool);
  ~RecordBatch();
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;

  BatchLayout& layout() { return layout_; }
  const BatchLayout& layout() const { return layout_; }
  int32_t row_count() const { return layout_.row_count; }
  void set_row_count(int32_t rows) { layout_.row_count = rows; }
  int32_t capacity() const { return layout_.capacity; }
  size_t column_count() const { return columns_.size(); }

  template <typename T>
  T* Values(size_t column) {
    return static_cast<T*>(columns_[column].values);
  }
  template <typename T>
  const T* Values(size_t column) const {
    return static_cast<const T*>(columns_[column].values);
  }
  // Copies all of row `from`, of a batch with this schema, over row `to`.
  void MoveRow(const Schema& schema, int32_t from, int32_t to);
  bool IsNull(size_t column, int32_t row) const {
    const uint64_t* validity = columns_[column].validity;
    return validity != nullptr && (validity[row >> 6] >> (row & 63) & 1) == 0;
  }
  // Only for nullable columns.
  void SetNull(size_t column, int32_t row) {
    columns_[column].validity[row >> 6] &= ~(uint64_t{1} << (row & 63));
  }
  void SetValid(size_t column, int32_t row) {
    if (uint64_t* validity = columns_[column].validity) {
      validity[row >> 6] |= uint64_t{1} << (row & 63);
    }
  }
  RowKind kind(int32_t row) const {
    return layout_.row_kinds == nullptr ? RowKind::kInsert
                                        : static_cast<RowKind>(layout_.row_kinds[row]);
  }

  // Keeps `arena` alive as long as this batch's rows.
  void KeepAlive(std::shared_ptr<const Arena> arena);
  const std::vector<std::shared_ptr<const Arena>>& arenas() const { return arenas_; }

  // Where the rows were read, or nullptr; row i was record first_offset() + i unless
  // row_offsets() has one offset a row.
  const std::shared_ptr<const SplitOrigin>& origin() const { return origin_; }
  void set_origin(std::shared_ptr<const SplitOrigin> origin, int64_t first_offset) {
    origin_ = std::move(origin);
    first_offset_ = first_offset;
  }
  int64_t OffsetOf(int32_t row) const {
    return row_offsets_.empty() ? first_offset_ + row : row_offsets_[row];
  }
  std::vector<int64_t>& row_offsets() { return row_offsets_; }

  // Empties the batch for its next use: no rows, no arenas, no origin; the columns stay.
  void Clear();
  // Bytes of the columns (not of the arenas).
  size_t memory_bytes() const { return memory_bytes_; }

 private:
  // Constant after construction.
  MemoryPool* const pool_;
  std::unique_ptr<std::byte[]> memory_;
  size_t memory_bytes_ = 0;
  // The holder of the batch only.
  std::vector<ColumnBuffer> columns_;
  BatchLayout layout_{};
  std::vector<std::shared_ptr<const Arena>> arenas_;
  std::shared_ptr<const SplitOrigin> origin_;
  int64_t first_offset_ = 0;
  std::vector<int64_t> row_offsets_;
};

using BatchPtr = std::shared_ptr<RecordBatch>;

// Makes batches of one shape and takes them back, from any thread, when their last holder lets go.
class BatchPool {
 public:
  // `memory_pool` must outlive the pool and its batches.
  BatchPool(Schema schema, bool row_kinds, bool key_hashes, MemoryPool* memory_pool,
            int32_t capacity = RecordBatch::kRowsMax);

  // An empty batch with room for `capacity` rows. It may outlive the pool.
  BatchPtr Take();
  const Schema& schema() const { return schema_; }

 private:
  struct Free;

  // Constant after construction.
  const Schema schema_;
  const bool row_kinds_;
  const bool key_hashes_;
  const int32_t capacity_;
  MemoryPool* const memory_pool_;
  // Guarded by its own mutex.
  std::shared_ptr<Free> free_;
};

}  // namespace flinkc
