// Functions of lambdas: array_transform(prices, x -> x * rate).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/checker.h"
#include "compiler/expression/implicit_cast.h"

namespace flinkc {

ExprPtr Checker::FindLambdaParameter(const Syntax& syntax) const {
  auto found = std::find_if(
      lambda_parameters_.rbegin(), lambda_parameters_.rend(),
      [&syntax](const LambdaParameter& parameter) { return parameter.name == syntax.text; });
  if (found == lambda_parameters_.rend()) return nullptr;
  return Expr::Parameter(found->level, found->name, found->type, Span(syntax));
}

ExprPtr Checker::CheckHigherOrder(const Syntax& syntax, const HigherOrder& function) {
  const std::vector<SyntaxPtr>& children = syntax.children;
  const bool has_lambda = !children.empty() && children.back()->kind == SyntaxKind::kLambda;
  if (children.size() != function.values + 1 || !has_lambda ||
      children.back()->parameters.size() != function.parameters) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}` takes {} and a lambda of {}", function.name,
                            function.values == 1 ? "one value" : "two values",
                            function.parameters == 1 ? "one parameter" : "two parameters"))
        .Help(std::string(function.usage));
    return nullptr;
  }
  std::vector<ExprPtr> values;
  bool ok = true;
  for (size_t i = 0; i + 1 < children.size(); ++i) {
    values.push_back(Check(*children[i]));
    ok = ok && values.back() != nullptr;
  }
  if (!ok) return nullptr;
  if (progress_.lambda_levels + function.parameters > Expr::kLevelsMax) {
    return TooLarge(Span(syntax));
  }
  std::vector<DataType> types;
  for (const ExprPtr& value : values) types.push_back(value->type());
  const std::vector<DataType> parameters = LambdaParameterTypes(function.function, types);
  if (parameters.empty()) {
    std::string given = TypeText(types[0]);
    for (size_t i = 1; i < types.size(); ++i) given += ", " + TypeText(types[i]);
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}` cannot take ({})", function.name, given))
        .Help(std::string(function.usage));
    return nullptr;
  }
  const uint32_t level = progress_.lambda_levels;
  const Syntax& lambda = *children.back();
  ExprPtr body = function.function == HigherOrderFunction::kReduce
                     ? CheckAccumulation(lambda, values, function)
                     : CheckBody(lambda, parameters, level, function);
  if (body == nullptr) return nullptr;
  types.clear();
  for (const ExprPtr& value : values) types.push_back(value->type());
  auto result = HigherOrderResult(function.function, types, body->type());
  if (!result) {
    log_.Report(DiagnosticCode::kTypeMismatch, Span(*lambda.children[0]),
                fmt::format("the lambda of `{}` gives {}", function.name, TypeText(body->type())))
        .Help(std::string(function.usage));
    return nullptr;
  }
  values.push_back(std::move(body));
  return Expr::HigherOrder(std::string(function.name), *std::move(result), level, lambda.parameters,
                           std::move(values), Span(syntax));
}

ExprPtr Checker::CheckBody(const Syntax& lambda, std::span<const DataType> types, uint32_t level,
                           const HigherOrder& function) {
  const size_t outside = lambda_parameters_.size();
  for (uint32_t i = 0; i < types.size(); ++i) {
    lambda_parameters_.push_back({lambda.parameters[i], types[i], level + i});
  }
  progress_.lambda_levels += static_cast<uint32_t>(types.size());
  const Syntax& body = *lambda.children[0];
  ExprPtr expr = TakesCondition(function.function)
                     ? CheckBoolean(body, fmt::format("the condition of `{}`", function.name))
                     : Check(body);
  progress_.lambda_levels -= static_cast<uint32_t>(types.size());
  lambda_parameters_.resize(outside);
  return expr;
}

ExprPtr Checker::CheckAccumulation(const Syntax& lambda, std::vector<ExprPtr>& values,
                                   const HigherOrder& function) {
  // The result of one turn is the accumulator of the next. So the accumulator's type must hold both
  // the initial value and what the body makes of it, which may want it wider again.
  constexpr int kRoundsMax = 4;
  const uint32_t level = progress_.lambda_levels;
  ExprPtr body;
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::vector<DataType> types =
        LambdaParameterTypes(function.function, std::vector{values[0]->type(), values[1]->type()});
    body = CheckBody(lambda, types, level, function);
    if (body == nullptr) return nullptr;
    const DataType& accumulated = values[1]->type();
    if (body->type() == accumulated) return body;
    const auto common = CommonType(accumulated, body->type());
    if (!common) break;
    ExprPtr initial = ImplicitCast(values[1], *common, *scope_.registry);
    ExprPtr cast = ImplicitCast(body, *common, *scope_.registry);
    if (initial == nullptr || cast == nullptr) break;
    if (IsSameRepresentation(accumulated, *common) &&
        accumulated.nullable() == common->nullable()) {
      return cast;  // the body's type is the narrower one
    }
    if (common->nullable() && !initial->type().nullable()) {
      initial =
          Expr::Special(ExprKind::kCoalesce, *common, {std::move(initial)}, values[1]->span());
    }
    values[1] = std::move(initial);
  }
  log_.Report(DiagnosticCode::kTypeMismatch, Span(*lambda.children[0]),
              fmt::format("the lambda of `{}` must give the type of the initial value, {}, this is "
                          "{}",
                          function.name, TypeText(values[1]->type()), TypeText(body->type())))
      .Help("make them the same type with CAST(… AS …)");
  return nullptr;
}

}  // namespace flinkc
