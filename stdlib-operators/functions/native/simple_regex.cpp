#include "stdlib-operators/functions/native/simple_regex.h"

#include <algorithm>
#include <cstring>

namespace flinkc {
namespace {

bool IsPlain(char c) {
  return c > 0x20 && c < 0x7F &&
         std::string_view("\\.+*?()|[]{}^$").find(c) == std::string_view::npos;
}

bool Take(std::string_view* pattern, std::string_view prefix) {
  if (!pattern->starts_with(prefix)) return false;
  pattern->remove_prefix(prefix.size());
  return true;
}

// `(c|^)` or `(^|c)`.
std::optional<char> TakeDelimiter(std::string_view* pattern) {
  if (pattern->size() < 5) return std::nullopt;
  const std::string_view group = pattern->substr(0, 5);
  std::optional<char> delimiter;
  if (group[0] == '(' && group.substr(2) == "|^)" && IsPlain(group[1])) delimiter = group[1];
  if (group.starts_with("(^|") && group[4] == ')' && IsPlain(group[3])) delimiter = group[3];
  if (delimiter) pattern->remove_prefix(group.size());
  return delimiter;
}

}  // namespace

std::optional<SimpleRegex> SimpleRegex::Make(std::string_view pattern) {
  SimpleRegex regex;
  regex.delimiter_ = TakeDelimiter(&pattern);
  while (!pattern.empty() && IsPlain(pattern[0])) {
    regex.literal_.push_back(pattern[0]);
    pattern.remove_prefix(1);
  }
  // A literal that begins with the delimiter may match at two places from one begin.
  if (regex.literal_.empty() || regex.literal_[0] == regex.delimiter_) return std::nullopt;
  if (pattern.empty()) return regex;
  if (!Take(&pattern, "([^")) return std::nullopt;
  Run run;
  while (!pattern.empty() && IsPlain(pattern[0]) && pattern[0] != '-') {
    run.stops.push_back(pattern[0]);
    pattern.remove_prefix(1);
  }
  if (run.stops.empty() || (pattern != "]*)" && pattern != "]+)")) return std::nullopt;
  run.may_be_empty = pattern == "]*)";
  regex.run_ = std::move(run);
  return regex;
}

SimpleRegex::Match SimpleRegex::At(std::string_view text, size_t begin, size_t literal) const {
  Match match;
  size_t end = literal + literal_.size();
  int group = 0;
  if (delimiter_) match.groups[group++] = text.substr(begin, literal - begin);
  if (run_) {
    const size_t run = end;
    for (; end < text.size() && run_->stops.find(text[end]) == std::string::npos; ++end) {
      if (static_cast<signed char>(text[end]) < 0) {
        match.outcome = Match::Outcome::kUndecided;
        return match;
      }
    }
    if (end == run && !run_->may_be_empty) return match;
    match.groups[group] = text.substr(run, end - run);
  }
  match.outcome = Match::Outcome::kFound;
  match.all = text.substr(begin, end - begin);
  return match;
}

SimpleRegex::Match SimpleRegex::Find(std::string_view text) const {
  if (!delimiter_) {
    for (size_t at = text.find(literal_); at != std::string_view::npos;
         at = text.find(literal_, at + 1)) {
      const Match match = At(text, at, at);
      if (match.outcome != Match::Outcome::kNone) return match;
    }
    return {};
  }
  if (text.starts_with(literal_)) {
    const Match match = At(text, 0, 0);
    if (match.outcome != Match::Outcome::kNone) return match;
  }
  // Delimiters are rarer than the first byte of the literal.
  for (size_t at = text.find(*delimiter_); at != std::string_view::npos;
       at = text.find(*delimiter_, at + 1)) {
    if (!text.substr(at + 1).starts_with(literal_)) continue;
    const Match match = At(text, at, at + 1);
    if (match.outcome != Match::Outcome::kNone) return match;
  }
  return {};
}

}  // namespace flinkc
