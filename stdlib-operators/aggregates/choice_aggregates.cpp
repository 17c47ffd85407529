// first_value, last_value, any_value, min_by, max_by.
#include <map>
#include <string>

#include "compiler/expression/implicit_cast.h"
#include "runtime/base/check.h"
#include "stdlib-operators/aggregates/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/aggregate_choice.h"
#include "stdlib-operators/kernels/aggregate_retract.h"

namespace flinkc {
namespace {

constexpr KernelsByType kFirst = FLINKC_KERNELS_BY_TYPE("flinkc_first_value");
constexpr KernelsByType kLast = FLINKC_KERNELS_BY_TYPE("flinkc_last_value");
constexpr KernelsByType kFirstResult = FLINKC_KERNELS_BY_TYPE("flinkc_first_result");
constexpr KernelsByType kChoiceResult = FLINKC_KERNELS_BY_TYPE("flinkc_choice_result");

template <bool kIsLast>
std::optional<AggregateResolution> ResolveFirst(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], IntType());
  AggregateResolution resolution;
  resolution.result = type.Nullable();
  resolution.parameters = {type.WithNullable(arguments[0].type.nullable())};
  resolution.state_bytes = sizeof(FirstState);
  if (type.is_view()) resolution.blob_offsets = {offsetof(FirstState, value)};
  resolution.accumulate = (kIsLast ? kLast : kFirst).For(type);
  resolution.merge = type.is_view()
                         ? (kIsLast ? "flinkc_last_merge_text" : "flinkc_first_merge_text")
                         : (kIsLast ? "flinkc_last_merge_fixed" : "flinkc_first_merge_fixed");
  resolution.result_kernel = kFirstResult.For(type);
  return resolution;
}

constexpr KernelsByType kListed = FLINKC_KERNELS_BY_TYPE("flinkc_listed");
constexpr KernelsByType kListedRetract = FLINKC_KERNELS_BY_TYPE("flinkc_listed_retract");
constexpr KernelsByType kListedFirst = FLINKC_KERNELS_BY_TYPE("flinkc_listed_first");
constexpr KernelsByType kListedLast = FLINKC_KERNELS_BY_TYPE("flinkc_listed_last");

template <bool kIsLast>
std::optional<AggregateResolution> ResolveFirstRetracting(Arguments arguments) {
  auto resolution = ResolveFirst<kIsLast>(arguments);
  if (!resolution) return std::nullopt;
  const DataType& type = resolution->parameters[0];
  resolution->state_bytes = sizeof(ListedState);
  resolution->blob_offsets = {offsetof(ListedState, values)};
  resolution->accumulate = kListed.For(type);
  resolution->retract = kListedRetract.For(type);
  resolution->merge = "flinkc_listed_merge";
  resolution->result_kernel = (kIsLast ? kListedLast : kListedFirst).For(type);
  return resolution;
}

// The kernels of min_by and max_by for one type of value, by what orders it.
struct ChoiceKernels {
  std::string_view boolean, i32, i64, f64, decimal, text;
};
#define FLINKC_CHOICE_ROW(prefix)                                 \
  ChoiceKernels{prefix "_bool", prefix "_i32",     prefix "_i64", \
                prefix "_f64",  prefix "_decimal", prefix "_text"}
struct ChoiceTable {
  ChoiceKernels boolean, i8, i16, i32, i64, f32, f64, decimal, text, merge_fixed, merge_text;
};
#define FLINKC_CHOICE_TABLE(name)                                                \
  ChoiceTable {                                                                  \
    FLINKC_CHOICE_ROW(name "_bool"), FLINKC_CHOICE_ROW(name "_i8"),              \
        FLINKC_CHOICE_ROW(name "_i16"), FLINKC_CHOICE_ROW(name "_i32"),          \
        FLINKC_CHOICE_ROW(name "_i64"), FLINKC_CHOICE_ROW(name "_f32"),          \
        FLINKC_CHOICE_ROW(name "_f64"), FLINKC_CHOICE_ROW(name "_decimal"),      \
        FLINKC_CHOICE_ROW(name "_text"), FLINKC_CHOICE_ROW(name "_merge_fixed"), \
        FLINKC_CHOICE_ROW(name "_merge_text")                                    \
  }
constexpr ChoiceTable kMinBy = FLINKC_CHOICE_TABLE("flinkc_min_by");
constexpr ChoiceTable kMaxBy = FLINKC_CHOICE_TABLE("flinkc_max_by");

