// Arrays and rows: constructors, access, search, sets, order.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "runtime/data/element_kind.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

// Packed arguments lie on the stack.
constexpr size_t kArgumentsMax = 1024;

int64_t KindNumber(const DataType& element) { return static_cast<int64_t>(ElementKindOf(element)); }

// The elements' type of an argument that is an array with a known one, else nullptr.
const DataType* ElementOf(const ArgumentInfo& argument) {
  if (argument.type.kind() != TypeKind::kArray) return nullptr;
  const DataType& element = argument.type.children()[0];
  return element.kind() == TypeKind::kNull ? nullptr : &element;
}

bool IsOrdered(const DataType& element) { return !element.is_nested(); }

Resolution PackedCall(const KernelCall& kernel, DataType result, Arguments arguments,
                      std::vector<DataType> parameters, std::vector<int64_t> immediates = {}) {
  Resolution resolution = StrictCall(kernel, std::move(result), arguments, std::move(parameters),
                                     std::move(immediates));
  resolution.packs_arguments = true;
  return resolution;
}

// --- constructors ---

// Texts of any length might add up to more than an array can hold; those of a spec do not.
bool MightBeTooLarge(Arguments arguments) {
  return std::ranges::any_of(arguments, [](const ArgumentInfo& argument) {
    return argument.type.is_view() && argument.literal == nullptr;
  });
}

Resolution ConstructorCall(std::string_view kernel, DataType result, Arguments arguments,
                           std::vector<DataType> parameters) {
  const bool might_be_null = MightBeTooLarge(arguments);
  Resolution resolution = PackedCall(might_be_null ? NullingTextKernel(kernel) : TextKernel(kernel),
                                     result, arguments, std::move(parameters));
  resolution.null_rule = NullRule::kSeesNull;
  resolution.result = std::move(result).WithNullable(might_be_null);
  return resolution;
}

std::optional<Resolution> ResolveArray(Arguments arguments) {
  if (arguments.empty() || arguments.size() > kArgumentsMax) return std::nullopt;
  const auto element = CommonArgumentType(arguments);
  if (!element) return std::nullopt;
  return ConstructorCall("flinkc_native_array", DataType::Array(*element), arguments,
                         std::vector<DataType>(arguments.size(), *element));
}

std::optional<Resolution> ResolveRow(Arguments arguments) {
  if (arguments.empty() || arguments.size() > kArgumentsMax) return std::nullopt;
  std::vector<std::string> names;
  std::vector<DataType> types;
  for (const ArgumentInfo& argument : arguments) {
    if (argument.type.kind() == TypeKind::kNull) return std::nullopt;
    names.push_back("f" + std::to_string(names.size()));
    types.push_back(argument.type);
  }
  return ConstructorCall("flinkc_native_row", DataType::Row(std::move(names), types), arguments,
                         types);
}

// --- access ---

std::optional<Resolution> ResolveArrayGet(Arguments arguments) {
  if (arguments.size() != 2 || ElementOf(arguments[0]) == nullptr) return std::nullopt;
  if (!CanImplicitlyCast(arguments[1].type, BigintType())) return std::nullopt;
  const DataType& element = *ElementOf(arguments[0]);
  return StrictCall(NullingKernel("flinkc_array_get"), element.Nullable(), arguments,
                    {arguments[0].type, BigintType()}, {KindNumber(element)});
}

// row.field: the index is a literal, from 0.
std::optional<Resolution> ResolveRowGet(Arguments arguments) {
  if (arguments.size() != 2 || arguments[0].type.kind() != TypeKind::kRow) return std::nullopt;
  if (arguments[1].literal == nullptr) return std::nullopt;
  const auto* index = std::get_if<int64_t>(&arguments[1].literal->data);
  const std::vector<DataType>& fields = arguments[0].type.children();
  if (index == nullptr || *index < 0 || static_cast<size_t>(*index) >= fields.size()) {
    return std::nullopt;
  }
  const DataType& field = fields[static_cast<size_t>(*index)];
  KernelCall kernel = SliceKernel("flinkc_row_get");
  kernel.may_be_null = field.nullable();
  Resolution resolution = StrictCall(kernel, field, arguments, {arguments[0].type, IntType()},
                                     {*index, KindNumber(field)});
  resolution.prepared_arguments = {1};
  return resolution;
}

