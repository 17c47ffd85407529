#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

const DataType kInt(TypeKind::kInt);
const DataType kBigint(TypeKind::kBigint);

TEST(Macro, IsInlinedWithItsArgumentsCast) {
  Checking checking("twice(n + 1)");
  checking.AddMacro("twice", {{"x", kBigint}}, "x + x");
  EXPECT_EQ(checking.Scalar(), "CAST(n + 1 AS BIGINT) + CAST(n + 1 AS BIGINT) : BIGINT");
}

TEST(Macro, KeepsWhatItKnowsOfNull) {
  Checking checking("next(id)");
  checking.AddMacro("next", {{"x", kBigint}}, "x + 1");
  EXPECT_EQ(checking.Scalar(), "id + 1 : BIGINT NOT NULL");
}

TEST(Macro, CastsToWhatItReturns) {
  Checking checking("next(n)");
  checking.AddMacro("next", {{"x", kInt}}, "x + 1", kBigint);
  EXPECT_EQ(checking.Scalar(), "CAST(n + 1 AS BIGINT) : BIGINT");
  Checking wrong("next(n)");
  wrong.AddMacro("next", {{"x", kInt}}, "x + 1", DataType::String());
  EXPECT_EQ(wrong.Scalar(), "E0305 expected STRING, found INT @ x + 1");
}

TEST(Macro, SeesOnlyItsArguments) {
  Checking checking("next(n)");
  checking.AddMacro("next", {{"x", kInt}}, "x + id");
  EXPECT_EQ(checking.Scalar(), "E0302 `id` is not an argument of this function @ id");
}

TEST(Macro, CallsOthersAndItselfOnItsResult) {
  Checking checking("twice(twice(n))");
  checking.AddMacro("twice", {{"x", kInt}}, "sum_of(x, x)");
  checking.AddMacro("sum_of", {{"a", kInt}, {"b", kInt}}, "a + b");
  EXPECT_EQ(checking.Scalar(), "n + n + (n + n) : INT");
}

TEST(Macro, DoesNotCallItself) {
  Checking checking("f(n)");
  checking.AddMacro("f", {{"x", kInt}}, "g(x) + 1");
  checking.AddMacro("g", {{"x", kInt}}, "f(x)");
  EXPECT_EQ(checking.Scalar(), "E0314 the function `f` calls itself @ f");
}

TEST(Macro, HasItsOwnArguments) {
  Checking checking("f(n, 1)");
  checking.AddMacro("f", {{"x", kInt}}, "x");
  EXPECT_EQ(checking.Scalar(), "E0304 `f` takes 1 argument, not 2 @ f");
  Checking wrong("f(name)");
  wrong.AddMacro("f", {{"x", kInt}}, "x");
  EXPECT_EQ(wrong.Scalar(), "E0305 expected INT, found STRING @ name");
  Checking unused("f(amuont)");
  unused.AddMacro("f", {{"x", kInt}}, "1");
  EXPECT_EQ(unused.Scalar(), "E0302 unknown column `amuont` in stream `orders` @ amuont");
}

TEST(Macro, MayHoldAggregates) {
  Checking checking("rate(n)");
  checking.AddMacro("rate", {{"x", kInt}}, "sum(x) / count(*)");
  EXPECT_EQ(checking.Aggregate(),
            "CAST(`sum(n)` AS BIGINT) / `count(*)` : BIGINT | sum(n) | count(*)");
  Checking scalar("rate(n)");
  scalar.AddMacro("rate", {{"x", kInt}}, "sum(x) / count(*)");
  EXPECT_EQ(scalar.Scalar(), "E0310 `sum` is an aggregate, it cannot stand here @ sum");
}

TEST(Macro, CannotGrowWithoutBound) {
  Checking checking("f0(n)");
  for (int i = 0; i < 40; ++i) {
    std::string next = "f" + std::to_string(i + 1);
    checking.AddMacro("f" + std::to_string(i), {{"x", kInt}}, next + "(x) + " + next + "(x)");
  }
  checking.AddMacro("f40", {{"x", kInt}}, "x");
  EXPECT_TRUE(checking.Scalar().starts_with("E0313 ")) << checking.Scalar();
  EXPECT_EQ(checking.log().error_count(), 1u);
}

}  // namespace
}  // namespace flinkc
