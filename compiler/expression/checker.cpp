#include "compiler/expression/checker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/expression/literal_text.h"
#include "runtime/base/check.h"

namespace flinkc {

ExprPtr Checker::TooLarge(SourceSpan span) {
  if (!progress_.too_large_reported) {
    progress_.too_large_reported = true;
    log_.Report(DiagnosticCode::kExpressionTooLarge, span,
                "the expression is too large, or nested too deep")
        .Help(fmt::format("with all its functions inlined it may have {} parts and {} levels; "
                          "compute parts of it as columns of their own",
                          Expr::kNodesMax, CheckProgress::kLevelsMax));
  }
  return nullptr;
}

ExprPtr Checker::Check(const Syntax& syntax) {
  if (++progress_.steps > Expr::kNodesMax || progress_.levels >= CheckProgress::kLevelsMax) {
    return TooLarge(Span(syntax));
  }
  ++progress_.levels;
  ExprPtr expr = CheckNode(syntax);
  --progress_.levels;
  if (expr != nullptr &&
      (expr->depth() > Expr::kDepthMax || expr->node_count() > Expr::kNodesMax)) {
    return TooLarge(Span(syntax));
  }
  return expr;
}

ExprPtr Checker::CheckNode(const Syntax& syntax) {
  switch (syntax.kind) {
    case SyntaxKind::kLiteral:
      return Expr::Literal(syntax.value, syntax.type, Span(syntax));
    case SyntaxKind::kParameter:
      return CheckParameter(syntax);
    case SyntaxKind::kName:
      return CheckName(syntax);
    case SyntaxKind::kField:
      return CheckField(syntax);
    case SyntaxKind::kIndex:
      return CheckIndex(syntax);
    case SyntaxKind::kOperator:
      return CheckOperator(syntax);
    case SyntaxKind::kAnd:
      return CheckLogical(syntax, ExprKind::kAnd);
    case SyntaxKind::kOr:
      return CheckLogical(syntax, ExprKind::kOr);
    case SyntaxKind::kNot: {
      ExprPtr operand = CheckBoolean(*syntax.children[0], "the operand of NOT");
      return operand == nullptr ? nullptr : NegatedIf(true, std::move(operand), Span(syntax));
    }
    case SyntaxKind::kIs:
      return CheckIs(syntax);
    case SyntaxKind::kIsDistinct: {
      ExprPtr a = Check(*syntax.children[0]);
      ExprPtr b = Check(*syntax.children[1]);
      if (a == nullptr || b == nullptr) return nullptr;
      ExprPtr distinct = Compare("is_distinct", a, b, NameSpan(syntax), Span(syntax));
      return distinct == nullptr ? nullptr : NegatedIf(syntax.negated, distinct, Span(syntax));
    }
    case SyntaxKind::kBetween:
      return CheckBetween(syntax);
    case SyntaxKind::kIn:
      return CheckIn(syntax);
    case SyntaxKind::kLike: {
      std::vector<ExprPtr> operands;
      if (!CheckAll(syntax.children, operands)) return nullptr;
      ExprPtr like =
          ResolveOperator(syntax.text, std::move(operands), NameSpan(syntax), Span(syntax));
      return like == nullptr ? nullptr : NegatedIf(syntax.negated, like, Span(syntax));
    }
    case SyntaxKind::kCase:
      return CheckCase(syntax);
    case SyntaxKind::kCast:
    case SyntaxKind::kTryCast:
      return CheckCast(syntax);
    case SyntaxKind::kCall:
      return CheckCall(syntax);
    case SyntaxKind::kLambda:
      log_.Report(DiagnosticCode::kNoSuchOverload, Span(syntax), "a lambda cannot stand here")
          .Help(
              "functions that take one: array_transform, array_filter, any_match, all_match, "
              "none_match, array_reduce, map_filter, map_transform_keys, map_transform_values");
      return nullptr;
  }
  CHECK(false);
}

bool Checker::CheckAll(const std::vector<SyntaxPtr>& nodes, std::vector<ExprPtr>& exprs,
                       size_t first) {
  bool ok = true;
  for (size_t i = first; i < nodes.size(); ++i) {
    exprs.push_back(Check(*nodes[i]));
    ok = ok && exprs.back() != nullptr;
  }
  return ok;
}

// --- names ---

ExprPtr Checker::CheckParameter(const Syntax& syntax) {
  std::vector<std::string_view> names;
  if (scope_.parameters != nullptr) {
    auto found = scope_.parameters->find(syntax.text);
    if (found != scope_.parameters->end()) {
      const ParameterValue& parameter = found->second;
      return Expr::Literal(parameter.value, parameter.type.WithNullable(parameter.value.is_null()),
                           Span(syntax));
    }
    for (const auto& [name, value] : *scope_.parameters) names.push_back(name);
  }
  log_.Report(DiagnosticCode::kUnknownParameter, Span(syntax),
              fmt::format("unknown parameter `{}`", syntax.text))
      .Label(SuggestText(syntax.text, names));
  return nullptr;
}

ExprPtr Checker::CheckName(const Syntax& syntax) {
  if (ExprPtr parameter = FindLambdaParameter(syntax)) return parameter;
  if (macro_arguments_ != nullptr) {
    auto found = macro_arguments_->find(syntax.text);
    if (found != macro_arguments_->end()) return UseArgument(found->second);
    std::vector<std::string_view> names;
    for (const auto& [name, argument] : *macro_arguments_) names.push_back(name);
    log_.Report(DiagnosticCode::kUnknownColumn, Span(syntax),
                fmt::format("`{}` is not an argument of this function", syntax.text))
        .Label(SuggestText(syntax.text, names))
        .Help("a function sees only its arguments, not the columns of the streams it is used on");
    return nullptr;
  }
  if (target_.pattern != nullptr) return CheckPatternName(syntax, kAnyVariable);
  if (mode_ == Mode::kAggregated) return CheckAggregatedName(syntax);
  if (scope_.columns != nullptr) {
    if (auto index = scope_.columns->IndexOf(syntax.text)) {
      return Expr::Column(static_cast<uint32_t>(*index), syntax.text,
                          (*scope_.columns)[*index].type, Span(syntax));
    }
  }
  std::vector<std::string_view> names;
  if (scope_.columns != nullptr) {
    for (const Field& field : *scope_.columns) names.push_back(field.name);
  }
  return UnknownColumn(syntax, std::move(names));
}

ExprPtr Checker::CheckAggregatedName(const Syntax& syntax) {
  const AggregateScope& scope = *target_.scope;
  const Schema& input = *scope.input->columns;
  std::vector<std::string_view> names;
  for (size_t i = 0; i < scope.keys.size(); ++i) {
    const Field& key = input[scope.keys[i]];
    if (key.name == syntax.text) {
      return Expr::Column(static_cast<uint32_t>(i), key.name, key.type, Span(syntax));
    }
    names.push_back(key.name);
  }
  for (size_t i = 0; i < scope.extra.size(); ++i) {
    if (scope.extra[i].name == syntax.text) {
      return Expr::Column(static_cast<uint32_t>(scope.keys.size() + i), syntax.text,
                          scope.extra[i].type, Span(syntax));
    }
    names.push_back(scope.extra[i].name);
  }
  if (scope.computed != nullptr) {
    auto found = scope.computed->find(syntax.text);
    if (found != scope.computed->end()) return found->second;
    for (const auto& [name, expr] : *scope.computed) names.push_back(name);
  }
  if (input.IndexOf(syntax.text)) {
    log_.Report(DiagnosticCode::kColumnNotGrouped, Span(syntax),
                fmt::format("column `{}` is neither a key nor inside an aggregate", syntax.text))
        .Label("many rows, one result")
        .Help(fmt::format("add `{0}` to `by`, or take one of its values: max({0}), "
                          "last_value({0}), …",
                          IdentifierText(syntax.text)));
    return nullptr;
  }
  for (const Field& field : input) names.push_back(field.name);
  return UnknownColumn(syntax, std::move(names));
}

ExprPtr Checker::UnknownColumn(const Syntax& syntax, std::vector<std::string_view> names) {
  std::string place = scope_.input_name.empty() ? "" : " in " + scope_.input_name;
  Diagnostic& diagnostic = log_.Report(DiagnosticCode::kUnknownColumn, Span(syntax),
                                       fmt::format("unknown column `{}`{}", syntax.text, place));
  std::string_view best = Suggest(syntax.text, names);
  std::vector<std::string> qualified;
  if (scope_.qualified != nullptr) {
    for (const QualifiedColumns& input : *scope_.qualified) {
      if (input.columns.contains(syntax.text)) {
        qualified.push_back(fmt::format("`{}.{}`", input.name, syntax.text));
      }
    }
  }
  if (!qualified.empty()) {
    diagnostic.message = fmt::format("column `{}` is ambiguous{}", syntax.text, place);
    diagnostic.Label(fmt::format("write {}", fmt::join(qualified, " or ")));
    return nullptr;
  }
  if (syntax.double_quoted) {
    diagnostic.Label("names stand in double quotes, texts in single ones")
        .Help(fmt::format("if this is a text, write {}",
                          LiteralText({syntax.text}, DataType(TypeKind::kString))));
  } else if (!best.empty()) {
    diagnostic.Label(fmt::format("did you mean `{}`?", best));
  } else if (scope_.registry != nullptr && scope_.registry->FindFunction(syntax.text) != nullptr) {
    diagnostic.Label(fmt::format("the function is written `{}(…)`", syntax.text));
  } else if (!names.empty()) {
    constexpr size_t kShown = 12;
    size_t shown = std::min(names.size(), kShown);
    diagnostic.Help(fmt::format("the columns are {}{}",
                                fmt::join(names.begin(), names.begin() + shown, ", "),
                                shown < names.size() ? ", …" : ""));
  }
  if (scope_.input_span.is_valid()) {
    size_t quote = scope_.input_name.find('`');
    std::string owner =
        quote == std::string::npos ? scope_.input_name : scope_.input_name.substr(quote);
    diagnostic.Also(scope_.input_span, fmt::format("columns of {} are declared here", owner));
  }
  return nullptr;
}

// orders.n where the stream is `orders`: SQL's habit, but here columns have just their names.
bool Checker::RefuseQualifiedName(const Syntax& syntax) {
  const Syntax& owner = *syntax.children[0];
  if (owner.kind != SyntaxKind::kName || macro_arguments_ != nullptr ||
      FindLambdaParameter(owner) != nullptr || scope_.columns == nullptr ||
      scope_.columns->IndexOf(owner.text) || !scope_.columns->IndexOf(syntax.text) ||
      scope_.input_name.find("`" + owner.text + "`") == std::string::npos) {
    return false;
  }
  log_.Report(DiagnosticCode::kUnknownColumn, Span(syntax),
              "columns are named without their stream")
      .Label(fmt::format("write `{}`", IdentifierText(syntax.text)));
  return true;
}

const QualifiedColumns* Checker::FindInput(std::string_view name) const {
  if (scope_.qualified == nullptr || macro_arguments_ != nullptr) return nullptr;
  if (scope_.columns != nullptr && scope_.columns->IndexOf(name)) return nullptr;
  for (const QualifiedColumns& input : *scope_.qualified) {
    if (input.name == name) return &input;
  }
  return nullptr;
}

// o.amount, where `o` is an input of a join.
ExprPtr Checker::CheckQualified(const Syntax& syntax, const QualifiedColumns& input) {
  const auto found = input.columns.find(syntax.text);
  if (found == input.columns.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, column] : input.columns) names.push_back(name);
    log_.Report(
            DiagnosticCode::kUnknownColumn, NameSpan(syntax),
            fmt::format("unknown column `{}` in input `{}` of the join", syntax.text, input.name))
        .Label(SuggestText(syntax.text, names))
        .Help(fmt::format("the columns of `{}` are {}", input.name, fmt::join(names, ", ")));
    return nullptr;
  }
  const Field& field = (*scope_.columns)[found->second];
  if (target_.pattern != nullptr) {
    return ReadColumn(found->second, kAnyVariable, Span(syntax));
  }
  if (mode_ != Mode::kAggregated) {
    return Expr::Column(found->second, field.name, field.type, Span(syntax));
  }
  const std::vector<uint32_t>& keys = target_.scope->keys;
  const auto key = std::ranges::find(keys, found->second);
  if (key != keys.end()) {
    return Expr::Column(static_cast<uint32_t>(key - keys.begin()), field.name, field.type,
                        Span(syntax));
  }
  log_.Report(DiagnosticCode::kColumnNotGrouped, Span(syntax),
              fmt::format("column `{}.{}` is neither a key nor inside an aggregate", input.name,
                          syntax.text))
      .Label("many rows, one result");
  return nullptr;
}

