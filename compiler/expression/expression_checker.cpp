#include "compiler/expression/expression_checker.h"

#include <utility>

#include "compiler/expression/checker.h"
#include "compiler/expression/parser.h"

namespace flinkc {

ExprPtr RefuseUntyped(ExprPtr expr, DiagnosticLog& log) {
  if (expr == nullptr || expr->type().kind() != TypeKind::kNull) return expr;
  log.Report(DiagnosticCode::kTypeMismatch, expr->span(), "NULL has no type here")
      .Help("write CAST(NULL AS STRING), or another type");
  return nullptr;
}

ExprPtr CheckExpression(const SourceText& text, const ExpressionScope& scope, DiagnosticLog& log) {
  SyntaxPtr syntax = ParseSyntax(text, log);
  if (syntax == nullptr) return nullptr;
  CheckProgress progress;
  Checker checker(text, scope, AggregateTarget(), Checker::Mode::kInput, progress, log);
  return RefuseUntyped(checker.Check(*syntax), log);
}

ExprPtr CheckExpressionAs(const SourceText& text, const DataType& target,
                          const ExpressionScope& scope, DiagnosticLog& log) {
  SyntaxPtr syntax = ParseSyntax(text, log);
  if (syntax == nullptr) return nullptr;
  CheckProgress progress;
  Checker checker(text, scope, AggregateTarget(), Checker::Mode::kInput, progress, log);
  ExprPtr expr = checker.Check(*syntax);
  if (expr == nullptr) return nullptr;
  return checker.Assign(std::move(expr), target, text.SpanOf(syntax->begin, syntax->end));
}

ExprPtr CheckPredicate(const SourceText& text, const ExpressionScope& scope, DiagnosticLog& log) {
  SyntaxPtr syntax = ParseSyntax(text, log);
  if (syntax == nullptr) return nullptr;
  CheckProgress progress;
  Checker checker(text, scope, AggregateTarget(), Checker::Mode::kInput, progress, log);
  return checker.CheckBoolean(*syntax, "a condition");
}

ExprPtr CheckAggregateExpression(const SourceText& text, const AggregateScope& scope,
                                 std::vector<AggregateCall>& calls, DiagnosticLog& log) {
  SyntaxPtr syntax = ParseSyntax(text, log);
  if (syntax == nullptr) return nullptr;
  CheckProgress progress;
  AggregateTarget target{.scope = &scope, .calls = &calls};
  Checker checker(text, *scope.input, target, Checker::Mode::kAggregated, progress, log);
  return RefuseUntyped(checker.Check(*syntax), log);
}

}  // namespace flinkc
