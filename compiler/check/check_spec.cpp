#include "compiler/check/check_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/check/changelog_checker.h"
#include "compiler/check/check_state.h"
#include "compiler/check/declarations.h"
#include "compiler/check/sink_checker.h"
#include "compiler/check/source_checker.h"
#include "compiler/check/stream_checker.h"
#include "compiler/check/stream_graph.h"
#include "compiler/plan/rewrite.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace check {
namespace {

void TakeSettings(CheckState& state) {
  const JobConfig& config = *state.context.config;
  state.plan.job_name = config.name;
  state.plan.parallelism = static_cast<uint32_t>(config.parallelism);
  state.plan.max_parallelism = static_cast<uint32_t>(config.max_parallelism);
  state.plan.time_zone = config.time_zone;
  for (const JobConfigEntry& entry : config.entries) {
    state.plan.config[std::string(entry.name)] = {entry.value, entry.OriginText()};
  }
}

// What is worked out in local time would silently be UTC's.
void CheckTimeZone(CheckState& state) {
  const std::string& name = state.plan.time_zone;
  if (state.context.registry->IsTimeZone(name)) return;
  SourceSpan span;
  for (const JobConfigEntry& entry : state.context.config->entries) {
    if (entry.name == "table.local-time-zone") span = entry.span;
  }
  std::string_view where = span.is_valid() ? "" : " (from -D)";
  state.log
      .Report(DiagnosticCode::kInvalidValue, span,
              fmt::format("there is no time zone `{}`{}", name, where))
      .Help("a name of the IANA database such as Europe/Vienna, UTC, or an offset such as +02:00");
}

// Error rows that are to leave by `.errors` must be read by somebody.
void CheckErrorsConsumed(CheckState& state) {
  for (const auto& [name, stream] : state.streams) {
    if (!stream.misses_errors || stream.is_invalid) continue;
    SourceSpan span =
        stream.errors_policy.is_chosen() && stream.errors_policy.mode == ErrorMode::kRoute
            ? stream.errors_policy.span
            : stream.span;
    Diagnostic& diagnostic =
        state.log.Report(DiagnosticCode::kOutputNotConsumed, span,
                         fmt::format("nothing reads `{}.errors`: its rows would be lost", name));
    diagnostic.Also(stream.span, "whose rows can fail");
    diagnostic.Help(
        fmt::format("read it with `from: {}.errors`, or choose `on_error: drop`", name));
  }
}

// `on_error` where nothing can fail: what was meant cannot happen.
void WarnOfIdleOnError(CheckState& state) {
  auto warn = [&](const std::optional<Located<OnError>>& on_error, const SpecName& name) {
    auto found = state.streams.find(name.value);
    if (!on_error || found == state.streams.end() || found->second.is_invalid) return;
    if (found->second.can_fail) return;
    state.log.Report(
        DiagnosticCode::kOnErrorWithoutEffect, on_error->span,
        fmt::format("this `on_error` has no effect: nothing in `{}` can fail", name.value));
  };
  for (const SourceSpec& source : state.spec.sources) warn(source.on_error, source.name);
  for (const StreamSpec& stream : state.spec.streams) warn(stream.on_error, stream.name);
}

void CheckBatch(CheckState& state) {
  if (state.context.config->runtime_mode != RuntimeMode::kBatch) return;
  for (const LogicalOperator& op : state.plan.operators) {
    const SourceOp* source = op.As<SourceOp>();
    if (source == nullptr || source->descriptor.bounded) continue;
    state.log.Report(DiagnosticCode::kEmitEndUnbounded, op.span,
                     fmt::format("source `{}` never ends, which `execution.runtime-mode: BATCH` "
                                 "does not allow",
                                 op.stream));
  }
}

// What of the spec those can look at who look at the job while it runs: its sources and streams
// with all their outputs, the steps within a pipe, and what goes to its sinks.
void NameStreams(CheckState& state) {
  LogicalPlan& plan = state.plan;
  std::set<OperatorId> present;
  for (const LogicalOperator& op : plan.operators) present.insert(op.id);
  const auto add = [&](std::string name, LogicalInput at) {
    if (present.contains(at.op)) plan.streams.push_back({std::move(name), at});
  };
  for (const auto& [name, stream] : state.streams) {
    for (const auto& [output, at] : stream.outputs) {
      add(output.empty() ? name : name + "." + output, at);
    }
    for (const LogicalInput& errors : stream.errors) add(name + ".errors", errors);
  }
  for (const LogicalOperator& op : plan.operators) {
    if (op.As<SinkOp>() != nullptr) {
      if (!state.streams.contains(op.stream)) add(op.stream, op.inputs[0]);
      continue;
    }
    const LogicalInput main{op.id, 0};
    const bool is_step =
        op.outputs[0].name.empty() && state.streams.contains(op.stream) &&
        std::ranges::find(plan.streams, main, &NamedStream::at) == plan.streams.end();
    if (is_step) add(op.Path(), main);
  }
}

}  // namespace
}  // namespace check

std::optional<LogicalPlan> CheckSpec(const JobSpec& spec, const CheckContext& context,
                                     DiagnosticLog& log) {
  using namespace check;
  CheckState state{spec, context, log};
  TakeSettings(state);
  CheckTimeZone(state);
  CheckDeclarations(state);
  std::vector<const StreamSpec*> streams = OrderStreams(state);
  for (const SourceSpec& source : spec.sources) CheckSource(state, source);
  for (const StreamSpec* stream : streams) CheckStream(state, *stream);
  std::vector<CheckedSink> sinks;
  for (const SinkSpec& sink : spec.sinks) {
    if (std::optional<CheckedSink> checked = CheckSink(state, sink)) sinks.push_back(*checked);
  }
  CheckErrorsConsumed(state);
  CheckBatch(state);
  CheckChangelog(state, sinks);
  WarnOfIdleOnError(state);
  if (log.has_errors()) return std::nullopt;
  // After an error it may only seem that nothing reads a stream.
  WarnOfUnused(state);
  RemoveUnused(state.plan);
  NameStreams(state);
  if (std::string problem = Verify(state.plan); !problem.empty()) {
    log.Report(DiagnosticCode::kInvalidPlan, {},
               fmt::format("the checked plan is not valid: {}", problem))
        .Help("this is a mistake in flinkc, not in the spec; please report it");
    return std::nullopt;
  }
  return std::move(state.plan);
}

}  // namespace flinkc
