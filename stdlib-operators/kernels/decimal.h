// DECIMAL arithmetic on unscaled 128-bit integers, exact with one HALF_UP rounding, as Flink's.
// An overflow of the result's precision is NULL; `precision` 0 says that it cannot overflow.
//
// Immediates: `raise_*`: digits to append to reach the scale that both sides meet at; `lower`:
// digits to round away from there to the result's scale; `shift`: see DivideDecimal.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_DECIMAL_SUM(K, name)                                                      \
  K(int32_t, name,                                                                       \
    (const flinkc::Int128* a, const flinkc::Int128* b, int64_t raise_a, int64_t raise_b, \
     int64_t lower, int64_t precision, flinkc::Int128* out))

#define FLINKC_DECIMAL_KERNELS(K)                                                                  \
  FLINKC_DECIMAL_SUM(K, flinkc_add_decimal)                                                        \
  FLINKC_DECIMAL_SUM(K, flinkc_subtract_decimal)                                                   \
  FLINKC_DECIMAL_SUM(K, flinkc_modulo_decimal)                                                     \
  K(int32_t, flinkc_multiply_decimal,                                                              \
    (const flinkc::Int128* a, const flinkc::Int128* b, int64_t lower, int64_t precision,           \
     flinkc::Int128* out))                                                                         \
  K(int32_t, flinkc_divide_decimal,                                                                \
    (const flinkc::Int128* a, const flinkc::Int128* b, int64_t shift, int64_t precision,           \
     flinkc::Int128* out))                                                                         \
  K(int32_t, flinkc_negate_decimal, (const flinkc::Int128* a, flinkc::Int128* out))                \
  K(int32_t, flinkc_abs_decimal, (const flinkc::Int128* a, flinkc::Int128* out))                   \
  K(int32_t, flinkc_sign_decimal, (const flinkc::Int128* a, int64_t scale, flinkc::Int128* out))   \
  K(int32_t, flinkc_floor_decimal, (const flinkc::Int128* a, int64_t scale, flinkc::Int128* out))  \
  K(int32_t, flinkc_ceil_decimal, (const flinkc::Int128* a, int64_t scale, flinkc::Int128* out))   \
  /* The scale from `scale` to `scale` + raise, or - lower; one of the two is 0. */                \
  K(int32_t, flinkc_rescale_decimal,                                                               \
    (const flinkc::Int128* a, int64_t raise, int64_t lower, int64_t precision,                     \
     flinkc::Int128* out))                                                                         \
  /* round(a, digits), truncate(a, digits): the result keeps the scale `scale_out`. */             \
  K(int32_t, flinkc_round_decimal,                                                                 \
    (const flinkc::Int128* a, int32_t digits, int64_t scale, int64_t scale_out, int64_t precision, \
     flinkc::Int128* out))                                                                         \
  K(int32_t, flinkc_truncate_decimal,                                                              \
    (const flinkc::Int128* a, int32_t digits, int64_t scale, int64_t scale_out, int64_t precision, \
     flinkc::Int128* out))                                                                         \
  K(int32_t, flinkc_round_whole_decimal,                                                           \
    (const flinkc::Int128* a, int64_t scale, int64_t scale_out, int64_t precision,                 \
     flinkc::Int128* out))                                                                         \
  K(int32_t, flinkc_truncate_whole_decimal,                                                        \
    (const flinkc::Int128* a, int64_t scale, int64_t scale_out, int64_t precision,                 \
     flinkc::Int128* out))

FLINKC_DECIMAL_KERNELS(FLINKC_DECLARE_KERNEL)
