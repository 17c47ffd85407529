// What is part of the language and not a call of a kernel: documented, with examples, beside the
// functions. The checker knows these forms (compiler/expression/check_operator.cpp and
// check_call.cpp).
#include <utility>

#include "stdlib-operators/functions/records.h"

namespace flinkc {
namespace {

std::vector<FunctionRecord> LogicalForms() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "and",
                     .doc = "Whether both are TRUE; stops at the first that is FALSE.",
                     .nulls = "NULL if neither is FALSE and one is NULL.",
                     .forms = {"a AND b"},
                     .examples = {{"1 = 1 AND 2 > 3", "FALSE"},
                                  {"CAST(NULL AS BOOLEAN) AND FALSE", "FALSE"},
                                  {"TRUE AND CAST(NULL AS BOOLEAN)", "NULL"},
                                  {"FALSE AND 1 / 0 = 1", "FALSE"}}});
  records.push_back({.name = "or",
                     .doc = "Whether one of them is TRUE; stops at the first that is.",
                     .nulls = "NULL if neither is TRUE and one is NULL.",
                     .forms = {"a OR b"},
                     .examples = {{"1 = 1 OR 1 / 0 = 1", "TRUE"},
                                  {"CAST(NULL AS BOOLEAN) OR TRUE", "TRUE"},
                                  {"FALSE OR CAST(NULL AS BOOLEAN)", "NULL"}}});
  records.push_back({.name = "not",
                     .doc = "TRUE of FALSE and FALSE of TRUE.",
                     .nulls = "NULL of NULL.",
                     .forms = {"NOT a"},
                     .examples = {{"NOT 1 = 1", "FALSE"}, {"NOT CAST(NULL AS BOOLEAN)", "NULL"}}});
  records.push_back({.name = "is null",
                     .doc = "Whether a value is NULL.",
                     .nulls = "Never NULL.",
                     .forms = {"a IS NULL", "a IS NOT NULL"},
                     .examples = {{"NULLIF('a', 'a') IS NULL", "TRUE"},
                                  {"'' IS NULL", "FALSE"},
                                  {"1 IS NOT NULL", "TRUE"}}});
  records.push_back({.name = "is true",
                     .aliases = {"is false", "is unknown"},
                     .doc = "Whether a condition is just this; UNKNOWN is NULL.",
                     .nulls = "Never NULL.",
                     .forms = {"a IS [NOT] TRUE", "a IS [NOT] FALSE", "a IS [NOT] UNKNOWN"},
                     .examples = {{"(1 > NULLIF(1, 1)) IS TRUE", "FALSE"},
                                  {"(1 > NULLIF(1, 1)) IS NOT TRUE", "TRUE"},
                                  {"(1 > 2) IS FALSE", "TRUE"},
                                  {"(1 > NULLIF(1, 1)) IS UNKNOWN", "TRUE"}}});
  records.push_back({.name = "between",
                     .doc = "x >= a AND x <= b; SYMMETRIC takes the bounds in either order.",
                     .nulls = "As the comparisons and AND.",
                     .forms = {"x [NOT] BETWEEN a AND b", "x [NOT] BETWEEN SYMMETRIC a AND b"},
                     .examples = {{"2 BETWEEN 1 AND 2", "TRUE"},
                                  {"2 BETWEEN 3 AND 1", "FALSE"},
                                  {"2 BETWEEN SYMMETRIC 3 AND 1", "TRUE"},
                                  {"2 NOT BETWEEN 1 AND 2", "FALSE"},
                                  {"2 BETWEEN 3 AND NULLIF(1, 1)", "FALSE"}}});
  records.push_back({.name = "in",
                     .doc = "Whether the value is one of the list: x = a OR x = b ….",
                     .nulls = "NULL if none is equal and a comparison is NULL.",
                     .forms = {"x [NOT] IN (a, b, …)"},
                     .examples = {{"2 IN (1, 2, 3)", "TRUE"},
                                  {"'d' NOT IN ('a', 'b')", "TRUE"},
                                  {"2 IN (2, NULL)", "TRUE"},
                                  {"2 NOT IN (1, NULL)", "NULL"}}});
  for (FunctionRecord& record : records) record.category = FunctionCategory::kLogical;
  return records;
}

