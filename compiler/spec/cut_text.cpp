#include "compiler/spec/cut_text.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace flinkc {

namespace {

// How many parentheses `text` leaves open.
int OpenParentheses(std::string_view text) {
  int open = 0;
  for (char c : text) open += c == '(' ? 1 : c == ')' ? -1 : 0;
  return open;
}

bool IsPlainText(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar && node.is_plain;
}

void Report(std::string_view source, YamlNode& first, const YamlNode& last, DiagnosticLog& log) {
  SourceSpan span{first.span.buffer, first.span.begin, last.span.end};
  std::string text(source.substr(span.begin, span.end - span.begin));
  Diagnostic& diagnostic = log.Report(DiagnosticCode::kUnquotedText, span,
                                      "within `{}` and `[]` YAML cuts this text at the comma");
  constexpr size_t kMaxShown = 80;
  bool is_simple = text.size() <= kMaxShown && text.find_first_of("\"\\\n") == std::string::npos;
  diagnostic.Help(is_simple ? fmt::format("quote the expression: \"{}\"", text)
                            : std::string("quote the expression"));
  first.kind = YamlNode::Kind::kInvalid;
}

// The number of parts, from `begin` on, that together close what the first leaves open; 0 if they
// do not. `part(i)` is the i-th part's node, or nullptr if it cannot belong to a cut text.
template <typename Part>
size_t CountParts(size_t begin, size_t size, Part part) {
  // No expression has more commas; a hostile file could have a million.
  constexpr size_t kMaxParts = 100;
  int open = 0;
  for (size_t i = begin; i < std::min(size, begin + kMaxParts); ++i) {
    const YamlNode* node = part(i);
    if (node == nullptr) return 0;
    open += OpenParentheses(node->text.value);
    if (open <= 0) return open == 0 ? i - begin + 1 : 0;
  }
  return 0;
}

}  // namespace

void RepairCutText(std::string_view source, YamlNode& node, DiagnosticLog& log) {
  if (node.kind == YamlNode::Kind::kList) {
    std::vector<YamlNode*> kept;
    for (size_t i = 0; i < node.items.size(); ++i) {
      kept.push_back(node.items[i]);
      size_t parts = CountParts(i, node.items.size(), [&](size_t p) {
        return IsPlainText(*node.items[p]) ? node.items[p] : nullptr;
      });
      if (parts < 2) continue;
      Report(source, *node.items[i], *node.items[i + parts - 1], log);
      i += parts - 1;
    }
    node.items = std::move(kept);
  } else if (node.kind == YamlNode::Kind::kMap) {
    std::vector<YamlEntry> kept;
    for (size_t i = 0; i < node.entries.size(); ++i) {
      kept.push_back(node.entries[i]);
      size_t parts = CountParts(i, node.entries.size(), [&](size_t p) -> const YamlNode* {
        const YamlEntry& entry = node.entries[p];
        if (p == i) return IsPlainText(*entry.value) ? entry.value : nullptr;
        return IsPlainText(*entry.key) && entry.value->is_empty ? entry.key : nullptr;
      });
      if (parts < 2) continue;
      Report(source, *node.entries[i].value, *node.entries[i + parts - 1].key, log);
      i += parts - 1;
    }
    node.entries = std::move(kept);
  }
}

size_t FindTextAfterQuote(std::string_view line) {
  // A quote starts a value only behind one of these and blanks.
  bool may_start = true;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == ' ') continue;
    if (!may_start || (c != '\'' && c != '"')) {
      may_start = std::string_view(":-[{,?").contains(c);
      continue;
    }
    size_t close = i + 1;
    while (close < line.size() && line[close] != c)
      close += c == '"' && line[close] == '\\' ? 2 : 1;
    if (close >= line.size()) return std::string_view::npos;
    size_t next = line.find_first_not_of(' ', close + 1);
    if (next == std::string_view::npos) return next;
    // `''` is a quote within single quotes, so what follows is text of the value.
    bool is_doubled = c == '\'' && next == close + 1 && line[next] == c;
    if (!is_doubled && !std::string_view(",:]}#").contains(line[next])) return next;
    i = is_doubled ? close : next - 1;
    may_start = is_doubled;
  }
  return std::string_view::npos;
}

}  // namespace flinkc
