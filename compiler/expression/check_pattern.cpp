// Names and calls in the expressions of `match`.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/checker.h"
#include "compiler/expression/parser.h"
#include "compiler/expression/pattern_scope.h"

namespace flinkc {

namespace {

using Of = PatternValue::Of;

bool IsCalled(const Syntax& syntax, std::string_view name) {
  return std::ranges::equal(syntax.text, name, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

// How FIRST, LAST, PREV or NEXT is called.
std::string OffsetHelp(const Syntax& call) {
  if (IsCalled(call, "PREV")) return "PREV(UP.price), or PREV(UP.price, 2) for the row before that";
  if (IsCalled(call, "NEXT")) return "NEXT(UP.price), or NEXT(UP.price, 2) for the row behind that";
  return fmt::format("{0}(UP.price), or {0}(UP.price, 1) for the next but one row",
                     IsCalled(call, "FIRST") ? "FIRST" : "LAST");
}

ExprPtr CheckPattern(const SourceText& text, const PatternScope& scope, PatternReads& reads,
                     bool is_condition, DiagnosticLog& log) {
  SyntaxPtr syntax = ParseSyntax(text, log);
  if (syntax == nullptr) return nullptr;
  CheckProgress progress;
  AggregateTarget target;
  target.pattern = &scope;
  target.reads = &reads;
  Checker checker(text, *scope.input, target, Checker::Mode::kPattern, progress, log);
  return is_condition ? checker.CheckBoolean(*syntax, "a condition") : checker.Check(*syntax);
}

}  // namespace

bool PatternScope::IsAsked(uint32_t variable) const {
  if (!defined) return false;
  const size_t subset = variable - (variables.size() - subsets.size());
  return variable == *defined ||
         (subset < subsets.size() &&
          std::ranges::find(subsets[subset], *defined) != subsets[subset].end());
}

ExprPtr CheckPatternCondition(const SourceText& text, const PatternScope& scope,
                              PatternReads& reads, DiagnosticLog& log) {
  return CheckPattern(text, scope, reads, /*is_condition=*/true, log);
}

ExprPtr CheckPatternMeasure(const SourceText& text, const PatternScope& scope, PatternReads& reads,
                            DiagnosticLog& log) {
  ExprPtr measure = CheckPattern(text, scope, reads, /*is_condition=*/false, log);
  return RefuseUntyped(std::move(measure), log);
}

std::string ValueText(const PatternValue& value, const Schema& input,
                      const std::vector<std::string>& variables,
                      const std::vector<AggregateCall>& calls) {
  const bool is_any = value.variable == kAnyVariable;
  if (value.of == Of::kAggregate) {
    const std::string call = calls[*value.column].ToString();
    return is_any ? call : fmt::format("{} of {}", call, variables[value.variable]);
  }
  std::string read = value.column ? input[*value.column].name : "*";
  if (!is_any) read = fmt::format("{}.{}", variables[value.variable], read);
  if (value.is_classifier) {
    read = fmt::format("CLASSIFIER({})", is_any ? "" : variables[value.variable]);
  }
  const auto by = [](uint32_t offset) { return offset == 0 ? "" : fmt::format(", {}", offset); };
  if (value.of == Of::kFirst || value.offset != 0 || (!value.column && !value.is_classifier)) {
    read =
        fmt::format("{}({}{})", value.of == Of::kFirst ? "FIRST" : "LAST", read, by(value.offset));
  }
  const auto step = [&](const char* name, uint32_t rows) {
    return rows == 1 ? fmt::format("{}({})", name, read)
                     : fmt::format("{}({}, {})", name, read, rows);
  };
  if (value.after != 0) return step("NEXT", value.after);
  return value.before == 0 ? read : step("PREV", value.before);
}

DataType ValueType(const PatternValue& value, const Schema& input,
                   const std::vector<AggregateCall>& calls) {
  if (value.of == Of::kAggregate) return calls[*value.column].resolution.result;
  if (value.is_classifier) return DataType(TypeKind::kString, value.nullable);
  if (!value.column) return DataType(TypeKind::kBoolean, false);
  return input[*value.column].type.WithNullable(value.nullable);
}

std::optional<uint32_t> Checker::FindVariable(const Syntax& syntax) const {
  if (target_.pattern == nullptr || macro_arguments_ != nullptr) return std::nullopt;
  if (syntax.kind != SyntaxKind::kName || FindLambdaParameter(syntax) != nullptr) {
    return std::nullopt;
  }
  const auto& variables = target_.pattern->variables;
  const auto found = std::ranges::find(variables, syntax.text);
  if (found == variables.end()) return std::nullopt;
  return static_cast<uint32_t>(found - variables.begin());
}

// price, or UP.price, where `name` stands for the column.
ExprPtr Checker::CheckPatternName(const Syntax& name, uint32_t variable) {
  const std::optional<size_t> found = scope_.columns->IndexOf(name.text);
  if (!found) {
    std::vector<std::string_view> names;
    for (const Field& field : *scope_.columns) names.push_back(field.name);
    const std::vector<std::string>& variables = target_.pattern->variables;
    if (variable == kAnyVariable && std::ranges::find(variables, name.text) != variables.end()) {
      log_.Report(DiagnosticCode::kPatternNavigation, Span(name),
                  fmt::format("`{}` is a variable: it has rows, and is no value", name.text))
          .Help(fmt::format("write a column of its rows, as in {}.{}", name.text,
                            names.empty() ? "x" : names[0]));
      return nullptr;
    }
    return UnknownColumn(name, std::move(names));
  }
  return ReadColumn(static_cast<uint32_t>(*found), variable, Span(name));
}

ExprPtr Checker::ReadColumn(uint32_t column, uint32_t variable, SourceSpan span) {
  const Field& field = (*scope_.columns)[column];
  if (mode_ == Mode::kPattern) return ReadValue({Of::kLast, variable, 0, column, true}, span);
  // Of one row, or one after the other: all columns must be of the same.
  if (pattern_rows_->is_known && pattern_rows_->variable != variable) {
    log_.Report(DiagnosticCode::kPatternNavigation, span,
                fmt::format("this is of other rows than what stands before it: {} and {}",
                            RowsText(pattern_rows_->variable), RowsText(variable)))
        .Also(pattern_rows_->span, "the other rows")
        .Help("within one FIRST, LAST or aggregate all columns are of one variable");
    return nullptr;
  }
  *pattern_rows_ = {true, variable, span};
  return Expr::Column(column, field.name, field.type, span);
}

std::string Checker::RowsText(uint32_t variable) const {
  if (variable == kAnyVariable) return "all rows of the match";
  return fmt::format("rows of `{}`", target_.pattern->variables[variable]);
}

// Whether in a condition, or a measure, there always is such a row.
bool Checker::IsAlwaysThere(const PatternValue& value) const {
  if (value.offset != 0 || value.before != 0 || value.after != 0) return false;
  const PatternScope& scope = *target_.pattern;
  if (value.variable == kAnyVariable) return true;
  return scope.defined ? scope.IsAsked(value.variable) : scope.is_in_each_match[value.variable];
}

// The column in which the value stands; equal ones share one. `is_there`: it is read only where
// there is such a row.
ExprPtr Checker::ReadValue(PatternValue value, SourceSpan span, bool is_there) {
  const PatternScope& scope = *target_.pattern;
  PatternReads& reads = *target_.reads;
  is_there = is_there || IsAlwaysThere(value);
  if (value.of != Of::kAggregate) {
    value.nullable =
        value.is_classifier
            ? !is_there
            : value.column && (!is_there || (*scope_.columns)[*value.column].type.nullable());
    // The row that a condition is asked for is the last of all.
    if (value.of == Of::kLast && value.offset == 0 && value.variable != kAnyVariable &&
        scope.IsAsked(value.variable)) {
      value.variable = kAnyVariable;
    }
  }
  const auto found = std::ranges::find(reads.values, value);
  const auto index = static_cast<uint32_t>(found - reads.values.begin());
  if (found == reads.values.end()) reads.values.push_back(value);
  return Expr::Column(index, ValueText(value, *scope_.columns, scope.variables, reads.calls),
                      ValueType(value, *scope_.columns, reads.calls), span);
}

// The n of FIRST(x, n), `otherwise` where it is not given; nothing with an error.
std::optional<uint32_t> Checker::CheckOffset(const Syntax& call, uint32_t otherwise) {
  constexpr int64_t kOffsetMax = PatternValue::kOffsetMax;
  if (call.children.empty() || call.children.size() > 2) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(call),
                fmt::format("`{}` cannot take {} arguments", call.text, call.children.size()))
        .Help(OffsetHelp(call));
    return std::nullopt;
  }
  if (call.children.size() == 1) return otherwise;
  const Syntax& syntax = *call.children[1];
  const ExprPtr offset = Check(syntax);
  if (offset == nullptr) return std::nullopt;
  const std::optional<Value> literal = std::move(Describe({offset})[0].literal);
  const auto* number = literal ? std::get_if<int64_t>(&literal->data) : nullptr;
  if (number != nullptr && *number >= 0 && *number <= kOffsetMax) {
    return static_cast<uint32_t>(*number);
  }
  log_.Report(
      DiagnosticCode::kLiteralRequired, Span(syntax),
      fmt::format("how many rows FIRST, LAST, PREV and NEXT pass over is a number from 0 to "
                  "{}",
                  kOffsetMax));
  return std::nullopt;
}

// FIRST(x [, n]) and LAST(x [, n]), where x is an expression over one row or CLASSIFIER(), and
// PREV(x [, n]) and NEXT(x [, n]), where x may be one of these as well.
ExprPtr Checker::CheckNavigation(const Syntax& syntax) {
  PatternValue row{Of::kLast, kAnyVariable, 0, std::nullopt, false};
  const Syntax* of = &syntax;
  const auto is_call = [&](std::string_view name) {
    return of->kind == SyntaxKind::kCall && IsCalled(*of, name);
  };
  if (is_call("PREV") || is_call("NEXT")) {
    const std::optional<uint32_t> rows = CheckOffset(*of, 1);
    if (!rows) return nullptr;
    (is_call("PREV") ? row.before : row.after) = *rows;
    of = of->children[0].get();
  }
  if (is_call("FIRST") || is_call("LAST")) {
    if (is_call("FIRST")) row.of = Of::kFirst;
    const std::optional<uint32_t> offset = CheckOffset(*of, 0);
    if (!offset) return nullptr;
    row.offset = *offset;
    of = of->children[0].get();
  }
  if (is_call("CLASSIFIER")) return CheckClassifier(*of, row);
  PatternRows rows;
  const ExprPtr expr = CheckOverRows(Mode::kPatternRow, &rows, [&] { return Check(*of); });
  if (expr == nullptr) return nullptr;
  if (!rows.is_known) {
    log_.Report(DiagnosticCode::kPatternNavigation, Span(syntax),
                fmt::format("`{}` of what is in no row", syntax.text))
        .Help("name a column, as in LAST(UP.price)");
    return nullptr;
  }
  row.variable = rows.variable;
  const bool is_column = expr->kind() == ExprKind::kColumn;
  std::vector<ExprPtr> columns(scope_.columns->size());
  for (const uint32_t column : expr->Columns()) {
    PatternValue value = row;
    value.column = column;
    columns[column] = ReadValue(value, Span(syntax), !is_column);
  }
  const ExprPtr value = SubstituteColumns(expr, columns);
  if (is_column || IsAlwaysThere(row)) return value;
  // CASE WHEN there is such a row THEN value ELSE NULL END
  const DataType type = value->type().Nullable();
  return Expr::Special(ExprKind::kCase, type,
                       {ReadValue(row, Span(syntax)), value, Expr::Literal({}, type, Span(syntax))},
                       Span(syntax));
}

// CLASSIFIER() and CLASSIFIER(UP): the variable of the row that `row` says.
ExprPtr Checker::CheckClassifier(const Syntax& syntax, PatternValue row) {
  if (!syntax.children.empty()) {
    const std::optional<uint32_t> variable =
        syntax.children.size() == 1 ? FindVariable(*syntax.children[0]) : std::nullopt;
    if (!variable) {
      log_.Report(DiagnosticCode::kPatternNavigation, Span(syntax),
                  "`CLASSIFIER` is of a variable of the pattern, or of all rows of the match")
          .Help("write CLASSIFIER(), the variable of the last row of the match");
      return nullptr;
    }
    row.variable = *variable;
  }
  const std::optional<uint32_t>& defined = target_.pattern->defined;
  const bool is_asked = row.of == Of::kLast && row.offset == 0 && row.before == 0 &&
                        row.after == 0 && defined &&
                        (row.variable == kAnyVariable || target_.pattern->IsAsked(row.variable));
  if (is_asked) {
    Value name;
    name.data = target_.pattern->variables[*defined];
    return Expr::Literal(std::move(name), DataType(TypeKind::kString, false), Span(syntax));
  }
  row.is_classifier = true;
  return ReadValue(row, Span(syntax));
}

bool Checker::CheckPatternCall(const Syntax& syntax, ExprPtr& result) {
  if (target_.pattern == nullptr) return false;
  const bool navigates = IsCalled(syntax, "FIRST") || IsCalled(syntax, "LAST") ||
                         IsCalled(syntax, "PREV") || IsCalled(syntax, "NEXT");
  const bool is_classifier = IsCalled(syntax, "CLASSIFIER");
  const bool is_rowtime = IsCalled(syntax, "MATCH_ROWTIME");
  if (!navigates && !is_classifier && !is_rowtime) return false;
  if (mode_ != Mode::kPattern) {
    log_.Report(
            DiagnosticCode::kPatternNavigation, NameSpan(syntax),
            fmt::format("`{}` stands within FIRST, LAST, PREV, NEXT or an aggregate", syntax.text))
        .Help("these go over rows, in each of which there are only columns");
    return true;
  }
  if (RefuseAggregateModifiers(syntax)) return true;
  if (is_rowtime) {
    result = CheckMatchRowtime(syntax);
  } else if (is_classifier) {
    result = CheckClassifier(syntax, {Of::kLast, kAnyVariable, 0, std::nullopt, false});
  } else {
    result = CheckNavigation(syntax);
  }
  return true;
}

ExprPtr Checker::CheckMatchRowtime(const Syntax& syntax) {
  const PatternScope& scope = *target_.pattern;
  // Flink lets the column be named.
  const bool names_other =
      !syntax.children.empty() &&
      (syntax.children.size() > 1 || syntax.children[0]->kind != SyntaxKind::kName ||
       scope_.columns->IndexOf(syntax.children[0]->text) != scope.time_column);
  if (scope.defined || names_other || !scope.time_column) {
    log_.Report(DiagnosticCode::kPatternNavigation, NameSpan(syntax),
                scope.defined ? "`MATCH_ROWTIME()` is a measure: no match is there yet"
                : scope.time_column
                    ? "`MATCH_ROWTIME` is of the column of event time, or of none"
                    : "`MATCH_ROWTIME()` is the event time of a match, whose rows have none")
        .Help("it is the event time of the last row of the match");
    return nullptr;
  }
  return ReadValue({Of::kLast, kAnyVariable, 0, scope.time_column, true}, Span(syntax));
}

ExprPtr Checker::AddPatternAggregate(AggregateCall call, uint32_t variable) {
  PatternReads& reads = *target_.reads;
  const SourceSpan span = call.span;
  uint32_t index = 0;
  const auto is_same = [&](const PatternValue& value) {
    return value.of == Of::kAggregate && value.variable == variable &&
           AreSameCalls(reads.calls[*value.column], call);
  };
  const auto found = std::ranges::find_if(reads.values, is_same);
  if (found != reads.values.end()) {
    index = *found->column;
  } else {
    index = static_cast<uint32_t>(reads.calls.size());
    reads.calls.push_back(std::move(call));
  }
  const bool nullable = reads.calls[index].resolution.result.nullable();
  return ReadValue({Of::kAggregate, variable, 0, index, nullable}, span);
}

}  // namespace flinkc
