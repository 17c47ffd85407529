// Calls: special forms, macros of the spec, aggregates, functions of the registry.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/expression/checker.h"
#include "compiler/expression/implicit_cast.h"
#include "compiler/expression/parser.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Other systems' names and what they are called here; told only where ours is registered.
struct Habit {
  std::string_view name;
  std::string_view ours;
};

constexpr Habit kHabits[] = {
    {"len", "char_length"},
    {"strlen", "char_length"},
    {"length", "char_length"},
    {"nvl", "coalesce"},
    {"isnull", "ifnull"},
    {"iif", "if"},
    {"substr", "substring"},
    {"ucase", "upper"},
    {"lcase", "lower"},
    {"to_char", "date_format"},
    {"strftime", "date_format"},
    {"pow", "power"},
    {"mean", "avg"},
    {"average", "avg"},
    {"string_agg", "listagg"},
    {"group_concat", "listagg"},
    {"arg_max", "max_by"},
    {"arg_min", "min_by"},
    {"every", "bool_and"},
    {"any", "bool_or"},
    {"size", "cardinality"},
    {"array_length", "cardinality"},
    {"list_transform", "array_transform"},
    {"exists", "any_match"},
    {"forall", "all_match"},
    {"get_json_object", "json_value"},
    {"json_extract", "json_value"},
    {"group_array", "array_agg"},
    {"collect_list", "array_agg"},
    {"gen_random_uuid", "uuid"},
    {"random", "rand"},
    {"try_to_number", "try_cast"},
};

std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string TypeList(const std::vector<ExprPtr>& arguments) {
  std::vector<std::string> types;
  for (const ExprPtr& argument : arguments) {
    types.push_back(argument->type().Nullable().ToString());
  }
  return fmt::format("({})", fmt::join(types, ", "));
}

// How errors name an operator: its sign, if it has one.
std::string_view SignOf(std::string_view function) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"add", "+"},
      {"subtract", "-"},
      {"multiply", "*"},
      {"divide", "/"},
      {"modulo", "%"},
      {"negate", "-"},
      {"concat", "||"},
      {"equal", "="},
      {"not_equal", "<>"},
      {"less", "<"},
      {"less_equal", "<="},
      {"greater", ">"},
      {"greater_equal", ">="},
      {"like", "LIKE"},
      {"similar", "SIMILAR TO"},
      {"is_distinct", "IS DISTINCT FROM"},
      {"array_get", "[ ]"},
      {"map_get", "[ ]"},
  };
  for (auto [name, sign] : kSigns) {
    if (name == function) return sign;
  }
  return {};
}

std::vector<ArgumentInfo> Infos(const std::vector<ResolvedArgument>& arguments) {
  std::vector<ArgumentInfo> infos;
  for (const ResolvedArgument& argument : arguments) {
    infos.push_back({argument.type, argument.literal ? &*argument.literal : nullptr});
  }
  return infos;
}

// ARRAY[…] and ROW(…) of literals: one literal, which is not built for each row and whose elements
// can be cast. nullptr: it is none.
ExprPtr NestedLiteral(std::string_view function, const Resolution& resolution,
                      const std::vector<ExprPtr>& arguments, SourceSpan span) {
  if (function != "array" && function != "row") return nullptr;
  ValueList elements;
  for (const ExprPtr& argument : arguments) {
    if (argument->kind() != ExprKind::kLiteral) return nullptr;
    elements.push_back(argument->literal());
  }
  return Expr::Literal({std::move(elements)}, resolution.result, span);
}

template <typename Record>
Diagnostic& ReportNoOverload(const Record& record, const std::vector<ExprPtr>& arguments,
                             SourceSpan op, DiagnosticLog& log) {
  std::string_view sign = SignOf(record.name);
  Diagnostic& diagnostic = log.Report(
      DiagnosticCode::kNoSuchOverload, op,
      arguments.empty() ? fmt::format("`{}` needs an argument", record.name)
                        : fmt::format("`{}` cannot take {}", sign.empty() ? record.name : sign,
                                      TypeList(arguments)));
  constexpr size_t kShown = 8;
  if (sign.empty()) {
    for (size_t i = 0; i < record.overloads.size() && i < kShown; ++i) {
      diagnostic.Help(fmt::format("{}{}", record.name, record.overloads[i].signature));
    }
    return diagnostic;
  }
  bool text = std::any_of(arguments.begin(), arguments.end(), [](const ExprPtr& argument) {
    return argument->type().kind() == TypeKind::kString;
  });
  if (sign == "+" && text) diagnostic.Help("texts are joined with `||`");
  if (sign == "||") diagnostic.Help("only texts are joined: CAST(… AS STRING) makes one");
  if (record.name == "array_get") diagnostic.Help("an array's index is an integer, the first is 1");
  return diagnostic;
}

}  // namespace

