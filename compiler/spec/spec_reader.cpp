#include "compiler/spec/spec_reader.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/spec/limits.h"
#include "compiler/spec/names.h"
#include "compiler/spec/quantities.h"
#include "compiler/spec/substitution.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

const std::vector<YamlNode*> kNoItems;
const std::vector<YamlEntry> kNoEntries;

constexpr size_t kMaxShownLength = 60;

// A value as shown in a message.
std::string Shown(std::string_view text) {
  if (text.size() <= kMaxShownLength) return std::string(text);
  size_t end = kMaxShownLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

// Of a key, or of the whole spec, which has none.
std::string QuotedName(Field field) {
  return field.name.contains(' ') ? std::string(field.name) : fmt::format("`{}`", field.name);
}

}  // namespace

void SpecReader::ReportKind(Field field, std::string_view expected) {
  const YamlNode& node = *field.node;
  if (node.kind == YamlNode::Kind::kInvalid) {
    ++problems_;
    return;
  }
  // A map or list is underlined at its start only: the whole may be the whole file.
  SourceSpan span = node.span;
  if (node.kind == YamlNode::Kind::kMap || node.kind == YamlNode::Kind::kList) {
    span.end = std::min(span.end, span.begin + 1);
  }
  Report(DiagnosticCode::kWrongKind, span,
         fmt::format("{} must be {}, not {}", QuotedName(field), expected, Describe(node)))
      .Label(fmt::format("expected {}, found {}", expected, Describe(node)));
}

void SpecReader::ReportNotYet(SourceSpan span, std::string_view what) {
  Report(DiagnosticCode::kNotSupportedYet, span, fmt::format("{} is not supported yet", what));
}

const YamlNode* SpecReader::Scalar(Field field, std::string_view expected) {
  if (!field) return nullptr;
  if (field.node->kind == YamlNode::Kind::kScalar) return field.node;
  ReportKind(field, expected);
  return nullptr;
}

SourceText SpecReader::Substituted(const YamlNode& node) {
  return Substitute(node.text, params_, log_, problems_);
}

bool SpecReader::MayBeTyped(const YamlNode& node) {
  return node.is_plain || HasSubstitution(node.text.value);
}

std::optional<SourceText> SpecReader::ReadText(Field field) {
  const YamlNode* node = Scalar(field, "text");
  if (node == nullptr) return std::nullopt;
  size_t before = problems_;
  SourceText text = Substituted(*node);
  if (problems_ != before) return std::nullopt;
  if (text.value.empty()) {
    Report(DiagnosticCode::kInvalidValue, node->span,
           fmt::format("`{}` must not be empty", field.name));
    return std::nullopt;
  }
  return text;
}

bool SpecReader::CheckName(const SourceText& name, std::string_view what) {
  if (IsIdentifier(name.value)) return true;
  std::string nearest = ToIdentifier(name.value);
  Diagnostic& diagnostic =
      Report(DiagnosticCode::kInvalidName, name.span,
             name.value.empty() ? fmt::format("{} must not be empty", what)
                                : fmt::format("`{}` cannot be {}", Shown(name.value), what));
  if (!nearest.empty()) diagnostic.Label(fmt::format("did you mean `{}`?", nearest));
  diagnostic.Help("a name is a letter or `_`, then letters, digits and `_`, at most 128");
  return false;
}

bool SpecReader::CheckColumnName(const SourceText& name) {
  std::string_view reason = WhyNoColumnName(name.value);
  if (reason.empty()) return true;
  Report(DiagnosticCode::kInvalidName, name.span,
         fmt::format("`{}` cannot be a column's name: {}", Shown(name.value), reason));
  return false;
}

std::optional<SpecName> SpecReader::ReadName(Field field) {
  const YamlNode* node = Scalar(field, "a name");
  if (node == nullptr || !CheckName(node->text, fmt::format("`{}`", field.name))) {
    return std::nullopt;
  }
  return node->text;
}

std::optional<SpecName> SpecReader::ReadColumnName(Field field) {
  const YamlNode* node = Scalar(field, "a column's name");
  if (node == nullptr || !CheckColumnName(node->text)) return std::nullopt;
  return node->text;
}

