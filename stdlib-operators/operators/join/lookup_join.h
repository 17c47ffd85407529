// A stream that is joined with a side table: each row with those that the table has for its key
// when the row comes. The table is no state: it is read when the job starts or goes on, and again
// from time to time.
//
// Reading it again is done in pieces between the batches of the stream, beside the version that is
// looked up in, which the new one replaces when it is complete. If it cannot be read then, the last
// version stays, the log says why, and the next time is as far away as after any other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stdlib-operators/operators/join/join_operator.h"
#include "stdlib-operators/operators/join/lookup_table.h"

namespace flinkc {

// One worker only.
class LookupJoin final : public JoinOperator {
 public:
  // Reads the table. An Error of reading it says which one it is.
  static Result<std::unique_ptr<NativeOperator>> Make(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  int64_t next_time() override;
  Result<bool> OnTime(int64_t now_micros) override;

 private:
  // A row of the stream, and one of the table that may match it.
  struct Pair {
    int32_t row = 0;
    std::string_view kept;
  };

  explicit LookupJoin(OperatorContext context);

  // Pairs of rows from `row` on, as many as the condition takes at once; the first row of which
  // there are more, or that was not looked up.
  Result<int32_t> CollectPairs(const RecordBatch& batch, int32_t row);
  // Gives those that hold, and the rows before `end` that have none.
  void EmitPairs(const RecordBatch& batch, int32_t first, int32_t end);
  Status AdvanceLoad();
  void RefreshFailed(const Error& error);

  // Constant after construction.
  const LookupDescriptor& lookup_;
  const StateLayout table_layout_;
  const std::optional<size_t> watermark_column_;
  uint64_t* const refreshes_;
  uint64_t* const failed_refreshes_;
  // Worker only.
  std::unique_ptr<LookupTable> table_;
  std::unique_ptr<LookupTableLoad> load_;  // nullptr: none is on its way
  int64_t refresh_at_micros_ = INT64_MAX;
  int64_t advanced_at_micros_ = 0;  // load_
  std::string told_;                // why the last refresh failed; "": it did not
  std::vector<Pair> pairs_;
  // Where CollectPairs goes on within its row: the rows of the table before it are done.
  uint32_t next_kept_ = 0;
  // Whether a pair of the row that is not done yet has held.
  bool has_match_ = false;
};

}  // namespace flinkc