std::optional<Resolution> ResolveCardinality(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  if (arguments[0].type.kind() != TypeKind::kMap && ElementOf(arguments[0]) == nullptr) {
    return std::nullopt;
  }
  return StrictCall(ValueKernel("flinkc_array_size"), IntType(), arguments, {arguments[0].type});
}

std::optional<Resolution> ResolveElement(Arguments arguments) {
  if (arguments.size() != 1 || ElementOf(arguments[0]) == nullptr) return std::nullopt;
  KernelCall kernel = NullingKernel("flinkc_array_element");
  kernel.fallible = true;
  const DataType& element = *ElementOf(arguments[0]);
  return StrictCall(kernel, element.Nullable(), arguments, {arguments[0].type},
                    {KindNumber(element)});
}

// --- an array and a value ---

// What the elements and the value have in common.
std::optional<DataType> CommonWithElements(Arguments arguments) {
  if (arguments.size() != 2 || ElementOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType& element = *ElementOf(arguments[0]);
  const auto common = CommonType(element, arguments[1].type);
  if (!common) return std::nullopt;
  return common->WithNullable(element.nullable());
}

// array_append, array_prepend.
template <const KernelCall& kKernel>
std::optional<Resolution> ResolveAdd(Arguments arguments) {
  const auto element = CommonWithElements(arguments);
  if (!element) return std::nullopt;
  const bool nulls = element->nullable() || arguments[1].type.nullable();
  Resolution resolution = PackedCall(kKernel, DataType::Array(element->WithNullable(nulls)),
                                     arguments, {DataType::Array(*element), element->Nullable()});
  resolution.null_rule = NullRule::kSeesNull;
  return resolution;
}

std::optional<Resolution> ResolveRemove(Arguments arguments) {
  const auto element = CommonWithElements(arguments);
  if (!element) return std::nullopt;
  KernelCall kernel = TextKernel("flinkc_native_array_remove");
  kernel.may_be_null = arguments[0].type.nullable();
  Resolution resolution = PackedCall(kernel, DataType::Array(*element), arguments,
                                     {DataType::Array(*element), element->Nullable()});
  resolution.null_rule = NullRule::kSeesNull;
  resolution.result = resolution.result.WithNullable(kernel.may_be_null);
  return resolution;
}

std::optional<Resolution> ResolveContains(Arguments arguments) {
  const auto element = CommonWithElements(arguments);
  if (!element) return std::nullopt;
  KernelCall kernel = SliceKernel("flinkc_native_array_contains");
  kernel.may_be_null = arguments[0].type.nullable();
  Resolution resolution = PackedCall(kernel, BooleanType(), arguments,
                                     {DataType::Array(*element), element->Nullable()});
  resolution.null_rule = NullRule::kSeesNull;
  resolution.result = BooleanType().WithNullable(kernel.may_be_null);
  return resolution;
}

std::optional<Resolution> ResolvePosition(Arguments arguments) {
  const auto element = CommonWithElements(arguments);
  if (!element) return std::nullopt;
  return PackedCall(SliceKernel("flinkc_native_array_position"), IntType(), arguments,
                    {DataType::Array(*element), element->Nullable()});
}

// --- arrays alone ---

template <const KernelCall& kKernel, bool kOrdered>
std::optional<Resolution> ResolveOfOne(Arguments arguments) {
  if (arguments.size() != 1 || ElementOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType& element = *ElementOf(arguments[0]);
  if (kOrdered && !IsOrdered(element)) return std::nullopt;
  return StrictCall(kKernel, arguments[0].type, arguments, {arguments[0].type},
                    {KindNumber(element)});
}

// array_min, array_max.
template <const KernelCall& kKernel>
std::optional<Resolution> ResolveExtreme(Arguments arguments) {
  if (arguments.size() != 1 || ElementOf(arguments[0]) == nullptr) return std::nullopt;
  const DataType& element = *ElementOf(arguments[0]);
  if (!IsOrdered(element)) return std::nullopt;
  return StrictCall(kKernel, element.Nullable(), arguments, {arguments[0].type},
                    {KindNumber(element)});
}

// The common type of arrays.
std::optional<DataType> CommonArray(Arguments arguments) {
  for (const ArgumentInfo& argument : arguments) {
    if (argument.type.kind() != TypeKind::kNull && ElementOf(argument) == nullptr) {
      return std::nullopt;
    }
  }
  return CommonArgumentType(arguments);
}

// array_union, array_except, array_intersect.
template <const KernelCall& kKernel>
std::optional<Resolution> ResolveOfTwo(Arguments arguments) {
  const auto array = arguments.size() == 2 ? CommonArray(arguments) : std::nullopt;
  if (!array) return std::nullopt;
  return StrictCall(kKernel, *array, arguments, {*array, *array},
                    {KindNumber(array->children()[0])});
}

std::optional<Resolution> ResolveConcat(Arguments arguments) {
  if (arguments.empty() || arguments.size() > kArgumentsMax) return std::nullopt;
  const auto array = CommonArray(arguments);
  if (!array) return std::nullopt;
  return PackedCall(NullingTextKernel("flinkc_native_array_concat"), *array, arguments,
                    std::vector<DataType>(arguments.size(), *array),
                    {KindNumber(array->children()[0])});
}

std::optional<Resolution> ResolveSlice(Arguments arguments) {
  const bool has_end = arguments.size() == 3;
  if ((arguments.size() != 2 && !has_end) || ElementOf(arguments[0]) == nullptr) {
    return std::nullopt;
  }
  const DataType array = arguments[0].type;
  const KernelCall kernel =
      TextKernel(has_end ? "flinkc_native_array_slice" : "flinkc_native_array_slice_from");
  const std::vector<int64_t> kind = {KindNumber(array.children()[0])};
  return has_end ? FixedCall(kernel, array, arguments, {array, IntType(), IntType()}, kind)
                 : FixedCall(kernel, array, arguments, {array, IntType()}, kind);
}

std::optional<Resolution> ResolveSort(Arguments arguments) {
  if (arguments.empty() || arguments.size() > 3 || ElementOf(arguments[0]) == nullptr) {
    return std::nullopt;
  }
  const DataType array = arguments[0].type;
  if (!IsOrdered(array.children()[0])) return std::nullopt;
  constexpr std::string_view kKernels[] = {
      "flinkc_native_array_sort", "flinkc_native_array_sort_by", "flinkc_native_array_sort_nulls"};
  std::vector<DataType> parameters = {array};
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (!CanImplicitlyCast(arguments[i].type, BooleanType())) return std::nullopt;
    parameters.push_back(BooleanType());
  }
  return StrictCall(TextKernel(kKernels[arguments.size() - 1]), array, arguments,
                    std::move(parameters), {KindNumber(array.children()[0])});
}

std::optional<Resolution> ResolveJoin(Arguments arguments) {
  const DataType texts = DataType::Array(StringType());
  if (arguments.size() == 2) {
    return FixedCall(NullingTextKernel("flinkc_native_array_join"), StringType(), arguments,
                     {texts, StringType()});
  }
  if (arguments.size() != 3) return std::nullopt;
  return FixedCall(NullingTextKernel("flinkc_native_array_join_nulls"), StringType(), arguments,
                   {texts, StringType(), StringType()});
}

std::optional<Resolution> ResolveSplit(Arguments arguments) {
  return FixedCall(NullingTextKernel("flinkc_native_split"),
                   DataType::Array(StringType().NotNull()), arguments,
                   {StringType(), StringType()});
}

constexpr KernelCall kAppend = NullingTextKernel("flinkc_native_array_append");
constexpr KernelCall kPrepend = NullingTextKernel("flinkc_native_array_prepend");
constexpr KernelCall kDistinct = TextKernel("flinkc_native_array_distinct");
constexpr KernelCall kReverse = TextKernel("flinkc_native_array_reverse");
constexpr KernelCall kMin = NullingKernel("flinkc_native_array_min");
constexpr KernelCall kMax = NullingKernel("flinkc_native_array_max");
constexpr KernelCall kUnion = NullingTextKernel("flinkc_native_array_union");
constexpr KernelCall kExcept = TextKernel("flinkc_native_array_except");
constexpr KernelCall kIntersect = TextKernel("flinkc_native_array_intersect");

constexpr std::string_view kNullIfArgument = "NULL if an argument is.";
constexpr std::string_view kNullIfArray =
    "NULL if the array is. The value may be NULL, and NULL elements are equal to it then.";

std::vector<FunctionRecord> AccessFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "array",
                     .doc = "An array of the values, cast to their common type: ARRAY[a, b].",
                     .nulls = "Never NULL, but where it would have 4 GiB.",
                     .overloads = {{"(a T, …) -> ARRAY<T>", ResolveArray}},
                     .examples = {{"ARRAY[1, 2, 3]", "[1, 2, 3]"},
                                  {"ARRAY[1, 2.5, NULL]", "[1.0, 2.5, NULL]"},
                                  {"ARRAY[upper('a'), 'longer than twelve bytes']",
                                   "[A, longer than twelve bytes]"},
                                  {"array(ARRAY[abs(-1)], ARRAY[2, 3])", "[[1], [2, 3]]"}}});
  records.push_back({.name = "row",
                     .doc = "A row of the values, whose fields are called f0, f1, …",
                     .nulls = "Never NULL, but where it would have 4 GiB.",
                     .overloads = {{"(a T, b U, …) -> ROW<f0 T, f1 U, …>", ResolveRow}},
                     .examples = {{"ROW(1, 'a', 2.5)", "(1, a, 2.5)"},
                                  {"ROW(upper('x'), CAST(NULL AS INT))", "(X, NULL)"}}});
  records.push_back({.name = "array_get",
                     .doc = "a[i]: the element at `i`, the first is 1.",
                     .nulls = "NULL if an argument or the element is, and outside of the array.",
                     .overloads = {{"(a ARRAY<T>, i BIGINT) -> T", ResolveArrayGet}},
                     .examples = {{"ARRAY['x', 'y'][2]", "y"},
                                  {"ARRAY[1.5, 2.5][1]", "1.5"},
                                  {"ARRAY[1, 2][3]", "NULL"},
                                  {"ARRAY[1, 2][0]", "NULL"},
                                  {"ARRAY[ARRAY[1], ARRAY[2, 3]][2][1]", "2"},
                                  {"split('a,b', ',')[abs(-2)]", "b"}}});
  records.push_back({.name = "row_get",
                     .doc = "r.f: the field `f` of a row; as a function, that at a constant index "
                            "from 0.",
                     .nulls = "NULL if the row or the field is.",
                     .overloads = {{"(r ROW<…>, i INT constant) -> T", ResolveRowGet}},
                     .examples = {{"ROW(1, 'a').f1", "a"},
                                  {"ROW(1, ROW(2.5, abs(-3))).f1.f0", "2.5"},
                                  {"row_get(ROW(7, CAST(NULL AS INT)), 1)", "NULL"}}});
  records.push_back({.name = "cardinality",
                     .doc = "How many elements the array has.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a ARRAY<T>) -> INT", ResolveCardinality}},
                     .examples = {{"cardinality(ARRAY[1, NULL, 3])", "3"},
                                  {"cardinality(split('', ','))", "1"},
                                  {"cardinality(NULLIF(ARRAY[1], ARRAY[1]))", "NULL"}}});
  records.push_back({.name = "element",
                     .doc = "The only element of the array.",
                     .nulls = "NULL if the array is NULL or empty; fails if it has several.",
                     .overloads = {{"(a ARRAY<T>) -> T", ResolveElement}},
                     .examples = {{"element(ARRAY['a'])", "a"},
                                  {"element(array_remove(ARRAY[1], 1))", "NULL"},
                                  {"element(ARRAY[1, 2])", "error: INVALID_ARGUMENT"}}});
  return records;
}

