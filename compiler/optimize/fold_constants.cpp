#include <utility>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"

namespace flinkc {

namespace {

class ConstantFolder {
 public:
  explicit ConstantFolder(const ConstantEvaluator& evaluator) : evaluator_(evaluator) {}

  ExprPtr Fold(const ExprPtr& expr) const {
    if (expr->kind() == ExprKind::kLiteral || expr->kind() == ExprKind::kColumn ||
        expr->kind() == ExprKind::kParameter) {
      return expr;
    }
    if (expr->free_parameters() == 0 && ReadsNothing(*expr)) {
      // The whole of it, if it does not fail: a CASE may guard a part that would.
      if (std::optional<Value> value = evaluator_.Evaluate(*expr)) {
        return Expr::Literal(std::move(*value), expr->type(), expr->span());
      }
    }
    return Shorten(FoldArguments(expr));
  }

 private:
  static bool ReadsNothing(const Expr& expr) {
    if (expr.kind() == ExprKind::kColumn || expr.is_volatile()) return false;
    for (const ExprPtr& argument : expr.arguments()) {
      if (!ReadsNothing(*argument)) return false;
    }
    return true;
  }

  ExprPtr FoldArguments(const ExprPtr& expr) const {
    std::vector<ExprPtr> arguments;
    bool changed = false;
    for (const ExprPtr& argument : expr->arguments()) {
      arguments.push_back(Fold(argument));
      changed = changed || arguments.back() != argument;
    }
    return changed ? expr->WithArguments(std::move(arguments)) : expr;
  }

  static bool IsTrue(const ExprPtr& expr) {
    const bool* value =
        expr->kind() == ExprKind::kLiteral ? std::get_if<bool>(&expr->literal().data) : nullptr;
    return value != nullptr && *value;
  }

  // Arms of a CASE and arguments of a COALESCE that can never be the result. The type must stay:
  // others have computed with it.
  static ExprPtr Shorten(ExprPtr expr) {
    if (expr->kind() == ExprKind::kCase) return ShortenCase(expr);
    if (expr->kind() == ExprKind::kCoalesce) return ShortenCoalesce(expr);
    return expr;
  }

  static ExprPtr ShortenCase(const ExprPtr& expr) {
    const std::vector<ExprPtr>& arguments = expr->arguments();
    std::vector<ExprPtr> kept;
    for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
      const ExprPtr& condition = arguments[i];
      if (condition->kind() == ExprKind::kLiteral && !IsTrue(condition)) continue;
      if (IsTrue(condition)) {
        kept.push_back(arguments[i + 1]);
        return Rebuild(expr, std::move(kept));
      }
      kept.push_back(condition);
      kept.push_back(arguments[i + 1]);
    }
    kept.push_back(arguments.back());
    return Rebuild(expr, std::move(kept));
  }

  static ExprPtr ShortenCoalesce(const ExprPtr& expr) {
    std::vector<ExprPtr> kept;
    for (const ExprPtr& argument : expr->arguments()) {
      bool is_literal = argument->kind() == ExprKind::kLiteral;
      if (is_literal && argument->literal().is_null()) continue;
      kept.push_back(argument);
      if (is_literal) break;  // never NULL: the rest is never evaluated
    }
    if (kept.empty()) return expr;
    return Rebuild(expr, std::move(kept));
  }

  static ExprPtr Rebuild(const ExprPtr& expr, std::vector<ExprPtr> arguments) {
    if (arguments.size() == expr->arguments().size()) return expr;
    if (arguments.size() == 1) return arguments[0]->type() == expr->type() ? arguments[0] : expr;
    return Expr::Special(expr->kind(), expr->type(), std::move(arguments), expr->span());
  }

  const ConstantEvaluator& evaluator_;
};

}  // namespace

uint32_t FoldConstants(LogicalPlan& plan, const OptimizeOptions& options) {
  if (options.evaluator == nullptr) return 0;
  ConstantFolder folder(*options.evaluator);
  uint32_t changes = 0;
  for (LogicalOperator& op : plan.operators) {
    changes += RewriteExpressions(op, [&](const ExprPtr& expr) { return folder.Fold(expr); });
  }
  return changes;
}

}  // namespace flinkc
