#include "stdlib-operators/functions/native/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "stdlib-operators/functions/native/simple_regex.h"
#include "stdlib-operators/kernels/array_builder.h"
#include "stdlib-operators/kernels/text.h"

namespace flinkc {
namespace {

struct CompiledRegex {
  explicit CompiledRegex(std::string_view pattern, const RE2::Options& options)
      : re({pattern.data(), pattern.size()}, options), simple(SimpleRegex::Make(pattern)) {}

  RE2 re;
  std::optional<SimpleRegex> simple;  // the same, where it is of that shape
};

RE2::Options RegexOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

RE2::Options SimilarOptions() {
  RE2::Options options = RegexOptions();
  options.set_dot_nl(true);
  return options;
}

const CompiledRegex& CompiledOf(const void* state) {
  return *static_cast<const CompiledRegex*>(state);
}
const RE2& RegexOf(const void* state) { return CompiledOf(state).re; }

re2::StringPiece Piece(const StringValue& text) { return {text.data(), text.size}; }

std::optional<std::string> Problem(std::string_view pattern, const RE2& re) {
  if (re.ok()) return std::nullopt;
  return "the regular expression `" + std::string(pattern) + "` is not valid: " + re.error();
}

// The matches of Java's Matcher.find, one after the other. Its groups up to `groups`.
class MatchFinder {
 public:
  static constexpr int kGroupsMax = 32;

  MatchFinder(const RE2& re, const StringValue& text, int groups)
      : re_(re), text_(Piece(text)), groups_(std::min(groups, kGroupsMax - 1) + 1) {}

  bool Next() {
    if (at_ > text_.size()) return false;
    if (!re_.Match(text_, at_, text_.size(), RE2::UNANCHORED, pieces_.data(), groups_))
      return false;
    const size_t end = begin() + pieces_[0].size();
    // After an empty match the search goes on behind the next character.
    at_ = pieces_[0].empty()
              ? end + (end < text_.size()
                           ? CharacterBytes(text_.data(), static_cast<uint32_t>(text_.size()),
                                            static_cast<uint32_t>(end))
                           : 1)
              : end;
    return true;
  }

  size_t begin() const { return static_cast<size_t>(pieces_[0].data() - text_.data()); }
  size_t end() const { return begin() + pieces_[0].size(); }
  // Of a group that did not take part, data() is nullptr.
  const re2::StringPiece& group(int index) const { return pieces_[static_cast<size_t>(index)]; }

 private:
  const RE2& re_;
  re2::StringPiece text_;
  int groups_;
  size_t at_ = 0;
  std::array<re2::StringPiece, kGroupsMax> pieces_;
};

bool HasGroup(const RE2& re, int32_t group) {
  return group >= 0 && group <= re.NumberOfCapturingGroups() && group < MatchFinder::kGroupsMax;
}

// Java's replacement text: $1 is a group (as many digits as there are groups for), \x is x.
// False: it names a group that is not there.
bool AppendReplacement(const MatchFinder& match, int group_count, std::string_view replacement,
                       std::string* out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c == '\\') {
      if (++i == replacement.size()) return false;
      out->push_back(replacement[i]);
    } else if (c == '$') {
      if (++i == replacement.size() || replacement[i] < '0' || replacement[i] > '9') return false;
      int group = replacement[i] - '0';
      if (group > group_count) return false;
      while (i + 1 < replacement.size() && replacement[i + 1] >= '0' && replacement[i + 1] <= '9' &&
             group * 10 + (replacement[i + 1] - '0') <= group_count) {
        group = group * 10 + (replacement[++i] - '0');
      }
      const re2::StringPiece& piece = match.group(group);
      out->append(piece.data(), piece.size());
    } else {
      out->push_back(c);
    }
  }
  return true;
}

// SIMILAR TO's pattern as a regular expression: % and _ as in LIKE; | * + ? { } ( ) [ ] keep their
// meaning; all else is literal.
std::string FromSimilar(std::string_view pattern, std::string_view escape) {
  std::string regex;
  bool in_brackets = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (!escape.empty() && pattern.substr(i, escape.size()) == escape &&
        i + escape.size() < pattern.size()) {
      i += escape.size();
      regex += RE2::QuoteMeta(re2::StringPiece(pattern.data() + i, 1));
    } else if (in_brackets) {
      in_brackets = c != ']';
      if (c == '\\') regex += '\\';
      regex += c;
    } else if (c == '%') {
      regex += ".*";
    } else if (c == '_') {
      regex += '.';
    } else if (c == '[') {
      in_brackets = true;
      regex += c;
    } else if (std::string_view("|*+?{}()").find(c) != std::string_view::npos) {
      regex += c;
    } else if (static_cast<signed char>(c) < 0) {
      regex += c;  // within a character of several bytes
    } else {
      regex += RE2::QuoteMeta(re2::StringPiece(pattern.data() + i, 1));
    }
  }
  return regex;
}

std::string SimilarRegex(std::span<const Value> constants) {
  const auto& pattern = std::get<std::string>(constants[0].data);
  const std::string escape =
      constants.size() > 1 ? std::get<std::string>(constants[1].data) : std::string();
  return FromSimilar(pattern, escape);
}

}  // namespace

std::optional<std::string> CheckRegex(std::span<const Value> constants) {
  if (constants[0].is_null()) return std::nullopt;
  const auto& pattern = std::get<std::string>(constants[0].data);
  const RE2 re(pattern, RegexOptions());
  if (auto problem = Problem(pattern, re)) return problem;
  if (re.NumberOfCapturingGroups() >= MatchFinder::kGroupsMax) {
    return "the regular expression has more than " + std::to_string(MatchFinder::kGroupsMax - 1) +
           " groups";
  }
  return std::nullopt;
}

