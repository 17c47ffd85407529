// The pipe of one stream while it is checked: where its rows are now, and how operators are
// appended to it.
#pragma once

#include <optional>
#include <string>

#include "compiler/check/check_state.h"

namespace flinkc::check {

class Pipe {
 public:
  Pipe(CheckState& state, const StreamSpec& spec);

  CheckState& state() { return state_; }
  const StreamSpec& spec() const { return spec_; }
  CheckedStream& stream() { return state_.streams[spec_.name.value]; }
  const ErrorPolicy& policy() const { return policy_; }

  // Where the rows are: the output that the next operator reads.
  void Start(LogicalInput input, std::string input_name, SourceSpan input_span);
  const InputView& view() const { return view_; }
  const LogicalOutput& current() const { return state_.Output(view_.input); }
  // Where the rows of a join are, and what its inputs' names mean; until columns change.
  void StartJoined(LogicalInput input, std::string input_name, SourceSpan input_span,
                   std::vector<QualifiedColumns> qualified);
  // Rows that do not exist yet: those of a join while its condition is checked.
  void StartJoining(InputView view, std::string input_name, SourceSpan input_span,
                    std::vector<QualifiedColumns> qualified);
  // Whether `o.x` of a join's input means something.
  bool has_qualified_names() const { return !qualified_.empty(); }
  // Nothing follows: the rows left by named outputs.
  void End() { ended_ = true; }
  bool has_ended() const { return ended_; }
  // The scope of expressions over the visible columns; for as long as view() stays.
  ExpressionScope Scope() const;

  void StartOperator(const std::string& keyword, SourceSpan span);
  // The role of the operator that is checked: "filter", the second one "filter_2"; its `id` if it
  // has one.
  void StartOperator(const OperatorSpec& op);
  const std::string& role() const { return role_; }
  // The id of the operator's state: "per_minute/aggregate".
  std::string StateId(const OperatorSpec& op) const;
  SourceSpan span() const { return span_; }

  // `expr` (over visible columns) over the columns of the input, and with on_error: null made a
  // TRY. Tells the error mode that holds for it; nullopt: the stream's own.
  struct Guarded {
    ExprPtr expr;
    std::optional<ErrorMode> on_error;
  };
  Guarded Guard(const ExprPtr& expr, const std::optional<Located<OnError>>& own);
  // Guard with the stream's own mode.
  ExprPtr GuardOwn(const ExprPtr& expr) { return Guard(expr, std::nullopt).expr; }
  // The same, but that `expr` stays over the columns that it is over.
  Guarded GuardInPlace(ExprPtr expr, const std::optional<Located<OnError>>& own);
  // Guards the arguments and filters of aggregates, which are over visible columns.
  void GuardCalls(std::vector<AggregateCall>* calls);
  // What is not an expression can fail as well (an accumulator that overflows).
  void MayFail(SourceSpan span);

  // Appends an operator that reads the current rows; `outputs` are those that carry rows. Error
  // rows get their output if an expression that was guarded since the last Append may give one.
  LogicalOperator& Append(OperatorVariant op, const std::string& role,
                          std::vector<LogicalOutput> outputs);
  // Append, then go on with its first output.
  LogicalOperator& AppendAndFollow(OperatorVariant op, const std::string& role,
                                   LogicalOutput output);
  // Projects to `columns`, over the input's columns, and keeps the hidden watermark behind them.
  void Project(std::vector<NamedExpr> columns, const std::string& role);

 private:
  CheckState& state_;
  const StreamSpec& spec_;
  const ErrorPolicy policy_;
  InputView view_;
  std::string input_name_;
  SourceSpan input_span_;
  std::vector<QualifiedColumns> qualified_;
  bool ended_ = false;
  std::string role_;
  SourceSpan span_;
  std::map<std::string, int> role_counts_;
  bool can_fail_ = false;
  bool routes_errors_ = false;
};

// A reference to column `index` of `schema`.
ExprPtr ColumnOf(const Schema& schema, uint32_t index, SourceSpan span);

}  // namespace flinkc::check
