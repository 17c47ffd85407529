// The functions of JSON whose arguments SQL separates by words. All become plain calls, with their
// words as a literal: JSON_VALUE(x, '$.a' RETURNING INT ERROR ON ERROR) is
// json_value(x, '$.a', 'INT NULL ERROR').
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/expression_parser.h"
#include "compiler/expression/type_parser.h"

namespace flinkc {

bool ExpressionParser::ParseJsonCall(Syntax& node, bool* complete) {
  *complete = false;
  if (!Add(node, Parse(Precedence::kLowest))) return false;
  if (!tokens_.Accept(",")) {
    tokens_.ReportExpected("an operator, or `,` and a path into the JSON");
    return false;
  }
  if (!Add(node, Parse(Precedence::kLowest))) return false;
  *complete = true;
  if (tokens_.Accept(")")) return true;
  if (tokens_.Accept(",")) return ParseArguments(node, ")");
  *complete = false;
  return true;
}

bool ExpressionParser::ParseOnClauses(std::string_view choices, std::string words[2],
                                      SyntaxPtr defaults[2]) {
  for (int clause = 0; clause < 2 && !tokens_.Peek().Is(")"); ++clause) {
    std::string word;
    SyntaxPtr value;
    if (tokens_.AcceptWord("DEFAULT") && defaults != nullptr) {
      word = "DEFAULT";
      value = Parse(Precedence::kLowest);
      if (value == nullptr) return false;
    } else if (tokens_.AcceptWord("NULL")) {
      word = "NULL";
    } else if (tokens_.AcceptWord("ERROR")) {
      word = "ERROR";
    } else if (defaults == nullptr && tokens_.AcceptWord("EMPTY")) {
      if (!tokens_.Peek().IsWord("ARRAY") && !tokens_.Peek().IsWord("OBJECT")) {
        tokens_.ReportExpected("`ARRAY` or `OBJECT`");
        return false;
      }
      word = tokens_.Take().IsWord("ARRAY") ? "ARRAY" : "OBJECT";
    } else {
      tokens_.ReportExpected(fmt::format("{} or `)`", choices));
      return false;
    }
    if (!tokens_.ExpectWord("ON")) return false;
    const bool empty = tokens_.Peek().IsWord("EMPTY");
    if (!empty && !tokens_.Peek().IsWord("ERROR")) {
      tokens_.ReportExpected("`EMPTY` or `ERROR`");
      return false;
    }
    tokens_.Take();
    words[empty ? 0 : 1] = std::move(word);
    if (value != nullptr) defaults[empty ? 0 : 1] = std::move(value);
  }
  return tokens_.Expect(")");
}

SyntaxPtr ExpressionParser::ParseJsonValue(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_value";
  bool complete = false;
  if (!ParseJsonCall(*node, &complete)) return nullptr;
  if (complete) return Finish(std::move(node));
  const uint32_t begin = tokens_.Peek().begin;
  std::string type = "STRING";
  if (tokens_.AcceptWord("RETURNING")) {
    const Token written = tokens_.Peek();
    std::optional<DataType> returning = ParseTypeTokens(tokens_, /*allow_not_null=*/false);
    if (!returning) return nullptr;
    type = returning->Nullable().ToString();
    const bool text = returning->kind() == TypeKind::kString;
    if (text) type = "STRING";
    if (!text && type != "BOOLEAN" && type != "INT" && type != "BIGINT" && type != "DOUBLE") {
      tokens_
          .Report(DiagnosticCode::kExpressionSyntax, written.begin, tokens_.last_end(),
                  fmt::format("JSON_VALUE cannot give {}", type))
          .Help("it gives STRING, BOOLEAN, INT, BIGINT or DOUBLE; CAST its result to another type");
      return nullptr;
    }
  }
  std::string words[2] = {"NULL", "NULL"};
  SyntaxPtr defaults[2];
  const uint32_t end = tokens_.last_end();
  if (!ParseOnClauses("`NULL`, `ERROR`, `DEFAULT`", words, defaults)) return nullptr;
  if (!Add(*node, TextLiteral(type + " " + words[0] + " " + words[1], begin, end))) return nullptr;
  const bool has_default = defaults[0] != nullptr || defaults[1] != nullptr;
  for (SyntaxPtr& value : defaults) {
    if (!has_default) break;
    if (value == nullptr) {
      Token nothing;
      nothing.begin = begin;
      nothing.end = end;
      value = Literal({{}, DataType(TypeKind::kNull)}, nothing);
    }
    if (!Add(*node, std::move(value))) return nullptr;
  }
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::ParseJsonQuery(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_query";
  bool complete = false;
  if (!ParseJsonCall(*node, &complete)) return nullptr;
  if (complete) return Finish(std::move(node));
  const uint32_t begin = tokens_.Peek().begin;
  bool array = false;
  if (tokens_.AcceptWord("RETURNING")) {
    const Token written = tokens_.Peek();
    std::optional<DataType> returning = ParseTypeTokens(tokens_, /*allow_not_null=*/false);
    if (!returning) return nullptr;
    array = returning->kind() == TypeKind::kArray &&
            returning->children()[0].kind() == TypeKind::kString;
    if (!array && returning->kind() != TypeKind::kString) {
      tokens_
          .Report(DiagnosticCode::kExpressionSyntax, written.begin, tokens_.last_end(),
                  fmt::format("JSON_QUERY cannot give {}", returning->ToString()))
          .Help("it gives STRING or ARRAY<STRING>");
      return nullptr;
    }
  }
  std::string wrapper = "WITHOUT";
  if (tokens_.Peek().IsWord("WITH") || tokens_.Peek().IsWord("WITHOUT")) {
    if (tokens_.Take().IsWord("WITH")) {
      wrapper = tokens_.AcceptWord("CONDITIONAL") ? "CONDITIONAL" : "UNCONDITIONAL";
      if (wrapper == "UNCONDITIONAL") tokens_.AcceptWord("UNCONDITIONAL");
    }
    tokens_.AcceptWord("ARRAY");
    if (!tokens_.ExpectWord("WRAPPER")) return nullptr;
  }
  std::string words[2] = {"NULL", "NULL"};
  const uint32_t end = tokens_.last_end();
  if (!ParseOnClauses("`NULL`, `ERROR`, `EMPTY ARRAY`, `EMPTY OBJECT`", words, nullptr)) {
    return nullptr;
  }
  std::string options = wrapper + " " + words[0] + " " + words[1] + (array ? " ARRAY" : "");
  if (!Add(*node, TextLiteral(std::move(options), begin, end))) return nullptr;
  return Finish(std::move(node));
}

SyntaxPtr ExpressionParser::ParseJsonExists(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_exists";
  bool complete = false;
  if (!ParseJsonCall(*node, &complete)) return nullptr;
  if (complete) return Finish(std::move(node));
  const Token& word = tokens_.Peek();
  for (std::string_view choice : {"TRUE", "FALSE", "UNKNOWN", "ERROR"}) {
    if (!word.IsWord(choice)) continue;
    const uint32_t begin = word.begin;
    tokens_.Take();
    if (!tokens_.ExpectWord("ON") || !tokens_.ExpectWord("ERROR")) return nullptr;
    if (!Add(*node, TextLiteral(std::string(choice), begin, tokens_.last_end()))) return nullptr;
    if (!tokens_.Expect(")")) return nullptr;
    return Finish(std::move(node));
  }
  tokens_.ReportExpected("`TRUE`, `FALSE`, `UNKNOWN`, `ERROR` or `)`");
  return nullptr;
}

std::string ExpressionParser::ParseOnNull(std::string_view otherwise) {
  const bool absent = tokens_.Peek().IsWord("ABSENT");
  const bool null = tokens_.Peek().IsWord("NULL");
  if ((!absent && !null) || !tokens_.Peek(1).IsWord("ON") || !tokens_.Peek(2).IsWord("NULL")) {
    return std::string(otherwise);
  }
  for (int i = 0; i < 3; ++i) tokens_.Take();
  return absent ? "ABSENT" : "NULL";
}

// JSON_OBJECT([KEY] k VALUE v, … [NULL | ABSENT ON NULL]) is json_object('NULL', k, v, …).
SyntaxPtr ExpressionParser::ParseJsonObject(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_object";
  if (!Add(*node, TextLiteral("NULL", name.begin, name.end))) return nullptr;
  bool more = !tokens_.Peek().Is(")");
  while (more) {
    if (tokens_.Peek().IsWord("KEY") && !tokens_.Peek(1).IsWord("VALUE")) tokens_.Take();
    if (!Add(*node, Parse(Precedence::kLowest)) || !tokens_.ExpectWord("VALUE") ||
        !Add(*node, Parse(Precedence::kLowest))) {
      return nullptr;
    }
    more = tokens_.Accept(",");
  }
  node->children[0]->value = {ParseOnNull("NULL")};
  if (!tokens_.Expect(")")) return nullptr;
  return Finish(std::move(node));
}

// JSON_ARRAY(v, … [NULL | ABSENT ON NULL]) is json_array('ABSENT', v, …).
SyntaxPtr ExpressionParser::ParseJsonArray(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_array";
  if (!Add(*node, TextLiteral("ABSENT", name.begin, name.end))) return nullptr;
  bool more = !tokens_.Peek().Is(")");
  while (more) {
    if (!Add(*node, Parse(Precedence::kLowest))) return nullptr;
    more = tokens_.Accept(",");
  }
  node->children[0]->value = {ParseOnNull("ABSENT")};
  if (!tokens_.Expect(")")) return nullptr;
  return Finish(std::move(node));
}

// JSON_OBJECTAGG([KEY] k VALUE v [NULL | ABSENT ON NULL]) is json_objectagg('NULL', k, v).
SyntaxPtr ExpressionParser::ParseJsonObjectAgg(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_objectagg";
  if (!Add(*node, TextLiteral("NULL", name.begin, name.end))) return nullptr;
  if (tokens_.Peek().IsWord("KEY") && !tokens_.Peek(1).IsWord("VALUE")) tokens_.Take();
  if (!Add(*node, Parse(Precedence::kLowest)) || !tokens_.ExpectWord("VALUE") ||
      !Add(*node, Parse(Precedence::kLowest))) {
    return nullptr;
  }
  node->children[0]->value = {ParseOnNull("NULL")};
  if (!tokens_.Expect(")")) return nullptr;
  return ParseCallEnd(std::move(node));
}

// JSON_ARRAYAGG(v [NULL | ABSENT ON NULL]) is json_arrayagg('ABSENT', v).
SyntaxPtr ExpressionParser::ParseJsonArrayAgg(const Token& name) {
  SyntaxPtr node = Node(SyntaxKind::kCall, name);
  node->text = "json_arrayagg";
  if (!Add(*node, TextLiteral("ABSENT", name.begin, name.end)) ||
      !Add(*node, Parse(Precedence::kLowest))) {
    return nullptr;
  }
  node->children[0]->value = {ParseOnNull("ABSENT")};
  if (!tokens_.Expect(")")) return nullptr;
  return ParseCallEnd(std::move(node));
}

// x IS JSON [VALUE | SCALAR | ARRAY | OBJECT] is is_json(x, 'VALUE').
SyntaxPtr ExpressionParser::ParseIsJson(SyntaxPtr left, const Token& is, bool negated) {
  std::string kind = "VALUE";
  for (std::string_view word : {"VALUE", "SCALAR", "ARRAY", "OBJECT"}) {
    if (!tokens_.AcceptWord(word)) continue;
    kind = word;
    break;
  }
  SyntaxPtr node = Node(SyntaxKind::kCall, is);
  node->text = "is_json";
  node->begin = left->begin;
  if (!Add(*node, std::move(left)) ||
      !Add(*node, TextLiteral(std::move(kind), is.begin, tokens_.last_end()))) {
    return nullptr;
  }
  node = Finish(std::move(node));
  if (!negated) return node;
  SyntaxPtr inverse = Node(SyntaxKind::kNot, is);
  inverse->begin = node->begin;
  if (!Add(*inverse, std::move(node))) return nullptr;
  return Finish(std::move(inverse));
}

}  // namespace flinkc
