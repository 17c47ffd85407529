#include "stdlib-operators/operators/join/join_operator.h"

#include <algorithm>
#include <utility>

namespace flinkc {

JoinOperator::JoinOperator(OperatorContext context)
    : context_(std::move(context)),
      shape_(*context_.layout),
      join_(shape_.join),
      sides_{JoinSide(context_, shape_, 0), JoinSide(context_, shape_, 1)},
      condition_(context_, shape_.condition, join_.has_condition),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      result_(context_.outputs[0]) {}

void JoinOperator::EmitPair(size_t side, const RecordBatch& batch, int32_t row,
                            std::string_view kept, RowKind kind, int64_t watermark) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[side].WriteCame(batch, row, to, to_row);
  sides_[1 - side].WriteKept(kept, context_.arena, to, to_row);
  Push(kind, watermark);
}

void JoinOperator::EmitPairs(size_t side, const RecordBatch& batch, std::span<const int32_t> rows,
                             std::span<const std::string_view> kept) {
  if (result_ == nullptr) return;
  while (!rows.empty()) {
    RecordBatch& to = result_->batch();
    const int32_t first = result_->row();
    const auto room = static_cast<size_t>(to.capacity() - first);
    const size_t count = std::min(rows.size(), room);
    sides_[side].WriteCame(batch, rows.first(count), to, first);
    for (size_t i = 0; i < count; ++i) {
      sides_[1 - side].WriteKept(kept[i], context_.arena, copies_, to,
                                 first + static_cast<int32_t>(i));
      Push(batch.kind(rows[i]));
    }
    rows = rows.subspan(count);
    kept = kept.subspan(count);
  }
}

void JoinOperator::EmitCameAlone(size_t side, const RecordBatch& batch, int32_t row, RowKind kind,
                                 int64_t watermark) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[side].WriteCame(batch, row, to, to_row);
  if (!IsLeftOnly(join_.kind)) sides_[1 - side].WriteNull(to, to_row);
  Push(kind, watermark);
}

void JoinOperator::EmitKeptAlone(size_t side, std::string_view kept, RowKind kind) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[side].WriteKept(kept, context_.arena, to, to_row);
  if (!IsLeftOnly(join_.kind)) sides_[1 - side].WriteNull(to, to_row);
  Push(kind);
}

void JoinOperator::EmitKeptPair(std::string_view left, std::string_view right, RowKind kind) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  sides_[0].WriteKept(left, context_.arena, to, to_row);
  sides_[1].WriteKept(right, context_.arena, to, to_row);
  Push(kind);
}

void JoinOperator::SetWindow(int64_t window_time) {
  constexpr int64_t kMillisecond = 1000;
  if (!join_.makes_window()) return;
  const int64_t end = window_time + kMillisecond;
  window_bounds_ = {end - join_.window->size_micros, end, window_time};
}

std::unexpected<Error> JoinOperator::ConditionFailed() const {
  // The executor knows why.
  return MakeError(ErrorCode::kInternal, "the condition of `" + context_.layout->name + "` failed");
}

}  // namespace flinkc
