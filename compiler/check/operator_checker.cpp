#include "compiler/check/operator_checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/check/declarations.h"
#include "compiler/check/match_checker.h"
#include "compiler/check/over_checker.h"
#include "compiler/check/top_checker.h"
#include "compiler/expression/compose.h"

namespace flinkc::check {

namespace {

bool CheckFilter(Pipe& pipe, const FilterSpec& spec) {
  ExprPtr predicate = CheckPredicate(spec.predicate, pipe.Scope(), pipe.state().log);
  if (predicate == nullptr) return false;
  LogicalOutput output = pipe.current();
  output.name = "";
  pipe.AppendAndFollow(FilterOp{pipe.GuardOwn(predicate)}, pipe.role(), std::move(output));
  return true;
}

// The columns that are there, as they are.
std::vector<NamedExpr> KeepAll(Pipe& pipe) {
  const InputView& view = pipe.view();
  std::vector<NamedExpr> columns;
  for (uint32_t i = 0; i < view.visible.size(); ++i) {
    const Field& field = view.visible[i];
    columns.push_back(
        {field.name, Expr::Column(view.actual[i], field.name, field.type, pipe.span()), {}});
  }
  return columns;
}

// Appends the expressions of `specs` to `columns`.
bool AppendNamed(Pipe& pipe, const std::vector<NamedExpression>& specs, ColumnNames& names,
                 std::vector<NamedExpr>& columns) {
  bool valid = true;
  for (const NamedExpression& spec : specs) {
    valid = names.Take(spec.name.value, spec.name.span) && valid;
    ExprPtr expr = CheckNamed(pipe, spec);
    if (expr == nullptr) {
      valid = false;
      continue;
    }
    Pipe::Guarded guarded = pipe.Guard(expr, spec.on_error);
    columns.push_back({spec.name.value, std::move(guarded.expr), guarded.on_error});
  }
  return valid;
}

bool CheckSelect(Pipe& pipe, const SelectSpec& spec) {
  std::vector<NamedExpr> columns;
  ColumnNames names(pipe.state());
  if (!AppendNamed(pipe, spec.columns, names, columns)) return false;
  pipe.Project(std::move(columns), pipe.role());
  return true;
}

void HaveInputColumns(Pipe& pipe, ColumnNames& names) {
  for (const Field& field : pipe.view().visible) {
    names.Have(field.name, fmt::format("{} already has it", pipe.Scope().input_name));
  }
}

bool CheckExtend(Pipe& pipe, const ExtendSpec& spec) {
  std::vector<NamedExpr> columns = KeepAll(pipe);
  ColumnNames names(pipe.state());
  HaveInputColumns(pipe, names);
  if (!AppendNamed(pipe, spec.columns, names, columns)) return false;
  pipe.Project(std::move(columns), pipe.role());
  return true;
}

bool CheckDrop(Pipe& pipe, const DropSpec& spec) {
  std::set<uint32_t> dropped;
  bool valid = true;
  for (const SpecName& name : spec.columns) {
    std::optional<uint32_t> column = FindColumn(pipe, name);
    valid = valid && column.has_value();
    if (column) dropped.insert(*column);
  }
  if (!valid) return false;
  std::vector<NamedExpr> columns;
  std::vector<NamedExpr> all = KeepAll(pipe);
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (!dropped.contains(i)) columns.push_back(std::move(all[i]));
  }
  if (columns.empty()) {
    pipe.state().log.Report(DiagnosticCode::kNoColumnLeft, pipe.span(),
                            "this drops every column: none is left");
    return false;
  }
  pipe.Project(std::move(columns), pipe.role());
  return true;
}

bool CheckRename(Pipe& pipe, const RenameSpec& spec) {
  std::vector<NamedExpr> columns = KeepAll(pipe);
  std::map<uint32_t, const RenameSpec::Entry*> renamed;
  bool valid = true;
  for (const RenameSpec::Entry& entry : spec.entries) {
    std::optional<uint32_t> column = FindColumn(pipe, entry.from);
    valid = valid && column.has_value();
    if (column) renamed[*column] = &entry;
  }
  ColumnNames names(pipe.state());
  for (uint32_t i = 0; i < columns.size(); ++i) {
    if (!renamed.contains(i)) {
      names.Have(columns[i].name, fmt::format("{} already has it", pipe.Scope().input_name));
    }
  }
  for (const auto& [column, entry] : renamed) {
    valid = names.Take(entry->to.value, entry->to.span) && valid;
    columns[column].name = entry->to.value;
  }
  if (!valid) return false;
  pipe.Project(std::move(columns), pipe.role());
  return true;
}

// The cast of visible column `index` to the type that is asked for; nullptr with an error.
ExprPtr CastColumn(Pipe& pipe, const ColumnSpec& spec, uint32_t index) {
  const Field& field = pipe.view().visible[index];
  std::optional<DataType> target = ParseType(spec.type, pipe.state().log);
  if (!target) return nullptr;
  if (!target->nullable() && field.type.nullable()) {
    pipe.state()
        .log
        .Report(DiagnosticCode::kNoSuchCast, spec.type.span,
                fmt::format("column `{}` may be NULL, a cast cannot make it NOT NULL", field.name))
        .Help("write the type without NOT NULL, or use `coalesce` in a `select`");
    return nullptr;
  }
  DataType to = target->WithNullable(field.type.nullable());
  ExprPtr column = Expr::Column(index, field.name, field.type, spec.name.span);
  if (to == field.type) return column;
  if (ExprPtr implicit = ImplicitCast(column, to, *pipe.state().context.registry)) return implicit;
  std::optional<Resolution> cast = pipe.state().context.registry->ResolveCast(field.type, to);
  if (!cast) {
    pipe.state().log.Report(DiagnosticCode::kNoSuchCast, spec.type.span,
                            fmt::format("column `{}` is {}, which cannot be cast to {}", field.name,
                                        field.type.ToString(), target->ToString()));
    return nullptr;
  }
  return Expr::Cast(std::move(*cast), column, spec.type.span);
}

bool CheckCast(Pipe& pipe, const CastSpec& spec) {
  std::vector<NamedExpr> columns = KeepAll(pipe);
  bool valid = true;
  for (const ColumnSpec& cast : spec.columns) {
    std::optional<uint32_t> index = FindColumn(pipe, cast.name);
    ExprPtr expr = index ? CastColumn(pipe, cast, *index) : nullptr;
    if (expr == nullptr) {
      valid = false;
      continue;
    }
    Pipe::Guarded guarded = pipe.Guard(expr, cast.on_error);
    columns[*index].expr = std::move(guarded.expr);
    columns[*index].on_error = guarded.on_error;
  }
  if (!valid) return false;
  pipe.Project(std::move(columns), pipe.role());
  return true;
}

bool CheckUnnest(Pipe& pipe, const UnnestSpec& spec) {
  ColumnNames names(pipe.state());
  HaveInputColumns(pipe, names);
  bool valid = names.Take(spec.column.name.value, spec.column.name.span);
  ExprPtr array = CheckNamed(pipe, spec.column);
  if (array == nullptr) return false;
  // A map is the array of its entries.
  if (array->type().kind() == TypeKind::kMap) {
    array = MakeCall("map_entries", {array}, *pipe.state().context.registry, array->span());
    if (array == nullptr) return false;
  }
  if (array->type().kind() != TypeKind::kArray) {
    pipe.state().log.Report(
        DiagnosticCode::kUnnestNotArray, spec.column.expression.span,
        fmt::format("`unnest` takes an array or a map, this is {}", array->type().ToString()));
    return false;
  }
  if (!valid) return false;
  Pipe::Guarded guarded = pipe.Guard(array, spec.column.on_error);
  LogicalOutput output = pipe.current();
  output.name = "";
  output.unique_key.clear();
  output.schema.Add({spec.column.name.value, guarded.expr->type().children()[0]});
  pipe.AppendAndFollow(UnnestOp{guarded.expr, spec.column.name.value}, pipe.role(),
                       std::move(output));
  return true;
}

bool TakeBranch(Pipe& pipe, ColumnNames& names, const SpecName& name) {
  if (name.value == "errors" || name.value == "late") {
    pipe.state().log.Report(
        DiagnosticCode::kReservedName, name.span,
        fmt::format("a branch cannot be called `{}`: that is the name of {} rows", name.value,
                    name.value == "late" ? "late" : "error"));
    return false;
  }
  return names.Take(name.value, name.span);
}

bool CheckRoute(Pipe& pipe, const OperatorSpec& op, const RouteSpec& spec) {
  RouteOp route;
  ColumnNames names(pipe.state());
  bool valid = true;
  std::vector<SourceSpan> spans;
  for (const RouteSpec::Branch& branch : spec.branches) {
    valid = TakeBranch(pipe, names, branch.name) && valid;
    ExprPtr predicate = CheckPredicate(branch.condition, pipe.Scope(), pipe.state().log);
    valid = valid && predicate != nullptr;
    if (predicate != nullptr) {
      route.branches.push_back({branch.name.value, pipe.GuardOwn(predicate)});
      spans.push_back(branch.name.span);
    }
  }
  if (spec.else_branch) {
    valid = TakeBranch(pipe, names, *spec.else_branch) && valid;
    route.branches.push_back({spec.else_branch->value, nullptr});
    spans.push_back(spec.else_branch->span);
  }
  if (!valid) return false;
  std::vector<LogicalOutput> outputs;
  const std::string& stream_name = pipe.spec().name.value;
  for (size_t i = 0; i < route.branches.size(); ++i) {
    const std::string& name = route.branches[i].name;
    outputs.push_back(pipe.current());
    outputs.back().name = name;
    if (pipe.state().IsConsumed(stream_name, name)) continue;
    pipe.state()
        .log
        .Report(DiagnosticCode::kOutputNotConsumed, spans[i],
                fmt::format("nothing reads `{}.{}`: its rows would be lost", stream_name, name))
        .Help(fmt::format("read it with `from: {}.{}`, send it to a `blackhole` sink, or `filter` "
                          "instead of `route`",
                          stream_name, name));
  }
  LogicalOperator& added = pipe.Append(std::move(route), pipe.role(), std::move(outputs));
  for (uint32_t i = 0; i < added.As<RouteOp>()->branches.size(); ++i) {
    pipe.stream().outputs.emplace_back(added.outputs[i].name, LogicalInput{added.id, i});
  }
  pipe.End();
  return true;
}

// An aggregate by those columns that computes nothing.
bool CheckDistinct(Pipe& pipe, const OperatorSpec& op, const DistinctSpec& spec) {
  AggregateSpec aggregate;
  const auto add = [&aggregate](const SpecName& name) {
    aggregate.by.push_back({.name = name, .is_column = true});
  };
  for (const SpecName& name : spec.columns) add(name);
  if (spec.columns.empty()) {
    for (const Field& field : pipe.view().visible) add(SpecName{field.name, op.span, {}});
  }
  return CheckAggregate(pipe, op, aggregate);
}

}  // namespace

