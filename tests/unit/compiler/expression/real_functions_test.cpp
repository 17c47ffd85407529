// Expressions of real jobs over the functions of stdlib-operators, whose records say what types
// they take: what the checker expects of them holds.
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "compiler/expression/serialize.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/functions/registry.h"
#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

const FunctionRegistry& RealRegistry() {
  static const FunctionRegistry* const registry = [] {
    auto* filled = new FunctionRegistry();
    RegisterStdFunctions(*filled);
    RegisterStdAggregates(*filled);
    return filled;
  }();
  return *registry;
}

std::string Checked(std::string_view text) {
  Checking checking(text);
  checking.scope().registry = &RealRegistry();
  return checking.Scalar();
}

std::string CheckedAggregate(std::string_view text) {
  Checking checking(text);
  checking.scope().registry = &RealRegistry();
  return checking.Aggregate();
}

TEST(RealFunctions, HaveAllOperators) {
  for (std::string_view name :
       {"add", "subtract", "multiply", "divide", "modulo", "negate", "equal", "not_equal", "less",
        "less_equal", "greater", "greater_equal", "concat", "like", "similar", "is_distinct",
        "extract"}) {
    EXPECT_NE(RealRegistry().FindFunction(name), nullptr) << name;
  }
}

TEST(RealFunctions, OfTheBenchmark) {
  const std::pair<std::string_view, std::string_view> kExpressions[] = {
      {"0.908 * id", "0.908 * CAST(id AS DECIMAL(19, 0)) : DECIMAL(24, 3) NOT NULL"},
      {"CAST(0.908 * id AS DECIMAL(23, 3))",
       "CAST(0.908 * CAST(id AS DECIMAL(19, 0)) AS DECIMAL(23, 3)) : DECIMAL(23, 3)"},
      {"MOD(id, 123) = 0", "id % 123 = 0 : BOOLEAN NOT NULL"},
      {"CASE WHEN HOUR(ts) >= 8 AND HOUR(ts) <= 18 THEN 'dayTime' ELSE 'otherTime' END",
       "CASE WHEN hour(ts) >= 8 AND hour(ts) <= 18 THEN 'dayTime' ELSE 'otherTime' END : STRING "
       "NOT NULL"},
      {"REGEXP_EXTRACT(name, '(&|^)channel_id=([^&]*)', 2)",
       "regexp_extract(name, '(&|^)channel_id=([^&]*)', 2) : STRING"},
      {"SPLIT_INDEX(name, '/', 3)", "split_index(name, '/', 3) : STRING"},
      {"ts + INTERVAL '1' HOUR", "ts + INTERVAL '1' HOUR : TIMESTAMP(3) NOT NULL"},
      {"INTERVAL '1' HOUR + ts", "ts + INTERVAL '1' HOUR : TIMESTAMP(3) NOT NULL"},
  };
  for (const auto& [text, checked] : kExpressions) EXPECT_EQ(Checked(text), checked);
}

TEST(RealFunctions, UnitsPrintAsTheyAreRead) {
  for (std::string_view text : {"EXTRACT(HOUR FROM ts)", "TIMESTAMPADD(MONTH, n, ts)",
                                "TIMESTAMPDIFF(DAY, ts, ts)", "floor(ts, 'HOUR')"}) {
    const std::string checked = Checked(text);
    EXPECT_EQ(checked.substr(0, checked.rfind(" : ")), text);
  }
}

TEST(RealFunctions, OfLambdas) {
  const std::pair<std::string_view, std::string_view> kExpressions[] = {
      {"array_transform(tags, t -> upper(t))",
       "array_transform(tags, t -> upper(t)) : ARRAY<STRING>"},
      {"array_filter(tags, name -> name = 'x')",
       "array_filter(tags, name -> name = 'x') : ARRAY<STRING>"},
      {"transform(tags, `two words` -> `two words` || name)",
       "array_transform(tags, `two words` -> `two words` || name) : ARRAY<STRING>"},
      {"any_match(tags, t -> t IS NULL)", "any_match(tags, t -> t IS NULL) : BOOLEAN"},
      {"array_reduce(tags, 0, (n, t) -> n + CAST(char_length(t) AS BIGINT))",
       "array_reduce(tags, COALESCE(0), (n, t) -> n + CAST(char_length(t) AS BIGINT)) : BIGINT"},
      {"array_transform(tags, x -> array_transform(tags, y -> x || y))",
       "array_transform(tags, x -> array_transform(tags, y -> x || y)) : ARRAY<ARRAY<STRING>>"},
      {"map_filter(MAP[name, n], (k, v) -> v > 1)",
       "map_filter(MAP[name, n], (k, v) -> v > 1) : MAP<STRING, INT>"},
      {"MAP[name, n]['a']", "MAP[name, n]['a'] : INT"},
      {"CAST(ARRAY[n] AS ARRAY<STRING>)",
       "array_transform(ARRAY[n], x -> CAST(x AS STRING)) : ARRAY<STRING> NOT NULL"},
      {"array_append(ARRAY[n], id)",
       "array_append(array_transform(ARRAY[n], x -> CAST(x AS BIGINT)), id) : ARRAY<BIGINT>"},
      {"JSON_VALUE(name, '$.a' RETURNING INT DEFAULT n ON EMPTY)",
       "json_value(name, '$.a', 'INT DEFAULT NULL', n, NULL) : INT"},
  };
  for (const auto& [text, checked] : kExpressions) EXPECT_EQ(Checked(text), checked);
}

