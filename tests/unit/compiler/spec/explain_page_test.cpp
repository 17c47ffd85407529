// Every code that reading and parsing report has a page, and the page's example triggers it.
#include "compiler/diagnostics/explain_page.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/spec/job_config.h"
#include "tests/unit/compiler/spec/parsed_spec.h"

namespace flinkc {
namespace {

bool IsOfThisFolder(const DiagnosticInfo& info) {
  return info.number.starts_with("E01") || info.number.starts_with("E02");
}

// The first ```yaml block of a page, or "".
std::string Example(std::string_view page) {
  constexpr std::string_view kFence = "```yaml\n";
  size_t begin = page.find(kFence);
  if (begin == std::string_view::npos) return "";
  begin += kFence.size();
  return std::string(page.substr(begin, page.find("```", begin) - begin));
}

TEST(ExplainPage, EachCodeOfReadingAndParsingHasOne) {
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    if (!IsOfThisFolder(info)) continue;
    std::string_view page = ExplainPage(info.code);
    EXPECT_TRUE(page.starts_with(fmt::format("# {}: {}\n", info.number, info.title)))
        << info.number << " has no page, or one with another title";
    EXPECT_NE(page.find("**How to mend it.**"), std::string_view::npos) << info.number;
  }
}

TEST(ExplainPage, ExamplesTriggerTheirCode) {
  // What a page cannot show: bytes that are no text, or far too many.
  const std::set<std::string_view> without_example = {"E0102", "E0103", "E0104", "E0110"};
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    if (!IsOfThisFolder(info)) continue;
    std::string example = Example(ExplainPage(info.code));
    EXPECT_EQ(example.empty(), without_example.contains(info.number)) << info.number;
    if (example.empty()) continue;
    Parsed parsed(example);
    if (parsed.spec) MakeJobConfig(*parsed.spec, {}, "example", parsed.log);
    const auto& reported = parsed.log.diagnostics();
    EXPECT_TRUE(std::any_of(reported.begin(), reported.end(),
                            [&](const Diagnostic& d) { return d.code == info.code; }))
        << "the example of " << info.number << " does not trigger it";
  }
}

}  // namespace
}  // namespace flinkc
