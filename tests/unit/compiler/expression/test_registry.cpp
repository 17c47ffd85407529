#include "tests/unit/compiler/expression/test_registry.h"

#include "compiler/expression/implicit_cast.h"

namespace flinkc {

namespace {

using Arguments = std::span<const ArgumentInfo>;

bool AnyNullable(Arguments arguments) {
  for (const ArgumentInfo& argument : arguments) {
    if (argument.type.nullable()) return true;
  }
  return false;
}

Resolution Make(DataType result, std::vector<DataType> parameters, std::string_view kernel) {
  Resolution resolution;
  resolution.result = std::move(result);
  resolution.parameters = std::move(parameters);
  resolution.kernel = kernel;
  return resolution;
}

template <DataType (*DecimalType)(const DataType&, const DataType&), bool fallible>
std::optional<Resolution> Arithmetic(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const DataType &a = arguments[0].type, &b = arguments[1].type;
  if (!a.is_numeric() || !b.is_numeric()) return std::nullopt;
  std::optional<DataType> common = CommonType(a, b);
  if (!common) return std::nullopt;
  if (common->kind() == TypeKind::kDecimal) {
    return Make(DecimalType(a, b), {*AsDecimal(a), *AsDecimal(b)}, "decimal");
  }
  Resolution resolution = Make(*common, {*common, *common}, "number");
  resolution.fallible = fallible && common->is_integer();
  return resolution;
}

std::optional<Resolution> Negate(Arguments arguments) {
  if (arguments.size() != 1 || !arguments[0].type.is_numeric()) return std::nullopt;
  return Make(arguments[0].type, {arguments[0].type}, "negate");
}

std::optional<Resolution> Comparison(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  std::optional<DataType> common = CommonType(arguments[0].type, arguments[1].type);
  if (!common) return std::nullopt;
  return Make(DataType(TypeKind::kBoolean, common->nullable()), {*common, *common}, "compare");
}

std::optional<Resolution> IsDistinct(Arguments arguments) {
  auto resolution = Comparison(arguments);
  if (!resolution) return std::nullopt;
  resolution->result = DataType(TypeKind::kBoolean, false);
  resolution->null_rule = NullRule::kSeesNull;
  return resolution;
}

bool AllText(Arguments arguments) {
  for (const ArgumentInfo& argument : arguments) {
    if (!CanImplicitlyCast(argument.type, DataType::String())) return false;
  }
  return true;
}

std::optional<Resolution> Concat(Arguments arguments) {
  if (arguments.size() < 2 || !AllText(arguments)) return std::nullopt;
  DataType result = DataType::String(0, false, AnyNullable(arguments));
  return Make(result, std::vector<DataType>(arguments.size(), DataType::String()), "concat");
}

// A prepared pattern whose text must not be "(".
std::optional<Resolution> Like(Arguments arguments) {
  if (arguments.size() < 2 || arguments.size() > 3 || !AllText(arguments)) return std::nullopt;
  DataType result(TypeKind::kBoolean, AnyNullable(arguments));
  Resolution resolution =
      Make(result, std::vector<DataType>(arguments.size(), DataType::String()), "like");
  resolution.prepared_arguments = {1};
  resolution.check_constants = [](std::span<const Value> constants) -> std::optional<std::string> {
    if (constants[0] == Value{std::string("(")}) return "the pattern cannot be read";
    return std::nullopt;
  };
  return resolution;
}

std::optional<Resolution> ArrayGet(Arguments arguments) {
  if (arguments.size() != 2 || !arguments[1].type.is_integer()) return std::nullopt;
  const DataType& array = arguments[0].type;
  return Make(array.children()[0].Nullable(), {array, DataType(TypeKind::kInt)}, "array_get");
}

std::optional<Resolution> RowGet(Arguments arguments) {
  const DataType& row = arguments[0].type;
  auto index = static_cast<size_t>(std::get<int64_t>(arguments[1].literal->data));
  DataType field = row.children()[index];
  Resolution resolution = Make(field.WithNullable(field.nullable() || row.nullable()),
                               {row, DataType(TypeKind::kInt)}, "row_get");
  resolution.immediates = {static_cast<int64_t>(index)};
  resolution.prepared_arguments = {1};
  return resolution;
}

std::optional<Resolution> ArrayOf(Arguments arguments) {
  std::vector<DataType> types;
  for (const ArgumentInfo& argument : arguments) types.push_back(argument.type);
  std::optional<DataType> element = CommonType(types);
  if (!element) return std::nullopt;
  return Make(DataType::Array(*element, false), std::vector<DataType>(types.size(), *element),
              "array");
}

std::optional<Resolution> RowOf(Arguments arguments) {
  std::vector<DataType> types;
  std::vector<std::string> names;
  for (const ArgumentInfo& argument : arguments) {
    names.push_back("f" + std::to_string(names.size()));
    types.push_back(argument.type);
  }
  return Make(DataType::Row(names, types, false), types, "row");
}

std::optional<Resolution> Extract(Arguments arguments) {
  if (arguments.size() != 2 || arguments[0].literal == nullptr) return std::nullopt;
  const DataType& time = arguments[1].type;
  if (time.kind() != TypeKind::kTimestamp && time.kind() != TypeKind::kDate) return std::nullopt;
  DataType timestamp = DataType::Timestamp(6, time.nullable());
  Resolution resolution = Make(DataType(TypeKind::kBigint, time.nullable()),
                               {DataType::String(), timestamp}, "extract");
  resolution.prepared_arguments = {0};
  return resolution;
}

// One to three texts to a text: upper, trim, substring in its special forms.
std::optional<Resolution> TextFunction(Arguments arguments) {
  if (arguments.empty() || arguments.size() > 4) return std::nullopt;
  std::vector<DataType> parameters;
  for (const ArgumentInfo& argument : arguments) {
    bool text = CanImplicitlyCast(argument.type, DataType::String());
    if (!text && !argument.type.is_integer()) return std::nullopt;
    parameters.push_back(text ? DataType::String() : DataType(TypeKind::kInt));
  }
  if (parameters[0].kind() != TypeKind::kString) return std::nullopt;
  return Make(DataType::String(0, false, AnyNullable(arguments)), parameters, "text");
}

std::optional<Resolution> AnyToInt(Arguments arguments) {
  std::vector<DataType> types;
  for (const ArgumentInfo& argument : arguments) types.push_back(argument.type);
  return Make(DataType(TypeKind::kInt, AnyNullable(arguments)), types, "any");
}

std::optional<Resolution> Now(Arguments arguments) {
  if (!arguments.empty()) return std::nullopt;
  Resolution resolution = Make(DataType::TimestampLtz(3, false), {}, "now");
  resolution.volatile_result = true;
  return resolution;
}

std::optional<Resolution> ResolveTestCast(const DataType& from, const DataType& to) {
  if (from.is_nested() || to.is_nested() || from.is_interval() != to.is_interval()) {
    return std::nullopt;
  }
  if (to.kind() == TypeKind::kBoolean && from.kind() != TypeKind::kString) return std::nullopt;
  Resolution resolution = Make(to, {from}, "cast");
  bool parses = from.kind() == TypeKind::kString && to.kind() != TypeKind::kString;
  bool narrows = from.is_numeric() && to.is_integer() && !CanImplicitlyCast(from, to);
  resolution.fallible = parses || narrows;
  return resolution;
}

std::optional<AggregateResolution> Count(Arguments arguments) {
  AggregateResolution resolution;
  resolution.result = DataType(TypeKind::kBigint, false);
  for (const ArgumentInfo& argument : arguments) resolution.parameters.push_back(argument.type);
  resolution.accumulate = "count";
  return resolution;
}

std::optional<AggregateResolution> Sum(Arguments arguments) {
  if (arguments.size() != 1 || !arguments[0].type.is_numeric()) return std::nullopt;
  AggregateResolution resolution;
  resolution.result = arguments[0].type.Nullable();
  resolution.parameters = {arguments[0].type};
  resolution.accumulate = "sum";
  return resolution;
}

void Add(FunctionRegistry& registry, std::string_view name, std::string_view signature,
         std::optional<Resolution> (*resolve)(Arguments)) {
  FunctionRecord record;
  record.name = name;
  record.overloads.push_back({signature, resolve});
  registry.Add(std::move(record));
}

void Fill(FunctionRegistry& registry) {
  Add(registry, "add", "", &Arithmetic<DecimalAddType, true>);
  Add(registry, "subtract", "", &Arithmetic<DecimalAddType, true>);
  Add(registry, "multiply", "", &Arithmetic<DecimalMultiplyType, true>);
  Add(registry, "divide", "", &Arithmetic<DecimalDivideType, true>);
  Add(registry, "modulo", "", &Arithmetic<DecimalModuloType, true>);
  Add(registry, "negate", "", &Negate);
  for (std::string_view name :
       {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}) {
    Add(registry, name, "", &Comparison);
  }
  Add(registry, "is_distinct", "", &IsDistinct);
  Add(registry, "concat", "(a STRING, …) -> STRING", &Concat);
  Add(registry, "like", "", &Like);
  Add(registry, "similar", "", &Like);
  Add(registry, "array_get", "", &ArrayGet);
  Add(registry, "row_get", "", &RowGet);
  Add(registry, "array", "", &ArrayOf);
  Add(registry, "row", "", &RowOf);
  Add(registry, "extract", "(unit, t TIMESTAMP) -> BIGINT", &Extract);
  for (std::string_view name :
       {"upper", "substring", "trim", "btrim", "ltrim", "rtrim", "overlay", "char_length"}) {
    Add(registry, name, "(s STRING [, …]) -> STRING", &TextFunction);
  }
  for (std::string_view name : {"position", "floor", "ceil", "timestampdiff"}) {
    Add(registry, name, "(…) -> INT", &AnyToInt);
  }
  Add(registry, "current_timestamp", "() -> TIMESTAMP_LTZ(3)", &Now);
  AggregateRecord count;
  count.name = "count";
  count.overloads.push_back({"(*) -> BIGINT", &Count});
  registry.Add(std::move(count));
  for (std::string_view name : {"sum", "max"}) {
    AggregateRecord record;
    record.name = name;
    record.overloads.push_back({"(x NUMBER) -> NUMBER", &Sum});
    registry.Add(std::move(record));
  }
  registry.SetCastResolver(&ResolveTestCast);
}

}  // namespace

const FunctionRegistry& TestRegistry() {
  static const FunctionRegistry* const registry = [] {
    auto* filled = new FunctionRegistry();
    Fill(*filled);
    return filled;
  }();
  return *registry;
}

}  // namespace flinkc
