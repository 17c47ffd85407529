// Row patterns: a search that goes back, as SQL defines which match is preferred.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "tests/property/operator_kind.h"

namespace flinkc::property {

namespace {

// ---- patterns ----

struct Pattern {
  enum class Kind { kVariable, kSequence, kAlternation, kRepeat };
  Kind kind = Kind::kVariable;
  size_t variable = 0;
  std::vector<std::shared_ptr<Pattern>> children;
  size_t least = 1, most = 1;
  bool reluctant = false;
};
using PatternPtr = std::shared_ptr<Pattern>;

constexpr size_t kVariables = 4;
constexpr size_t kUnbounded = 1'000'000;
// In place of a variable: all rows; the rows of those that Matched::subset names.
constexpr size_t kAll = kVariables, kSubset = kVariables + 1;
const char* const kNames[] = {"A", "B", "C", "D", "", "U"};

PatternPtr Variable(size_t variable) {
  auto pattern = std::make_shared<Pattern>();
  pattern->variable = variable;
  return pattern;
}

size_t LeastRows(const Pattern& pattern) {
  if (pattern.kind == Pattern::Kind::kVariable) return 1;
  if (pattern.kind == Pattern::Kind::kRepeat) {
    return pattern.least == 0 ? 0 : LeastRows(*pattern.children[0]);
  }
  size_t least = pattern.kind == Pattern::Kind::kAlternation ? 1 : 0;
  for (const PatternPtr& child : pattern.children) {
    least = pattern.kind == Pattern::Kind::kAlternation ? std::min(least, LeastRows(*child))
                                                        : std::max(least, LeastRows(*child));
  }
  return least;
}

PatternPtr DrawPattern(Chance& chance, int depth) {
  const uint32_t kind = depth == 0 ? 0 : chance.Below(5);
  if (kind < 2) return Variable(chance.Below(3));
  auto pattern = std::make_shared<Pattern>();
  if (kind == 4) {
    pattern->kind = Pattern::Kind::kRepeat;
    pattern->children = {DrawPattern(chance, depth - 1)};
    if (LeastRows(*pattern->children[0]) == 0) return Variable(chance.Below(3));
    pattern->least = chance.Below(3);
    const uint32_t more = chance.Below(3);
    pattern->most = more == 2 ? kUnbounded : std::max<size_t>(pattern->least + more, 1);
    pattern->reluctant = chance.OneIn(3);
    return pattern;
  }
  pattern->kind = kind == 2 ? Pattern::Kind::kSequence : Pattern::Kind::kAlternation;
  for (int i = 0; i < 2; ++i) pattern->children.push_back(DrawPattern(chance, depth - 1));
  return pattern;
}

std::string TextOf(const Pattern& pattern) {
  switch (pattern.kind) {
    case Pattern::Kind::kVariable:
      return kNames[pattern.variable];
    case Pattern::Kind::kSequence:
      return fmt::format("{} {}", TextOf(*pattern.children[0]), TextOf(*pattern.children[1]));
    case Pattern::Kind::kAlternation:
      return fmt::format("({} | {})", TextOf(*pattern.children[0]), TextOf(*pattern.children[1]));
    case Pattern::Kind::kRepeat:
      break;
  }
  std::string often = fmt::format("{{{},{}}}", pattern.least, pattern.most);
  if (pattern.most == kUnbounded) often = fmt::format("{{{},}}", pattern.least);
  if (pattern.most == kUnbounded && pattern.least < 2) often = pattern.least == 0 ? "*" : "+";
  if (pattern.most == 1 && pattern.least == 0) often = "?";
  return fmt::format("({}){}{}", TextOf(*pattern.children[0]), often, pattern.reluctant ? "?" : "");
}

// ---- rows that were matched, and what expressions read of them ----

struct Matched {
  std::vector<const RandomRow*> rows;
  std::vector<size_t> variables;
  // The rows of the key, and which of them the match begins with.
  const std::vector<const RandomRow*>* all = nullptr;
  size_t first = 0;
  std::vector<size_t> subset = {};

