// Functions of text.
#include <array>
#include <string>
#include <utility>
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

// Texts of any number, by a kernel for each number of them; kernels[0] is of none.
std::optional<Resolution> VariadicTextCall(std::span<const std::string_view> kernels,
                                           Arguments arguments) {
  if (arguments.empty() || arguments.size() >= kernels.size()) return std::nullopt;
  for (const ArgumentInfo& argument : arguments) {
    if (!Accepts({&argument, 1}, {StringType()})) return std::nullopt;
  }
  return StrictCall(TextKernel(kernels[arguments.size()]), StringType(), arguments,
                    std::vector<DataType>(arguments.size(), StringType()));
}

std::optional<Resolution> ResolveConcat(Arguments arguments) {
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
  return VariadicTextCall(kKernels, arguments);
}

std::optional<Resolution> ResolveConcatWs(Arguments arguments) {
  static constexpr std::array<std::string_view, 10> kKernels = {"",
                                                                "",
                                                                "flinkc_concat_ws_1",
                                                                "flinkc_concat_ws_2",
                                                                "flinkc_concat_ws_3",
                                                                "flinkc_concat_ws_4",
                                                                "flinkc_concat_ws_5",
                                                                "flinkc_concat_ws_6",
                                                                "flinkc_concat_ws_7",
                                                                "flinkc_concat_ws_8"};
  if (arguments.size() < 2) return std::nullopt;
  auto resolution = VariadicTextCall(kKernels, arguments);
  if (!resolution) return std::nullopt;
  resolution->null_rule = NullRule::kSeesNull;
  resolution->may_be_null = true;
  resolution->result = StringType().WithNullable(true);
  return resolution;
}

constexpr KernelCall kCharLength = ValueKernel("flinkc_char_length");
constexpr KernelCall kOctetLength = ValueKernel("flinkc_octet_length");
constexpr KernelCall kUpper = TextKernel("flinkc_native_upper");
constexpr KernelCall kLower = TextKernel("flinkc_native_lower");
constexpr KernelCall kInitcap = TextKernel("flinkc_native_initcap");
constexpr KernelCall kSubstring = SliceKernel("flinkc_substring");
constexpr KernelCall kSubstringLength = NullingKernel("flinkc_substring_length");
constexpr KernelCall kLike = ValueKernel("flinkc_like");
constexpr KernelCall kLikeEscape = ValueKernel("flinkc_like_escape");
constexpr KernelCall kTrim = SliceKernel("flinkc_trim");
constexpr KernelCall kLtrim = SliceKernel("flinkc_ltrim");
constexpr KernelCall kRtrim = SliceKernel("flinkc_rtrim");
constexpr KernelCall kTrimOf = SliceKernel("flinkc_trim_of");
constexpr KernelCall kLtrimOf = SliceKernel("flinkc_ltrim_of");
constexpr KernelCall kRtrimOf = SliceKernel("flinkc_rtrim_of");
constexpr KernelCall kLeft = SliceKernel("flinkc_left");
constexpr KernelCall kRight = SliceKernel("flinkc_right");
constexpr KernelCall kReverse = TextKernel("flinkc_reverse");
constexpr KernelCall kTranslate = TextKernel("flinkc_translate");
constexpr KernelCall kOverlay = TextKernel("flinkc_overlay");
constexpr KernelCall kOverlayLength = TextKernel("flinkc_overlay_length");
constexpr KernelCall kSplitIndex = NullingKernel("flinkc_split_index");
constexpr KernelCall kPosition = ValueKernel("flinkc_position");
constexpr KernelCall kPositionFrom = ValueKernel("flinkc_position_from");
constexpr KernelCall kInstr = ValueKernel("flinkc_instr");
constexpr KernelCall kStartswith = ValueKernel("flinkc_startswith");
constexpr KernelCall kEndswith = ValueKernel("flinkc_endswith");
constexpr KernelCall kCountChar = ValueKernel("flinkc_count_char");
constexpr KernelCall kRepeat = {"flinkc_repeat", KernelConvention::kStatus, true, true, false};

