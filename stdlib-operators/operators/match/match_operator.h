// Sequences of rows that a pattern matches. Of each key the rows are kept from the first one on
// that a match may still begin with, and the partial matches that begin with it; those that begin
// later are looked for when it is known whether and where that match ends, as SQL has it.
//
// By event time a row waits until the watermark has passed it, so that all rows before it are
// there; by processing time it is taken as it comes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operator/key_reader.h"
#include "runtime/operator/native_operator.h"
#include "runtime/operator/row_mover.h"
#include "runtime/operator/row_order.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"
#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/match/match_conditions.h"
#include "stdlib-operators/operators/match/match_values.h"
#include "stdlib-operators/operators/match/pattern_search.h"

namespace flinkc {

// One worker only.
class MatchOperator final : public NativeOperator {
 public:
  explicit MatchOperator(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;
  int64_t next_time() override;
  Result<bool> OnTime(int64_t now_micros) override;

 private:
  bool has_event_time() const { return match_.time_column.has_value(); }

  Status ProcessByEventTime(const RecordBatch& batch, int32_t row);
  Status ProcessByClock(const RecordBatch& batch, int32_t row);
  void EmitLate(const RecordBatch& batch, int32_t row);

  // Goes on with all keys that there is something to do for, now that rows to come have at least
  // this time. True: all is done; false: the outputs are full.
  Result<bool> AdvanceAll(int64_t until);
  // The same for a key. `timer` is what it is set to when the outputs are full.
  Status Advance(const StateKey& key, int64_t until, int64_t timer);
  void CancelTimers(const StateKey& key, size_t begin, size_t end);
  // The rows of the key into rows_: those before the search, whose number is before_, those that
  // the partial matches have, then the other ones that are due, in order; then those that are not.
  // How many are not waiting.
  Result<size_t> Load(const StateKey& key, int64_t until);
  void SortFrom(size_t begin);
  Status LoadPartial(const StateKey& key);
  // Keeps the rows from `first` on, those before it that may be read, and the partial matches.
  Status Store(const StateKey& key, size_t first);
  // Takes rows up to `due` into the search that begins with `first`, as far as the rows behind them
  // are there that values may be of; `until` the end: none will come.
  Status Search(size_t first, size_t due, int64_t until);
  // Whether rows that were not taken can be in no match that begins with `first`.
  bool IsOver(size_t first, size_t due, int64_t until) const;
  // The row with which the next match may begin.
  Result<size_t> NextFirst(size_t first, const RowVariables& found) const;
  // Of a match that begins with `first`, `due` rows being there in all.
  Status Emit(size_t first, size_t due, const RowVariables& found);

  // Constant after construction.
  const OperatorContext context_;
  const MatchDescriptor& match_;
  const std::vector<uint32_t> kept_columns_;
  MatchValues values_;
  const RowOrder order_;
  MatchValues::Plan result_plan_;
  const RowMover to_late_;
  OperatorOutput* const result_;  // nullptr: nobody reads it
  OperatorOutput* const late_;
  uint64_t* const rows_out_;
  uint64_t* const late_rows_;  // nullptr: no row is late
  const RowCodec partial_codec_;
  // Worker only.
  KeyReader key_;
  KeyedRows kept_rows_;
  KeyedRows kept_partial_;
  TimerState timers_;
  MatchConditions conditions_;
  int64_t watermark_ = INT64_MIN;
  int64_t clock_ = INT64_MIN;
  std::string encoded_;
  // Of the key that is gone on with.
  PatternSearch search_;
  std::vector<MatchRow> rows_;
  std::vector<MatchRow> waiting_;
  size_t before_ = 0;
  bool are_rows_changed_ = false;  // their order
  bool has_kept_partial_ = false;
  std::vector<std::string_view> stored_;
  std::vector<std::string> stored_partial_;
};

}  // namespace flinkc
