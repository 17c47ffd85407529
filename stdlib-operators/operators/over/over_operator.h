// The native part of an `over`: puts the rows of each key in order, keeps those of its frame, and
// gives the steps by which a generated loop comes from one row's results to the next (OverStep).
//
// By event time a row waits until the watermark is behind its time, so that no row before it is to
// come any more. A row that comes behind its own split's watermark is late: so the late rows, and
// with them the results, depend on the data and its splits alone. By processing time each row has
// its turn when it comes.
//
// States: the rows that wait, as they came; the rows in the frame of the row that had its turn
// last, in order; and timers, of a key whose rows wait one that is no later than any of them, of a
// key with a range one by which its last row has left.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operator/key_reader.h"
#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/over/step_writer.h"

namespace flinkc {

// One worker only.
class OverOperator final : public NativeOperator {
 public:
  explicit OverOperator(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;
  int64_t next_time() override;
  Result<bool> OnTime(int64_t now_micros) override;

 private:
  // A row that waits, whose turn has come.
  struct DueRow {
    int64_t time = 0;
    size_t place = 0;  // among those that wait
    size_t begin = 0;  // in due_bytes_
    size_t size = 0;
  };

  Status Wait(const RecordBatch& batch, int32_t row, int64_t time);
  bool IsLate(const RecordBatch& batch, int32_t row, int64_t watermark) const;
  void TellLate(const RecordBatch& batch, int32_t row, int64_t watermark);
  // All rows of the key that are due at `until` have their turn, as long as there is room.
  Status Fire(const StateKey& key, int64_t until);
  // Finds them, in order; the earliest of the others.
  Result<std::optional<int64_t>> FindDue(const StateKey& key, int64_t until);
  // The first `count` of them wait no more.
  Status StopWaiting(const StateKey& key, size_t count, bool others_wait);

  Status LoadFrame(const StateKey& key);
  // The rows of `rows`, which have one time, have their turn.
  void TakeTurn(const std::vector<RowInTurn>& rows);
  // What leaves the frame when a row at `time` comes; the bits of the first step.
  int8_t MoveFrame(int64_t time);
  Status StoreFrame(const StateKey& key);
  // Forgets the key if all its rows have left at `until`, or sees to it that they are looked at.
  Status ForgetOrLater(const StateKey& key, int64_t until);

  bool is_range() const { return over_.frame.unit == OverFrame::Unit::kRange; }
  int64_t now() const { return *context_.now_micros; }

  // Constant after construction.
  const OperatorContext context_;
  const OverDescriptor& over_;
  const std::vector<uint32_t> waiting_columns_;
  const RowCodec waiting_codec_;
  const RowMover pass_;           // of late rows
  OperatorOutput* const late_;    // nullptr: they are dropped
  uint64_t* const late_counter_;  // nullptr: no row is late
  // Worker only.
  StepWriter steps_;
  KeyReader key_;
  std::optional<KeyedRows> waiting_;
  std::optional<KeyedRows> frame_;
  std::optional<TimerState> timers_;
  int64_t watermark_ = INT64_MIN;
  std::string due_bytes_;
  std::vector<DueRow> due_;
  std::vector<RowInTurn> turn_;
  // The frame of the key at hand: the rows that are stored, then those of `fresh_`; those before
  // `frame_begin_` have left.
  std::vector<std::string_view> rows_;
  size_t stored_ = 0;
  size_t frame_begin_ = 0;
  std::deque<std::string> fresh_;
  std::vector<std::string_view> left_;  // of the row in turn
};

}  // namespace flinkc
