// Every pair of binary operators: which of the two binds first. The oracle is the table of Flink
// SQL's operators (docs/expressions.md), written here once more.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "compiler/expression/parser.h"
#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

struct Operator {
  std::string_view text;
  int level;  // higher binds tighter
};

constexpr Operator kOperators[] = {
    {"OR", 1},   {"AND", 2}, {"=", 4}, {"<>", 4}, {"IS DISTINCT FROM", 4},
    {"LIKE", 5}, {"+", 6},   {"-", 6}, {"*", 7},  {"/", 7},
    {"%", 7},    {"||", 7},
};

SyntaxPtr Parsed(const std::string& text) {
  SourceBuffer buffer("a.yaml", text);
  SourceText whole;
  whole.value = text;
  whole.span = {&buffer, 0, static_cast<uint32_t>(text.size())};
  DiagnosticLog log;
  SyntaxPtr syntax = ParseSyntax(whole, log);
  EXPECT_NE(syntax, nullptr) << text;
  return syntax;
}

// The text of a tree's first operand.
std::string First(const std::string& text, const Syntax& syntax) {
  const Syntax& child = *syntax.children[0];
  return text.substr(child.begin, child.end - child.begin);
}

TEST(Precedence, OfEveryPair) {
  for (const Operator& first : kOperators) {
    for (const Operator& second : kOperators) {
      std::string left = "a " + std::string(first.text) + " b";
      std::string text = left + " " + std::string(second.text) + " c";
      SyntaxPtr syntax = Parsed(text);
      ASSERT_NE(syntax, nullptr);
      bool chain = first.text == second.text && first.level <= 2;
      bool first_binds = first.level >= second.level && !chain;
      EXPECT_EQ(First(text, *syntax), first_binds ? left : "a") << text;
    }
  }
}

TEST(Precedence, OfPrefixAndPostfix) {
  const std::map<std::string_view, std::string_view> trees = {
      {"NOT ok AND sure", "NOT ok AND sure"},
      {"NOT (ok AND sure)", "NOT (ok AND sure)"},
      {"NOT n = 1", "NOT n = 1"},
      {"(NOT ok) = sure", "(NOT ok) = sure"},
      {"NOT n IS NULL", "n IS NOT NULL"},
      {"n = 1 IS NULL", "(n = 1) IS NULL"},
      {"n + 1 IS NULL", "n + 1 IS NULL"},
      {"ok AND n IS NULL", "ok AND n IS NULL"},
      {"-n * 2", "-n * 2"},
      {"-(n * 2)", "-(n * 2)"},
      {"n - -n", "n - -n"},
      {"-n::BIGINT", "-CAST(n AS BIGINT)"},
      {"n * (n + 1)", "n * (n + 1)"},
      {"n - (n - 1)", "n - (n - 1)"},
      {"n - n - 1", "n - n - 1"},
      {"n BETWEEN 1 AND 2 AND ok", "n >= 1 AND n <= 2 AND ok"},
      {"n + 1 BETWEEN n AND n * 2 OR ok", "n + 1 >= n AND n + 1 <= n * 2 OR ok"},
      {"n IN (1, 2) = ok", "(n = 1 OR n = 2) = ok"},
      {"ok = name LIKE 'a'", "ok = (name LIKE 'a')"},
  };
  for (const auto& [text, printed] : trees) {
    std::string checked = Checking(text).Scalar();
    EXPECT_EQ(checked.substr(0, checked.find(" : ")), printed) << text;
  }
}

TEST(Precedence, PrintedExpressionsReadBackTheSame) {
  for (std::string_view text :
       {"(n + 1) * 2 - -3 % (n - (2 - n))", "(ok OR sure) AND NOT (ok AND n IS NULL)",
        "(ok = sure) = (n = 1)", "(name || 'a') LIKE 'b' AND ok", "-(-n)", "(n IS NULL) IS NULL",
        "CASE WHEN n = 1 THEN tags[n + 1] ELSE address.city END || 'x'",
        "(ok AND sure) IS NOT NULL", "NOT (n IS DISTINCT FROM 1)", "(id * 2)::STRING"}) {
    std::string first = Checking(text).Scalar();
    std::string printed = first.substr(0, first.rfind(" : "));
    EXPECT_EQ(Checking(printed).Scalar(), first) << text;
  }
}

}  // namespace
}  // namespace flinkc