bool ColumnNames::Take(const std::string& name, SourceSpan span) {
  if (!IsFreeColumnName(state_, name, span)) return false;
  auto [owner, is_new] = names_.emplace(name, Owner{span, ""});
  if (is_new) return true;
  Diagnostic& diagnostic = state_.log.Report(DiagnosticCode::kColumnTaken, span,
                                             fmt::format("the name `{}` is taken", name));
  if (owner->second.span.is_valid()) {
    diagnostic.Also(owner->second.span, "it stands here too");
  } else {
    diagnostic.Label(owner->second.what);
  }
  return false;
}

std::optional<uint32_t> FindColumn(Pipe& pipe, const SpecName& name) {
  const Schema& visible = pipe.view().visible;
  if (auto index = visible.IndexOf(name.value)) return static_cast<uint32_t>(*index);
  std::vector<std::string_view> names;
  for (const Field& field : visible) names.push_back(field.name);
  ExpressionScope scope = pipe.Scope();
  pipe.state()
      .log
      .Report(DiagnosticCode::kUnknownColumn, name.span,
              fmt::format("unknown column `{}` in {}", name.value, scope.input_name))
      .Label(SuggestText(name.value, names))
      .Also(scope.input_span,
            fmt::format("columns of {} are {}", scope.input_name, visible.ToString()));
  return std::nullopt;
}

