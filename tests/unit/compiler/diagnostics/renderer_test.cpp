#include "compiler/diagnostics/renderer.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace flinkc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SourceSpan Find(const SourceBuffer& buffer, std::string_view what) {
  size_t at = buffer.text().find(what);
  EXPECT_NE(at, std::string_view::npos);
  return {&buffer, static_cast<uint32_t>(at), static_cast<uint32_t>(at + what.size())};
}

std::string Text(const DiagnosticLog& log) { return RenderDiagnostics(log, {}); }

// `count` lines, the last of them `line`.
std::string LinesThen(size_t count, std::string_view line) {
  return std::string(count - 1, '\n') + std::string(line) + "\n";
}

TEST(RenderText, IsTheExampleOfTheLanguage) {
  SourceBuffer sales("sales.yaml", LinesThen(31, "        revenue: sum(amuont)"));
  SourceBuffer orders("common/orders.yaml", LinesThen(4, "    amount: DECIMAL(12,2)"));
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnknownColumn, Find(sales, "amuont"),
             "unknown column `amuont` in stream `orders`")
      .Label(" did you mean `amount`?")
      .Also(Find(orders, "amount"), "columns of `orders` are declared here");
  EXPECT_EQ(Text(log),
            "error[E0302]: unknown column `amuont` in stream `orders`\n"
            "  --> sales.yaml:31:22\n"
            "   |\n"
            "31 |         revenue: sum(amuont)\n"
            "   |                      ^^^^^^ did you mean `amount`?\n"
            "   |\n"
            "  ::: common/orders.yaml:4:5\n"
            "   |\n"
            " 4 |     amount: DECIMAL(12,2)\n"
            "   |     ------ columns of `orders` are declared here\n"
            "   = help: flinkc explain-code E0302\n");
}

TEST(RenderText, ShowsTwoPlacesOfOneFileInOneSnippet) {
  SourceBuffer file("a.yaml", "sources:\n  a: {}\n  b: {}\n  c: {}\n  d: {}\n  a: {x}\n");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kDuplicateKey, {&file, 43, 44}, "`a` stands twice")
      .Also({&file, 11, 12}, "first here")
      .Help("remove one of them");
  EXPECT_EQ(Text(log),
            "error[E0105]: `a` stands twice\n"
            " --> a.yaml:6:3\n"
            "  |\n"
            "2 |   a: {}\n"
            "  |   - first here\n"
            "...\n"
            "6 |   a: {x}\n"
            "  |   ^\n"
            "  = help: remove one of them\n"
            "  = help: flinkc explain-code E0105\n");
}

TEST(RenderText, UnderlinesWideCharactersAndTabs) {
  SourceBuffer file("a.yaml", "\tname: \"東京 ü\" + oops\n");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnknownColumn, Find(file, "oops"), "m");
  // The column counts characters; the carets stand below what a terminal shows.
  EXPECT_THAT(Text(log), HasSubstr(" --> a.yaml:1:17\n"));
  EXPECT_THAT(Text(log), HasSubstr("1 |     name: \"東京 ü\" + oops\n"
                                   "  |                      ^^^^\n"));
}

TEST(RenderText, UnderlinesEachLineOfASpan) {
  SourceBuffer file("a.yaml", "x: |\n  first +\n  second\nz: 1\n");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kExpressionSyntax, Find(file, "first +\n  second\n"), "m").Label("l");
  EXPECT_THAT(Text(log), HasSubstr("2 |   first +\n"
                                   "  |   ^^^^^^^\n"
                                   "3 |   second\n"
                                   "  |   ^^^^^^ l\n"
                                   "  = help"));
}

TEST(RenderText, ShortensLongSpansAndLongLines) {
  SourceBuffer file("a.yaml", "a1\na2\na3\na4\na5\na6\na7\n");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kWrongKind, {&file, 0, 20}, "m");
  EXPECT_THAT(Text(log), HasSubstr("2 | a2\n  | ^^\n...\n7 | a7\n  | ^^\n"));

  SourceBuffer wide("b.yaml", std::string(5000, 'x') + "oops" + std::string(5000, 'y'));
  DiagnosticLog wide_log;
  wide_log.Report(DiagnosticCode::kUnknownColumn, Find(wide, "oops"), "m");
  std::string text = Text(wide_log);
  EXPECT_LT(text.size(), 800u);
  EXPECT_THAT(text, HasSubstr("1 | …" + std::string(60, 'x') + "oopsy"));
  EXPECT_THAT(text, HasSubstr("  | " + std::string(61, ' ') + "^^^^\n"));
}

TEST(RenderText, MarksAnEmptyPlaceWithOneCaret) {
  SourceBuffer file("a.yaml", "job:");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kMissingKey, {&file, 4, 4}, "m");
  EXPECT_THAT(Text(log), HasSubstr("1 | job:\n  |     ^\n"));
}

TEST(RenderText, NeverPassesControlCharactersOn) {
  SourceBuffer file("a\x1b[2J.yaml", "k: \x1b[31mred\x01 \xFF\xE2\x80\xAE\n");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kControlCharacter, {&file, 3, 4}, "a \x1b\n in the name")
      .Label("\x07");
  std::string text = Text(log);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, Not(HasSubstr("\xE2\x80\xAE")));  // right-to-left override
  EXPECT_THAT(text, HasSubstr("␛[31mred␁"));
  EXPECT_THAT(text, HasSubstr("a ␛␊ in the name"));
}