std::optional<ExpressionText> SpecReader::ReadExpression(Field field) {
  if (!field) return std::nullopt;
  const YamlNode& node = *field.node;
  // `x: null` is the literal NULL.
  bool is_literal_null = node.kind == YamlNode::Kind::kNull && !node.is_empty;
  if (is_literal_null)
    return ExpressionText{"NULL", node.span, std::vector<uint32_t>(5, node.span.begin)};
  if (Scalar(field, "an expression") == nullptr) return std::nullopt;
  if (node.text.value.find_first_not_of(" \t\n") == std::string::npos) {
    Report(DiagnosticCode::kInvalidValue, node.span,
           fmt::format("the expression of `{}` is empty", field.name));
    return std::nullopt;
  }
  return node.text;
}

std::optional<TypeText> SpecReader::ReadType(Field field) {
  const YamlNode* node = Scalar(field, "a type");
  if (node == nullptr) return std::nullopt;
  if (node->text.value.find_first_not_of(" \t\n") == std::string::npos) {
    Report(DiagnosticCode::kInvalidValue, node->span,
           fmt::format("the type of `{}` is empty", field.name));
    return std::nullopt;
  }
  return node->text;
}

std::optional<Located<int32_t>> SpecReader::ReadInteger(Field field, int32_t min, int32_t max) {
  const YamlNode* node = Scalar(field, "a number");
  if (node == nullptr) return std::nullopt;
  size_t before = problems_;
  std::string text = Substituted(*node).value;
  if (problems_ != before) return std::nullopt;
  if (!IsYamlInteger(text) || !MayBeTyped(*node)) {
    std::string_view found = IsYamlNumber(text) && MayBeTyped(*node) ? "a fraction" : "text";
    Report(DiagnosticCode::kWrongKind, node->span,
           fmt::format("`{}` must be a whole number, not {}", field.name, found))
        .Label(IsYamlInteger(text) ? "remove the quotes" : "expected a whole number");
    return std::nullopt;
  }
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || value < min || value > max) {
    Report(DiagnosticCode::kInvalidValue, node->span,
           fmt::format("`{}` must be from {} to {}, not {}", field.name, min, max, Shown(text)));
    return std::nullopt;
  }
  return Located<int32_t>{static_cast<int32_t>(value), node->span};
}

std::optional<Located<bool>> SpecReader::ReadBoolean(Field field) {
  const YamlNode* node = Scalar(field, "true or false");
  if (node == nullptr) return std::nullopt;
  size_t before = problems_;
  std::string text = Substituted(*node).value;
  if (problems_ != before) return std::nullopt;
  std::optional<bool> value = ParseYamlBoolean(text);
  if (!value || !MayBeTyped(*node)) {
    Diagnostic& diagnostic =
        Report(DiagnosticCode::kWrongKind, node->span,
               fmt::format("`{}` must be true or false, not `{}`", field.name, Shown(text)));
    if (value) diagnostic.Label("remove the quotes");
    return std::nullopt;
  }
  return Located<bool>{*value, node->span};
}

std::optional<Located<DurationValue>> SpecReader::ReadDuration(Field field, int64_t min_micros) {
  const YamlNode* node = Scalar(field, "a duration such as 10s");
  if (node == nullptr) return std::nullopt;
  size_t before = problems_;
  SourceText text = Substituted(*node);
  if (problems_ != before) return std::nullopt;
  std::expected<int64_t, QuantityError> micros = ParseDuration(text.value);
  if (!micros) {
    Report(DiagnosticCode::kInvalidQuantity, text.SpanOf(micros.error().begin, micros.error().end),
           fmt::format("`{}` cannot be read as a duration", Shown(text.value)))
        .Label(micros.error().message);
    return std::nullopt;
  }
  if (*micros < min_micros) {
    Report(DiagnosticCode::kInvalidValue, node->span,
           min_micros == 0
               ? fmt::format("`{}` must not be negative", field.name)
               : fmt::format("`{}` must be at least {}", field.name, PrintDuration(min_micros)));
    return std::nullopt;
  }
  if (*micros > kMaxDurationMicros || *micros < -kMaxDurationMicros) {
    Report(DiagnosticCode::kInvalidValue, node->span,
           fmt::format("`{}` must be at most {}", field.name, PrintDuration(kMaxDurationMicros)));
    return std::nullopt;
  }
  return Located<DurationValue>{{*micros}, node->span};
}

