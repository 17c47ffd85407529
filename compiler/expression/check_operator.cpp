// Operators, conditions and casts: what combines values whose types must fit.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/checker.h"
#include "compiler/expression/compose.h"
#include "compiler/expression/implicit_cast.h"
#include "compiler/expression/literal_cast.h"
#include "compiler/expression/literal_parser.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

DataType Boolean(bool nullable) { return DataType(TypeKind::kBoolean, nullable); }

bool IsTextLiteral(const Expr& expr) {
  return expr.kind() == ExprKind::kLiteral && expr.type().kind() == TypeKind::kString &&
         !expr.literal().is_null();
}

bool IsTemporal(const DataType& type) {
  return type.kind() == TypeKind::kDate || type.is_timestamp();
}

bool AnyNullable(const std::vector<ExprPtr>& exprs) {
  return std::any_of(exprs.begin(), exprs.end(),
                     [](const ExprPtr& expr) { return expr->type().nullable(); });
}

std::string_view SymbolOf(std::string_view function) {
  constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
      {"equal", "="},       {"not_equal", "<>"}, {"less", "<"},
      {"less_equal", "<="}, {"greater", ">"},    {"greater_equal", ">="},
  };
  for (auto [name, symbol] : kSymbols) {
    if (name == function) return symbol;
  }
  return function;
}

}  // namespace

ExprPtr ImplicitCast(const ExprPtr& expr, const DataType& type, const FunctionRegistry& registry) {
  const DataType& from = expr->type();
  DataType target = type.WithNullable(from.nullable());
  if (from == target) return expr;
  // An array that is a literal is rewritten with elements of another type.
  const bool rewritable = from.kind() == TypeKind::kArray && type.kind() == TypeKind::kArray;
  if (expr->kind() == ExprKind::kLiteral && (rewritable || CanImplicitlyCast(from, type))) {
    auto value = ConvertLiteral(expr->literal(), from, target);
    if (value) return Expr::Literal(*std::move(value), std::move(target), expr->span());
  }
  if (IsSameRepresentation(from, type)) return expr;
  if (!CanImplicitlyCast(from, type)) return nullptr;
  if (type.is_nested() && from.is_nested()) {
    ExprPtr cast = MakeCast(expr, type, registry, expr->span());
    return cast != nullptr && cast->type().nullable() && !from.nullable() ? nullptr : cast;
  }
  auto resolution = registry.ResolveCast(from, target);
  if (!resolution) return nullptr;
  return Expr::Cast(*std::move(resolution), expr, expr->span());
}

// --- operators ---

ExprPtr Checker::CheckOperator(const Syntax& syntax) {
  std::vector<ExprPtr> operands;
  if (!CheckAll(syntax.children, operands)) return nullptr;
  if (syntax.text == "plus") {
    if (operands[0]->type().is_numeric() || operands[0]->type().is_interval()) return operands[0];
    log_.Report(DiagnosticCode::kTypeMismatch, NameSpan(syntax),
                fmt::format("`+` cannot take {}", TypeText(operands[0]->type())));
    return nullptr;
  }
  if (syntax.text == "add" && operands[0]->type().is_interval() &&
      IsTemporal(operands[1]->type())) {
    std::swap(operands[0], operands[1]);  // INTERVAL '1' DAY + ts
  }
  if (SymbolOf(syntax.text) != syntax.text) {
    return Compare(syntax.text, operands[0], operands[1], NameSpan(syntax), Span(syntax));
  }
  return ResolveOperator(syntax.text, std::move(operands), NameSpan(syntax), Span(syntax));
}

// A text that is compared with a date or timestamp is one: ts >= '2020-01-01'.
bool Checker::CoerceTextLiteral(ExprPtr& text, const DataType& other) {
  const auto& written = std::get<std::string>(text->literal().data);
  bool is_date = other.kind() == TypeKind::kDate;
  auto literal = is_date ? ParseDate(written) : ParseTimestamp(written);
  if (!literal) {
    log_.Report(DiagnosticCode::kInvalidLiteral, text->span(),
                fmt::format("not a valid {}", is_date ? "date" : "timestamp"))
        .Label(fmt::format("it is compared with {}", TypeText(other)))
        .Help(is_date ? "a date is written '2020-02-29'"
                      : "a timestamp is written '2020-02-29 23:59:59.123'");
    return false;
  }
  text = Expr::Literal(std::move(literal->value), std::move(literal->type), text->span());
  return true;
}

