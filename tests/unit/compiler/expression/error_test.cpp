// Everything that can be wrong with an expression: the code, the message, what the carets underline
// (after @), and what stands beside them (after ^).
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/renderer.h"
#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string_view text;
  std::string_view error;
};

class WrongExpression : public testing::TestWithParam<Case> {};

TEST_P(WrongExpression, IsReportedAs) {
  Checking checking(GetParam().text);
  EXPECT_EQ(checking.Scalar(), GetParam().error);
  EXPECT_EQ(checking.log().error_count(), 1u);
}

constexpr Case kErrors[] = {
    {"amuont", "E0302 unknown column `amuont` in stream `orders` @ amuont"},
    {"idd", "E0302 unknown column `idd` in stream `orders` @ idd ^ did you mean `id`?"},
    {"\"x\"",
     "E0302 unknown column `x` in stream `orders` @ \"x\" ^ names stand in double quotes, "
     "texts in single ones"},
    {"upper",
     "E0302 unknown column `upper` in stream `orders` @ upper ^ the function is written "
     "`upper(…)`"},
    {"prise * 2",
     "E0302 unknown column `prise` in stream `orders` @ prise ^ did you mean `price`?"},
    {"uper(name)", "E0303 unknown function `uper` @ uper ^ did you mean `upper`?"},
    {"len(name)", "E0303 unknown function `len` @ len ^ it is called `char_length` here"},
    {"foo_bar_baz(name)", "E0303 unknown function `foo_bar_baz` @ foo_bar_baz"},
    {"n +", "E0301 expected an expression, found the end of the expression @ "},
    {"(n + 1", "E0301 expected an operator or `)`, found the end of the expression @ "},
    {"n + 1)",
     "E0301 expected an operator or the end of the expression, found `)` @ ) ^ there is no "
     "`(` before it"},
    {"n == 1", "E0301 `==` is not an operator @ == ^ did you mean `=`?"},
    {"ok && sure", "E0301 `&&` is not an operator @ && ^ did you mean `AND`?"},
    {"!ok", "E0301 `!` is not an operator @ ! ^ did you mean `NOT`?"},
    {"ok | sure", "E0301 `|` is not an operator @ | ^ did you mean `||` (joins texts) or `OR`?"},
    {"n ^ 2", "E0301 `^` is not an operator @ ^ ^ did you mean `power(x, y)`?"},
    {"ok ? 1 : 2",
     "E0301 `?` is not an operator @ ? ^ did you mean `CASE WHEN … THEN … ELSE … END`?"},
    {"'abc", "E0301 the text is not closed @ ' ^ it needs another ' at its end"},
    {"`abc", "E0301 the name is not closed @ ` ^ it needs another ` at its end"},
    {"12abc", "E0301 `12abc` is not a number @ 12abc"},
    {"{x}", "E0301 `{` has no meaning in an expression @ { ^ a parameter is written `${name}`"},
    {"$x", "E0301 `$` has no meaning in an expression @ $ ^ a parameter is written `${name}`"},
    {"n;", "E0301 an expression does not end with `;` @ ; ^ leave it out"},
    {"‘a’", "E0301 a typographic quote @ ‘ ^ texts stand in straight quotes: 'text'"},
    {"n ≤ 3", "E0301 `≤` is not an operator @ ≤ ^ did you mean `<=`?"},
    {"n # 3", "E0301 unexpected character `#` @ #"},
    {"ä", "E0301 unexpected character `ä` @ ä"},
    {"n -- 1", "E0301 `--` comments are not allowed in an expression @ --"},
    {"/* x", "E0301 the comment is not closed @ /* ^ it needs a `*/`"},
    {"X'0g'", "E0301 not a literal of bytes @ X'0"},
    {"${unknown}", "E0210 unknown parameter `unknown` @ ${unknown}"},
    {"${limt}", "E0210 unknown parameter `limt` @ ${limt} ^ did you mean `limit`?"},
    {"${", "E0217 not a parameter @ ${"},
    {"'a ${limit}'", "E0217 `${limit}` within a text is not replaced @ ${limit}"},
    {"1 < n < 3", "E0301 comparisons cannot be chained @ <"},
    {"CASE WHEN ok 1 END", "E0301 expected an operator or `THEN`, found `1` @ 1"},
    {"CASE WHEN ok THEN 1",
     "E0301 expected an operator, `WHEN`, `ELSE` or `END`, found the end of the expression @ "},
    {"CASE 1 END", "E0301 expected an operator or `WHEN`, found `END` @ END"},
    {"CASE n WHEN 'a' THEN 1 END", "E0306 cannot compare INT with STRING @ 'a'"},
    {"n BETWEEN 1", "E0301 expected `AND`, found the end of the expression @ "},
    {"n IN ()", "E0301 the list of IN is empty @ IN ()"},
    {"n IN (SELECT 1)", "E0301 a query cannot stand in an expression @ SELECT"},
    {"n IN 3", "E0301 expected `(` and a list of values, found `3` @ 3"},
    {"n NOT 3", "E0301 expected an operator or the end of the expression, found `NOT` @ NOT"},
    {"n IS 3",
     "E0301 expected `NULL`, `NOT NULL`, `TRUE`, `FALSE`, `UNKNOWN` or `DISTINCT FROM`, found "
     "`3` @ 3"},
    {"n IS NOT 3",
     "E0301 expected `NULL`, `TRUE`, `FALSE`, `UNKNOWN` or `DISTINCT FROM`, found `3` @ 3"},
    {"name LIKE", "E0301 expected an expression, found the end of the expression @ "},
    {"name SIMILAR 'a'", "E0301 expected `TO`, found `'a'` @ 'a'"},
    {"CAST(n STRING)", "E0301 expected an operator or `AS` and a type, found `STRING` @ STRING"},
    {"CAST(n AS STRNG)", "E0309 unknown type `STRNG` @ STRNG ^ did you mean `STRING`?"},
    {"CAST(n AS TEXT)", "E0309 unknown type `TEXT` @ TEXT ^ it is called `STRING` here"},
    {"CAST(n AS INT NOT NULL)", "E0309 a cast cannot make a value NOT NULL @ NOT NULL"},
    {"CAST(n AS DECIMAL(50, 2))", "E0309 the precision of a DECIMAL must be from 1 to 38 @ 50"},
    {"CAST(n AS DECIMAL(5, 6))", "E0309 the scale of this DECIMAL must be from 0 to 5 @ 6"},
    {"CAST(n AS TIMESTAMP(9))", "E0309 the digits of a second must be from 0 to 6 @ 9"},
    {"CAST(n AS TIMESTAMP WITH TIME ZONE)",
     "E0309 TIMESTAMP WITH TIME ZONE is not a type of this language @ TIME"},
    {"CAST(n AS MAP<INT, INT>)",
     "E0307 cannot cast INT to MAP<INT, INT> @ CAST(n AS MAP<INT, INT>)"},
    {"CAST(n AS MAP<INT>)", "E0301 expected `,` and the type of the values, found `>` @ >"},
    {"CAST(n AS BOOLEAN)", "E0307 cannot cast INT to BOOLEAN @ CAST(n AS BOOLEAN)"},
    {"CAST(tags AS INT)", "E0307 cannot cast ARRAY<STRING> to INT @ CAST(tags AS INT)"},
    {"n + name", "E0304 `+` cannot take (INT, STRING) @ +"},
    {"name + 'x'", "E0304 `+` cannot take (STRING, STRING) @ +"},
    {"-name", "E0304 `-` cannot take (STRING) @ -"},
    {"+name", "E0305 `+` cannot take STRING @ +"},
    {"NOT n", "E0305 the operand of NOT must be BOOLEAN, this is INT @ n"},
    {"n AND ok", "E0305 an operand of AND must be BOOLEAN, this is INT @ n"},
    {"ok OR 1", "E0305 an operand of OR must be BOOLEAN, this is INT @ 1"},
    {"n = name", "E0306 cannot compare INT with STRING @ ="},
    {"ts = 5", "E0306 cannot compare TIMESTAMP(3) with INT @ ="},
    {"ts > 'yesterday'",
     "E0308 not a valid timestamp @ 'yesterday' ^ it is compared with TIMESTAMP(3)"},
    {"day = '2020-02-30'", "E0308 not a valid date @ '2020-02-30' ^ it is compared with DATE"},
    {"DATE '2020-02-30'", "E0308 not a valid date @ '2020-02-30'"},
    {"TIMESTAMP '2020-02-29 25:00:00'", "E0308 not a valid timestamp @ '2020-02-29 25:00:00'"},
    {"TIMESTAMP '2020-02-29 23:00:00.1234567'",
     "E0308 not a valid timestamp @ '2020-02-29 23:00:00.1234567'"},
    {"TIME '10:00:00'", "E0202 the type TIME is not supported yet @ TIME"},
    {"INTERVAL '5' FORTNIGHT",
     "E0301 expected the interval's unit (`YEAR`, `MONTH`, `DAY`, `HOUR`, `MINUTE`, "
     "`SECOND`), found `FORTNIGHT` @ FORTNIGHT"},
    {"INTERVAL 5 MINUTE",
     "E0301 the length of an interval stands in quotes @ 5 ^ write `INTERVAL '5'`"},
    {"INTERVAL '5:99' MINUTE TO SECOND", "E0308 not a valid interval of MINUTE TO SECOND @ '5:99'"},
    {"INTERVAL '5' MONTH TO DAY", "E0308 there are no intervals of MONTH TO DAY @ MONTH TO DAY"},
    {"INTERVAL 'x' DAY", "E0308 not a valid interval of DAY @ 'x'"},
    {"99999999999999999999999999999999999999999",
     "E0308 the number is out of range @ 99999999999999999999999999999999999999999"},
    {"1e999", "E0308 the number is out of range @ 1e999"},
    {"address.town", "E0317 unknown field `town` @ town"},
    {"n.x", "E0317 INT has no fields @ x"},
    {"orders.n", "E0302 columns are named without their stream @ orders.n ^ write `n`"},
    {"n[1]", "E0305 INT has no elements @ ["},
    {"tags['a']", "E0304 `[ ]` cannot take (ARRAY<STRING>, STRING) @ ["},
    {"CASE WHEN ok THEN 1 ELSE 'a' END",
     "E0306 the results of CASE have no type in common: INT and STRING @ CASE"},
    {"CASE WHEN n THEN 1 END", "E0305 the condition of WHEN must be BOOLEAN, this is INT @ n"},
    {"COALESCE(n, name)",
     "E0306 the arguments of COALESCE have no type in common: INT and STRING @ COALESCE(n, name)"},
    {"COALESCE()", "E0304 `coalesce` cannot take 0 arguments @ COALESCE"},
    {"IF(ok, 1)", "E0304 `if` cannot take 2 arguments @ IF"},
    {"IF(n, 1, 2)", "E0305 the condition of IF must be BOOLEAN, this is INT @ n"},
    {"NULLIF(n, name)", "E0306 cannot compare INT with STRING @ NULLIF"},
    {"sum(n)", "E0310 `sum` is an aggregate, it cannot stand here @ sum"},
    {"count(*)", "E0310 `count` is an aggregate, it cannot stand here @ count"},
    {"upper(DISTINCT name)", "E0318 `upper` is not an aggregate: it cannot have DISTINCT @ upper"},
    {"upper(*)", "E0318 `upper` is not an aggregate: it cannot have `*` @ upper"},
    {"upper(name) FILTER (WHERE ok)",
     "E0318 `upper` is not an aggregate: it cannot have FILTER @ upper"},
    {"upper(n)", "E0304 `upper` cannot take (INT) @ upper"},
    {"upper()", "E0304 `upper` needs an argument @ upper"},
    {"name LIKE name", "E0316 this argument of `like` must be a literal @ name"},
    {"name LIKE '('", "E0315 the pattern cannot be read @ '('"},
    {"NULL", "E0305 NULL has no type here @ NULL"},
    {"x -> x + 1", "E0301 a lambda can only be an argument @ ->"},
    {"1 + x -> x", "E0301 a lambda can only be an argument @ ->"},
    {"upper(x -> x)", "E0304 a lambda cannot stand here @ x -> x"},
    {"upper((x, y) -> x)", "E0304 a lambda cannot stand here @ (x, y) -> x"},
    {"upper((x, x) -> x)", "E0301 the lambda has two parameters `x` @ x"},
    {"upper(in -> 1)", "E0301 `in` is a word of the language, no name @ in"},
    {"sum(n) OVER (PARTITION BY id)", "E0202 OVER windows are not supported yet @ OVER"},
    {"SELECT n", "E0301 a query cannot stand in an expression @ SELECT"},
    {"(SELECT n)", "E0301 a query cannot stand in an expression @ SELECT"},
    {"(n, 1)", "E0301 expected an operator or `)`, found `,` @ ,"},
    {"*", "E0301 expected an expression, found `*` @ *"},
    {"WHEN", "E0301 expected an expression, found `WHEN` @ WHEN"},
    {"EXTRACT(FORTNIGHT FROM ts)",
     "E0301 expected a unit of time (`YEAR`, `MONTH`, `DAY`, `HOUR`, `MINUTE`, `SECOND`, …), "
     "found `FORTNIGHT` @ FORTNIGHT"},
    {"EXTRACT(HOUR ts)", "E0301 expected `FROM`, found `ts` @ ts"},
    {"SUBSTRING(name FROM)", "E0301 expected an expression, found `)` @ )"},
    {"TRIM(BOTH name)", "E0301 expected an operator or `FROM`, found `)` @ )"},
    {"POSITION('a',", "E0301 expected an expression, found the end of the expression @ "},
    {"OVERLAY(name 'x')", "E0301 expected an operator or `PLACING`, found `'x'` @ 'x'"},
    {"FLOOR(ts TO)",
     "E0301 expected a unit of time (`YEAR`, `MONTH`, `DAY`, `HOUR`, `MINUTE`, `SECOND`, …), "
     "found `)` @ )"},
    {"tags[1", "E0301 expected `]`, found the end of the expression @ "},
    {"ARRAY[1, 'a']", "E0304 `array` cannot take (INT, STRING) @ ARRAY"},
    {"ARRAY[", "E0301 expected an expression, found the end of the expression @ "},
    {"a.b.c", "E0302 unknown column `a` in stream `orders` @ a"},
    {"upper(name", "E0301 expected an operator, `,` or `)`, found the end of the expression @ "},
    {"upper(name name)", "E0301 expected an operator, `,` or `)`, found `name` @ name"},
    {"upper(name,)", "E0301 expected an expression, found `)` @ )"},
    {"n n", "E0301 expected an operator or the end of the expression, found `n` @ n"},
    {"n 'x'", "E0301 expected an operator or the end of the expression, found `'x'` @ 'x'"},
    {"id <>", "E0301 expected an expression, found the end of the expression @ "},
    {"CAST(n AS)", "E0301 expected a type, found `)` @ )"},
    {"n::", "E0301 expected a type, found the end of the expression @ "},
    {"n::DECIMAL(a)", "E0301 expected a number, found `a` @ a"},
    {"n IS DISTINCT 3", "E0301 expected `FROM`, found `3` @ 3"},
    {"price => 3",
     "E0301 arguments by name are not part of the language @ => ^ write the argument alone"},
    {"n = '5'", "E0306 cannot compare INT with STRING @ ="},
    {"select", "E0302 unknown column `select` in stream `orders` @ select"},
};
INSTANTIATE_TEST_SUITE_P(Errors, WrongExpression, testing::ValuesIn(kErrors));

