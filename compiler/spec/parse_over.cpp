// `over:`.
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "compiler/spec/limits.h"
#include "compiler/spec/quantities.h"
#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

constexpr std::string_view kPreceding = " preceding";
constexpr std::string_view kUnbounded = "unbounded";
constexpr int64_t kRowsMax = 1'000'000;

// What stands before `preceding`; nullopt with an error that shows how to write it.
std::optional<SourceText> TakePreceding(Field field, std::string_view example, SpecReader& reader) {
  std::optional<SourceText> text = reader.ReadText(field);
  if (!text) return std::nullopt;
  if (!text->value.ends_with(kPreceding)) {
    reader
        .Report(DiagnosticCode::kInvalidValue, text->span,
                fmt::format("`{}` does not say where the frame begins", text->value))
        .Help(fmt::format("write `{}: {}`, or `{}: unbounded preceding`; it ends with the row "
                          "itself",
                          field.name, example, field.name));
    return std::nullopt;
  }
  text->value.resize(text->value.size() - kPreceding.size());
  return text;
}

std::optional<OverSpec::Preceding> ParseRows(Field field, SpecReader& reader) {
  const std::optional<SourceText> text = TakePreceding(field, "10 preceding", reader);
  if (!text) return std::nullopt;
  OverSpec::Preceding preceding{std::nullopt, field.node->span};
  if (text->value == kUnbounded) return preceding;
  int64_t rows = -1;
  const char* const end = text->value.data() + text->value.size();
  const auto read = std::from_chars(text->value.data(), end, rows);
  if (read.ec != std::errc() || read.ptr != end || rows < 0 || rows > kRowsMax) {
    reader.Report(DiagnosticCode::kInvalidValue, text->SpanOf(0, text->value.size()),
                  fmt::format("`{}` is no number of rows from 0 to {}", text->value, kRowsMax));
    return std::nullopt;
  }
  preceding.amount = rows;
  return preceding;
}

std::optional<OverSpec::Preceding> ParseRange(Field field, SpecReader& reader) {
  const std::optional<SourceText> text = TakePreceding(field, "1h preceding", reader);
  if (!text) return std::nullopt;
  OverSpec::Preceding preceding{std::nullopt, field.node->span};
  if (text->value == kUnbounded) return preceding;
  const auto micros = ParseDuration(text->value);
  if (!micros) {
    reader
        .Report(DiagnosticCode::kInvalidQuantity,
                text->SpanOf(micros.error().begin, micros.error().end),
                fmt::format("`{}` cannot be read as a duration", text->value))
        .Label(micros.error().message);
    return std::nullopt;
  }
  if (*micros < 0 || *micros > kMaxDurationMicros) {
    reader.Report(DiagnosticCode::kInvalidValue, text->SpanOf(0, text->value.size()),
                  fmt::format("`range` must be from 0 to {}", PrintDuration(kMaxDurationMicros)));
    return std::nullopt;
  }
  preceding.amount = *micros;
  return preceding;
}

// What cannot stand together, and the order, which must be there.
void CheckTogether(const OverSpec& over, const MapReader& map, SpecReader& reader) {
  if (over.rows && over.range) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("range"),
                "a frame is either of `rows` or a `range` of time")
        .Also(map.KeySpan("rows"), "the other one");
  }
  if (over.order_by && over.processing_time) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("on"),
                "rows are ordered either by event time or as they come")
        .Also(map.KeySpan("order_by"), "the other one");
  } else if (!over.order_by && !over.processing_time) {
    reader
        .Report(DiagnosticCode::kMissingKey,
                {over.span.buffer, over.span.begin, over.span.begin + 1},
                "`over` does not say in which order the rows stand")
        .Help("write `order_by: ts`, the event time, or `on: processing_time`");
  }
  if (over.late && over.processing_time) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan("late"),
                "`late` has no meaning by processing time: no row is late")
        .Also(*over.processing_time, "rows stand as they come")
        .Help("remove `late`");
  }
}

}  // namespace

std::optional<OverSpec> ParseOver(Field field, SpecReader& reader) {
  const size_t before = reader.problems();
  MapReader map(reader, field, "over", "`over`");
  if (!map.is_map()) return std::nullopt;
  OverSpec over;
  over.span = field.node->span;
  over.by = ParseGroupColumns(map.Take("by"), reader);
  over.order_by = reader.ReadColumnName(map.Take("order_by"));
  enum class On : uint8_t { kProcessingTime };
  if (auto on = reader.ReadChoice<On>(map.Take("on"), {{"processing_time", On::kProcessingTime}})) {
    over.processing_time = on->span;
  }
  if (Field rows = map.Take("rows")) over.rows = ParseRows(rows, reader);
  if (Field range = map.Take("range")) over.range = ParseRange(range, reader);
  if (Field compute = map.Require("compute", "compute: {mean: avg(price)}")) {
    over.compute = ParseNamedExpressions(compute, false, reader);
  }
  over.late = reader.ReadChoice<LateRows>(map.Take("late"),
                                          {{"drop", LateRows::kDrop}, {"route", LateRows::kRoute}});
  over.state_ttl = ParseStateTtl(map.Take("state"), "over state", reader);
  map.Finish();
  if (reader.problems() == before) CheckTogether(over, map, reader);
  if (reader.problems() != before) return std::nullopt;
  return over;
}

}  // namespace flinkc