ExprPtr Checker::CheckField(const Syntax& syntax) {
  const Syntax& owner = *syntax.children[0];
  if (const std::optional<uint32_t> variable = FindVariable(owner)) {
    return CheckPatternName(syntax, *variable);
  }
  if (owner.kind == SyntaxKind::kName && FindLambdaParameter(owner) == nullptr) {
    if (const QualifiedColumns* input = FindInput(owner.text))
      return CheckQualified(syntax, *input);
  }
  if (RefuseQualifiedName(syntax)) return nullptr;
  ExprPtr row = Check(*syntax.children[0]);
  if (row == nullptr) return nullptr;
  if (row->type().kind() != TypeKind::kRow) {
    log_.Report(DiagnosticCode::kUnknownField, NameSpan(syntax),
                fmt::format("{} has no fields", TypeText(row->type())))
        .Also(Span(*syntax.children[0]), fmt::format("this is {}", TypeText(row->type())));
    return nullptr;
  }
  const std::vector<std::string>& names = row->type().field_names();
  auto found = std::find(names.begin(), names.end(), syntax.text);
  if (found == names.end()) {
    log_.Report(DiagnosticCode::kUnknownField, NameSpan(syntax),
                fmt::format("unknown field `{}`", syntax.text))
        .Label(SuggestText(syntax.text, {names.begin(), names.end()}))
        .Help(fmt::format("the row is {}", TypeText(row->type())));
    return nullptr;
  }
  ExprPtr index = Expr::Literal({static_cast<int64_t>(found - names.begin())},
                                DataType(TypeKind::kInt, false), NameSpan(syntax));
  return ResolveOperator("row_get", {std::move(row), std::move(index)}, NameSpan(syntax),
                         Span(syntax));
}

ExprPtr Checker::CheckIndex(const Syntax& syntax) {
  ExprPtr container = Check(*syntax.children[0]);
  ExprPtr index = Check(*syntax.children[1]);
  if (container == nullptr || index == nullptr) return nullptr;
  TypeKind kind = container->type().kind();
  if (kind != TypeKind::kArray && kind != TypeKind::kMap) {
    log_.Report(DiagnosticCode::kTypeMismatch, NameSpan(syntax),
                fmt::format("{} has no elements", TypeText(container->type())))
        .Also(Span(*syntax.children[0]), "only arrays and maps have")
        .Help("the n-th character of a text is SUBSTRING(x, n, 1)");
    return nullptr;
  }
  return ResolveOperator(kind == TypeKind::kArray ? "array_get" : "map_get",
                         {std::move(container), std::move(index)}, NameSpan(syntax), Span(syntax));
}

}  // namespace flinkc
