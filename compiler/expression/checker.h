// From syntax tree to typed expression: names, types, casts, aggregates. One Checker reads one
// text; a macro's body is another text and gets its own, linked to the one that calls it.
// checker.cpp has names, check_operator.cpp operators, conditions and casts, check_call.cpp
// functions, macros and aggregates, check_lambda.cpp functions of lambdas, check_json.cpp
// what makes JSON, check_pattern.cpp what reads the rows of a pattern.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/expr.h"
#include "compiler/expression/expression_checker.h"
#include "compiler/expression/higher_order.h"
#include "compiler/expression/pattern_scope.h"
#include "compiler/expression/syntax.h"

namespace flinkc {

// "INT", without NOT NULL, as errors name types.
inline std::string TypeText(const DataType& type) { return type.Nullable().ToString(); }

// What all checkers of one expression share: how far it has grown, and the macros being inlined.
struct CheckProgress {
  // Levels of recursion, macros included.
  static constexpr uint32_t kLevelsMax = 600;

  uint32_t levels = 0;
  // Parameters of the lambdas that are open.
  uint32_t lambda_levels = 0;
  uint32_t steps = 0;
  bool too_large_reported = false;
  std::vector<std::string_view> macros;
};

// Where the aggregates of `compute` and `having` go; in expressions of `match`, what they read.
struct AggregateTarget {
  const AggregateScope* scope = nullptr;
  std::vector<AggregateCall>* calls = nullptr;
  const PatternScope* pattern = nullptr;
  PatternReads* reads = nullptr;
};

// `expr`, unless it is a lone NULL, whose type is nobody's guess.
ExprPtr RefuseUntyped(ExprPtr expr, DiagnosticLog& log);

// Whether two aggregates of the same rows have the same result.
bool AreSameCalls(const AggregateCall& a, const AggregateCall& b);

class Checker {
 public:
  // Which names are visible: the input's columns, or an aggregate's keys and the aggregates; in
  // `match` the rows of variables, and within FIRST and LAST one of them.
  enum class Mode : uint8_t { kInput, kAggregateArgument, kAggregated, kPattern, kPatternRow };

  Checker(const SourceText& text, const ExpressionScope& scope, const AggregateTarget& target,
          Mode mode, CheckProgress& progress, DiagnosticLog& log)
      : text_(text), scope_(scope), target_(target), progress_(progress), log_(log), mode_(mode) {}

  // Every method that gives nullptr has reported why.
  ExprPtr Check(const Syntax& syntax);
  // A BOOLEAN; `what` names it in the error: "a filter's condition".
  ExprPtr CheckBoolean(const Syntax& syntax, std::string_view what);
  // Casts implicitly to `target`, where also literals that fit are taken. Errors name both types.
  ExprPtr Assign(ExprPtr expr, const DataType& target, SourceSpan span);

 private:
  // An argument of the macro whose body this checker reads: evaluated where it is used, with the
  // names that its caller sees.
  struct BoundArgument {
    DataType type;
    const Syntax* syntax = nullptr;
    bool used = false;
  };

  SourceSpan Span(const Syntax& syntax) const { return text_.SpanOf(syntax.begin, syntax.end); }
  SourceSpan NameSpan(const Syntax& syntax) const {
    return text_.SpanOf(syntax.name_begin, syntax.name_end);
  }
  bool CheckAll(const std::vector<SyntaxPtr>& nodes, std::vector<ExprPtr>& exprs, size_t first = 0);
  ExprPtr TooLarge(SourceSpan span);

  // --- checker.cpp ---
  ExprPtr CheckNode(const Syntax& syntax);
  ExprPtr CheckParameter(const Syntax& syntax);
  ExprPtr CheckName(const Syntax& syntax);
  ExprPtr CheckAggregatedName(const Syntax& syntax);
  ExprPtr UnknownColumn(const Syntax& syntax, std::vector<std::string_view> names);
  ExprPtr CheckField(const Syntax& syntax);
  bool RefuseQualifiedName(const Syntax& syntax);
  // The input of a join that `name` names; nullptr: none.
  const QualifiedColumns* FindInput(std::string_view name) const;
  ExprPtr CheckQualified(const Syntax& syntax, const QualifiedColumns& input);
  ExprPtr CheckIndex(const Syntax& syntax);

  // --- check_pattern.cpp ---
  // The rows that FIRST, LAST or an aggregate is of, as the columns in it say.
  struct PatternRows {
    bool is_known = false;
    uint32_t variable = kAnyVariable;
    SourceSpan span;  // of what says so
  };
  std::optional<uint32_t> FindVariable(const Syntax& syntax) const;
  ExprPtr CheckPatternName(const Syntax& name, uint32_t variable);
  ExprPtr ReadColumn(uint32_t column, uint32_t variable, SourceSpan span);
  std::string RowsText(uint32_t variable) const;
  bool IsAlwaysThere(const PatternValue& value) const;
  ExprPtr ReadValue(PatternValue value, SourceSpan span, bool is_there = false);
  std::optional<uint32_t> CheckOffset(const Syntax& call, uint32_t otherwise);
  ExprPtr CheckNavigation(const Syntax& syntax);
  ExprPtr CheckClassifier(const Syntax& syntax, PatternValue row);
  ExprPtr CheckMatchRowtime(const Syntax& syntax);
  // FIRST, LAST and what else only `match` knows; false where the name is another.
  bool CheckPatternCall(const Syntax& syntax, ExprPtr& result);
  ExprPtr AddPatternAggregate(AggregateCall call, uint32_t variable);
  // Runs `check` where columns are those of single rows.
  template <typename Check>
  auto CheckOverRows(Mode mode, PatternRows* rows, Check check) {
    const Mode mode_before = std::exchange(mode_, mode);
    PatternRows* const rows_before = std::exchange(pattern_rows_, rows);
    auto checked = check();
    pattern_rows_ = rows_before;
    mode_ = mode_before;
    return checked;
  }

