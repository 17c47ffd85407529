#include "compiler/check/match_checker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "compiler/check/event_time.h"
#include "compiler/check/operator_checker.h"
#include "compiler/expression/pattern_scope.h"
#include "compiler/expression/row_pattern.h"
#include "compiler/plan/native_plan.h"

namespace flinkc::check {

namespace {

class MatchChecker {
 public:
  MatchChecker(Pipe& pipe, const OperatorSpec& op, const MatchSpec& spec)
      : pipe_(pipe), state_(pipe.state()), op_(op), spec_(spec), role_(pipe.role()) {}

  bool Run() {
    bool valid = TakeColumns(pipe_, spec_.by, &match_.keys);
    valid = CheckTime() && valid;
    valid = CheckOrderBy() && valid;
    valid = CheckPattern() && valid;
    if (!valid) return false;
    valid = CheckAfterMatch();
    valid = CheckDefine() && valid;
    valid = CheckMeasures() && valid;
    if (!valid) return false;
    match_.rows_before = RowsBefore();
    match_.rows_after = RowsAfter();
    WarnOfUnbounded();
    AddMatch();
    AddMeasures();
    return true;
  }

 private:
  bool Report(DiagnosticCode code, SourceSpan span, std::string message, std::string help) {
    state_.log.Report(code, span, std::move(message)).Help(std::move(help));
    return false;
  }

  // ---- time and order ----

  bool CheckTime() {
    constexpr int64_t kLongest = std::numeric_limits<int64_t>::max() / 16;
    if (spec_.within) {
      match_.within_micros = spec_.within->value.micros;
      if (match_.within_micros > kLongest) {
        return Report(DiagnosticCode::kInvalidQuantity, spec_.within->span,
                      "no match can take so long", "leave `within` out where it may take any time");
      }
    }
    if (spec_.processing_time) return true;
    const LogicalOutput& input = pipe_.current();
    if (!input.time_attribute || !input.watermark_column) {
      ReportNoEventTime(pipe_, spec_.pattern.span,
                        "by which `match` puts its rows in order: none would ever be found");
      return false;
    }
    match_.time_column = *input.time_attribute;
    match_.watermark_column = *input.watermark_column;
    pipe_.stream().has_window = true;
    match_.route_late = spec_.late && spec_.late->value == LateRows::kRoute;
    return true;
  }

  // The event time first, then what orders rows of one time.
  bool CheckOrderBy() {
    bool valid = true;
    for (size_t i = 0; i < spec_.order_by.size(); ++i) {
      const std::optional<OrderColumn> column = CheckOrder(pipe_, spec_.order_by[i]);
      valid = valid && column.has_value();
      if (!column || !match_.time_column) continue;
      if (i > 0) {
        match_.order.push_back(*column);
      } else if (column->column != *match_.time_column || column->descending) {
        const std::string& time = pipe_.current().schema[*match_.time_column].name;
        valid = Report(DiagnosticCode::kMatchOrder, spec_.order_by[0].column.span,
                       "the rows of a match are ordered by their event time first",
                       fmt::format("begin with it, as in `order_by: [{}, …]`, or leave `order_by` "
                                   "out",
                                   time));
      }
    }
    return valid;
  }

  // ---- the pattern ----

