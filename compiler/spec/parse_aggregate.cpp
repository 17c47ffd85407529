// `aggregate:` and its windows.
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/quantities.h"
#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

bool ParseHop(Field field, WindowSpec& window, SpecReader& reader) {
  MapReader map(reader, field, "hop", "`hop`");
  auto size = reader.ReadDuration(map.Require("size", "size: 10m"), 1);
  auto every = reader.ReadDuration(map.Require("every", "every: 1m"), 1);
  map.Finish();
  if (!size || !every) return false;
  window.kind = WindowSpec::Kind::kHop;
  window.size = *size;
  window.every = *every;
  // As in Flink SQL: a window is made of whole slices.
  if (size->value.micros % every->value.micros != 0) {
    reader
        .Report(DiagnosticCode::kInvalidValue, every->span,
                fmt::format("the size of a hop window, {}, must be a multiple of `every`",
                            PrintDuration(size->value.micros)))
        .Also(size->span, "the size");
    return false;
  }
  return true;
}

std::optional<WindowSpec> ParseWindow(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  size_t before = reader.problems();
  MapReader map(reader, field, "window", "`window`");
  if (!map.is_map()) return std::nullopt;
  WindowSpec window;
  window.span = field.node->span;
  Field tumble = map.Take("tumble"), hop = map.Take("hop");
  window.offset = reader.ReadDuration(map.Take("offset"), INT64_MIN);
  bool has_other = map.KeySpan("cumulate").is_valid() || map.KeySpan("session").is_valid();
  map.Finish();
  if (tumble && hop) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("hop"),
                "a window is either `tumble` or `hop`")
        .Also(map.KeySpan("tumble"), "the other one");
  } else if (tumble) {
    if (auto size = reader.ReadDuration(tumble, 1)) {
      window.size = *size;
      window.every = *size;
    }
  } else if (hop) {
    ParseHop(hop, window, reader);
  } else if (!has_other && reader.problems() == before) {
    reader
        .Report(DiagnosticCode::kMissingKey,
                {field.node->span.buffer, field.node->span.begin, field.node->span.begin + 1},
                "`window` does not say which windows")
        .Help("write `window: {tumble: 1m}` or `window: {hop: {size: 10m, every: 1m}}`");
  }
  if (reader.problems() != before) return std::nullopt;
  return window;
}

std::optional<Located<DurationValue>> ParseState(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  MapReader map(reader, field, "aggregate state", "`state`");
  if (!map.is_map()) return std::nullopt;
  auto ttl = reader.ReadDuration(map.Require("ttl", "ttl: 1d"), 1);
  map.Finish();
  return ttl;
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
  if (aggregate.state_ttl && (aggregate.window || aggregate.emit)) {
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
  if (aggregate.emit && aggregate.window) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, aggregate.emit->span,
                "`emit: end` has no meaning with a `window`")
        .Also(aggregate.window->span, "a window emits once, when it is over")
        .Help("remove `emit`");
  }
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
      map.Take("late"), {{"drop", LateRows::kDrop}, {"route", LateRows::kRoute}}, {"update"});
  aggregate.emit =
      reader.ReadChoice<EmitMode>(map.Take("emit"), {{"end", EmitMode::kEnd}}, {"update"});
  aggregate.state_ttl = ParseState(map.Take("state"), reader);
  map.Finish();
  if (reader.problems() == before) CheckTogether(aggregate, map, reader);
  if (reader.problems() != before) return std::nullopt;
  return aggregate;
}

}  // namespace flinkc
