// Functions of regular expressions. The pattern is a constant, compiled once.
#include <string>
#include <variant>

#include "stdlib-operators/functions/native/regex.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

// The call of a function whose argument 1 is the pattern.
std::optional<Resolution> RegexCall(const KernelCall& kernel, const DataType& result,
                                    Arguments arguments,
                                    std::initializer_list<DataType> parameters) {
  auto resolution = FixedCall(kernel, result, arguments, parameters);
  if (!resolution) return std::nullopt;
  resolution->prepared_arguments = {1};
  resolution->check_constants = &CheckRegex;
  resolution->prepare = &PrepareRegex;
  return resolution;
}

template <const KernelCall& kKernel, DataType (*kResult)()>
std::optional<Resolution> ResolveRegex(Arguments arguments) {
  return RegexCall(kKernel, kResult(), arguments, {StringType(), StringType()});
}

constexpr KernelCall kRegexp = ValueKernel("flinkc_native_regexp");
constexpr KernelCall kCount = ValueKernel("flinkc_native_regexp_count");
constexpr KernelCall kInstr = ValueKernel("flinkc_native_regexp_instr");
constexpr KernelCall kSubstr = NullingKernel("flinkc_native_regexp_substr");
constexpr KernelCall kExtract = NullingKernel("flinkc_native_regexp_extract");
constexpr KernelCall kExtractAll = NullingTextKernel("flinkc_native_regexp_extract_all");
constexpr KernelCall kReplace = NullingTextKernel("flinkc_native_regexp_replace");

std::optional<Resolution> ResolveExtract(Arguments arguments) {
  return RegexCall(kExtract, StringType(), arguments, {StringType(), StringType(), IntType()});
}

std::optional<Resolution> ResolveReplace(Arguments arguments) {
  return RegexCall(kReplace, StringType(), arguments, {StringType(), StringType(), StringType()});
}

// Elements cannot be NULL where the whole match is asked for.
std::optional<Resolution> ResolveExtractAll(Arguments arguments) {
  const bool whole = arguments.size() == 3 && arguments[2].literal != nullptr &&
                     arguments[2].literal->data == Value{int64_t{0}}.data;
  return RegexCall(kExtractAll, DataType::Array(StringType().WithNullable(!whole)), arguments,
                   {StringType(), StringType(), IntType()});
}

// Without a group's index: group 1, or all of the match where the pattern has none.
template <bool kHasGroup>
std::optional<Resolution> ResolveExtractAllOf(Arguments arguments) {
  if (arguments.size() != 2 || arguments[1].literal == nullptr) return std::nullopt;
  const auto* pattern = std::get_if<std::string>(&arguments[1].literal->data);
  if (pattern == nullptr) return std::nullopt;
  const bool has_group = CountGroups(*pattern).value_or(0) > 0;
  if (has_group != kHasGroup) return std::nullopt;
  return RegexCall(kHasGroup ? NullingTextKernel("flinkc_native_regexp_extract_all_group")
                             : TextKernel("flinkc_native_regexp_extract_all_match"),
                   DataType::Array(StringType().WithNullable(kHasGroup)), arguments,
                   {StringType(), StringType()});
}

std::optional<Resolution> ResolveExtractFirst(Arguments arguments) {
  return RegexCall(kSubstr, StringType(), arguments, {StringType(), StringType()});
}

std::optional<Resolution> ResolveSimilar(Arguments arguments) {
  constexpr KernelCall kSimilar = ValueKernel("flinkc_native_similar");
  const bool escape = arguments.size() == 3;
  auto resolution =
      escape ? FixedCall(kSimilar, BooleanType(), arguments,
                         {StringType(), StringType(), StringType()})
             : FixedCall(kSimilar, BooleanType(), arguments, {StringType(), StringType()});
  if (!resolution) return std::nullopt;
  resolution->prepared_arguments = escape ? std::vector<uint32_t>{1, 2} : std::vector<uint32_t>{1};
  resolution->check_constants = &CheckSimilar;
  resolution->prepare = &PrepareSimilar;
  return resolution;
}

constexpr std::string_view kNullIfArgument = "NULL if an argument is. The pattern is a constant.";

}  // namespace