  bool Includes(size_t variable, size_t row_variable) const {
    if (variable == kSubset) return std::ranges::find(subset, row_variable) != subset.end();
    return variable == kAll || variable == row_variable;
  }

  // Places of the rows of variable `variable`, counted from one end.
  std::optional<size_t> PlaceOf(size_t variable, bool from_first, size_t offset) const {
    std::vector<size_t> places;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (Includes(variable, variables[i])) places.push_back(i);
    }
    if (offset >= places.size()) return std::nullopt;
    return places[from_first ? offset : places.size() - 1 - offset];
  }

  std::vector<const RandomRow*> Of(size_t variable) const {
    std::vector<const RandomRow*> of;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (Includes(variable, variables[i])) of.push_back(rows[i]);
    }
    return of;
  }
};

struct Read {
  std::string text;
  RandomColumn column;
  std::function<Value(const Matched&)> value;
  bool looks_ahead = false;
};

// PREV or NEXT, or neither: by how many rows.
struct Step {
  size_t before = 0, after = 0;

  static Step Draw(Chance& chance) {
    const uint32_t kind = chance.Below(6);
    const size_t rows = 1 + chance.Below(3);
    return {kind == 4 ? rows : 0, kind == 5 ? rows : 0};
  }
  void Wrap(Read* read) const {
    if (before + after == 0) return;
    read->text =
        fmt::format("{}({}, {})", before != 0 ? "PREV" : "NEXT", read->text, before + after);
    read->looks_ahead = after != 0;
  }
  // From `place`, among `count` rows.
  std::optional<size_t> From(size_t place, size_t count) const {
    if (place < before || place + after >= count) return std::nullopt;
    return place - before + after;
  }
};

std::string Qualified(size_t variable, const std::string& column) {
  return variable == kAll ? column : fmt::format("{}.{}", kNames[variable], column);
}

Read DrawNavigation(Chance& chance, const RandomStream& input, size_t variable, size_t column) {
  const bool is_first = chance.Below(2) == 1;
  const size_t offset = chance.Below(3);
  const Step step = Step::Draw(chance);
  Read read;
  read.column = input.columns[column];
  const std::string name = Qualified(variable, read.column.name);
  read.text = fmt::format("{}({}, {})", is_first ? "FIRST" : "LAST", name, offset);
  if (offset == 0 && !is_first) read.text = name;
  step.Wrap(&read);
  read.value = [=](const Matched& matched) -> Value {
    const std::optional<size_t> place = matched.PlaceOf(variable, is_first, offset);
    if (!place) return {};
    const auto row = step.From(matched.first + *place, matched.all->size());
    return row ? (*matched.all)[*row]->values[column] : Value();
  };
  return read;
}

// The variable of the last row, of the first one of some variable, or of a row before or after.
Read DrawClassifier(Chance& chance, size_t variable) {
  const bool is_first = chance.Below(2) == 1;
  const Step step = Step::Draw(chance);
  const bool of_any = variable == kAll;
  Read read;
  read.column = {"", ValueType::kText, 1};
  read.text = fmt::format("CLASSIFIER({})", of_any ? "" : kNames[variable]);
  if (is_first) read.text = fmt::format("FIRST({})", read.text);
  step.Wrap(&read);
  read.value = [=](const Matched& matched) -> Value {
    const std::optional<size_t> place = matched.PlaceOf(variable, is_first, 0);
    if (!place) return {};
    const auto row = step.From(*place, matched.variables.size());
    return row ? Value(std::string(kNames[matched.variables[*row]])) : Value();
  };
  return read;
}

