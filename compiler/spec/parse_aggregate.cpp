// `aggregate:` and its windows.
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "compiler/spec/limits.h"
#include "compiler/spec/quantities.h"
#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

void ParseHop(Field field, WindowSpec& window, SpecReader& reader) {
  MapReader map(reader, field, "hop", "`hop`");
  auto size = reader.ReadDuration(map.Require("size", "size: 10m"), 1);
  auto every = reader.ReadDuration(map.Require("every", "every: 1m"), 1);
  map.Finish();
  if (!size || !every) return;
  window.kind = WindowSpec::Kind::kHop;
  window.size = *size;
  window.every = *every;
}

void ParseCumulate(Field field, WindowSpec& window, SpecReader& reader) {
  MapReader map(reader, field, "cumulate", "`cumulate`");
  auto size = reader.ReadDuration(map.Require("size", "size: 1d"), 1);
  auto step = reader.ReadDuration(map.Require("step", "step: 1h"), 1);
  map.Finish();
  if (!size || !step) return;
  window.kind = WindowSpec::Kind::kCumulate;
  window.size = *size;
  window.every = *step;
  if (size->value.micros % step->value.micros != 0) {
    reader
        .Report(DiagnosticCode::kInvalidValue, step->span,
                fmt::format("the size of a cumulate window, {}, must be a multiple of `step`",
                            PrintDuration(size->value.micros)))
        .Also(size->span, "the size");
  }
}

void ParseSession(Field field, WindowSpec& window, SpecReader& reader) {
  MapReader map(reader, field, "session", "`session`");
  auto gap = reader.ReadDuration(map.Require("gap", "gap: 5m"), 1);
  map.Finish();
  if (!gap) return;
  window.kind = WindowSpec::Kind::kSession;
  window.size = *gap;
  window.every = *gap;
}

std::optional<WindowSpec> ParseWindow(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  size_t before = reader.problems();
  MapReader map(reader, field, "window", "`window`");
  if (!map.is_map()) return std::nullopt;
  WindowSpec window;
  window.span = field.node->span;
  constexpr std::string_view kKinds[] = {"tumble", "hop", "cumulate", "session"};
  std::vector<std::pair<std::string_view, Field>> kinds;
  for (std::string_view kind : kKinds) {
    if (Field value = map.Take(kind)) kinds.emplace_back(kind, value);
  }
  window.offset = reader.ReadDuration(map.Take("offset"), INT64_MIN);
  enum class On : uint8_t { kProcessingTime };
  if (auto on = reader.ReadChoice<On>(map.Take("on"), {{"processing_time", On::kProcessingTime}})) {
    window.processing_time = on->span;
  }
  map.Finish();
  if (kinds.size() > 1) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan(kinds[1].first),
                "a window is one of `tumble`, `hop`, `cumulate` and `session`")
        .Also(map.KeySpan(kinds[0].first), "the other one");
  } else if (kinds.empty()) {
    if (reader.problems() == before) {
      reader
          .Report(DiagnosticCode::kMissingKey,
                  {field.node->span.buffer, field.node->span.begin, field.node->span.begin + 1},
                  "`window` does not say which windows")
          .Help("write `window: {tumble: 1m}` or `window: {hop: {size: 10m, every: 1m}}`");
    }
  } else if (kinds[0].first == "tumble") {
    if (auto size = reader.ReadDuration(kinds[0].second, 1)) {
      window.size = *size;
      window.every = *size;
    }
  } else if (kinds[0].first == "hop") {
    ParseHop(kinds[0].second, window, reader);
  } else if (kinds[0].first == "cumulate") {
    ParseCumulate(kinds[0].second, window, reader);
  } else {
    ParseSession(kinds[0].second, window, reader);
    if (window.offset) {
      reader
          .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("offset"),
                  "`offset` has no meaning with `session`")
          .Also(map.KeySpan("session"), "a session begins with its first row")
          .Help("remove `offset`");
    }
  }
  if (reader.problems() != before) return std::nullopt;
  return window;
}

constexpr std::string_view kEvery = "every ";