TEST(RenderText, ColorsOnlyWhenAsked) {
  SourceBuffer file("a.yaml", "abc: 1\n");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnknownKey, Find(file, "abc"), "m");
  EXPECT_THAT(Text(log), Not(HasSubstr("\x1b")));
  std::string colored = RenderDiagnostics(log, {DiagnosticFormat::kText, true});
  EXPECT_THAT(colored, HasSubstr("\x1b[1;31merror[E0201]\x1b[0m"));
  EXPECT_THAT(colored, HasSubstr("\x1b[1;31m^^^\x1b[0m"));
}

TEST(RenderText, CountsAndSaysWhatIsNotShown) {
  SourceBuffer file("a.yaml", std::string(100, 'x'));
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnusedStream, {}, "nobody reads `s`");
  EXPECT_EQ(Text(log), "warning[W0601]: nobody reads `s`\n  = help: flinkc explain-code W0601\n");
  log.Report(DiagnosticCode::kUnknownKey, {&file, 0, 1}, "m");
  EXPECT_THAT(Text(log), HasSubstr("\n\n1 error, 1 warning\n"));
  for (uint32_t i = 1; i < 60; ++i) log.Report(DiagnosticCode::kUnknownKey, {&file, i, i + 1}, "m");
  EXPECT_THAT(Text(log), HasSubstr("\n60 errors, 1 warning (the first 50 errors are shown)\n"));
  EXPECT_EQ(Text(DiagnosticLog()), "");
}

DiagnosticLog OneOfEach(const SourceBuffer& file, const SourceBuffer& other) {
  DiagnosticLog log;
  log.Report(DiagnosticCode::kUnknownColumn, Find(file, "amuont"), "unknown column `amuont`: 100%")
      .Label("did you mean `amount`?")
      .Also(Find(other, "amount"), "declared here")
      .Help("look there");
  log.Report(DiagnosticCode::kUnusedStream, {}, "unused");
  return log;
}

TEST(RenderJson, HasPlacesAndAllTexts) {
  SourceBuffer file("dir/a.yaml", "x:\n  sum(amuont)\n"), other("b.yaml", "amount: INT\n");
  std::string text = RenderDiagnostics(OneOfEach(file, other), {DiagnosticFormat::kJson});
  auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["errors"], 1);
  EXPECT_EQ(json["warnings"], 1);
  EXPECT_EQ(json["diagnostics"][0]["place"], nullptr);
  const auto& error = json["diagnostics"][1];
  EXPECT_EQ(error["code"], "E0302");
  EXPECT_EQ(error["place"]["file"], "dir/a.yaml");
  EXPECT_EQ(error["place"]["start"]["line"], 2);
  EXPECT_EQ(error["place"]["start"]["column"], 7);
  EXPECT_EQ(error["place"]["end"]["column"], 13);
  EXPECT_EQ(error["labels"][0]["place"]["file"], "b.yaml");
  EXPECT_EQ(error["help"][0], "look there");
}

TEST(RenderSarif, NamesRulesAndRegions) {
  SourceBuffer file("a.yaml", "x:\n  sum(amuont)\n"), other("b.yaml", "amount: INT\n");
  std::string text = RenderDiagnostics(OneOfEach(file, other), {DiagnosticFormat::kSarif});
  auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["version"], "2.1.0");
  const auto& run = json["runs"][0];
  const auto& error = run["results"][1];
  EXPECT_EQ(error["ruleId"], "E0302");
  EXPECT_EQ(run["tool"]["driver"]["rules"][error["ruleIndex"].get<size_t>()]["id"], "E0302");
  const auto& place = error["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "a.yaml");
  EXPECT_EQ(place["region"]["startLine"], 2);
  EXPECT_EQ(place["region"]["endColumn"], 13);
  EXPECT_EQ(error["relatedLocations"][0]["message"]["text"], "declared here");
  EXPECT_FALSE(run["results"][0].contains("locations"));
}

TEST(RenderGithub, IsOneCommandALine) {
  SourceBuffer file("a,b.yaml", "x:\n  sum(amuont)\n"), other("b.yaml", "amount: INT\n");
  EXPECT_EQ(RenderDiagnostics(OneOfEach(file, other), {DiagnosticFormat::kGithub}),
            "::warning title=W0601::unused\n"
            "::error file=a%2Cb.yaml,line=2,endLine=2,col=7,endColumn=13,title=E0302::"
            "unknown column `amuont`: 100%25: did you mean `amount`?%0Alook there\n");
}

TEST(RenderJson, SurvivesBytesThatAreNotUtf8) {
  SourceBuffer file("a.yaml", "\xFF\xFE");
  DiagnosticLog log;
  log.Report(DiagnosticCode::kNotUtf8, {&file, 0, 1}, "byte \xFF").Label("\xC3");
  for (DiagnosticFormat format : {DiagnosticFormat::kJson, DiagnosticFormat::kSarif}) {
    EXPECT_TRUE(nlohmann::json::accept(RenderDiagnostics(log, {format})));
  }
}

TEST(ParseDiagnosticFormat, KnowsTheFour) {
  EXPECT_EQ(ParseDiagnosticFormat("sarif"), DiagnosticFormat::kSarif);
  EXPECT_EQ(ParseDiagnosticFormat("xml"), std::nullopt);
}

}  // namespace
}  // namespace flinkc