// --- several errors of one text ---

TEST(Errors, AllOperandsAreLookedAt) {
  Checking checking("nn + amuont * f(x)");
  checking.Scalar();
  EXPECT_EQ(checking.log().error_count(), 3u);
}

// --- as the user sees them ---

std::string Rendered(Checking& checking) {
  checking.Scalar();
  return RenderDiagnostics(checking.log(), {});
}

TEST(Errors, AreShownWithTheirLine) {
  Checking checking("n + prise * 2");
  SourceBuffer orders("orders.yaml", "sources:\n  orders:\n    schema: {price: INT}\n");
  checking.scope().input_span = {&orders, 23, 29};
  EXPECT_EQ(Rendered(checking),
            "error[E0302]: unknown column `prise` in stream `orders`\n"
            " --> test.yaml:1:5\n"
            "  |\n"
            "1 | n + prise * 2\n"
            "  |     ^^^^^ did you mean `price`?\n"
            "  |\n"
            " ::: orders.yaml:3:5\n"
            "  |\n"
            "3 |     schema: {price: INT}\n"
            "  |     ------ columns of `orders` are declared here\n"
            "  = help: flinkc explain-code E0302\n");
}

TEST(Errors, ShowBothSidesOfAComparison) {
  Checking checking("ok AND n = upper(name)");
  EXPECT_THAT(Rendered(checking), HasSubstr("1 | ok AND n = upper(name)\n"
                                            "  |          ^\n"
                                            "  |        - INT\n"
                                            "  |            ----------- STRING\n"));
}

