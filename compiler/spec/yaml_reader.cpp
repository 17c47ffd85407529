// The only file that knows yaml-cpp, and only its event interface: YAML::Load resolves aliases,
// loses quotes and reports no duplicate keys. What was found by trying the library:
//  - a file `,` makes `while (parser.HandleNextDocument())` loop for ever: it is called once, and a
//    second call must find nothing;
//  - an unterminated quote at the end of the file passes silently: LocateScalar looks for it;
//  - the mark of a value with a tag or an anchor is that of the tag; the mark of an empty value is
//    the next token's;
//  - the handler can stop the parser only by throwing: StopReading, which never leaves this file;
//  - the mark of its own depth limit (500) can be far off, so there is a lower one here.
#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "compiler/source/utf8.h"
#include "compiler/spec/cut_text.h"
#include "compiler/spec/scalar_positions.h"
#include "compiler/spec/yaml_tree.h"

namespace flinkc {

namespace {

struct StopReading {};

// A file that is wrong in so many places is no spec; reading on would only cost memory.
constexpr size_t kMaxReaderErrors = 100;

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceBuffer& buffer, DiagnosticLog& log)
      : buffer_(buffer), source_(buffer.text()), log_(log) {}

  YamlTree TakeTree() { return std::move(tree_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { CloseCollection(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { CloseCollection(); }

 private:
  // A map or list whose end has not been seen.
  struct Open {
    YamlNode* node;
    YamlNode* key = nullptr;  // of a map: the key that waits for its value
    std::unordered_map<std::string_view, YamlNode*> keys;
    uint32_t end;  // behind the last thing within
  };

  uint32_t Offset(const YAML::Mark& mark) const {
    size_t position = mark.pos < 0 ? 0 : static_cast<size_t>(mark.pos);
    return static_cast<uint32_t>(std::min(position, source_.size()));
  }
  SourceSpan Span(uint32_t begin, uint32_t end) const { return {&buffer_, begin, end}; }

  Diagnostic& Report(DiagnosticCode code, SourceSpan span, std::string message);
  YamlNode* NewNode(const YAML::Mark& mark, YamlNode::Kind kind);
  void CheckProperties(const YAML::Mark& mark, YAML::anchor_t anchor);
  void OpenCollection(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
                      bool is_flow);
  void CloseCollection();
  uint32_t FindClosingBracket(uint32_t from, char bracket) const;
  void Add(YamlNode* node);
  void AddKey(Open& map, YamlNode* key);

  const SourceBuffer& buffer_;
  std::string_view source_;
  DiagnosticLog& log_;
  YamlTree tree_;
  std::vector<Open> open_;
  // The last event, if it was a null: if the next one has the same mark, nothing was written.
  YamlNode* last_null_ = nullptr;
  YamlNode* last_null_key_ = nullptr;
  size_t errors_ = 0;
};

Diagnostic& TreeBuilder::Report(DiagnosticCode code, SourceSpan span, std::string message) {
  if (++errors_ > kMaxReaderErrors) throw StopReading();
  return log_.Report(code, span, std::move(message));
}

YamlNode* TreeBuilder::NewNode(const YAML::Mark& mark, YamlNode::Kind kind) {
  uint32_t offset = Offset(mark);
  if (last_null_ != nullptr && last_null_->span.begin == offset) {
    last_null_->is_empty = true;
    last_null_->text = {};
    if (last_null_key_ != nullptr) last_null_->span = last_null_key_->span;
  }
  last_null_ = nullptr;
  YamlNode& node = tree_.nodes.emplace_back();
  node.kind = kind;
  node.span = Span(offset, offset);
  return &node;
}

// `!tag` and `&anchor` before a value: its mark points at them.
void TreeBuilder::CheckProperties(const YAML::Mark& mark, YAML::anchor_t anchor) {
  uint32_t begin = Offset(mark);
  char first = begin < source_.size() ? source_[begin] : '\0';
  uint32_t end = begin;
  while (end < source_.size() && !std::string_view(" \t\r\n,[]{}").contains(source_[end])) ++end;
  SourceSpan span = Span(begin, std::max(end, begin));
  if (first == '!') {
    Report(DiagnosticCode::kYamlTag, span, "tags are not allowed")
        .Help("remove the tag: each key knows the type of its value");
  } else if (anchor != 0) {
    Report(DiagnosticCode::kYamlAlias, span, "anchors are not allowed")
        .Help("give a type, function or parameter a name in `types`, `functions` or `params`");
  }
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlNode* node = NewNode(mark, YamlNode::Kind::kNull);
  if (anchor != 0) CheckProperties(mark, anchor);
  node->is_plain = true;
  node->is_empty = true;
  std::string_view rest = source_.substr(node->span.begin);
  for (std::string_view spelling : {"~", "null", "Null", "NULL"}) {
    if (!rest.starts_with(spelling)) continue;
    node->is_empty = false;
    node->span.end += static_cast<uint32_t>(spelling.size());
    node->text = {std::string(spelling), node->span, {}};
  }
  YamlNode* key = !open_.empty() ? open_.back().key : nullptr;
  if (node->is_empty && key != nullptr) node->span = key->span;
  Add(node);
  if (!node->is_empty) {
    last_null_ = node;
    last_null_key_ = key;
  }
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  YamlNode* node = NewNode(mark, YamlNode::Kind::kInvalid);
  uint32_t end = node->span.begin + 1;
  while (end < source_.size() && !std::string_view(" \t\r\n,[]{}").contains(source_[end])) ++end;
  node->span.end = end;
  Report(DiagnosticCode::kYamlAlias, node->span, "aliases are not allowed")
      .Help("a text that starts with `*` must be quoted");
  Add(node);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  YamlNode* node = NewNode(mark, YamlNode::Kind::kScalar);
  uint32_t begin = node->span.begin;
  char first = begin < source_.size() ? source_[begin] : '\0';
  if (first == '!' || anchor != 0) {
    CheckProperties(mark, anchor);
    node->kind = YamlNode::Kind::kInvalid;
    Add(node);
    return;
  }
  node->is_plain = tag != "!";
  ScalarStyle style = node->is_plain  ? ScalarStyle::kPlain
                      : first == '\'' ? ScalarStyle::kSingleQuoted
                      : first == '"'  ? ScalarStyle::kDoubleQuoted
                                      : ScalarStyle::kBlock;
  ScalarPositions positions = LocateScalar(source_, begin, value, style);
  node->span.end = positions.end;
  node->text = {value, node->span, std::move(positions.offsets)};
  if (!positions.is_closed) {
    Report(DiagnosticCode::kUnterminatedQuote, Span(begin, begin + 1), "this quote is not closed");
    node->kind = YamlNode::Kind::kInvalid;
  } else if (size_t valid = ValidUtf8Prefix(value); valid < value.size()) {
    // yaml-cpp makes one byte of "\_", which is no UTF-8.
    Report(DiagnosticCode::kInvalidEscape, node->span, "an escape in this text gives no valid text")
        .Help("write the character itself, or \\u and four digits");
    node->kind = YamlNode::Kind::kInvalid;
  } else if (size_t zero = value.find('\0'); zero != std::string::npos) {
    Report(DiagnosticCode::kInvalidEscape, node->text.SpanOf(zero, zero + 1),
           "a text cannot contain the character U+0000");
    node->kind = YamlNode::Kind::kInvalid;
  }
  Add(node);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value style) {
  OpenCollection(mark, anchor, YamlNode::Kind::kList, style == YAML::EmitterStyle::Flow);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value style) {
  OpenCollection(mark, anchor, YamlNode::Kind::kMap, style == YAML::EmitterStyle::Flow);
}

void TreeBuilder::OpenCollection(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
                                 bool is_flow) {
  YamlNode* node = NewNode(mark, kind);
  CheckProperties(mark, anchor);
  node->is_flow = is_flow;
  if (open_.size() >= kMaxYamlDepth) {
    Report(DiagnosticCode::kNestedTooDeep, Span(node->span.begin, node->span.begin + 1),
           fmt::format("maps and lists are nested more than {} deep", kMaxYamlDepth));
    throw StopReading();
  }
  open_.push_back({.node = node, .keys = {}, .end = node->span.begin});
}

// A collection's end has no mark: it is behind the last thing within, and in flow style behind the
// bracket that follows that.
void TreeBuilder::CloseCollection() {
  Open closed = std::move(open_.back());
  open_.pop_back();
  YamlNode* node = closed.node;
  char first = node->span.begin < source_.size() ? source_[node->span.begin] : '\0';
  if (node->is_flow && (first == '[' || first == '{')) {
    closed.end = std::max(closed.end, node->span.begin + 1);
    closed.end = FindClosingBracket(closed.end, first == '[' ? ']' : '}');
  }
  node->span.end = std::max(closed.end, node->span.begin);
  if (node->is_flow) RepairCutText(source_, *node, log_);
  Add(node);
}

uint32_t TreeBuilder::FindClosingBracket(uint32_t from, char bracket) const {
  for (uint32_t i = from; i < source_.size(); ++i) {
    char c = source_[i];
    if (c == bracket) return i + 1;
    if (c == '#') {
      while (i < source_.size() && source_[i] != '\n') ++i;
    } else if (!std::string_view(" \t\r\n,:?").contains(c)) {
      break;
    }
  }
  return from;
}

void TreeBuilder::Add(YamlNode* node) {
  if (open_.empty()) {
    tree_.root = node;
    return;
  }
  Open& parent = open_.back();
  if (!node->is_empty) parent.end = std::max(parent.end, node->span.end);
  if (parent.node->kind == YamlNode::Kind::kList) {
    parent.node->items.push_back(node);
  } else if (parent.key == nullptr) {
    AddKey(parent, node);
  } else {
    YamlNode* key = std::exchange(parent.key, nullptr);
    if (key->kind == YamlNode::Kind::kScalar) parent.node->entries.push_back({key, node});
  }
}

// An invalid key is kept until its value has come, and both are then dropped.
void TreeBuilder::AddKey(Open& map, YamlNode* key) {
  map.key = key;
  if (key->kind == YamlNode::Kind::kInvalid) return;
  if (key->kind != YamlNode::Kind::kScalar) {
    SourceSpan span = key->span;
    if (span.end == span.begin) span.end = std::min(span.end + 1, uint32_t(source_.size()));
    Report(DiagnosticCode::kKeyNotText, span,
           fmt::format("a key must be text, not {}", Describe(*key)))
        .Help("quote it if it is meant as text");
    key->kind = YamlNode::Kind::kInvalid;
    return;
  }
  if (key->is_plain && key->text.value == "<<") {
    Report(DiagnosticCode::kMergeKey, key->span, "merge keys are not allowed")
        .Help("write the entries out, or use `types`, `functions` and `params`");
    key->kind = YamlNode::Kind::kInvalid;
    return;
  }
  auto [known, is_new] = map.keys.try_emplace(key->text.value, key);
  if (!is_new) {
    Report(DiagnosticCode::kDuplicateKey, key->span,
           fmt::format("the key `{}` stands twice in this map", key->text.value))
        .Also(known->second->span, "first here");
    key->kind = YamlNode::Kind::kInvalid;
  }
}

// A document after the first one.
class NoMoreDocuments : public TreeBuilder {
 public:
  using TreeBuilder::TreeBuilder;
  void OnDocumentStart(const YAML::Mark& mark) override {
    offset_ = mark.pos < 0 ? 0 : static_cast<uint32_t>(mark.pos);
    throw StopReading();
  }
  std::optional<uint32_t> offset() const { return offset_; }

 private:
  std::optional<uint32_t> offset_;
};

void ReportSecondDocument(const SourceBuffer& buffer, uint32_t offset, DiagnosticLog& log) {
  std::string_view text = buffer.text();
  offset = std::min(offset, static_cast<uint32_t>(text.size()));
  uint32_t line = buffer.Locate(offset).line;
  // The mark is that of `---` or of the first thing after it.
  for (uint32_t number = line; number >= 1 && number + 2 > line; --number) {
    std::string_view content = buffer.Line(number);
    if (content.starts_with("---") || content.starts_with("...")) {
      uint32_t start = buffer.LineStart(number);
      log.Report(DiagnosticCode::kSeveralDocuments, {&buffer, start, start + 3},
                 "a second document starts here; a spec is one document")
          .Help("put each job into a file of its own");
      return;
    }
  }
  uint32_t end = std::min(offset + 1, static_cast<uint32_t>(text.size()));
  log.Report(DiagnosticCode::kYamlSyntax, {&buffer, offset, end},
             "unexpected text after the end of the document");
}

// yaml-cpp's messages name its own notions; these say what a writer can do.
void ReportSyntax(const SourceBuffer& buffer, const YAML::ParserException& error,
                  DiagnosticLog& log) {
  std::string_view text = buffer.text();
  size_t position = error.mark.pos < 0 ? 0 : static_cast<size_t>(error.mark.pos);
  uint32_t begin = static_cast<uint32_t>(std::min(position, text.size()));
  if (dynamic_cast<const YAML::DeepRecursion*>(&error) != nullptr) {
    log.Report(DiagnosticCode::kNestedTooDeep, {&buffer, begin, begin},
               fmt::format("maps and lists are nested more than {} deep", kMaxYamlDepth));
    return;
  }
  // At the end of a file that ends with a line end, the last line with text is where to look.
  bool is_at_end = begin == text.size();
  while (is_at_end && begin > 0 &&
         (text[begin - 1] == '\n' || text[begin - 1] == '\r' || text[begin - 1] == ' ')) {
    --begin;
  }
  SourceSpan span{&buffer, begin, std::min(begin + 1, static_cast<uint32_t>(text.size()))};
  if (is_at_end) span.end = span.begin;
  auto report = [&](DiagnosticCode code, std::string message) -> Diagnostic& {
    return log.Report(code, span, std::move(message));
  };
  uint32_t line = buffer.Locate(begin).line;
  size_t after_quote = FindTextAfterQuote(buffer.Line(line));
  if (after_quote != std::string_view::npos) {
    uint32_t at = buffer.LineStart(line) + static_cast<uint32_t>(after_quote);
    log.Report(DiagnosticCode::kUnquotedText, {&buffer, at, at + 1},
               "YAML ends this value at its closing quote; more text follows")
        .Help("quote the whole value, in quotes of the other kind");
    return;
  }
  const std::string& reason = error.msg;
  char c = begin < text.size() ? text[begin] : '\0';
  std::string_view indentation = buffer.Line(line);
  indentation = indentation.substr(0, indentation.find_first_not_of(" \t"));
  if (reason.starts_with("illegal tab") || indentation.contains('\t')) {
    report(DiagnosticCode::kYamlSyntax, "a tab cannot indent a line in YAML")
        .Help("indent with spaces");
  } else if (reason == "the referenced anchor is not defined" ||
             reason.starts_with("alias not found")) {
    report(DiagnosticCode::kYamlAlias,
           "YAML reads this `*` as an alias, and aliases are not allowed")
        .Help("a text that starts with `*` must be quoted");
  } else if (reason == "illegal map value") {
    report(DiagnosticCode::kUnquotedText, "YAML reads this `:` as the end of a key")
        .Help("a value that contains `: ` must be quoted as a whole")
        .Help("if a new key is meant, check the indentation");
  } else if (reason == "unknown token" && std::string_view("@`%").contains(c)) {
    report(DiagnosticCode::kUnquotedText, fmt::format("a text cannot start with `{}` in YAML", c))
        .Help("quote the whole text");
  } else if (reason.starts_with("illegal EOF in scalar")) {
    report(DiagnosticCode::kUnterminatedQuote, "a quote is not closed before the end of the file");
  } else if (reason.starts_with("end of map not found") ||
             reason.starts_with("end of sequence not found")) {
    report(DiagnosticCode::kYamlSyntax, "YAML expected no more text here")
        .Help("check the indentation: the keys of one map start in the same column");
  } else if (reason.starts_with("end of map flow not found")) {
    report(DiagnosticCode::kYamlSyntax, "expected `,` or `}` in a map that a `{` opened");
  } else if (reason.starts_with("end of sequence flow not found")) {
    report(DiagnosticCode::kYamlSyntax, "expected `,` or `]` in a list that a `[` opened");
  } else {
    report(DiagnosticCode::kYamlSyntax, fmt::format("not valid YAML: {}", reason));
  }
}

}  // namespace

std::optional<YamlTree> ReadYaml(const SourceBuffer& buffer, DiagnosticLog& log) {
  std::istringstream stream{std::string(buffer.text())};
  TreeBuilder builder(buffer, log);
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      NoMoreDocuments rest(buffer, log);
      try {
        parser.HandleNextDocument(rest);
      } catch (const StopReading&) {
        if (rest.offset()) ReportSecondDocument(buffer, *rest.offset(), log);
        return std::nullopt;
      }
    }
  } catch (const StopReading&) {
    return std::nullopt;
  } catch (const YAML::ParserException& error) {
    ReportSyntax(buffer, error, log);
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    log.Report(DiagnosticCode::kYamlSyntax, {&buffer, 0, 0},
               fmt::format("not valid YAML: {}", error.what()));
    return std::nullopt;
  }
  return builder.TakeTree();
}

}  // namespace flinkc
