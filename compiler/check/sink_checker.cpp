#include "compiler/check/sink_checker.h"

#include <fmt/format.h>

#include "compiler/check/options.h"
#include "compiler/check/pipe.h"
#include "compiler/check/stream_graph.h"
#include "compiler/plan/rewrite.h"

namespace flinkc::check {

namespace {

bool CheckDelivery(CheckState& state, const SinkSpec& spec, const SinkRecord& record) {
  if (!spec.delivery || spec.delivery->value != Delivery::kExactlyOnce || record.transactional) {
    return true;
  }
  state.log
      .Report(DiagnosticCode::kDeliveryNotPossible, spec.delivery->span,
              fmt::format("sink `{}` cannot deliver exactly once: connector `{}` is not "
                          "transactional",
                          spec.name.value, spec.connector.value))
      .Help("leave `delivery` out, or use a transactional connector such as `file`");
  return false;
}

// What can fail for one row has failed before it comes to a sink: formats write every value of the
// types that they take, and a device that fails ends the job.
void WarnOfOnError(CheckState& state, const SinkSpec& spec) {
  state.log
      .Report(DiagnosticCode::kOnErrorWithoutEffect, spec.on_error->span,
              fmt::format("this `on_error` has no effect: no row can fail in sink `{}`",
                          spec.name.value))
      .Help(fmt::format("put it on the source or stream whose rows can fail, before `{}`",
                        spec.from.text.value));
}

bool CheckKey(CheckState& state, const SinkSpec& spec, const Schema& columns) {
  bool valid = true;
  for (const SpecName& name : spec.key) {
    if (columns.IndexOf(name.value)) continue;
    std::vector<std::string_view> names;
    for (const Field& field : columns) names.push_back(field.name);
    state.log
        .Report(DiagnosticCode::kUnknownColumn, name.span,
                fmt::format("unknown column `{}` in `{}`", name.value, spec.from.text.value))
        .Label(SuggestText(name.value, names));
    valid = false;
  }
  return valid;
}

// The columns that the user sees; the hidden watermark ends here.
LogicalInput HideWatermark(CheckState& state, const SinkSpec& spec, LogicalInput input) {
  const LogicalOutput from = state.Output(input);
  if (!from.watermark_column) return input;
  std::vector<NamedExpr> columns;
  for (uint32_t i = 0; i < from.schema.size(); ++i) {
    if (i == *from.watermark_column) continue;
    columns.push_back({from.schema[i].name, ColumnOf(from.schema, i, spec.from.text.span), {}});
  }
  LogicalOutput output = ProjectedOutput(from, columns);
  LogicalOperator& project =
      state.Add(ProjectOp{std::move(columns)}, spec.name.value, "columns", spec.name.span, {input});
  project.outputs.push_back(std::move(output));
  return {project.id, 0};
}

}  // namespace

std::optional<CheckedSink> CheckSink(CheckState& state, const SinkSpec& spec) {
  std::optional<LogicalInput> input = ResolveReference(state, spec.from);
  const ConnectorRecord* connector =
      spec.connector_is_invalid ? nullptr : FindConnector(state, spec.connector, false);
  if (spec.on_error) WarnOfOnError(state, spec);
  if (connector == nullptr) return std::nullopt;
  const SinkRecord& record = connector->sink;
  std::string owner = fmt::format("connector `{}`", connector->name);
  CheckedOptions options;
  // What is absent may stand there under a mistyped key.
  if (!spec.is_invalid || !spec.options.empty()) {
    options = CheckOptionEntries(state, owner, record.options, spec.options, spec.connector.span);
  }
  CheckedFormat format;
  if (!spec.is_invalid || spec.format) {
    format = CheckFormat(state, spec.connector, record.format, spec.format, false);
  }
  bool valid = CheckDelivery(state, spec, record) && options.valid && format.valid;
  if (!valid || !input || spec.is_invalid) return std::nullopt;

  SinkOp sink;
  sink.descriptor.name = spec.name.value;
  sink.descriptor.connector = connector->name;
  sink.descriptor.options = std::move(options.options);
  if (format.record != nullptr) {
    sink.descriptor.format = format.record->name;
    sink.descriptor.format_options = std::move(format.options);
  }
  sink.exactly_once =
      record.transactional && (!spec.delivery || spec.delivery->value == Delivery::kExactlyOnce);
  const Schema columns = MakeView(state, *input).visible;
  valid = CheckKey(state, spec, columns);
  if (format.record != nullptr) {
    valid = CheckFormatTypes(state, *format.record, columns, spec.from.text.span) && valid;
  }
  if (valid && record.validate != nullptr) {
    OptionProblems problems;
    record.validate(sink.descriptor, columns, &problems);
    valid = ReportOptionProblems(state, problems, owner, record.options, spec.options,
                                 spec.connector.span);
  }
  if (!valid) return std::nullopt;
  LogicalOperator& op = state.Add(std::move(sink), spec.name.value, "", spec.name.span,
                                  {HideWatermark(state, spec, *input)});
  return CheckedSink{&spec, op.id, record.accepts_updates, record.wants_old_rows};
}

}  // namespace flinkc::check
