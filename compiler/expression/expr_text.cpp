// Expressions as SQL, with only the parentheses that precedence asks for.
#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "compiler/expression/expr.h"
#include "compiler/expression/literal_text.h"
#include "compiler/expression/precedence.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

struct InfixOperator {
  std::string_view function;
  std::string_view symbol;
  Precedence precedence;
};

constexpr InfixOperator kInfix[] = {
    {"add", "+", Precedence::kAdd},
    {"subtract", "-", Precedence::kAdd},
    {"multiply", "*", Precedence::kMultiply},
    {"divide", "/", Precedence::kMultiply},
    {"modulo", "%", Precedence::kMultiply},
    {"concat", "||", Precedence::kMultiply},
    {"equal", "=", Precedence::kComparison},
    {"not_equal", "<>", Precedence::kComparison},
    {"less", "<", Precedence::kComparison},
    {"less_equal", "<=", Precedence::kComparison},
    {"greater", ">", Precedence::kComparison},
    {"greater_equal", ">=", Precedence::kComparison},
    {"is_distinct", "IS DISTINCT FROM", Precedence::kComparison},
    {"like", "LIKE", Precedence::kLike},
    {"similar", "SIMILAR TO", Precedence::kLike},
};

Precedence Tighter(Precedence precedence) {
  return static_cast<Precedence>(static_cast<int>(precedence) + 1);
}

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  // In parentheses where the expression binds weaker than `context`.
  void Print(const Expr& expr, Precedence context) {
    switch (expr.kind()) {
      case ExprKind::kLiteral:
        return PrintLiteral(expr, context);
      case ExprKind::kColumn:
        out_ += IdentifierText(expr.name());
        return;
      case ExprKind::kCall:
        return PrintCall(expr, context);
      case ExprKind::kAnd:
        return PrintChain(expr, " AND ", Precedence::kAnd, context);
      case ExprKind::kOr:
        return PrintChain(expr, " OR ", Precedence::kOr, context);
      case ExprKind::kNot:
        return PrintNot(expr, context);
      case ExprKind::kIsNull:
        return PrintIs(*expr.arguments()[0], " IS NULL", context);
      case ExprKind::kCase:
        return PrintCase(expr);
      case ExprKind::kCoalesce:
        return PrintFunction("COALESCE", expr, 0);
      case ExprKind::kTry:
        return PrintTry(expr);
      case ExprKind::kParameter:
        out_ += IdentifierText(expr.name());
        return;
      case ExprKind::kHigherOrder:
        return PrintHigherOrder(expr);
    }
    CHECK(false);
  }

 private:
  template <typename Body>
  void Group(Precedence own, Precedence context, const Body& body) {
    bool parentheses = own < context;
    if (parentheses) out_ += '(';
    body();
    if (parentheses) out_ += ')';
  }

  void PrintList(const Expr& expr, size_t first) {
    for (size_t i = first; i < expr.arguments().size(); ++i) {
      if (i > first) out_ += ", ";
      Print(*expr.arguments()[i], Precedence::kLowest);
    }
  }

  void PrintFunction(std::string_view name, const Expr& expr, size_t first) {
    out_ += name;
    out_ += '(';
    PrintList(expr, first);
    out_ += ')';
  }

  void PrintLiteral(const Expr& expr, Precedence context) {
    std::string text = LiteralText(expr.literal(), expr.type());
    Group(text.starts_with('-') ? Precedence::kUnary : Precedence::kPostfix, context,
          [&] { out_ += text; });
  }

  void PrintChain(const Expr& expr, std::string_view separator, Precedence own,
                  Precedence context) {
    Group(own, context, [&] {
      for (size_t i = 0; i < expr.arguments().size(); ++i) {
        if (i > 0) out_ += separator;
        Print(*expr.arguments()[i], Tighter(own));
      }
    });
  }

  void PrintIs(const Expr& operand, std::string_view suffix, Precedence context) {
    Group(Precedence::kIs, context, [&] {
      Print(operand, Precedence::kAdd);  // (a = b) IS NULL is clearer than what the grammar needs
      out_ += suffix;
    });
  }

  void PrintNot(const Expr& expr, Precedence context) {
    const Expr& operand = *expr.arguments()[0];
    if (operand.kind() == ExprKind::kIsNull) {
      return PrintIs(*operand.arguments()[0], " IS NOT NULL", context);
    }
    if (operand.kind() == ExprKind::kCall && operand.arguments().size() >= 2) {
      std::string_view name = operand.name();
      if (name == "is_distinct") {
        return PrintInfix(operand, "IS NOT DISTINCT FROM", Precedence::kComparison, context);
      }
      if (name == "like") return PrintInfix(operand, "NOT LIKE", Precedence::kLike, context);
      if (name == "similar") {
        return PrintInfix(operand, "NOT SIMILAR TO", Precedence::kLike, context);
      }
    }
    Group(Precedence::kNot, context, [&] {
      out_ += "NOT ";
      Print(operand, Precedence::kNot);
    });
  }

  void PrintInfix(const Expr& expr, std::string_view symbol, Precedence own, Precedence context) {
    // Conditions within conditions are clearer in parentheses.
    bool condition = own < Precedence::kAdd;
    Precedence left = condition ? Precedence::kAdd : own;
    Precedence right = condition ? Precedence::kAdd : Tighter(own);
    Group(own, context, [&] {
      Print(*expr.arguments()[0], left);
      out_ += fmt::format(" {} ", symbol);
      Print(*expr.arguments()[1], right);
      if (expr.arguments().size() == 3) {
        out_ += " ESCAPE ";
        Print(*expr.arguments()[2], right);
      }
    });
  }

  void PrintCall(const Expr& expr, Precedence context) {
    const std::string& name = expr.name();
    const std::vector<ExprPtr>& arguments = expr.arguments();
    for (const InfixOperator& infix : kInfix) {
      if (infix.function != name) continue;
      bool escape = arguments.size() == 3 && infix.precedence == Precedence::kLike;
      if (arguments.size() != 2 && !escape) break;
      return PrintInfix(expr, infix.symbol, infix.precedence, context);
    }
    if (expr.is_cast()) return PrintCast("CAST", expr);
    if (name == "negate" && arguments.size() == 1) {
      return Group(Precedence::kUnary, context, [&] {
        out_ += '-';
        Print(*arguments[0], Tighter(Precedence::kUnary));
      });
    }
    if ((name == "array_get" || name == "map_get") && arguments.size() == 2) {
      Print(*arguments[0], Precedence::kPostfix);
      out_ += '[';
      Print(*arguments[1], Precedence::kLowest);
      out_ += ']';
      return;
    }
    if (name == "row_get" && PrintField(expr)) return;
    if (name == "array" || name == "map") {
      out_ += name == "array" ? "ARRAY[" : "MAP[";
      PrintList(expr, 0);
      out_ += ']';
      return;
    }
    if (name == "extract" || name == "timestampadd" || name == "timestampdiff") {
      if (PrintUnitCall(expr)) return;
    }
    PrintFunction(name == "row" ? "ROW" : IdentifierText(name), expr, 0);
  }

  // EXTRACT(DAY FROM x), TIMESTAMPADD(DAY, n, x): the unit is a word; false where there is none.
  bool PrintUnitCall(const Expr& expr) {
    const std::vector<ExprPtr>& arguments = expr.arguments();
    const bool is_extract = expr.name() == "extract";
    if (arguments.size() != (is_extract ? 2u : 3u)) return false;
    if (arguments[0]->kind() != ExprKind::kLiteral) return false;
    const auto* unit = std::get_if<std::string>(&arguments[0]->literal().data);
    if (unit == nullptr) return false;
    if (is_extract) {
      out_ += "EXTRACT(" + *unit + " FROM ";
    } else {
      out_ += (expr.name() == "timestampadd" ? "TIMESTAMPADD(" : "TIMESTAMPDIFF(") + *unit + ", ";
    }
    PrintList(expr, 1);
    out_ += ')';
    return true;
  }

  // a.b; false where the index is no field's.
  bool PrintField(const Expr& expr) {
    if (expr.arguments().size() != 2 || expr.arguments()[1]->kind() != ExprKind::kLiteral) {
      return false;
    }
    const auto* index = std::get_if<int64_t>(&expr.arguments()[1]->literal().data);
    const std::vector<std::string>& names = expr.arguments()[0]->type().field_names();
    if (index == nullptr || *index < 0 || static_cast<size_t>(*index) >= names.size()) return false;
    Print(*expr.arguments()[0], Precedence::kPostfix);
    out_ += '.';
    out_ += IdentifierText(names[static_cast<size_t>(*index)]);
    return true;
  }

  void PrintCast(std::string_view keyword, const Expr& cast) {
    out_ += keyword;
    out_ += '(';
    Print(*cast.arguments()[0], Precedence::kLowest);
    out_ += " AS " + cast.type().Nullable().ToString() + ")";
  }

  void PrintTry(const Expr& expr) {
    const Expr& operand = *expr.arguments()[0];
    if (operand.is_cast()) return PrintCast("TRY_CAST", operand);
    PrintFunction("TRY", expr, 0);
  }

  // f(a, x -> body)
  void PrintHigherOrder(const Expr& expr) {
    out_ += expr.name() + "(";
    for (size_t i = 0; i + 1 < expr.arguments().size(); ++i) {
      Print(*expr.arguments()[i], Precedence::kLowest);
      out_ += ", ";
    }
    const std::vector<std::string>& names = expr.parameters();
    if (names.size() > 1) out_ += '(';
    for (size_t i = 0; i < names.size(); ++i) {
      out_ += (i > 0 ? ", " : "") + IdentifierText(names[i]);
    }
    out_ += names.size() > 1 ? ") -> " : " -> ";
    Print(*expr.arguments().back(), Precedence::kLowest);
    out_ += ')';
  }

  void PrintCase(const Expr& expr) {
    const std::vector<ExprPtr>& arguments = expr.arguments();
    out_ += "CASE";
    for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
      out_ += " WHEN ";
      Print(*arguments[i], Precedence::kLowest);
      out_ += " THEN ";
      Print(*arguments[i + 1], Precedence::kLowest);
    }
    out_ += " ELSE ";
    Print(*arguments.back(), Precedence::kLowest);
    out_ += " END";
  }

  std::string& out_;
};

}  // namespace

std::string Expr::ToString() const {
  std::string text;
  Printer(text).Print(*this, Precedence::kLowest);
  return text;
}

std::string AggregateCall::ToString() const {
  std::string text = name + "(";
  if (distinct) text += "DISTINCT ";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) text += ", ";
    text += arguments[i]->ToString();
  }
  if (arguments.empty() && !resolution.per_row) text += '*';
  text += ')';
  if (filter != nullptr) text += " FILTER (WHERE " + filter->ToString() + ")";
  return text;
}

}  // namespace flinkc
