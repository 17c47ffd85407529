// What all joins share: their sides, the condition, and how a row of the result is written.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/operator/native_operator.h"
#include "stdlib-operators/operators/join/join_shape.h"
#include "stdlib-operators/operators/join/join_side.h"
#include "stdlib-operators/operators/join/pair_condition.h"

namespace flinkc {

// One worker only.
class JoinOperator : public NativeOperator {
 protected:
  explicit JoinOperator(OperatorContext context);

  // Writes the pair of a row of side `side` that came and one that is kept. `watermark`: as
  // OperatorOutput::Push wants it.
  void EmitPair(size_t side, const RecordBatch& batch, int32_t row, std::string_view kept,
                RowKind kind, int64_t watermark = INT64_MIN);
  // Writes the pairs of rows of side `side` and of the kept ones that they met, with the kind of
  // the row that came. What is kept stays as it is until the next BeginPairs.
  void BeginPairs() { copies_.Clear(); }
  void EmitPairs(size_t side, const RecordBatch& batch, std::span<const int32_t> rows,
                 std::span<const std::string_view> kept);
  // A row alone, with NULL for the other side; a semi or anti join has no other side.
  void EmitCameAlone(size_t side, const RecordBatch& batch, int32_t row, RowKind kind,
                     int64_t watermark = INT64_MIN);
  void EmitKeptAlone(size_t side, std::string_view kept, RowKind kind);
  // The pair of two rows that are kept.
  void EmitKeptPair(std::string_view left, std::string_view right, RowKind kind);

  // Of a join that makes windows: what is emitted from now on is of the one with this time.
  void SetWindow(int64_t window_time);

  bool is_blocked() const { return *context_.blocked != 0; }
  int64_t now() const { return *context_.now_micros; }
  std::unexpected<Error> ConditionFailed() const;

  // Constant after construction.
  const OperatorContext context_;
  const JoinShape shape_;
  const JoinDescriptor& join_;
  // Worker only.
  std::array<JoinSide, 2> sides_;
  PairCondition condition_;
  uint64_t* const rows_out_;

 private:
  void Push(RowKind kind, int64_t watermark = INT64_MIN) {
    for (size_t i = 0; i < window_bounds_.size(); ++i) {
      result_->batch().Values<int64_t>(shape_.result.size() + i)[result_->row()] =
          window_bounds_[i];
    }
    result_->Push(kind, watermark);
    ++*rows_out_;
  }

  KeptCopies copies_;
  OperatorOutput* const result_;  // nullptr: nobody reads it
  // Start, end and time of the window of what is emitted; none: the join makes no windows.
  std::vector<int64_t> window_bounds_;
};

}  // namespace flinkc
