// Row patterns: how they are read, what is known of their matches, and their programs.
#include "compiler/expression/row_pattern.h"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/source/source_buffer.h"

namespace flinkc {
namespace {

RowPatternPtr Parse(std::string_view text, std::string* error = nullptr) {
  const SourceBuffer buffer("pattern.yaml", std::string(text));
  const SourceText whole{std::string(text), {&buffer, 0, static_cast<uint32_t>(text.size())}, {}};
  DiagnosticLog log;
  RowPatternPtr pattern = ParseRowPattern(whole, log);
  if (error != nullptr && log.has_errors()) *error = log.diagnostics()[0].message;
  EXPECT_EQ(pattern == nullptr, log.has_errors());
  return pattern;
}

std::string ErrorOf(std::string_view text) {
  std::string error;
  Parse(text, &error);
  return error;
}

TEST(RowPattern, IsReadAsItIsWritten) {
  for (const char* text : {"A", "A B C", "A+ B*? C?", "A{2} B{2,} C{2,3}? D{0,4}", "(A B)+ C",
                           "A | B C | D", "(A | B)* (C D | E){2}", "((A+ B)? C)*"}) {
    EXPECT_EQ(ToString(*Parse(text)), text);
  }
  EXPECT_EQ(ToString(*Parse(" (A)  ((B)) ")), "A B");
  EXPECT_EQ(ToString(*Parse("A{,3} B{1,} C{0,} D{0,1}")), "A{0,3} B+ C* D?");
  EXPECT_EQ(ToString(*Parse("A (B (C))")), "A B C");
}

TEST(RowPattern, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf(""), "here a variable is missing");
  EXPECT_EQ(ErrorOf("A |"), "here a variable is missing");
  EXPECT_EQ(ErrorOf("A () B"), "here a variable is missing");
  EXPECT_EQ(ErrorOf("* A"), "here a variable is missing, before the quantifier");
  EXPECT_EQ(ErrorOf("(A B"), "here a `)` is missing");
  EXPECT_EQ(ErrorOf("A) B"), "this `)` closes nothing");
  EXPECT_EQ(ErrorOf("A+ + B"), "there is a quantifier already");
  EXPECT_EQ(ErrorOf("A{} B"), "a quantifier in braces is {n}, {n,}, {n,m} or {,m}");
  EXPECT_EQ(ErrorOf("A{,} B"), "a quantifier in braces is {n}, {n,}, {n,m} or {,m}");
  EXPECT_EQ(ErrorOf("A{3,2} B"), "no number of rows is like this");
  EXPECT_EQ(ErrorOf("A{0} B"), "no number of rows is like this");
  EXPECT_EQ(ErrorOf("A{99999999999}"), "a quantifier counts up to 1000");
  EXPECT_EQ(ErrorOf("A, B"), "this cannot stand in a pattern");
  EXPECT_EQ(ErrorOf("^ A"), "a stream has no end that a match could stand at");
  EXPECT_EQ(ErrorOf("{- A -} B"), "rows cannot be left out of a match");
  EXPECT_EQ(ErrorOf("PERMUTE(A, B)"), "PERMUTE is not supported");
  EXPECT_EQ(ErrorOf(std::string(1000, '(')), "the pattern is nested too deep");
}

TEST(RowPattern, KnowsHowManyRowsAMatchHas) {
  const auto rows = [](const char* text) {
    const RowPatternPtr pattern = Parse(text);
    const uint32_t most = MostRows(*pattern);
    return fmt::format("{} to {}", LeastRows(*pattern),
                       most == RowPattern::kUnbounded ? "any" : std::to_string(most));
  };
  EXPECT_EQ(rows("A B C"), "3 to 3");
  EXPECT_EQ(rows("A? B{2,5}"), "2 to 6");
  EXPECT_EQ(rows("A | B C"), "1 to 2");
  EXPECT_EQ(rows("(A B+){3}"), "6 to any");
  EXPECT_EQ(rows("A* B*?"), "0 to any");
}

TEST(RowPattern, KnowsItsVariables) {
  const RowPatternPtr pattern = Parse("A? (B | C B)+ (D | E)");
  EXPECT_EQ(VariablesOf(*pattern), (std::vector<std::string>{"A", "B", "C", "D", "E"}));
  const auto having = [&](bool (*has)(const RowPattern&, const std::string&)) {
    std::string names;
    for (const std::string& name : VariablesOf(*pattern)) names += has(*pattern, name) ? name : "";
    return names;
  };
  EXPECT_EQ(having(IsInEachMatch), "B");
  EXPECT_EQ(having(MayBegin), "ABC");
  EXPECT_EQ(having(MayRepeat), "BC");
}

TEST(RowPattern, FindsTheOpenEnd) {
  const auto end = [](const char* text) {
    const RowPattern* open = FindOpenEnd(*Parse(text));
    return open == nullptr ? "" : text + open->begin;
  };
  EXPECT_STREQ(end("A B+"), "B+");
  EXPECT_STREQ(end("A B* C?"), "B* C?");
  EXPECT_STREQ(end("A (B C+)"), "C+)");
  EXPECT_STREQ(end("A (B | C{2,})"), "C{2,})");
  EXPECT_STREQ(end("A+ B"), "");
  EXPECT_STREQ(end("A B+?"), "");
  EXPECT_STREQ(end("A B{1,5}"), "");
  EXPECT_EQ(FindEmptyRepeat(*Parse("A (B? C)*")), nullptr);
  EXPECT_NE(FindEmptyRepeat(*Parse("A (B? C?)*")), nullptr);
}

std::string ProgramOf(const char* text) {
  const RowPatternPtr pattern = Parse(text);
  const std::vector<std::string> variables = VariablesOf(*pattern);
  std::string program;
  for (const PatternStep& step : CompileRowPattern(*pattern, variables)) {
    if (!program.empty()) program += "; ";
    switch (step.kind) {
      case PatternStep::Kind::kRow:
        program += variables[step.variable];
        break;
      case PatternStep::Kind::kSplit:
        program += fmt::format("split {} {}", step.first, step.second);
        break;
      case PatternStep::Kind::kJump:
        program += fmt::format("jump {}", step.first);
        break;
      case PatternStep::Kind::kAccept:
        program += "accept";
        break;
    }
  }
  return program;
}

TEST(RowPattern, BecomesAProgram) {
  EXPECT_EQ(ProgramOf("A B"), "A; B; accept");
  EXPECT_EQ(ProgramOf("A* B"), "split 1 3; A; jump 0; B; accept");
  EXPECT_EQ(ProgramOf("A*? B"), "split 3 1; A; jump 0; B; accept");
  EXPECT_EQ(ProgramOf("A+ B"), "A; split 2 4; A; jump 1; B; accept");
  EXPECT_EQ(ProgramOf("A? B"), "split 1 2; A; B; accept");
  EXPECT_EQ(ProgramOf("A{1,3}"), "A; split 2 5; A; split 4 5; A; accept");
  EXPECT_EQ(ProgramOf("A | B | C"), "split 1 3; A; jump 7; split 4 6; B; jump 7; C; accept");
}

TEST(RowPattern, ThatIsTooLongHasNone) {
  const RowPatternPtr pattern = Parse("((A{1000}){1000}){1000}");
  EXPECT_TRUE(CompileRowPattern(*pattern, {"A"}).empty());
}

}  // namespace
}  // namespace flinkc
