#include "compiler/plan/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinkc {
namespace {

using testing::ElementsAre;

// An operator that reads the main outputs of `inputs`.
LogicalOperator Operator(uint32_t id, OperatorVariant op, std::vector<uint32_t> inputs) {
  LogicalOperator made;
  made.id = OperatorId(id);
  made.op = std::move(op);
  for (uint32_t input : inputs) made.inputs.push_back({OperatorId(input), 0});
  return made;
}

std::vector<uint32_t> Ids(const LogicalPlan& plan) {
  std::vector<uint32_t> ids;
  for (const LogicalOperator& op : plan.operators) ids.push_back(op.id.value());
  return ids;
}

LogicalPlan PlanOf(std::vector<LogicalOperator> operators) {
  LogicalPlan plan;
  plan.operators = std::move(operators);
  return plan;
}

TEST(RemoveUnused, KeepsWhatLeadsToASink) {
  LogicalPlan plan = PlanOf({Operator(0, SourceOp(), {}), Operator(1, SourceOp(), {}),
                             Operator(2, FilterOp(), {0}), Operator(3, FilterOp(), {1}),
                             Operator(4, FilterOp(), {3}), Operator(5, SinkOp(), {2})});
  RemoveUnused(plan);
  EXPECT_THAT(Ids(plan), ElementsAre(0, 2, 5));
}

TEST(SortTopologically, PutsInputsBeforeTheirReadersAndElseChangesNothing) {
  LogicalPlan plan = PlanOf({Operator(5, SinkOp(), {2}), Operator(0, SourceOp(), {}),
                             Operator(2, UnionOp(), {0, 1}), Operator(1, SourceOp(), {})});
  SortTopologically(plan);
  EXPECT_THAT(Ids(plan), ElementsAre(0, 1, 2, 5));
  SortTopologically(plan);
  EXPECT_THAT(Ids(plan), ElementsAre(0, 1, 2, 5));
}

TEST(RedirectReaders, ChangesEveryReaderOfThatOutputAlone) {
  LogicalPlan plan = PlanOf({Operator(0, SourceOp(), {}), Operator(1, FilterOp(), {0}),
                             Operator(2, UnionOp(), {1, 1}), Operator(3, SinkOp(), {2})});
  plan.operators[3].inputs[0] = {OperatorId(1), 1};
  RedirectReaders(plan, {OperatorId(1), 0}, {OperatorId(0), 0});
  EXPECT_EQ(plan.operators[2].inputs[0], (LogicalInput{OperatorId(0), 0}));
  EXPECT_EQ(plan.operators[2].inputs[1], (LogicalInput{OperatorId(0), 0}));
  EXPECT_EQ(plan.operators[3].inputs[0], (LogicalInput{OperatorId(1), 1}));
}

TEST(LogicalPlan, KnowsTheReadersOfAnOutput) {
  const LogicalPlan plan = PlanOf({Operator(0, SourceOp(), {}), Operator(4, UnionOp(), {0, 0})});
  const auto readers = plan.ConsumersOf(OperatorId(0), 0);
  ASSERT_EQ(readers.size(), 2u);
  EXPECT_EQ(readers[1].op, OperatorId(4));
  EXPECT_EQ(readers[1].input, 1u);
  EXPECT_TRUE(plan.ConsumersOf(OperatorId(0), 1).empty());
  EXPECT_EQ(plan.NextId(), OperatorId(5));
}

}  // namespace
}  // namespace flinkc
