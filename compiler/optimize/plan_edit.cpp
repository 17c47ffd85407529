#include "compiler/optimize/plan_edit.h"

#include <algorithm>

namespace flinkc {

namespace {

uint32_t Replace(ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& rewrite) {
  if (expr == nullptr) return 0;
  ExprPtr rewritten = rewrite(expr);
  if (rewritten == expr) return 0;
  expr = std::move(rewritten);
  return 1;
}

void AppendConjuncts(const ExprPtr& predicate, std::vector<ExprPtr>& conditions) {
  if (predicate->kind() != ExprKind::kAnd) {
    conditions.push_back(predicate);
    return;
  }
  for (const ExprPtr& argument : predicate->arguments()) AppendConjuncts(argument, conditions);
}

}  // namespace

uint32_t RewriteExpressions(LogicalOperator& op,
                            const std::function<ExprPtr(const ExprPtr&)>& rewrite) {
  uint32_t changes = 0;
  if (FilterOp* filter = op.As<FilterOp>()) {
    changes += Replace(filter->predicate, rewrite);
  } else if (ProjectOp* project = op.As<ProjectOp>()) {
    for (NamedExpr& column : project->columns) changes += Replace(column.expr, rewrite);
  } else if (UnnestOp* unnest = op.As<UnnestOp>()) {
    changes += Replace(unnest->array, rewrite);
  } else if (RouteOp* route = op.As<RouteOp>()) {
    for (RouteOp::Branch& branch : route->branches) changes += Replace(branch.predicate, rewrite);
  } else if (JoinOp* join = op.As<JoinOp>()) {
    changes += Replace(join->condition, rewrite);
  } else if (LookupOp* lookup = op.As<LookupOp>()) {
    changes += Replace(lookup->condition, rewrite);
  } else if (AggregateOp* aggregate = op.As<AggregateOp>()) {
    changes += RewriteCalls(aggregate->calls, rewrite);
  } else if (OverOp* over = op.As<OverOp>()) {
    changes += RewriteCalls(over->aggregate.calls, rewrite);
  } else if (MatchOp* match = op.As<MatchOp>()) {
    for (ExprPtr& condition : match->conditions) changes += Replace(condition, rewrite);
    changes += RewriteCalls(match->aggregates, rewrite);
  }
  return changes;
}

uint32_t RewriteCalls(std::vector<AggregateCall>& calls,
                      const std::function<ExprPtr(const ExprPtr&)>& rewrite) {
  uint32_t changes = 0;
  for (AggregateCall& call : calls) {
    for (ExprPtr& argument : call.arguments) changes += Replace(argument, rewrite);
    changes += Replace(call.filter, rewrite);
  }
  return changes;
}

LogicalOperator* Producer(LogicalPlan& plan, LogicalInput input) {
  for (LogicalOperator& op : plan.operators) {
    if (op.id == input.op) return &op;
  }
  return nullptr;
}

bool HasOneReader(const LogicalPlan& plan, LogicalInput output) {
  return plan.ConsumersOf(output.op, output.output).size() == 1;
}

ExprPtr Conjunction(std::vector<ExprPtr> conditions) {
  if (conditions.size() == 1) return conditions[0];
  bool nullable = std::ranges::any_of(
      conditions, [](const ExprPtr& condition) { return condition->type().nullable(); });
  SourceSpan span = conditions[0]->span();
  return Expr::Special(ExprKind::kAnd, DataType(TypeKind::kBoolean, nullable),
                       std::move(conditions), span);
}

std::vector<ExprPtr> Conjuncts(const ExprPtr& predicate) {
  std::vector<ExprPtr> conditions;
  AppendConjuncts(predicate, conditions);
  return conditions;
}

}  // namespace flinkc
