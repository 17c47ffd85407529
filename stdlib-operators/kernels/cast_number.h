// CAST among BOOLEAN, integers, floats and DECIMAL. A number that does not fit an integer type
// fails (Flink wraps or saturates: docs/deviations.md); a DECIMAL overflow is NULL.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_NARROWING_CAST(K, F, f, T, t) K(int32_t, flinkc_cast_##f##_##t, (F a, T * out))
#define FLINKC_WIDENING_CAST(K, F, f, T, t) K(T, flinkc_cast_##f##_##t, (F a))

// Pairs that lose values, and pairs that do not (or only digits, for floats).
#define FLINKC_NARROWING_PAIRS(X, K) \
  X(K, int16_t, i16, int8_t, i8)     \
  X(K, int32_t, i32, int8_t, i8)     \
  X(K, int32_t, i32, int16_t, i16)   \
  X(K, int64_t, i64, int8_t, i8)     \
  X(K, int64_t, i64, int16_t, i16)   \
  X(K, int64_t, i64, int32_t, i32)   \
  X(K, float, f32, int8_t, i8)       \
  X(K, float, f32, int16_t, i16)     \
  X(K, float, f32, int32_t, i32)     \
  X(K, float, f32, int64_t, i64)     \
  X(K, double, f64, int8_t, i8)      \
  X(K, double, f64, int16_t, i16)    \
  X(K, double, f64, int32_t, i32)    \
  X(K, double, f64, int64_t, i64)

#define FLINKC_WIDENING_PAIRS(X, K) \
  X(K, int8_t, i8, int16_t, i16)    \
  X(K, int8_t, i8, int32_t, i32)    \
  X(K, int8_t, i8, int64_t, i64)    \
  X(K, int16_t, i16, int32_t, i32)  \
  X(K, int16_t, i16, int64_t, i64)  \
  X(K, int32_t, i32, int64_t, i64)  \
  X(K, int8_t, i8, float, f32)      \
  X(K, int16_t, i16, float, f32)    \
  X(K, int32_t, i32, float, f32)    \
  X(K, int64_t, i64, float, f32)    \
  X(K, int8_t, i8, double, f64)     \
  X(K, int16_t, i16, double, f64)   \
  X(K, int32_t, i32, double, f64)   \
  X(K, int64_t, i64, double, f64)   \
  X(K, float, f32, double, f64)     \
  X(K, double, f64, float, f32)     \
  X(K, bool, bool, int8_t, i8)      \
  X(K, bool, bool, int16_t, i16)    \
  X(K, bool, bool, int32_t, i32)    \
  X(K, bool, bool, int64_t, i64)    \
  X(K, bool, bool, float, f32)      \
  X(K, bool, bool, double, f64)     \
  X(K, int8_t, i8, bool, bool)      \
  X(K, int16_t, i16, bool, bool)    \
  X(K, int32_t, i32, bool, bool)    \
  X(K, int64_t, i64, bool, bool)    \
  X(K, float, f32, bool, bool)      \
  X(K, double, f64, bool, bool)

// `precision` 0: cannot overflow.
#define FLINKC_CAST_TO_DECIMAL(K, F, f) \
  K(int32_t, flinkc_cast_##f##_decimal, \
    (F a, int64_t scale, int64_t precision, flinkc::Int128* out))
#define FLINKC_CAST_FROM_DECIMAL(K, T, t) \
  K(int32_t, flinkc_cast_decimal_##t, (const flinkc::Int128* a, int64_t scale, T* out))

#define FLINKC_CAST_NUMBER_KERNELS(K)                                          \
  FLINKC_NARROWING_PAIRS(FLINKC_NARROWING_CAST, K)                             \
  FLINKC_WIDENING_PAIRS(FLINKC_WIDENING_CAST, K)                               \
  FLINKC_CAST_TO_DECIMAL(K, bool, bool)                                        \
  FLINKC_CAST_TO_DECIMAL(K, int8_t, i8)                                        \
  FLINKC_CAST_TO_DECIMAL(K, int16_t, i16)                                      \
  FLINKC_CAST_TO_DECIMAL(K, int32_t, i32)                                      \
  FLINKC_CAST_TO_DECIMAL(K, int64_t, i64)                                      \
  FLINKC_CAST_TO_DECIMAL(K, float, f32)                                        \
  FLINKC_CAST_TO_DECIMAL(K, double, f64)                                       \
  FLINKC_CAST_FROM_DECIMAL(K, int8_t, i8)                                      \
  FLINKC_CAST_FROM_DECIMAL(K, int16_t, i16)                                    \
  FLINKC_CAST_FROM_DECIMAL(K, int32_t, i32)                                    \
  FLINKC_CAST_FROM_DECIMAL(K, int64_t, i64)                                    \
  K(float, flinkc_cast_decimal_f32, (const flinkc::Int128* a, int64_t scale))  \
  K(double, flinkc_cast_decimal_f64, (const flinkc::Int128* a, int64_t scale)) \
  K(bool, flinkc_cast_decimal_bool, (const flinkc::Int128* a))

FLINKC_CAST_NUMBER_KERNELS(FLINKC_DECLARE_KERNEL)
