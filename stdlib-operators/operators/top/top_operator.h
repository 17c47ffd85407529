// The first rows of each group by an order. Kept are those rows of a group alone, in their order;
// where rows can be taken back, all of the group's.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "runtime/operator/key_reader.h"
#include "runtime/operator/native_operator.h"
#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/top/top_rows.h"

namespace flinkc {

// What changes for the reader:
//
//   limit 1        the old first row (-U) gives way to the new one (+U)
//   without rank   one row goes (-D), another comes (+I)
//   with rank      each row whose place changes is told with its old (-U) and new place (+U)
//
// With a window, groups are those of each window, and are forgotten when it is over.
//
// One worker only.
class TopOperator final : public NativeOperator {
 public:
  explicit TopOperator(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;

 private:
  // Of the window of a row; false: the row is late for it.
  bool EnterWindow(const RecordBatch& batch, int32_t row);
  Status Insert(const StateKey& key, const RecordBatch& batch, int32_t row);
  Status Remove(const StateKey& key, std::string_view row);
  void TellInserted(size_t place, const RecordBatch& batch, int32_t row);
  void TellRemoved(size_t place);
  // A kept row, or a row that came; at place `rank` from 1 on.
  void EmitKept(size_t place, size_t rank, RowKind kind);
  void EmitCame(const RecordBatch& batch, int32_t row, size_t rank, RowKind kind);
  void Push(size_t rank, RowKind kind);

  // Constant after construction.
  const OperatorContext context_;
  const TopDescriptor& top_;
  const size_t limit_;
  OperatorOutput* const result_;  // nullptr: nobody reads it
  uint64_t* const rows_out_;
  uint64_t* const late_dropped_;  // nullptr: no row is late
  // Worker only.
  KeyReader key_;
  TopRows rows_;
  std::optional<TimerState> timers_;  // with a window: when it is over
  int64_t watermark_ = INT64_MIN;
  int64_t window_time_ = 0;              // the last moment of the row's window
  std::vector<int64_t> window_columns_;  // start, end and time of a window that the top makes
};

}  // namespace flinkc
