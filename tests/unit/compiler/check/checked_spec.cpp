#include "tests/unit/compiler/check/checked_spec.h"

#include <fmt/format.h>

#include <memory>

#include "compiler/spec/parse_spec.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/formats/registry.h"
#include "stdlib-operators/functions/registry.h"

namespace flinkc {

namespace {

constexpr OptionRecord kEventsOptions[] = {
    {.name = "path", .type = OptionType::kString, .doc = "where the events are", .required = true},
    {.name = "split_size", .type = OptionType::kSize, .doc = "bytes of a split", .min = 1},
};
constexpr OptionRecord kTicksOptions[] = {
    {.name = "rows", .type = OptionType::kInteger, .doc = "how many", .min = 1},
};
constexpr OptionRecord kConsoleOptions[] = {
    {.name = "prefix", .type = OptionType::kString, .doc = "before each row"},
};

Schema TicksSchema(const OptionMap&) {
  return Schema({{"id", DataType(TypeKind::kBigint, false)},
                 {"at", DataType::Timestamp(3, false)},
                 {"note", DataType::String()}});
}

ConnectorRecords MakeConnectors() {
  ConnectorRecord events{"events", "rows of a file", {}, {}};
  events.source.declared = true;
  events.source.options = kEventsOptions;
  events.source.format = FormatUse::kRequired;
  events.source.bounded_always = true;
  events.source.table_options = [](const OptionMap& options) { return options; };
  events.sink.declared = true;
  events.sink.options = kEventsOptions;
  events.sink.format = FormatUse::kRequired;
  events.sink.transactional = true;
  ConnectorRecord ticks{"ticks", "made up", {}, {}};
  ticks.source.declared = true;
  ticks.source.options = kTicksOptions;
  ticks.source.is_bounded = [](const OptionMap& options) { return options.contains("rows"); };
  ticks.source.fixed_schema = TicksSchema;
  ticks.source.default_event_time = [](const OptionMap&) -> std::optional<DefaultEventTime> {
    return DefaultEventTime{"at", 4'000'000};
  };
  ConnectorRecord console{"console", "prints", {}, {}};
  console.sink.declared = true;
  console.sink.options = kConsoleOptions;
  console.sink.format = FormatUse::kOptional;
  console.sink.accepts_updates = true;
  ConnectorRecord blackhole{"blackhole", "forgets", {}, {}};
  blackhole.sink.declared = true;
  blackhole.sink.accepts_updates = true;
  return {events, ticks, console, blackhole};
}

std::string Place(const SourceSpan& span) {
  if (!span.is_valid()) return "-";
  LineColumn at = span.buffer->Locate(span.begin);
  return fmt::format("{}:{} `{}`", at.line, at.column,
                     span.buffer->text().substr(span.begin, span.end - span.begin));
}

}  // namespace

const ConnectorRecords& TestConnectors() {
  static const ConnectorRecords records = MakeConnectors();
  return records;
}

const FunctionRegistry& TestFunctions() {
  static const std::unique_ptr<const FunctionRegistry> registry = [] {
    auto made = std::make_unique<FunctionRegistry>();
    RegisterStdFunctions(*made);
    RegisterStdAggregates(*made);
    return made;
  }();
  return *registry;
}

CheckedSpec::CheckedSpec(std::string text, bool strict) : buffer("test.yaml", std::move(text)) {
  spec = ParseSpec(buffer, {}, log);
  if (!spec) return;
  JobConfig config = MakeJobConfig(*spec, {}, "test", log);
  CheckContext context;
  context.registry = &TestFunctions();
  context.connectors = &TestConnectors();
  context.formats = &StdFormatRecords();
  context.config = &config;
  context.strict = strict;
  plan = CheckSpec(*spec, context, log);
}

std::vector<std::string> CheckedSpec::reports() const {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : log.Sorted()) {
    lines.push_back(fmt::format("{} {}: {}", Info(diagnostic.code).number, Place(diagnostic.span),
                                diagnostic.message));
  }
  return lines;
}

std::string CheckedSpec::Report(std::string_view code) const {
  std::string text;
  for (const Diagnostic& diagnostic : log.Sorted()) {
    if (Info(diagnostic.code).number != code) continue;
    text += fmt::format("{} {}: {}\n", code, Place(diagnostic.span), diagnostic.message);
    if (!diagnostic.label.empty()) text += "  label:" + diagnostic.label + "\n";
    for (const DiagnosticLabel& label : diagnostic.labels) {
      text += fmt::format("  {}: {}\n", Place(label.span), label.text);
    }
    for (const std::string& help : diagnostic.help) text += "  help: " + help + "\n";
  }
  return text;
}

std::string CheckedSpec::Printed() const {
  if (plan) return Print(*plan);
  std::string text;
  for (const std::string& line : reports()) text += line + "\n";
  return text;
}

std::string WithOrders(std::string_view rest) {
  return fmt::format(
      "flinkc: 1\n"
      "job: {{name: test}}\n"
      "types: {{Order: {{id: BIGINT NOT NULL, store: STRING NOT NULL, amount: \"DECIMAL(12,2)\", "
      "price: DOUBLE, tags: ARRAY<STRING>, ts: TIMESTAMP(3) NOT NULL}}}}\n"
      "sources: {{orders: {{connector: events, options: {{path: a.json}}, format: json, schema: "
      "Order, event_time: {{column: ts, out_of_order: 5s}}}}}}\n"
      "{}",
      rest);
}

}  // namespace flinkc
