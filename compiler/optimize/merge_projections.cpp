// An error tells the step and the column that it happened in. So an inner projection that can fail
// keeps its name, and is merged only with one that does no more than choose and order columns.
#include <algorithm>
#include <map>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"
#include "compiler/plan/rewrite.h"

namespace flinkc {

namespace {

// `times`: how often the expression is evaluated for a row. A lambda's body is for each element: as
// good as twice.
void CountUses(const Expr& expr, int times, std::map<uint32_t, int>& uses) {
  if (expr.kind() == ExprKind::kColumn) uses[expr.column()] += times;
  for (const ExprPtr& argument : expr.arguments()) {
    const bool is_body =
        expr.kind() == ExprKind::kHigherOrder && &argument == &expr.arguments().back();
    CountUses(*argument, is_body ? 2 : times, uses);
  }
}

// Whether substituting `inner` into the expressions of `outer` computes nothing twice.
bool IsCheap(const std::vector<NamedExpr>& inner, const std::vector<NamedExpr>& outer) {
  std::map<uint32_t, int> uses;
  for (const NamedExpr& column : outer) CountUses(*column.expr, 1, uses);
  return std::ranges::all_of(uses, [&](const auto& use) {
    const ExprPtr& expr = inner[use.first].expr;
    return use.second == 1 || IsColumn(expr) || expr->kind() == ExprKind::kLiteral;
  });
}

// The projection whose rows only `outer` reads, if the two may be one.
LogicalOperator* FindInner(LogicalPlan& plan, const LogicalOperator& outer) {
  const ProjectOp* project = outer.As<ProjectOp>();
  if (project == nullptr) return nullptr;
  LogicalOperator* inner = Producer(plan, outer.inputs[0]);
  const ProjectOp* below = inner->As<ProjectOp>();
  bool fits = below != nullptr && outer.inputs[0].output == 0 &&
              inner->parallelism == outer.parallelism && HasOneReader(plan, outer.inputs[0]) &&
              IsCheap(below->columns, project->columns);
  return fits ? inner : nullptr;
}

// `outer` only chooses and orders: `inner` gives those columns itself.
bool ChooseInInner(LogicalPlan& plan, LogicalOperator& outer, LogicalOperator& inner) {
  std::vector<NamedExpr> chosen;
  const std::vector<NamedExpr>& columns = inner.As<ProjectOp>()->columns;
  bool renames = false;
  for (const NamedExpr& column : outer.As<ProjectOp>()->columns) {
    if (!IsColumn(column.expr)) return false;
    NamedExpr named = columns[column.expr->column()];
    if (named.expr->fallible() && named.name != column.name) return false;
    renames = renames || named.name != column.name;
    named.name = column.name;
    chosen.push_back(std::move(named));
  }
  inner.As<ProjectOp>()->columns = std::move(chosen);
  inner.outputs[0] = outer.outputs[0];
  const OperatorId removed = outer.id;
  // Columns that nobody reads go from a stream, but none gets another name.
  if (renames) MergeStreams(plan, {inner.id, 0}, {inner.id, 0});
  RedirectReaders(plan, {removed, 0}, {inner.id, 0});
  std::erase_if(plan.operators, [&](const LogicalOperator& op) { return op.id == removed; });
  return true;
}

// `outer` computes from what `inner` would have computed.
bool ComputeInOuter(LogicalPlan& plan, LogicalOperator& outer, const LogicalOperator& inner) {
  const std::vector<NamedExpr>& columns = inner.As<ProjectOp>()->columns;
  bool can_fail =
      std::ranges::any_of(columns, [](const NamedExpr& column) { return column.expr->fallible(); });
  if (can_fail || inner.errors_output) return false;
  std::vector<ExprPtr> substitutes;
  for (const NamedExpr& column : columns) substitutes.push_back(column.expr);
  for (NamedExpr& column : outer.As<ProjectOp>()->columns) {
    column.expr = SubstituteColumns(column.expr, substitutes);
  }
  const OperatorId removed = inner.id;
  MergeStreams(plan, {removed, 0}, {outer.id, 0});
  outer.inputs[0] = inner.inputs[0];
  std::erase_if(plan.operators, [&](const LogicalOperator& op) { return op.id == removed; });
  return true;
}

bool ChangesNothing(const LogicalPlan& plan, const LogicalOperator& op) {
  const ProjectOp* project = op.As<ProjectOp>();
  if (project == nullptr || op.errors_output) return false;
  const LogicalInput input = op.inputs[0];
  const LogicalOperator& below = plan.Get(input.op);
  if (op.parallelism != 0 && op.parallelism != below.parallelism) return false;
  if (op.outputs[0].schema != below.outputs[input.output].schema) return false;
  for (uint32_t i = 0; i < project->columns.size(); ++i) {
    const ExprPtr& expr = project->columns[i].expr;
    if (!IsColumn(expr) || expr->column() != i) return false;
  }
  return true;
}

}  // namespace

uint32_t MergeProjections(LogicalPlan& plan, const OptimizeOptions&) {
  uint32_t changes = 0;
  for (size_t i = 0; i < plan.operators.size();) {
    LogicalOperator& op = plan.operators[i];
    if (ChangesNothing(plan, op)) {
      RedirectReaders(plan, {op.id, 0}, op.inputs[0]);
      plan.operators.erase(plan.operators.begin() + static_cast<ptrdiff_t>(i));
      ++changes;
    } else if (LogicalOperator* inner = FindInner(plan, op);
               inner != nullptr &&
               (ChooseInInner(plan, op, *inner) || ComputeInOuter(plan, op, *inner))) {
      // One of two that stood up to here is gone; the other may merge again.
      ++changes;
      --i;
    } else {
      ++i;
    }
  }
  return changes;
}

}  // namespace flinkc