std::optional<size_t> SpecReader::ReadWord(Field field, const std::vector<std::string_view>& words,
                                           std::initializer_list<std::string_view> not_yet) {
  const YamlNode* node = Scalar(field, fmt::format("one of {}", fmt::join(words, ", ")));
  if (node == nullptr) return std::nullopt;
  size_t before = problems_;
  std::string text = Substituted(*node).value;
  if (problems_ != before) return std::nullopt;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == text) return i;
  }
  if (std::find(not_yet.begin(), not_yet.end(), text) != not_yet.end()) {
    ReportNotYet(node->span, fmt::format("`{}: {}`", field.name, text));
    return std::nullopt;
  }
  Report(DiagnosticCode::kInvalidValue, node->span,
         words.size() == 1
             ? fmt::format("`{}` can only be {}", field.name, words[0])
             : fmt::format("`{}` must be one of {}", field.name, fmt::join(words, ", ")))
      .Label(SuggestText(text, words));
  return std::nullopt;
}

std::optional<Located<OnError>> SpecReader::ReadOnError(Field field) {
  // `on_error: null` is YAML's null, and the word.
  if (field && field.node->kind == YamlNode::Kind::kNull && field.node->text.value == "null") {
    return Located<OnError>{OnError::kNull, field.node->span};
  }
  if (field && field.node->kind == YamlNode::Kind::kMap) {
    ReportNotYet({field.node->span.buffer, field.node->span.begin, field.node->span.begin + 1},
                 "a limit on errors (`tolerate`)");
    return std::nullopt;
  }
  return ReadChoice<OnError>(field, {{"fail", OnError::kFail},
                                     {"drop", OnError::kDrop},
                                     {"null", OnError::kNull},
                                     {"route", OnError::kRoute}});
}

const std::vector<YamlNode*>& SpecReader::ItemsOf(Field field) {
  if (!field) return kNoItems;
  if (field.node->kind != YamlNode::Kind::kList) {
    ReportKind(field, "a list");
    return kNoItems;
  }
  if (field.node->items.empty()) {
    Report(DiagnosticCode::kInvalidValue, field.node->span,
           fmt::format("`{}` must not be empty", field.name));
  }
  return field.node->items;
}

const std::vector<YamlEntry>& SpecReader::EntriesOf(Field field) {
  if (!field) return kNoEntries;
  if (field.node->kind != YamlNode::Kind::kMap) {
    ReportKind(field, "a map");
    return kNoEntries;
  }
  if (field.node->entries.empty()) {
    Report(DiagnosticCode::kInvalidValue, field.node->span,
           fmt::format("`{}` must not be empty", field.name));
  }
  return field.node->entries;
}

std::vector<SpecName> SpecReader::ReadColumnNames(Field field) {
  std::vector<SpecName> names;
  std::unordered_map<std::string, SourceSpan> known;
  for (const YamlNode* item : ItemsOf(field)) {
    std::optional<SpecName> name = ReadColumnName({field.name, item});
    if (!name) continue;
    auto [first, is_new] = known.try_emplace(name->value, name->span);
    if (is_new) {
      names.push_back(*std::move(name));
    } else {
      Report(DiagnosticCode::kNameTaken, name->span,
             fmt::format("the column `{}` stands twice in `{}`", name->value, field.name))
          .Also(first->second, "first here");
    }
  }
  return names;
}

OptionValue SpecReader::ReadOptionValue(const YamlNode& node) {
  OptionValue value;
  value.span = node.span;
  switch (node.kind) {
    case YamlNode::Kind::kInvalid:
      ++problems_;
      break;
    case YamlNode::Kind::kNull:
      break;
    case YamlNode::Kind::kScalar:
      value.kind = OptionValue::Kind::kScalar;
      value.text = Substituted(node);
      value.is_plain = MayBeTyped(node);
      break;
    case YamlNode::Kind::kList:
      value.kind = OptionValue::Kind::kList;
      for (const YamlNode* item : node.items) value.items.push_back(ReadOptionValue(*item));
      break;
    case YamlNode::Kind::kMap:
      value.kind = OptionValue::Kind::kMap;
      for (const YamlEntry& entry : node.entries) {
        value.entries.push_back({entry.key->text, ReadOptionValue(*entry.value)});
      }
      break;
  }
  return value;
}

