#include "compiler/check/event_time.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/plan/rewrite.h"

namespace flinkc::check {

void ReportNoEventTime(Pipe& pipe, SourceSpan span, const std::string& needs) {
  CheckState& state = pipe.state();
  // A key that was mistyped may be its `event_time`.
  if (std::ranges::any_of(state.spec.sources, &SourceSpec::is_invalid)) return;
  Diagnostic& diagnostic =
      state.log.Report(DiagnosticCode::kNoEventTime, span,
                       fmt::format("{} has no event time, {}", pipe.Scope().input_name, needs));
  for (const LogicalOperator& op : state.plan.operators) {
    const SourceOp* source = op.As<SourceOp>();
    if (source == nullptr || !ReadsFrom(state, pipe.view().input, op.id)) continue;
    if (!source->event_time) {
      diagnostic.Also(op.span, fmt::format("source `{}` declares no `event_time`", op.stream));
    } else {
      diagnostic.Also(op.span,
                      fmt::format("its event time `{}` was lost on the way",
                                  source->descriptor.schema[source->event_time->column].name));
    }
  }
  diagnostic.Help(
      "declare it on the source: `event_time: {column: ts, out_of_order: 5s}`, and "
      "keep the column as it is up to the window");
}

void OfferLate(Pipe& pipe, SourceSpan span, LogicalInput late,
               std::optional<uint32_t> visible_before) {
  CheckState& state = pipe.state();
  const std::string& name = pipe.spec().name.value;
  if (!state.IsConsumed(name, "late")) {
    state.log
        .Report(DiagnosticCode::kOutputNotConsumed, span,
                fmt::format("nothing reads `{}.late`: its rows would be lost", name))
        .Help(fmt::format("read it with `from: {}.late`, or write `late: drop`", name));
    return;
  }
  for (const auto& [output, input] : pipe.stream().outputs) {
    if (output != "late") continue;
    state.log
        .Report(DiagnosticCode::kOutputNotConsumed, span,
                "two operators of one stream route late rows")
        .Help("make them two streams");
    return;
  }
  if (visible_before) {
    const LogicalOutput from = state.Output(late);
    std::vector<NamedExpr> columns;
    for (uint32_t i = 0; i < from.schema.size(); ++i) {
      const bool is_computed = i >= *visible_before && from.watermark_column != i;
      if (is_computed) continue;
      columns.push_back({from.schema[i].name, ColumnOf(from.schema, i, pipe.span()), {}});
    }
    LogicalOutput output = ProjectedOutput(from, columns);
    LogicalOperator& project =
        state.Add(ProjectOp{std::move(columns)}, name, pipe.role() + "_late", pipe.span(), {late});
    if (pipe.spec().parallelism) {
      project.parallelism = static_cast<uint32_t>(pipe.spec().parallelism->value);
    }
    project.outputs.push_back(std::move(output));
    late = {project.id, 0};
  }
  pipe.stream().outputs.emplace_back("late", late);
}

}  // namespace flinkc::check
