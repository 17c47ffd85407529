// Dates, times and intervals: fields, rounding to a unit, arithmetic, casts among them. Timestamps
// of both kinds are microseconds; what depends on a time zone is a native function.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

// The immediate of the kernels below.
enum class TimeUnit : int64_t {
  kMillennium,
  kCentury,
  kDecade,
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
  // Only of EXTRACT:
  kDayOfWeek,     // 1 (Sunday) to 7
  kIsoDayOfWeek,  // 1 (Monday) to 7
  kDayOfYear,
  kIsoYear,
  kEpoch,
};

}  // namespace flinkc

#define FLINKC_TEMPORAL_KERNELS(K)                                                                 \
  K(int64_t, flinkc_extract_timestamp, (int64_t micros, int64_t unit))                             \
  K(int64_t, flinkc_extract_date, (int32_t days, int64_t unit))                                    \
  K(int64_t, flinkc_extract_time, (int64_t micros, int64_t unit))                                  \
  K(int64_t, flinkc_extract_interval_months, (int32_t months, int64_t unit))                       \
  K(int64_t, flinkc_extract_interval_micros, (int64_t micros, int64_t unit))                       \
  K(int64_t, flinkc_floor_timestamp, (int64_t micros, int64_t unit))                               \
  K(int64_t, flinkc_ceil_timestamp, (int64_t micros, int64_t unit))                                \
  K(int32_t, flinkc_floor_date, (int32_t days, int64_t unit))                                      \
  K(int32_t, flinkc_ceil_date, (int32_t days, int64_t unit))                                       \
  K(int32_t, flinkc_add_timestamp_micros, (int64_t micros, int64_t interval, int64_t* out))        \
  K(int32_t, flinkc_subtract_timestamp_micros, (int64_t micros, int64_t interval, int64_t* out))   \
  K(int32_t, flinkc_add_timestamp_months, (int64_t micros, int32_t months, int64_t* out))          \
  K(int32_t, flinkc_subtract_timestamp_months, (int64_t micros, int32_t months, int64_t* out))     \
  K(int32_t, flinkc_add_date_micros, (int32_t days, int64_t interval, int32_t* out))               \
  K(int32_t, flinkc_subtract_date_micros, (int32_t days, int64_t interval, int32_t* out))          \
  K(int32_t, flinkc_add_date_months, (int32_t days, int32_t months, int32_t* out))                 \
  K(int32_t, flinkc_subtract_date_months, (int32_t days, int32_t months, int32_t* out))            \
  K(int64_t, flinkc_add_time_micros, (int64_t micros, int64_t interval))                           \
  K(int64_t, flinkc_subtract_time_micros, (int64_t micros, int64_t interval))                      \
  K(int64_t, flinkc_subtract_date_date, (int32_t a, int32_t b))                                    \
  /* timestampadd(unit, count, at) and timestampdiff(unit, from, to) */                            \
  K(int32_t, flinkc_timestamp_add, (int32_t count, int64_t micros, int64_t unit, int64_t* out))    \
  K(int32_t, flinkc_timestamp_add_date, (int32_t count, int32_t days, int64_t unit, int32_t* out)) \
  K(int32_t, flinkc_timestamp_diff, (int64_t from, int64_t to, int64_t unit, int32_t* out))        \
  /* casts; `unit_micros` is the length of the result's last digit */                              \
  K(int64_t, flinkc_cast_date_timestamp, (int32_t days))                                           \
  K(int32_t, flinkc_cast_timestamp_date, (int64_t micros))                                         \
  K(int64_t, flinkc_cast_timestamp_timestamp, (int64_t micros, int64_t unit_micros))               \
  K(int64_t, flinkc_cast_timestamp_time, (int64_t micros, int64_t unit_micros))                    \
  K(int32_t, flinkc_to_timestamp_ltz, (int64_t count, int64_t unit_micros, int64_t* out))          \
  K(int64_t, flinkc_unix_timestamp, (flinkc::KernelContext * context))                             \
  K(int64_t, flinkc_current_timestamp, (flinkc::KernelContext * context, int64_t unit_micros))

FLINKC_TEMPORAL_KERNELS(FLINKC_DECLARE_KERNEL)
