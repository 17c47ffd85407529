#include "compiler/plan/verify_expression.h"

#include <fmt/format.h>

namespace flinkc {

std::string VerifyExpression(const ExprPtr& expr, const Schema& schema) {
  if (expr == nullptr) return "an expression is missing";
  if (expr->kind() == ExprKind::kColumn) {
    if (expr->column() >= schema.size()) {
      return fmt::format("column {} of {}", expr->column(), schema.size());
    }
    const DataType& type = schema[expr->column()].type;
    if (type != expr->type()) {
      return fmt::format("column `{}` is {}, read as {}", expr->name(), type.ToString(),
                         expr->type().ToString());
    }
  }
  for (const ExprPtr& argument : expr->arguments()) {
    std::string problem = VerifyExpression(argument, schema);
    if (!problem.empty()) return problem;
  }
  return "";
}

std::string VerifyPredicate(const ExprPtr& predicate, const Schema& schema) {
  std::string problem = VerifyExpression(predicate, schema);
  if (!problem.empty()) return problem;
  return predicate->type().kind() == TypeKind::kBoolean ? "" : "a condition is not BOOLEAN";
}

std::string VerifyCall(const AggregateCall& call, const Schema& schema) {
  if (call.arguments.size() != call.resolution.parameters.size()) {
    return fmt::format("{} with {} arguments instead of {}", call.name, call.arguments.size(),
                       call.resolution.parameters.size());
  }
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    std::string problem = VerifyExpression(call.arguments[i], schema);
    if (!problem.empty()) return problem;
    // When sets of values are merged, only the first argument is there to be had.
    if (call.distinct && i > 0 && !call.arguments[i]->Columns().empty()) {
      return fmt::format("DISTINCT in {} with more than one column", call.name);
    }
  }
  if (call.distinct && call.arguments.empty()) return "DISTINCT without an argument";
  return call.filter == nullptr ? "" : VerifyPredicate(call.filter, schema);
}

}  // namespace flinkc
