// JSON_OBJECT, JSON_ARRAY, JSON_STRING: text that is put together by other functions.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/checker.h"
#include "compiler/expression/compose.h"

namespace flinkc {

namespace {

// Whether the value is JSON as it stands, not a text to be put in quotes.
bool MakesJson(const Syntax& syntax) {
  if (syntax.kind != SyntaxKind::kCall) return false;
  std::string name = syntax.text;
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return name == "json_object" || name == "json_array" || name == "json_string" || name == "json";
}

}  // namespace

ExprPtr Checker::CheckJsonText(const ExprPtr& value, const Syntax& syntax) {
  ExprPtr text = MakeJsonText(value, *scope_.registry, Span(syntax));
  if (text == nullptr) {
    log_.Report(DiagnosticCode::kNoSuchOverload, Span(syntax),
                fmt::format("{} cannot be JSON", TypeText(value->type())))
        .Help("the keys of a MAP must be STRING");
  }
  return text;
}

ExprPtr Checker::CheckJsonKey(const ExprPtr& key, const Syntax& syntax) {
  if (key->type().kind() != TypeKind::kString || key->type().nullable()) {
    log_.Report(
            DiagnosticCode::kTypeMismatch, key->span(),
            fmt::format("a name in JSON is STRING NOT NULL, this is {}", key->type().ToString()))
        .Help("COALESCE(x, '…') leaves no NULL, CAST(x AS STRING) makes a text");
    return nullptr;
  }
  return CheckJsonText(key, syntax);
}

ExprPtr Checker::CheckJsonMember(const ExprPtr& value, const Syntax& syntax, bool absent) {
  ExprPtr text = MakesJson(syntax) ? value : CheckJsonText(value, syntax);
  if (text == nullptr || absent || !text->type().nullable()) return text;
  const DataType type(TypeKind::kString, false);
  ExprPtr null = Expr::Literal({std::string("null")}, type, Span(syntax));
  return Expr::Special(ExprKind::kCoalesce, type, {std::move(text), std::move(null)}, Span(syntax));
}

bool Checker::MakeJsonArguments(const Syntax& syntax, std::vector<ExprPtr>& arguments) {
  const auto* on_null = std::get_if<std::string>(&syntax.children[0]->value.data);
  const bool absent = on_null != nullptr && *on_null == "ABSENT";
  arguments.erase(arguments.begin());
  if (arguments.size() == 2) arguments[0] = CheckJsonKey(arguments[0], *syntax.children[1]);
  ExprPtr& value = arguments.back();
  if (arguments[0] == nullptr) return false;
  value = CheckJsonMember(value, *syntax.children.back(), absent);
  return value != nullptr;
}

ExprPtr Checker::CheckJsonConstructor(const Syntax& syntax, bool is_object) {
  const FunctionRegistry& registry = *scope_.registry;
  const SourceSpan span = Span(syntax);
  const auto* on_null = std::get_if<std::string>(&syntax.children[0]->value.data);
  const bool absent = on_null != nullptr && *on_null == "ABSENT";
  auto text = [&](std::string value) {
    return Expr::Literal({std::move(value)}, DataType(TypeKind::kString, false), span);
  };
  if (is_object && syntax.children.size() % 2 == 0) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax), "a key without its value")
        .Help("JSON_OBJECT(KEY 'name' VALUE a, …)");
    return nullptr;
  }
  std::vector<ExprPtr> pieces;
  for (size_t i = 1; i < syntax.children.size(); i += is_object ? 2 : 1) {
    ExprPtr key;
    if (is_object) {
      key = Check(*syntax.children[i]);
      if (key != nullptr) key = CheckJsonKey(key, *syntax.children[i]);
      if (key == nullptr) return nullptr;
    }
    const Syntax& written = *syntax.children[i + (is_object ? 1 : 0)];
    ExprPtr value = Check(written);
    if (value != nullptr) value = CheckJsonMember(value, written, absent);
    if (value == nullptr) return nullptr;
    if (is_object) value = MakeCall("concat", {key, text(":"), value}, registry, span);
    pieces.push_back(std::move(value));
  }
  const std::string brackets = is_object ? "{}" : "[]";
  if (pieces.empty()) return text(brackets);
  ExprPtr all =
      MakeCall("array_join", {MakeCall("array", std::move(pieces), registry, span), text(",")},
               registry, span);
  ExprPtr made =
      MakeCall("concat", {text(brackets.substr(0, 1)), std::move(all), text(brackets.substr(1))},
               registry, span);
  if (made == nullptr) return TooLarge(span);
  return made;
}

}  // namespace flinkc
