#include "stdlib-operators/operators/join/lookup_table.h"

#include <utility>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

StateLayout TableLayout(const JoinShape& shape, const std::string& name) {
  return RowsLayout(name, StateKind::kList, KeptKey(shape.sides[0], shape.join),
                    KeptSchema(shape.sides[1], shape.join, 1));
}

Status LookupTable::Add(const RecordBatch& batch, JoinSide& side) {
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    if (side.HasNullKey(batch, row)) continue;
    const StateKey key = side.KeyOf(batch, row);
    RETURN_IF_ERROR(rows_.Append(key, side.Encode(batch, row), 0));
  }
  return {};
}

Result<std::unique_ptr<LookupTableLoad>> LookupTableLoad::Begin(const OperatorContext& context,
                                                                const StateLayout& layout) {
  const SourceDescriptor& source = std::get<LookupDescriptor>(context.layout->descriptor).table;
  ASSIGN_OR_RETURN(std::unique_ptr<TableScan> scan, context.scan_table(source));
  auto batch =
      std::make_unique<RecordBatch>(source.BatchSchema(), RecordBatch::kRowsMax,
                                    /*row_kinds=*/false, /*key_hashes=*/false, context.memory);
  auto table = std::make_unique<LookupTable>(layout, context.memory);
  return std::unique_ptr<LookupTableLoad>(
      new LookupTableLoad(std::move(scan), std::move(batch), std::move(table)));
}

Result<bool> LookupTableLoad::Advance(JoinSide& side) {
  batch_->Clear();
  ASSIGN_OR_RETURN(const bool has_more, scan_->Read(*batch_));
  RETURN_IF_ERROR(table_->Add(*batch_, side));
  return !has_more;
}

}  // namespace flinkc
