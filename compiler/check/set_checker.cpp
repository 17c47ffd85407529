#include "compiler/check/set_checker.h"

#include <fmt/format.h>

#include "compiler/check/union_checker.h"
#include "runtime/base/check.h"

namespace flinkc::check {

namespace {

SetOperation OperationOf(SetKind kind) {
  switch (kind) {
    case SetKind::kIntersect:
      return SetOperation::kIntersect;
    case SetKind::kIntersectAll:
      return SetOperation::kIntersectAll;
    case SetKind::kExcept:
      return SetOperation::kExcept;
    case SetKind::kExceptAll:
      return SetOperation::kExceptAll;
  }
  CHECK(false);
}

// count(*) FILTER (WHERE the row comes from this stream)
AggregateCall CountOf(const CheckState& state, const Schema& rows, uint32_t tag, SourceSpan span) {
  const AggregateRecord* record = state.context.registry->FindAggregate("count");
  CHECK(record != nullptr);
  AggregateCall call;
  call.name = record->name;
  auto resolution = record->overloads[0].resolve({});
  CHECK(resolution.has_value());
  call.resolution = *std::move(resolution);
  call.filter = Expr::Column(tag, rows[tag].name, rows[tag].type, span);
  call.span = span;
  return call;
}

}  // namespace

std::optional<LogicalInput> CheckSet(CheckState& state, const StreamSpec& spec,
                                     const std::vector<LogicalInput>& inputs) {
  const std::optional<LogicalInput> rows = CheckTaggedUnion(state, spec, inputs);
  if (!rows) return std::nullopt;
  const Schema schema = state.Output(*rows).schema;
  const auto columns = static_cast<uint32_t>(schema.size() - inputs.size());
  const SourceSpan span = spec.set->span;
  AggregateOp set;
  LogicalOutput output;
  set.set = OperationOf(spec.set->value);
  const bool is_once = *set.set == SetOperation::kIntersect || *set.set == SetOperation::kExcept;
  for (uint32_t column = 0; column < columns; ++column) {
    set.keys.push_back(column);
    output.schema.Add(schema[column]);
    if (is_once) output.unique_key.push_back(column);
  }
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    set.calls.push_back(CountOf(state, schema, columns + i, span));
  }
  const CheckContext& context = state.context;
  const bool at_end = context.config->runtime_mode == RuntimeMode::kBatch;
  set.emit = at_end ? EmitStrategy::kAtEnd : EmitStrategy::kChangelog;
  if (!at_end) set.state_ttl_micros = context.config->state_ttl_micros;
  set.state_id = fmt::format("{}/{}", spec.id ? spec.id->value : spec.name.value, kSetRole);
  if (!IsBounded(state, *rows) && set.state_ttl_micros == 0) {
    state.log
        .Report(DiagnosticCode::kUnboundedState, span,
                fmt::format("the state of `{}` grows for ever: it keeps every different row, and "
                            "its input never ends",
                            set.state_id))
        .Help("`job: {state: {ttl: 1d}}` forgets rows that did not come again for a day");
  }
  LogicalOperator& added = state.Add(std::move(set), spec.name.value, kSetRole, span, {*rows});
  if (spec.parallelism) added.parallelism = static_cast<uint32_t>(spec.parallelism->value);
  added.outputs.push_back(std::move(output));
  return LogicalInput{added.id, 0};
}

}  // namespace flinkc::check