bool TakeColumns(Pipe& pipe, const std::vector<SpecName>& names, std::vector<uint32_t>* columns) {
  bool valid = true;
  for (const SpecName& name : names) {
    const std::optional<uint32_t> column = FindColumn(pipe, name);
    valid = valid && column.has_value();
    if (column) columns->push_back(pipe.view().actual[*column]);
  }
  return valid;
}

std::optional<OrderColumn> CheckOrder(Pipe& pipe, const OrderSpec& order) {
  using Direction = OrderSpec::Direction;
  const std::optional<uint32_t> column = FindColumn(pipe, order.column);
  if (!column) return std::nullopt;
  const DataType& type = pipe.view().visible[*column].type;
  if (type.is_nested()) {
    pipe.state()
        .log
        .Report(DiagnosticCode::kTypeMismatch, order.column.span,
                fmt::format("column `{}` is {}, whose values have no order", order.column.value,
                            type.ToString()))
        .Help("order by a part of it, as a column of its own");
    return std::nullopt;
  }
  const bool descending =
      order.direction == Direction::kDesc || order.direction == Direction::kDescNullsFirst;
  // As in Flink SQL NULL is the least value, unless it is said where it stands.
  const bool nulls_first =
      order.direction == Direction::kAsc || order.direction == Direction::kDescNullsFirst;
  return OrderColumn{pipe.view().actual[*column], descending, nulls_first};
}