// lpad, rpad: a constant length up to this cannot ask for too long a text.
constexpr int64_t kSafePadding = 64 * 1024;

template <bool kLeftSide>
std::optional<Resolution> ResolvePad(Arguments arguments) {
  KernelCall kernel{kLeftSide ? "flinkc_lpad" : "flinkc_rpad", KernelConvention::kStatus, true,
                    true, true};
  if (arguments.size() == 3 && arguments[1].literal != nullptr) {
    const auto* length = std::get_if<int64_t>(&arguments[1].literal->data);
    kernel.fallible = length == nullptr || *length > kSafePadding;
  }
  return FixedCall(kernel, StringType(), arguments, {StringType(), IntType(), StringType()});
}

// What printf prints: DECIMALs and times have to be cast to text.
std::optional<Resolution> ResolvePrintf(Arguments arguments) {
  constexpr size_t kArgumentsMax = 256;
  if (arguments.empty() || arguments.size() > kArgumentsMax) return std::nullopt;
  if (!CanImplicitlyCast(arguments[0].type, StringType())) return std::nullopt;
  std::vector<DataType> parameters = {StringType()};
  for (const ArgumentInfo& argument : arguments.subspan(1)) {
    const DataType type = TypeOr(argument, StringType());
    const bool prints = type.kind() == TypeKind::kString || type.kind() == TypeKind::kBoolean ||
                        type.is_integer() || type.is_floating();
    if (!prints) return std::nullopt;
    parameters.push_back(type);
  }
  Resolution resolution = StrictCall(NullingTextKernel("flinkc_native_printf"), StringType(),
                                     arguments, std::move(parameters));
  resolution.packs_arguments = true;
  resolution.null_rule = NullRule::kSeesNull;
  return resolution;
}

// elt(index, a, b, …), of texts or of bytes.
std::optional<Resolution> ResolveElt(Arguments arguments) {
  constexpr size_t kArgumentsMax = 1024;
  if (arguments.size() < 2 || arguments.size() > kArgumentsMax) return std::nullopt;
  if (!CanImplicitlyCast(arguments[0].type, BigintType())) return std::nullopt;
  const auto type = CommonArgumentType(arguments.subspan(1));
  if (!type || (type->kind() != TypeKind::kString && type->kind() != TypeKind::kBytes)) {
    return std::nullopt;
  }
  std::vector<DataType> parameters(arguments.size(), *type);
  parameters[0] = BigintType();
  Resolution resolution = StrictCall(NullingKernel("flinkc_native_elt"), type->Nullable(),
                                     arguments, std::move(parameters));
  resolution.packs_arguments = true;
  resolution.null_rule = NullRule::kSeesNull;
  return resolution;
}

// A constant of this length cannot make the longest row that a source gives over 4 GiB long.
constexpr size_t kSafeReplacement = 64;

std::optional<Resolution> ResolveReplace(Arguments arguments) {
  KernelCall kernel{"flinkc_replace", KernelConvention::kStatus, true, true};
  if (arguments.size() == 3 && arguments[2].literal != nullptr) {
    const auto* to = std::get_if<std::string>(&arguments[2].literal->data);
    kernel.fallible = to != nullptr && to->size() > kSafeReplacement;
  }
  return FixedCall(kernel, StringType(), arguments, {StringType(), StringType(), StringType()});
}

// Questions to text that is NULL are answered FALSE.
template <const std::string_view& kKernel>
std::optional<Resolution> ResolveIs(Arguments arguments) {
  auto resolution = FixedCall(ValueKernel(kKernel), BooleanType(), arguments, {StringType()});
  if (!resolution) return std::nullopt;
  resolution->null_rule = NullRule::kSeesNull;
  resolution->result = BooleanType().NotNull();
  return resolution;
}
constexpr std::string_view kIsDigit = "flinkc_is_digit";
constexpr std::string_view kIsDecimal = "flinkc_is_decimal";
constexpr std::string_view kIsAlpha = "flinkc_native_is_alpha";

constexpr std::string_view kNullIfArgument = "NULL if an argument is.";

