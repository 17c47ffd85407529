// Functions of text.
#include <array>

#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

std::optional<Resolution> ResolveConcat(Arguments arguments) {
  // A kernel for each number of arguments.
  static constexpr std::array<std::string_view, 13> kKernels = {"",
                                                                "flinkc_concat_1",
                                                                "flinkc_concat_2",
                                                                "flinkc_concat_3",
                                                                "flinkc_concat_4",
                                                                "flinkc_concat_5",
                                                                "flinkc_concat_6",
                                                                "flinkc_concat_7",
                                                                "flinkc_concat_8",
                                                                "flinkc_concat_9",
                                                                "flinkc_concat_10",
                                                                "flinkc_concat_11",
                                                                "flinkc_concat_12"};
  if (arguments.empty() || arguments.size() >= kKernels.size()) return std::nullopt;
  for (const ArgumentInfo& argument : arguments) {
    if (!Accepts({&argument, 1}, {StringType()})) return std::nullopt;
  }
  return StrictCall(TextKernel(kKernels[arguments.size()]), StringType(), arguments,
                    std::vector<DataType>(arguments.size(), StringType()));
}

std::optional<Resolution> ResolveCharLength(Arguments arguments) {
  return FixedCall(ValueKernel("flinkc_char_length"), IntType(), arguments, {StringType()});
}
std::optional<Resolution> ResolveUpper(Arguments arguments) {
  return FixedCall(TextKernel("flinkc_native_upper"), StringType(), arguments, {StringType()});
}
std::optional<Resolution> ResolveLower(Arguments arguments) {
  return FixedCall(TextKernel("flinkc_native_lower"), StringType(), arguments, {StringType()});
}
std::optional<Resolution> ResolveSubstring(Arguments arguments) {
  if (arguments.size() == 2) {
    return FixedCall({"flinkc_substring"}, StringType(), arguments, {StringType(), IntType()});
  }
  return FixedCall(NullingKernel("flinkc_substring_length"), StringType(), arguments,
                   {StringType(), IntType(), IntType()});
}
std::optional<Resolution> ResolveLike(Arguments arguments) {
  if (arguments.size() == 2) {
    return FixedCall(ValueKernel("flinkc_like"), BooleanType(), arguments,
                     {StringType(), StringType()});
  }
  return FixedCall(ValueKernel("flinkc_like_escape"), BooleanType(), arguments,
                   {StringType(), StringType(), StringType()});
}

}  // namespace

std::vector<FunctionRecord> TextFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "concat",
                     .doc = "The texts one after the other; also written a || b. At most 12.",
                     .nulls = "NULL if an argument is.",
                     .overloads = {{"(s STRING, …) -> STRING", ResolveConcat}},
                     .examples = {{"concat('a', 'b', 'c')", "abc"},
                                  {"'a' || 'b'", "ab"},
                                  {"'a' || CAST(NULL AS STRING)", "NULL"}}});
  records.push_back(
      {.name = "char_length",
       .aliases = {"character_length", "length"},
       .doc = "How many characters the text has.",
       .nulls = "NULL if the argument is.",
       .overloads = {{"(s STRING) -> INT", ResolveCharLength}},
       .examples = {
           {"char_length('flink')", "5"}, {"char_length('héé')", "3"}, {"char_length('')", "0"}}});
  records.push_back({.name = "upper",
                     .aliases = {"ucase"},
                     .doc = "The text in upper case, by Unicode's simple mapping.",
                     .nulls = "NULL if the argument is.",
                     .overloads = {{"(s STRING) -> STRING", ResolveUpper}},
                     .examples = {{"upper('fLink')", "FLINK"}, {"upper('é')", "É"}}});
  records.push_back({.name = "lower",
                     .aliases = {"lcase"},
                     .doc = "The text in lower case, by Unicode's simple mapping.",
                     .nulls = "NULL if the argument is.",
                     .overloads = {{"(s STRING) -> STRING", ResolveLower}},
                     .examples = {{"lower('FLink')", "flink"}, {"lower('É')", "é"}}});
  records.push_back(
      {.name = "substring",
       .aliases = {"substr"},
       .doc = "Characters from `start` on (from 1; negative: from the end), at most `length`.",
       .nulls = "NULL if an argument is or `length` is negative.",
       .overloads = {{"(s STRING, start INT [, length INT]) -> STRING", ResolveSubstring}},
       .examples = {{"substring('flink', 2, 3)", "lin"},
                    {"substring('flink' FROM 3)", "ink"},
                    {"substring('flink', -2)", "nk"},
                    {"substring('flink', 9)", ""},
                    {"substring('flink', 1, -1)", "NULL"}}});
  records.push_back(
      {.name = "like",
       .category = FunctionCategory::kComparison,
       .doc = "Whether the text matches: % is any text, _ one character, \\ (or ESCAPE) takes the "
              "next as it is.",
       .nulls = "NULL if an argument is.",
       .overloads = {{"(s STRING, pattern STRING [, escape STRING]) -> BOOLEAN", ResolveLike}},
       .examples = {{"'flink' LIKE 'f%k'", "TRUE"},
                    {"'flink' LIKE '_link_'", "FALSE"},
                    {"'50%' LIKE '50!%' ESCAPE '!'", "TRUE"},
                    {"'flink' NOT LIKE '%z%'", "TRUE"}}});
  return records;
}

}  // namespace flinkc