void ParseEmit(Field field, AggregateSpec& aggregate, SpecReader& reader) {
  const std::optional<SourceText> text = reader.ReadText(field);
  if (!text) return;
  if (!text->value.starts_with(kEvery)) {
    aggregate.emit = reader.ReadChoice<EmitMode>(field, {{"close", EmitMode::kClose},
                                                         {"update", EmitMode::kUpdate},
                                                         {"end", EmitMode::kEnd},
                                                         {"every 5s", EmitMode::kEvery}});
    return;
  }
  const auto micros = ParseDuration(std::string_view(text->value).substr(kEvery.size()));
  if (!micros) {
    reader
        .Report(
            DiagnosticCode::kInvalidQuantity,
            text->SpanOf(kEvery.size() + micros.error().begin, kEvery.size() + micros.error().end),
            fmt::format("`{}` does not say how often", text->value))
        .Label(micros.error().message);
    return;
  }
  if (*micros < 1'000 || *micros > kMaxDurationMicros) {
    reader.Report(DiagnosticCode::kInvalidValue, field.node->span,
                  fmt::format("`emit` can be every {} to every {}", PrintDuration(1'000),
                              PrintDuration(kMaxDurationMicros)));
    return;
  }
  aggregate.emit = Located<EmitMode>{EmitMode::kEvery, field.node->span};
  aggregate.emit_every = {*micros};
}

// `emit` and a window, or none.
void CheckEmit(const AggregateSpec& aggregate, SpecReader& reader) {
  if (!aggregate.emit) return;
  const EmitMode mode = aggregate.emit->value;
  if (aggregate.window && mode == EmitMode::kEnd) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, aggregate.emit->span,
                "`emit: end` has no meaning with a `window`")
        .Also(aggregate.window->span, "a window emits when it is over")
        .Help("remove `emit`");
  } else if (!aggregate.window && (mode == EmitMode::kClose || mode == EmitMode::kEvery)) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, aggregate.emit->span,
                fmt::format("`emit: {}` has no meaning without a `window`",
                            mode == EmitMode::kClose ? "close" : "every …"))
        .Help("without a window results leave with each change, or with `emit: end` at the end");
  }
}

// What makes sense only with windows, or only without.
void CheckTogether(const AggregateSpec& aggregate, const MapReader& map, SpecReader& reader) {
  for (std::string_view key : {"lateness", "late"}) {
    SourceSpan span = map.KeySpan(key);
    if (!span.is_valid() || aggregate.window) continue;
    reader
        .Report(DiagnosticCode::kConflictingKeys, span,
                fmt::format("`{}` has no meaning without a `window`", key))
        .Help("without a window no row is late");
  }
  const bool at_end = aggregate.emit && aggregate.emit->value == EmitMode::kEnd;
  if (aggregate.state_ttl && (aggregate.window || at_end)) {
    Diagnostic& diagnostic =
        reader.Report(DiagnosticCode::kConflictingKeys, map.KeySpan("state"),
                      fmt::format("`state: {{ttl: …}}` has no meaning with {}",
                                  aggregate.window ? "a `window`" : "`emit: end`"));
    if (aggregate.window) {
      diagnostic.Also(aggregate.window->span, "a window forgets its groups when it is over");
    } else {
      diagnostic.Also(aggregate.emit->span, "the groups are kept until they are given");
    }
    diagnostic.Help("remove `state`");
  }
  CheckEmit(aggregate, reader);
}

}  // namespace

std::optional<AggregateSpec> ParseAggregate(Field field, SpecReader& reader) {
  size_t before = reader.problems();
  MapReader map(reader, field, "aggregate", "`aggregate`");
  if (!map.is_map()) return std::nullopt;
  AggregateSpec aggregate;
  aggregate.window = ParseWindow(map.Take("window"), reader);
  // `by: []` is one group of all rows, and so is no `by`.
  Field by = map.Take("by");
  bool is_empty_list = by && by.node->kind == YamlNode::Kind::kList && by.node->items.empty();
  if (by && !is_empty_list) aggregate.by = ParseNamedExpressions(by, true, reader);
  if (Field compute = map.Take("compute")) {
    aggregate.compute = ParseNamedExpressions(compute, false, reader);
  } else if (!by && reader.problems() == before) {
    reader.Report(DiagnosticCode::kMissingKey, field.node->span, "`aggregate` computes nothing")
        .Help(
            "write what to compute, as in `compute: {n: count(*)}`, or `by:` for the distinct "
            "keys");
  }
  aggregate.having = reader.ReadExpression(map.Take("having"));
  aggregate.lateness = reader.ReadDuration(map.Take("lateness"), 0);
  aggregate.late = reader.ReadChoice<LateRows>(
      map.Take("late"),
      {{"drop", LateRows::kDrop}, {"route", LateRows::kRoute}, {"update", LateRows::kUpdate}});
  if (Field emit = map.Take("emit")) ParseEmit(emit, aggregate, reader);
  aggregate.state_ttl = ParseStateTtl(map.Take("state"), "aggregate state", reader);
  map.Finish();
  if (reader.problems() == before) CheckTogether(aggregate, map, reader);
  if (reader.problems() != before) return std::nullopt;
  return aggregate;
}

}  // namespace flinkc
