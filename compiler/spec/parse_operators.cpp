// The operators of a stream or a pipe. One that is wrong becomes an InvalidOperator, so that
// checking goes on behind it without guessing its columns.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

using Variant = OperatorSpec::Variant;

Variant ParseFilter(Field field, SpecReader& reader) {
  std::optional<ExpressionText> predicate = reader.ReadExpression(field);
  if (!predicate) return InvalidOperator{};
  return FilterSpec{*std::move(predicate)};
}

Variant ParseSelect(Field field, SpecReader& reader) {
  return SelectSpec{ParseNamedExpressions(field, true, reader)};
}

Variant ParseExtend(Field field, SpecReader& reader) {
  return ExtendSpec{ParseNamedExpressions(field, false, reader)};
}

Variant ParseDrop(Field field, SpecReader& reader) {
  return DropSpec{reader.ReadColumnNames(field)};
}

Variant ParseRename(Field field, SpecReader& reader) {
  RenameSpec rename;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    bool is_named = reader.CheckColumnName(entry.key->text);
    std::optional<SpecName> to = reader.ReadColumnName({entry.key->text.value, entry.value});
    if (is_named && to) rename.entries.push_back({entry.key->text, *std::move(to)});
  }
  return rename;
}

Variant ParseCast(Field field, SpecReader& reader) { return CastSpec{ParseColumns(field, reader)}; }

Variant ParseUnnest(Field field, SpecReader& reader) {
  std::vector<NamedExpression> columns = ParseNamedExpressions(field, false, reader);
  if (columns.size() > 1) {
    reader
        .Report(DiagnosticCode::kInvalidValue, columns[1].name.span,
                "`unnest` takes one array at a time")
        .Help("two `unnest` in a `pipe` give every combination of their elements");
  }
  if (columns.empty()) return InvalidOperator{};
  return UnnestSpec{std::move(columns[0])};
}

Variant ParseRoute(Field field, SpecReader& reader) {
  RouteSpec route;
  auto check_name = [&](const SourceText& name) {
    // These are outputs that other operators have.
    if (name.value == "errors" || name.value == "late") {
      reader.Report(
          DiagnosticCode::kInvalidName, name.span,
          fmt::format("a branch cannot be called `{}`, which is an output of its own", name.value));
      return false;
    }
    return reader.CheckName(name, "a branch's name");
  };
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    const SourceText& key = entry.key->text;
    if (key.value == "else") {
      route.else_branch = reader.ReadName({"else", entry.value});
      if (route.else_branch) check_name(*route.else_branch);
      continue;
    }
    bool is_named = check_name(key);
    std::optional<ExpressionText> condition = reader.ReadExpression({key.value, entry.value});
    if (is_named && condition) route.branches.push_back({key, *std::move(condition)});
  }
  for (const RouteSpec::Branch& branch : route.branches) {
    if (!route.else_branch || branch.name.value != route.else_branch->value) continue;
    reader
        .Report(DiagnosticCode::kNameTaken, route.else_branch->span,
                fmt::format("`else` needs a name of its own; `{}` is another branch",
                            branch.name.value))
        .Also(branch.name.span, "the other branch");
  }
  return route;
}

Variant ParseAggregateVariant(Field field, SpecReader& reader) {
  std::optional<AggregateSpec> aggregate = ParseAggregate(field, reader);
  if (!aggregate) return InvalidOperator{};
  return *std::move(aggregate);
}

Variant ParseTopVariant(Field field, SpecReader& reader) {
  std::optional<TopSpec> top = ParseTop(field, reader);
  if (!top) return InvalidOperator{};
  return *std::move(top);
}

Variant ParseDedupeVariant(Field field, SpecReader& reader) {
  std::optional<DedupeSpec> dedupe = ParseDedupe(field, reader);
  if (!dedupe) return InvalidOperator{};
  return *std::move(dedupe);
}

Variant ParseMatchVariant(Field field, SpecReader& reader) {
  std::optional<MatchSpec> match = ParseMatch(field, reader);
  if (!match) return InvalidOperator{};
  return *std::move(match);
}

Variant ParseDistinct(Field field, SpecReader& reader) {
  if (field.node->kind == YamlNode::Kind::kScalar) {
    const std::optional<Located<bool>> all = reader.ReadChoice<bool>(field, {{"all", true}});
    if (!all) return InvalidOperator{};
    return DistinctSpec{};
  }
  DistinctSpec distinct{reader.ReadColumnNames(field)};
  if (distinct.columns.empty()) return InvalidOperator{};
  return distinct;
}

Variant ParseOverVariant(Field field, SpecReader& reader) {
  std::optional<OverSpec> over = ParseOver(field, reader);
  if (!over) return InvalidOperator{};
  return *std::move(over);
}

struct OperatorRecord {
  std::string_view keyword;
  Variant (*parse)(Field, SpecReader&);
};

constexpr OperatorRecord kOperators[] = {
    {"filter", ParseFilter},
    {"select", ParseSelect},
    {"extend", ParseExtend},
    {"drop", ParseDrop},
    {"rename", ParseRename},
    {"cast", ParseCast},
    {"unnest", ParseUnnest},
    {"route", ParseRoute},
    {"aggregate", ParseAggregateVariant},
    {"top", ParseTopVariant},
    {"dedupe", ParseDedupeVariant},
    {"distinct", ParseDistinct},
    {"over", ParseOverVariant},
    {"match", ParseMatchVariant},
};

const OperatorRecord* FindOperator(std::string_view keyword) {
  for (const OperatorRecord& record : kOperators) {
    if (record.keyword == keyword) return &record;
  }
  return nullptr;
}

}  // namespace

OperatorSpec ParseOperator(const SourceText& keyword, const YamlNode& value, SpecReader& reader) {
  OperatorSpec op;
  op.keyword = keyword;
  op.span = value.span;
  const OperatorRecord* record = FindOperator(keyword.value);
  size_t before = reader.problems();
  if (record == nullptr) {
    reader.ReportNotYet(keyword.span, fmt::format("the operator `{}`", keyword.value));
  } else {
    op.op = record->parse({record->keyword, &value}, reader);
  }
  if (reader.problems() != before) op.op = InvalidOperator{};
  return op;
}

}  // namespace flinkc