ExprPtr Checker::CheckCall(const Syntax& syntax) {
  ExprPtr special;
  if (CheckPatternCall(syntax, special) || CheckSpecialCall(syntax, special)) return special;
  if (scope_.macros != nullptr) {
    auto macro = scope_.macros->find(syntax.text);
    if (macro != scope_.macros->end()) {
      if (RefuseAggregateModifiers(syntax)) return nullptr;
      return CheckMacro(syntax, macro->first, macro->second);
    }
  }
  if (const AggregateRecord* aggregate = scope_.registry->FindAggregate(syntax.text)) {
    return CheckAggregate(syntax, *aggregate);
  }
  const FunctionRecord* function = scope_.registry->FindFunction(syntax.text);
  if (function == nullptr) return UnknownFunction(syntax);
  if (RefuseAggregateModifiers(syntax)) return nullptr;
  if (const HigherOrder* lambdas = FindHigherOrder(function->name)) {
    return CheckHigherOrder(syntax, *lambdas);
  }
  if (!function->forms.empty()) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}` is no function", function->name))
        .Help(fmt::format("it is written {}", fmt::join(function->forms, ", ")));
    return nullptr;
  }
  std::vector<ExprPtr> arguments;
  if (!CheckAll(syntax.children, arguments)) return nullptr;
  return Resolve(*function, std::move(arguments), NameSpan(syntax), Span(syntax));
}

bool Checker::RefuseAggregateModifiers(const Syntax& syntax) {
  if (!syntax.distinct && !syntax.star && syntax.filter == nullptr) return false;
  std::string_view what = syntax.star ? "`*`" : syntax.distinct ? "DISTINCT" : "FILTER";
  log_.Report(DiagnosticCode::kNotAnAggregate, NameSpan(syntax),
              fmt::format("`{}` is not an aggregate: it cannot have {}", syntax.text, what));
  return true;
}

ExprPtr Checker::UnknownFunction(const Syntax& syntax) {
  std::vector<std::string_view> names = scope_.registry->Names();
  if (scope_.macros != nullptr) {
    for (const auto& [name, macro] : *scope_.macros) names.push_back(name);
  }
  Diagnostic& diagnostic = log_.Report(DiagnosticCode::kUnknownFunction, NameSpan(syntax),
                                       fmt::format("unknown function `{}`", syntax.text));
  std::string lower = Lower(syntax.text);
  for (const Habit& habit : kHabits) {
    if (habit.name != lower) continue;
    if (std::find(names.begin(), names.end(), habit.ours) == names.end()) continue;
    diagnostic.Label(fmt::format("it is called `{}` here", habit.ours));
    return nullptr;
  }
  std::string_view best = Suggest(lower, names);
  if (!best.empty()) diagnostic.Label(fmt::format("did you mean `{}`?", best));
  return nullptr;
}

// --- special forms ---

bool Checker::CheckSpecialCall(const Syntax& syntax, ExprPtr& result) {
  struct Special {
    std::string_view name;
    size_t arguments_min;
    size_t arguments_max;
    std::string_view usage;
  };
  static constexpr Special kSpecial[] = {
      {"coalesce", 1, SIZE_MAX, "coalesce(a, b, …)"},
      {"ifnull", 2, 2, "ifnull(a, b)"},
      {"nullif", 2, 2, "nullif(a, b)"},
      {"if", 3, 3, "if(condition, a, b)"},
      {"try", 1, 1, "try(a)"},
      {"json_object", 1, SIZE_MAX, "JSON_OBJECT(KEY 'name' VALUE a, …)"},
      {"json_array", 1, SIZE_MAX, "JSON_ARRAY(a, b, …)"},
      {"json_string", 1, 1, "json_string(a)"},
      {"typeof", 1, 1, "typeof(a)"},
  };
  std::string name = Lower(syntax.text);
  auto special = std::find_if(std::begin(kSpecial), std::end(kSpecial),
                              [&](const Special& form) { return form.name == name; });
  if (special == std::end(kSpecial)) return false;
  size_t count = syntax.children.size();
  if (count < special->arguments_min || count > special->arguments_max) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}` cannot take {} argument{}", name, count, count == 1 ? "" : "s"))
        .Help(std::string(special->usage));
    return true;
  }
  if (RefuseAggregateModifiers(syntax)) return true;
  std::vector<ExprPtr> arguments;
  if (name == "if") {
    ExprPtr condition = CheckBoolean(*syntax.children[0], "the condition of IF");
    bool ok = CheckAll(syntax.children, arguments, 1);
    if (condition == nullptr || !ok) return true;
    auto type = Unify({&arguments[0], &arguments[1]}, "the results of IF", NameSpan(syntax));
    if (!type) return true;
    arguments.insert(arguments.begin(), std::move(condition));
    result = Expr::Special(ExprKind::kCase, *std::move(type), std::move(arguments), Span(syntax));
    return true;
  }
  if (name == "json_object" || name == "json_array") {
    result = CheckJsonConstructor(syntax, name == "json_object");
    return true;
  }
  if (!CheckAll(syntax.children, arguments)) return true;
  if (name == "json_string") {
    result = CheckJsonText(arguments[0], *syntax.children[0]);
  } else if (name == "typeof") {
    result = Expr::Literal({arguments[0]->type().ToString()}, DataType(TypeKind::kString, false),
                           Span(syntax));
  } else if (name == "try") {
    result = arguments[0];
    if (!result->fallible()) return true;
    DataType type = result->type().Nullable();
    result = Expr::Special(ExprKind::kTry, std::move(type), std::move(arguments), Span(syntax));
  } else if (name == "nullif") {
    ExprPtr equal = Compare("equal", arguments[0], arguments[1], NameSpan(syntax), Span(syntax));
    if (equal == nullptr) return true;
    DataType type = arguments[0]->type().Nullable();
    ExprPtr null = Expr::Literal({}, type, Span(syntax));
    result =
        Expr::Special(ExprKind::kCase, type, {std::move(equal), null, arguments[0]}, Span(syntax));
  } else {
    result = CheckCoalesce(std::move(arguments), Span(syntax));
  }
  return true;
}