std::vector<FunctionRecord> BasicTextFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "concat",
                     .doc = "The texts one after the other; also written a || b. At most 12.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING, …) -> STRING", ResolveConcat}},
                     .examples = {{"concat('a', 'b', 'c')", "abc"},
                                  {"'a' || 'b'", "ab"},
                                  {"'a' || CAST(NULL AS STRING)", "NULL"}}});
  records.push_back(
      {.name = "concat_ws",
       .doc = "The texts that are not NULL, with the separator between them. At most 8.",
       .nulls = "NULL if the separator is.",
       .overloads = {{"(separator STRING, s STRING, …) -> STRING", ResolveConcatWs}},
       .examples = {{"concat_ws('~', 'AA', CAST(NULL AS STRING), 'BB', '', 'CC')", "AA~BB~~CC"},
                    {"concat_ws(CAST(NULL AS STRING), 'a')", "NULL"},
                    {"concat_ws(',', CAST(NULL AS STRING))", ""}}});
  records.push_back(
      {.name = "char_length",
       .aliases = {"character_length", "length"},
       .doc = "How many characters the text has.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> INT", Fixed<kCharLength, IntType, StringType>}},
       .examples = {
           {"char_length('flink')", "5"}, {"char_length('héé')", "3"}, {"char_length('')", "0"}}});
  records.push_back(
      {.name = "octet_length",
       .doc = "How many bytes the text has in UTF-8.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> INT", Fixed<kOctetLength, IntType, StringType>},
                     {"(b BYTES) -> INT", Fixed<kOctetLength, IntType, BytesType>}},
       .examples = {{"octet_length('héé')", "5"}, {"octet_length(unhex('00ff'))", "2"}}});
  records.push_back({.name = "upper",
                     .aliases = {"ucase"},
                     .doc = "The text in upper case, by Unicode's simple mapping.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING) -> STRING", Fixed<kUpper, StringType, StringType>}},
                     .examples = {{"upper('fLink')", "FLINK"}, {"upper('é')", "É"}}});
  records.push_back({.name = "lower",
                     .aliases = {"lcase"},
                     .doc = "The text in lower case, by Unicode's simple mapping.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING) -> STRING", Fixed<kLower, StringType, StringType>}},
                     .examples = {{"lower('FLink')", "flink"}, {"lower('É')", "é"}}});
  records.push_back(
      {.name = "initcap",
       .doc = "Each word (letters and digits) with its first letter in upper case, the rest in "
              "lower case.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> STRING", Fixed<kInitcap, StringType, StringType>}},
       .examples = {{"initcap('hello WORLD of-flink 2nd')", "Hello World Of-Flink 2nd"}}});
  records.push_back(
      {.name = "substring",
       .aliases = {"substr"},
       .doc = "Characters from `start` on (from 1; negative: from the end), at most `length`.",
       .nulls = "NULL if an argument is or `length` is negative.",
       .overloads = {{"(s STRING, start INT) -> STRING",
                      Fixed<kSubstring, StringType, StringType, IntType>},
                     {"(s STRING, start INT, length INT) -> STRING",
                      Fixed<kSubstringLength, StringType, StringType, IntType, IntType>}},
       .examples = {{"substring('flink', 2, 3)", "lin"},
                    {"substring('flink' FROM 3)", "ink"},
                    {"substring('flink', -2)", "nk"},
                    {"substring('flink', 9)", ""},
                    {"substring('hélène', 2, 3)", "élè"},
                    {"substring('flink', 1, -1)", "NULL"}}});
  records.push_back(
      {.name = "like",
       .category = FunctionCategory::kComparison,
       .doc = "Whether the text matches: % is any text, _ one character, \\ (or ESCAPE) takes the "
              "next as it is.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, pattern STRING) -> BOOLEAN",
                      Fixed<kLike, BooleanType, StringType, StringType>},
                     {"(s STRING, pattern STRING, escape STRING) -> BOOLEAN",
                      Fixed<kLikeEscape, BooleanType, StringType, StringType, StringType>}},
       .examples = {{"'flink' LIKE 'f%k'", "TRUE"},
                    {"'flink' LIKE '_link_'", "FALSE"},
                    {"'fabcabcd' LIKE '%abcd'", "TRUE"},
                    {"'é' LIKE '_'", "TRUE"},
                    {"'50%' LIKE '50!%' ESCAPE '!'", "TRUE"},
                    {"'flink' NOT LIKE '%z%'", "TRUE"}}});
  return records;
}

