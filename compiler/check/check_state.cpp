#include "compiler/check/check_state.h"

#include "runtime/base/check.h"

namespace flinkc::check {

ErrorMode ToErrorMode(OnError on_error) {
  switch (on_error) {
    case OnError::kFail:
      return ErrorMode::kFail;
    case OnError::kDrop:
      return ErrorMode::kDrop;
    case OnError::kNull:
      return ErrorMode::kNull;
    case OnError::kRoute:
      return ErrorMode::kRoute;
  }
  CHECK(false);
}

LogicalOperator& CheckState::Add(OperatorVariant op, std::string_view stream, std::string_view role,
                                 SourceSpan span, std::vector<LogicalInput> inputs) {
  LogicalOperator added;
  added.id = OperatorId(next_id++);
  added.stream = stream;
  added.role = role;
  added.span = span;
  added.op = std::move(op);
  added.inputs = std::move(inputs);
  return plan.operators.emplace_back(std::move(added));
}

const LogicalOutput& CheckState::Output(LogicalInput input) const {
  // Ids are given in the order of the operators, and none is removed while checking.
  return plan.operators[input.op.value()].outputs[input.output];
}

ErrorPolicy CheckState::PolicyOf(const std::optional<Located<OnError>>& own) const {
  const std::optional<Located<OnError>>& chosen = own ? own : spec.job.on_error;
  if (!chosen) return {};
  return {ToErrorMode(chosen->value), chosen->span};
}

InputView MakeView(const CheckState& state, LogicalInput input) {
  const LogicalOutput& output = state.Output(input);
  InputView view{input, {}, {}};
  for (uint32_t i = 0; i < output.schema.size(); ++i) {
    if (output.watermark_column == i) continue;
    view.visible.Add(output.schema[i]);
    view.actual.push_back(i);
  }
  return view;
}

ExpressionScope MakeScope(const CheckState& state, const Schema& columns, std::string input_name,
                          SourceSpan input_span) {
  ExpressionScope scope;
  scope.registry = state.context.registry;
  scope.columns = &columns;
  scope.input_name = std::move(input_name);
  scope.input_span = input_span;
  scope.parameters = &state.parameters;
  scope.macros = &state.macros;
  scope.evaluator = state.context.evaluator;
  return scope;
}

bool ReadsFrom(const CheckState& state, LogicalInput input, OperatorId from) {
  std::set<OperatorId> seen;
  std::vector<OperatorId> open = {input.op};
  while (!open.empty()) {
    const OperatorId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    if (id == from) return true;
    for (const LogicalInput& next : state.plan.operators[id.value()].inputs)
      open.push_back(next.op);
  }
  return false;
}

bool IsBounded(const CheckState& state, LogicalInput input) {
  for (const LogicalOperator& op : state.plan.operators) {
    const SourceOp* source = op.As<SourceOp>();
    if (source == nullptr || source->descriptor.bounded) continue;
    if (ReadsFrom(state, input, op.id)) return false;
  }
  return true;
}

void AddErrorsOutput(CheckState& state, LogicalOperator& op, CheckedStream& stream) {
  if (!state.IsConsumed(op.stream, "errors")) return;
  op.errors_output = static_cast<uint32_t>(op.outputs.size());
  LogicalOutput errors;
  errors.name = "errors";
  errors.schema = ErrorSchema();
  op.outputs.push_back(std::move(errors));
  stream.errors.push_back({op.id, *op.errors_output});
}

std::string QuotedList(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += "`" + names[i] + "`";
  }
  return text;
}

}  // namespace flinkc::check