ExprPtr CheckNamed(Pipe& pipe, const NamedExpression& named) {
  if (!named.is_column) return CheckExpression(named.expression, pipe.Scope(), pipe.state().log);
  std::optional<uint32_t> column = FindColumn(pipe, named.name);
  return column ? ColumnOf(pipe.view().visible, *column, named.name.span) : nullptr;
}

bool CheckOperator(Pipe& pipe, const OperatorSpec& op) {
  pipe.StartOperator(op);
  struct Visitor {
    Pipe& pipe;
    const OperatorSpec& op;
    bool operator()(const InvalidOperator&) const { return false; }
    bool operator()(const FilterSpec& spec) const { return CheckFilter(pipe, spec); }
    bool operator()(const SelectSpec& spec) const { return CheckSelect(pipe, spec); }
    bool operator()(const ExtendSpec& spec) const { return CheckExtend(pipe, spec); }
    bool operator()(const DropSpec& spec) const { return CheckDrop(pipe, spec); }
    bool operator()(const RenameSpec& spec) const { return CheckRename(pipe, spec); }
    bool operator()(const CastSpec& spec) const { return CheckCast(pipe, spec); }
    bool operator()(const UnnestSpec& spec) const { return CheckUnnest(pipe, spec); }
    bool operator()(const RouteSpec& spec) const { return CheckRoute(pipe, op, spec); }
    bool operator()(const AggregateSpec& spec) const { return CheckAggregate(pipe, op, spec); }
    bool operator()(const TopSpec& spec) const { return CheckTop(pipe, op, spec); }
    bool operator()(const DedupeSpec& spec) const { return CheckDedupe(pipe, op, spec); }
    bool operator()(const OverSpec& spec) const { return CheckOver(pipe, op, spec); }
    bool operator()(const DistinctSpec& spec) const { return CheckDistinct(pipe, op, spec); }
    bool operator()(const MatchSpec& spec) const { return CheckMatch(pipe, op, spec); }
  };
  return std::visit(Visitor{pipe, op}, op.op);
}

}  // namespace flinkc::check
