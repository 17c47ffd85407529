// Regular expressions by RE2, compiled once from a constant pattern. What differs from Java's,
// which Flink uses, stands in docs/deviations.md. `state` is a CompiledRegex.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "compiler/expression/function_record.h"
#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_REGEX_FUNCTIONS(K)                                                                  \
  K(bool, flinkc_native_regexp, (const void* state, const flinkc::StringValue* text))              \
  K(bool, flinkc_native_similar, (const void* state, const flinkc::StringValue* text))             \
  K(int32_t, flinkc_native_regexp_count, (const void* state, const flinkc::StringValue* text))     \
  K(int32_t, flinkc_native_regexp_instr, (const void* state, const flinkc::StringValue* text))     \
  K(int32_t, flinkc_native_regexp_extract,                                                         \
    (const void* state, const flinkc::StringValue* text, int32_t group, flinkc::StringValue* out)) \
  K(int32_t, flinkc_native_regexp_substr,                                                          \
    (const void* state, const flinkc::StringValue* text, flinkc::StringValue* out))                \
  K(int32_t, flinkc_native_regexp_extract_all,                                                     \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* text,          \
     int32_t group, flinkc::StringValue* out))                                                     \
  /* group 1; all of the match */                                                                  \
  K(int32_t, flinkc_native_regexp_extract_all_group,                                               \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* text,          \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_native_regexp_extract_all_match,                                               \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* text,          \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_native_regexp_replace,                                                         \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* text,          \
     const flinkc::StringValue* replacement, flinkc::StringValue* out))

FLINKC_REGEX_FUNCTIONS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// What is wrong with the pattern constants[0], if anything; as Resolution::check_constants.
std::optional<std::string> CheckRegex(std::span<const Value> constants);
// The CompiledRegex of constants[0].
FunctionState PrepareRegex(std::span<const Value> constants);
// The same of SIMILAR TO: constants[0] the pattern, constants[1], if there, the escape character.
std::optional<std::string> CheckSimilar(std::span<const Value> constants);
FunctionState PrepareSimilar(std::span<const Value> constants);
// How many capturing groups the pattern has; nullopt: it is malformed.
std::optional<int> CountGroups(std::string_view pattern);

}  // namespace flinkc
