// Maps: constructors, access, parts.
#include <algorithm>
#include <utility>

#include "compiler/expression/implicit_cast.h"
#include "runtime/data/element_kind.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

// Packed arguments lie on the stack.
constexpr size_t kArgumentsMax = 1024;

int64_t KindNumber(const DataType& type) { return static_cast<int64_t>(ElementKindOf(type)); }

bool IsKnown(const DataType& type) { return type.kind() != TypeKind::kNull; }

// The type of an argument that is a MAP of known types, else nullptr.
const DataType* MapOf(const ArgumentInfo& argument) {
  const DataType& type = argument.type;
  if (type.kind() != TypeKind::kMap) return nullptr;
  return std::ranges::all_of(type.children(), IsKnown) ? &type : nullptr;
}
const DataType* ArrayOf(const ArgumentInfo& argument) {
  const DataType& type = argument.type;
  return type.kind() == TypeKind::kArray && IsKnown(type.children()[0]) ? &type : nullptr;
}

// MAP[k, v, …].
std::optional<Resolution> ResolveMap(Arguments arguments) {
  const size_t count = arguments.size();
  if (count == 0 || count % 2 != 0 || count > kArgumentsMax) return std::nullopt;
  std::vector<ArgumentInfo> keys, values;
  for (size_t i = 0; i < count; i += 2) {
    keys.push_back(arguments[i]);
    values.push_back(arguments[i + 1]);
  }
  const auto key = CommonArgumentType(keys), value = CommonArgumentType(values);
  if (!key || !value) return std::nullopt;
  std::vector<DataType> parameters;
  for (size_t i = 0; i < count; ++i) parameters.push_back(i % 2 == 0 ? *key : *value);
  const bool views = std::ranges::any_of(arguments, [](const ArgumentInfo& argument) {
    return argument.type.is_view() && argument.literal == nullptr;
  });
  const KernelCall kernel =
      views ? NullingTextKernel("flinkc_native_map") : TextKernel("flinkc_native_map");
  DataType result = DataType::Map(*key, *value);
  Resolution resolution = StrictCall(kernel, result, arguments, std::move(parameters));
  resolution.packs_arguments = true;
  resolution.null_rule = NullRule::kSeesNull;
  resolution.result = result.WithNullable(views);
  return resolution;
}

// A call of (map, key).
std::optional<Resolution> KeyCall(const KernelCall& kernel, const DataType& result,
                                  Arguments arguments, std::vector<int64_t> immediates) {
  const DataType& map = arguments[0].type;
  const auto key = CommonType(map.children()[0], arguments[1].type);
  if (!key || !IsKnown(*key)) return std::nullopt;
  const DataType searched =
      DataType::Map(key->WithNullable(map.children()[0].nullable()), map.children()[1]);
  Resolution resolution =
      StrictCall(kernel, result, arguments, {searched, key->Nullable()}, std::move(immediates));
  resolution.packs_arguments = true;
  resolution.null_rule = NullRule::kSeesNull;
  return resolution;
}

