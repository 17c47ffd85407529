#include "stdlib-operators/functions/native/json_path.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "stdlib-operators/functions/native/json_text.h"

namespace flinkc {

namespace {

constexpr int64_t kOpenEnd = INT64_MAX;

// `value` and all that is in it.
void CollectAll(std::string_view value, std::vector<std::string_view>* all) {
  all->push_back(value);
  if (IsJsonScalar(value)) return;
  JsonItems items(value);
  while (items.Next()) CollectAll(items.value(), all);
}

}  // namespace

class JsonPath::Parser {
 public:
  Parser(std::string_view text, std::string* problem) : rest_(text), problem_(problem) {}

  std::optional<JsonPath> Parse() {
    SkipBlanks();
    for (std::string_view mode : {"lax", "strict"}) {
      if (rest_.size() <= mode.size() || !rest_.starts_with(mode) || rest_[mode.size()] != ' ') {
        continue;
      }
      path_.lax_ = mode == "lax";
      rest_.remove_prefix(mode.size());
      SkipBlanks();
      break;
    }
    if (!Accept('$')) return Fail("it begins with `$`");
    while (!rest_.empty()) {
      if (rest_ == " ") break;
      if (!ParseStep()) return std::nullopt;
    }
    return std::move(path_);
  }

 private:
  std::nullopt_t Fail(std::string message) {
    if (problem_->empty()) *problem_ = std::move(message);
    return std::nullopt;
  }
  bool Accept(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void SkipBlanks() {
    while (Accept(' ')) {
    }
  }

  bool ParseStep() {
    Step step;
    if (Accept('.')) {
      step.everywhere = Accept('.');
      if (rest_.starts_with('[')) {
        rest_.remove_prefix(1);
        if (!ParseBrackets(&step)) return false;
      } else if (Accept('*')) {
        step.kind = StepKind::kAll;
      } else {
        const size_t end = std::min(rest_.find_first_of(".[ ("), rest_.size());
        if (end == 0) return Fail("a name is missing behind `.`"), false;
        if (end < rest_.size() && rest_[end] == '(') {
          return Fail("functions of paths are not supported"), false;
        }
        step.kind = StepKind::kMember;
        step.name = rest_.substr(0, end);
        rest_.remove_prefix(end);
      }
    } else if (Accept('[')) {
      if (!ParseBrackets(&step)) return false;
    } else {
      return Fail("a step begins with `.` or `[`, not with `" + std::string(rest_.substr(0, 1)) +
                  "`"),
             false;
    }
    const bool one = step.kind == StepKind::kMember ||
                     (step.kind == StepKind::kIndexes && step.indexes.size() == 1);
    path_.definite_ = path_.definite_ && one && !step.everywhere;
    path_.steps_.push_back(std::move(step));
    return true;
  }

  bool ParseBrackets(Step* step) {
    SkipBlanks();
    if (rest_.starts_with('?')) return Fail("filters are not supported"), false;
    if (Accept('*')) {
      step->kind = StepKind::kAll;
    } else if (rest_.starts_with('\'') || rest_.starts_with('"')) {
      step->kind = StepKind::kMember;
      if (!ParseQuoted(&step->name)) return false;
    } else if (!ParseIndexes(step)) {
      return false;
    }
    SkipBlanks();
    if (!Accept(']')) return Fail("`]` is missing"), false;
    return true;
  }

  bool ParseQuoted(std::string* name) {
    const char quote = rest_[0];
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != quote) {
      if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      name->push_back(rest_[0]);
      rest_.remove_prefix(1);
    }
    if (!Accept(quote)) return Fail("a quote is not closed"), false;
    return true;
  }

  bool ParseNumber(int64_t* number) {
    SkipBlanks();
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), *number);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    SkipBlanks();
    return true;
  }

  bool ParseIndexes(Step* step) {
    int64_t number = 0;
    const bool has_first = ParseNumber(&number);
    if (Accept(':')) {
      step->kind = StepKind::kSlice;
      int64_t end = kOpenEnd;
      ParseNumber(&end);
      step->indexes = {has_first ? number : 0, end};
      return true;
    }
    if (!has_first) return Fail("within `[ ]` stands an index, a name in quotes or `*`"), false;
    step->kind = StepKind::kIndexes;
    step->indexes = {number};
    while (Accept(',')) {
      if (!ParseNumber(&number)) return Fail("an index is missing behind `,`"), false;
      step->indexes.push_back(number);
    }
    return true;
  }

  std::string_view rest_;
  std::string* problem_;
  JsonPath path_;
};

std::optional<JsonPath> JsonPath::Parse(std::string_view text, std::string* problem) {
  return Parser(text, problem).Parse();
}

void JsonPath::Take(const Step& step, std::string_view value,
                    std::vector<std::string_view>* found) {
  const JsonKind kind = JsonKindOf(value);
  if (kind < JsonKind::kArray) return;
  JsonItems items(value);
  if (step.kind == StepKind::kAll) {
    while (items.Next()) found->push_back(items.value());
    return;
  }
  if (step.kind == StepKind::kMember) {
    if (kind != JsonKind::kObject) return;
    std::string_view last;
    while (items.Next()) {
      if (IsJsonName(items.name(), step.name)) last = items.value();
    }
    if (!last.empty()) found->push_back(last);
    return;
  }
  if (kind != JsonKind::kArray) return;
  std::vector<std::string_view> elements;
  while (items.Next()) elements.push_back(items.value());
  const auto count = static_cast<int64_t>(elements.size());
  if (step.kind == StepKind::kIndexes) {
    for (int64_t index : step.indexes) {
      if (index < 0) index += count;
      if (index >= 0 && index < count) found->push_back(elements[static_cast<size_t>(index)]);
    }
    return;
  }
  int64_t from = step.indexes[0], to = step.indexes[1];
  if (from < 0) from = std::max<int64_t>(from + count, 0);
  if (to < 0) to += count;
  for (int64_t i = from; i < std::min(to, count); ++i) {
    found->push_back(elements[static_cast<size_t>(i)]);
  }
}

std::vector<std::string_view> JsonPath::Find(std::string_view root) const {
  std::vector<std::string_view> found = {root};
  for (const Step& step : steps_) {
    std::vector<std::string_view> from;
    for (std::string_view value : found) {
      if (step.everywhere) {
        CollectAll(value, &from);
      } else {
        from.push_back(value);
      }
    }
    found.clear();
    for (std::string_view value : from) Take(step, value, &found);
  }
  return found;
}

}  // namespace flinkc
