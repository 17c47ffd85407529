#include "compiler/plan/verify_match.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "compiler/plan/native_plan.h"
#include "compiler/plan/verify_expression.h"

namespace flinkc {

namespace {

std::string CheckProgram(const MatchDescriptor& match) {
  const std::vector<PatternStep>& program = match.program;
  if (program.empty() || program.size() > PatternStep::kProgramMax) {
    return "no program, or a long one";
  }
  if (program.back().kind != PatternStep::Kind::kAccept) return "a program without an end";
  for (const PatternStep& step : program) {
    if (step.first >= program.size() || step.second >= program.size()) {
      return "a step to nowhere";
    }
    if (step.kind == PatternStep::Kind::kRow && step.variable >= match.variables.size()) {
      return "a row of a variable that there is not";
    }
  }
  // From the first step on: what is reached without a row.
  std::set<uint32_t> reached;
  std::vector<uint32_t> open = {0};
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    if (!reached.insert(at).second) continue;
    const PatternStep& step = program[at];
    if (step.kind == PatternStep::Kind::kAccept) return "a match without rows";
    if (step.kind == PatternStep::Kind::kRow) continue;
    open.push_back(step.first);
    if (step.kind == PatternStep::Kind::kSplit) open.push_back(step.second);
  }
  return "";
}

std::string CheckColumns(const MatchOp& op, const LogicalOutput& input) {
  const MatchDescriptor& match = op.match;
  std::vector<uint32_t> columns = match.keys;
  for (const OrderColumn& order : match.order) columns.push_back(order.column);
  for (const PatternSubset& subset : match.subsets) {
    for (const uint32_t variable : subset.variables) {
      if (variable >= match.variables.size()) return "a subset of what there is not";
    }
  }
  for (const PatternValue& value : match.values) {
    if (value.variable != kAnyVariable &&
        value.variable >= match.variables.size() + match.subsets.size()) {
      return "a value of a variable that there is not";
    }
    if (value.before > PatternValue::kOffsetMax || value.after > match.rows_after + value.offset ||
        (value.before != 0 && value.after != 0) || (value.is_classifier && value.column)) {
      return "a value of a row too far away, or of two kinds";
    }
    if (value.of != PatternValue::Of::kAggregate) {
      if (value.column) columns.push_back(*value.column);
      continue;
    }
    if (!value.column || *value.column >= op.aggregates.size() || value.before != 0 ||
        value.after != 0) {
      return "a value of no aggregate";
    }
  }
  for (const uint32_t column : columns) {
    if (column >= input.schema.size()) return "a column that is not there";
    if (input.watermark_column == column) return "takes the watermark for a column";
  }
  for (const PatternValue& value : match.values) {
    const bool may_be_null = value.of == PatternValue::Of::kAggregate || !value.column ||
                             value.nullable || !input.schema[*value.column].type.nullable();
    if (!may_be_null) return "a value that is never NULL of a column that may be";
  }
  if (!match.time_column) return "";
  const bool is_time = *match.time_column < input.schema.size() &&
                       input.schema[*match.time_column].type.is_timestamp() &&
                       input.watermark_column == match.watermark_column;
  return is_time ? "" : "a match by what is no event time";
}

std::string CheckExpressions(const MatchOp& op, const Schema& input) {
  const MatchDescriptor& match = op.match;
  const Schema values = PatternValueSchema(op, input);
  for (const PatternVariable& variable : match.variables) {
    for (const uint32_t read : variable.reads) {
      if (read >= values.size()) return "a condition that reads no value";
    }
    if (!variable.condition) continue;
    if (*variable.condition >= op.conditions.size()) return "a condition that is not there";
    const ExprPtr& condition = op.conditions[*variable.condition];
    const std::string problem = VerifyPredicate(condition, values);
    if (!problem.empty()) return problem;
    for (const uint32_t column : condition->Columns()) {
      if (std::ranges::find(variable.reads, column) == variable.reads.end()) {
        return "does not know what a condition reads";
      }
    }
    if (variable.may_run_ahead && (condition->fallible() || !match.ReadsRowAlone(variable))) {
      return "runs a condition ahead that must wait";
    }
  }
  for (const AggregateCall& call : op.aggregates) {
    const std::string problem = VerifyCall(call, input);
    if (!problem.empty()) return problem;
    if (call.resolution.retracting) return fmt::format("{} need not take rows back", call.name);
  }
  return "";
}

}  // namespace

std::string VerifyMatch(const MatchOp& op, const LogicalOutput& input,
                        const LogicalOutput& output) {
  const MatchDescriptor& match = op.match;
  if (op.state_id.empty()) return "its state has no id";
  if (input.changelog != ChangelogMode::kAppend) return "a pattern over an updating stream";
  if (match.variables.empty() || match.variables.size() > PatternVariable::kVariablesMax ||
      match.after_variable >= match.variables.size() + match.subsets.size()) {
    return "without variables, or with too many";
  }
  if (match.within_micros < 0 || match.within_micros > kWindowMicrosMax) {
    return "a time that no match can take";
  }
  if (match.rows_before > PatternValue::kOffsetMax) return "keeps too many rows before a match";
  if (match.rows_after > PatternValue::kOffsetMax) return "waits for too many rows";
  if (match.route_late && !match.time_column) return "late rows by processing time";
  std::string problem = CheckProgram(match);
  if (problem.empty()) problem = CheckColumns(op, input);
  if (problem.empty()) problem = CheckExpressions(op, input.schema);
  if (!problem.empty()) return problem;
  const Schema values = PatternValueSchema(op, input.schema);
  Schema expected;
  for (const uint32_t key : match.keys) expected.Add(input.schema[key]);
  for (const uint32_t result : match.results) {
    if (result >= values.size()) return "a result that is no value";
    expected.Add(values[result]);
  }
  const size_t hidden = output.watermark_column ? 1 : 0;
  if (output.schema.size() != expected.size() + hidden) return "not the columns it gives";
  for (size_t i = 0; i < expected.size(); ++i) {
    if (output.schema[i].type != expected[i].type) return "a column of another type";
  }
  return "";
}

}  // namespace flinkc