std::vector<FunctionRecord> SearchFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "array_contains",
                     .doc = "Whether an element of the array is `x`.",
                     .nulls = kNullIfArray,
                     .overloads = {{"(a ARRAY<T>, x T) -> BOOLEAN", ResolveContains}},
                     .examples = {{"array_contains(ARRAY[1, 2], 2)", "TRUE"},
                                  {"array_contains(ARRAY['a', 'b'], 'c')", "FALSE"},
                                  {"array_contains(ARRAY[1, NULL], NULL)", "TRUE"},
                                  {"array_contains(ARRAY[1], 1.0)", "TRUE"},
                                  {"array_contains(ARRAY[ROW(1, 'a')], ROW(1, 'a'))", "TRUE"}}});
  records.push_back({.name = "array_position",
                     .doc = "Where `x` first stands in the array, from 1; 0: nowhere.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a ARRAY<T>, x T) -> INT", ResolvePosition}},
                     .examples = {{"array_position(ARRAY[3, 4, 4], 4)", "2"},
                                  {"array_position(ARRAY[1, 2, 3], 4)", "0"},
                                  {"array_position(ARRAY[1, 2, 3], NULL)", "NULL"}}});
  records.push_back({.name = "array_remove",
                     .doc = "The array without the elements that are `x`.",
                     .nulls = kNullIfArray,
                     .overloads = {{"(a ARRAY<T>, x T) -> ARRAY<T>", ResolveRemove}},
                     .examples = {{"array_remove(ARRAY[1, 2, 1], 1)", "[2]"},
                                  {"array_remove(ARRAY['a', NULL], NULL)", "[a]"}}});
  records.push_back({.name = "array_append",
                     .doc = "The array with `x` behind it.",
                     .nulls = "NULL if the array is. `x` may be NULL.",
                     .overloads = {{"(a ARRAY<T>, x T) -> ARRAY<T>", ResolveAdd<kAppend>}},
                     .examples = {{"array_append(ARRAY[1, 2], 3)", "[1, 2, 3]"},
                                  {"array_append(ARRAY['a'], NULL)", "[a, NULL]"},
                                  {"array_append(ARRAY[1], 2.5)", "[1.0, 2.5]"}}});
  records.push_back({.name = "array_prepend",
                     .doc = "The array with `x` before it.",
                     .nulls = "NULL if the array is. `x` may be NULL.",
                     .overloads = {{"(a ARRAY<T>, x T) -> ARRAY<T>", ResolveAdd<kPrepend>}},
                     .examples = {{"array_prepend(ARRAY[1, 2], 0)", "[0, 1, 2]"}}});
  records.push_back({.name = "array_min",
                     .doc = "The smallest element; NaN is larger than any number.",
                     .nulls = "NULL if the array is NULL or has no element but NULLs.",
                     .overloads = {{"(a ARRAY<T>) -> T", ResolveExtreme<kMin>}},
                     .examples = {{"array_min(ARRAY[3, NULL, 1])", "1"},
                                  {"array_min(ARRAY[-0.5, 0.25])", "-0.50"}}});
  records.push_back({.name = "array_max",
                     .doc = "The largest element; NaN is larger than any number.",
                     .nulls = "NULL if the array is NULL or has no element but NULLs.",
                     .overloads = {{"(a ARRAY<T>) -> T", ResolveExtreme<kMax>}},
                     .examples = {{"array_max(ARRAY[3, NULL, 1])", "3"},
                                  {"array_max(ARRAY['a', 'ab'])", "ab"},
                                  {"array_max(array_remove(ARRAY[1], 1))", "NULL"}}});
  return records;
}