const ChoiceKernels& RowOf(const ChoiceTable& table, const DataType& value) {
  if (value.kind() == TypeKind::kBoolean) return table.boolean;
  if (value.kind() == TypeKind::kDecimal) return table.decimal;
  switch (value.physical()) {
    case PhysicalType::kI8:
      return table.i8;
    case PhysicalType::kI16:
      return table.i16;
    case PhysicalType::kI32:
      return table.i32;
    case PhysicalType::kI64:
      return table.i64;
    case PhysicalType::kF32:
      return table.f32;
    case PhysicalType::kF64:
      return table.f64;
    case PhysicalType::kView:
      return table.text;
    case PhysicalType::kI128:
      return table.decimal;
  }
  CHECK(false);
}

std::string_view ByOrder(const ChoiceKernels& kernels, const DataType& order) {
  if (order.kind() == TypeKind::kBoolean) return kernels.boolean;
  if (order.kind() == TypeKind::kDecimal) return kernels.decimal;
  switch (order.physical()) {
    case PhysicalType::kI32:
      return kernels.i32;
    case PhysicalType::kI64:
      return kernels.i64;
    case PhysicalType::kF64:
      return kernels.f64;
    default:
      return kernels.text;
  }
}

// What orders is widened, so that there are fewer kernels.
DataType OrderType(const DataType& type) {
  if (type.is_integer()) return BigintType();
  if (type.kind() == TypeKind::kFloat) return DoubleType();
  return type;
}

template <const ChoiceTable& kTable>
std::optional<AggregateResolution> ResolveChoice(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const DataType value = TypeOr(arguments[0], IntType());
  const DataType order = OrderType(TypeOr(arguments[1], IntType()));
  if (order.is_nested()) return std::nullopt;
  AggregateResolution resolution;
  resolution.result = value.Nullable();
  resolution.parameters = {value.WithNullable(arguments[0].type.nullable()),
                           order.WithNullable(arguments[1].type.nullable())};
  resolution.state_bytes = sizeof(ChoiceState);
  if (value.is_view()) resolution.blob_offsets.push_back(offsetof(ChoiceState, value));
  if (order.is_view()) resolution.blob_offsets.push_back(offsetof(ChoiceState, order));
  resolution.accumulate = ByOrder(RowOf(kTable, value), order);
  resolution.merge = ByOrder(value.is_view() ? kTable.merge_text : kTable.merge_fixed, order);
  resolution.result_kernel = kChoiceResult.For(value);
  resolution.sees_null = true;
  return resolution;
}

}  // namespace

std::vector<AggregateRecord> ChoiceAggregates() {
  std::vector<AggregateRecord> records;
  records.push_back(
      {.name = "first_value",
       .doc = "The first value that is not NULL, in the order of the rows.",
       .nulls = "NULL of no such row.",
       .order_dependent = true,
       .overloads = {{"(x T) -> T", ResolveFirst<false>, ResolveFirstRetracting<false>}},
       .examples = {{"first_value(x) over (NULL, 2, 3)", "2"}}});
  records.push_back(
      {.name = "any_value",
       .doc = "One of the values: the first that is not NULL.",
       .nulls = "NULL of no such row.",
       .order_dependent = true,
       .overloads = {{"(x T) -> T", ResolveFirst<false>, ResolveFirstRetracting<false>}},
       .examples = {{"any_value(x) over (NULL, 2, 2)", "2"}}});
  records.push_back(
      {.name = "last_value",
       .doc = "The last value that is not NULL, in the order of the rows.",
       .nulls = "NULL of no such row.",
       .order_dependent = true,
       .overloads = {{"(x T) -> T", ResolveFirst<true>, ResolveFirstRetracting<true>}},
       .examples = {{"last_value(x) over ('a', 'b', NULL)", "b"}}});
  records.push_back(
      {.name = "min_by",
       .doc = "`x` of the row with the smallest `by`; of equal ones that of the first.",
       .nulls = "Rows where `by` is NULL do not count; `x` may be NULL.",
       .order_dependent = true,
       .overloads = {{"(x T, by U) -> T", ResolveChoice<kMinBy>}},
       .examples = {{"min_by('v' || CAST(x AS STRING), x) over (3, 1, 2)", "v1"},
                    {"min_by(x, NULLIF(x, 1)) over (3, 1, 2)", "2"}}});
  records.push_back(
      {.name = "max_by",
       .doc = "`x` of the row with the largest `by`; of equal ones that of the first.",
       .nulls = "Rows where `by` is NULL do not count; `x` may be NULL.",
       .order_dependent = true,
       .overloads = {{"(x T, by U) -> T", ResolveChoice<kMaxBy>}},
       .examples = {{"max_by(-x, x) over (3, 1, 2)", "-3"},
                    {"max_by(NULLIF(x, 3), x) over (3, 1, 2)", "NULL"}}});
  return records;
}

}  // namespace flinkc