// COUNT, SUM, MIN or MAX.
Read DrawAggregate(Chance& chance, const RandomStream& input, size_t variable) {
  const std::vector<size_t> numbers = input.ColumnsOf(ValueType::kBigint);
  const uint32_t kind = numbers.empty() ? 0 : chance.Below(4);
  Read read;
  if (kind == 0) {
    read.column = {"", ValueType::kBigint, 1'000'000};
    read.text = fmt::format("COUNT({})", Qualified(variable, "*"));
    read.value = [=](const Matched& matched) -> Value {
      return static_cast<int64_t>(matched.Of(variable).size());
    };
    return read;
  }
  const size_t column = chance.Of(numbers);
  read.column = input.columns[column];
  if (kind == 1) read.column.size_max *= 10'000;
  static constexpr const char* kCalls[] = {"", "SUM", "MIN", "MAX"};
  read.text = fmt::format("{}({})", kCalls[kind], Qualified(variable, input.columns[column].name));
  read.value = [=](const Matched& matched) -> Value {
    Value result;
    for (const RandomRow* row : matched.Of(variable)) {
      const Value& value = row->values[column];
      if (IsNull(value)) continue;
      const int64_t number = std::get<int64_t>(value);
      if (IsNull(result)) {
        result = number;
      } else if (kind == 1) {
        result = std::get<int64_t>(result) + number;
      } else {
        const int64_t before = std::get<int64_t>(result);
        result = kind == 2 ? std::min(before, number) : std::max(before, number);
      }
    }
    return result;
  };
  return read;
}

// ---- conditions ----

struct Condition {
  std::string text;  // "": any row
  // FALSE stands for NULL as well.
  std::function<bool(const Matched&)> holds = [](const Matched&) { return true; };
  bool looks_ahead = false;
};

// `present`: the variables of the pattern, kAll, and perhaps kSubset.
Condition DrawComparison(Chance& chance, const RandomStream& input,
                         const std::vector<size_t>& present, size_t variable) {
  const std::vector<size_t> numbers = input.ColumnsOf(ValueType::kBigint);
  if (numbers.empty()) return {};
  const size_t column = chance.Of(numbers);
  const Read own = DrawNavigation(chance, input, chance.Below(2) == 0 ? variable : kAll, column);
  const int64_t constant = static_cast<int64_t>(chance.Below(6));
  Read other{
      std::to_string(constant), {}, [=](const Matched&) -> Value { return constant; }, false};
  const size_t of = chance.Of(present);
  const uint32_t with = chance.Below(4);
  if (with == 1) other = DrawNavigation(chance, input, of, column);
  if (with == 2) other = DrawAggregate(chance, input, of);
  if (with == 3) other = DrawNavigation(chance, input, variable, column);
  const uint32_t sign = chance.Below(3);
  static constexpr const char* kSigns[] = {">=", "<", "<>"};
  Condition condition;
  condition.text = fmt::format("{} {} {}", own.text, kSigns[sign], other.text);
  condition.looks_ahead = own.looks_ahead || other.looks_ahead;
  condition.holds = [=](const Matched& matched) {
    const Value a = own.value(matched), b = other.value(matched);
    if (IsNull(a) || IsNull(b)) return false;
    const int64_t x = std::get<int64_t>(a), y = std::get<int64_t>(b);
    return sign == 0 ? x >= y : sign == 1 ? x < y : x != y;
  };
  return condition;
}

// Of the row before: which variable it is of.
Condition DrawClassifierComparison(Chance& chance) {
  const std::string name = kNames[chance.Below(kVariables)];
  Condition condition;
  condition.text = fmt::format("PREV(CLASSIFIER()) <> '{}'", name);
  condition.holds = [=](const Matched& matched) {
    const size_t rows = matched.variables.size();
    return rows > 1 && kNames[matched.variables[rows - 2]] != name;
  };
  return condition;
}

Condition DrawCondition(Chance& chance, const RandomStream& input,
                        const std::vector<size_t>& present, size_t variable) {
  if (chance.OneIn(4)) return {};
  const Condition first = DrawComparison(chance, input, present, variable);
  if (first.text.empty() || chance.Below(2) == 0) return first;
  const Condition second = chance.OneIn(8) ? DrawClassifierComparison(chance)
                                           : DrawComparison(chance, input, present, variable);
  const bool both = chance.Below(2) == 1;
  Condition condition;
  condition.text = fmt::format("{} {} {}", first.text, both ? "AND" : "OR", second.text);
  condition.looks_ahead = first.looks_ahead || second.looks_ahead;
  condition.holds = [=](const Matched& matched) {
    return both ? first.holds(matched) && second.holds(matched)
                : first.holds(matched) || second.holds(matched);
  };
  return condition;
}