TEST(Errors, PointIntoQuotedText) {
  // A double-quoted YAML scalar: the value's third byte stands behind an escape.
  SourceBuffer file("a.yaml", R"(filter: "n\t= amuont")");
  SourceText text;
  text.value = "n\t= amuont";
  text.span = {&file, 8, 21};
  text.offsets = {9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20};
  Checking checking("");
  EXPECT_EQ(CheckExpression(text, checking.scope(), checking.log()), nullptr);
  const SourceSpan span = checking.log().diagnostics()[0].span;
  EXPECT_EQ(file.text().substr(span.begin, span.end - span.begin), "amuont");
}

TEST(Errors, TellWhenYamlCutTheExpression) {
  SourceBuffer file("a.yaml", "compute: {revenue: coalesce(n, 0)}");
  SourceText text;
  text.value = "coalesce(n";
  text.span = {&file, 19, 29};
  Checking checking("");
  EXPECT_EQ(CheckExpression(text, checking.scope(), checking.log()), nullptr);
  EXPECT_THAT(checking.log().diagnostics()[0].help,
              testing::Contains(HasSubstr("put the expression in double quotes")));
}

TEST(Errors, TellWhenACommentCutTheExpression) {
  SourceBuffer file("a.yaml", "filter: n + # 1");
  SourceText text;
  text.value = "n +";
  text.span = {&file, 8, 11};
  Checking checking("");
  EXPECT_EQ(CheckExpression(text, checking.scope(), checking.log()), nullptr);
  EXPECT_THAT(checking.log().diagnostics()[0].help,
              testing::Contains(HasSubstr("YAML takes ` #` for a comment")));
}

