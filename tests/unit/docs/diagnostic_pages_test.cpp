// The pages of codes that need a whole spec: each has the code's title and a way to mend it, and
// its example triggers the code. (Those of reading and parsing: tests/unit/compiler/spec.)
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "compiler/check/check_spec.h"
#include "compiler/diagnostics/explain_page.h"
#include "compiler/spec/job_config.h"
#include "compiler/spec/parse_spec.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/formats/registry.h"
#include "stdlib-operators/functions/registry.h"

namespace flinkc {
namespace {

// The sources that examples read without declaring them.
constexpr std::string_view kSources = R"yaml(sources:
  orders:
    connector: file
    options: {path: ./orders}
    format: json
    schema: {id: BIGINT NOT NULL, store: STRING NOT NULL, amount: "DECIMAL(12, 2)",
             tags: ARRAY<STRING>, ts: TIMESTAMP(3) NOT NULL}
    event_time: {column: ts}
  events:
    connector: file
    options: {path: ./events}
    format: json
    schema: {place: "ROW<city STRING, country STRING>", tags: ARRAY<STRING>}
  ticks: {connector: datagen, schema: {name: STRING NOT NULL}}
)yaml";

bool NeedsWholeSpec(std::string_view number) {
  return !number.starts_with("E01") && !number.starts_with("E02");
}

// The first ```yaml block of a page, or "".
std::string ExampleOf(std::string_view page) {
  constexpr std::string_view kFence = "```yaml\n";
  size_t begin = page.find(kFence);
  if (begin == std::string_view::npos) return "";
  begin += kFence.size();
  return std::string(page.substr(begin, page.find("```", begin) - begin));
}

std::string WholeSpec(std::string example) {
  constexpr std::string_view kKey = "sources:\n";
  if (example.starts_with(kKey)) example.erase(0, kKey.size());
  return fmt::format("flinkc: 1\n{}{}", kSources, example);
}

// Codes the example gives, each as "E0302 message".
std::vector<std::string> ReportsOf(std::string text) {
  FunctionRegistry registry;
  RegisterStdFunctions(registry);
  RegisterStdAggregates(registry);
  DiagnosticLog log;
  const SourceBuffer buffer("example.yaml", std::move(text));
  if (const auto spec = ParseSpec(buffer, {}, log)) {
    const JobConfig config = MakeJobConfig(*spec, {}, "example", log);
    CheckContext context;
    context.registry = &registry;
    context.connectors = &StdConnectorRecords();
    context.formats = &StdFormatRecords();
    context.config = &config;
    CheckSpec(*spec, context, log);
  }
  std::vector<std::string> reports;
  for (const Diagnostic& diagnostic : log.Sorted()) {
    reports.push_back(fmt::format("{} {}", Info(diagnostic.code).number, diagnostic.message));
  }
  return reports;
}

TEST(DiagnosticPages, HaveTheTitleAndAWayToMend) {
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    if (!NeedsWholeSpec(info.number)) continue;
    const std::string_view page = ExplainPage(info.code);
    EXPECT_TRUE(page.starts_with(fmt::format("# {}: {}\n", info.number, info.title)))
        << info.number << " has no page, or one with another title";
    EXPECT_NE(page.find("**How to mend it.**"), std::string_view::npos) << info.number;
  }
}

TEST(DiagnosticPages, ExamplesTriggerTheirCode) {
  // Too large to show; only under --strict; only by a mistake of ours.
  const std::set<std::string_view> without_example = {"E0313", "E0422", "E0499"};
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    if (!NeedsWholeSpec(info.number)) continue;
    const std::string example = ExampleOf(ExplainPage(info.code));
    EXPECT_EQ(example.empty(), without_example.contains(info.number)) << info.number;
    if (example.empty()) continue;
    const std::vector<std::string> reports = ReportsOf(WholeSpec(example));
    EXPECT_TRUE(
        std::any_of(reports.begin(), reports.end(),
                    [&](const std::string& report) { return report.starts_with(info.number); }))
        << "the example of " << info.number
        << " gives instead: " << fmt::format("{}", fmt::join(reports, "; "));
  }
}

TEST(DiagnosticPages, TheSourcesOfExamplesAreRightThemselves) {
  const auto reports =
      ReportsOf(WholeSpec("sinks:\n"
                          "  a: {from: orders, connector: console}\n"
                          "  b: {from: events, connector: console}\n"
                          "  c: {from: ticks, connector: console}\n"));
  EXPECT_EQ(fmt::format("{}", fmt::join(reports, "; ")), "");
}

}  // namespace
}  // namespace flinkc
