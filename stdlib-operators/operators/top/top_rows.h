// The rows that a top keeps of a group, in their order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operator/kept_row_writer.h"
#include "runtime/operator/native_operator.h"
#include "runtime/operator/row_mover.h"
#include "runtime/operator/row_order.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"

namespace flinkc {

// One worker only.
class TopRows {
 public:
  // Of the top that `context` describes, whose first state they are.
  TopRows(const OperatorContext& context, const TopDescriptor& top);

  void Prefetch(const uint64_t* hashes, int32_t row, int32_t rows) const {
    rows_.Prefetch(hashes, row, rows);
  }
  // The group that is looked at until the next call. Its rows are good until the next change.
  Status Load(const StateKey& key);
  size_t size() const { return kept_.size(); }
  std::string_view operator[](size_t place) const { return kept_[place].bytes; }
  // The place of a row of a batch: behind those that it is not before; `equal_gives_way`: before
  // those that are equal to it by the order.
  size_t PlaceOf(const RecordBatch& batch, int32_t row, bool equal_gives_way) const;
  size_t Find(std::string_view row) const;  // size(): it is not there

  // Below zero: `a` stands before `b`; of a row of a batch and a kept one, or of two kept ones.
  int Compare(const RecordBatch& batch, int32_t row, std::string_view kept) const {
    return order_.Compare(batch, row, kept);
  }
  int Compare(std::string_view a, std::string_view b) const { return order_.Compare(a, b); }

  // A row as it is kept; valid until the next call.
  std::string_view Encode(const RecordBatch& batch, int32_t row) {
    encoded_.clear();
    codec_.Append(batch, kept_columns_, row, &encoded_);
    return encoded_;
  }

  // Changes of the group. What was loaded is void, but by Truncate.
  // Adds a row of a batch before the one at `place`; of the others the first `keep` stay, at least
  // `place`.
  Status Insert(const StateKey& key, size_t place, size_t keep, const RecordBatch& batch,
                int32_t row);
  Status Remove(const StateKey& key, size_t place);
  // Removes the rows from `size` on, which is not 0.
  Status Truncate(const StateKey& key, size_t size);
  Status Clear(const StateKey& key) { return rows_.Clear(key); }

  // The columns that the result has of a row.
  void WriteKept(std::string_view row, RecordBatch& to, int32_t to_row) const {
    kept_to_result_.Write(row, &arena_, to, to_row);
  }
  void WriteCame(const RecordBatch& batch, int32_t row, RecordBatch& to, int32_t to_row) const {
    came_to_result_.Move(batch, row, to, to_row);
  }

 private:
  struct Kept {
    std::string_view bytes;
    uint32_t at = 0;  // KeyedRows::InsertAt
  };

  int64_t now() const { return now_micros_; }
  // Where the row at `place` begins, or the last one ends.
  uint32_t BeginOf(size_t place) const { return place == kept_.size() ? end_ : kept_[place].at; }

  // Constant after construction.
  const std::vector<uint32_t> kept_columns_;
  const RowCodec codec_;
  const RowOrder order_;
  const KeptRowWriter kept_to_result_;
  const RowMover came_to_result_;
  const int64_t& now_micros_;
  OutputArena& arena_;
  // Worker only.
  KeyedRows rows_;
  std::string encoded_;
  std::vector<Kept> kept_;
  uint32_t end_ = 0;  // behind the last of kept_
};

}  // namespace flinkc
