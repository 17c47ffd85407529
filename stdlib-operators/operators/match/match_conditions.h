// Whether rows may be of variables: the conditions of a pattern, for many partial matches at once.
// One that reads the row alone is evaluated once for each row.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/operator/native_operator.h"
#include "stdlib-operators/operators/match/match_values.h"

namespace flinkc {

// One worker only.
class MatchConditions {
 public:
  // `context`, `match` and `values` must outlive this.
  MatchConditions(const OperatorContext& context, const MatchDescriptor& match,
                  MatchValues* values);

  // Rows of another key, which must stay; the conditions may be evaluated for all of them.
  void Start(std::span<const MatchRow> rows);
  // Whether row `row` may be as each of `trials` asks, whose first row is `first`. kInternal: the
  // job fails, and the executor knows why.
  Status Test(size_t first, size_t row, std::span<PatternTrial> trials);

 private:
  static constexpr size_t kRowsMax = 512;
  enum Known : uint8_t { kUnknown, kHolds, kDoesNot };

  struct Variable {
    bool reads_row_alone = false;
    MatchValues::Plan plan;
    const Schema* schema = nullptr;
    std::unique_ptr<RecordBatch> batch;  // what the condition reads, a row each time
    std::vector<Known> known;            // by row, if it reads that alone
  };

  // The condition of a variable for rows by themselves, from `row` on.
  Status TestRows(uint32_t variable, size_t row);
  Status TestTrials(uint32_t variable, size_t first, std::span<PatternTrial> trials);
  // Adds what the variable's condition reads to its batch.
  Status Add(uint32_t variable, const MatchedRows& matched);
  // Evaluates for the rows of the batch, into holds_.
  Status Evaluate(uint32_t variable);
  std::unexpected<Error> Failed() const;

  // Constant after construction.
  const OperatorContext& context_;
  const MatchDescriptor& match_;
  MatchValues& values_;
  // Worker only.
  std::vector<Variable> variables_;
  std::span<const MatchRow> rows_;
  std::vector<PatternTrial*> asked_;
  std::vector<bool> has_failed_;  // by row of the batch: an aggregate has
  std::vector<uint8_t> holds_;
};

}  // namespace flinkc
