// Functions of JSON text. The path is a constant, read once.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/native/json.h"
#include "stdlib-operators/functions/native/json_text.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

// The literal's text; "" where there is none.
std::string_view LiteralText(Arguments arguments, size_t index) {
  if (arguments.size() <= index || arguments[index].literal == nullptr) return {};
  const auto* text = std::get_if<std::string>(&arguments[index].literal->data);
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool IsText(const ArgumentInfo& argument) {
  return argument.type.kind() == TypeKind::kString || argument.type.kind() == TypeKind::kNull;
}

// Sets what reads the path in argument 1, and the options in argument 2 if it is there.
Resolution WithPath(Resolution resolution, bool has_options) {
  resolution.prepared_arguments = {1};
  if (has_options) resolution.prepared_arguments.push_back(2);
  resolution.check_constants = &CheckJsonPath;
  resolution.prepare = &PrepareJsonPath;
  return resolution;
}

bool Contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

struct Returning {
  std::string_view name;
  JsonReturning returning;
  TypeKind kind;
};
constexpr Returning kReturning[] = {
    {"STRING", JsonReturning::kString, TypeKind::kString},
    {"BOOLEAN", JsonReturning::kBoolean, TypeKind::kBoolean},
    {"INT", JsonReturning::kInt, TypeKind::kInt},
    {"BIGINT", JsonReturning::kBigint, TypeKind::kBigint},
    {"DOUBLE", JsonReturning::kDouble, TypeKind::kDouble},
};

// json_value(json, path [, 'type on_empty on_error' [, default, default]]).
std::optional<Resolution> ResolveJsonValue(Arguments arguments) {
  const size_t count = arguments.size();
  if (count != 2 && count != 3 && count != 5) return std::nullopt;
  if (!IsText(arguments[0]) || !IsText(arguments[1])) return std::nullopt;
  const std::string_view options = LiteralText(arguments, 2);
  const Returning* returning = &kReturning[0];
  for (const Returning& candidate : kReturning) {
    if (options.substr(0, options.find(' ')) == candidate.name) returning = &candidate;
  }
  if (count >= 3 && options.empty()) return std::nullopt;
  const DataType result(returning->kind);
  std::vector<DataType> parameters = {StringType(), StringType()};
  if (count >= 3) parameters.push_back(StringType());
  for (size_t i = 3; i < count; ++i) {
    if (!CanImplicitlyCast(arguments[i].type, result) && arguments[i].literal == nullptr) {
      return std::nullopt;
    }
    parameters.push_back(result);
  }
  KernelCall kernel = NullingTextKernel("flinkc_native_json_value");
  kernel.fallible = Contains(options, "ERROR");
  Resolution resolution = StrictCall(kernel, result, arguments, parameters,
                                     {static_cast<int64_t>(returning->returning)});
  resolution.packs_arguments = true;
  resolution.null_rule = NullRule::kSeesNull;
  resolution.result = result.Nullable();
  return WithPath(std::move(resolution), count >= 3);
}

// json_query(json, path [, 'wrapper on_empty on_error [ARRAY]']).
std::optional<Resolution> ResolveJsonQuery(Arguments arguments) {
  if (arguments.size() != 2 && arguments.size() != 3) return std::nullopt;
  const std::string_view options = LiteralText(arguments, 2);
  const bool array = std::count(options.begin(), options.end(), ' ') == 3;
  KernelCall kernel =
      NullingTextKernel(array ? "flinkc_native_json_query_array" : "flinkc_native_json_query");
  kernel.fallible = Contains(options, "ERROR");
  const DataType result = array ? DataType::Array(StringType()) : StringType();
  auto resolution =
      arguments.size() == 2
          ? FixedCall(kernel, result, arguments, {StringType(), StringType()})
          : FixedCall(kernel, result, arguments, {StringType(), StringType(), StringType()});
  if (!resolution) return std::nullopt;
  return WithPath(*std::move(resolution), arguments.size() == 3);
}

// json_exists(json, path [, 'on_error']).
std::optional<Resolution> ResolveJsonExists(Arguments arguments) {
  if (arguments.size() != 2 && arguments.size() != 3) return std::nullopt;
  const std::string_view on_error = LiteralText(arguments, 2);
  KernelCall kernel = SliceKernel("flinkc_native_json_exists");
  kernel.fallible = on_error == "ERROR";
  kernel.may_be_null = on_error == "UNKNOWN";
  auto resolution =
      arguments.size() == 2
          ? FixedCall(kernel, BooleanType(), arguments, {StringType(), StringType()})
          : FixedCall(kernel, BooleanType(), arguments, {StringType(), StringType(), StringType()});
  if (!resolution) return std::nullopt;
  return WithPath(*std::move(resolution), arguments.size() == 3);
}

// is_json(text, 'VALUE' | 'SCALAR' | 'ARRAY' | 'OBJECT').
std::optional<Resolution> ResolveIsJson(Arguments arguments) {
  const auto bit = [](JsonKind kind) { return int64_t{1} << static_cast<int64_t>(kind); };
  const std::string_view kind = LiteralText(arguments, 1);
  int64_t kinds = ~int64_t{0};
  if (kind == "ARRAY") kinds = bit(JsonKind::kArray);
  if (kind == "OBJECT") kinds = bit(JsonKind::kObject);
  if (kind == "SCALAR") kinds = bit(JsonKind::kArray) - 1;
  auto resolution = FixedCall(ValueKernel("flinkc_native_is_json"), BooleanType(), arguments,
                              {StringType(), StringType()}, {kinds});
  if (resolution) resolution->prepared_arguments = {1};
  return resolution;
}

constexpr KernelCall kString = TextKernel("flinkc_native_json_string");
constexpr KernelCall kF64 = TextKernel("flinkc_native_json_f64");
constexpr KernelCall kF32 = TextKernel("flinkc_native_json_f32");
constexpr KernelCall kQuote = TextKernel("flinkc_native_json_quote");
constexpr KernelCall kUnquote = TextKernel("flinkc_native_json_unquote");

std::vector<FunctionRecord> QueryFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "is_json",
       .category = FunctionCategory::kJson,
       .doc = "a IS [NOT] JSON [VALUE | SCALAR | ARRAY | OBJECT]: whether the text is JSON of that "
              "kind.",
       .nulls = "NULL if the argument is.",
       .overloads = {{"(s STRING, kind STRING constant) -> BOOLEAN", ResolveIsJson}},
       .examples = {{R"('{"a": [1, 2]}' IS JSON)", "TRUE"},
                    {"'[1, 2' IS JSON", "FALSE"},
                    {"'1' IS JSON SCALAR", "TRUE"},
                    {"'[]' IS NOT JSON OBJECT", "TRUE"},
                    {"'[]' IS JSON ARRAY", "TRUE"},
                    {"CAST(NULL AS STRING) IS JSON", "NULL"}}});
  records.push_back(
      {.name = "json_exists",
       .category = FunctionCategory::kJson,
       .doc = "JSON_EXISTS(json, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR]): whether the path "
              "leads to something other than null.",
       .nulls = "NULL if the argument is. What is no JSON or has no such path: FALSE, unless ON "
                "ERROR says otherwise.",
       .overloads = {{"(json STRING, path STRING constant) -> BOOLEAN", ResolveJsonExists}},
       .examples = {{R"(JSON_EXISTS('{"a": true}', '$.a'))", "TRUE"},
                    {R"(JSON_EXISTS('{"a": true}', '$.b'))", "FALSE"},
                    {R"(JSON_EXISTS('{"a": [{"b": 1}]}', '$.a[0].b'))", "TRUE"},
                    {R"(JSON_EXISTS('{"a": true}', 'strict $.b' TRUE ON ERROR))", "TRUE"},
                    {R"(JSON_EXISTS('{"a": true}', 'lax $.b' TRUE ON ERROR))", "FALSE"},
                    {"JSON_EXISTS('{', '$' UNKNOWN ON ERROR)", "NULL"},
                    {"JSON_EXISTS('{', '$' ERROR ON ERROR)", "error: INVALID_ARGUMENT"}}});
  records.push_back(
      {.name = "json_value",
       .category = FunctionCategory::kJson,
       .doc = "JSON_VALUE(json, path [RETURNING type] [NULL | ERROR | DEFAULT x ON EMPTY] [… ON "
              "ERROR]): the scalar at the path, as STRING, BOOLEAN, INT, BIGINT or DOUBLE.",
       .nulls = "NULL if the argument is. Nothing there, and an error (no JSON, no such path in "
                "strict mode, a value of another type), are NULL unless the clauses say otherwise.",
       .overloads = {{"(json STRING, path STRING constant) -> STRING", ResolveJsonValue}},
       .examples = {
           {R"(JSON_VALUE('{"a": true}', '$.a'))", "true"},
           {R"(JSON_VALUE('{"a": true}', '$.a' RETURNING BOOLEAN))", "TRUE"},
           {R"(JSON_VALUE('{"a.b": [0.998, 0.996]}', '$.["a.b"][0]' RETURNING DOUBLE))", "0.998"},
           {R"(JSON_VALUE('{"a": 1.10}', '$.a'))", "1.1"},
           {R"(JSON_VALUE('{"a": "\u00e9\n"}', '$.a'))", "é\n"},
           {R"(JSON_VALUE('{"a": [1, 2]}', '$.a[-1]' RETURNING INT))", "2"},
           {R"(JSON_VALUE('{"a": 1}', 'lax $.b' RETURNING INT DEFAULT 7 ON EMPTY))", "7"},
           {R"(JSON_VALUE('{"a": 1}', 'strict $.b' RETURNING INT DEFAULT 8 ON ERROR))", "8"},
           {R"(JSON_VALUE('{"a": 1}', '$.b'))", "NULL"},
           {R"(JSON_VALUE('{"a": "x"}', '$.a' RETURNING INT))", "NULL"},
           {R"(JSON_VALUE('{"a": {}}', '$.a' ERROR ON ERROR))", "error: INVALID_ARGUMENT"},
           {R"(JSON_VALUE('no', '$.a' ERROR ON ERROR))", "error: INVALID_ARGUMENT"},
           {R"(JSON_VALUE('{"a": null}', '$.a' DEFAULT 'none' ON EMPTY))", "none"},
           {"JSON_VALUE(CAST(NULL AS STRING), '$.a' DEFAULT 'x' ON ERROR)", "NULL"}}});
  records.push_back(
      {.name = "json_query",
       .category = FunctionCategory::kJson,
       .doc =
           "JSON_QUERY(json, path [RETURNING STRING | ARRAY<STRING>] [WITHOUT | WITH "
           "[CONDITIONAL | UNCONDITIONAL] WRAPPER] [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON "
           "EMPTY] [… ON ERROR]): the array or object at the path, as JSON without blanks.",
       .nulls = "NULL if the argument is. Nothing there, and an error (no JSON, no such path or a "
                "scalar in strict mode), are NULL unless the clauses say otherwise.",
       .overloads = {{"(json STRING, path STRING constant) -> STRING", ResolveJsonQuery}},
       .examples = {
           {R"(JSON_QUERY('{ "a": { "b": 1 } }', '$.a'))", R"({"b":1})"},
           {"JSON_QUERY('[1, 2]', '$')", "[1,2]"},
           {R"(JSON_QUERY('[{"c": "c1"}, {"c": "c2"}]', 'lax $[*].c'))", R"(["c1","c2"])"},
           {R"(JSON_QUERY('{"a":[{"c":1},{"c":"x"}]}', '$.a[*].c' RETURNING ARRAY<STRING>))",
            "[1, x]"},
           {"JSON_QUERY('1', '$' WITH CONDITIONAL WRAPPER)", "[1]"},
           {"JSON_QUERY('[1]', '$' WITH CONDITIONAL WRAPPER)", "[1]"},
           {"JSON_QUERY('[1]', '$' WITH UNCONDITIONAL WRAPPER)", "[[1]]"},
           {"JSON_QUERY('1', 'lax $' EMPTY ARRAY ON EMPTY)", "[]"},
           {"JSON_QUERY('1', 'strict $' EMPTY OBJECT ON ERROR)", "{}"},
           {"JSON_QUERY('1', 'strict $' ERROR ON ERROR)", "error: INVALID_ARGUMENT"},
           {R"(JSON_QUERY('{"a":[1,2,3,4]}', '$.a[1:3]'))", "[2,3]"},
           {R"(JSON_QUERY('{"a":{"x":1},"b":{"x":2}}', '$..x'))", "[1,2]"},
           {"JSON_QUERY('{', '$')", "NULL"}}});
  return records;
}

}  // namespace

