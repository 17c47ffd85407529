#include "compiler/expression/parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/expression_parser.h"
#include "compiler/expression/type_parser.h"

namespace flinkc {

namespace {

struct BinaryOperator {
  std::string_view symbol;
  std::string_view function;
  Precedence precedence;
};

constexpr BinaryOperator kBinary[] = {
    {"=", "equal", Precedence::kComparison},
    {"<>", "not_equal", Precedence::kComparison},
    {"!=", "not_equal", Precedence::kComparison},
    {"<=", "less_equal", Precedence::kComparison},
    {">=", "greater_equal", Precedence::kComparison},
    {"<", "less", Precedence::kComparison},
    {">", "greater", Precedence::kComparison},
    {"+", "add", Precedence::kAdd},
    {"-", "subtract", Precedence::kAdd},
    {"||", "concat", Precedence::kMultiply},
    {"*", "multiply", Precedence::kMultiply},
    {"/", "divide", Precedence::kMultiply},
    {"%", "modulo", Precedence::kMultiply},
};

Precedence Tighter(Precedence precedence) {
  return static_cast<Precedence>(static_cast<int>(precedence) + 1);
}

bool IsOrdering(std::string_view function) {
  return function == "less" || function == "less_equal" || function == "greater" ||
         function == "greater_equal";
}

}  // namespace

SyntaxPtr ExpressionParser::Node(SyntaxKind kind, const Token& first) const {
  auto node = std::make_unique<Syntax>();
  node->kind = kind;
  node->begin = node->name_begin = first.begin;
  node->end = node->name_end = first.end;
  return node;
}

bool ExpressionParser::Add(Syntax& node, SyntaxPtr child) {
  if (child == nullptr) return false;
  node.depth = std::max(node.depth, child->depth + 1);
  if (node.depth > kSyntaxDepthMax) {
    tokens_.Report(DiagnosticCode::kExpressionTooLarge, child->begin, child->end,
                   fmt::format("the expression is nested deeper than {} levels", kSyntaxDepthMax));
    return false;
  }
  node.children.push_back(std::move(child));
  return true;
}

SyntaxPtr ExpressionParser::Finish(SyntaxPtr node) const {
  node->end = tokens_.last_end();
  return node;
}

SyntaxPtr ExpressionParser::Binary(SyntaxKind kind, std::string text, SyntaxPtr left,
                                   SyntaxPtr right, const Token& op) {
  if (left == nullptr || right == nullptr) return nullptr;
  SyntaxPtr node = Node(kind, op);
  node->text = std::move(text);
  node->begin = left->begin;
  if (!Add(*node, std::move(left)) || !Add(*node, std::move(right))) return nullptr;
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::NotSupported(const Token& token, std::string_view what) {
  tokens_.Report(DiagnosticCode::kNotSupportedYet, token.begin, token.end,
                 fmt::format("{} not supported yet", what));
  return nullptr;
}

SyntaxPtr ExpressionParser::Parse(Precedence lowest) {
  if (depth_ >= kSyntaxDepthMax) {
    const Token& token = tokens_.Peek();
    tokens_.Report(DiagnosticCode::kExpressionTooLarge, token.begin, token.end,
                   fmt::format("the expression is nested deeper than {} levels", kSyntaxDepthMax));
    return nullptr;
  }
  ++depth_;
  SyntaxPtr result = ParsePrefix();
  if (result != nullptr) result = ParseOperators(std::move(result), lowest);
  --depth_;
  return result;
}

SyntaxPtr ExpressionParser::ParsePrefix() {
  const Token& token = tokens_.Peek();
  if (token.IsWord("NOT")) {
    const Token keyword = tokens_.Take();
    SyntaxPtr node = Node(SyntaxKind::kNot, keyword);
    if (!Add(*node, Parse(Precedence::kNot))) return nullptr;
    return Finish(std::move(node));
  }
  if (token.Is("-") || token.Is("+")) return ParseUnarySign();
  SyntaxPtr primary = ParsePrimary();
  return primary == nullptr ? nullptr : ParseSuffixes(std::move(primary));
}

SyntaxPtr ExpressionParser::ParseUnarySign() {
  const Token sign = tokens_.Take();
  const Token& next = tokens_.Peek();
  bool number = next.kind == TokenKind::kInteger || next.kind == TokenKind::kDecimal ||
                next.kind == TokenKind::kDouble;
  bool suffix = tokens_.Peek(1).Is("::") || tokens_.Peek(1).Is(".") || tokens_.Peek(1).Is("[");
  if (sign.text == "-" && number && !suffix) {
    // One literal, so that the smallest integers can be written.
    Token token = tokens_.Take();
    auto literal = token.kind == TokenKind::kDouble ? ParseDouble("-" + token.text)
                                                    : ParseNumber("-" + token.text);
    token.begin = sign.begin;
    if (literal) return Literal(*std::move(literal), token);
    tokens_.Report(DiagnosticCode::kInvalidLiteral, token.begin, token.end,
                   "the number is out of range");
    return nullptr;
  }
  SyntaxPtr operand = Parse(Precedence::kUnary);
  if (operand == nullptr) return nullptr;
  SyntaxPtr node = Node(SyntaxKind::kOperator, sign);
  node->text = sign.text == "-" ? "negate" : "plus";
  if (!Add(*node, std::move(operand))) return nullptr;
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::ParsePrimary() {
  const Token& token = tokens_.Peek();
  switch (token.kind) {
    case TokenKind::kWord:
      return ParseWord();
    case TokenKind::kQuotedName:
    case TokenKind::kDoubleQuoted: {
      const Token name = tokens_.Take();
      SyntaxPtr node = Node(SyntaxKind::kName, name);
      node->text = name.text;
      node->double_quoted = name.kind == TokenKind::kDoubleQuoted;
      return node;
    }
    case TokenKind::kString: {
      const Token text = tokens_.Take();
      return TextLiteral(text.text, text.begin, text.end);
    }
    case TokenKind::kBytes: {
      const Token bytes = tokens_.Take();
      return Literal({{bytes.text}, DataType(TypeKind::kBytes, false)}, bytes);
    }
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kDouble: {
      const Token number = tokens_.Take();
      auto literal =
          number.kind == TokenKind::kDouble ? ParseDouble(number.text) : ParseNumber(number.text);
      if (literal) return Literal(*std::move(literal), number);
      tokens_
          .Report(DiagnosticCode::kInvalidLiteral, number.begin, number.end,
                  "the number is out of range")
          .Help("a DECIMAL has up to 38 digits, a DOUBLE up to about 1e308");
      return nullptr;
    }
    case TokenKind::kParameter: {
      const Token name = tokens_.Take();
      SyntaxPtr node = Node(SyntaxKind::kParameter, name);
      node->text = name.text;
      return node;
    }
    default:
      break;
  }
  if (token.Is("(")) return ParseParentheses();
  if (token.Is("*")) {
    tokens_.ReportExpected("an expression").Help("`*` stands alone only in count(*)");
    return nullptr;
  }
  tokens_.ReportExpected("an expression");
  return nullptr;
}

SyntaxPtr ExpressionParser::Literal(TypedValue literal, const Token& token) const {
  SyntaxPtr node = Node(SyntaxKind::kLiteral, token);
  node->value = std::move(literal.value);
  node->type = std::move(literal.type);
  return node;
}

SyntaxPtr ExpressionParser::TextLiteral(std::string text, uint32_t begin, uint32_t end) const {
  Token token;
  token.begin = begin;
  token.end = end;
  return Literal({{std::move(text)}, DataType(TypeKind::kString, false)}, token);
}

SyntaxPtr ExpressionParser::ParseParentheses() {
  const Token open = tokens_.Take();
  if (RefuseQuery()) return nullptr;
  SyntaxPtr inner = Parse(Precedence::kLowest);
  if (inner == nullptr) return nullptr;
  if (tokens_.Peek().Is(",")) {
    tokens_.ReportExpected("an operator or `)`").Help("a row is written ROW(a, b)");
    return nullptr;
  }
  if (!tokens_.Accept(")")) {
    tokens_.ReportExpected("an operator or `)`")
        .Also(tokens_.source().SpanOf(open.begin, open.end), "opened here");
    return nullptr;
  }
  inner->begin = open.begin;
  inner->parentheses = true;
  return Finish(std::move(inner));
}

// a.b, a[i], a::TYPE.
SyntaxPtr ExpressionParser::ParseSuffixes(SyntaxPtr operand) {
  while (operand != nullptr) {
    const Token& token = tokens_.Peek();
    if (token.Is(".")) {
      tokens_.Take();
      const Token name = tokens_.Peek();
      bool is_name = name.kind == TokenKind::kWord || name.kind == TokenKind::kQuotedName ||
                     name.kind == TokenKind::kDoubleQuoted;
      if (!is_name) {
        tokens_.ReportExpected("a field's name");
        return nullptr;
      }
      tokens_.Take();
      SyntaxPtr node = Node(SyntaxKind::kField, name);
      node->text = name.text;
      node->begin = operand->begin;
      if (!Add(*node, std::move(operand))) return nullptr;
      operand = Finish(std::move(node));
    } else if (token.Is("[")) {
      const Token open = tokens_.Take();
      SyntaxPtr index = Parse(Precedence::kLowest);
      if (index == nullptr || !tokens_.Expect("]")) return nullptr;
      operand = Binary(SyntaxKind::kIndex, {}, std::move(operand), std::move(index), open);
    } else if (token.Is("::")) {
      const Token op = tokens_.Take();
      std::optional<DataType> type = ParseTypeTokens(tokens_, /*allow_not_null=*/false);
      if (!type) return nullptr;
      SyntaxPtr node = Node(SyntaxKind::kCast, op);
      node->type = *std::move(type);
      node->begin = operand->begin;
      if (!Add(*node, std::move(operand))) return nullptr;
      operand = Finish(std::move(node));
    } else {
      return operand;
    }
  }
  return nullptr;
}

// Infix and postfix operators after `left`, as long as they bind at least as tightly as `lowest`.
SyntaxPtr ExpressionParser::ParseOperators(SyntaxPtr left, Precedence lowest) {
  while (left != nullptr && !tokens_.failed()) {
    const Token& token = tokens_.Peek();
    auto binary = std::find_if(std::begin(kBinary), std::end(kBinary),
                               [&](const BinaryOperator& op) { return token.Is(op.symbol); });
    if (binary != std::end(kBinary)) {
      if (binary->precedence < lowest) return left;
      if (IsOrdering(binary->function) && RefuseChained(*left)) return nullptr;
      const Token op = tokens_.Take();
      SyntaxPtr right = Parse(Tighter(binary->precedence));
      left = Binary(SyntaxKind::kOperator, std::string(binary->function), std::move(left),
                    std::move(right), op);
      continue;
    }
    bool is_and = token.IsWord("AND"), is_or = token.IsWord("OR");
    if (is_and || is_or) {
      Precedence precedence = is_and ? Precedence::kAnd : Precedence::kOr;
      SyntaxKind kind = is_and ? SyntaxKind::kAnd : SyntaxKind::kOr;
      if (precedence < lowest) return left;
      const Token op = tokens_.Take();
      SyntaxPtr right = Parse(Tighter(precedence));
      if (right == nullptr) return nullptr;
      // One node for a chain, however long it is.
      if (left->kind == kind && !left->parentheses) {
        if (!Add(*left, std::move(right))) return nullptr;
        left = Finish(std::move(left));
      } else {
        left = Binary(kind, {}, std::move(left), std::move(right), op);
      }
      continue;
    }
    if (token.IsWord("IS")) {
      bool distinct = tokens_.Peek(1).IsWord("DISTINCT") || tokens_.Peek(2).IsWord("DISTINCT");
      if ((distinct ? Precedence::kComparison : Precedence::kIs) < lowest) return left;
      left = ParseIs(std::move(left));
      continue;
    }
    bool negated = token.IsWord("NOT");
    const Token& keyword = tokens_.Peek(negated ? 1 : 0);
    bool between = keyword.IsWord("BETWEEN"), in = keyword.IsWord("IN"),
         like = keyword.IsWord("LIKE"), similar = keyword.IsWord("SIMILAR");
    if ((!between && !in && !like && !similar) || Precedence::kLike < lowest) return left;
    if (negated) tokens_.Take();
    if (between) {
      left = ParseBetween(std::move(left), negated);
    } else if (in) {
      left = ParseIn(std::move(left), negated);
    } else {
      left = ParseLike(std::move(left), negated, similar);
    }
  }
  return tokens_.failed() ? nullptr : std::move(left);
}

// 1 < a < 10 compares a BOOLEAN with 10, which nobody means.
bool ExpressionParser::RefuseChained(const Syntax& left) {
  if (left.kind != SyntaxKind::kOperator || left.parentheses || !IsOrdering(left.text)) {
    return false;
  }
  const Token& token = tokens_.Peek();
  tokens_
      .Report(DiagnosticCode::kExpressionSyntax, token.begin, token.end,
              "comparisons cannot be chained")
      .Help("write `a < b AND b < c`, or `b BETWEEN a AND c`");
  return true;
}

SyntaxPtr ExpressionParser::ParseIs(SyntaxPtr left) {
  const Token is = tokens_.Take();
  bool negated = tokens_.AcceptWord("NOT");
  if (tokens_.AcceptWord("DISTINCT")) {
    if (!tokens_.ExpectWord("FROM")) return nullptr;
    SyntaxPtr right = Parse(Tighter(Precedence::kComparison));
    SyntaxPtr node = Binary(SyntaxKind::kIsDistinct, {}, std::move(left), std::move(right), is);
    if (node != nullptr) node->negated = negated;
    return node;
  }
  if (tokens_.AcceptWord("JSON")) return ParseIsJson(std::move(left), is, negated);
  for (std::string_view keyword : {"NULL", "TRUE", "FALSE", "UNKNOWN"}) {
    if (!tokens_.AcceptWord(keyword)) continue;
    SyntaxPtr node = Node(SyntaxKind::kIs, is);
    node->text = keyword;
    node->negated = negated;
    node->begin = left->begin;
    if (!Add(*node, std::move(left))) return nullptr;
    return Finish(std::move(node));
  }
  tokens_.ReportExpected(negated ? "`NULL`, `TRUE`, `FALSE`, `UNKNOWN` or `DISTINCT FROM`"
                                 : "`NULL`, `NOT NULL`, `TRUE`, `FALSE`, `UNKNOWN` or `DISTINCT "
                                   "FROM`");
  return nullptr;
}

SyntaxPtr ExpressionParser::ParseBetween(SyntaxPtr left, bool negated) {
  const Token between = tokens_.Take();
  SyntaxPtr node = Node(SyntaxKind::kBetween, between);
  node->negated = negated;
  node->begin = left->begin;
  if (tokens_.AcceptWord("SYMMETRIC")) {
    node->text = "SYMMETRIC";
  } else {
    tokens_.AcceptWord("ASYMMETRIC");
  }
  SyntaxPtr low = Parse(Tighter(Precedence::kLike));
  if (low == nullptr || !tokens_.ExpectWord("AND")) return nullptr;
  SyntaxPtr high = Parse(Tighter(Precedence::kLike));
  if (!Add(*node, std::move(left)) || !Add(*node, std::move(low)) || !Add(*node, std::move(high))) {
    return nullptr;
  }
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::ParseIn(SyntaxPtr left, bool negated) {
  const Token in = tokens_.Take();
  SyntaxPtr node = Node(SyntaxKind::kIn, in);
  node->negated = negated;
  node->begin = left->begin;
  if (!Add(*node, std::move(left))) return nullptr;
  if (!tokens_.Accept("(")) {
    tokens_.ReportExpected("`(` and a list of values");
    return nullptr;
  }
  if (RefuseQuery() || !ParseArguments(*node, ")")) return nullptr;
  if (node->children.size() == 1) {
    tokens_.Report(DiagnosticCode::kExpressionSyntax, in.begin, tokens_.last_end(),
                   "the list of IN is empty");
    return nullptr;
  }
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::ParseLike(SyntaxPtr left, bool negated, bool similar) {
  const Token like = tokens_.Take();
  if (similar && !tokens_.ExpectWord("TO")) return nullptr;
  SyntaxPtr pattern = Parse(Tighter(Precedence::kLike));
  SyntaxPtr node = Binary(SyntaxKind::kLike, similar ? "similar" : "like", std::move(left),
                          std::move(pattern), like);
  if (node == nullptr) return nullptr;
  node->negated = negated;
  if (tokens_.AcceptWord("ESCAPE") && !Add(*node, Parse(Tighter(Precedence::kLike)))) {
    return nullptr;
  }
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::ParseCase() {
  const Token keyword = tokens_.Take();
  SyntaxPtr node = Node(SyntaxKind::kCase, keyword);
  if (!tokens_.Peek().IsWord("WHEN")) {
    node->has_operand = true;
    if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  }
  if (!tokens_.Peek().IsWord("WHEN")) {
    tokens_.ReportExpected("an operator or `WHEN`");
    return nullptr;
  }
  while (tokens_.AcceptWord("WHEN")) {
    if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
    if (!tokens_.AcceptWord("THEN")) {
      tokens_.ReportExpected("an operator or `THEN`");
      return nullptr;
    }
    if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  }
  if (tokens_.AcceptWord("ELSE")) {
    node->has_else = true;
    if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  }
  if (!tokens_.AcceptWord("END")) {
    tokens_.ReportExpected(node->has_else ? "an operator or `END`"
                                          : "an operator, `WHEN`, `ELSE` or `END`");
    return nullptr;
  }
  return Finish(std::move(node));
}

SyntaxPtr ParseSyntax(const SourceText& text, DiagnosticLog& log) {
  TokenStream tokens(text, log);
  if (tokens.failed()) return nullptr;
  if (tokens.AtEnd()) {
    tokens.Report(DiagnosticCode::kExpressionSyntax, 0, static_cast<uint32_t>(text.value.size()),
                  "the expression is empty");
    return nullptr;
  }
  ExpressionParser parser(tokens);
  if (parser.RefuseQuery()) return nullptr;
  SyntaxPtr root = parser.Parse(Precedence::kLowest);
  if (root == nullptr) return nullptr;
  if (tokens.AtEnd()) return root;
  const Token& token = tokens.Peek();
  if (token.Is("->")) {
    parser.RefuseLambda(token);
  } else if (token.Is(")") || token.Is("]")) {
    tokens.ReportExpected("an operator or the end of the expression")
        .Label(fmt::format("there is no `{}` before it", token.Is(")") ? "(" : "["));
  } else {
    tokens.ReportExpected("an operator or the end of the expression");
  }
  return nullptr;
}

}  // namespace flinkc
