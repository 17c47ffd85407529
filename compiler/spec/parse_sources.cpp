// `sources:` and `sinks:`.
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/names.h"
#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

// `format: csv` or `format: {csv: {header: true}}`.
std::optional<FormatSpec> ParseFormat(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  FormatSpec format;
  format.span = field.node->span;
  if (field.node->kind != YamlNode::Kind::kMap) {
    std::optional<SourceText> name = reader.ReadText(field);
    if (!name) return std::nullopt;
    format.name = *std::move(name);
    return format;
  }
  const std::vector<YamlEntry>& entries = reader.EntriesOf(field);
  if (entries.empty()) return std::nullopt;
  if (entries.size() > 1) {
    reader
        .Report(DiagnosticCode::kInvalidValue, entries[1].key->span,
                "`format` is a map of one format's name to its options")
        .Help(fmt::format("write `format: {{{}: {{…}}}}`", entries[0].key->text.value));
    return std::nullopt;
  }
  format.name = entries[0].key->text;
  // `format: {csv: }` has no options.
  if (entries[0].value->kind != YamlNode::Kind::kNull) {
    format.options = reader.ReadOptions({format.name.value, entries[0].value});
  }
  return format;
}

std::optional<AlignSpec> ParseAlign(Field field, std::string_view source, SpecReader& reader) {
  if (!field) return std::nullopt;
  // A subtask tells where it is no more often.
  constexpr int64_t kIntervalMicrosMin = 10'000;
  AlignSpec align;
  MapReader map(reader, field, "watermark alignment", fmt::format("`align` of {}", source));
  const std::optional<SourceText> group =
      reader.ReadText(map.Require("group", "group: orders_and_payments"));
  align.max_drift = reader.ReadDuration(map.Require("max_drift", "max_drift: 1m"), 1);
  align.update_interval = reader.ReadDuration(map.Take("update_interval"), kIntervalMicrosMin);
  map.Finish();
  if (!group || !align.max_drift) return std::nullopt;
  align.group = *group;
  return align;
}

std::optional<EventTimeSpec> ParseEventTime(Field field, std::string_view source,
                                            SpecReader& reader) {
  if (!field) return std::nullopt;
  EventTimeSpec event_time;
  event_time.span = field.node->span;
  MapReader map(reader, field, "event time", fmt::format("`event_time` of {}", source));
  std::optional<SpecName> column = reader.ReadColumnName(map.Require("column", "column: ts"));
  event_time.out_of_order = reader.ReadDuration(map.Take("out_of_order"), 0);
  event_time.idle_after = reader.ReadDuration(map.Take("idle_after"), 1);
  event_time.ordered = reader.ReadBoolean(map.Take("ordered"));
  event_time.align = ParseAlign(map.Take("align"), source, reader);
  map.Finish();
  if (!column) return std::nullopt;
  event_time.column = *std::move(column);
  return event_time;
}

// The keys that sources and sinks share.
template <typename Item>
void ParseConnector(MapReader& map, Item& item, SpecReader& reader) {
  size_t before = reader.problems();
  // Until connections are built, `connection` is no reason to ask for a connector as well.
  bool has_connection = map.KeySpan("connection").is_valid();
  Field connector =
      has_connection ? map.Take("connector") : map.Require("connector", "connector: file");
  if (auto text = reader.ReadText(connector)) item.connector = *std::move(text);
  Field options = map.Take("options");
  item.options = reader.ReadOptions(options);
  item.options_span = options ? options.node->span : item.connector.span;
  item.format = ParseFormat(map.Take("format"), reader);
  // One that is missing is reported when the map is finished.
  bool is_missing = has_connection || item.connector.value.empty();
  item.connector_is_invalid = is_missing || reader.problems() != before;
}

SourceSpec ParseSource(const YamlEntry& entry, SpecReader& reader) {
  size_t before = reader.problems();
  SourceSpec source;
  source.name = entry.key->text;
  source.span = entry.value->span;
  std::string what = fmt::format("source `{}`", source.name.value);
  reader.CheckName(source.name, "a source's name");
  MapReader map(reader, {source.name.value, entry.value}, "source", what);
  source.connector_is_invalid = source.rows_are_invalid = !map.is_map();
  if (map.is_map()) {
    ParseConnector(map, source, reader);
    size_t before_rows = reader.problems();
    source.on_error = reader.ReadOnError(map.Take("on_error"));
    source.schema = ParseSchema(map.Take("schema"), reader);
    source.event_time = ParseEventTime(map.Take("event_time"), what, reader);
    source.rows_are_invalid = reader.problems() != before_rows;
    source.bounded = reader.ReadBoolean(map.Take("bounded"));
    map.Finish();
  }
  source.is_invalid = reader.problems() != before;
  return source;
}

SinkSpec ParseSink(const YamlEntry& entry, SpecReader& reader) {
  size_t before = reader.problems();
  SinkSpec sink;
  sink.name = entry.key->text;
  sink.span = entry.value->span;
  std::string what = fmt::format("sink `{}`", sink.name.value);
  reader.CheckName(sink.name, "a sink's name");
  MapReader map(reader, {sink.name.value, entry.value}, "sink", what);
  sink.connector_is_invalid = !map.is_map();
  if (map.is_map()) {
    std::optional<StreamReference> from =
        ParseStreamReference(map.Require("from", "from: a_stream"), reader);
    if (from) sink.from = *std::move(from);
    ParseConnector(map, sink, reader);
    sink.on_error = reader.ReadOnError(map.Take("on_error"));
    if (Field key = map.Take("key")) sink.key = reader.ReadColumnNames(key);
    sink.delivery = reader.ReadChoice<Delivery>(
        map.Take("delivery"),
        {{"at_least_once", Delivery::kAtLeastOnce}, {"exactly_once", Delivery::kExactlyOnce}});
    map.Finish();
  }
  sink.is_invalid = reader.problems() != before;
  return sink;
}

}  // namespace

std::optional<StreamReference> ParseStreamReference(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  if (field.node->kind != YamlNode::Kind::kScalar) {
    reader.ReportKind(field, "the name of a source or stream");
    return std::nullopt;
  }
  StreamReference reference;
  reference.text = field.node->text;
  const std::string& text = reference.text.value;
  size_t dot = text.find('.');
  reference.stream = text.substr(0, dot);
  if (dot != std::string::npos) reference.output = text.substr(dot + 1);
  if (!IsIdentifier(reference.stream) ||
      (dot != std::string::npos && !IsIdentifier(reference.output))) {
    reader
        .Report(DiagnosticCode::kInvalidName, reference.text.span,
                fmt::format("`{}` in `{}` names no stream", text, field.name))
        .Help("write the name of a source or stream, or an output of it such as `s.errors`");
    return std::nullopt;
  }
  return reference;
}

std::vector<SourceSpec> ParseSources(Field field, SpecReader& reader) {
  std::vector<SourceSpec> sources;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    sources.push_back(ParseSource(entry, reader));
  }
  return sources;
}

std::vector<SinkSpec> ParseSinks(Field field, SpecReader& reader) {
  std::vector<SinkSpec> sinks;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    sinks.push_back(ParseSink(entry, reader));
  }
  return sinks;
}

}  // namespace flinkc
