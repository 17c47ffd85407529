// The search for one match: which one is preferred, when it is known, how it goes on after a stop,
// and where it gives up.
#include "stdlib-operators/operators/match/pattern_search.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "compiler/expression/row_pattern.h"

namespace flinkc {
namespace {

// Variables whose conditions look at a letter; with `looks_back` as if also at earlier rows.
MatchDescriptor Describe(std::string_view pattern, bool looks_back = false) {
  const SourceBuffer buffer("pattern.yaml", std::string(pattern));
  DiagnosticLog log;
  const SourceText text{
      std::string(pattern), {&buffer, 0, static_cast<uint32_t>(pattern.size())}, {}};
  const RowPatternPtr parsed = ParseRowPattern(text, log);
  MatchDescriptor match;
  match.pattern = pattern;
  match.program = CompileRowPattern(*parsed, VariablesOf(*parsed));
  match.values = {{PatternValue::Of::kLast, kAnyVariable, looks_back ? 1u : 0u, 0u, true}};
  for (const std::string& name : VariablesOf(*parsed)) {
    match.variables.push_back({name, 0, {0}, false});
  }
  return match;
}

// A row is of a variable if its letter is the variable's, or `*`; `-` is any but D.
Status Take(PatternSearch& search, const MatchDescriptor& match, char letter) {
  return search.Take([&](std::span<PatternTrial> trials) -> Status {
    for (PatternTrial& trial : trials) {
      const char variable = match.variables[trial.variable].name[0];
      trial.holds = letter == variable || letter == '*' || (letter == '-' && variable != 'D');
    }
    return {};
  });
}

// The variables of the rows of the match, `…` if it is not decided, "" if there is none.
std::string Find(std::string_view pattern, std::string_view letters) {
  const MatchDescriptor match = Describe(pattern);
  PatternSearch search(match);
  search.Begin();
  for (const char letter : letters) {
    if (!search.is_open()) break;
    EXPECT_TRUE(Take(search, match, letter));
  }
  std::string found = search.is_open() ? "…" : "";
  if (search.found() == nullptr) return found;
  for (const char variable : *search.found()) {
    found += match.variables[static_cast<uint8_t>(variable)].name;
  }
  return found;
}

TEST(PatternSearch, FindsWhatThePatternPrefers) {
  EXPECT_EQ(Find("A B C", "ABC"), "ABC");
  EXPECT_EQ(Find("A B C", "AB"), "…");
  EXPECT_EQ(Find("A B C", "AC"), "");
  EXPECT_EQ(Find("A | A B", "AB"), "A");
  EXPECT_EQ(Find("A B | A", "AB"), "AB");
  EXPECT_EQ(Find("A B | A", "AA"), "A");
  EXPECT_EQ(Find("(A | B)+ C", "ABBAC"), "ABBAC");
  EXPECT_EQ(Find("A{2,3} B", "AAAB"), "AAAB");
  EXPECT_EQ(Find("A{2,3} B", "AAAA"), "");
}

TEST(PatternSearch, TakesAsManyRowsAsItCanOrAsFew) {
  // A `*` may be of any variable.
  EXPECT_EQ(Find("A B* C", "A**"), "…ABC");
  EXPECT_EQ(Find("A B* C", "A**C"), "ABBC");
  EXPECT_EQ(Find("A B*? C", "A**C"), "AC");
  EXPECT_EQ(Find("A B+? C", "A**C"), "ABC");
  EXPECT_EQ(Find("A B? C", "A*A"), "AC");
  EXPECT_EQ(Find("A B?? C", "A**"), "AC");
}

TEST(PatternSearch, WaitsWhileALongerMatchMayBePreferred) {
  EXPECT_EQ(Find("A B*", "ABB"), "…ABB");
  EXPECT_EQ(Find("A B*", "ABBA"), "ABB");
  EXPECT_EQ(Find("A (B C)?", "AB"), "…A");
  EXPECT_EQ(Find("A (B C)?", "ABB"), "A");
}

TEST(PatternSearch, BeginsAnewWithNothingOfTheOneBefore) {
  const MatchDescriptor match = Describe("A B+ C");
  PatternSearch search(match);
  for (const std::string_view letters : {"ABB", "AC", "B", "AB", "C"}) {
    search.Begin();
    for (const char letter : letters) {
      ASSERT_TRUE(search.is_open());
      ASSERT_TRUE(Take(search, match, letter));
    }
    EXPECT_EQ(search.is_open(), letters.starts_with("AB")) << letters;
    EXPECT_EQ(search.found(), nullptr) << letters;
  }
}

TEST(PatternSearch, GoesOnWithWhatWasKept) {
  for (const bool looks_back : {false, true}) {
    const MatchDescriptor match = Describe("A (B | C)* D? (B C)?", looks_back);
    const std::string letters = "A*B*C*D*BA";
    for (size_t stop = 1; stop < letters.size(); ++stop) {
      PatternSearch whole(match);
      PatternSearch kept(match);
      whole.Begin();
      kept.Begin();
      for (size_t i = 0; i < letters.size() && whole.is_open(); ++i) {
        ASSERT_TRUE(Take(whole, match, letters[i]));
        ASSERT_TRUE(Take(kept, match, letters[i]));
        if (i + 1 != stop || !kept.is_open()) continue;
        std::vector<std::pair<uint32_t, std::string>> rows;
        kept.ForEachKept([&](uint32_t step, std::string_view of) { rows.emplace_back(step, of); });
        kept.Restore();
        for (const auto& [step, of] : rows) {
          ASSERT_TRUE(kept.AddKept(static_cast<int32_t>(step), of));
        }
        EXPECT_EQ(kept.is_open(), whole.is_open());
      }
      ASSERT_FALSE(whole.is_open());
      ASSERT_NE(kept.found(), nullptr);
      EXPECT_EQ(*kept.found(), *whole.found()) << stop;
    }
  }
}

TEST(PatternSearch, TakesNothingThatWasNeverKept) {
  const MatchDescriptor match = Describe("A* B");  // split 1 3; A; jump 0; B; accept
  const std::string one(1, '\0'), two(2, '\0'), unknown(1, '\2');
  PatternSearch search(match);
  search.Restore();
  EXPECT_FALSE(search.AddKept(-1, one));
  EXPECT_FALSE(search.AddKept(5, one));
  EXPECT_FALSE(search.AddKept(0, one));  // no step of a row
  EXPECT_FALSE(search.AddKept(1, unknown));
  EXPECT_FALSE(search.AddKept(1, ""));
  EXPECT_FALSE(search.AddKept(4, one));  // a match of more rows than were taken
  EXPECT_TRUE(search.AddKept(1, two));
  EXPECT_FALSE(search.AddKept(3, one));
  EXPECT_TRUE(search.AddKept(3, ""));
  EXPECT_TRUE(search.AddKept(4, one));
  EXPECT_FALSE(search.AddKept(1, two));  // behind the match
  EXPECT_EQ(search.rows(), 2u);
}

TEST(PatternSearch, HasNoMorePartialMatchesThanStepsWhereNothingLooksBack) {
  const MatchDescriptor match = Describe("A* B* C* D");
  PatternSearch search(match);
  search.Begin();
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(Take(search, match, '-'));
  EXPECT_TRUE(search.is_open());
  size_t partial = 0;
  search.ForEachKept(
      [&](uint32_t step, std::string_view) { partial += step + 1 < match.program.size() ? 1 : 0; });
  EXPECT_LE(partial, match.program.size());
}

TEST(PatternSearch, GivesUpWhenPartialMatchesHaveNoEnd) {
  const MatchDescriptor match = Describe("A* B* C* D", /*looks_back=*/true);
  PatternSearch search(match);
  search.Begin();
  Status taken;
  int rows = 0;
  for (; taken && rows < 2000; ++rows) taken = Take(search, match, '-');
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kMemoryLimit);
  EXPECT_NE(taken.error().message.find("more than 10000 partial matches of `A* B* C* D`"),
            std::string::npos)
      << taken.error().message;
  // One for each way to cut the rows into three.
  EXPECT_GT(rows, 50);
}

}  // namespace
}  // namespace flinkc
