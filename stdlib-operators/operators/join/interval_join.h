// A join whose pairs lie within an interval of event time. Rows are forgotten when the watermark
// has passed what could match them; who has found no match by then leaves alone, if that is asked
// for. Both inputs only insert.
//
// A row that is behind its own split's watermark is late: it is dropped and counted, so that the
// result depends on the data and its splits alone, not on which side came first.
#pragma once

#include <vector>

#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/join/join_operator.h"

namespace flinkc {

// One worker only.
class IntervalJoin final : public JoinOperator {
 public:
  explicit IntervalJoin(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;

 private:
  // A row of the other side, and the how many-th of its key it is.
  struct Candidate {
    std::string_view bytes;
    uint32_t place = 0;
  };

  Status ProcessOne(size_t side, const RecordBatch& batch, int32_t row);
  // Emits the pairs of the row; whether there was one.
  Result<bool> Match(size_t side, const RecordBatch& batch, int32_t row, const StateKey& key,
                     int64_t time);
  Status NoteMatches(size_t side, const StateKey& key);
  // The last time of a row of the other side that matches one of side `side` at `time`.
  int64_t LastMatch(size_t side, int64_t time) const;
  bool IsMatch(size_t side, int64_t time, int64_t other_time) const;
  Status Forget(size_t side, const StateKey& key, int64_t watermark);
  void EmitUnmatchedKept(size_t side, std::string_view kept);
  void EmitUnmatchedCame(size_t side, const RecordBatch& batch, int32_t row);

  // Constant after construction.
  const JoinInterval interval_;
  std::array<uint32_t, 2> watermark_columns_{};
  std::array<OperatorOutput*, 2> unmatched_{};  // nullptr: nobody reads it
  uint64_t* const late_dropped_;
  // Worker only.
  TimerState timers_;
  int64_t watermark_ = INT64_MIN;
  std::vector<Candidate> candidates_;
  std::vector<uint32_t> matched_;  // places of those that match
};

}  // namespace flinkc