std::vector<FunctionRecord> ConditionalForms() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "case",
       .doc = "The value of the first arm whose condition is TRUE, or that equals `x`; arms not "
              "taken are not evaluated, so they cannot fail.",
       .nulls = "NULL if no arm is taken and there is no ELSE.",
       .forms = {"CASE WHEN c THEN a [WHEN …] [ELSE b] END",
                 "CASE x WHEN v THEN a [WHEN …] [ELSE b] END"},
       .examples = {{"CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END", "b"},
                    {"CASE 3 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", "NULL"},
                    {"CASE WHEN TRUE THEN 1 ELSE 1 / 0 END", "1"},
                    {"CASE WHEN FALSE THEN 1 ELSE 2.5 END", "2.5"}}});
  records.push_back({.name = "if",
                     .doc = "`a` where the condition is TRUE, else `b`.",
                     .nulls = "NULL if the value chosen is.",
                     .forms = {"IF(c, a, b)"},
                     .examples = {{"IF(5 > 3, 'yes', 'no')", "yes"},
                                  {"IF(NULLIF(1, 1) = 1, 'yes', 'no')", "no"}}});
  records.push_back({.name = "coalesce",
                     .doc = "The first argument that is not NULL; those behind it are not "
                            "evaluated.",
                     .nulls = "NULL if all are.",
                     .forms = {"COALESCE(a, b, …)"},
                     .examples = {{"COALESCE(NULLIF(1, 1), NULL, 3)", "3"},
                                  {"COALESCE(1, 1 / 0)", "1"},
                                  {"COALESCE(NULLIF('a', 'a'), NULL)", "NULL"}}});
  records.push_back({.name = "ifnull",
                     .doc = "`a`, or `b` where it is NULL.",
                     .nulls = "NULL if both are.",
                     .forms = {"IFNULL(a, b)"},
                     .examples = {{"IFNULL(NULLIF(1, 1), 7)", "7"}, {"IFNULL('a', 'b')", "a"}}});
  records.push_back(
      {.name = "nullif",
       .doc = "NULL where the two are equal, else `a`.",
       .nulls = "NULL if `a` is.",
       .forms = {"NULLIF(a, b)"},
       .examples = {
           {"NULLIF(5, 5)", "NULL"}, {"NULLIF(5, 0)", "5"}, {"NULLIF(5, NULLIF(0, 0))", "5"}}});
  for (FunctionRecord& record : records) record.category = FunctionCategory::kConditional;
  return records;
}

std::vector<FunctionRecord> ConversionForms() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "cast",
                     .doc = "The value as one of the type.",
                     .nulls = "NULL if `a` is, and of a DECIMAL that lacks the digits; fails on "
                              "what is no value of the type.",
                     .forms = {"CAST(a AS TYPE)", "a::TYPE"},
                     .examples = {{"CAST('42' AS INT) + 1", "43"},
                                  {"CAST(2.5 AS STRING) || '!'", "2.5!"},
                                  {"'2020-02-29'::DATE", "2020-02-29"},
                                  {"CAST('x' AS INT)", "error: INVALID_CAST"},
                                  {"CAST(12.34 AS DECIMAL(3, 2))", "NULL"}}});
  records.push_back(
      {.name = "try_cast",
       .doc = "As CAST, but NULL where that fails.",
       .nulls = "NULL if `a` is or cannot be cast.",
       .forms = {"TRY_CAST(a AS TYPE)"},
       .examples = {{"TRY_CAST('x' AS INT)", "NULL"}, {"TRY_CAST('42' AS INT)", "42"}}});
  records.push_back(
      {.name = "typeof",
       .category = FunctionCategory::kConversion,
       .doc = "The type of a value, as it is written in a spec.",
       .nulls = "Never NULL.",
       .forms = {"typeof(a)"},
       .examples = {{"typeof(1)", "INT NOT NULL"}, {"typeof(NULLIF(1.5, 2))", "DECIMAL(2, 1)"}}});
  records.push_back({.name = "try",
                     .doc = "The value of any expression, NULL where it fails.",
                     .nulls = "NULL if `a` is or fails.",
                     .forms = {"TRY(a)"},
                     .examples = {{"TRY(1 / 0)", "NULL"}, {"TRY(6 / 2)", "3"}}});
  for (FunctionRecord& record : records) record.category = FunctionCategory::kConversion;
  return records;
}

}  // namespace

std::vector<FunctionRecord> SpecialForms() {
  std::vector<FunctionRecord> records;
  for (auto* part : {&LogicalForms, &ConditionalForms, &ConversionForms}) {
    for (FunctionRecord& record : part()) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace flinkc
