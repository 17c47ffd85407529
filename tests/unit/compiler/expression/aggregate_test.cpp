#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

std::string Checked(std::string_view text) { return Checking(text).Aggregate(); }

TEST(Aggregate, CallsBecomeColumnsBehindKeysAndWindow) {
  EXPECT_EQ(Checked("count(*)"), "`count(*)` : BIGINT NOT NULL | count(*)");
  EXPECT_EQ(Checked("sum(n) + 1"), "`sum(n)` + 1 : INT | sum(n)");
  EXPECT_EQ(Checked("COALESCE(sum(price), 0)"),
            "COALESCE(`sum(price)`, 0.00) : DECIMAL(12, 2) NOT NULL | sum(price)");
  Checking checking("sum(n) + id");
  AggregateScope scope;
  scope.input = &checking.scope();
  scope.keys = {0, 2};
  scope.extra.Add({"window_start", DataType::Timestamp(3, false)});
  std::vector<AggregateCall> calls;
  ExprPtr expr = CheckAggregateExpression(checking.text(), scope, calls, checking.log());
  ASSERT_NE(expr, nullptr);
  EXPECT_EQ(expr->Columns(), (std::vector<uint32_t>{0, 3}));
}

TEST(Aggregate, EqualCallsAreOne) {
  EXPECT_EQ(Checked("sum(n) * sum(n) + max(n)"),
            "`sum(n)` * `sum(n)` + `max(n)` : INT | sum(n) | max(n)");
  EXPECT_EQ(Checked("count(n) + count(DISTINCT n) + count(n) FILTER (WHERE ok)"),
            "`count(n)` + `count(DISTINCT n)` + `count(n) FILTER (WHERE ok)` : BIGINT NOT NULL | "
            "count(n) | count(DISTINCT n) | count(n) FILTER (WHERE ok)");
}

TEST(Aggregate, SeesKeysAndTheWindow) {
  EXPECT_EQ(Checked("upper(name)"), "upper(name) : STRING");
  EXPECT_EQ(Checked("window_start"), "window_start : TIMESTAMP(3) NOT NULL");
  EXPECT_EQ(Checked("id + count(*)"), "id + `count(*)` : BIGINT NOT NULL | count(*)");
}

TEST(Aggregate, OtherColumnsNeedAnAggregate) {
  EXPECT_EQ(
      Checked("n"),
      "E0311 column `n` is neither a key nor inside an aggregate @ n ^ many rows, one result");
  EXPECT_EQ(Checked("sum(n) + price"),
            "E0311 column `price` is neither a key nor inside an aggregate @ price ^ many rows, "
            "one result");
  EXPECT_EQ(Checked("sum(amuont)"), "E0302 unknown column `amuont` in stream `orders` @ amuont");
  EXPECT_EQ(Checked("windw_start"),
            "E0302 unknown column `windw_start` in stream `orders` @ windw_start ^ did you mean "
            "`window_start`?");
}

TEST(Aggregate, DoNotNest) {
  EXPECT_EQ(Checked("sum(max(n))"), "E0312 `max` stands inside of another aggregate @ max");
  EXPECT_EQ(Checked("sum(n) FILTER (WHERE max(n) > 1)"),
            "E0312 `max` stands inside of another aggregate @ max");
}

TEST(Aggregate, WrongCalls) {
  EXPECT_EQ(Checked("sum(name)"), "E0304 `sum` cannot take (STRING) @ sum");
  EXPECT_EQ(Checked("sum(*)"), "E0304 `sum(*)` makes no sense @ sum");
  EXPECT_EQ(Checked("count(DISTINCT)"), "E0304 DISTINCT needs an argument @ count");
  EXPECT_EQ(Checked("sum(n) FILTER (WHERE n)"),
            "E0305 the condition of FILTER must be BOOLEAN, this is INT @ n");
  EXPECT_EQ(Checked("sum(n) FILTER (n)"), "E0301 expected `WHERE`, found `n` @ n");
}

TEST(Aggregate, HavingSeesWhatWasComputed) {
  Checking checking("total > 5 AND count(*) > 1");
  AggregateScope scope;
  scope.input = &checking.scope();
  scope.keys = {0};
  std::map<std::string, ExprPtr> computed = {
      {"total", Expr::Column(1, "sum(n)", DataType(TypeKind::kInt), SourceSpan())}};
  scope.computed = &computed;
  std::vector<AggregateCall> calls(1);  // sum(n)
  ExprPtr expr = CheckAggregateExpression(checking.text(), scope, calls, checking.log());
  ASSERT_NE(expr, nullptr);
  EXPECT_EQ(expr->ToString(), "`sum(n)` > 5 AND `count(*)` > 1");
  EXPECT_EQ(expr->Columns(), (std::vector<uint32_t>{1, 2}));
}

}  // namespace
}  // namespace flinkc