// ---- the search ----

class Search {
 public:
  // `within` in milliseconds, `time` the column of event time.
  Search(const std::vector<Condition>& conditions, const std::vector<size_t>& subset, size_t time,
         std::optional<int64_t> within)
      : conditions_(conditions), subset_(subset), time_(time), within_(within) {}

  // Whether it took too long, and nothing is known.
  bool has_given_up() const { return steps_ > kStepsMax; }

  // The preferred match that begins with row `first`; without rows: there is none.
  Matched Find(const Pattern& pattern, const std::vector<const RandomRow*>& rows, size_t first) {
    rows_ = &rows;
    first_ = first;
    matched_ = {{}, {}, rows_, first_, subset_};
    if (!Match(pattern, [] { return true; })) matched_ = {{}, {}, rows_, first_, subset_};
    return matched_;
  }

 private:
  using Rest = std::function<bool()>;
  static constexpr size_t kStepsMax = 300'000;

  bool Match(const Pattern& pattern, const Rest& rest) {
    if (++steps_ > kStepsMax) return false;
    switch (pattern.kind) {
      case Pattern::Kind::kVariable:
        return TakeRow(pattern.variable, rest);
      case Pattern::Kind::kSequence:
        return Match(*pattern.children[0], [&] { return Match(*pattern.children[1], rest); });
      case Pattern::Kind::kAlternation:
        return Match(*pattern.children[0], rest) || Match(*pattern.children[1], rest);
      case Pattern::Kind::kRepeat:
        return Repeat(pattern, 0, rest);
    }
    return false;
  }

  bool Repeat(const Pattern& pattern, size_t done, const Rest& rest) {
    if (++steps_ > kStepsMax) return false;
    const auto again = [&] {
      return done < pattern.most &&
             Match(*pattern.children[0], [&, done] { return Repeat(pattern, done + 1, rest); });
    };
    const auto past = [&] { return done >= pattern.least && rest(); };
    return pattern.reluctant ? past() || again() : again() || past();
  }

  bool TakeRow(size_t variable, const Rest& rest) {
    const size_t at = first_ + matched_.rows.size();
    if (at >= rows_->size()) return false;
    const RandomRow* row = (*rows_)[at];
    if (within_ && TimeOf(*row) - TimeOf(*(*rows_)[first_]) > *within_) return false;
    matched_.rows.push_back(row);
    matched_.variables.push_back(variable);
    if (conditions_[variable].holds(matched_) && rest()) return true;
    matched_.rows.pop_back();
    matched_.variables.pop_back();
    return false;
  }

  int64_t TimeOf(const RandomRow& row) const { return std::get<int64_t>(row.values[time_]); }

  const std::vector<Condition>& conditions_;
  const std::vector<size_t>& subset_;
  const size_t time_;
  const std::optional<int64_t> within_;
  const std::vector<const RandomRow*>* rows_ = nullptr;
  size_t first_ = 0;
  Matched matched_;
  size_t steps_ = 0;
};

enum class After { kPastLast, kToNext, kToFirst, kToLast };

// `to`: D, or the subset.
size_t NextFirst(After after, size_t to, size_t first, const Matched& matched) {
  switch (after) {
    case After::kPastLast:
      return first + matched.variables.size();
    case After::kToNext:
      return first + 1;
    case After::kToFirst:
      return first + *matched.PlaceOf(to, /*from_first=*/true, 0);
    case After::kToLast:
      break;
  }
  return first + *matched.PlaceOf(to, /*from_first=*/false, 0);
}

struct RandomMatch {
  std::vector<size_t> keys;
  PatternPtr pattern;
  std::vector<size_t> subset;
  std::vector<Condition> conditions;
  std::optional<int64_t> within;
  After after = After::kPastLast;
  size_t after_variable = kVariables - 1;
  std::vector<Read> measures;
};

