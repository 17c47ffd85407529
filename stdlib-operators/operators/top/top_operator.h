// The first rows of each group by an order. Kept are those rows of a group alone, in their order;
// where rows can be taken back, all of the group's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/operator/key_reader.h"
#include "runtime/operator/native_operator.h"
#include "runtime/operator/row_mover.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"
#include "stdlib-operators/operators/top/row_order.h"

namespace flinkc {

// What changes for the reader:
//
//   limit 1        the old first row (-U) gives way to the new one (+U)
//   without rank   one row goes (-D), another comes (+I)
//   with rank      each row whose place changes is told with its old (-U) and new place (+U)
//
// One worker only.
class TopOperator final : public NativeOperator {
 public:
  explicit TopOperator(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;

 private:
  // A kept row.
  struct Kept {
    std::string_view bytes;
    uint32_t at = 0;  // KeyedRows::InsertAt
  };

  Status Insert(const StateKey& key, std::string_view row);
  Status Remove(const StateKey& key, std::string_view row);
  // The rows of the key, in order, into kept_.
  Status Load(const StateKey& key);
  // The place of a new row: behind those that are not after it.
  size_t PlaceOf(std::string_view row) const;
  void TellInserted(size_t place, std::string_view row);
  void TellRemoved(size_t place);
  void Emit(std::string_view row, size_t rank, RowKind kind);

  // Constant after construction.
  const OperatorContext context_;
  const TopDescriptor& top_;
  const size_t limit_;
  const std::vector<uint32_t> kept_columns_;
  const RowCodec codec_;
  const RowOrder order_;
  std::vector<uint32_t> kept_to_result_;
  OperatorOutput* const result_;  // nullptr: nobody reads it
  uint64_t* const rows_out_;
  // Worker only.
  KeyReader key_;
  KeyedRows rows_;
  std::string encoded_;
  std::vector<Kept> kept_;
  uint32_t end_ = 0;  // behind the last of kept_
};

}  // namespace flinkc