ExprPtr Checker::CheckCoalesce(std::vector<ExprPtr> arguments, SourceSpan span) {
  std::vector<ExprPtr*> all;
  for (ExprPtr& argument : arguments) all.push_back(&argument);
  auto type = Unify(std::move(all), "the arguments of COALESCE", span);
  if (!type) return nullptr;
  // What stands behind a value that is never NULL is never looked at.
  auto last = std::find_if(arguments.begin(), arguments.end(),
                           [](const ExprPtr& argument) { return !argument->type().nullable(); });
  bool nullable = last == arguments.end();
  if (!nullable) arguments.erase(last + 1, arguments.end());
  if (arguments.size() == 1) return arguments[0];
  return Expr::Special(ExprKind::kCoalesce, type->WithNullable(nullable), std::move(arguments),
                       span);
}

// --- functions of the registry ---

std::vector<ResolvedArgument> Checker::Describe(const std::vector<ExprPtr>& arguments) const {
  std::vector<ResolvedArgument> described;
  for (const ExprPtr& argument : arguments) {
    ResolvedArgument info{argument->type(), std::nullopt};
    if (argument->kind() == ExprKind::kLiteral) {
      info.literal = argument->literal();
    } else if (scope_.evaluator != nullptr && !argument->is_volatile() &&
               argument->free_parameters() == 0 && argument->Columns().empty()) {
      info.literal = scope_.evaluator->Evaluate(*argument);
    }
    described.push_back(std::move(info));
  }
  return described;
}

bool Checker::CastArguments(std::vector<ExprPtr>& arguments,
                            const std::vector<DataType>& parameters) {
  CHECK(arguments.size() == parameters.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    ExprPtr cast = ImplicitCast(arguments[i], parameters[i], *scope_.registry);
    if (cast == nullptr) {
      std::string to = parameters[i].Nullable().ToString();
      log_.Report(
              DiagnosticCode::kNoSuchCast, arguments[i]->span(),
              fmt::format("expected {}, found {}", to, arguments[i]->type().Nullable().ToString()))
          .Help(fmt::format("write CAST(… AS {})", to));
      return false;
    }
    arguments[i] = std::move(cast);
  }
  return true;
}