// All rows of a key in order, in which the match is looked for; false: it takes too long.
bool Evaluate(const RandomMatch& match, size_t time, const std::vector<const RandomRow*>& rows,
              RandomStream* output) {
  Search search(match.conditions, match.subset, time, match.within);
  for (size_t first = 0; first < rows.size();) {
    const Matched matched = search.Find(*match.pattern, rows, first);
    if (search.has_given_up()) return false;
    if (matched.rows.empty()) {
      ++first;
      continue;
    }
    RandomRow row;
    for (const size_t key : match.keys) row.values.push_back(matched.rows[0]->values[key]);
    for (const Read& measure : match.measures) row.values.push_back(measure.value(matched));
    if (output->event_time) row.values.push_back(matched.rows.back()->values[time]);
    output->rows.push_back(std::move(row));
    first = NextFirst(match.after, match.after_variable, first, matched);
  }
  return true;
}

// D stands behind a first variable and nowhere else, so that one may skip to it.
PatternPtr DrawWholePattern(Chance& chance, bool ends_open) {
  auto whole = std::make_shared<Pattern>();
  whole->kind = Pattern::Kind::kSequence;
  auto inner = std::make_shared<Pattern>();
  inner->kind = Pattern::Kind::kSequence;
  inner->children = {DrawPattern(chance, 3), Variable(kVariables - 1)};
  whole->children = {Variable(chance.Below(3)), inner};
  if (!ends_open) return whole;
  auto with_end = std::make_shared<Pattern>();
  with_end->kind = Pattern::Kind::kSequence;
  with_end->children = {whole, DrawPattern(chance, 2)};
  return with_end;
}

}  // namespace