FunctionState PrepareRegex(std::span<const Value> constants) {
  return std::make_shared<const CompiledRegex>(std::get<std::string>(constants[0].data),
                                               RegexOptions());
}

std::optional<std::string> CheckSimilar(std::span<const Value> constants) {
  for (const Value& constant : constants) {
    if (constant.is_null()) return std::nullopt;
  }
  const auto& pattern = std::get<std::string>(constants[0].data);
  return Problem(pattern, RE2(SimilarRegex(constants), SimilarOptions()));
}

FunctionState PrepareSimilar(std::span<const Value> constants) {
  return std::make_shared<const CompiledRegex>(SimilarRegex(constants), SimilarOptions());
}

std::optional<int> CountGroups(std::string_view pattern) {
  const RE2 re({pattern.data(), pattern.size()}, RegexOptions());
  if (!re.ok()) return std::nullopt;
  return re.NumberOfCapturingGroups();
}

}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

bool flinkc_native_regexp(const void* state, const StringValue* text) {
  const RE2& re = RegexOf(state);
  return re.Match(Piece(*text), 0, text->size, RE2::UNANCHORED, nullptr, 0);
}

bool flinkc_native_similar(const void* state, const StringValue* text) {
  const RE2& re = RegexOf(state);
  return re.Match(Piece(*text), 0, text->size, RE2::ANCHOR_BOTH, nullptr, 0);
}

int32_t flinkc_native_regexp_count(const void* state, const StringValue* text) {
  MatchFinder matches(RegexOf(state), *text, 0);
  int32_t count = 0;
  while (matches.Next()) ++count;
  return count;
}

int32_t flinkc_native_regexp_instr(const void* state, const StringValue* text) {
  MatchFinder matches(RegexOf(state), *text, 0);
  if (!matches.Next()) return 0;
  const auto begin = static_cast<uint32_t>(matches.begin());
  return static_cast<int32_t>(CountCharacters(text->data(), begin)) + 1;
}

int32_t flinkc_native_regexp_extract(const void* state, const StringValue* text, int32_t group,
                                     StringValue* out) {
  const RE2& re = RegexOf(state);
  if (!HasGroup(re, group)) return kKernelNull;
  if (const std::optional<SimpleRegex>& simple = CompiledOf(state).simple) {
    const SimpleRegex::Match match = simple->Find(text->view());
    if (match.outcome == SimpleRegex::Match::Outcome::kNone) return kKernelNull;
    if (match.outcome == SimpleRegex::Match::Outcome::kFound) {
      const std::string_view piece =
          group == 0 ? match.all : match.groups[static_cast<size_t>(group) - 1];
      *out = MakeStringValue(piece);
      return kKernelOk;
    }
  }
  MatchFinder matches(re, *text, group);
  if (!matches.Next() || matches.group(group).data() == nullptr) return kKernelNull;
  const re2::StringPiece& piece = matches.group(group);
  *out = MakeStringValue(piece.data(), static_cast<uint32_t>(piece.size()));
  return kKernelOk;
}

int32_t flinkc_native_regexp_substr(const void* state, const StringValue* text, StringValue* out) {
  return flinkc_native_regexp_extract(state, text, 0, out);
}

int32_t flinkc_native_regexp_extract_all(KernelContext* context, const void* state,
                                         const StringValue* text, int32_t group, StringValue* out) {
  const RE2& re = RegexOf(state);
  if (!HasGroup(re, group)) return kKernelNull;
  std::vector<re2::StringPiece> pieces;
  uint64_t bytes = 0;
  MatchFinder matches(re, *text, group);
  while (matches.Next()) {
    pieces.push_back(matches.group(group));
    bytes += pieces.back().size();
  }
  ArrayBuilder array(context, pieces.size(), kViewSlotBytes, bytes);
  if (!array.is_valid()) return kKernelNull;
  for (uint32_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].data() == nullptr) continue;
    array.SetText(i, pieces[i].data(), static_cast<uint32_t>(pieces[i].size()));
  }
  *out = array.Finish();
  return kKernelOk;
}

int32_t flinkc_native_regexp_extract_all_group(KernelContext* context, const void* state,
                                               const StringValue* text, StringValue* out) {
  return flinkc_native_regexp_extract_all(context, state, text, 1, out);
}

int32_t flinkc_native_regexp_extract_all_match(KernelContext* context, const void* state,
                                               const StringValue* text, StringValue* out) {
  return flinkc_native_regexp_extract_all(context, state, text, 0, out);
}

int32_t flinkc_native_regexp_replace(KernelContext* context, const void* state,
                                     const StringValue* text, const StringValue* replacement,
                                     StringValue* out) {
  const RE2& re = RegexOf(state);
  const int groups = re.NumberOfCapturingGroups();
  MatchFinder matches(re, *text, groups);
  std::string result;
  size_t copied = 0;
  while (matches.Next()) {
    result.append(text->data() + copied, matches.begin() - copied);
    if (!AppendReplacement(matches, groups, replacement->view(), &result)) return kKernelNull;
    copied = matches.end();
  }
  result.append(text->data() + copied, text->size - copied);
  if (result.size() > UINT32_MAX) return kKernelNull;
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(result.size()));
  std::copy(result.begin(), result.end(), bytes);
  *out = MakeStringValue(bytes, static_cast<uint32_t>(result.size()));
  return kKernelOk;
}

}  // extern "C"