std::vector<FunctionRecord> SetFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "array_concat",
       .doc = "All elements of the arrays, one array after the other.",
       .nulls = kNullIfArgument,
       .overloads = {{"(a ARRAY<T>, …) -> ARRAY<T>", ResolveConcat}},
       .examples = {{"array_concat(ARRAY[1], ARRAY[2, NULL], ARRAY[1])", "[1, 2, NULL, 1]"},
                    {"array_concat(ARRAY['a'], NULL)", "NULL"}}});
  records.push_back({.name = "array_distinct",
                     .doc = "The array with each element once, where it first stands.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a ARRAY<T>) -> ARRAY<T>", ResolveOfOne<kDistinct, false>}},
                     .examples = {{"array_distinct(ARRAY[2, 1, NULL, 2, NULL])", "[2, 1, NULL]"},
                                  {"array_distinct(ARRAY[0E0, -0E0])", "[0.0]"}}});
  records.push_back({.name = "array_union",
                     .doc = "The elements of either array, each once.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a ARRAY<T>, b ARRAY<T>) -> ARRAY<T>", ResolveOfTwo<kUnion>}},
                     .examples = {{"array_union(ARRAY[1, 2, 1], ARRAY[3, 2])", "[1, 2, 3]"}}});
  records.push_back({.name = "array_except",
                     .doc = "The elements of `a` that `b` has not, each once.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a ARRAY<T>, b ARRAY<T>) -> ARRAY<T>", ResolveOfTwo<kExcept>}},
                     .examples = {{"array_except(ARRAY[3, 1, 2, 3], ARRAY[2])", "[3, 1]"},
                                  {"array_except(ARRAY['a'], ARRAY['a'])", "[]"}}});
  records.push_back(
      {.name = "array_intersect",
       .doc = "The elements of `a` that `b` has too, each once.",
       .nulls = kNullIfArgument,
       .overloads = {{"(a ARRAY<T>, b ARRAY<T>) -> ARRAY<T>", ResolveOfTwo<kIntersect>}},
       .examples = {
           {"array_intersect(ARRAY['b', 'a', 'b', NULL], ARRAY[NULL, 'b'])", "[b, NULL]"}}});
  records.push_back({.name = "array_reverse",
                     .doc = "The elements from the last to the first.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a ARRAY<T>) -> ARRAY<T>", ResolveOfOne<kReverse, false>}},
                     .examples = {{"array_reverse(ARRAY['a', NULL, 'longer than twelve bytes'])",
                                   "[longer than twelve bytes, NULL, a]"}}});
  records.push_back(
      {.name = "array_slice",
       .doc = "The elements from `from` to `to`, both included, from 1; negative ones count from "
              "the end, and without `to` it goes up to there.",
       .nulls = kNullIfArgument,
       .overloads = {{"(a ARRAY<T>, from INT [, to INT]) -> ARRAY<T>", ResolveSlice}},
       .examples = {{"array_slice(ARRAY[1, 2, 3, 4], 2, 3)", "[2, 3]"},
                    {"array_slice(ARRAY[1, 2, 3, 4], -2)", "[3, 4]"},
                    {"array_slice(ARRAY[1, 2, 3], 0, -2)", "[1, 2]"},
                    {"array_slice(ARRAY[1, 2, 3], 2, 9)", "[2, 3]"},
                    {"array_slice(ARRAY[1, 2, 3], 3, 2)", "[]"}}});
  records.push_back(
      {.name = "array_sort",
       .doc = "The elements in order, ascending unless said otherwise; NULLs come first in "
              "ascending order, last in descending order, or as said.",
       .nulls = kNullIfArgument,
       .overloads = {{"(a ARRAY<T> [, ascending BOOLEAN [, nulls_first BOOLEAN]]) -> ARRAY<T>",
                      ResolveSort}},
       .examples = {{"array_sort(ARRAY[3, NULL, 1])", "[NULL, 1, 3]"},
                    {"array_sort(ARRAY['b', NULL, 'c', 'a'], FALSE)", "[c, b, a, NULL]"},
                    {"array_sort(ARRAY[3, NULL, 1], TRUE, FALSE)", "[1, 3, NULL]"}}});
  records.push_back(
      {.name = "array_join",
       .doc = "The texts of the array with the separator between them.",
       .nulls = "NULL if an argument is. NULL elements are left out, or stand as `null_text`.",
       .overloads = {{"(a ARRAY<STRING>, separator STRING [, null_text STRING]) -> STRING",
                      ResolveJoin}},
       .examples = {{"array_join(ARRAY['a', NULL, 'b'], ', ')", "a, b"},
                    {"array_join(ARRAY['a', NULL, 'b'], ', ', '?')", "a, ?, b"}}});
  records.push_back(
      {.name = "split",
       .doc = "The parts of the text between separators; without a separator its "
              "characters.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, separator STRING) -> ARRAY<STRING NOT NULL>", ResolveSplit}},
       .examples = {{"split('a,b,,c', ',')", "[a, b, , c]"},
                    {"split('abc', ',')", "[abc]"},
                    {"split('añb', '')", "[a, ñ, b]"}}});
  return records;
}

}  // namespace

std::vector<FunctionRecord> ArrayFunctions() {
  std::vector<FunctionRecord> records;
  for (auto* part : {&AccessFunctions, &SearchFunctions, &SetFunctions}) {
    for (FunctionRecord& record : part()) {
      record.category = FunctionCategory::kArray;
      records.push_back(std::move(record));
    }
  }
  return records;
}

}  // namespace flinkc
