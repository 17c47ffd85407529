#include "compiler/check/fallibility.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinkc::check {

namespace {

bool IsIntegerArithmetic(const Expr& expr) {
  static constexpr std::string_view kNames[] = {"+",        "-",        "*",      "add",
                                                "subtract", "multiply", "negate", "abs"};
  return expr.kind() == ExprKind::kCall && expr.type().is_integer() &&
         std::ranges::find(kNames, expr.name()) != std::end(kNames);
}

// The first part of `expr` that itself can fail and counts.
const Expr* FirstFallible(const Expr& expr) {
  if (!expr.fallible() || expr.kind() == ExprKind::kTry) return nullptr;
  for (const ExprPtr& argument : expr.arguments()) {
    if (const Expr* found = FirstFallible(*argument)) return found;
  }
  bool fails_itself = expr.kind() == ExprKind::kCall && expr.resolution().fallible;
  return fails_itself && !IsIntegerArithmetic(expr) ? &expr : nullptr;
}

}  // namespace

void ReportUnchosen(CheckState& state, const Expr& expr) {
  const Expr* fallible = FirstFallible(expr);
  if (fallible == nullptr) return;
  state.log
      .Report(DiagnosticCode::kUnchosenOnError, fallible->span(),
              fmt::format("`{}` can fail, and no `on_error` says what then", fallible->ToString()))
      .Help(
          "choose `on_error: fail`, `drop`, `null` or `route` for the job, the stream or the "
          "column, or write TRY(…), which gives NULL");
}

}  // namespace flinkc::check
