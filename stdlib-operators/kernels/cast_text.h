// CAST to and from STRING. To text: every kernel ends with `length` and `pad`: CHAR(n) and
// VARCHAR(n) cut to n characters, CHAR(n) is padded with spaces; length 0 is STRING. From text: the
// grammars of text_parse.h; spaces around are ignored.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_TO_TEXT(K, name, ...)                                            \
  K(int32_t, name,                                                              \
    (flinkc::KernelContext * context, __VA_ARGS__, int64_t length, int64_t pad, \
     flinkc::StringValue* out))
#define FLINKC_FROM_TEXT(K, T, t) \
  K(int32_t, flinkc_cast_text_##t, (const flinkc::StringValue* a, T* out))

#define FLINKC_CAST_TEXT_KERNELS(K)                                                        \
  FLINKC_TO_TEXT(K, flinkc_cast_bool_text, bool a)                                         \
  FLINKC_TO_TEXT(K, flinkc_cast_i8_text, int8_t a)                                         \
  FLINKC_TO_TEXT(K, flinkc_cast_i16_text, int16_t a)                                       \
  FLINKC_TO_TEXT(K, flinkc_cast_i32_text, int32_t a)                                       \
  FLINKC_TO_TEXT(K, flinkc_cast_i64_text, int64_t a)                                       \
  FLINKC_TO_TEXT(K, flinkc_cast_f32_text, float a)                                         \
  FLINKC_TO_TEXT(K, flinkc_cast_f64_text, double a)                                        \
  FLINKC_TO_TEXT(K, flinkc_cast_decimal_text, const flinkc::Int128* a, int64_t scale)      \
  FLINKC_TO_TEXT(K, flinkc_cast_date_text, int32_t a)                                      \
  FLINKC_TO_TEXT(K, flinkc_cast_time_text, int64_t a, int64_t precision)                   \
  FLINKC_TO_TEXT(K, flinkc_cast_timestamp_text, int64_t a, int64_t precision)              \
  /* DATE_FORMAT(micros, 'yyyy-MM-dd') */                                                  \
  K(int32_t, flinkc_date_format_day,                                                       \
    (flinkc::KernelContext * context, int64_t micros, flinkc::StringValue* out))           \
  FLINKC_TO_TEXT(K, flinkc_cast_months_text, int32_t a)                                    \
  FLINKC_TO_TEXT(K, flinkc_cast_micros_text, int64_t a)                                    \
  FLINKC_TO_TEXT(K, flinkc_cast_text_text, const flinkc::StringValue* a)                   \
  FLINKC_FROM_TEXT(K, bool, bool)                                                          \
  FLINKC_FROM_TEXT(K, int8_t, i8)                                                          \
  FLINKC_FROM_TEXT(K, int16_t, i16)                                                        \
  FLINKC_FROM_TEXT(K, int32_t, i32)                                                        \
  FLINKC_FROM_TEXT(K, int64_t, i64)                                                        \
  FLINKC_FROM_TEXT(K, float, f32)                                                          \
  FLINKC_FROM_TEXT(K, double, f64)                                                         \
  FLINKC_FROM_TEXT(K, int32_t, date)                                                       \
  K(int32_t, flinkc_cast_text_decimal,                                                     \
    (const flinkc::StringValue* a, int64_t precision, int64_t scale, flinkc::Int128* out)) \
  K(int32_t, flinkc_cast_text_time,                                                        \
    (const flinkc::StringValue* a, int64_t precision, int64_t* out))                       \
  K(int32_t, flinkc_cast_text_timestamp,                                                   \
    (const flinkc::StringValue* a, int64_t precision, int64_t* out))                       \
  /* As the casts, but NULL where the text is no such value. */                            \
  K(int32_t, flinkc_to_timestamp, (const flinkc::StringValue* a, int64_t* out))            \
  K(int32_t, flinkc_to_date, (const flinkc::StringValue* a, int32_t* out))

FLINKC_CAST_TEXT_KERNELS(FLINKC_DECLARE_KERNEL)