std::vector<FunctionRecord> EditTextFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "trim",
       .aliases = {"btrim"},
       .doc = "The text without spaces, or without any of `characters`, at both ends.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> STRING", Fixed<kTrim, StringType, StringType>},
                     {"(s STRING, characters STRING) -> STRING",
                      Fixed<kTrimOf, StringType, StringType, StringType>}},
       .examples = {{"trim('  flink ')", "flink"},
                    {"trim(BOTH 'x' FROM 'xxflinkx')", "flink"},
                    {"btrim('éaé', 'é')", "a"}}});
  records.push_back(
      {.name = "ltrim",
       .doc = "The text without spaces, or any of `characters`, at its beginning.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> STRING", Fixed<kLtrim, StringType, StringType>},
                     {"(s STRING, characters STRING) -> STRING",
                      Fixed<kLtrimOf, StringType, StringType, StringType>}},
       .examples = {{"ltrim('  a ') || '.'", "a ."}, {"trim(LEADING '0' FROM '0070')", "70"}}});
  records.push_back({.name = "rtrim",
                     .doc = "The text without spaces, or any of `characters`, at its end.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING) -> STRING", Fixed<kRtrim, StringType, StringType>},
                                   {"(s STRING, characters STRING) -> STRING",
                                    Fixed<kRtrimOf, StringType, StringType, StringType>}},
                     .examples = {{"rtrim('a  ') || '.'", "a."}, {"rtrim('a.,', ',.')", "a"}}});
  records.push_back(
      {.name = "lpad",
       .doc = "The text brought to `length` characters, with `pad` before it or cut off.",
       .nulls =
           "NULL if an argument is, `length` is negative or `pad` is empty; fails over 16 MiB.",
       .overloads = {{"(s STRING, length INT, pad STRING) -> STRING", ResolvePad<true>}},
       .examples = {{"lpad('hi', 4, '*-')", "*-hi"},
                    {"lpad('hi', 1, '*-')", "h"},
                    {"lpad('7', 5, 'ab')", "abab7"},
                    {"lpad('a', 2000000000, '0')", "error: VALUE_TOO_LONG"}}});
  records.push_back(
      {.name = "rpad",
       .doc = "The text brought to `length` characters, with `pad` behind it or cut off.",
       .nulls =
           "NULL if an argument is, `length` is negative or `pad` is empty; fails over 16 MiB.",
       .overloads = {{"(s STRING, length INT, pad STRING) -> STRING", ResolvePad<false>}},
       .examples = {{"rpad('hi', 4, '*-')", "hi*-"}, {"rpad('hi', -1, '?')", "NULL"}}});
  records.push_back({.name = "left",
                     .doc = "The first `length` characters.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING, length INT) -> STRING",
                                    Fixed<kLeft, StringType, StringType, IntType>}},
                     .examples = {{"left('flink', 2)", "fl"}, {"left('flink', -1)", ""}}});
  records.push_back({.name = "right",
                     .doc = "The last `length` characters.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING, length INT) -> STRING",
                                    Fixed<kRight, StringType, StringType, IntType>}},
                     .examples = {{"right('flink', 2)", "nk"}, {"right('né', 1)", "é"}}});
  records.push_back({.name = "repeat",
                     .doc = "The text `times` times.",
                     .nulls = "NULL if an argument is; fails over 16 MiB.",
                     .overloads = {{"(s STRING, times INT) -> STRING",
                                    Fixed<kRepeat, StringType, StringType, IntType>}},
                     .examples = {{"repeat('ab', 3)", "ababab"},
                                  {"repeat('ab', 0)", ""},
                                  {"repeat('ab', 2000000000)", "error: VALUE_TOO_LONG"}}});
  records.push_back(
      {.name = "reverse",
       .doc = "The characters in reverse order.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> STRING", Fixed<kReverse, StringType, StringType>}},
       .examples = {{"reverse('né')", "én"}}});
  records.push_back(
      {.name = "replace",
       .doc = "Every `from` in the text replaced by `to`, from left to right.",
       .nulls = "NULL if an argument is; a `to` that is not constant fails over 4 GiB.",
       .overloads = {{"(s STRING, from STRING, to STRING) -> STRING", ResolveReplace}},
       .examples = {{"replace('hello world', 'world', 'flink')", "hello flink"},
                    {"replace('ababab', 'abab', 'z')", "zab"},
                    {"replace('abc', '', 'z')", "abc"}}});
  records.push_back(
      {.name = "translate",
       .doc = "Each character that stands in `from` replaced by that at the same place in `to`, or "
              "dropped where `to` is shorter.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, from STRING, to STRING) -> STRING",
                      Fixed<kTranslate, StringType, StringType, StringType, StringType>}},
       .examples = {{"translate('www.apache.org', 'wapcheorg', ' APCHEcom')", "   .APACHE.com"},
                    {"translate('1-2-3', '-', '')", "123"}}});
  records.push_back(
      {.name = "overlay",
       .doc = "The text with `by` in place of `length` characters from `start` on (as many as `by` "
              "has, unless given).",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, by STRING, start INT) -> STRING",
                      Fixed<kOverlay, StringType, StringType, StringType, IntType>},
                     {"(s STRING, by STRING, start INT, length INT) -> STRING",
                      Fixed<kOverlayLength, StringType, StringType, StringType, IntType, IntType>}},
       .examples = {{"OVERLAY('This is an old string' PLACING ' new' FROM 10 FOR 5)",
                     "This is a new string"},
                    {"overlay('abcdef', 'XY', 2)", "aXYdef"},
                    {"overlay('abc', 'X', 9)", "abc"}}});
  records.push_back(
      {.name = "split_index",
       .doc = "Part `index` (from 0) of the text cut at each `separator`.",
       .nulls = "NULL if an argument is, the text is empty, or there is no such part.",
       .overloads = {{"(s STRING, separator STRING, index INT) -> STRING",
                      Fixed<kSplitIndex, StringType, StringType, StringType, IntType>}},
       .examples = {{"split_index('a/b//c', '/', 3)", "c"},
                    {"split_index('a/b//c', '/', 2)", ""},
                    {"split_index('a/b', '/', 2)", "NULL"},
                    {"split_index('a/b', '/', -1)", "NULL"}}});
  return records;
}