std::optional<Resolution> ResolveMapGet(Arguments arguments) {
  if (arguments.size() != 2 || MapOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType& value = arguments[0].type.children()[1];
  auto resolution = KeyCall(NullingKernel("flinkc_native_map_get"), value.Nullable(), arguments,
                            {KindNumber(value)});
  if (resolution) resolution->result = value.Nullable();
  return resolution;
}

std::optional<Resolution> ResolveContainsKey(Arguments arguments) {
  if (arguments.size() != 2 || MapOf(arguments[0]) == nullptr) return std::nullopt;
  KernelCall kernel = SliceKernel("flinkc_native_map_contains_key");
  kernel.may_be_null = arguments[0].type.nullable();
  auto resolution = KeyCall(kernel, BooleanType(), arguments, {});
  if (resolution) resolution->result = BooleanType().WithNullable(kernel.may_be_null);
  return resolution;
}

constexpr KernelCall kKeys = TextKernel("flinkc_native_map_keys");
constexpr KernelCall kValues = TextKernel("flinkc_native_map_values");

template <const KernelCall& kKernel, size_t kHalf>
std::optional<Resolution> ResolveHalf(Arguments arguments) {
  if (arguments.size() != 1 || MapOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType& half = arguments[0].type.children()[kHalf];
  return StrictCall(kKernel, DataType::Array(half), arguments, {arguments[0].type},
                    {KindNumber(half)});
}

std::optional<Resolution> ResolveEntries(Arguments arguments) {
  if (arguments.size() != 1 || MapOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType &key = arguments[0].type.children()[0], &value = arguments[0].type.children()[1];
  const DataType row = DataType::Row({"key", "value"}, {key, value}, /*nullable=*/false);
  return StrictCall(NullingTextKernel("flinkc_native_map_entries"), DataType::Array(row), arguments,
                    {arguments[0].type}, {KindNumber(key), KindNumber(value)});
}

std::optional<Resolution> ResolveFromArrays(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const DataType *keys = ArrayOf(arguments[0]), *values = ArrayOf(arguments[1]);
  if (keys == nullptr || values == nullptr) return std::nullopt;
  KernelCall kernel = NullingTextKernel("flinkc_native_map_from_arrays");
  kernel.fallible = true;
  const DataType &key = keys->children()[0], &value = values->children()[0];
  return StrictCall(kernel, DataType::Map(key, value), arguments, {*keys, *values},
                    {KindNumber(key), KindNumber(value)});
}

std::optional<Resolution> ResolveFromEntries(Arguments arguments) {
  if (arguments.size() != 1 || ArrayOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType& row = arguments[0].type.children()[0];
  if (row.kind() != TypeKind::kRow || row.children().size() != 2 ||
      !std::ranges::all_of(row.children(), IsKnown)) {
    return std::nullopt;
  }
  const DataType &key = row.children()[0], &value = row.children()[1];
  return StrictCall(NullingTextKernel("flinkc_native_map_from_entries"), DataType::Map(key, value),
                    arguments, {arguments[0].type}, {KindNumber(key), KindNumber(value)});
}

std::optional<Resolution> ResolveUnion(Arguments arguments) {
  if (arguments.empty() || arguments.size() > kArgumentsMax) return std::nullopt;
  for (const ArgumentInfo& argument : arguments) {
    if (IsKnown(argument.type) && MapOf(argument) == nullptr) return std::nullopt;
  }
  const auto map = CommonArgumentType(arguments);
  if (!map) return std::nullopt;
  Resolution resolution =
      StrictCall(NullingTextKernel("flinkc_native_map_union"), *map, arguments,
                 std::vector<DataType>(arguments.size(), *map),
                 {KindNumber(map->children()[0]), KindNumber(map->children()[1])});
  resolution.packs_arguments = true;
  return resolution;
}

std::optional<Resolution> ResolveStrToMap(Arguments arguments) {
  return FixedCall(NullingTextKernel("flinkc_native_str_to_map"),
                   DataType::Map(StringType().NotNull(), StringType()), arguments,
                   {StringType(), StringType(), StringType()});
}

std::optional<Resolution> ResolveStrToMapCommas(Arguments arguments) {
  return FixedCall(NullingTextKernel("flinkc_native_str_to_map_commas"),
                   DataType::Map(StringType().NotNull(), StringType()), arguments, {StringType()});
}

constexpr std::string_view kNullIfArgument = "NULL if an argument is.";

}  // namespace

std::vector<FunctionRecord> MapFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "map",
       .category = FunctionCategory::kMap,
       .doc =
           "MAP[k, v, …]: a map of the keys and values, each cast to their common type; of equal "
           "keys the last counts. Entries are in the order of their keys.",
       .nulls = "Never NULL, but where it would have 4 GiB. Keys and values may be.",
       .overloads = {{"(k K, v V, …) -> MAP<K, V>", ResolveMap}},
       .examples = {{"MAP['b', 1, 'a', 2]", "{a=2, b=1}"},
                    {"MAP['a', 1, 'a', 2]", "{a=2}"},
                    {"MAP[1, 1.5, 2, NULL]", "{1=1.5, 2=NULL}"},
                    {"MAP['a', 1, 'b', 2] = MAP['b', 2, 'a', 1]", "TRUE"}}});
  records.push_back({.name = "map_get",
                     .category = FunctionCategory::kMap,
                     .doc = "m[k]: the value of the key.",
                     .nulls = "NULL if the map or the value is, or there is no such key.",
                     .overloads = {{"(m MAP<K, V>, k K) -> V", ResolveMapGet}},
                     .examples = {{"MAP['a', 1, 'b', 2]['b']", "2"},
                                  {"MAP['a', 1]['x']", "NULL"},
                                  {"MAP[1, 'x'][CAST(1 AS BIGINT)]", "x"},
                                  {"MAP['a', ROW(1, 'y')]['a'].f1", "y"}}});
  records.push_back({.name = "map_contains_key",
                     .category = FunctionCategory::kMap,
                     .doc = "Whether the map has the key.",
                     .nulls = "NULL if the map is. The key may be.",
                     .overloads = {{"(m MAP<K, V>, k K) -> BOOLEAN", ResolveContainsKey}},
                     .examples = {{"map_contains_key(MAP['a', NULL, 'b', 1], 'a')", "TRUE"},
                                  {"map_contains_key(MAP['a', 1], 'x')", "FALSE"},
                                  {"map_contains_key(MAP[1, 1, NULL, 2], NULL)", "TRUE"}}});
  records.push_back({.name = "map_keys",
                     .category = FunctionCategory::kMap,
                     .doc = "The keys, in order.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(m MAP<K, V>) -> ARRAY<K>", ResolveHalf<kKeys, 0>}},
                     .examples = {{"map_keys(MAP['b', 1, 'a', 2])", "[a, b]"}}});
  records.push_back({.name = "map_values",
                     .category = FunctionCategory::kMap,
                     .doc = "The values, in the order of their keys.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(m MAP<K, V>) -> ARRAY<V>", ResolveHalf<kValues, 1>}},
                     .examples = {{"map_values(MAP['b', 1, 'a', 2])", "[2, 1]"}}});
  records.push_back({.name = "map_entries",
                     .category = FunctionCategory::kMap,
                     .doc = "The entries as rows, in the order of their keys.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(m MAP<K, V>) -> ARRAY<ROW<key K, value V>>", ResolveEntries}},
                     .examples = {{"map_entries(MAP['b', 1, 'a', 2])", "[(a, 2), (b, 1)]"},
                                  {"map_entries(MAP['b', 1])[1].value", "1"}}});
  records.push_back(
      {.name = "map_from_arrays",
       .category = FunctionCategory::kMap,
       .doc = "A map of the keys with the values at the same places.",
       .nulls = "NULL if an argument is; fails where the arrays are not of one length.",
       .overloads = {{"(keys ARRAY<K>, values ARRAY<V>) -> MAP<K, V>", ResolveFromArrays}},
       .examples = {{"map_from_arrays(ARRAY['b', 'a'], ARRAY[1, 2])", "{a=2, b=1}"},
                    {"map_from_arrays(ARRAY['a'], ARRAY[1, 2])", "error: INVALID_ARGUMENT"}}});
  records.push_back(
      {.name = "map_from_entries",
       .category = FunctionCategory::kMap,
       .doc = "A map of rows of a key and a value.",
       .nulls = "NULL if the array or a row is.",
       .overloads = {{"(entries ARRAY<ROW<K, V>>) -> MAP<K, V>", ResolveFromEntries}},
       .examples = {{"map_from_entries(ARRAY[ROW(2, 'b'), ROW(1, 'a')])", "{1=a, 2=b}"},
                    {"map_from_entries(map_entries(MAP['k', 1]))", "{k=1}"}}});
  records.push_back(
      {.name = "map_union",
       .category = FunctionCategory::kMap,
       .doc = "A map of all entries; of equal keys that of the last map counts.",
       .nulls = kNullIfArgument,
       .overloads = {{"(m MAP<K, V>, …) -> MAP<K, V>", ResolveUnion}},
       .examples = {{"map_union(MAP['a', 1, 'b', 2], MAP['b', 3])", "{a=1, b=3}"},
                    {"map_union(MAP['a', 1], CAST(NULL AS MAP<STRING, INT>))", "NULL"}}});
  records.push_back(
      {.name = "str_to_map",
       .category = FunctionCategory::kMap,
       .doc = "A map of the text's entries: separated by `entry` (a comma), the key from the value "
              "by `pair` (=).",
       .nulls = "NULL if an argument is. A part without `pair` is a key whose value is NULL.",
       .overloads = {{"(s STRING) -> MAP<STRING, STRING>", ResolveStrToMapCommas},
                     {"(s STRING, entry STRING, pair STRING) -> MAP<STRING, STRING>",
                      ResolveStrToMap}},
       .examples = {{"str_to_map('k1=v1,k2=v2')", "{k1=v1, k2=v2}"},
                    {"str_to_map('a:1;b', ';', ':')", "{a=1, b=NULL}"},
                    {"str_to_map('a=1=2,,')", "{a=1=2}"}}});
  return records;
}

}  // namespace flinkc