ExprPtr Checker::Resolve(const FunctionRecord& record, std::vector<ExprPtr> arguments,
                         SourceSpan op, SourceSpan span) {
  std::vector<ResolvedArgument> described = Describe(arguments);
  std::vector<ArgumentInfo> infos = Infos(described);
  for (size_t i = 0; i < record.overloads.size(); ++i) {
    std::optional<Resolution> resolution = record.overloads[i].resolve(infos);
    if (!resolution) continue;
    resolution->overload = static_cast<uint32_t>(i);
    for (uint32_t constant : resolution->prepared_arguments) {
      CHECK(constant < arguments.size());
      const std::optional<Value>& literal = described[constant].literal;
      if (!literal) {
        log_.Report(DiagnosticCode::kLiteralRequired, arguments[constant]->span(),
                    fmt::format("this argument of `{}` must be a literal", record.name))
            .Help(fmt::format("{}{}", record.name, record.overloads[i].signature));
        return nullptr;
      }
      arguments[constant] =
          Expr::Literal(*literal, arguments[constant]->type(), arguments[constant]->span());
    }
    resolution->resolved_from = std::move(described);
    if (!CastArguments(arguments, resolution->parameters)) return nullptr;
    if (!CheckConstants(record, *resolution, arguments)) return nullptr;
    if (ExprPtr literal = NestedLiteral(record.name, *resolution, arguments, span)) return literal;
    return Expr::Call(std::string(record.name), *std::move(resolution), std::move(arguments), span);
  }
  ReportNoOverload(record, arguments, op, log_);
  return nullptr;
}

bool Checker::CheckConstants(const FunctionRecord& record, const Resolution& resolution,
                             std::vector<ExprPtr>& arguments) {
  if (resolution.check_constants == nullptr) return true;
  std::vector<Value> constants;
  for (uint32_t constant : resolution.prepared_arguments) {
    constants.push_back(arguments[constant]->literal());
  }
  std::optional<std::string> problem = resolution.check_constants(constants);
  if (!problem) return true;
  log_.Report(DiagnosticCode::kInvalidConstant, arguments[resolution.prepared_arguments[0]]->span(),
              *problem);
  return false;
}

ExprPtr Checker::ResolveOperator(std::string_view function, std::vector<ExprPtr> arguments,
                                 SourceSpan op, SourceSpan span) {
  const FunctionRecord* record = scope_.registry->FindFunction(function);
  if (record == nullptr) {
    log_.Report(DiagnosticCode::kNotSupportedYet, op,
                fmt::format("`{}` is not supported yet", function));
    return nullptr;
  }
  return Resolve(*record, std::move(arguments), op, span);
}

// --- aggregates ---

