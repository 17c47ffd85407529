#include <algorithm>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"
#include "compiler/plan/rewrite.h"

namespace flinkc {

namespace {

// `a` then `b` is `a AND b`, except that AND also evaluates b where a is NULL: b must not fail
// then. Where b may fail it also tells its own step. a is evaluated as before, but tells b's step.
bool MergeInto(LogicalPlan& plan, LogicalOperator& outer) {
  FilterOp* filter = outer.As<FilterOp>();
  if (filter == nullptr || outer.errors_output || filter->predicate->fallible()) return false;
  const LogicalInput input = outer.inputs[0];
  const LogicalOperator* inner = Producer(plan, input);
  const FilterOp* below = inner->As<FilterOp>();
  if (below == nullptr || inner->errors_output || below->predicate->fallible() ||
      inner->parallelism != outer.parallelism || !HasOneReader(plan, input)) {
    return false;
  }
  std::vector<ExprPtr> conditions = Conjuncts(below->predicate);
  for (ExprPtr& condition : Conjuncts(filter->predicate)) conditions.push_back(condition);
  filter->predicate = Conjunction(std::move(conditions));
  const OperatorId removed = inner->id;
  MergeStreams(plan, {removed, 0}, {outer.id, 0});
  outer.inputs[0] = inner->inputs[0];
  std::erase_if(plan.operators, [&](const LogicalOperator& op) { return op.id == removed; });
  return true;
}

}  // namespace

uint32_t MergeFilters(LogicalPlan& plan, const OptimizeOptions&) {
  uint32_t changes = 0;
  for (size_t i = 0; i < plan.operators.size();) {
    if (MergeInto(plan, plan.operators[i])) {
      ++changes;
      --i;  // the inner one stood before this
    } else {
      ++i;
    }
  }
  return changes;
}

}  // namespace flinkc