// --- what an expression is wanted for ---

TEST(Predicate, MustBeBoolean) {
  EXPECT_EQ(Checking("n = 1").Predicate(), "n = 1 : BOOLEAN");
  EXPECT_EQ(Checking("NULL").Predicate(), "NULL : BOOLEAN");
  EXPECT_EQ(Checking("n").Predicate(), "E0305 a condition must be BOOLEAN, this is INT @ n");
}

TEST(Assignment, WidensAndTakesLiteralsThatFit) {
  EXPECT_EQ(Checking("n").As(DataType(TypeKind::kBigint)), "CAST(n AS BIGINT) : BIGINT");
  EXPECT_EQ(Checking("5").As(DataType(TypeKind::kTinyint)), "5 : TINYINT NOT NULL");
  EXPECT_EQ(Checking("5").As(DataType::Decimal(12, 2)), "5.00 : DECIMAL(12, 2) NOT NULL");
  EXPECT_EQ(Checking("0.1").As(DataType(TypeKind::kDouble)), "0.1e0 : DOUBLE NOT NULL");
  EXPECT_EQ(Checking("NULL").As(DataType::String()), "NULL : STRING");
  EXPECT_EQ(Checking("label").As(DataType::String()), "label : VARCHAR(10)");
}

TEST(Assignment, NeverNarrows) {
  EXPECT_EQ(Checking("id").As(DataType(TypeKind::kInt)), "E0305 expected INT, found BIGINT @ id");
  EXPECT_EQ(Checking("300").As(DataType(TypeKind::kTinyint)),
            "E0305 expected TINYINT, found INT @ 300");
  EXPECT_EQ(Checking("price").As(DataType::Decimal(12, 1)),
            "E0305 expected DECIMAL(12, 1), found DECIMAL(12, 2) @ price");
  EXPECT_EQ(Checking("name").As(DataType::String(10)),
            "E0305 expected VARCHAR(10), found STRING @ name");
}

TEST(Assignment, RefusesNullWhereNoneMayBe) {
  EXPECT_EQ(Checking("n").As(DataType(TypeKind::kInt, false)),
            "E0305 expected INT NOT NULL, but this can be NULL @ n");
  EXPECT_EQ(Checking("COALESCE(n, 0)").As(DataType(TypeKind::kInt, false)),
            "COALESCE(n, 0) : INT NOT NULL");
}

}  // namespace
}  // namespace flinkc
