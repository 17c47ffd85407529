// array_agg, collect, json_arrayagg, json_objectagg.
#include "runtime/data/element_kind.h"
#include "stdlib-operators/aggregates/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/aggregate_list.h"

namespace flinkc {
namespace {

constexpr KernelsByType kKeep = FLINKC_KERNELS_BY_TYPE("flinkc_keep");
constexpr KernelsByType kKeepNotNull = FLINKC_KERNELS_BY_TYPE("flinkc_keep_not_null");

AggregateResolution ListOf(DataType result) {
  AggregateResolution resolution;
  resolution.result = std::move(result);
  resolution.state_bytes = sizeof(ValuesState);
  resolution.blob_offsets = {offsetof(ValuesState, values)};
  return resolution;
}

std::optional<AggregateResolution> ResolveArrayAgg(Arguments arguments) {
  if (arguments.size() != 1 || arguments[0].type.kind() == TypeKind::kNull) return std::nullopt;
  const DataType& type = arguments[0].type;
  AggregateResolution resolution = ListOf(DataType::Array(type));
  resolution.parameters = {type};
  resolution.accumulate = kKeep.For(type);
  resolution.merge = "flinkc_keep_merge";
  resolution.result_kernel = "flinkc_array_agg_result";
  resolution.sees_null = true;
  resolution.immediates = {static_cast<int64_t>(ElementKindOf(type))};
  return resolution;
}

std::optional<AggregateResolution> ResolveCollect(Arguments arguments) {
  if (arguments.size() != 1 || arguments[0].type.kind() == TypeKind::kNull) return std::nullopt;
  const DataType& type = arguments[0].type;
  AggregateResolution resolution = ListOf(DataType::Map(type.NotNull(), IntType().NotNull()));
  resolution.parameters = {type};
  resolution.accumulate = kKeepNotNull.For(type);
  resolution.merge = "flinkc_keep_merge";
  resolution.result_kernel = "flinkc_native_collect_result";
  resolution.immediates = {static_cast<int64_t>(ElementKindOf(type))};
  return resolution;
}

// The arguments are JSON texts: the checker makes them of the values.
std::optional<AggregateResolution> ResolveJsonArrayAgg(Arguments arguments) {
  if (!Accepts(arguments, {StringType()})) return std::nullopt;
  AggregateResolution resolution = ListOf(StringType().NotNull());
  resolution.parameters = {StringType().WithNullable(arguments[0].type.nullable())};
  resolution.accumulate = "flinkc_json_arrayagg";
  resolution.merge = "flinkc_json_merge";
  resolution.result_kernel = "flinkc_json_arrayagg_result";
  return resolution;
}

std::optional<AggregateResolution> ResolveJsonObjectAgg(Arguments arguments) {
  if (!Accepts(arguments, {StringType(), StringType()})) return std::nullopt;
  AggregateResolution resolution = ListOf(StringType().NotNull());
  for (const ArgumentInfo& argument : arguments) {
    resolution.parameters.push_back(StringType().WithNullable(argument.type.nullable()));
  }
  resolution.accumulate = "flinkc_json_objectagg";
  resolution.merge = "flinkc_json_merge";
  resolution.result_kernel = "flinkc_native_json_objectagg_result";
  return resolution;
}

}  // namespace

std::vector<AggregateRecord> ListAggregates() {
  std::vector<AggregateRecord> records;
  records.push_back({.name = "array_agg",
                     .doc = "An ARRAY of the values, in the order of the rows.",
                     .nulls =
                         "NULL of no rows. Rows that are NULL are NULL elements, but with DISTINCT "
                         "they do not count.",
                     .order_dependent = true,
                     .overloads = {{"(x T) -> ARRAY<T>", ResolveArrayAgg}},
                     .examples = {{"array_agg(x) over (3, NULL, 1)", "[3, NULL, 1]"},
                                  {"array_agg(x) over ('a', 'a text of more than twelve bytes')",
                                   "[a, a text of more than twelve bytes]"},
                                  {"array_agg(x * 0.5) over (1, 2)", "[0.5, 1.0]"},
                                  {"array_agg(DISTINCT x) over (2, 1, 2)", "[2, 1]"}}});
  records.push_back(
      {.name = "collect",
       .doc = "How often each value comes, as a MAP from value to number: SQL's MULTISET.",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x T) -> MAP<T, INT>", ResolveCollect}},
       .examples = {{"collect(x) over ('b', 'a', 'b', NULL)", "{a=1, b=2}"},
                    {"collect(x) over (7)", "{7=1}"},
                    {"collect(x) over (NULL)", "NULL"}}});
  records.push_back(
      {.name = "json_arrayagg",
       .doc =
           "JSON_ARRAYAGG(x [NULL | ABSENT ON NULL]): a JSON array of the values, in the order of "
           "the rows.",
       .nulls = "Never NULL: [] of no rows. Rows that are NULL are left out, or stand as null with "
                "NULL ON NULL.",
       .order_dependent = true,
       .overloads = {{"(x ANY) -> STRING NOT NULL", ResolveJsonArrayAgg}},
       .examples = {{"json_arrayagg(x) over ('a', NULL, 'b')", R"(["a","b"])"},
                    {"json_arrayagg(x NULL ON NULL) over (1, NULL)", "[1,null]"},
                    {"json_arrayagg(x) over (NULL)", "[]"}}});
  records.push_back(
      {.name = "json_objectagg",
       .doc = "JSON_OBJECTAGG([KEY] name VALUE x [NULL | ABSENT ON NULL]): a JSON object; of equal "
              "names the last counts.",
       .nulls =
           "Never NULL: {} of no rows. A value that is NULL stands as null, or is left out with "
           "ABSENT ON NULL.",
       .order_dependent = true,
       .overloads = {{"(name STRING, x ANY) -> STRING NOT NULL", ResolveJsonObjectAgg}},
       .examples = {{"json_objectagg(KEY COALESCE(x, '-') VALUE x) over ('a', NULL)",
                     R"({"a":"a","-":null})"},
                    {"json_objectagg(COALESCE(x, '-') VALUE x ABSENT ON NULL) over ('a', NULL)",
                     R"({"a":"a"})"},
                    {"json_objectagg('k' VALUE x) over (1, 2)", R"({"k":2})"}}});
  return records;
}

}  // namespace flinkc
