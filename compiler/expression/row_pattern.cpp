#include "compiler/expression/row_pattern.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace flinkc {

namespace {

using Kind = RowPattern::Kind;

constexpr uint32_t kRepeatMax = 1000;
constexpr uint32_t kDepthMax = 100;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class PatternParser {
 public:
  PatternParser(const SourceText& text, DiagnosticLog& log)
      : source_(text), text_(text.value), log_(log) {}

  RowPatternPtr Parse() {
    RowPatternPtr pattern = ParseAlternation();
    if (pattern == nullptr) return nullptr;
    if (Peek() == ')') return Fail(at_, at_ + 1, "this `)` closes nothing");
    return pattern;
  }

 private:
  // The next character that is no blank; 0: the end.
  char Peek() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Accept(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  RowPatternPtr Fail(uint32_t begin, uint32_t end, std::string message, std::string help = "") {
    Diagnostic& diagnostic =
        log_.Report(DiagnosticCode::kPatternSyntax, source_.SpanOf(begin, end), std::move(message));
    if (!help.empty()) diagnostic.Help(std::move(help));
    return nullptr;
  }
  RowPatternPtr FailHere(std::string message, std::string help = "") {
    Peek();
    const auto size = static_cast<uint32_t>(text_.size());
    return Fail(at_, std::min(at_ + 1, size), std::move(message), std::move(help));
  }

  // `children` as one.
  static RowPatternPtr Join(Kind kind, std::vector<RowPatternPtr> children) {
    if (children.size() == 1) return std::move(children[0]);
    auto joined = std::make_unique<RowPattern>();
    joined->kind = kind;
    joined->begin = children.front()->begin;
    joined->end = children.back()->end;
    joined->children = std::move(children);
    return joined;
  }

  RowPatternPtr ParseAlternation() {
    std::vector<RowPatternPtr> children;
    do {
      RowPatternPtr child = ParseSequence();
      if (child == nullptr) return nullptr;
      children.push_back(std::move(child));
    } while (Accept('|'));
    return Join(Kind::kAlternation, std::move(children));
  }

  RowPatternPtr ParseSequence() {
    std::vector<RowPatternPtr> children;
    while (Peek() != '\0' && Peek() != '|' && Peek() != ')') {
      RowPatternPtr child = ParseRepeat();
      if (child == nullptr) return nullptr;
      children.push_back(std::move(child));
    }
    if (children.empty()) return FailHere("here a variable is missing");
    return Join(Kind::kSequence, std::move(children));
  }

  RowPatternPtr ParseRepeat() {
    RowPatternPtr child = ParsePrimary();
    if (child == nullptr) return nullptr;
    auto repeat = std::make_unique<RowPattern>();
    repeat->kind = Kind::kRepeat;
    repeat->begin = child->begin;
    if (Accept('*')) {
      repeat->least = 0;
      repeat->most = RowPattern::kUnbounded;
    } else if (Accept('+')) {
      repeat->most = RowPattern::kUnbounded;
    } else if (Accept('?')) {
      repeat->least = 0;
    } else if (Peek() == '{') {
      if (!ParseBraces(repeat.get())) return nullptr;
    } else {
      return child;
    }
    repeat->reluctant = Accept('?');
    repeat->end = at_;
    if (Peek() == '*' || Peek() == '+' || Peek() == '?' || Peek() == '{') {
      return FailHere("there is a quantifier already", "put the first one in parentheses");
    }
    repeat->children.push_back(std::move(child));
    return repeat;
  }

  std::optional<uint32_t> ParseNumber() {
    Peek();
    const uint32_t begin = at_;
    uint32_t number = 0;
    while (at_ < text_.size() && IsDigit(text_[at_])) {
      number = std::min(number * 10 + static_cast<uint32_t>(text_[at_++] - '0'), kRepeatMax + 1);
    }
    if (at_ == begin) return std::nullopt;
    return number;
  }

  // {n}, {n,}, {n,m} or {,m}
  bool ParseBraces(RowPattern* repeat) {
    const uint32_t begin = at_++;
    const std::optional<uint32_t> least = ParseNumber();
    const bool is_range = Accept(',');
    const std::optional<uint32_t> most = is_range ? ParseNumber() : least;
    if (!Accept('}') || (!least && !most)) {
      FailHere("a quantifier in braces is {n}, {n,}, {n,m} or {,m}");
      return false;
    }
    repeat->least = least.value_or(0);
    repeat->most = most.value_or(RowPattern::kUnbounded);
    if (repeat->most == 0 || repeat->least > repeat->most) {
      Fail(begin, at_, "no number of rows is like this");
      return false;
    }
    if (repeat->least > kRepeatMax || (most && *most > kRepeatMax)) {
      Fail(begin, at_, fmt::format("a quantifier counts up to {}", kRepeatMax));
      return false;
    }
    return true;
  }

  RowPatternPtr ParsePrimary() {
    const char next = Peek();
    const uint32_t begin = at_;
    if (next == '(') {
      ++at_;
      if (++depth_ > kDepthMax) return Fail(begin, at_, "the pattern is nested too deep");
      RowPatternPtr inner = ParseAlternation();
      --depth_;
      if (inner == nullptr) return nullptr;
      if (!Accept(')')) return FailHere("here a `)` is missing");
      inner->begin = begin;
      inner->end = at_;
      return inner;
    }
    if (next == '{' && at_ + 1 < text_.size() && text_[at_ + 1] == '-') {
      return Fail(begin, begin + 2, "rows cannot be left out of a match",
                  "`match` gives one row for each match: leave the braces away");
    }
    if (next == '^' || next == '$') {
      return Fail(begin, begin + 1, "a stream has no end that a match could stand at",
                  "a pattern has no anchors `^` and `$`");
    }
    if (next == '*' || next == '+' || next == '?' || next == '{') {
      return FailHere("here a variable is missing, before the quantifier");
    }
    if (!IsLetter(next)) return FailHere("this cannot stand in a pattern");
    while (at_ < text_.size() && (IsLetter(text_[at_]) || IsDigit(text_[at_]))) ++at_;
    auto variable = std::make_unique<RowPattern>();
    variable->variable = text_.substr(begin, at_ - begin);
    variable->begin = begin;
    variable->end = at_;
    if (variable->variable == "PERMUTE" && Peek() == '(') {
      return Fail(begin, at_, "PERMUTE is not supported",
                  "write the orders that are meant: `A B | B A`");
    }
    return variable;
  }

  const SourceText& source_;
  const std::string_view text_;
  DiagnosticLog& log_;
  uint32_t at_ = 0;
  uint32_t depth_ = 0;
};

uint32_t AddRows(uint32_t a, uint32_t b) {
  return a > RowPattern::kUnbounded - b ? RowPattern::kUnbounded : a + b;
}
uint32_t MultiplyRows(uint32_t a, uint32_t b) {
  const uint64_t product = uint64_t{a} * b;
  return static_cast<uint32_t>(std::min<uint64_t>(product, RowPattern::kUnbounded));
}

class PatternCompiler {
 public:
  explicit PatternCompiler(const std::vector<std::string>& variables) : variables_(variables) {}

  std::vector<PatternStep> Run(const RowPattern& pattern) {
    Emit(pattern);
    Add({PatternStep::Kind::kAccept, 0, 0, 0});
    if (steps_.size() > PatternStep::kProgramMax) return {};
    return std::move(steps_);
  }

 private:
  uint32_t next() const { return static_cast<uint32_t>(steps_.size()); }
  bool is_full() const { return steps_.size() > PatternStep::kProgramMax; }
  uint32_t Add(PatternStep step) {
    steps_.push_back(step);
    return next() - 1;
  }

  void Emit(const RowPattern& pattern) {
    if (is_full()) return;
    switch (pattern.kind) {
      case Kind::kVariable: {
        const auto at = std::ranges::find(variables_, pattern.variable);
        Add({PatternStep::Kind::kRow, static_cast<uint32_t>(at - variables_.begin()), 0, 0});
        return;
      }
      case Kind::kSequence:
        for (const RowPatternPtr& child : pattern.children) Emit(*child);
        return;
      case Kind::kAlternation:
        EmitAlternation(pattern);
        return;
      case Kind::kRepeat:
        EmitRepeat(pattern);
        return;
    }
  }

  //   split to a, other; a…; jump to end; other: b…; end:
  void EmitAlternation(const RowPattern& pattern) {
    std::vector<uint32_t> jumps;
    for (size_t i = 0; i + 1 < pattern.children.size(); ++i) {
      const uint32_t split = Add({PatternStep::Kind::kSplit, 0, next() + 1, 0});
      Emit(*pattern.children[i]);
      jumps.push_back(Add({PatternStep::Kind::kJump, 0, 0, 0}));
      steps_[split].second = next();
    }
    Emit(*pattern.children.back());
    for (const uint32_t jump : jumps) steps_[jump].first = next();
  }

  // A split into the repeated part and past it, to be told where that is.
  uint32_t AddChoice(const RowPattern& pattern) {
    const uint32_t body = next() + 1;
    return Add(
        {PatternStep::Kind::kSplit, 0, pattern.reluctant ? 0 : body, pattern.reluctant ? body : 0});
  }
  void SetPast(const RowPattern& pattern, uint32_t split) {
    (pattern.reluctant ? steps_[split].first : steps_[split].second) = next();
  }

  // The part as often as it must be; then
  //   unbounded:  again: split to body, past; body…; jump to again; past:
  //   else:       split to body, past; body…; split to body, past; body…; past:
  void EmitRepeat(const RowPattern& pattern) {
    const RowPattern& body = *pattern.children[0];
    for (uint32_t i = 0; i < pattern.least && !is_full(); ++i) Emit(body);
    if (pattern.most == RowPattern::kUnbounded) {
      const uint32_t again = AddChoice(pattern);
      Emit(body);
      Add({PatternStep::Kind::kJump, 0, again, 0});
      SetPast(pattern, again);
      return;
    }
    std::vector<uint32_t> choices;
    for (uint32_t i = pattern.least; i < pattern.most && !is_full(); ++i) {
      choices.push_back(AddChoice(pattern));
      Emit(body);
    }
    for (const uint32_t choice : choices) SetPast(pattern, choice);
  }

  const std::vector<std::string>& variables_;
  std::vector<PatternStep> steps_;
};

void CollectVariables(const RowPattern& pattern, std::vector<std::string>* names) {
  if (pattern.kind == Kind::kVariable &&
      std::ranges::find(*names, pattern.variable) == names->end()) {
    names->push_back(pattern.variable);
  }
  for (const RowPatternPtr& child : pattern.children) CollectVariables(*child, names);
}

uint32_t CountUses(const RowPattern& pattern, const std::string& variable) {
  if (pattern.kind == Kind::kVariable) return pattern.variable == variable ? 1 : 0;
  uint32_t most = 0;
  for (const RowPatternPtr& child : pattern.children) {
    const uint32_t uses = CountUses(*child, variable);
    most = pattern.kind == Kind::kAlternation ? std::max(most, uses) : AddRows(most, uses);
  }
  return pattern.kind == Kind::kRepeat ? MultiplyRows(most, pattern.most) : most;
}

}  // namespace

RowPatternPtr ParseRowPattern(const SourceText& text, DiagnosticLog& log) {
  return PatternParser(text, log).Parse();
}

std::vector<std::string> VariablesOf(const RowPattern& pattern) {
  std::vector<std::string> names;
  CollectVariables(pattern, &names);
  return names;
}

bool IsInEachMatch(const RowPattern& pattern, const std::string& variable) {
  const auto has = [&](const RowPatternPtr& child) { return IsInEachMatch(*child, variable); };
  switch (pattern.kind) {
    case Kind::kVariable:
      return pattern.variable == variable;
    case Kind::kSequence:
      return std::ranges::any_of(pattern.children, has);
    case Kind::kAlternation:
      return std::ranges::all_of(pattern.children, has);
    case Kind::kRepeat:
      return pattern.least > 0 && has(pattern.children[0]);
  }
  return false;
}

bool MayBegin(const RowPattern& pattern, const std::string& variable) {
  if (pattern.kind == Kind::kVariable) return pattern.variable == variable;
  for (const RowPatternPtr& child : pattern.children) {
    if (MayBegin(*child, variable)) return true;
    if (pattern.kind == Kind::kSequence && LeastRows(*child) > 0) return false;
  }
  return false;
}

bool MayRepeat(const RowPattern& pattern, const std::string& variable) {
  return CountUses(pattern, variable) > 1;
}

uint32_t LeastRows(const RowPattern& pattern) {
  if (pattern.kind == Kind::kVariable) return 1;
  uint32_t rows = pattern.kind == Kind::kAlternation ? RowPattern::kUnbounded : 0;
  for (const RowPatternPtr& child : pattern.children) {
    const uint32_t of_child = LeastRows(*child);
    rows = pattern.kind == Kind::kAlternation ? std::min(rows, of_child) : AddRows(rows, of_child);
  }
  return pattern.kind == Kind::kRepeat ? MultiplyRows(rows, pattern.least) : rows;
}

uint32_t MostRows(const RowPattern& pattern) {
  if (pattern.kind == Kind::kVariable) return 1;
  uint32_t rows = 0;
  for (const RowPatternPtr& child : pattern.children) {
    const uint32_t of_child = MostRows(*child);
    rows = pattern.kind == Kind::kAlternation ? std::max(rows, of_child) : AddRows(rows, of_child);
  }
  return pattern.kind == Kind::kRepeat ? MultiplyRows(rows, pattern.most) : rows;
}

const RowPattern* FindEmptyRepeat(const RowPattern& pattern) {
  if (pattern.kind == Kind::kRepeat && LeastRows(*pattern.children[0]) == 0) return &pattern;
  for (const RowPatternPtr& child : pattern.children) {
    if (const RowPattern* found = FindEmptyRepeat(*child)) return found;
  }
  return nullptr;
}

const RowPattern* FindOpenEnd(const RowPattern& pattern) {
  if (pattern.kind == Kind::kRepeat && pattern.most == RowPattern::kUnbounded &&
      !pattern.reluctant) {
    return &pattern;
  }
  for (size_t i = pattern.children.size(); i-- > 0;) {
    const RowPattern& child = *pattern.children[i];
    if (const RowPattern* found = FindOpenEnd(child)) return found;
    if (pattern.kind == Kind::kSequence && LeastRows(child) > 0) break;
  }
  return nullptr;
}

std::vector<PatternStep> CompileRowPattern(const RowPattern& pattern,
                                           const std::vector<std::string>& variables) {
  return PatternCompiler(variables).Run(pattern);
}

std::string ToString(const RowPattern& pattern) {
  if (pattern.kind == Kind::kVariable) return pattern.variable;
  if (pattern.kind == Kind::kRepeat) {
    const RowPattern& body = *pattern.children[0];
    std::string text =
        body.kind == Kind::kVariable ? ToString(body) : fmt::format("({})", ToString(body));
    const bool is_unbounded = pattern.most == RowPattern::kUnbounded;
    if (is_unbounded && pattern.least < 2) {
      text += pattern.least == 0 ? "*" : "+";
    } else if (pattern.least == 0 && pattern.most == 1) {
      text += "?";
    } else if (is_unbounded) {
      text += fmt::format("{{{},}}", pattern.least);
    } else if (pattern.least == pattern.most) {
      text += fmt::format("{{{}}}", pattern.least);
    } else {
      text += fmt::format("{{{},{}}}", pattern.least, pattern.most);
    }
    return pattern.reluctant ? text + "?" : text;
  }
  std::string text;
  for (const RowPatternPtr& child : pattern.children) {
    const bool is_alternation = pattern.kind == Kind::kAlternation;
    if (!text.empty()) text += is_alternation ? " | " : " ";
    const bool groups = !is_alternation && child->kind == Kind::kAlternation;
    text += groups ? fmt::format("({})", ToString(*child)) : ToString(*child);
  }
  return text;
}

}  // namespace flinkc
