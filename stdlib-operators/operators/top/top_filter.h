// Before a windowed top or aggregate that is one subtask's, or a join with the greatest values of
// windows: drops the rows of this subtask that cannot be among the first of their window. What it
// remembers is no state: a row more that passes does no harm.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/operator/native_operator.h"
#include "runtime/operator/row_mover.h"
#include "runtime/operator/row_order.h"
#include "runtime/state/row_codec.h"

namespace flinkc {

// One worker only.
class TopFilter final : public NativeOperator {
 public:
  explicit TopFilter(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;

 private:
  bool Reaches(int64_t time, int64_t last) const;
  bool Passes(const RecordBatch& batch, int32_t row, std::vector<std::string>* first);

  // Constant after construction.
  const OperatorContext context_;
  const TopDescriptor& top_;
  const size_t limit_;
  const std::vector<uint32_t> kept_columns_;  // of the order
  const RowCodec codec_;
  const RowOrder order_;
  const RowMover move_;
  OperatorOutput* const result_;  // nullptr: nobody reads it
  uint64_t* const rows_out_;
  // Worker only.
  // By window, the first rows that have passed, in order: their columns of the order.
  std::map<int64_t, std::vector<std::string>> first_;
  int64_t watermark_ = INT64_MIN;
  std::string encoded_;
};

}  // namespace flinkc
