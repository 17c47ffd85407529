// JSON_VALUE, JSON_QUERY, JSON_EXISTS and their like, by a path that is constant. Native: they are
// called from generated code. What a path can say stands in json_path.h.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "compiler/expression/function_record.h"
#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/aggregate_list.h"
#include "stdlib-operators/kernels/kernel.h"

// `state` is a prepared path. `returning` is a JsonReturning.
#define FLINKC_JSON_FUNCTIONS(K)                                                                   \
  /* Packed: the document, DEFAULT ON EMPTY, DEFAULT ON ERROR. */                                  \
  K(int32_t, flinkc_native_json_value,                                                             \
    (flinkc::KernelContext * context, const void* state, const flinkc::PackedArgument* arguments,  \
     int64_t count, int64_t returning, void* out))                                                 \
  K(int32_t, flinkc_native_json_query,                                                             \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* json,          \
     flinkc::StringValue* out))                                                                    \
  /* The same, as an ARRAY of the texts of its elements. */                                        \
  K(int32_t, flinkc_native_json_query_array,                                                       \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* json,          \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_native_json_exists,                                                            \
    (const void* state, const flinkc::StringValue* json, bool* out))                               \
  /* IS JSON; `kinds`: a bit for each JsonKind that counts. */                                     \
  K(bool, flinkc_native_is_json, (const flinkc::StringValue* text, int64_t kinds))                 \
  /* Of names and values, both JSON already, by turns. */                                          \
  K(int32_t, flinkc_native_json_objectagg_result,                                                  \
    (flinkc::KernelContext * context, const flinkc::ValuesState* state, flinkc::StringValue* out)) \
  /* A text in quotes: with the escapes that JSON asks for; with all that Flink's has. */          \
  K(int32_t, flinkc_native_json_string,                                                            \
    (flinkc::KernelContext * context, const flinkc::StringValue* text, flinkc::StringValue* out))  \
  K(int32_t, flinkc_native_json_quote,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* text, flinkc::StringValue* out))  \
  K(int32_t, flinkc_native_json_unquote,                                                           \
    (flinkc::KernelContext * context, const flinkc::StringValue* text, flinkc::StringValue* out))  \
  /* A number; in quotes where JSON has no such number. */                                         \
  K(int32_t, flinkc_native_json_f64,                                                               \
    (flinkc::KernelContext * context, double number, flinkc::StringValue* out))                    \
  K(int32_t, flinkc_native_json_f32,                                                               \
    (flinkc::KernelContext * context, float number, flinkc::StringValue* out))

FLINKC_JSON_FUNCTIONS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

enum class JsonReturning : int64_t { kString, kBoolean, kInt, kBigint, kDouble };

// Of constants[0], the path; constants[1], if there, are options as words: json_value's
// "<type> <on empty> <on error>", json_query's "<wrapper> <on empty> <on error> [ARRAY]",
// json_exists' "<on error>".
std::optional<std::string> CheckJsonPath(std::span<const Value> constants);
FunctionState PrepareJsonPath(std::span<const Value> constants);

}  // namespace flinkc