ExprPtr Checker::CheckAggregate(const Syntax& syntax, const AggregateRecord& record) {
  const bool is_over = target_.scope != nullptr && target_.scope->is_over;
  if (record.over_only && (mode_ == Mode::kInput || !is_over)) {
    log_.Report(DiagnosticCode::kAggregateNotAllowed, NameSpan(syntax),
                fmt::format("`{}` is about rows in an order, it cannot stand here", record.name))
        .Help("it has its place in `compute` of an `over` operator");
    return nullptr;
  }
  if (mode_ == Mode::kInput) {
    log_.Report(DiagnosticCode::kAggregateNotAllowed, NameSpan(syntax),
                fmt::format("`{}` is an aggregate, it cannot stand here", record.name))
        .Help(
            "aggregates have their place in `compute` and `having` of an `aggregate` operator, and "
            "in `compute` of `over`");
    return nullptr;
  }
  if (record.over_only && (syntax.distinct || syntax.filter != nullptr)) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}` looks at each row: it cannot have {}", record.name,
                            syntax.distinct ? "DISTINCT" : "FILTER"));
    return nullptr;
  }
  if (mode_ == Mode::kAggregateArgument || mode_ == Mode::kPatternRow) {
    const bool is_navigation = mode_ == Mode::kPatternRow;
    log_.Report(DiagnosticCode::kNestedAggregate, NameSpan(syntax),
                fmt::format("`{}` stands inside of {}", record.name,
                            is_navigation ? "FIRST or LAST" : "another aggregate"))
        .Help(is_navigation ? "FIRST and LAST are of one row: aggregate beside them"
              : target_.scope != nullptr && target_.scope->is_over
                  ? "compute twice: one `over` operator after the other"
                  : "aggregate twice: one `aggregate` operator after the other");
    return nullptr;
  }
  std::vector<ExprPtr> arguments;
  ExprPtr filter;
  PatternRows rows;
  if (!TakeStar(syntax, &rows)) return nullptr;
  const bool ok = CheckOverRows(Mode::kAggregateArgument, &rows, [&] {
    const bool is_valid = CheckAll(syntax.children, arguments);
    if (syntax.filter == nullptr) return is_valid;
    filter = CheckBoolean(*syntax.filter, "the condition of FILTER");
    return is_valid && filter != nullptr;
  });
  if (!ok) return nullptr;
  uint64_t parameters = filter == nullptr ? 0 : filter->free_parameters();
  for (const ExprPtr& argument : arguments) parameters |= argument->free_parameters();
  if (parameters != 0) {
    log_.Report(DiagnosticCode::kAggregateNotAllowed, NameSpan(syntax),
                fmt::format("`{}` reads a parameter of the lambda around it", record.name))
        .Help(
            "an aggregate is over the rows of a group: inside of a lambda it may only read "
            "columns");
    return nullptr;
  }
  if (syntax.star && record.name != "count") {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}(*)` makes no sense", record.name))
        .Help("only count(*) counts rows; the others take a value");
    return nullptr;
  }
  if (syntax.distinct && arguments.empty()) {
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax), "DISTINCT needs an argument");
    return nullptr;
  }
  if ((record.name == "json_arrayagg" || record.name == "json_objectagg") &&
      !MakeJsonArguments(syntax, arguments)) {
    return nullptr;
  }
  if (record.takes_order) {
    if (!arguments.empty()) {
      ReportNoOverload(record, arguments, NameSpan(syntax), log_);
      return nullptr;
    }
    if (target_.scope->order != nullptr) arguments.push_back(target_.scope->order);
  }
  AggregateCall call;
  call.name = record.name;
  call.filter = std::move(filter);
  call.distinct = syntax.distinct;
  call.span = Span(syntax);
  std::vector<ResolvedArgument> described = Describe(arguments);
  std::vector<ArgumentInfo> infos = Infos(described);
  for (size_t i = 0; i < record.overloads.size(); ++i) {
    auto resolution = record.overloads[i].resolve(infos);
    if (!resolution) continue;
    resolution->overload = static_cast<uint32_t>(i);
    resolution->resolved_from = std::move(described);
    // A set of values keeps one argument; the others must be the same for every row.
    for (size_t argument = 1; call.distinct && argument < arguments.size(); ++argument) {
      if (arguments[argument]->Columns().empty()) continue;
      log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                  fmt::format("DISTINCT in `{}` takes one column", record.name))
          .Help("leave DISTINCT out, or make the others literals");
      return nullptr;
    }
    if (!CastArguments(arguments, resolution->parameters)) return nullptr;
    call.resolution = *std::move(resolution);
    call.arguments = std::move(arguments);
    if (call.distinct && call.resolution.sees_null) LeaveNullOut(call);
    if (target_.pattern != nullptr) return AddPatternAggregate(std::move(call), rows.variable);
    return AddAggregateCall(std::move(call));
  }
  ReportNoOverload(record, arguments, NameSpan(syntax), log_);
  return nullptr;
}

// count(UP.*) counts the rows of a variable.
bool Checker::TakeStar(const Syntax& syntax, PatternRows* rows) {
  if (syntax.star_of == nullptr) return true;
  if (const std::optional<uint32_t> variable = FindVariable(*syntax.star_of)) {
    *rows = {true, *variable, Span(*syntax.star_of)};
    return true;
  }
  Diagnostic& diagnostic =
      log_.Report(DiagnosticCode::kPatternNavigation, Span(*syntax.star_of),
                  fmt::format("`{}` is no variable of a pattern, whose rows could be counted",
                              syntax.star_of->text));
  if (target_.pattern != nullptr) {
    const std::vector<std::string>& names = target_.pattern->variables;
    diagnostic.Label(SuggestText(syntax.star_of->text, {names.begin(), names.end()}));
  } else {
    diagnostic.Help("count(*) counts the rows of a group");
  }
  return false;
}

// A set of values has no NULL, so rows that are do not count.
void Checker::LeaveNullOut(AggregateCall& call) {
  const ExprPtr& value = call.arguments[0];
  if (!value->type().nullable()) return;
  const DataType boolean(TypeKind::kBoolean, false);
  ExprPtr is_null = Expr::Special(ExprKind::kIsNull, boolean, {value}, call.span);
  ExprPtr is_there = Expr::Special(ExprKind::kNot, boolean, {std::move(is_null)}, call.span);
  if (call.filter == nullptr) {
    call.filter = std::move(is_there);
    return;
  }
  DataType type = call.filter->type();
  call.filter = Expr::Special(ExprKind::kAnd, std::move(type),
                              {std::move(call.filter), std::move(is_there)}, call.span);
}