std::vector<FunctionRecord> RegexFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "regexp",
       .aliases = {"rlike"},
       .doc = "Whether a part of the text matches the regular expression.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, pattern STRING) -> BOOLEAN", ResolveRegex<kRegexp, BooleanType>}},
       .examples = {{"regexp('flink 1.20', '[0-9]+')", "TRUE"},
                    {"regexp('flink', '^link')", "FALSE"}}});
  records.push_back(
      {.name = "similar",
       .category = FunctionCategory::kComparison,
       .doc = "s SIMILAR TO pattern: % and _ as in LIKE, and | * + ? { } ( ) [ ] as in regular "
              "expressions.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, pattern STRING [, escape STRING]) -> BOOLEAN", ResolveSimilar}},
       .examples = {{"'flink' SIMILAR TO '(fl|bl)in_'", "TRUE"},
                    {"'flink' SIMILAR TO 'in'", "FALSE"},
                    {"'a.c' SIMILAR TO 'a.c'", "TRUE"},
                    {"'abc' NOT SIMILAR TO 'a.c'", "TRUE"}}});
  records.push_back(
      {.name = "regexp_extract",
       .doc = "What group `group` (0: all) of the first match holds.",
       .nulls = "NULL if an argument is, nothing matches, or there is no such group. The pattern "
                "is a constant.",
       .overloads = {{"(s STRING, pattern STRING) -> STRING", ResolveExtractFirst},
                     {"(s STRING, pattern STRING, group INT) -> STRING", ResolveExtract}},
       .examples = {{"regexp_extract('foothebar', 'foo(.*?)(bar)', 2)", "bar"},
                    {"regexp_extract('foothebar', 'foo(.*?)(bar)')", "foothebar"},
                    {"regexp_extract('a=1&channel_id=7&b', '(&|^)channel_id=([^&]*)', 2)", "7"},
                    {"regexp_extract('abc', 'x')", "NULL"},
                    {"regexp_extract('abc', 'b', 1)", "NULL"}}});
  records.push_back(
      {.name = "regexp_extract_all",
       .doc = "What group `group` holds in each match; without it group 1, or all of the match "
              "where the pattern has no group.",
       .nulls = "NULL if an argument is or there is no such group. The pattern is a constant.",
       .overloads = {{"(s STRING, pattern STRING) -> ARRAY<STRING NOT NULL>",
                      ResolveExtractAllOf<false>},
                     {"(s STRING, pattern STRING) -> ARRAY<STRING>", ResolveExtractAllOf<true>},
                     {"(s STRING, pattern STRING, group INT) -> ARRAY<STRING>", ResolveExtractAll}},
       .examples = {{"regexp_extract_all('to be, or not', '[a-z]+')", "[to, be, or, not]"},
                    {"regexp_extract_all('a1b22', '[a-z]([0-9]+)')", "[1, 22]"},
                    {"regexp_extract_all('a1b22', '[a-z]([0-9]+)', 0)", "[a1, b22]"},
                    {"regexp_extract_all('', '[a-z]+')", "[]"}}});
  records.push_back(
      {.name = "regexp_replace",
       .doc = "Each match replaced; $1 in the replacement is group 1, \\$ a dollar.",
       .nulls = "NULL if an argument is or the replacement names no group. The pattern is a "
                "constant.",
       .overloads = {{"(s STRING, pattern STRING, replacement STRING) -> STRING", ResolveReplace}},
       .examples = {{"regexp_replace('foobar', 'oo|ar', '')", "fb"},
                    {"regexp_replace('a1b2', '([a-z])([0-9])', '$2$1')", "1a2b"},
                    {"regexp_replace('abc', 'x*', '-')", "-a-b-c-"}}});
  records.push_back(
      {.name = "regexp_count",
       .doc = "How often the regular expression matches.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, pattern STRING) -> INT", ResolveRegex<kCount, IntType>}},
       .examples = {{"regexp_count('flink 1 and 22', '[0-9]+')", "2"}}});
  records.push_back(
      {.name = "regexp_instr",
       .doc = "Where the first match begins, from 1; 0: nothing matches.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, pattern STRING) -> INT", ResolveRegex<kInstr, IntType>}},
       .examples = {{"regexp_instr('hélène 7', '[0-9]')", "8"}}});
  records.push_back(
      {.name = "regexp_substr",
       .doc = "The first match.",
       .nulls = "NULL if an argument is or nothing matches. The pattern is a constant.",
       .overloads = {{"(s STRING, pattern STRING) -> STRING", ResolveRegex<kSubstr, StringType>}},
       .examples = {{"regexp_substr('hello world', 'w.r')", "wor"}}});
  return records;
}

}  // namespace flinkc
