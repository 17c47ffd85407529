#include <algorithm>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"

namespace flinkc {

namespace {

// Nanoseconds would be nice; orders of magnitude do. A function with prepared state is a pattern,
// one with a context allocates, and views are longer than registers.
uint64_t Cost(const Expr& expr) {
  uint64_t cost = 0;
  for (const ExprPtr& argument : expr.arguments()) {
    // A lambda's body runs for each element.
    const bool is_body =
        expr.kind() == ExprKind::kHigherOrder && &argument == &expr.arguments().back();
    cost += is_body ? 16 * (Cost(*argument) + 1) : Cost(*argument);
    if (expr.kind() == ExprKind::kCall && argument->type().is_view()) cost += 4;
  }
  if (expr.kind() != ExprKind::kCall) return cost;
  const Resolution& resolution = expr.resolution();
  if (resolution.prepare != nullptr) return cost + 200;
  return cost + (resolution.takes_context ? 20 : 1);
}

}  // namespace

uint32_t OrderConditions(LogicalPlan& plan, const OptimizeOptions&) {
  uint32_t changes = 0;
  for (LogicalOperator& op : plan.operators) {
    FilterOp* filter = op.As<FilterOp>();
    // A condition that can fail fails, or is spared, where it was written.
    if (filter == nullptr || filter->predicate->fallible()) continue;
    std::vector<ExprPtr> conditions = Conjuncts(filter->predicate);
    std::vector<std::pair<uint64_t, size_t>> order;
    for (size_t i = 0; i < conditions.size(); ++i) order.emplace_back(Cost(*conditions[i]), i);
    if (std::ranges::is_sorted(order)) continue;
    std::ranges::sort(order);  // by cost, then as written
    std::vector<ExprPtr> ordered;
    for (const auto& [cost, index] : order) ordered.push_back(conditions[index]);
    filter->predicate = Conjunction(std::move(ordered));
    ++changes;
  }
  return changes;
}

}  // namespace flinkc
