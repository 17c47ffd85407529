// A join without a bound in time: both sides are kept, and a row that comes meets all rows of the
// other side. The semantics are those of Flink's regular join over changelogs.
#pragma once

#include <vector>

#include "stdlib-operators/operators/join/join_operator.h"

namespace flinkc {

// Rows are matched by key, then by the condition. What a row causes:
//
//   inner       each pair, with the kind of the row
//   outer       pairs; a row without a match leaves padded, and is taken back (-D) when the first
//               match comes, given again (+I) when the last one goes
//   semi, anti  rows of the left side, as matches of the right side come and go
//
// Where a row leaves alone and there is a condition, it is kept with the number of its matches.
//
// One worker only.
class RegularJoin final : public JoinOperator {
 public:
  explicit RegularJoin(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;

 private:
  // A row that came, and a kept row of the other side that may match it.
  struct Pair {
    int32_t row = 0;
    KeyedRow kept;
  };

  Result<int32_t> ProcessInner(size_t side, const RecordBatch& batch, int32_t from_row);
  // Emits those of pairs_ for which the condition holds.
  void EmitInner(size_t side, const RecordBatch& batch);
  Status ProcessOne(size_t side, const RecordBatch& batch, int32_t row);
  // The rows of the other side that match row `row`, into matches_.
  Status FindMatches(size_t side, const RecordBatch& batch, int32_t row, const StateKey& key);
  // Changes how many matches each row of side `side` in matches_ has.
  Status NoteMatches(size_t side, const StateKey& key, int64_t delta);
  // `matches`: how many the row has.
  Status Keep(size_t side, const StateKey& key, const RecordBatch& batch, int32_t row,
              int64_t matches);
  Status EmitMatches(size_t side, const RecordBatch& batch, int32_t row, RowKind kind,
                     const StateKey& key);

  // Worker only.
  std::vector<Pair> pairs_;
  std::vector<int32_t> came_;  // EmitInner
  std::vector<std::string_view> kept_;
  // Where ProcessInner goes on within its row: the rows of the other side before it are done.
  uint32_t next_kept_ = 0;
  struct Match {
    std::string bytes;  // a copy: the other side's rows may move
    uint32_t count = 1;
    uint32_t place = 0;  // among the rows of its key
  };
  std::vector<Match> matches_;
};

}  // namespace flinkc
