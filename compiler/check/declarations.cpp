#include "compiler/check/declarations.h"

#include <charconv>

#include <fmt/format.h>

#include "compiler/expression/literal_parser.h"

namespace flinkc::check {

namespace {

// The unscaled value of a decimal number's text at a scale that has room for its fraction.
std::optional<Int128> ParseUnscaled(std::string_view text, int scale) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Int128 unscaled = 0;
  int fraction = -1;
  for (char c : text) {
    if (c == '.' && fraction < 0) {
      fraction = 0;
    } else if (c < '0' || c > '9') {
      return std::nullopt;
    } else {
      unscaled = unscaled * 10 + (c - '0');
      if (fraction >= 0) ++fraction;
    }
  }
  for (int i = std::max(fraction, 0); i < scale; ++i) unscaled *= 10;
  return negative ? -unscaled : unscaled;
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A parameter's canonical text as a value of its type; ParseSpec has checked that it is one.
std::optional<Value> ParameterFromText(std::string_view text, const DataType& type) {
  Value value;
  switch (type.kind()) {
    case TypeKind::kBoolean:
      value.data = text == "true";
      return value;
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInt:
    case TypeKind::kBigint:
      if (auto number = ParseWhole<int64_t>(text)) {
        value.data = *number;
        return value;
      }
      return std::nullopt;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      if (auto number = ParseWhole<double>(text)) {
        value.data = type.kind() == TypeKind::kFloat ? static_cast<float>(*number) : *number;
        return value;
      }
      return std::nullopt;
    case TypeKind::kDecimal:
      if (auto number = ParseUnscaled(text, type.scale())) {
        value.data = *number;
        return value;
      }
      return std::nullopt;
    case TypeKind::kString:
      value.data = std::string(text);
      return value;
    case TypeKind::kDate:
      if (auto date = ParseDate(text)) return date->value;
      return std::nullopt;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (auto timestamp = ParseTimestamp(text)) return timestamp->value;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

void CheckParameter(CheckState& state, const ParamSpec& param) {
  if (param.is_invalid) return;
  std::optional<DataType> type = ParseType(param.type, state.log);
  if (!type) return;
  std::optional<Value> value = ParameterFromText(param.value, *type);
  if (!value) {
    state.log.Report(DiagnosticCode::kParameterValue, param.name.span,
                     fmt::format("parameter `{}` has the value `{}`, which is no {}",
                                 param.name.value, param.value, type->NotNull().ToString()));
    return;
  }
  state.parameters[param.name.value] = {type->NotNull(), std::move(*value)};
}

void CheckMacro(CheckState& state, const FunctionSpec& function) {
  if (function.is_invalid) return;
  FunctionMacro macro;
  bool valid = true;
  for (const FunctionSpec::Argument& argument : function.args) {
    std::optional<DataType> type = ParseType(argument.type, state.log);
    valid = valid && type.has_value();
    if (type) macro.arguments.push_back({argument.name.value, *type});
  }
  if (function.returns) {
    macro.returns = ParseType(*function.returns, state.log);
    valid = valid && macro.returns.has_value();
  }
  macro.body = function.body;
  macro.span = function.name.span;
  if (valid) state.macros[function.name.value] = std::move(macro);
}

}  // namespace

bool IsFreeColumnName(CheckState& state, const std::string& name, SourceSpan span) {
  const bool is_watermark = name == kWatermarkColumn;
  if (!is_watermark && name != kPartialColumn) return true;
  state.log.Report(DiagnosticCode::kReservedName, span,
                   fmt::format("a column cannot be called `{}`: flinkc keeps {} in a hidden column "
                               "of this name",
                               name, is_watermark ? "the watermark of each row" : "accumulators"));
  return false;
}

std::optional<Schema> CheckColumns(CheckState& state, const std::vector<ColumnSpec>& columns) {
  Schema schema;
  std::map<std::string, SourceSpan> places;
  bool valid = true;
  for (const ColumnSpec& column : columns) {
    const std::string& name = column.name.value;
    auto [place, is_new] = places.emplace(name, column.name.span);
    if (!is_new) {
      state.log
          .Report(DiagnosticCode::kColumnTaken, column.name.span,
                  fmt::format("column `{}` stands twice", name))
          .Also(place->second, "it stands here too");
      valid = false;
    }
    valid = IsFreeColumnName(state, name, column.name.span) && valid;
    std::optional<DataType> type = ParseType(column.type, state.log);
    valid = valid && type.has_value();
    if (type) schema.Add({name, *type});
  }
  if (!valid) return std::nullopt;
  return schema;
}

std::optional<Schema> CheckSchema(CheckState& state, const SchemaSpec& schema) {
  if (!schema.type_name) return CheckColumns(state, schema.columns);
  const std::string& name = schema.type_name->value;
  if (auto found = state.types.find(name); found != state.types.end()) return found->second;
  if (state.invalid_types.contains(name)) return std::nullopt;
  std::vector<std::string_view> names;
  for (const auto& [type, columns] : state.types) names.push_back(type);
  state.log
      .Report(DiagnosticCode::kUnknownType, schema.type_name->span,
              fmt::format("no type `{}` in `types`", name))
      .Label(SuggestText(name, names));
  return std::nullopt;
}

void CheckDeclarations(CheckState& state) {
  for (const TypeSpec& type : state.spec.types) {
    std::optional<Schema> columns;
    if (!type.is_invalid) columns = CheckColumns(state, type.columns);
    if (columns) {
      state.types[type.name.value] = std::move(*columns);
    } else {
      state.invalid_types.insert(type.name.value);
    }
  }
  for (const ParamSpec& param : state.spec.params) CheckParameter(state, param);
  for (const FunctionSpec& function : state.spec.functions) CheckMacro(state, function);
}

}  // namespace flinkc::check
