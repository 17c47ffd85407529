// `types:`, `functions:` and `schema:`.
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

std::vector<TypeSpec> ParseTypes(Field field, SpecReader& reader) {
  std::vector<TypeSpec> types;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    size_t before = reader.problems();
    TypeSpec type;
    type.name = entry.key->text;
    reader.CheckName(type.name, "a type's name");
    type.columns = ParseColumns({type.name.value, entry.value}, reader);
    type.is_invalid = reader.problems() != before;
    types.push_back(std::move(type));
  }
  return types;
}

std::vector<FunctionSpec> ParseFunctions(Field field, SpecReader& reader) {
  std::vector<FunctionSpec> functions;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    size_t before = reader.problems();
    FunctionSpec function;
    function.name = entry.key->text;
    reader.CheckName(function.name, "a function's name");
    MapReader map(reader, {function.name.value, entry.value}, "function",
                  fmt::format("the function `{}`", function.name.value));
    // `args: {}` is a function without arguments, and so is no `args`.
    if (Field args = map.Take("args"); args && args.node->kind != YamlNode::Kind::kMap) {
      reader.ReportKind(args, "a map of names to types");
    } else if (args) {
      for (const YamlEntry& arg : args.node->entries) {
        bool is_named = reader.CheckName(arg.key->text, "an argument's name");
        std::optional<TypeText> type = reader.ReadType({arg.key->text.value, arg.value});
        if (is_named && type) function.args.push_back({arg.key->text, *std::move(type)});
      }
    }
    function.returns = reader.ReadType(map.Take("returns"));
    if (auto body = reader.ReadExpression(map.Require("as", "as: \"a + b\""))) {
      function.body = *std::move(body);
    }
    map.Finish();
    function.is_invalid = reader.problems() != before;
    functions.push_back(std::move(function));
  }
  return functions;
}

std::optional<SchemaSpec> ParseSchema(Field field, SpecReader& reader) {
  if (!field) return std::nullopt;
  SchemaSpec schema;
  schema.span = field.node->span;
  if (field.node->kind == YamlNode::Kind::kScalar) {
    schema.type_name = reader.ReadName(field);
    if (!schema.type_name) return std::nullopt;
    return schema;
  }
  if (field.node->kind != YamlNode::Kind::kMap) {
    reader.ReportKind(field, "a map of columns, or the name of a type");
    return std::nullopt;
  }
  size_t before = reader.problems();
  schema.columns = ParseColumns(field, reader);
  // A schema that lacks the columns that were wrong would make others seem unknown.
  if (reader.problems() != before) return std::nullopt;
  return schema;
}

}  // namespace flinkc