ExprPtr Checker::Compare(std::string_view function, ExprPtr a, ExprPtr b, SourceSpan op,
                         SourceSpan span) {
  if (IsTextLiteral(*a) && IsTemporal(b->type()) && !CoerceTextLiteral(a, b->type())) {
    return nullptr;
  }
  if (IsTextLiteral(*b) && IsTemporal(a->type()) && !CoerceTextLiteral(b, a->type())) {
    return nullptr;
  }
  std::optional<DataType> common = CommonType(a->type(), b->type());
  if (!common) {
    Diagnostic& diagnostic = log_.Report(
        DiagnosticCode::kNoCommonType, op,
        fmt::format("cannot compare {} with {}", TypeText(a->type()), TypeText(b->type())));
    diagnostic.Also(a->span(), TypeText(a->type())).Also(b->span(), TypeText(b->type()));
    bool number_in_quotes = (IsTextLiteral(*a) && b->type().is_numeric()) ||
                            (IsTextLiteral(*b) && a->type().is_numeric());
    diagnostic.Help(number_in_quotes ? "a number stands without quotes"
                                     : "make them the same type with CAST(… AS …)");
    return nullptr;
  }
  return ResolveOperator(function, {std::move(a), std::move(b)}, op, span);
}

ExprPtr Checker::NegatedIf(bool negated, ExprPtr expr, SourceSpan span) {
  if (!negated) return expr;
  DataType type = Boolean(expr->type().nullable());
  return Expr::Special(ExprKind::kNot, std::move(type), {std::move(expr)}, span);
}

ExprPtr Checker::CheckBoolean(const Syntax& syntax, std::string_view what) {
  ExprPtr expr = Check(syntax);
  if (expr == nullptr) return nullptr;
  if (ExprPtr boolean = ImplicitCast(expr, Boolean(true), *scope_.registry)) return boolean;
  Diagnostic& diagnostic =
      log_.Report(DiagnosticCode::kTypeMismatch, Span(syntax),
                  fmt::format("{} must be BOOLEAN, this is {}", what, TypeText(expr->type())));
  if (expr->type().is_integer()) diagnostic.Help("compare it: `x <> 0`");
  return nullptr;
}

ExprPtr Checker::CheckLogical(const Syntax& syntax, ExprKind kind) {
  std::vector<ExprPtr> operands;
  bool ok = true;
  for (const SyntaxPtr& child : syntax.children) {
    ExprPtr operand =
        CheckBoolean(*child, kind == ExprKind::kAnd ? "an operand of AND" : "an operand of OR");
    ok = ok && operand != nullptr;
    if (operand != nullptr && operand->kind() == kind) {
      // One chain: a AND (b AND c) stops where a AND b AND c does.
      operands.insert(operands.end(), operand->arguments().begin(), operand->arguments().end());
    } else {
      operands.push_back(std::move(operand));
    }
  }
  if (!ok) return nullptr;
  DataType type = Boolean(AnyNullable(operands));
  return Expr::Special(kind, std::move(type), std::move(operands), Span(syntax));
}

ExprPtr Checker::CheckIs(const Syntax& syntax) {
  if (syntax.text == "NULL") {
    ExprPtr operand = Check(*syntax.children[0]);
    if (operand == nullptr) return nullptr;
    ExprPtr is_null =
        Expr::Special(ExprKind::kIsNull, Boolean(false), {std::move(operand)}, Span(syntax));
    return NegatedIf(syntax.negated, std::move(is_null), Span(syntax));
  }
  ExprPtr operand = CheckBoolean(*syntax.children[0], "the operand of IS " + syntax.text);
  if (operand == nullptr) return nullptr;
  if (syntax.text == "UNKNOWN") {
    operand = Expr::Special(ExprKind::kIsNull, Boolean(false), {std::move(operand)}, Span(syntax));
  } else {
    if (syntax.text == "FALSE") operand = NegatedIf(true, std::move(operand), Span(syntax));
    if (operand->type().nullable()) {
      ExprPtr otherwise = Expr::Literal({false}, Boolean(false), Span(syntax));
      operand = Expr::Special(ExprKind::kCoalesce, Boolean(false),
                              {std::move(operand), std::move(otherwise)}, Span(syntax));
    }
  }
  return NegatedIf(syntax.negated, std::move(operand), Span(syntax));
}

