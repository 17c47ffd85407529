// What several rules need to look at a plan and to change it.
#pragma once

#include <functional>

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// Replaces every expression of the operator (predicates, columns, arrays, arguments and filters of
// aggregates) by what `rewrite` makes of it. Returns how many changed. Types must stay.
uint32_t RewriteExpressions(LogicalOperator& op,
                            const std::function<ExprPtr(const ExprPtr&)>& rewrite);

// The same of the arguments and filters of aggregates.
uint32_t RewriteCalls(std::vector<AggregateCall>& calls,
                      const std::function<ExprPtr(const ExprPtr&)>& rewrite);

// The operator whose output `input` is, or nullptr. Operators have not moved since `plan` was last
// changed.
LogicalOperator* Producer(LogicalPlan& plan, LogicalInput input);
// Whether `output` is read once.
bool HasOneReader(const LogicalPlan& plan, LogicalInput output);

// Whether evaluating `expr` can neither fail nor depend on when that happens.
inline bool IsPure(const Expr& expr) { return !expr.fallible() && !expr.is_volatile(); }
inline bool IsColumn(const ExprPtr& expr) { return expr->kind() == ExprKind::kColumn; }

// AND of all, in this order; itself if it is one.
ExprPtr Conjunction(std::vector<ExprPtr> conditions);
// The arguments of an AND, nested ones included; `predicate` itself if it is none.
std::vector<ExprPtr> Conjuncts(const ExprPtr& predicate);

}  // namespace flinkc
