#include "stdlib-operators/operators/join/join_operator.h"

#include <utility>

namespace flinkc {

namespace {

// The columns that a join gives, without the hidden one.
Schema ResultSchema(const NativeLayout& layout, const JoinDescriptor& join) {
  Schema result;
  for (size_t side = 0; side < 2; ++side) {
    const bool padded = IsOuter(join.kind, 1 - side);
    for (const uint32_t column : join.columns[side]) {
      const Field& field = layout.inputs[side][column];
      result.Add({field.name, padded ? field.type.Nullable() : field.type});
    }
  }
  return result;
}

}  // namespace

JoinOperator::JoinOperator(OperatorContext context)
    : context_(std::move(context)),
      join_(std::get<JoinDescriptor>(context_.layout->descriptor)),
      sides_{JoinSide(context_, join_, 0, ResultSchema(*context_.layout, join_)),
             JoinSide(context_, join_, 1, ResultSchema(*context_.layout, join_))},
      condition_(context_, join_.has_condition),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      result_(context_.outputs[0]) {}

void JoinOperator::EmitPair(size_t side, const RecordBatch& batch, int32_t row,
                            std::string_view kept, RowKind kind) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[side].WriteCame(batch, row, to, to_row);
  sides_[1 - side].WriteKept(kept, context_.arena, to, to_row);
  Push(kind);
}

void JoinOperator::EmitCameAlone(size_t side, const RecordBatch& batch, int32_t row, RowKind kind) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[side].WriteCame(batch, row, to, to_row);
  if (!IsLeftOnly(join_.kind)) sides_[1 - side].WriteNull(to, to_row);
  Push(kind);
}

void JoinOperator::EmitKeptAlone(size_t side, std::string_view kept, RowKind kind) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[side].WriteKept(kept, context_.arena, to, to_row);
  if (!IsLeftOnly(join_.kind)) sides_[1 - side].WriteNull(to, to_row);
  Push(kind);
}

std::unexpected<Error> JoinOperator::ConditionFailed() const {
  // The executor knows why.
  return MakeError(ErrorCode::kInternal, "the condition of `" + context_.layout->name + "` failed");
}

}  // namespace flinkc
