#include "compiler/check/pipe.h"

#include <fmt/format.h>

#include "compiler/check/fallibility.h"
#include "compiler/plan/rewrite.h"

namespace flinkc::check {

Pipe::Pipe(CheckState& state, const StreamSpec& spec)
    : state_(state), spec_(spec), policy_(state.PolicyOf(spec.on_error)) {}

void Pipe::Start(LogicalInput input, std::string input_name, SourceSpan input_span) {
  InputView view = MakeView(state_, input);
  if (view.visible != view_.visible) qualified_.clear();
  view_ = std::move(view);
  input_name_ = std::move(input_name);
  input_span_ = input_span;
}

void Pipe::StartJoined(LogicalInput input, std::string input_name, SourceSpan input_span,
                       std::vector<QualifiedColumns> qualified) {
  Start(input, std::move(input_name), input_span);
  qualified_ = std::move(qualified);
}

void Pipe::StartJoining(InputView view, std::string input_name, SourceSpan input_span,
                        std::vector<QualifiedColumns> qualified) {
  view_ = std::move(view);
  input_name_ = std::move(input_name);
  input_span_ = input_span;
  qualified_ = std::move(qualified);
}

ExpressionScope Pipe::Scope() const {
  ExpressionScope scope = MakeScope(state_, view_.visible, input_name_, input_span_);
  if (!qualified_.empty()) scope.qualified = &qualified_;
  return scope;
}

void Pipe::StartOperator(const std::string& keyword, SourceSpan span) {
  ++role_counts_[keyword];
  role_ = keyword;
  span_ = span;
}

void Pipe::StartOperator(const OperatorSpec& op) {
  int count = ++role_counts_[op.keyword.value];
  role_ = op.id        ? op.id->value
          : count == 1 ? op.keyword.value
                       : fmt::format("{}_{}", op.keyword.value, count);
  span_ = op.span.is_valid() ? op.span : op.keyword.span;
}

std::string Pipe::StateId(const OperatorSpec& op) const {
  const std::string& prefix = spec_.id ? spec_.id->value : spec_.name.value;
  return prefix + "/" + (op.id ? op.id->value : op.keyword.value);
}

Pipe::Guarded Pipe::Guard(const ExprPtr& expr, const std::optional<Located<OnError>>& own) {
  return GuardInPlace(RemapColumns(expr, view_.actual), own);
}

Pipe::Guarded Pipe::GuardInPlace(ExprPtr expr, const std::optional<Located<OnError>>& own) {
  Guarded guarded{expr, std::nullopt};
  if (!expr->fallible()) return guarded;
  can_fail_ = true;
  stream().can_fail = true;
  ErrorMode mode = own ? ToErrorMode(own->value) : policy_.mode;
  if (state_.context.strict && !own && !policy_.is_chosen()) ReportUnchosen(state_, *expr);
  if (mode == ErrorMode::kNull) {
    guarded.expr =
        Expr::Special(ExprKind::kTry, expr->type().Nullable(), {guarded.expr}, expr->span());
    return guarded;
  }
  if (mode == ErrorMode::kRoute) routes_errors_ = true;
  if (mode != policy_.mode) guarded.on_error = mode;
  return guarded;
}

void Pipe::GuardCalls(std::vector<AggregateCall>* calls) {
  for (AggregateCall& call : *calls) {
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      ExprPtr& argument = call.arguments[i];
      argument = GuardOwn(argument);
      // NULL where it fails.
      if (!argument->type().nullable()) continue;
      call.resolution.parameters[i] = call.resolution.parameters[i].Nullable();
      call.resolution.resolved_from[i].type = call.resolution.resolved_from[i].type.Nullable();
    }
    if (call.filter != nullptr) call.filter = GuardOwn(call.filter);
    if (call.resolution.fallible) MayFail(call.span);
  }
}

void Pipe::MayFail(SourceSpan span) {
  can_fail_ = true;
  stream().can_fail = true;
  if (policy_.mode == ErrorMode::kRoute) routes_errors_ = true;
}

LogicalOperator& Pipe::Append(OperatorVariant op, const std::string& role,
                              std::vector<LogicalOutput> outputs) {
  LogicalOperator& added = state_.Add(std::move(op), spec_.name.value, role, span_, {view_.input});
  added.outputs = std::move(outputs);
  if (spec_.parallelism) added.parallelism = static_cast<uint32_t>(spec_.parallelism->value);
  if (can_fail_) added.on_error = policy_.mode;
  if (routes_errors_) {
    AddErrorsOutput(state_, added, stream());
    if (!added.errors_output) stream().misses_errors = true;
  }
  can_fail_ = false;
  routes_errors_ = false;
  return added;
}

LogicalOperator& Pipe::AppendAndFollow(OperatorVariant op, const std::string& role,
                                       LogicalOutput output) {
  LogicalOperator& added = Append(std::move(op), role, {std::move(output)});
  Start({added.id, 0}, fmt::format("stream `{}`", spec_.name.value), span_);
  return added;
}

void Pipe::Project(std::vector<NamedExpr> columns, const std::string& role) {
  const LogicalOutput input = current();
  if (input.watermark_column) {
    uint32_t hidden = *input.watermark_column;
    columns.push_back({kWatermarkColumn, ColumnOf(input.schema, hidden, span_), std::nullopt});
  }
  LogicalOutput output = ProjectedOutput(input, columns);
  AppendAndFollow(ProjectOp{std::move(columns)}, role, std::move(output));
}

ExprPtr ColumnOf(const Schema& schema, uint32_t index, SourceSpan span) {
  return Expr::Column(index, schema[index].name, schema[index].type, span);
}

}  // namespace flinkc::check
