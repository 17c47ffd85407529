// Time zones by Howard Hinnant's date library over the system's zone files. A local time that a
// change of the clock skips moves behind the gap; one that occurs twice is the first, as in Java.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "compiler/expression/function_record.h"
#include "stdlib-operators/kernels/kernel.h"

// `zone` is a TimeZone.
#define FLINKC_TIME_ZONE_FUNCTIONS(K)                                                           \
  K(int64_t, flinkc_native_to_local, (const void* zone, int64_t micros, int64_t unit_micros))   \
  K(int64_t, flinkc_native_to_utc, (const void* zone, int64_t micros))                          \
  K(int32_t, flinkc_native_local_date, (const void* zone, int64_t micros))                      \
  K(int64_t, flinkc_native_local_time, (const void* zone, int64_t micros, int64_t unit_micros)) \
  K(int64_t, flinkc_native_date_to_utc, (const void* zone, int32_t days))                       \
  K(int64_t, flinkc_native_extract_ltz, (const void* zone, int64_t micros, int64_t unit))       \
  K(int64_t, flinkc_native_floor_ltz, (const void* zone, int64_t micros, int64_t unit))         \
  K(int64_t, flinkc_native_ceil_ltz, (const void* zone, int64_t micros, int64_t unit))          \
  K(int32_t, flinkc_native_ltz_text,                                                            \
    (flinkc::KernelContext * context, const void* zone, int64_t micros, int64_t precision,      \
     int64_t length, int64_t pad, flinkc::StringValue* out))                                    \
  K(int32_t, flinkc_native_text_ltz,                                                            \
    (const void* zone, const flinkc::StringValue* text, int64_t precision, int64_t* out))       \
  K(int64_t, flinkc_native_localtimestamp, (flinkc::KernelContext * context, const void* zone)) \
  K(int32_t, flinkc_native_current_date, (flinkc::KernelContext * context, const void* zone))   \
  K(int64_t, flinkc_native_localtime, (flinkc::KernelContext * context, const void* zone))      \
  K(int32_t, flinkc_native_convert_tz,                                                          \
    (flinkc::KernelContext * context, const flinkc::StringValue* text,                          \
     const flinkc::StringValue* from, const flinkc::StringValue* to, flinkc::StringValue* out))

FLINKC_TIME_ZONE_FUNCTIONS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

class TimeZone;
using TimeZonePtr = std::shared_ptr<const TimeZone>;

// "Europe/Vienna", "UTC", "+02:00", "GMT+2". nullptr: there is no such zone.
TimeZonePtr LocateTimeZone(std::string_view name);

// Microseconds since the epoch to those of the zone's calendar, and back.
int64_t ToLocal(const TimeZone& zone, int64_t micros);
int64_t ToUtc(const TimeZone& zone, int64_t micros);

// The TimeZone that the last constant names; UTC if there is none of that name (the spec's check
// refuses those).
FunctionState PrepareTimeZone(std::span<const Value> constants);

}  // namespace flinkc
