#include "compiler/plan/logical_plan.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace flinkc {

const LogicalOperator& LogicalPlan::Get(OperatorId id) const {
  for (const LogicalOperator& op : operators) {
    if (op.id == id) return op;
  }
  CHECK(false && "no operator of this id");
}

LogicalOperator& LogicalPlan::Get(OperatorId id) {
  return const_cast<LogicalOperator&>(std::as_const(*this).Get(id));
}

std::vector<LogicalPlan::Consumer> LogicalPlan::ConsumersOf(OperatorId id, uint32_t output) const {
  std::vector<Consumer> consumers;
  for (const LogicalOperator& op : operators) {
    for (uint32_t i = 0; i < op.inputs.size(); ++i) {
      if (op.inputs[i] == LogicalInput{id, output}) consumers.push_back({op.id, i});
    }
  }
  return consumers;
}

OperatorId LogicalPlan::NextId() const {
  uint32_t next = 0;
  for (const LogicalOperator& op : operators) next = std::max(next, op.id.value() + 1);
  return OperatorId(next);
}

}  // namespace flinkc