OptionEntries SpecReader::ReadOptions(Field field) {
  if (!field) return {};
  if (field.node->kind != YamlNode::Kind::kMap) {
    ReportKind(field, "a map");
    return {};
  }
  return ReadOptionValue(*field.node).entries;
}

MapReader::MapReader(SpecReader& reader, Field field, std::string_view record, std::string what)
    : reader_(reader), record_(SpecMap(record)), node_(field.node), what_(std::move(what)) {
  if (node_ == nullptr) return;
  if (node_->kind == YamlNode::Kind::kMap) {
    is_map_ = true;
    taken_.resize(node_->entries.size());
  } else {
    reader_.ReportKind(field, "a map");
  }
}

Field MapReader::Take(std::string_view key) {
  if (is_map_) {
    for (size_t i = 0; i < node_->entries.size(); ++i) {
      const std::string& name = node_->entries[i].key->text.value;
      if (name != key) continue;
      taken_[i] = true;
      known_.push_back(name);  // lives as long as the tree
      return {name, node_->entries[i].value};
    }
  }
  known_.push_back(key);
  return {key, nullptr};
}

Field MapReader::Require(std::string_view key, std::string_view example, DiagnosticCode code) {
  Field field = Take(key);
  if (!field && is_map_) missing_.push_back({key, example, code});
  return field;
}

void MapReader::ReportMissing(const MissingKey& missing) {
  // A mistyped key is reported as such, which says enough.
  for (size_t i = 0; i < node_->entries.size(); ++i) {
    const std::string& name = node_->entries[i].key->text.value;
    if (!taken_[i] && Suggest(name, known_) == missing.key) return;
  }
  SourceSpan span = node_->span;
  span.end = std::min(span.end, span.begin + 1);
  // The first key of a block map shows better where the new one belongs than one character.
  if (!node_->is_flow && !node_->entries.empty()) span = node_->entries[0].key->span;
  reader_.Report(missing.code, span, fmt::format("{} has no `{}`", what_, missing.key))
      .Help(fmt::format("add it: `{}`", missing.example));
}

bool MapReader::RefuseNotYet(const SourceText& key) {
  if (std::ranges::find(record_.not_yet, key.value) == record_.not_yet.end()) return false;
  reader_.ReportNotYet(key.span, fmt::format("`{}` in {}", key.value, what_));
  return true;
}

void MapReader::CheckRecord() const {
  const auto has = [](std::span<const KeyRecord> keys, std::string_view key) {
    return std::ranges::find(keys, key, &KeyRecord::name) != keys.end();
  };
  for (std::string_view key : known_) {
    CHECK(has(record_.keys, key) || (record_.has_operator && IsOperatorKeyword(key)));
  }
  for (const KeyRecord& key : record_.keys) {
    CHECK(std::ranges::find(known_, key.name) != known_.end());
  }
}

SourceSpan MapReader::KeySpan(std::string_view key) const {
  if (!is_map_) return {};
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key->text.value == key) return entry.key->span;
  }
  return {};
}

void MapReader::Finish() {
  if (!is_map_) return;
  CheckRecord();
  for (const MissingKey& missing : missing_) ReportMissing(missing);
  for (size_t i = 0; i < node_->entries.size(); ++i) {
    if (taken_[i]) continue;
    const SourceText& key = node_->entries[i].key->text;
    if (RefuseNotYet(key)) continue;
    Diagnostic& diagnostic =
        reader_.Report(DiagnosticCode::kUnknownKey, key.span,
                       fmt::format("unknown key `{}` in {}", Shown(key.value), what_));
    std::string suggestion = SuggestText(key.value, known_);
    if (suggestion.empty()) {
      diagnostic.Help(fmt::format("the keys here are {}", fmt::join(known_, ", ")));
    } else {
      diagnostic.Label(suggestion);
    }
  }
}

}  // namespace flinkc