  bool CheckPattern() {
    pattern_ = ParseRowPattern(spec_.pattern, state_.log);
    if (pattern_ == nullptr) return false;
    const auto span = [this](const RowPattern& part) {
      return spec_.pattern.SpanOf(part.begin, part.end);
    };
    if (LeastRows(*pattern_) == 0) {
      return Report(DiagnosticCode::kPatternMatches, span(*pattern_),
                    "a match of this pattern may have no row at all",
                    "let at least one variable have a row: `A+` instead of `A*`");
    }
    if (const RowPattern* empty = FindEmptyRepeat(*pattern_)) {
      return Report(DiagnosticCode::kPatternMatches, span(*empty),
                    "what is repeated here may have no row at all",
                    "let each repetition have a row: `(A B?)*` instead of `(A? B?)*`");
    }
    const RowPattern* open_end = FindOpenEnd(*pattern_);
    if (open_end != nullptr && match_.within_micros == 0) {
      state_.log
          .Report(DiagnosticCode::kPatternMatches, span(*open_end),
                  "a match of this pattern may have no end: another row can always be added to it")
          .Label("as many rows as possible, and nothing need follow")
          .Help(
              "let a variable follow that ends it, make it reluctant (`+?`), or bound the time "
              "with `within: 1h`");
      return false;
    }
    const std::vector<std::string> names = VariablesOf(*pattern_);
    if (names.size() > PatternVariable::kVariablesMax) {
      return Report(DiagnosticCode::kPatternSyntax, span(*pattern_),
                    fmt::format("the pattern has {} variables", names.size()),
                    fmt::format("it may have {}", PatternVariable::kVariablesMax));
    }
    match_.program = CompileRowPattern(*pattern_, names);
    if (match_.program.empty()) {
      return Report(DiagnosticCode::kPatternSyntax, span(*pattern_),
                    "written out, with its quantifiers, the pattern is too long",
                    fmt::format("it may have {} steps", PatternStep::kProgramMax));
    }
    match_.pattern = ToString(*pattern_);
    scope_.variables = names;
    for (const std::string& name : names) {
      match_.variables.push_back({name, std::nullopt, {}, false});
      scope_.is_in_each_match.push_back(IsInEachMatch(*pattern_, name));
    }
    return CheckSubsets();
  }

  bool CheckSubsets() {
    bool valid = true;
    for (const MatchSpec::Subset& spec : spec_.subset) {
      if (std::ranges::find(scope_.variables, spec.name.value) != scope_.variables.end()) {
        valid = Report(DiagnosticCode::kPatternSyntax, spec.name.span,
                       fmt::format("there already is a variable or a subset `{}`", spec.name.value),
                       "give the subset a name of its own");
        continue;
      }
      PatternSubset subset{spec.name.value, {}};
      for (const SpecName& name : spec.variables) {
        const std::optional<uint32_t> variable =
            FindVariable(name.value, name.span, "name the variables of that subset instead");
        if (variable) subset.variables.push_back(*variable);
        valid = valid && variable.has_value();
      }
      scope_.is_in_each_match.push_back(std::ranges::any_of(
          subset.variables,
          [this](uint32_t variable) { return scope_.is_in_each_match[variable]; }));
      scope_.variables.push_back(subset.name);
      scope_.subsets.push_back(subset.variables);
      match_.subsets.push_back(std::move(subset));
    }
    return valid;
  }

  // The variable of this name; nullopt with an error. A subset will do as well, unless something
  // else is to be done about it: `instead`.
  std::optional<uint32_t> FindVariable(const std::string& name, SourceSpan span,
                                       std::string_view instead = {}) {
    const auto end = instead.empty() ? scope_.variables.end()
                                     : scope_.variables.begin() +
                                           static_cast<ptrdiff_t>(match_.variables.size());
    const auto found = std::find(scope_.variables.begin(), end, name);
    if (found != end) return static_cast<uint32_t>(found - scope_.variables.begin());
    Diagnostic& diagnostic =
        state_.log.Report(DiagnosticCode::kUnknownVariable, span,
                          fmt::format("the pattern has no variable `{}`", name));
    diagnostic.Also(spec_.pattern.span, "the pattern");
    if (std::find(end, scope_.variables.end(), name) != scope_.variables.end()) {
      diagnostic.Label("this is a subset: its rows are those of its variables")
          .Help(std::string(instead));
    } else {
      diagnostic.Label(SuggestText(name, {scope_.variables.begin(), end}));
    }
    return std::nullopt;
  }

  // The variables of a subset; of a variable itself.
  std::vector<uint32_t> MembersOf(uint32_t variable) const {
    if (variable < match_.variables.size()) return {variable};
    return scope_.subsets[variable - match_.variables.size()];
  }

  bool AnyMayBegin(const std::vector<uint32_t>& variables) const {
    return std::ranges::any_of(variables, [this](uint32_t variable) {
      return MayBegin(*pattern_, scope_.variables[variable]);
    });
  }

  // ---- after_match ----

  // A word of `after_match`, and where it stands.
  struct Word {
    std::string text;
    SourceSpan span;
  };

