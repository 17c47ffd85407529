#include "compiler/expression/serialize.h"

#include <random>
#include <string>
#include <string_view>

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "tests/unit/compiler/expression/checking.h"
#include "tests/unit/compiler/expression/test_registry.h"

namespace flinkc {
namespace {

ExprPtr Checked(std::string_view text) {
  Checking checking(text);
  ExprPtr expr = CheckExpression(checking.text(), checking.scope(), checking.log());
  EXPECT_NE(expr, nullptr) << text;
  return expr;
}

constexpr std::string_view kExpressions[] = {
    "1",
    "n + 1",
    "id * 0.908 > price",
    "CASE n WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE name END",
    "COALESCE(n, 0) IN (1, 2, 3) AND (ok IS NOT TRUE OR name LIKE 'a%')",
    "TRY_CAST(name AS INT)",
    "address.city || tags[2]",
    "ts >= '2020-01-01' AND EXTRACT(HOUR FROM ts) < 12",
    "CAST(NULL AS DECIMAL(20, 3))",
    "ARRAY[1, n]",
    "INTERVAL '1-2' YEAR TO MONTH",
};

TEST(Serialize, ReadsBackWhatWasWritten) {
  for (std::string_view text : kExpressions) {
    ExprPtr expr = Checked(text);
    proto::Expression message;
    ASSERT_TRUE(message.ParseFromString(ToProto(*expr).SerializeAsString()));
    auto read = FromProto(message, Orders(), TestRegistry());
    ASSERT_TRUE(read.has_value()) << text << ": " << read.error().message;
    EXPECT_TRUE((*read)->Equals(*expr)) << text;
    EXPECT_EQ((*read)->ToString(), expr->ToString());
    EXPECT_EQ((*read)->fallible(), expr->fallible());
  }
}

TEST(Serialize, ReadsAggregateCallsBack) {
  Checking checking("sum(DISTINCT n + 1) FILTER (WHERE ok)");
  AggregateScope scope;
  scope.input = &checking.scope();
  std::vector<AggregateCall> calls;
  ASSERT_NE(CheckAggregateExpression(checking.text(), scope, calls, checking.log()), nullptr);
  auto read = FromProto(ToProto(calls[0]), Orders(), TestRegistry());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->ToString(), "sum(DISTINCT n + 1) FILTER (WHERE ok)");
  EXPECT_EQ(read->resolution.accumulate, "sum");
}

TEST(Serialize, KeepsDepthThatProtobufWouldRefuse) {
  std::string text = "n";
  for (int i = 0; i < 200; ++i) text = "(" + text + " + 1)";
  ExprPtr expr = Checked(text);
  auto message = ToProto(*expr).SerializeAsString();
  proto::Expression parsed;
  ASSERT_TRUE(parsed.ParseFromString(message));
  EXPECT_TRUE(FromProto(parsed, Orders(), TestRegistry()).has_value());
}

// --- untrusted bytes ---

std::string ErrorOf(const proto::Expression& message) {
  auto read = FromProto(message, Orders(), TestRegistry());
  return read ? "no error" : read.error().message;
}

TEST(Serialize, RefusesAnotherKernel) {
  proto::Expression message = ToProto(*Checked("n + 1"));
  message.mutable_nodes(2)->mutable_call()->set_kernel("system");
  EXPECT_EQ(ErrorOf(message),
            "a stored expression: the function `add` is not what it was when the plan was made; "
            "compile the spec again");
}

TEST(Serialize, RefusesArgumentsOfOtherTypes) {
  proto::Expression message = ToProto(*Checked("n + 1"));
  *message.mutable_nodes(0) = ToProto(*Checked("name")).nodes(0);
  EXPECT_EQ(ErrorOf(message), "a stored expression: argument 1 of `add` is STRING, not INT");
}

TEST(Serialize, RefusesNullWhereNoneWasKnown) {
  proto::Expression message = ToProto(*Checked("id + id"));
  *message.mutable_nodes(0)->mutable_type() = ToProto(*Checked("n")).nodes(0).type();
  message.mutable_nodes(0)->set_column(1);
  EXPECT_EQ(ErrorOf(message),
            "a stored expression: argument 1 of `add` is INT, not BIGINT NOT NULL");
}

TEST(Serialize, RefusesColumnsThatAreNotThere) {
  proto::Expression message = ToProto(*Checked("n"));
  message.mutable_nodes(0)->set_column(99);
  EXPECT_EQ(ErrorOf(message), "a stored expression: column 99 of 14");
  message.mutable_nodes(0)->set_column(0);
  EXPECT_EQ(ErrorOf(message), "a stored expression: column `id` is BIGINT NOT NULL, not INT");
}

TEST(Serialize, RefusesCycles) {
  proto::Expression message = ToProto(*Checked("NOT ok"));
  message.mutable_nodes(1)->set_arguments(0, 1);
  EXPECT_EQ(ErrorOf(message), "a stored expression: an argument stands behind its use");
}

TEST(Serialize, RefusesTreesThatOnlySharingKeepsSmall) {
  proto::Expression message = ToProto(*Checked("ok AND ok"));
  for (uint32_t i = 2; i < 60; ++i) {
    proto::ExprNode node = message.nodes(static_cast<int>(i));
    node.clear_arguments();
    node.add_arguments(i);
    node.add_arguments(i);
    *message.add_nodes() = node;
  }
  EXPECT_EQ(ErrorOf(message), "a stored expression: it is too large or too deep");
}

TEST(Serialize, RefusesUnknownKindsAndLiteralsOfOtherTypes) {
  proto::Expression message = ToProto(*Checked("1"));
  message.mutable_nodes(0)->mutable_literal()->set_text("one");
  EXPECT_EQ(ErrorOf(message), "a stored expression: a literal is not of its type");
  message.mutable_nodes(0)->set_kind(77);
  EXPECT_EQ(ErrorOf(message), "a stored expression: there is no expression of kind 77");
  EXPECT_EQ(ErrorOf(proto::Expression()), "a stored expression: it is empty");
}

TEST(Serialize, SurvivesDamagedBytes) {
  google::protobuf::LogSilencer silencer;  // it complains about damaged names of ROW fields
  std::mt19937 random(7);
  for (std::string_view text : kExpressions) {
    const std::string bytes = ToProto(*Checked(text)).SerializeAsString();
    for (int round = 0; round < 300; ++round) {
      std::string damaged = bytes;
      for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
      proto::Expression message;
      if (!message.ParseFromString(damaged)) continue;
      auto read = FromProto(message, Orders(), TestRegistry());
      if (read) EXPECT_FALSE((*read)->ToString().empty());
    }
  }
}

}  // namespace
}  // namespace flinkc
