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
  for (std::string_view text :
       {"EXTRACT(HOUR FROM ts)", "TIMESTAMPADD(MONTH, n, ts)", "TIMESTAMPDIFF(DAY, ts, ts)",
        "floor(ts, 'HOUR')"}) {
    const std::string checked = Checked(text);
    EXPECT_EQ(checked.substr(0, checked.rfind(" : ")), text);
  }
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
        "price / 3 - score", "ts > '2020-01-01'", "name IS DISTINCT FROM NULL"}) {
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
