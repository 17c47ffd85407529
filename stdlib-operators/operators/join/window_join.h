// A join of the rows of one window of two streams. A window's rows are kept until the watermark has
// reached its end; then its pairs leave, and the rows without a match where the kind says so, and
// all is forgotten. What leaves never changes.
//
// A row is late if its own split's watermark had closed its window, or all splits' had; it is
// dropped and counted.
#pragma once

#include <string>
#include <vector>

#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/join/join_operator.h"

namespace flinkc {

// One worker only.
class WindowJoin final : public JoinOperator {
 public:
  explicit WindowJoin(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;

 private:
  int64_t WindowOf(size_t side, const RecordBatch& batch, int32_t row) const;
  Status ProcessOne(size_t side, const RecordBatch& batch, int32_t row);
  // Of the rows from `from_row` on, to hashes_.
  void HashWithWindows(size_t side, const RecordBatch& batch, int32_t from_row);
  // Asks the memory for what the timers behind the next will want.
  void PrefetchTimers() const;
  // What the rows of a key in a window give, from left_at_ on; where an output is full the window
  // comes once more.
  Status Emit(int64_t window, const StateKey& key);
  // What a row of the left side gives; `rights`: the right rows of its window and key.
  Status EmitLeft(std::string_view left, const RowsOfKey& rights);
  void EmitUnmatchedRights(const RowsOfKey& rights);

  // Constant after construction.
  const JoinWindow window_;
  std::array<uint32_t, 2> watermark_columns_{};
  uint64_t* const late_dropped_;
  // Timers ahead, and with them the keys, that are asked for, step by step.
  static constexpr size_t kSlotAhead = 16;
  static constexpr size_t kRowAhead = 8;
  static constexpr size_t kBlobAhead = 4;
  // Worker only.
  TimerState timers_;
  int64_t watermark_ = INT64_MIN;
  std::vector<uint64_t> hashes_;  // of the keys of a batch with their windows
  // Of the window that is being emitted: the place of the next left row, and which right rows have
  // had a match.
  uint32_t left_at_ = 0;
  std::vector<bool> right_matched_;
  std::vector<std::string_view> rights_;  // of one evaluation of the condition
};

}  // namespace flinkc
