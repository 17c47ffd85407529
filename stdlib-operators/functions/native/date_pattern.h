// Dates and times by a pattern of Java's DateTimeFormatter: y u M L d D H k K h m s S a E Q, quoted
// text, and what is no letter. The pattern is a constant, compiled once; `state` is a ZonedPattern.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "compiler/expression/function_record.h"
#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_DATE_PATTERN_FUNCTIONS(K)                                  \
  K(int32_t, flinkc_native_date_format,                                   \
    (flinkc::KernelContext * context, const void* state, int64_t micros,  \
     flinkc::StringValue* out))                                           \
  K(int32_t, flinkc_native_date_format_ltz,                               \
    (flinkc::KernelContext * context, const void* state, int64_t micros,  \
     flinkc::StringValue* out))                                           \
  /* NULL where the text does not match the pattern */                    \
  K(int32_t, flinkc_native_to_timestamp_pattern,                          \
    (const void* state, const flinkc::StringValue* text, int64_t* out))   \
  K(int32_t, flinkc_native_to_date_pattern,                               \
    (const void* state, const flinkc::StringValue* text, int32_t* out))   \
  K(int32_t, flinkc_native_unix_timestamp_pattern,                        \
    (const void* state, const flinkc::StringValue* text, int64_t* out))   \
  /* A point in time: the local time of the pattern's zone. */            \
  K(int32_t, flinkc_native_to_ltz_pattern,                                \
    (const void* state, const flinkc::StringValue* text, int64_t* out))   \
  K(int32_t, flinkc_native_from_unixtime,                                 \
    (flinkc::KernelContext * context, const void* state, int64_t seconds, \
     flinkc::StringValue* out))

FLINKC_DATE_PATTERN_FUNCTIONS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// What is wrong with the pattern constants[0], if anything.
std::optional<std::string> CheckDatePattern(std::span<const Value> constants);
// The ZonedPattern of constants[0], in UTC.
FunctionState PrepareDatePattern(std::span<const Value> constants);
// The same in the zone that the last constant names; with that one alone, "yyyy-MM-dd HH:mm:ss".
FunctionState PrepareZonedPattern(std::span<const Value> constants);
// What is wrong with the pattern constants[0] or the zone constants[1], if anything.
std::optional<std::string> CheckZonedPattern(std::span<const Value> constants);

}  // namespace flinkc