void AddMatch(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(chance, [](const RandomStream& stream) {
    return !stream.updates && stream.event_time.has_value();
  });
  if (input == nullptr) return;
  const size_t time = *input->event_time;
  RandomMatch match;
  if (chance.Below(3) > 0) {
    const size_t key = chance.Below(static_cast<uint32_t>(input->columns.size()));
    if (key != time) match.keys.push_back(key);
  }
  if (chance.Below(3) > 0) match.within = (1 + static_cast<int64_t>(chance.Below(8))) * 1'000;
  match.pattern = DrawWholePattern(chance, match.within.has_value());
  const std::string pattern = TextOf(*match.pattern);
  std::vector<size_t> present = {kAll};
  for (size_t variable = 0; variable < kVariables; ++variable) {
    if (pattern.find(kNames[variable]) != std::string::npos) present.push_back(variable);
  }
  std::string subset;
  for (const size_t variable : present) {
    if (variable == kAll || chance.Below(2) == 0) continue;
    match.subset.push_back(variable);
    subset += fmt::format("{}{}", subset.empty() ? "" : ", ", kNames[variable]);
  }
  if (!subset.empty()) {
    present.push_back(kSubset);
    subset = fmt::format("subset: {{U: [{}]}}, ", subset);
  }
  match.conditions.resize(kVariables);
  std::string define;
  bool looks_ahead = false;
  for (const size_t variable : present) {
    if (variable == kAll || variable == kSubset) continue;
    match.conditions[variable] = DrawCondition(chance, *input, present, variable);
    looks_ahead = looks_ahead || match.conditions[variable].looks_ahead;
    const std::string& text = match.conditions[variable].text;
    if (text.empty()) continue;
    define += fmt::format("{}{}: \"{}\"", define.empty() ? "" : ", ", kNames[variable], text);
  }
  match.after = static_cast<After>(chance.Below(4));
  static constexpr const char* kAfter[] = {"skip past last row", "skip to next row",
                                           "skip to first ", "skip to last "};
  // Which has a row in each match, and not the first one.
  const Matched subset_alone{{}, {}, nullptr, 0, match.subset};
  const size_t begin = match.pattern->children[0]->kind == Pattern::Kind::kVariable
                           ? match.pattern->children[0]->variable
                           : match.pattern->children[0]->children[0]->variable;
  if (subset_alone.Includes(kSubset, kVariables - 1) && !subset_alone.Includes(kSubset, begin)) {
    match.after_variable = kSubset;
  }
  std::string after = kAfter[static_cast<size_t>(match.after)];
  if (match.after == After::kToFirst || match.after == After::kToLast) {
    after += kNames[match.after_variable];
  }
  RandomStream output;
  output.name = plan.NewStreamName();
  std::string by, measures, order;
  for (const size_t key : match.keys) {
    by = fmt::format("by: [{}], ", input->columns[key].name);
    output.columns.push_back(input->columns[key]);
  }
  // Rows that are equal by all columns are the same.
  for (size_t i = 0; i < input->columns.size(); ++i) {
    const std::string& name = input->columns[i == 0 ? time : i <= time ? i - 1 : i].name;
    order += fmt::format("{}{}", order.empty() ? "" : ", ", name);
  }
  std::optional<size_t> last_time;
  const uint32_t measure_count = 1 + chance.Below(3);
  for (uint32_t i = 0; i < measure_count; ++i) {
    const size_t variable = chance.Of(present);
    const size_t column = chance.Below(static_cast<uint32_t>(input->columns.size()));
    const uint32_t kind = chance.Below(5);
    Read measure = kind < 2    ? DrawNavigation(chance, *input, variable, column)
                   : kind == 4 ? DrawClassifier(chance, variable)
                               : DrawAggregate(chance, *input, variable);
    // MATCH_ROWTIME() by another name: the first of several is the event time.
    const bool is_last_time = measure.text == input->columns[time].name;
    if (is_last_time && !last_time) last_time = output.columns.size();
    measure.column.name = plan.NewColumnName();
    measures += fmt::format("{}: \"{}\", ", measure.column.name, measure.text);
    looks_ahead = looks_ahead || measure.looks_ahead;
    output.columns.push_back(measure.column);
    match.measures.push_back(std::move(measure));
  }
  // Nobody knows when the row behind a match comes.
  if (match.within && !looks_ahead && chance.Below(2) == 1) {
    output.event_time = last_time.value_or(output.columns.size());
    output.columns.push_back({plan.NewColumnName(), ValueType::kTime, 0});
    measures += fmt::format("{}: MATCH_ROWTIME(), ", output.columns.back().name);
  }

  // Late rows are in no match.
  std::map<std::vector<Value>, std::vector<const RandomRow*>> rows_of;
  RandomStream late = *input;
  late.name = output.name + ".late";
  late.event_time.reset();
  late.rows.clear();
  for (const RandomRow& row : input->rows) {
    if (std::get<int64_t>(row.values[time]) < row.watermark) {
      late.rows.push_back(row);
      continue;
    }
    std::vector<Value> key;
    for (const size_t column : match.keys) key.push_back(row.values[column]);
    rows_of[key].push_back(&row);
  }
  for (auto& [key, rows] : rows_of) {
    std::ranges::sort(rows, [time](const RandomRow* a, const RandomRow* b) {
      if (a->values[time] != b->values[time]) return a->values[time] < b->values[time];
      return a->values < b->values;
    });
    if (!Evaluate(match, time, rows, &output)) return;
  }
  const bool route_late = chance.OneIn(3);
  plan.MarkRead(input->name);
  plan.AddStream(output.name,
                 fmt::format("from: {}, match: {{{}order_by: [{}], pattern: \"{}\", {}{}{}"
                             "measures: {{{}}}, after_match: {}{}}}",
                             input->name, by, order, pattern, subset,
                             match.within ? fmt::format("within: {}s, ", *match.within / 1000) : "",
                             define.empty() ? "" : fmt::format("define: {{{}}}, ", define),
                             measures.substr(0, measures.size() - 2), after,
                             route_late ? ", late: route" : ""));
  plan.AddOutput(std::move(output));
  if (route_late) plan.AddOutput(std::move(late));
}

}  // namespace flinkc::property
