// Lists of columns: `name: TYPE` and `name: EXPR`, each also in a long form that says what happens
// on an error.
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

std::optional<ColumnSpec> ParseColumn(const YamlEntry& entry, SpecReader& reader) {
  ColumnSpec column;
  column.name = entry.key->text;
  bool is_named = reader.CheckColumnName(column.name);
  Field field{column.name.value, entry.value};
  std::optional<TypeText> type;
  if (entry.value->kind == YamlNode::Kind::kMap) {
    MapReader map(reader, field, "column", fmt::format("the column `{}`", column.name.value));
    type = reader.ReadType(map.Require("type", "type: STRING"));
    column.on_error = reader.ReadOnError(map.Take("on_error"));
    map.Finish();
  } else {
    type = reader.ReadType(field);
  }
  if (!is_named || !type) return std::nullopt;
  column.type = *std::move(type);
  return column;
}

std::optional<NamedExpression> ParseNamedExpression(const YamlEntry& entry, SpecReader& reader) {
  NamedExpression named;
  named.name = entry.key->text;
  bool is_named = reader.CheckColumnName(named.name);
  Field field{named.name.value, entry.value};
  std::optional<ExpressionText> expression;
  if (entry.value->kind == YamlNode::Kind::kMap) {
    MapReader map(reader, field, "computed column",
                  fmt::format("the column `{}`", named.name.value));
    expression = reader.ReadExpression(map.Require("expr", "expr: \"a + b\""));
    named.on_error = reader.ReadOnError(map.Take("on_error"));
    map.Finish();
  } else {
    expression = reader.ReadExpression(field);
  }
  if (!is_named || !expression) return std::nullopt;
  named.expression = *std::move(expression);
  return named;
}

// An item of a list: a column's name, or a map of one or more `name: EXPR`.
void ParseListItem(std::string_view list, const YamlNode& item, SpecReader& reader,
                   std::vector<NamedExpression>& columns) {
  if (item.kind == YamlNode::Kind::kMap) {
    for (const YamlEntry& entry : reader.EntriesOf({list, &item})) {
      if (auto named = ParseNamedExpression(entry, reader)) columns.push_back(*std::move(named));
    }
    return;
  }
  std::optional<SpecName> name = reader.ReadColumnName({list, &item});
  if (!name) return;
  // `[a + b]`: an expression needs a name.
  if (item.is_plain && name->value.find_first_of("(+*/|<>='") != std::string::npos) {
    reader
        .Report(DiagnosticCode::kInvalidName, name->span,
                fmt::format("an expression in `{}` needs a name", list))
        .Help(fmt::format("write `name: \"{}\"`", name->value));
    return;
  }
  NamedExpression named;
  named.name = *name;
  named.expression = *std::move(name);
  named.is_column = true;
  columns.push_back(std::move(named));
}

}  // namespace

std::vector<ColumnSpec> ParseColumns(Field field, SpecReader& reader) {
  std::vector<ColumnSpec> columns;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    if (auto column = ParseColumn(entry, reader)) columns.push_back(*std::move(column));
  }
  return columns;
}

std::vector<NamedExpression> ParseNamedExpressions(Field field, bool may_be_list,
                                                   SpecReader& reader) {
  std::vector<NamedExpression> columns;
  if (!field) return columns;
  if (field.node->kind == YamlNode::Kind::kMap || !may_be_list) {
    for (const YamlEntry& entry : reader.EntriesOf(field)) {
      if (auto named = ParseNamedExpression(entry, reader)) columns.push_back(*std::move(named));
    }
    return columns;
  }
  if (field.node->kind != YamlNode::Kind::kList) {
    reader.ReportKind(field, "a list of columns, or a map of names to expressions");
    return columns;
  }
  std::vector<NamedExpression> listed;
  for (const YamlNode* item : reader.ItemsOf(field)) {
    ParseListItem(field.name, *item, reader, listed);
  }
  std::unordered_map<std::string, SourceSpan> known;
  for (NamedExpression& named : listed) {
    auto [first, is_new] = known.try_emplace(named.name.value, named.name.span);
    if (is_new) {
      columns.push_back(std::move(named));
    } else {
      reader
          .Report(DiagnosticCode::kNameTaken, named.name.span,
                  fmt::format("the column `{}` stands twice in `{}`", named.name.value, field.name))
          .Also(first->second, "first here");
    }
  }
  return columns;
}

}  // namespace flinkc
