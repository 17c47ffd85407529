// What the parts of the checker share while one spec is checked.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/check/check_spec.h"
#include "compiler/expression/expression_checker.h"

namespace flinkc::check {

// The error mode that holds at some place, and who chose it.
struct ErrorPolicy {
  ErrorMode mode = ErrorMode::kFail;
  // The `on_error` that says so; not valid where nobody chose.
  SourceSpan span;

  bool is_chosen() const { return span.is_valid(); }
};

ErrorMode ToErrorMode(OnError on_error);

// A source or stream after it was checked: what others can read of it.
struct CheckedStream {
  // Something about it was reported; reading it reports nothing more.
  bool is_invalid = false;
  bool is_source = false;
  SourceSpan span;  // of its name
  // "" main, "late", branches.
  std::vector<std::pair<std::string, LogicalInput>> outputs;
  std::vector<LogicalInput> errors;
  // Why there is no `.errors` or `.late`, said where one reads it.
  ErrorPolicy errors_policy;
  bool can_fail = false;
  bool has_window = false;
  bool has_join = false;
  // Some error rows are to leave by `.errors`, but nothing reads it.
  bool misses_errors = false;
};

struct CheckState {
  const JobSpec& spec;
  const CheckContext& context;
  DiagnosticLog& log;

  LogicalPlan plan;
  uint32_t next_id = 0;
  std::map<std::string, Schema> types;
  std::set<std::string> invalid_types;
  std::map<std::string, ParameterValue> parameters;
  std::map<std::string, FunctionMacro> macros;
  // "stream", "output" that something reads.
  std::set<std::pair<std::string, std::string>> consumed;
  std::map<std::string, CheckedStream> streams;

  // Appends an operator without outputs.
  LogicalOperator& Add(OperatorVariant op, std::string_view stream, std::string_view role,
                       SourceSpan span, std::vector<LogicalInput> inputs);
  const LogicalOutput& Output(LogicalInput input) const;
  bool IsConsumed(const std::string& stream, const std::string& output) const {
    return consumed.contains({stream, output});
  }
  ErrorPolicy PolicyOf(const std::optional<Located<OnError>>& own) const;
};

// The columns that a user sees of an output: all but the hidden watermark.
struct InputView {
  LogicalInput input;
  Schema visible;
  // By visible column: its index in the output's schema.
  std::vector<uint32_t> actual;
};
InputView MakeView(const CheckState& state, LogicalInput input);

// The scope of expressions over `columns`, which must outlive it.
ExpressionScope MakeScope(const CheckState& state, const Schema& columns, std::string input_name,
                          SourceSpan input_span);

// Whether the rows of `input` come from operator `from`.
bool ReadsFrom(const CheckState& state, LogicalInput input, OperatorId from);
// Whether all sources that the rows of `input` come from end by themselves.
bool IsBounded(const CheckState& state, LogicalInput input);

// Adds the output of error rows if `stream`.errors is read and some of the operator's rows may
// leave that way. Call it when the operator has all its other outputs.
void AddErrorsOutput(CheckState& state, LogicalOperator& op, CheckedStream& stream);

// "a, b and c" of names in backticks.
std::string QuotedList(const std::vector<std::string>& names);

}  // namespace flinkc::check