std::vector<FunctionRecord> SearchTextFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "elt",
       .doc = "The text (or bytes) at `index` among the others, from 1.",
       .nulls = "NULL if the index or the chosen text is, or there is none at `index`.",
       .overloads = {{"(index INTEGER, a STRING, …) -> STRING", ResolveElt}},
       .examples = {{"elt(2, 'scala', 'java')", "java"},
                    {"elt(3, 'scala', 'java')", "NULL"},
                    {"elt(1, 'a', CAST(NULL AS STRING))", "a"}}});
  records.push_back(
      {.name = "printf",
       .doc = "The values by a format of Java's Formatter: %s %d %x %o %f %e %b %%, with flags, "
              "width, precision and index$.",
       .nulls = "NULL if the format is, is malformed, or does not fit the values. A value that is "
                "NULL prints as null.",
       .overloads = {{"(format STRING, x STRING | BOOLEAN | INTEGER | DOUBLE, …) -> STRING",
                      ResolvePrintf}},
       .examples = {{"printf('%s has %d', 'Bob', 3)", "Bob has 3"},
                    {"printf('%05d|%-4s|%+.2f', 42, 'a', 2.5e0)", "00042|a   |+2.50"},
                    {"printf('%.2f', 2.675e0)", "2.68"},
                    {"printf('%2$s %1$s %%', 'a', 'b')", "b a %"},
                    {"printf('%,d %x', 1234567, 255)", "1,234,567 ff"},
                    {"printf('%s', CAST(NULL AS STRING))", "null"},
                    {"printf('%d', 'a')", "NULL"},
                    {"printf('%s %s', 'a')", "NULL"}}});
  records.push_back(
      {.name = "position",
       .aliases = {"locate"},
       .doc =
           "Where `part` first stands in the text (from character `start` on), from 1; 0: nowhere.",
       .nulls = kNullIfArgument,
       .overloads = {{"(part STRING, s STRING) -> INT",
                      Fixed<kPosition, IntType, StringType, StringType>},
                     {"(part STRING, s STRING, start INT) -> INT",
                      Fixed<kPositionFrom, IntType, StringType, StringType, IntType>}},
       .examples = {{"position('nk' IN 'flink')", "4"},
                    {"locate('a', 'banana', 3)", "4"},
                    {"position('x' IN 'flink')", "0"},
                    {"position('é' IN 'hélé')", "2"}}});
  records.push_back({.name = "instr",
                     .doc = "Where `part` first stands in the text, from 1; 0: nowhere.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING, part STRING) -> INT",
                                    Fixed<kInstr, IntType, StringType, StringType>}},
                     .examples = {{"instr('flink', 'in')", "3"}}});
  records.push_back({.name = "startswith",
                     .doc = "Whether the text begins with `part`.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING, part STRING) -> BOOLEAN",
                                    Fixed<kStartswith, BooleanType, StringType, StringType>}},
                     .examples = {{"startswith('flink', 'fl')", "TRUE"},
                                  {"startswith('flink', '')", "TRUE"},
                                  {"startswith('fl', 'flink')", "FALSE"}}});
  records.push_back(
      {.name = "endswith",
       .doc = "Whether the text ends with `part`.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING, part STRING) -> BOOLEAN",
                      Fixed<kEndswith, BooleanType, StringType, StringType>}},
       .examples = {{"endswith('flink', 'nk')", "TRUE"}, {"endswith('flink', 'f')", "FALSE"}}});
  records.push_back({.name = "count_char",
                     .doc = "How often `part` (one character or more) stands in the text.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING, part STRING) -> BIGINT",
                                    Fixed<kCountChar, BigintType, StringType, StringType>}},
                     .examples = {{"count_char('accacc', 'c')", "4"},
                                  {"count_char('aaaa', 'aa')", "2"},
                                  {"count_char('a', '')", "0"}}});
  records.push_back(
      {.name = "is_digit",
       .doc = "Whether all characters are digits and there is one.",
       .nulls = "FALSE if the argument is NULL.",
       .overloads = {{"(s STRING) -> BOOLEAN NOT NULL", ResolveIs<kIsDigit>}},
       .examples = {
           {"is_digit('123')", "TRUE"}, {"is_digit('1.2')", "FALSE"}, {"is_digit('')", "FALSE"}}});
  records.push_back({.name = "is_alpha",
                     .doc = "Whether all characters are letters and there is one.",
                     .nulls = "FALSE if the argument is NULL.",
                     .overloads = {{"(s STRING) -> BOOLEAN NOT NULL", ResolveIs<kIsAlpha>}},
                     .examples = {{"is_alpha('abé')", "TRUE"},
                                  {"is_alpha('ab1')", "FALSE"},
                                  {"is_alpha(CAST(NULL AS STRING))", "FALSE"}}});
  records.push_back(
      {.name = "is_decimal",
       .doc = "Whether the text is a number: digits, with a sign and a point.",
       .nulls = "FALSE if the argument is NULL.",
       .overloads = {{"(s STRING) -> BOOLEAN NOT NULL", ResolveIs<kIsDecimal>}},
       .examples = {{"is_decimal('-1.5')", "TRUE"}, {"is_decimal('1.5x')", "FALSE"}}});
  return records;
}

}  // namespace

std::vector<FunctionRecord> TextFunctions() {
  std::vector<FunctionRecord> records;
  for (auto* family : {&BasicTextFunctions, &EditTextFunctions, &SearchTextFunctions}) {
    for (FunctionRecord& record : family()) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace flinkc