  static std::string Upper(std::string text) {
    for (char& c : text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
  }

  std::vector<Word> WordsOf(const SourceText& text) const {
    std::vector<Word> words;
    for (size_t at = 0; at < text.value.size();) {
      const size_t begin = text.value.find_first_not_of(' ', at);
      if (begin == std::string::npos) break;
      at = std::min(text.value.find(' ', begin), text.value.size());
      words.push_back({text.value.substr(begin, at - begin), text.SpanOf(begin, at)});
    }
    return words;
  }

  bool CheckAfterMatch() {
    if (!spec_.after_match) return true;
    std::vector<Word> words = WordsOf(*spec_.after_match);
    if (!words.empty() && Upper(words[0].text) == "SKIP") words.erase(words.begin());
    const auto is = [&](std::initializer_list<std::string_view> expected) {
      return std::ranges::equal(words, expected, [](const Word& word, std::string_view wanted) {
        return wanted.empty() || Upper(word.text) == wanted;
      });
    };
    if (is({"PAST", "LAST", "ROW"})) return true;
    if (is({"TO", "NEXT", "ROW"})) {
      match_.after = AfterMatch::kToNextRow;
      return true;
    }
    const bool is_first = is({"TO", "FIRST", ""});
    if (!is_first && !is({"TO", "LAST", ""}) && !is({"TO", ""})) {
      return Report(DiagnosticCode::kAfterMatch, spec_.after_match->span,
                    "this does not say where the next match may begin",
                    "write `skip past last row`, `skip to next row`, `skip to first X` or `skip to "
                    "last X`, where X is a variable");
    }
    match_.after = is_first ? AfterMatch::kToFirst : AfterMatch::kToLast;
    const Word& name = words.back();
    const std::optional<uint32_t> variable = FindVariable(name.text, name.span);
    if (!variable) return false;
    match_.after_variable = *variable;
    return CheckNoLoop(name);
  }

  // The first row of a match is no place to go on: the same match would be found again.
  bool CheckNoLoop(const Word& name) {
    const std::vector<uint32_t> members = MembersOf(match_.after_variable);
    std::vector<uint32_t> others;
    for (uint32_t variable = 0; variable < match_.variables.size(); ++variable) {
      if (std::ranges::find(members, variable) == members.end()) others.push_back(variable);
    }
    const bool is_first_row =
        match_.after == AfterMatch::kToFirst ||
        (members.size() == 1 && !MayRepeat(*pattern_, scope_.variables[members[0]]));
    if (AnyMayBegin(others) || !AnyMayBegin(members) || !is_first_row) return true;
    return Report(DiagnosticCode::kAfterMatch, name.span,
                  fmt::format("each match begins with `{}`: the same match would be found for ever",
                              name.text),
                  "write `skip to next row` for matches that share rows");
  }

  // ---- define and measures ----

  void MakeScope() {
    input_scope_ = pipe_.Scope();
    scope_.input = &input_scope_;
    if (!match_.time_column) return;
    const std::vector<uint32_t>& actual = pipe_.view().actual;
    const auto time = std::ranges::find(actual, *match_.time_column);
    scope_.time_column = static_cast<uint32_t>(time - actual.begin());
  }

  bool CheckDefine() {
    MakeScope();
    bool valid = true;
    for (const MatchSpec::Definition& define : spec_.define) {
      scope_.defined = FindVariable(define.variable.value, define.variable.span,
                                    "put the condition on its variables");
      if (!scope_.defined) {
        valid = false;
        continue;
      }
      const ExprPtr condition = CheckPatternCondition(define.condition, scope_, reads_, state_.log);
      valid = valid && condition != nullptr;
      if (condition == nullptr) continue;
      PatternVariable& variable = match_.variables[*scope_.defined];
      variable.condition = static_cast<uint32_t>(conditions_.size());
      conditions_.push_back(condition);
    }
    scope_.defined.reset();
    return valid;
  }

  bool CheckMeasures() {
    ColumnNames names(state_);
    bool valid = true;
    for (const SpecName& name : spec_.by) valid = names.Take(name.value, name.span) && valid;
    for (const NamedExpression& measure : spec_.measures) {
      valid = names.Take(measure.name.value, measure.name.span) && valid;
      measures_.push_back(CheckPatternMeasure(measure.expression, scope_, reads_, state_.log));
      valid = valid && measures_.back() != nullptr;
    }
    return valid;
  }

  // How many rows before the first one of a match PREV may go back.
  uint32_t RowsBefore() const {
    uint32_t most = 0;
    const auto look = [&](const ExprPtr& expr, std::optional<uint32_t> asked) {
      for (const uint32_t read : expr->Columns()) {
        const PatternValue& value = reads_.values[read];
        if (value.of == PatternValue::Of::kAggregate || value.before == 0) continue;
        most = std::max(most, value.before - std::min(value.before, LeastPlace(value, asked)));
      }
    };
    for (size_t i = 0; i < match_.variables.size(); ++i) {
      const std::optional<uint32_t>& condition = match_.variables[i].condition;
      if (condition) look(conditions_[*condition], static_cast<uint32_t>(i));
    }
    for (const ExprPtr& measure : measures_) look(measure, std::nullopt);
    return most;
  }

  // How many rows of its match stand at least before the row that `value` counts back from. In the
  // condition of a variable the row that is asked for is one of it; in measures the last row is
  // that of the match.
  uint32_t LeastPlace(const PatternValue& value, std::optional<uint32_t> asked) const {
    uint32_t variable = value.variable;
    if (variable == kAnyVariable) {
      if (value.of == PatternValue::Of::kFirst) return value.offset;
      if (value.offset != 0) return 0;
      if (!asked) return LeastRows(*pattern_) - 1;
      variable = *asked;
    }
    return AnyMayBegin(MembersOf(variable)) ? 0 : 1;
  }

  // How many rows behind the last one of a match, or behind the one that a condition is asked for,
  // NEXT may go on.
  uint32_t RowsAfter() const {
    uint32_t most = 0;
    for (const PatternValue& value : reads_.values) {
      const bool counts_from_last =
          value.of == PatternValue::Of::kLast && value.variable == kAnyVariable;
      const uint32_t passed = counts_from_last ? std::min(value.after, value.offset) : 0;
      most = std::max(most, value.after - passed);
    }
    return most;
  }

  void WarnOfUnbounded() {
    if (IsBounded(state_, pipe_.view().input)) return;
    const bool waits = match_.rows_after > 0;
    if ((match_.rows_before > 0 || waits) && !match_.keys.empty()) {
      state_.log
          .Report(DiagnosticCode::kUnboundedState, op_.keyword.span,
                  fmt::format("the state of `{}` grows for ever: {}, so the last ones of each "
                              "key are kept, and {} never ends",
                              pipe_.StateId(op_),
                              waits ? "`NEXT` may read rows behind a match"
                                    : "`PREV` may read rows before a match",
                              pipe_.Scope().input_name))
          .Help(waits
                    ? "let the pattern end with a variable that takes any row, as in `UP+ BEHIND`, "
                      "and read that one"
                    : "let the pattern begin with a variable that takes any row, as in `START "
                      "UP+`, and read that one");
      return;
    }
    const bool is_short = MostRows(*pattern_) != RowPattern::kUnbounded;
    if (match_.within_micros > 0 || (is_short && match_.keys.empty())) return;
    state_.log
        .Report(DiagnosticCode::kUnboundedState, op_.keyword.span,
                fmt::format("the state of `{}` grows for ever: the begin of a match is kept until "
                            "it is complete, and {} never ends",
                            pipe_.StateId(op_), pipe_.Scope().input_name))
        .Help("say how long a match may take, as in `within: 1h`");
  }

  // ---- the plan ----

  // The result of a match has its event time where that is said, and is bounded: a window behind it
  // must know how long to wait for matches.
  bool HasBoundedDelay() const {
    // Nobody knows when the row behind a match comes.
    if (match_.rows_after > 0) return false;
    const uint32_t most = MostRows(*pattern_);
    return match_.within_micros > 0 || LeastRows(*pattern_) == most;
  }

  void AddMatch() {
    const LogicalOutput input = pipe_.current();
    const std::vector<uint32_t>& actual = pipe_.view().actual;
    for (ExprPtr& condition : conditions_) {
      condition = pipe_.GuardInPlace(condition, std::nullopt).expr;
    }
    pipe_.GuardCalls(&reads_.calls);
    MatchOp op;
    for (PatternValue& value : reads_.values) {
      if (value.of != PatternValue::Of::kAggregate && value.column) {
        value.column = actual[*value.column];
      }
    }
    match_.values = reads_.values;
    for (PatternVariable& variable : match_.variables) {
      if (!variable.condition) continue;
      const Expr& condition = *conditions_[*variable.condition];
      variable.reads = condition.Columns();
      variable.may_run_ahead = !condition.fallible() && match_.ReadsRowAlone(variable);
    }
    for (const ExprPtr& measure : measures_) {
      for (const uint32_t read : measure->Columns()) {
        const bool is_new = std::ranges::find(match_.results, read) == match_.results.end();
        if (is_new) match_.results.push_back(read);
      }
    }
    // A row has at least one column.
    if (match_.results.empty() && match_.keys.empty()) {
      match_.results.push_back(static_cast<uint32_t>(match_.values.size()));
      match_.values.push_back(
          {PatternValue::Of::kLast, kAnyVariable, 0, std::nullopt, /*nullable=*/false});
    }
    op.match = std::move(match_);
    op.conditions = std::move(conditions_);
    op.aggregates = std::move(reads_.calls);
    op.state_id = pipe_.StateId(op_);
    const bool routes_late = op.match.route_late;
    results_ = op.match.results;
    std::vector<LogicalOutput> outputs = {OutputOf(op, input)};
    if (routes_late) {
      outputs.push_back(input);
      outputs.back().name = "late";
      outputs.back().unique_key.clear();
    }
    LogicalOperator& added = pipe_.Append(std::move(op), role_, std::move(outputs));
    const OperatorId id = added.id;
    if (routes_late) OfferLate(pipe_, spec_.late->span, {id, 1}, std::nullopt);
    pipe_.Start({id, 0}, fmt::format("stream `{}`", pipe_.spec().name.value), pipe_.span());
  }

  LogicalOutput OutputOf(const MatchOp& op, const LogicalOutput& input) const {
    LogicalOutput output;
    const MatchDescriptor& match = op.match;
    for (const uint32_t key : match.keys) output.schema.Add(input.schema[key]);
    const Schema values = PatternValueSchema(op, input.schema);
    for (const uint32_t result : match.results) {
      const PatternValue& value = match.values[result];
      const bool is_rowtime = match.time_column && value.of == PatternValue::Of::kLast &&
                              value.variable == kAnyVariable && value.offset == 0 &&
                              value.before == 0 && value.after == 0 &&
                              value.column == match.time_column;
      if (is_rowtime && HasBoundedDelay()) {
        output.time_attribute = static_cast<uint32_t>(output.schema.size());
      }
      output.schema.Add(values[result]);
    }
    if (output.time_attribute) {
      output.watermark_column = static_cast<uint32_t>(output.schema.size());
      output.schema.Add({kWatermarkColumn, DataType(TypeKind::kBigint, false)});
    }
    return output;
  }

  void AddMeasures() {
    const Schema rows = pipe_.current().schema;
    std::vector<NamedExpr> columns;
    for (uint32_t i = 0; i < spec_.by.size(); ++i) {
      columns.push_back({spec_.by[i].value, ColumnOf(rows, i, pipe_.span()), {}});
    }
    const auto keys = static_cast<uint32_t>(spec_.by.size());
    for (size_t i = 0; i < measures_.size(); ++i) {
      std::vector<uint32_t> to_result(reads_.values.size());
      for (uint32_t at = 0; at < results_.size(); ++at) to_result[results_[at]] = keys + at;
      Pipe::Guarded guarded =
          pipe_.GuardInPlace(RemapColumns(measures_[i], to_result), spec_.measures[i].on_error);
      columns.push_back({spec_.measures[i].name.value, std::move(guarded.expr), guarded.on_error});
    }
    pipe_.Project(std::move(columns), role_ + "_measures");
  }

  Pipe& pipe_;
  CheckState& state_;
  const OperatorSpec& op_;
  const MatchSpec& spec_;
  const std::string role_;
  MatchDescriptor match_;
  RowPatternPtr pattern_;
  ExpressionScope input_scope_;
  PatternScope scope_;
  PatternReads reads_;
  std::vector<ExprPtr> conditions_;
  std::vector<ExprPtr> measures_;
  std::vector<uint32_t> results_;
};

}  // namespace

bool CheckMatch(Pipe& pipe, const OperatorSpec& op, const MatchSpec& spec) {
  return MatchChecker(pipe, op, spec).Run();
}

}  // namespace flinkc::check
