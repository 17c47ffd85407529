// What expressions of `match` mean: conditions of a pattern's variables, and measures. They read
// rows by the variables that these were matched to: `UP.price` of the last row of UP, FIRST and
// LAST of any other one, aggregates of all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/expression/expression_checker.h"
#include "runtime/graph/match_descriptor.h"

namespace flinkc {

struct PatternScope {
  const ExpressionScope* input = nullptr;
  // The variables of the pattern, then the subsets.
  std::vector<std::string> variables;
  std::vector<std::vector<uint32_t>> subsets;  // the variables of each
  // The variable whose condition is read, which has the row that is asked for; nothing: a measure.
  std::optional<uint32_t> defined;
  // By variable and subset: each match has a row of it.
  std::vector<bool> is_in_each_match;
  // Column of event time, for MATCH_ROWTIME().
  std::optional<uint32_t> time_column;

  // Whether the row that a condition is asked for is one of `variable`, which may be a subset.
  bool IsAsked(uint32_t variable) const;
};

// The values that expressions of one `match` read, each once: column i is values[i]. Columns of the
// input are those of PatternScope::input.
struct PatternReads {
  std::vector<PatternValue> values;
  std::vector<AggregateCall> calls;  // by PatternValue::column
};

// A condition (BOOLEAN) or a measure. Its columns are PatternReads::values, to which it adds.
ExprPtr CheckPatternCondition(const SourceText& text, const PatternScope& scope,
                              PatternReads& reads, DiagnosticLog& log);
ExprPtr CheckPatternMeasure(const SourceText& text, const PatternScope& scope, PatternReads& reads,
                            DiagnosticLog& log);

// "LAST(UP.price, 1)"; the type. Columns of `value` are those of `input`.
std::string ValueText(const PatternValue& value, const Schema& input,
                      const std::vector<std::string>& variables,
                      const std::vector<AggregateCall>& calls);
DataType ValueType(const PatternValue& value, const Schema& input,
                   const std::vector<AggregateCall>& calls);

}  // namespace flinkc