std::vector<FunctionRecord> JsonFunctions() {
  std::vector<FunctionRecord> records = QueryFunctions();
  records.push_back(
      {.name = "json_string",
       .category = FunctionCategory::kJson,
       .doc = "The value as JSON: a text in quotes, a number, an array, a MAP with STRING keys and "
              "a ROW as objects, other values as their text.",
       .nulls = "NULL of NULL; within arrays, maps and rows null.",
       .overloads = {{"(x ANY) -> STRING", Fixed<kString, StringType, StringType>},
                     {"(x DOUBLE) -> STRING", Fixed<kF64, StringType, DoubleType>},
                     {"(x FLOAT) -> STRING", Fixed<kF32, StringType, FloatType>}},
       .examples = {{R"(JSON_STRING('say "hi"'))", R"("say \"hi\"")"},
                    {"JSON_STRING(1.5)", "1.5"},
                    {"JSON_STRING(1 = 1)", "true"},
                    {"JSON_STRING(ARRAY[1, NULL])", "[1,null]"},
                    {"JSON_STRING(MAP['a', 1])", R"({"a":1})"},
                    {"JSON_STRING(ROW('x', 2))", R"({"f0":"x","f1":2})"},
                    {"JSON_STRING(CAST('NaN' AS DOUBLE))", R"("NaN")"},
                    {"JSON_STRING(CAST(NULL AS INT))", "NULL"}}});
  records.push_back(
      {.name = "json_object",
       .category = FunctionCategory::kJson,
       .doc = "JSON_OBJECT([KEY] name VALUE x, … [NULL | ABSENT ON NULL]): a JSON object; values "
              "that JSON_OBJECT, JSON_ARRAY or JSON_STRING made stand as they are.",
       .nulls = "A value that is NULL stands as null, or is left out with ABSENT ON NULL.",
       .forms = {"JSON_OBJECT(KEY name VALUE x, …)"},
       .examples = {
           {"JSON_OBJECT()", "{}"},
           {"JSON_OBJECT(KEY 'k' VALUE 'v')", R"({"k":"v"})"},
           {"JSON_OBJECT('a' VALUE 1, 'b' VALUE CAST(NULL AS INT))", R"({"a":1,"b":null})"},
           {"JSON_OBJECT('a' VALUE 1, 'b' VALUE CAST(NULL AS INT) ABSENT ON NULL)", R"({"a":1})"},
           {"JSON_OBJECT('o' VALUE JSON_OBJECT('k' VALUE 'v'))", R"({"o":{"k":"v"}})"}}});
  records.push_back(
      {.name = "json_array",
       .category = FunctionCategory::kJson,
       .doc = "JSON_ARRAY(x, … [NULL | ABSENT ON NULL]): a JSON array; values that JSON_OBJECT, "
              "JSON_ARRAY or JSON_STRING made stand as they are.",
       .nulls = "A value that is NULL is left out, or stands as null with NULL ON NULL.",
       .forms = {"JSON_ARRAY(x, …)"},
       .examples = {{"JSON_ARRAY()", "[]"},
                    {"JSON_ARRAY(1, 'two', TRUE)", R"([1,"two",true])"},
                    {"JSON_ARRAY(CAST(NULL AS INT), 1)", "[1]"},
                    {"JSON_ARRAY(CAST(NULL AS INT), 1 NULL ON NULL)", "[null,1]"},
                    {"JSON_ARRAY(JSON_ARRAY(1))", "[[1]]"}}});
  records.push_back(
      {.name = "json_quote",
       .category = FunctionCategory::kJson,
       .doc = "The text in quotes, with all escapes: also of the slash and of what is not ASCII.",
       .nulls = "NULL if the argument is.",
       .overloads = {{"(s STRING) -> STRING", Fixed<kQuote, StringType, StringType>}},
       .examples = {{"json_quote('Hello, World!')", R"("Hello, World!")"},
                    {R"(json_quote('a/"b"\'))", R"("a\/\"b\"\\")"},
                    {"json_quote('≠')", R"("\u2260")"}}});
  records.push_back(
      {.name = "json_unquote",
       .category = FunctionCategory::kJson,
       .doc = "What the JSON text in quotes says; any other text as it is.",
       .nulls = "NULL if the argument is.",
       .overloads = {{"(s STRING) -> STRING", Fixed<kUnquote, StringType, StringType>}},
       .examples = {{R"(json_unquote('"\u2260 \"x\""'))", R"(≠ "x")"},
                    {R"(json_unquote('"open'))", R"("open)"},
                    {"json_unquote('[1]')", "[1]"}}});
  return records;
}

}  // namespace flinkc
