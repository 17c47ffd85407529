#include "stdlib-operators/operators/match/match_conditions.h"

#include <algorithm>

namespace flinkc {

MatchConditions::MatchConditions(const OperatorContext& context, const MatchDescriptor& match,
                                 MatchValues* values)
    : context_(context), match_(match), values_(*values), holds_(kRowsMax) {
  for (const PatternVariable& variable : match.variables) {
    Variable& added = variables_.emplace_back();
    if (!variable.condition) continue;
    added.schema = &context.layout->condition_schemas[*variable.condition];
    added.reads_row_alone = match.ReadsRowAlone(variable);
    added.plan = values->MakePlan(variable.reads, 0);
    added.batch = std::make_unique<RecordBatch>(*added.schema, static_cast<int32_t>(kRowsMax),
                                                false, false, context.memory);
  }
}

void MatchConditions::Start(std::span<const MatchRow> rows) {
  rows_ = rows;
  for (Variable& variable : variables_) {
    if (variable.reads_row_alone) variable.known.assign(rows.size(), kUnknown);
  }
}

Status MatchConditions::Test(size_t first, size_t row, std::span<PatternTrial> trials) {
  for (uint32_t i = 0; i < variables_.size(); ++i) {
    if (!match_.variables[i].condition || variables_[i].reads_row_alone) continue;
    RETURN_IF_ERROR(TestTrials(i, first, trials));
  }
  for (PatternTrial& trial : trials) {
    Variable& variable = variables_[trial.variable];
    if (!match_.variables[trial.variable].condition) {
      trial.holds = true;
    } else if (variable.reads_row_alone) {
      if (variable.known[row] == kUnknown) RETURN_IF_ERROR(TestRows(trial.variable, row));
      trial.holds = variable.known[row] == kHolds;
    }
  }
  return {};
}

Status MatchConditions::TestRows(uint32_t variable, size_t row) {
  std::vector<Known>& known = variables_[variable].known;
  const bool runs_ahead = match_.variables[variable].may_run_ahead;
  const size_t end = runs_ahead ? std::min(row + kRowsMax, rows_.size()) : row + 1;
  variables_[variable].batch->set_row_count(0);
  for (size_t i = row; i < end; ++i) {
    RETURN_IF_ERROR(Add(variable, {&rows_[i], {}, variable, i, rows_.size() - i - 1}));
  }
  RETURN_IF_ERROR(Evaluate(variable));
  for (size_t i = row; i < end; ++i) known[i] = holds_[i - row] != 0 ? kHolds : kDoesNot;
  return {};
}

Status MatchConditions::TestTrials(uint32_t variable, size_t first,
                                   std::span<PatternTrial> trials) {
  asked_.clear();
  for (PatternTrial& trial : trials) {
    if (trial.variable == variable) asked_.push_back(&trial);
  }
  for (size_t done = 0; done < asked_.size();) {
    const size_t count = std::min(asked_.size() - done, kRowsMax);
    variables_[variable].batch->set_row_count(0);
    has_failed_.assign(count, false);
    for (size_t i = 0; i < count; ++i) {
      const std::string_view taken = asked_[done + i]->rows;
      const size_t behind = rows_.size() - first - taken.size() - 1;
      RETURN_IF_ERROR(Add(variable, {&rows_[first], taken, variable, first, behind}));
    }
    RETURN_IF_ERROR(Evaluate(variable));
    for (size_t i = 0; i < count; ++i) {
      asked_[done + i]->holds = holds_[i] != 0 && !has_failed_[i];
    }
    done += count;
  }
  return {};
}

Status MatchConditions::Add(uint32_t variable, const MatchedRows& matched) {
  const auto view = [](std::string_view value) { return MakeStringValue(value); };
  RecordBatch& batch = *variables_[variable].batch;
  const int32_t row = batch.row_count();
  batch.set_row_count(row + 1);
  switch (values_.Read(variables_[variable].plan, matched, view, &batch, row)) {
    case ReadValues::kDone:
      return {};
    case ReadValues::kRowFailed:
      // The row is evaluated as it is; what comes of it counts for nothing.
      has_failed_[static_cast<size_t>(row)] = true;
      return {};
    case ReadValues::kJobFails:
      break;
  }
  return Failed();
}

Status MatchConditions::Evaluate(uint32_t variable) {
  const Variable& of = variables_[variable];
  const uint32_t condition = *match_.variables[variable].condition;
  if (!context_.evaluate(condition, *of.batch, *of.schema, holds_.data())) return Failed();
  return {};
}

std::unexpected<Error> MatchConditions::Failed() const {
  return MakeError(ErrorCode::kInternal, "a condition of `" + context_.layout->name + "` failed");
}

}  // namespace flinkc
