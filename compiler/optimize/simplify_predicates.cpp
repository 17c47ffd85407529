#include <algorithm>
#include <optional>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"
#include "compiler/plan/rewrite.h"

namespace flinkc {

namespace {

std::optional<bool> BooleanLiteral(const ExprPtr& expr) {
  if (expr->kind() != ExprKind::kLiteral) return std::nullopt;
  const bool* value = std::get_if<bool>(&expr->literal().data);
  return value == nullptr ? std::nullopt : std::optional<bool>(*value);
}

ExprPtr MakeBoolean(bool value, SourceSpan span) {
  Value literal;
  literal.data = value;
  return Expr::Literal(std::move(literal), DataType(TypeKind::kBoolean, false), span);
}

void Flatten(const ExprPtr& expr, ExprKind kind, std::vector<ExprPtr>& arguments) {
  if (expr->kind() != kind) {
    arguments.push_back(expr);
    return;
  }
  for (const ExprPtr& argument : expr->arguments()) Flatten(argument, kind, arguments);
}

ExprPtr Simplify(const ExprPtr& expr);

// AND stops at FALSE and ignores TRUE; OR the other way round.
ExprPtr SimplifyConnective(const ExprPtr& expr) {
  const bool is_and = expr->kind() == ExprKind::kAnd;
  std::vector<ExprPtr> flat;
  Flatten(expr, expr->kind(), flat);
  std::vector<ExprPtr> kept;
  for (const ExprPtr& argument : flat) {
    ExprPtr simple = Simplify(argument);
    std::optional<bool> literal = BooleanLiteral(simple);
    if (literal == is_and) continue;
    bool is_repeated = IsPure(*simple) && std::ranges::any_of(kept, [&](const ExprPtr& other) {
                         return other->Equals(*simple);
                       });
    if (is_repeated) continue;
    if (literal == !is_and) {
      // What stands behind is never evaluated. What stands before may still fail.
      if (std::ranges::all_of(kept, [](const ExprPtr& other) { return !other->fallible(); })) {
        return simple;
      }
      kept.push_back(simple);
      break;
    }
    kept.push_back(std::move(simple));
  }
  if (kept.empty()) return MakeBoolean(is_and, expr->span());
  if (kept.size() == 1) return kept[0];
  if (kept == expr->arguments()) return expr;
  bool nullable =
      std::ranges::any_of(kept, [](const ExprPtr& other) { return other->type().nullable(); });
  return Expr::Special(expr->kind(), DataType(TypeKind::kBoolean, nullable), std::move(kept),
                       expr->span());
}

// `expr` is a condition, so its nullability may change with it.
ExprPtr Simplify(const ExprPtr& expr) {
  switch (expr->kind()) {
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return SimplifyConnective(expr);
    case ExprKind::kNot: {
      ExprPtr inner = Simplify(expr->arguments()[0]);
      if (inner->kind() == ExprKind::kNot) return inner->arguments()[0];
      if (std::optional<bool> literal = BooleanLiteral(inner)) {
        return MakeBoolean(!*literal, expr->span());
      }
      if (inner == expr->arguments()[0]) return expr;
      DataType type(TypeKind::kBoolean, inner->type().nullable());
      return Expr::Special(ExprKind::kNot, type, {std::move(inner)}, expr->span());
    }
    default:
      return expr;
  }
}

bool LetsAllPass(const LogicalOperator& op) {
  const FilterOp* filter = op.As<FilterOp>();
  return filter != nullptr && !op.errors_output && BooleanLiteral(filter->predicate) == true;
}

}  // namespace

uint32_t SimplifyPredicates(LogicalPlan& plan, const OptimizeOptions&) {
  uint32_t changes = 0;
  auto simplify = [&](ExprPtr& predicate) {
    if (predicate == nullptr) return;
    ExprPtr simple = Simplify(predicate);
    if (simple == predicate) return;
    predicate = std::move(simple);
    ++changes;
  };
  for (LogicalOperator& op : plan.operators) {
    if (FilterOp* filter = op.As<FilterOp>()) {
      simplify(filter->predicate);
    } else if (RouteOp* route = op.As<RouteOp>()) {
      for (RouteOp::Branch& branch : route->branches) simplify(branch.predicate);
    } else if (AggregateOp* aggregate = op.As<AggregateOp>()) {
      for (AggregateCall& call : aggregate->calls) simplify(call.filter);
    }
  }
  for (size_t i = 0; i < plan.operators.size();) {
    if (!LetsAllPass(plan.operators[i])) {
      ++i;
      continue;
    }
    LogicalInput input = plan.operators[i].inputs[0];
    RedirectReaders(plan, {plan.operators[i].id, 0}, input);
    plan.operators.erase(plan.operators.begin() + static_cast<ptrdiff_t>(i));
    ++changes;
  }
  return changes;
}

}  // namespace flinkc