bool AreSameCalls(const AggregateCall& a, const AggregateCall& b) {
  if (a.name != b.name || a.distinct != b.distinct ||
      a.resolution.accumulate != b.resolution.accumulate ||
      a.resolution.immediates != b.resolution.immediates ||
      (a.filter == nullptr) != (b.filter == nullptr) ||
      (a.filter != nullptr && !a.filter->Equals(*b.filter))) {
    return false;
  }
  return std::ranges::equal(a.arguments, b.arguments,
                            [](const ExprPtr& x, const ExprPtr& y) { return x->Equals(*y); });
}

// The column in which the aggregate's result stands; equal calls share one.
ExprPtr Checker::AddAggregateCall(AggregateCall call) {
  std::vector<AggregateCall>& calls = *target_.calls;
  auto found = std::ranges::find_if(
      calls, [&call](const AggregateCall& other) { return AreSameCalls(call, other); });
  size_t index = static_cast<size_t>(found - calls.begin());
  size_t before = target_.scope->keys.size() + target_.scope->extra.size();
  SourceSpan span = call.span;
  if (found == calls.end()) calls.push_back(std::move(call));
  const AggregateCall& added = calls[index];
  return Expr::Column(static_cast<uint32_t>(before + index), added.ToString(),
                      added.resolution.result, span);
}

// --- macros ---

ExprPtr Checker::CheckMacro(const Syntax& syntax, std::string_view name,
                            const FunctionMacro& macro) {
  auto& open = progress_.macros;
  if (std::find(open.begin(), open.end(), name) != open.end()) {
    log_.Report(DiagnosticCode::kRecursiveFunction, NameSpan(syntax),
                fmt::format("the function `{}` calls itself", name))
        .Also(macro.span, "declared here")
        .Help("functions are inlined, so none may call itself, not even by way of another");
    return nullptr;
  }
  if (syntax.children.size() != macro.arguments.size()) {
    std::vector<std::string> arguments;
    for (const FunctionMacro::Argument& argument : macro.arguments) {
      arguments.push_back(argument.name + " " + argument.type.ToString());
    }
    log_.Report(DiagnosticCode::kNoSuchOverload, NameSpan(syntax),
                fmt::format("`{}` takes {} argument{}, not {}", name, macro.arguments.size(),
                            macro.arguments.size() == 1 ? "" : "s", syntax.children.size()))
        .Also(macro.span, "declared here")
        .Help(fmt::format("{}({})", name, fmt::join(arguments, ", ")));
    return nullptr;
  }
  SyntaxPtr body = ParseSyntax(macro.body, log_);
  if (body == nullptr) return nullptr;
  std::map<std::string, BoundArgument, std::less<>> bound;
  for (size_t i = 0; i < macro.arguments.size(); ++i) {
    bound[macro.arguments[i].name] = {macro.arguments[i].type, syntax.children[i].get()};
  }
  Checker inner(macro.body, scope_, target_, mode_, progress_, log_);
  inner.pattern_rows_ = pattern_rows_;
  inner.macro_arguments_ = &bound;
  inner.caller_ = this;
  open.push_back(name);
  ExprPtr result = inner.Check(*body);
  if (result != nullptr && macro.returns) {
    result = inner.Assign(std::move(result), *macro.returns, macro.body.span);
  }
  // An argument that the body does not use is wrong or right all the same.
  if (mode_ == Mode::kAggregated) inner.mode_ = Mode::kAggregateArgument;
  for (auto& [argument_name, argument] : bound) {
    if (!argument.used && inner.UseArgument(argument) == nullptr) result = nullptr;
  }
  open.pop_back();
  return result;
}

ExprPtr Checker::UseArgument(BoundArgument& argument) {
  argument.used = true;
  // The argument stands outside of the macro, so it may call the macro again: f(f(x)). It sees the
  // caller's names, but as this place does: of rate(x), sum(x) / count(*), x is an aggregate's
  // argument.
  std::string_view macro = progress_.macros.back();
  progress_.macros.pop_back();
  ExprPtr value = caller_->CheckOverRows(mode_, pattern_rows_,
                                         [&] { return caller_->Check(*argument.syntax); });
  if (value != nullptr) {
    value = caller_->Assign(std::move(value), argument.type, caller_->Span(*argument.syntax));
  }
  progress_.macros.push_back(macro);
  return value;
}

}  // namespace flinkc
