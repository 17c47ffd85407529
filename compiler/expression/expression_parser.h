// The parser's class; parser.cpp has operators and what they join, special_syntax.cpp the functions
// with a syntax of their own.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/expression/literal_parser.h"
#include "compiler/expression/precedence.h"
#include "compiler/expression/syntax.h"
#include "compiler/expression/token_stream.h"

namespace flinkc {

// Every method that gives nullptr or false has reported why.
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  // An expression whose operators bind at least as tightly as `lowest`.
  SyntaxPtr Parse(Precedence lowest);
  // Whether the next tokens begin a query; then that is reported.
  bool RefuseQuery();
  // Reports the `->` of a lambda that stands where none can.
  SyntaxPtr RefuseLambda(const Token& arrow);

 private:
  // --- operators (parser.cpp) ---
  SyntaxPtr ParsePrefix();
  SyntaxPtr ParsePrimary();
  SyntaxPtr ParseSuffixes(SyntaxPtr operand);
  SyntaxPtr ParseOperators(SyntaxPtr left, Precedence lowest);
  SyntaxPtr ParseIs(SyntaxPtr left);
  SyntaxPtr ParseBetween(SyntaxPtr left, bool negated);
  SyntaxPtr ParseIn(SyntaxPtr left, bool negated);
  SyntaxPtr ParseLike(SyntaxPtr left, bool negated, bool similar);
  SyntaxPtr ParseParentheses();
  SyntaxPtr ParseUnarySign();
  SyntaxPtr ParseCase();
  bool RefuseChained(const Syntax& left);

  // --- names, literals, calls (special_syntax.cpp) ---
  SyntaxPtr ParseWord();
  SyntaxPtr ParseCall(const Token& name);
  SyntaxPtr ParseCallEnd(SyntaxPtr call);
  // f(…) with a syntax of its own; false where `name` has none.
  bool ParseSpecialCall(const Token& name, SyntaxPtr& result);
  SyntaxPtr ParseCast(SyntaxKind kind, const Token& name);
  SyntaxPtr ParseExtract(const Token& name);
  SyntaxPtr ParseTrim(const Token& name);
  SyntaxPtr ParseSubstring(const Token& name);
  SyntaxPtr ParseOverlay(const Token& name);
  SyntaxPtr ParsePosition(const Token& name);
  SyntaxPtr ParseRounding(const Token& name);
  SyntaxPtr ParseUnitCall(const Token& name);
  SyntaxPtr ParseTemporal(const Token& keyword);
  SyntaxPtr ParseInterval(const Token& keyword);
  SyntaxPtr ParseArray(const Token& name);

  // --- json_syntax.cpp ---
  SyntaxPtr ParseJsonValue(const Token& name);
  SyntaxPtr ParseJsonQuery(const Token& name);
  SyntaxPtr ParseJsonExists(const Token& name);
  SyntaxPtr ParseJsonObject(const Token& name);
  SyntaxPtr ParseJsonArray(const Token& name);
  SyntaxPtr ParseJsonObjectAgg(const Token& name);
  SyntaxPtr ParseJsonArrayAgg(const Token& name);
  // `document, path` and then what stands behind a further comma, the printed form of a call; true:
  // the call is complete.
  bool ParseJsonCall(Syntax& node, bool* complete);
  // … ON EMPTY or ON ERROR, into words[0] and [1]; DEFAULT's value into defaults of the same index.
  bool ParseOnClauses(std::string_view choices, std::string words[2], SyntaxPtr defaults[2]);
  // NULL ON NULL, ABSENT ON NULL; `otherwise` where neither stands there.
  std::string ParseOnNull(std::string_view otherwise);
  SyntaxPtr ParseIsJson(SyntaxPtr left, const Token& is, bool negated);

  // EXTRACT's unit, in capital letters; "" with an error where the next token is none.
  std::string ParseUnit();
  bool ParseArguments(Syntax& call, std::string_view close);
  // How many tokens the head of a lambda has that begins here: `x ->`, `(x, y) ->`. 0: none does.
  size_t LambdaHead() const;
  SyntaxPtr ParseLambda(size_t head);

  // --- nodes ---
  SyntaxPtr Node(SyntaxKind kind, const Token& first) const;
  SyntaxPtr Binary(SyntaxKind kind, std::string text, SyntaxPtr left, SyntaxPtr right,
                   const Token& op);
  SyntaxPtr Literal(TypedValue literal, const Token& token) const;
  SyntaxPtr TextLiteral(std::string text, uint32_t begin, uint32_t end) const;
  // Appends `child`, false if it is nullptr or the tree grows too deep.
  bool Add(Syntax& node, SyntaxPtr child);
  // Sets the end to the last token taken.
  SyntaxPtr Finish(SyntaxPtr node) const;
  SyntaxPtr NotSupported(const Token& token, std::string_view what);

  TokenStream& tokens_;
  uint32_t depth_ = 0;
};

}  // namespace flinkc
