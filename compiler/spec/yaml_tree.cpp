#include "compiler/spec/yaml_tree.h"

namespace flinkc {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Removes the digits at the start of `text`; their number.
size_t TakeDigits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

void TakeSign(std::string_view& text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
}

}  // namespace

bool IsYamlInteger(std::string_view text) {
  TakeSign(text);
  return TakeDigits(text) > 0 && text.empty();
}

bool IsYamlNumber(std::string_view text) {
  TakeSign(text);
  size_t digits = TakeDigits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += TakeDigits(text);
  }
  if (digits == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    TakeSign(text);
    if (TakeDigits(text) == 0) return false;
  }
  return text.empty();
}

std::optional<bool> ParseYamlBoolean(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::string_view Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kInvalid:
      return "an invalid value";
    case YamlNode::Kind::kNull:
      return node.is_empty ? "nothing" : "null";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  if (!node.is_plain) return "text";
  if (IsYamlNumber(node.text.value)) return "a number";
  return ParseYamlBoolean(node.text.value) ? "true or false" : "text";
}

}  // namespace flinkc
