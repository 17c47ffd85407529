// One output of a native operator: where it writes rows, one after the other.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/abi/batch_layout.h"
#include "runtime/data/record_batch.h"

namespace flinkc {

// The worker of the chain only. Views that are written show the arenas of the batch that the
// operator works on, or bytes of the operator's arena (OperatorContext::arena).
class OperatorOutput {
 public:
  virtual ~OperatorOutput() = default;

  // The batch that is being filled, which has room for at least one row.
  RecordBatch& batch() { return **open_; }
  // Where the next row goes.
  int32_t row() { return batch().row_count(); }
  // The row is written, all but its hidden columns. `watermark`: of the row, where it only passes;
  // a row that is made here no window finds late, as it leaves before the watermark that caused it
  // (docs/adr/0003).
  void Push(RowKind kind, int64_t watermark = INT64_MIN) {
    RecordBatch& batch = **open_;
    const int32_t row = batch.row_count();
    if (uint8_t* kinds = batch.layout().row_kinds) kinds[row] = static_cast<uint8_t>(kind);
    if (watermark_column_) batch.Values<int64_t>(*watermark_column_)[row] = watermark;
    batch.set_row_count(row + 1);
    if (row + 1 == batch.capacity()) Flush();
  }

 protected:
  // `open`: the batch that is being filled, another one after each Flush.
  OperatorOutput(const BatchPtr* open, std::optional<uint32_t> watermark_column)
      : open_(open), watermark_column_(watermark_column) {}

 private:
  // Hands the full batch on.
  virtual void Flush() = 0;

  // Constant after construction.
  const BatchPtr* const open_;
  const std::optional<uint32_t> watermark_column_;
};

}  // namespace flinkc