TEST(RealFunctions, OfLambdasThatAreWrong) {
  const std::pair<std::string_view, std::string_view> kExpressions[] = {
      {"array_transform(tags)",
       "E0304 `array_transform` takes one value and a lambda of one parameter @ array_transform"},
      {"array_transform(tags, upper(name))",
       "E0304 `array_transform` takes one value and a lambda of one parameter @ array_transform"},
      {"array_transform(tags, (a, b) -> a)",
       "E0304 `array_transform` takes one value and a lambda of one parameter @ array_transform"},
      {"array_transform(name, x -> x)",
       "E0304 `array_transform` cannot take (STRING) @ array_transform"},
      {"array_filter(tags, t -> upper(t))",
       "E0305 the condition of `array_filter` must be BOOLEAN, this is STRING @ upper(t)"},
      {"array_transform(tags, t -> u)", "E0302 unknown column `u` in stream `orders` @ u"},
      {"array_transform(tags, t -> NULL)",
       "E0305 the lambda of `array_transform` gives NULL @ NULL"},
      {"array_reduce(tags, 0, (n, t) -> t)",
       "E0305 the lambda of `array_reduce` must give the type of the initial value, INT, this is "
       "STRING @ t"},
      {"JSON_VALUE(name, 'a')", "E0315 the path `a` is not valid: it begins with `$` @ 'a'"},
      {"JSON_VALUE(name, '$[?(@.a > 1)]')",
       "E0315 the path `$[?(@.a > 1)]` is not valid: filters are not supported @ '$[?(@.a > 1)]'"},
      {"JSON_VALUE(name, name)", "E0316 this argument of `json_value` must be a literal @ name"},
      {"JSON_VALUE(name, '$' RETURNING DATE)", "E0301 JSON_VALUE cannot give DATE @ DATE"},
      {"JSON_OBJECT(name VALUE 1)",
       "E0305 a name in JSON is STRING NOT NULL, this is STRING @ name"},
      {"decode(X'00', 'EBCDIC')",
       "E0315 there is no such character set here: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE "
       "and UTF-16LE are known @ 'EBCDIC'"},
  };
  for (const auto& [text, checked] : kExpressions) EXPECT_EQ(Checked(text), checked);
  EXPECT_EQ(CheckedAggregate("array_transform(array_agg(tags), t -> sum(n))").substr(0, 5),
            "array");
  EXPECT_EQ(CheckedAggregate("array_transform(array_agg(n), x -> sum(x))").substr(0, 6), "E0310 ");
}

TEST(RealFunctions, AggregatesOfTheFlightsJob) {
  EXPECT_EQ(
      CheckedAggregate("count(*) FILTER (WHERE n > 15) * 1.0 / count(*)"),
      "CAST(`count(*) FILTER (WHERE n > 15)` AS DECIMAL(19, 0)) * 1.0 / CAST(`count(*)` AS "
      "DECIMAL(19, 0)) : DECIMAL(38, 17) NOT NULL | count(*) FILTER (WHERE n > 15) | count(*)");
  EXPECT_EQ(CheckedAggregate("avg(n)"), "`avg(n)` : INT | avg(n)");
  EXPECT_TRUE(CheckedAggregate("percentile(n, 0.95)").ends_with("0.95e0)"));
  EXPECT_TRUE(CheckedAggregate("percentile(n, n)").starts_with("E0304 "));
}

TEST(RealFunctions, BadConstantsAreFoundWhenTheSpecIsChecked) {
  EXPECT_TRUE(Checked("REGEXP_REPLACE(name, '(', 'x')").starts_with("E0315 the regular expression"))
      << Checked("REGEXP_REPLACE(name, '(', 'x')");
}

TEST(RealFunctions, AreResolvedAgainWhenAPlanIsRead) {
  for (std::string_view text :
       {"0.908 * id", "n / 2 + small", "REGEXP_EXTRACT(name, '(a)', 1)", "name LIKE 'a%'",
        "EXTRACT(HOUR FROM ts)", "CAST(name AS DECIMAL(10, 2))", "TRY_CAST(name AS INT) = NULL",
        "price / 3 - score", "ts > '2020-01-01'", "name IS DISTINCT FROM NULL",
        "array_transform(tags, t -> t || name)", "array_reduce(tags, 0, (n, t) -> n + 1)",
        "array_transform(tags, x -> array_filter(tags, x -> x = name))",
        "CAST(ROW(n, tags) AS ROW<a STRING, b ARRAY<VARCHAR(3)>>)", "CAST(MAP[name, n] AS STRING)",
        "JSON_QUERY(name, '$.a' WITH WRAPPER EMPTY ARRAY ON ERROR)",
        "JSON_OBJECT('a' VALUE tags, 'b' VALUE address ABSENT ON NULL)"}) {
    Checking checking(text);
    checking.scope().registry = &RealRegistry();
    ExprPtr expr = CheckExpression(checking.text(), checking.scope(), checking.log());
    ASSERT_NE(expr, nullptr) << text;
    auto read = FromProto(ToProto(*expr), Orders(), RealRegistry());
    ASSERT_TRUE(read.has_value()) << text << ": " << read.error().message;
    EXPECT_TRUE((*read)->Equals(*expr)) << text;
  }
}

}  // namespace
}  // namespace flinkc
