// Functions of lambdas: documented here, with examples; their loops are written by lowering
// (compiler/expression/higher_order.h).
#include "stdlib-operators/functions/records.h"

namespace flinkc {

std::vector<FunctionRecord> LambdaFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "array_transform",
       .aliases = {"transform"},
       .category = FunctionCategory::kArray,
       .doc = "What the lambda makes of each element.",
       .nulls = "NULL if the array is. Elements that are NULL are given to the lambda.",
       .forms = {"array_transform(array, x -> expression)"},
       .examples = {
           {"array_transform(ARRAY[1, 2, 3], x -> x * 10)", "[10, 20, 30]"},
           {"array_transform(ARRAY['a', NULL], x -> upper(x) || '!')", "[A!, NULL]"},
           {"array_transform(ARRAY[1, NULL], x -> x IS NULL)", "[FALSE, TRUE]"},
           {"array_transform(ARRAY[ARRAY[1], ARRAY[2, 3]], a -> array_transform(a, x -> x + "
            "cardinality(a)))",
            "[[2], [4, 5]]"},
           {"array_transform(ARRAY[1, 0], x -> 1 / x)", "error: DIVISION_BY_ZERO"},
           {"array_transform(ARRAY[1, 0], x -> TRY(1 / x))", "[1, NULL]"},
           {"array_transform(CAST(NULL AS ARRAY<INT>), x -> 1)", "NULL"}}});
  records.push_back(
      {.name = "array_filter",
       .category = FunctionCategory::kArray,
       .doc = "The elements for which the condition is TRUE.",
       .nulls = "NULL if the array is.",
       .forms = {"array_filter(array, x -> condition)"},
       .examples = {{"array_filter(ARRAY[1, 5, NULL, 7], x -> x > 2)", "[5, 7]"},
                    {"array_filter(ARRAY['long enough for a view', 'b'], s -> char_length(s) > 3)",
                     "[long enough for a view]"},
                    {"array_filter(ARRAY[1], x -> x > 1)", "[]"}}});
  records.push_back(
      {.name = "any_match",
       .aliases = {"array_any_match"},
       .category = FunctionCategory::kArray,
       .doc = "Whether the condition is TRUE for an element; looks no further than the first.",
       .nulls = "NULL if the array is, or if it is TRUE for none and NULL for one.",
       .forms = {"any_match(array, x -> condition)"},
       .examples = {{"any_match(ARRAY[1, 2], x -> x > 1)", "TRUE"},
                    {"any_match(ARRAY[2, 0], x -> 2 / x = 1)", "TRUE"},
                    {"any_match(ARRAY[1, NULL], x -> x > 1)", "NULL"},
                    {"any_match(array_filter(ARRAY[1], x -> FALSE), x -> TRUE)", "FALSE"}}});
  records.push_back(
      {.name = "all_match",
       .aliases = {"array_all_match"},
       .category = FunctionCategory::kArray,
       .doc = "Whether the condition is TRUE for all elements; looks no further than the first for "
              "which it is FALSE.",
       .nulls = "NULL if the array is, or if it is FALSE for none and NULL for one.",
       .forms = {"all_match(array, x -> condition)"},
       .examples = {{"all_match(ARRAY[1, 2], x -> x > 0)", "TRUE"},
                    {"all_match(ARRAY[NULL, 0], x -> x > 0)", "FALSE"},
                    {"all_match(ARRAY[1, NULL], x -> x > 0)", "NULL"}}});
  records.push_back({.name = "none_match",
                     .aliases = {"array_none_match"},
                     .category = FunctionCategory::kArray,
                     .doc = "Whether the condition is TRUE for no element.",
                     .nulls = "NULL if the array is, or if it is TRUE for none and NULL for one.",
                     .forms = {"none_match(array, x -> condition)"},
                     .examples = {{"none_match(ARRAY[1, 2], x -> x > 2)", "TRUE"},
                                  {"none_match(ARRAY[3, NULL], x -> x > 2)", "FALSE"},
                                  {"none_match(ARRAY[NULL, 1], x -> x > 2)", "NULL"}}});
  records.push_back(
      {.name = "array_reduce",
       .aliases = {"reduce"},
       .category = FunctionCategory::kArray,
       .doc = "The elements folded from the first to the last: each time the lambda gets what it "
              "gave before, at first the initial value. Both are cast to their common type.",
       .nulls = "NULL if the array is; else what the lambda gives.",
       .forms = {"array_reduce(array, initial, (accumulated, x) -> expression)"},
       .examples = {
           {"array_reduce(ARRAY[1, 2, 3], 0, (sum, x) -> sum + x)", "6"},
           {"array_reduce(ARRAY['a', 'b', 'a text of more than twelve bytes'], '', (s, x) -> s || "
            "x)",
            "aba text of more than twelve bytes"},
           {"array_reduce(ARRAY[1, 2], 0, (sum, x) -> CAST(sum + x AS BIGINT))", "3"},
           {"array_reduce(ARRAY[1.5, 2.5], CAST(0 AS DECIMAL(20, 1)), (s, x) -> CAST(s + x AS "
            "DECIMAL(20, 1)))",
            "4.0"},
           {"array_reduce(ARRAY[1, NULL], 0, (sum, x) -> sum + x)", "NULL"},
           {"array_reduce(array_filter(ARRAY[1], x -> FALSE), 7, (sum, x) -> sum + x)", "7"}}});
  records.push_back({.name = "map_filter",
                     .category = FunctionCategory::kMap,
                     .doc = "The entries for which the condition is TRUE.",
                     .nulls = "NULL if the map is.",
                     .forms = {"map_filter(map, (k, v) -> condition)"},
                     .examples = {{"map_filter(MAP['a', 1, 'b', 2], (k, v) -> v > 1)", "{b=2}"},
                                  {"map_filter(MAP['a', 1], (k, v) -> k = 'x')", "{}"}}});
  records.push_back(
      {.name = "map_transform_keys",
       .aliases = {"transform_keys"},
       .category = FunctionCategory::kMap,
       .doc = "The map with the keys that the lambda gives; of equal ones the last counts.",
       .nulls = "NULL if the map is.",
       .forms = {"map_transform_keys(map, (k, v) -> expression)"},
       .examples = {{"map_transform_keys(MAP['a', 1, 'b', 2], (k, v) -> v)", "{1=1, 2=2}"},
                    {"map_transform_keys(MAP['a', 1, 'A', 2], (k, v) -> upper(k))", "{A=1}"}}});
  records.push_back(
      {.name = "map_transform_values",
       .aliases = {"transform_values"},
       .category = FunctionCategory::kMap,
       .doc = "The map with the values that the lambda gives.",
       .nulls = "NULL if the map is.",
       .forms = {"map_transform_values(map, (k, v) -> expression)"},
       .examples = {{"map_transform_values(MAP['a', 1, 'b', NULL], (k, v) -> k || COALESCE(CAST(v "
                     "AS STRING), '-'))",
                     "{a=a1, b=b-}"}}});
  return records;
}

}  // namespace flinkc
