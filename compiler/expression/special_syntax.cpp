// Names, literals with a keyword, and calls, among them the functions whose arguments SQL separates
// by words: CAST, EXTRACT, SUBSTRING … FROM, TRIM and their like. All become plain calls.
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/expression_parser.h"
#include "compiler/expression/literal_text.h"
#include "compiler/expression/type_parser.h"

namespace flinkc {

namespace {

// Functions that are called without parentheses.
constexpr std::string_view kWithoutParentheses[] = {
    "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME",
    "LOCALTIMESTAMP",    "LOCALTIME",    "CURRENT_ROW_TIMESTAMP",
};

constexpr std::string_view kUnits[] = {
    "MILLENNIUM", "CENTURY",     "DECADE",      "YEAR",       "ISOYEAR", "QUARTER", "MONTH",
    "WEEK",       "DAY",         "DOW",         "ISODOW",     "DOY",     "HOUR",    "MINUTE",
    "SECOND",     "MILLISECOND", "MICROSECOND", "NANOSECOND", "EPOCH",
};

struct IntervalWord {
  std::string_view word;
  IntervalUnit unit;
  int64_t scale;
};

constexpr IntervalWord kIntervalWords[] = {
    {"YEAR", IntervalUnit::kYear, 1},     {"QUARTER", IntervalUnit::kMonth, 3},
    {"MONTH", IntervalUnit::kMonth, 1},   {"WEEK", IntervalUnit::kDay, 7},
    {"DAY", IntervalUnit::kDay, 1},       {"HOUR", IntervalUnit::kHour, 1},
    {"MINUTE", IntervalUnit::kMinute, 1}, {"SECOND", IntervalUnit::kSecond, 1},
};

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

const IntervalWord* FindIntervalWord(const Token& token) {
  if (token.kind != TokenKind::kWord) return nullptr;
  std::string upper = Upper(token.text);
  for (const IntervalWord& word : kIntervalWords) {
    if (upper == word.word || upper == std::string(word.word) + "S") return &word;
  }
  return nullptr;
}

}  // namespace

SyntaxPtr ExpressionParser::ParseWord() {
  const Token& token = tokens_.Peek();
  if (token.IsWord("CASE")) return ParseCase();
  if (token.IsWord("NULL")) return Literal({{}, DataType(TypeKind::kNull)}, tokens_.Take());
  if (token.IsWord("TRUE") || token.IsWord("FALSE")) {
    bool value = token.IsWord("TRUE");
    return Literal({{value}, DataType(TypeKind::kBoolean, false)}, tokens_.Take());
  }
  if (IsReservedWord(token.text)) {
    tokens_.ReportExpected("an expression")
        .Help(fmt::format("a column of that name is written in backticks: `{}`", token.text));
    return nullptr;
  }
  const Token& next = tokens_.Peek(1);
  bool text_follows = next.kind == TokenKind::kString;
  if (text_follows && (token.IsWord("DATE") || token.IsWord("TIMESTAMP") || token.IsWord("TIME"))) {
    return ParseTemporal(tokens_.Take());
  }
  bool sign_follows = (next.Is("-") || next.Is("+")) && tokens_.Peek(2).kind == TokenKind::kString;
  bool number_follows = next.kind == TokenKind::kInteger && FindIntervalWord(tokens_.Peek(2));
  if (token.IsWord("INTERVAL") && (text_follows || sign_follows || number_follows)) {
    return ParseInterval(tokens_.Take());
  }
  if (next.Is("[") && (token.IsWord("ARRAY") || token.IsWord("MAP"))) {
    return ParseArray(tokens_.Take());
  }
  if (next.Is("->")) return RefuseLambda(next);
  const Token name = tokens_.Take();
  if (next.Is("(")) return ParseCall(name);
  SyntaxPtr node = Node(SyntaxKind::kName, name);
  node->text = name.text;
  for (std::string_view function : kWithoutParentheses) {
    if (name.IsWord(function)) node->kind = SyntaxKind::kCall;
  }
  return node;
}

SyntaxPtr ExpressionParser::ParseTemporal(const Token& keyword) {
  if (keyword.IsWord("TIME")) return NotSupported(keyword, "the type TIME is");
  Token text = tokens_.Take();
  bool is_date = keyword.IsWord("DATE");
  auto literal = is_date ? ParseDate(text.text) : ParseTimestamp(text.text);
  if (!literal) {
    tokens_
        .Report(DiagnosticCode::kInvalidLiteral, text.begin, text.end,
                fmt::format("not a valid {}", is_date ? "date" : "timestamp"))
        .Help(is_date ? "a date is written DATE '2020-02-29'"
                      : "a timestamp is written TIMESTAMP '2020-02-29 23:59:59.123', with at most "
                        "6 digits after the point");
    return nullptr;
  }
  text.begin = keyword.begin;
  return Literal(*std::move(literal), text);
}

// INTERVAL '1 02:03' DAY TO MINUTE, INTERVAL -'5' MONTH.
SyntaxPtr ExpressionParser::ParseInterval(const Token& keyword) {
  bool minus = tokens_.Accept("-");
  if (!minus) tokens_.Accept("+");
  const Token text = tokens_.Take();
  if (text.kind != TokenKind::kString) {
    tokens_
        .Report(DiagnosticCode::kExpressionSyntax, text.begin, text.end,
                "the length of an interval stands in quotes")
        .Label(fmt::format("write `INTERVAL '{}'`", text.text));
    return nullptr;
  }
  auto take_unit = [this]() -> const IntervalWord* {
    const IntervalWord* word = FindIntervalWord(tokens_.Peek());
    if (word == nullptr) {
      tokens_.ReportExpected(
          "the interval's unit (`YEAR`, `MONTH`, `DAY`, `HOUR`, `MINUTE`, "
          "`SECOND`)");
      return nullptr;
    }
    tokens_.Take();
    // DAY(3), SECOND(2, 6): the digits that standard SQL reserves; ours always suffice.
    if (!tokens_.Accept("(")) return word;
    do {
      if (tokens_.Peek().kind != TokenKind::kInteger) {
        tokens_.ReportExpected("a number");
        return nullptr;
      }
      tokens_.Take();
    } while (tokens_.Accept(","));
    return tokens_.Expect(")") ? word : nullptr;
  };
  uint32_t units_begin = tokens_.Peek().begin;
  const IntervalWord* from = take_unit();
  if (from == nullptr) return nullptr;
  const IntervalWord* to = from;
  if (tokens_.AcceptWord("TO")) {
    to = take_unit();
    if (to == nullptr) return nullptr;
  }
  bool months = from->unit <= IntervalUnit::kMonth;
  bool fits = from->unit < to->unit && from->scale == 1 && to->scale == 1 &&
              months == (to->unit <= IntervalUnit::kMonth);
  if (from != to && !fits) {
    tokens_
        .Report(DiagnosticCode::kInvalidLiteral, units_begin, tokens_.last_end(),
                fmt::format("there are no intervals of {} TO {}", from->word, to->word))
        .Help("an interval goes from YEAR to MONTH, or down from DAY to HOUR, MINUTE or SECOND");
    return nullptr;
  }
  auto literal = ::flinkc::ParseInterval(text.text, from->unit, to->unit, from->scale);
  if (!literal) {
    tokens_
        .Report(DiagnosticCode::kInvalidLiteral, text.begin, text.end,
                fmt::format("not a valid interval of {}{}", from->word,
                            from == to ? "" : fmt::format(" TO {}", to->word)))
        .Help(
            "such as INTERVAL '5' MINUTE, INTERVAL '1 02:03:04.5' DAY TO SECOND, INTERVAL '1-2' "
            "YEAR TO MONTH");
    return nullptr;
  }
  if (minus) literal->value.data = -std::get<int64_t>(literal->value.data);
  SyntaxPtr node = Literal(*std::move(literal), keyword);
  return Finish(std::move(node));
}

// ARRAY[a, b], MAP[k, v, …].
SyntaxPtr ExpressionParser::ParseArray(const Token& name) {
  tokens_.Take();
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = name.IsWord("MAP") ? "map" : "array";
  if (!ParseArguments(*node, "]")) return nullptr;
  return Finish(std::move(node));
}

// A list of expressions up to and with `close`; the opening bracket is taken already.
bool ExpressionParser::ParseArguments(Syntax& call, std::string_view close) {
  if (tokens_.Accept(close)) return true;
  do {
    const size_t head = LambdaHead();
    if (!Add(call, head > 0 ? ParseLambda(head) : Parse(Precedence::kLowest))) return false;
  } while (tokens_.Accept(","));
  if (tokens_.Accept(close)) return true;
  if (tokens_.Peek().Is("->")) {
    RefuseLambda(tokens_.Peek());
    return false;
  }
  tokens_.ReportExpected(fmt::format("an operator, `,` or `{}`", close));
  return false;
}

// SELECT, with what can only be its columns, starts a query, which no expression holds.
bool ExpressionParser::RefuseQuery() {
  const Token& token = tokens_.Peek();
  const Token& next = tokens_.Peek(1);
  if (!token.IsWord("SELECT") || next.kind == TokenKind::kEnd) return false;
  if (next.kind == TokenKind::kSymbol && !next.Is("*")) return false;
  tokens_
      .Report(DiagnosticCode::kExpressionSyntax, token.begin, token.end,
              "a query cannot stand in an expression")
      .Help("join the stream that has the values");
  return true;
}

size_t ExpressionParser::LambdaHead() const {
  const auto is_name = [](const Token& token) {
    return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName;
  };
  size_t at = 0;
  if (tokens_.Peek().Is("(")) {
    do {
      ++at;
      if (!is_name(tokens_.Peek(at))) return 0;
      ++at;
    } while (tokens_.Peek(at).Is(","));
    if (!tokens_.Peek(at).Is(")")) return 0;
  } else if (!is_name(tokens_.Peek())) {
    return 0;
  }
  return tokens_.Peek(at + 1).Is("->") ? at + 2 : 0;
}

// x -> …, (x, y) -> …: `head` tokens, then the body, as far as it goes.
SyntaxPtr ExpressionParser::ParseLambda(size_t head) {
  SyntaxPtr node = Node(SyntaxKind::kLambda, tokens_.Peek());
  for (size_t i = 0; i < head; ++i) {
    const Token token = tokens_.Take();
    const bool is_word = token.kind == TokenKind::kWord;
    if (!is_word && token.kind != TokenKind::kQuotedName) continue;
    if (is_word && IsReservedWord(token.text)) {
      tokens_
          .Report(DiagnosticCode::kExpressionSyntax, token.begin, token.end,
                  fmt::format("`{}` is a word of the language, no name", token.text))
          .Help(fmt::format("call the parameter otherwise, or write it in backticks: `{}`",
                            token.text));
      return nullptr;
    }
    for (const std::string& before : node->parameters) {
      if (before != token.text) continue;
      tokens_.Report(DiagnosticCode::kExpressionSyntax, token.begin, token.end,
                     fmt::format("the lambda has two parameters `{}`", token.text));
      return nullptr;
    }
    node->parameters.push_back(token.text);
  }
  node->name_end = tokens_.last_end();
  if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::RefuseLambda(const Token& arrow) {
  tokens_
      .Report(DiagnosticCode::kExpressionSyntax, arrow.begin, arrow.end,
              "a lambda can only be an argument")
      .Help("such as array_transform(prices, x -> x * 2), array_reduce(a, 0, (sum, x) -> sum + x)");
  return nullptr;
}

SyntaxPtr ExpressionParser::ParseCall(const Token& name) {
  tokens_.Take();
  SyntaxPtr special;
  if (ParseSpecialCall(name, special)) return special;
  SyntaxPtr call = Node(SyntaxKind::kCall, name);
  call->text = name.text;
  if (tokens_.Peek().Is("*") && tokens_.Peek(1).Is(")")) {
    tokens_.Take();
    tokens_.Take();
    call->star = true;
    return ParseCallEnd(std::move(call));
  }
  // count(a.*)
  if (tokens_.Peek(1).Is(".") && tokens_.Peek(2).Is("*") && tokens_.Peek(3).Is(")")) {
    const Token owner = tokens_.Take();
    call->star_of = Node(SyntaxKind::kName, owner);
    call->star_of->text = owner.text;
    for (int i = 0; i < 3; ++i) tokens_.Take();
    call->star = true;
    return ParseCallEnd(std::move(call));
  }
  if (tokens_.AcceptWord("DISTINCT")) {
    call->distinct = true;
  } else if (tokens_.Peek().IsWord("ALL") && !tokens_.Peek(1).Is(")") && !tokens_.Peek(1).Is(",")) {
    tokens_.Take();
  }
  if (RefuseQuery() || !ParseArguments(*call, ")")) return nullptr;
  return ParseCallEnd(std::move(call));
}

// FILTER (WHERE …) after an aggregate's arguments.
SyntaxPtr ExpressionParser::ParseCallEnd(SyntaxPtr call) {
  if (tokens_.Peek().IsWord("OVER") &&
      (tokens_.Peek(1).Is("(") || tokens_.Peek(1).kind == TokenKind::kWord)) {
    return NotSupported(tokens_.Peek(), "OVER windows are");
  }
  if (tokens_.Peek().IsWord("FILTER") && tokens_.Peek(1).Is("(")) {
    tokens_.Take();
    tokens_.Take();
    if (!tokens_.ExpectWord("WHERE")) return nullptr;
    SyntaxPtr filter = Parse(Precedence::kLowest);
    if (filter == nullptr) return nullptr;
    if (!tokens_.Accept(")")) {
      tokens_.ReportExpected("an operator or `)`");
      return nullptr;
    }
    call->depth = std::max(call->depth, filter->depth + 1);
    call->filter = std::move(filter);
  }
  return Finish(std::move(call));
}

bool ExpressionParser::ParseSpecialCall(const Token& name, SyntaxPtr& result) {
  struct Special {
    std::string_view name;
    SyntaxPtr (ExpressionParser::*parse)(const Token&);
  };
  static constexpr Special kSpecial[] = {
      {"EXTRACT", &ExpressionParser::ParseExtract},
      {"TRIM", &ExpressionParser::ParseTrim},
      {"SUBSTRING", &ExpressionParser::ParseSubstring},
      {"OVERLAY", &ExpressionParser::ParseOverlay},
      {"POSITION", &ExpressionParser::ParsePosition},
      {"CEIL", &ExpressionParser::ParseRounding},
      {"CEILING", &ExpressionParser::ParseRounding},
      {"FLOOR", &ExpressionParser::ParseRounding},
      {"TIMESTAMPADD", &ExpressionParser::ParseUnitCall},
      {"TIMESTAMPDIFF", &ExpressionParser::ParseUnitCall},
      {"JSON_VALUE", &ExpressionParser::ParseJsonValue},
      {"JSON_QUERY", &ExpressionParser::ParseJsonQuery},
      {"JSON_EXISTS", &ExpressionParser::ParseJsonExists},
      {"JSON_OBJECT", &ExpressionParser::ParseJsonObject},
      {"JSON_ARRAY", &ExpressionParser::ParseJsonArray},
      {"JSON_OBJECTAGG", &ExpressionParser::ParseJsonObjectAgg},
      {"JSON_ARRAYAGG", &ExpressionParser::ParseJsonArrayAgg},
  };
  if (name.IsWord("CAST") || name.IsWord("TRY_CAST")) {
    result = ParseCast(name.IsWord("CAST") ? SyntaxKind::kCast : SyntaxKind::kTryCast, name);
    return true;
  }
  for (const Special& special : kSpecial) {
    if (!name.IsWord(special.name)) continue;
    result = (this->*special.parse)(name);
    return true;
  }
  return false;
}

SyntaxPtr ExpressionParser::ParseCast(SyntaxKind kind, const Token& name) {
  SyntaxPtr node = Node(kind, name);
  if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  if (!tokens_.AcceptWord("AS")) {
    tokens_.ReportExpected("an operator or `AS` and a type");
    return nullptr;
  }
  std::optional<DataType> type = ParseTypeTokens(tokens_, /*allow_not_null=*/false);
  if (!type || !tokens_.Expect(")")) return nullptr;
  node->type = *std::move(type);
  return Finish(std::move(node));
}

std::string ExpressionParser::ParseUnit() {
  const Token& token = tokens_.Peek();
  if (token.kind == TokenKind::kWord) {
    std::string upper = Upper(token.text);
    for (std::string_view unit : kUnits) {
      if (upper != unit && upper != std::string(unit) + "S") continue;
      tokens_.Take();
      return std::string(unit);
    }
  }
  tokens_.ReportExpected("a unit of time (`YEAR`, `MONTH`, `DAY`, `HOUR`, `MINUTE`, `SECOND`, …)");
  return {};
}

// EXTRACT(unit FROM x) is extract('unit', x).
SyntaxPtr ExpressionParser::ParseExtract(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "extract";
  const Token unit_token = tokens_.Peek();
  std::string unit = ParseUnit();
  if (unit.empty() || !tokens_.ExpectWord("FROM")) return nullptr;
  if (!Add(*node, TextLiteral(std::move(unit), unit_token.begin, unit_token.end)) ||
      !Add(*node, Parse(Precedence::kLowest)) || !tokens_.Expect(")")) {
    return nullptr;
  }
  return Finish(std::move(node));
}

// TRIM([BOTH | LEADING | TRAILING] [characters] FROM x) is btrim, ltrim or rtrim(x, characters).
SyntaxPtr ExpressionParser::ParseTrim(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "trim";
  const Token side = tokens_.Peek();
  bool both = side.IsWord("BOTH"), leading = side.IsWord("LEADING"),
       trailing = side.IsWord("TRAILING");
  const Token& after = tokens_.Peek(1);
  bool has_side = (both || leading || trailing) && !after.Is(")") && !after.Is(",") &&
                  !after.Is(".") && !after.Is("(");
  if (has_side) {
    tokens_.Take();
    node->text = both ? "btrim" : leading ? "ltrim" : "rtrim";
  }
  if (has_side && tokens_.AcceptWord("FROM")) {
    if (both) node->text = "trim";
    if (!Add(*node, Parse(Precedence::kLowest)) || !tokens_.Expect(")")) return nullptr;
    return Finish(std::move(node));
  }
  SyntaxPtr first = Parse(Precedence::kLowest);
  if (first == nullptr) return nullptr;
  if (tokens_.AcceptWord("FROM")) {
    if (!has_side) node->text = "btrim";
    if (!Add(*node, Parse(Precedence::kLowest)) || !Add(*node, std::move(first)) ||
        !tokens_.Expect(")")) {
      return nullptr;
    }
    return Finish(std::move(node));
  }
  if (has_side) {
    tokens_.ReportExpected("an operator or `FROM`");
    return nullptr;
  }
  if (!Add(*node, std::move(first))) return nullptr;
  if (tokens_.Accept(",") ? !ParseArguments(*node, ")") : !tokens_.Expect(")")) return nullptr;
  return Finish(std::move(node));
}

// SUBSTRING(x FROM a FOR b) is substring(x, a, b).
SyntaxPtr ExpressionParser::ParseSubstring(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "substring";
  if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  if (tokens_.AcceptWord("FROM")) {
    if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
    if (tokens_.AcceptWord("FOR") && !Add(*node, Parse(Precedence::kLowest))) return nullptr;
    if (!tokens_.Expect(")")) return nullptr;
    return Finish(std::move(node));
  }
  if (tokens_.Accept(",")) {
    if (!ParseArguments(*node, ")")) return nullptr;
  } else if (!tokens_.Accept(")")) {
    tokens_.ReportExpected("an operator, `,`, `FROM` or `)`");
    return nullptr;
  }
  return Finish(std::move(node));
}

// OVERLAY(x PLACING y FROM a FOR b) is overlay(x, y, a, b).
SyntaxPtr ExpressionParser::ParseOverlay(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "overlay";
  if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  if (!tokens_.AcceptWord("PLACING")) {
    if (!tokens_.Accept(",")) {
      tokens_.ReportExpected("an operator or `PLACING`");
      return nullptr;
    }
    if (!ParseArguments(*node, ")")) return nullptr;
    return Finish(std::move(node));
  }
  if (!Add(*node, Parse(Precedence::kLowest)) || !tokens_.ExpectWord("FROM") ||
      !Add(*node, Parse(Precedence::kLowest))) {
    return nullptr;
  }
  if (tokens_.AcceptWord("FOR") && !Add(*node, Parse(Precedence::kLowest))) return nullptr;
  if (!tokens_.Expect(")")) return nullptr;
  return Finish(std::move(node));
}

// POSITION(a IN b) is position(a, b).
SyntaxPtr ExpressionParser::ParsePosition(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "position";
  if (!Add(*node, Parse(Precedence::kAdd))) return nullptr;
  if (!tokens_.Accept(",") && !tokens_.ExpectWord("IN")) return nullptr;
  if (!Add(*node, Parse(Precedence::kLowest)) || !tokens_.Expect(")")) return nullptr;
  return Finish(std::move(node));
}

// FLOOR(x TO unit) is floor(x, 'unit').
SyntaxPtr ExpressionParser::ParseRounding(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = name.text;
  if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
  if (tokens_.AcceptWord("TO")) {
    const Token unit_token = tokens_.Peek();
    std::string unit = ParseUnit();
    if (unit.empty() ||
        !Add(*node, TextLiteral(std::move(unit), unit_token.begin, unit_token.end)) ||
        !tokens_.Expect(")")) {
      return nullptr;
    }
    return Finish(std::move(node));
  }
  if (tokens_.Accept(",")) {
    if (!ParseArguments(*node, ")")) return nullptr;
  } else if (!tokens_.Accept(")")) {
    tokens_.ReportExpected("an operator, `TO` or `)`");
    return nullptr;
  }
  return Finish(std::move(node));
}

// TIMESTAMPADD(unit, n, x) is timestampadd('unit', n, x).
SyntaxPtr ExpressionParser::ParseUnitCall(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = name.text;
  const Token unit_token = tokens_.Peek();
  std::string unit = ParseUnit();
  if (unit.empty() || !tokens_.Expect(",")) return nullptr;
  if (!Add(*node, TextLiteral(std::move(unit), unit_token.begin, unit_token.end)) ||
      !ParseArguments(*node, ")")) {
    return nullptr;
  }
  return Finish(std::move(node));
}

}  // namespace flinkc