// x BETWEEN a AND b is x >= a AND x <= b.
ExprPtr Checker::CheckBetween(const Syntax& syntax) {
  std::vector<ExprPtr> operands;
  if (!CheckAll(syntax.children, operands)) return nullptr;
  auto within = [&](const ExprPtr& low, const ExprPtr& high) -> ExprPtr {
    ExprPtr above = Compare("greater_equal", operands[0], low, NameSpan(syntax), Span(syntax));
    if (above == nullptr) return nullptr;
    ExprPtr below = Compare("less_equal", operands[0], high, NameSpan(syntax), Span(syntax));
    if (below == nullptr) return nullptr;
    DataType type = Boolean(above->type().nullable() || below->type().nullable());
    return Expr::Special(ExprKind::kAnd, std::move(type), {std::move(above), std::move(below)},
                         Span(syntax));
  };
  ExprPtr result = within(operands[1], operands[2]);
  if (result == nullptr) return nullptr;
  if (syntax.text == "SYMMETRIC") {
    ExprPtr reversed = within(operands[2], operands[1]);
    if (reversed == nullptr) return nullptr;
    DataType type = Boolean(result->type().nullable() || reversed->type().nullable());
    result = Expr::Special(ExprKind::kOr, std::move(type), {std::move(result), std::move(reversed)},
                           Span(syntax));
  }
  return NegatedIf(syntax.negated, std::move(result), Span(syntax));
}

// x IN (a, b) is x = a OR x = b.
ExprPtr Checker::CheckIn(const Syntax& syntax) {
  std::vector<ExprPtr> operands;
  if (!CheckAll(syntax.children, operands)) return nullptr;
  std::vector<ExprPtr> matches;
  for (size_t i = 1; i < operands.size(); ++i) {
    ExprPtr match =
        Compare("equal", operands[0], operands[i], NameSpan(syntax), operands[i]->span());
    if (match == nullptr) return nullptr;
    matches.push_back(std::move(match));
  }
  DataType type = Boolean(AnyNullable(matches));
  ExprPtr result = matches.size() == 1 ? matches[0]
                                       : Expr::Special(ExprKind::kOr, std::move(type),
                                                       std::move(matches), Span(syntax));
  return NegatedIf(syntax.negated, std::move(result), Span(syntax));
}

// --- conditions and casts ---

std::optional<DataType> Checker::Unify(std::vector<ExprPtr*> exprs, std::string_view what,
                                       SourceSpan span) {
  std::optional<DataType> common = (*exprs[0])->type();
  const ExprPtr* widest = exprs[0];
  for (ExprPtr* expr : exprs) {
    std::optional<DataType> next = CommonType(*common, (*expr)->type());
    if (!next) {
      log_.Report(DiagnosticCode::kNoCommonType, span,
                  fmt::format("{} have no type in common: {} and {}", what,
                              TypeText((*widest)->type()), TypeText((*expr)->type())))
          .Also((*widest)->span(), TypeText((*widest)->type()))
          .Also((*expr)->span(), TypeText((*expr)->type()))
          .Help("make them the same type with CAST(… AS …)");
      return std::nullopt;
    }
    if (!next->SameKindAs(*common)) widest = expr;
    common = std::move(next);
  }
  for (ExprPtr* expr : exprs) {
    ExprPtr cast = ImplicitCast(*expr, *common, *scope_.registry);
    if (cast == nullptr) {
      log_.Report(DiagnosticCode::kNoCommonType, (*expr)->span(),
                  fmt::format("{} cannot become {} without a cast", TypeText((*expr)->type()),
                              TypeText(*common)))
          .Help(fmt::format("write CAST(… AS {})", TypeText(*common)));
      return std::nullopt;
    }
    *expr = std::move(cast);
  }
  return common;
}