  // --- check_operator.cpp ---
  ExprPtr CheckOperator(const Syntax& syntax);
  ExprPtr CheckLogical(const Syntax& syntax, ExprKind kind);
  ExprPtr CheckIs(const Syntax& syntax);
  ExprPtr CheckBetween(const Syntax& syntax);
  ExprPtr CheckIn(const Syntax& syntax);
  ExprPtr CheckCase(const Syntax& syntax);
  ExprPtr CheckCast(const Syntax& syntax);
  // a op b, where texts that are literals become dates and timestamps.
  ExprPtr Compare(std::string_view function, ExprPtr a, ExprPtr b, SourceSpan op, SourceSpan span);
  bool CoerceTextLiteral(ExprPtr& text, const DataType& other);
  ExprPtr NegatedIf(bool negated, ExprPtr expr, SourceSpan span);
  // All of `exprs` cast to their common type; nullopt with an error that shows two that have none.
  std::optional<DataType> Unify(std::vector<ExprPtr*> exprs, std::string_view what,
                                SourceSpan span);

  // --- check_lambda.cpp ---
  // f(a, x -> body).
  ExprPtr CheckHigherOrder(const Syntax& syntax, const HigherOrder& function);
  // The lambda's body, where its parameters are of these types from `level` on.
  ExprPtr CheckBody(const Syntax& lambda, std::span<const DataType> types, uint32_t level,
                    const HigherOrder& function);
  // The initial value of array_reduce and its lambda: the value becomes the type of both.
  ExprPtr CheckAccumulation(const Syntax& lambda, std::vector<ExprPtr>& values,
                            const HigherOrder& function);
  ExprPtr FindLambdaParameter(const Syntax& syntax) const;

  // --- check_json.cpp ---
  // JSON_OBJECT and JSON_ARRAY.
  ExprPtr CheckJsonConstructor(const Syntax& syntax, bool is_object);
  // The arguments of JSON_ARRAYAGG and JSON_OBJECTAGG, the first of which says what is to become of
  // NULL: as the JSON texts that the aggregates take.
  bool MakeJsonArguments(const Syntax& syntax, std::vector<ExprPtr>& arguments);
  // A name in a JSON object; nullptr with an error where it is none.
  ExprPtr CheckJsonKey(const ExprPtr& key, const Syntax& syntax);
  // The value as JSON text; what makes JSON itself stays. `null` where it is NULL, unless `absent`.
  ExprPtr CheckJsonMember(const ExprPtr& value, const Syntax& syntax, bool absent);
  // The value as JSON text.
  ExprPtr CheckJsonText(const ExprPtr& value, const Syntax& syntax);

  // --- check_call.cpp ---
  ExprPtr CheckCall(const Syntax& syntax);
  // COALESCE, NULLIF, IF, IFNULL and TRY; false where the name is another.
  bool CheckSpecialCall(const Syntax& syntax, ExprPtr& result);
  ExprPtr CheckCoalesce(std::vector<ExprPtr> arguments, SourceSpan span);
  ExprPtr CheckAggregate(const Syntax& syntax, const AggregateRecord& record);
  bool TakeStar(const Syntax& syntax, PatternRows* rows);
  ExprPtr AddAggregateCall(AggregateCall call);
  static void LeaveNullOut(AggregateCall& call);
  ExprPtr CheckMacro(const Syntax& syntax, std::string_view name, const FunctionMacro& macro);
  ExprPtr UseArgument(BoundArgument& argument);
  ExprPtr UnknownFunction(const Syntax& syntax);
  bool RefuseAggregateModifiers(const Syntax& syntax);
  // Calls `record` with `arguments`: the first overload that takes them. `op` is the name's place.
  ExprPtr Resolve(const FunctionRecord& record, std::vector<ExprPtr> arguments, SourceSpan op,
                  SourceSpan span);
  // The function that the registry calls `function`, which is part of the language.
  ExprPtr ResolveOperator(std::string_view function, std::vector<ExprPtr> arguments, SourceSpan op,
                          SourceSpan span);
  bool CheckConstants(const FunctionRecord& record, const Resolution& resolution,
                      std::vector<ExprPtr>& arguments);
  std::vector<ResolvedArgument> Describe(const std::vector<ExprPtr>& arguments) const;
  bool CastArguments(std::vector<ExprPtr>& arguments, const std::vector<DataType>& parameters);

  // Constant after construction.
  const SourceText& text_;
  const ExpressionScope& scope_;
  const AggregateTarget target_;
  CheckProgress& progress_;
  DiagnosticLog& log_;
  // Only in a macro's body: what its arguments' names mean, and who calls it.
  std::map<std::string, BoundArgument, std::less<>>* macro_arguments_ = nullptr;
  Checker* caller_ = nullptr;
  // The parameters of the lambdas around the place that is read, the outermost first.
  struct LambdaParameter {
    std::string name;
    DataType type;
    uint32_t level;
  };
  std::vector<LambdaParameter> lambda_parameters_;
  Mode mode_;
  // Where columns are those of single rows of a match.
  PatternRows* pattern_rows_ = nullptr;
};

}  // namespace flinkc
