#include "compiler/optimize/optimize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "compiler/optimize/rules.h"
#include "tests/unit/compiler/check/checked_spec.h"
#include "tests/unit/compiler/check/golden_case.h"

namespace flinkc {
namespace {

// Knows the value of some expressions by their text; all others fail.
class KnownValues : public ConstantEvaluator {
 public:
  std::optional<Value> Evaluate(const Expr& expr) const override {
    auto found = values_.find(expr.ToString());
    return found == values_.end() ? std::nullopt : std::optional<Value>(found->second);
  }

 private:
  std::map<std::string, Value> values_ = {
      {"2 * 3", Value{int64_t{6}}}, {"1 = 1", Value{true}}, {"1 = 2", Value{false}}};
};

// Sections: "all", or the name of the one rule that runs.
std::string Make(const GoldenCase& golden, const std::string& section) {
  CheckedSpec checked(golden.spec);
  if (!checked.plan) return checked.Printed();
  KnownValues evaluator;
  OptimizeOptions options;
  options.evaluator = &evaluator;
  options.registry = &TestFunctions();
  bool found = section == "all";
  for (std::string_view name : RuleNames()) {
    found = found || name == section;
    if (section != "all" && name != section) options.disabled_rules.emplace_back(name);
  }
  if (!found) return "there is no rule of this name";
  return WithoutSchemas(Print(Optimize(*checked.plan, options, nullptr)));
}

class OptimizeGoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(OptimizeGoldenTest, IsAsExpected) { CheckGolden(GetParam(), Make); }

INSTANTIATE_TEST_SUITE_P(Cases, OptimizeGoldenTest,
                         testing::ValuesIn(GoldenFiles("tests/unit/compiler/optimize/cases")));

TEST(Optimize, RulesHaveNamesAndReasons) {
  std::set<std::string_view> names;
  for (const Rule& rule : AllRules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.reason.empty()) << rule.name;
  }
  EXPECT_EQ(RuleNames().size(), AllRules().size());
}

TEST(Optimize, EachRuleCanBeSwitchedOffIsTimedAndTraced) {
  CheckedSpec checked(WithOrders(R"yaml(
streams: {s: {from: orders, filter: id > 1 AND id > 1}}
sinks: {out: {from: s, connector: blackhole}}
)yaml"));
  ASSERT_TRUE(checked.plan) << checked.Printed();
  OptimizeOptions options;
  options.trace = true;
  options.disabled_rules = {"prune_columns"};
  OptimizeReport report;
  LogicalPlan plan = Optimize(*checked.plan, options, &report);
  std::vector<std::string_view> ran;
  for (const RuleReport& rule : report.rules) {
    ran.push_back(rule.name);
    EXPECT_GE(rule.nanos, 0);
    EXPECT_EQ(rule.changes > 0, !rule.plan_text.empty()) << rule.name;
    if (rule.name == "simplify_predicates") {
      EXPECT_EQ(rule.changes, 1u);
      EXPECT_THAT(rule.plan_text, testing::HasSubstr("filter id > 1 <-"));
    }
  }
  EXPECT_THAT(ran, testing::Not(testing::Contains("prune_columns")));
  EXPECT_EQ(ran.size() + 1, AllRules().size());
}

TEST(Optimize, TheStrategyOfAggregatesIsTheUsers) {
  const auto splits = [](const std::string& strategy, const std::string& call) {
    CheckedSpec checked(WithOrders(
        "streams: {s: {from: orders, aggregate: {by: [store], emit: end, compute: {r: " + call +
        "}}}}\nsinks: {out: {from: s, connector: blackhole}}\n"));
    EXPECT_TRUE(checked.plan) << checked.Printed();
    checked.plan->parallelism = 2;
    checked.plan->config["table.optimizer.agg-phase-strategy"] = {strategy, "-D"};
    OptimizeOptions options;
    options.registry = &TestFunctions();
    return Print(Optimize(*checked.plan, options, nullptr)).find("local_aggregate") !=
           std::string::npos;
  };
  EXPECT_TRUE(splits("AUTO", "sum(amount)"));
  EXPECT_TRUE(splits("TWO_PHASE", "sum(amount)"));
  EXPECT_FALSE(splits("ONE_PHASE", "sum(amount)"));
  // What rounds is left alone where nobody has asked.
  EXPECT_FALSE(splits("AUTO", "avg(price)"));
  EXPECT_TRUE(splits("TWO_PHASE", "avg(price)"));
  EXPECT_TRUE(splits("AUTO", "min(price)"));
  EXPECT_FALSE(splits("TWO_PHASE", "first_value(price)"));
}

}  // namespace
}  // namespace flinkc