ExprPtr Checker::CheckCase(const Syntax& syntax) {
  size_t first = syntax.has_operand ? 1 : 0;
  ExprPtr operand;
  bool ok = true;
  if (syntax.has_operand) {
    operand = Check(*syntax.children[0]);
    ok = operand != nullptr;
  }
  size_t pairs_end = syntax.children.size() - (syntax.has_else ? 1 : 0);
  std::vector<ExprPtr> arguments;
  for (size_t i = first; i < syntax.children.size(); ++i) {
    const Syntax& child = *syntax.children[i];
    bool is_when = i < pairs_end && (i - first) % 2 == 0;
    ExprPtr expr;
    if (!is_when) {
      expr = Check(child);
    } else if (!syntax.has_operand) {
      expr = CheckBoolean(child, "the condition of WHEN");
    } else {
      expr = Check(child);
      if (expr != nullptr && operand != nullptr) {
        expr = Compare("equal", operand, expr, Span(child), Span(child));
      }
    }
    ok = ok && expr != nullptr;
    arguments.push_back(std::move(expr));
  }
  if (!ok) return nullptr;
  if (!syntax.has_else) {
    arguments.push_back(Expr::Literal({}, DataType(TypeKind::kNull), Span(syntax)));
  }
  std::vector<ExprPtr*> results;
  for (size_t i = 1; i < arguments.size(); i += 2) results.push_back(&arguments[i]);
  results.push_back(&arguments.back());
  auto type = Unify(std::move(results), "the results of CASE", NameSpan(syntax));
  if (!type) return nullptr;
  return Expr::Special(ExprKind::kCase, *std::move(type), std::move(arguments), Span(syntax));
}

ExprPtr Checker::CheckCast(const Syntax& syntax) {
  ExprPtr operand = Check(*syntax.children[0]);
  if (operand == nullptr) return nullptr;
  const DataType from = operand->type();
  DataType to = syntax.type.WithNullable(from.nullable());
  if (from == to) return operand;
  if (operand->kind() == ExprKind::kLiteral) {
    auto value = ConvertLiteral(operand->literal(), from, to);
    if (value) return Expr::Literal(*std::move(value), std::move(to), Span(syntax));
  }
  ExprPtr cast = MakeCast(operand, to, *scope_.registry, Span(syntax));
  if (cast == nullptr) {
    log_.Report(DiagnosticCode::kNoSuchCast, Span(syntax),
                fmt::format("cannot cast {} to {}", TypeText(from), TypeText(to)))
        .Also(operand->span(), TypeText(from));
    return nullptr;
  }
  if (syntax.kind == SyntaxKind::kCast) return cast;
  // Whether the cast itself can fail, whatever the operand does.
  ExprPtr of_any =
      MakeCast(Expr::Column(0, "", from, Span(syntax)), to, *scope_.registry, Span(syntax));
  if (!of_any->fallible()) return cast;
  DataType type = cast->type().Nullable();
  return Expr::Special(ExprKind::kTry, std::move(type), {std::move(cast)}, Span(syntax));
}

ExprPtr Checker::Assign(ExprPtr expr, const DataType& target, SourceSpan span) {
  DataType wanted = target.WithNullable(expr->type().nullable());
  ExprPtr cast = ImplicitCast(expr, target, *scope_.registry);
  if (cast == nullptr && expr->kind() == ExprKind::kLiteral) {
    auto value = ConvertLiteral(expr->literal(), expr->type(), wanted);
    if (value) cast = Expr::Literal(*std::move(value), wanted, expr->span());
  }
  if (cast == nullptr) {
    Diagnostic& diagnostic =
        log_.Report(DiagnosticCode::kTypeMismatch, span,
                    fmt::format("expected {}, found {}", TypeText(target), TypeText(expr->type())));
    if (MakeCast(expr, wanted, *scope_.registry, span) != nullptr) {
      diagnostic.Help(fmt::format("write CAST(… AS {})", TypeText(target)));
    }
    return nullptr;
  }
  if (cast->type().nullable() && !target.nullable()) {
    log_.Report(DiagnosticCode::kTypeMismatch, span,
                fmt::format("expected {}, but this can be NULL", target.ToString()))
        .Help("say what takes the place of NULL: COALESCE(…, 0)");
    return nullptr;
  }
  return cast;
}

}  // namespace flinkc
