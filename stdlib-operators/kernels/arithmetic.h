// + - * / % and unary minus of integers and floats. Integers fail on overflow and division by zero
// (docs/deviations.md); floats follow IEEE 754, as Flink's do.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_INTEGER_ARITHMETIC(K, T, s)                                                    \
  K(int32_t, flinkc_add_##s, (T a, T b, T * out))                                             \
  K(int32_t, flinkc_subtract_##s, (T a, T b, T * out))                                        \
  K(int32_t, flinkc_multiply_##s, (T a, T b, T * out))                                        \
  K(int32_t, flinkc_divide_##s, (T a, T b, T * out))                                          \
  K(int32_t, flinkc_modulo_##s, (T a, T b, T * out))                                          \
  K(int32_t, flinkc_negate_##s, (T a, T * out))                                               \
  K(int32_t, flinkc_abs_##s, (T a, T * out))                                                  \
  K(T, flinkc_sign_##s, (T a))                                                                \
  K(T, flinkc_identity_##s, (T a))                                                            \
  K(T, flinkc_bitand_##s, (T a, T b))                                                         \
  K(T, flinkc_bitor_##s, (T a, T b))                                                          \
  K(T, flinkc_bitxor_##s, (T a, T b))                                                         \
  K(T, flinkc_bitnot_##s, (T a))                                                              \
  /* to a multiple of 10^-digits, half away from zero or towards it; digits >= 0: as it is */ \
  K(int32_t, flinkc_round_##s, (T a, int32_t digits, T* out))                                 \
  K(int32_t, flinkc_truncate_##s, (T a, int32_t digits, T* out))

#define FLINKC_FLOAT_ARITHMETIC(K, T, s) \
  K(T, flinkc_add_##s, (T a, T b))       \
  K(T, flinkc_subtract_##s, (T a, T b))  \
  K(T, flinkc_multiply_##s, (T a, T b))  \
  K(T, flinkc_divide_##s, (T a, T b))    \
  K(T, flinkc_negate_##s, (T a))         \
  K(T, flinkc_abs_##s, (T a))            \
  K(T, flinkc_sign_##s, (T a))           \
  K(T, flinkc_floor_##s, (T a))          \
  K(T, flinkc_ceil_##s, (T a))

#define FLINKC_ARITHMETIC_KERNELS(K)         \
  FLINKC_INTEGER_ARITHMETIC(K, int8_t, i8)   \
  FLINKC_INTEGER_ARITHMETIC(K, int16_t, i16) \
  FLINKC_INTEGER_ARITHMETIC(K, int32_t, i32) \
  FLINKC_INTEGER_ARITHMETIC(K, int64_t, i64) \
  FLINKC_FLOAT_ARITHMETIC(K, float, f32)     \
  FLINKC_FLOAT_ARITHMETIC(K, double, f64)    \
  K(double, flinkc_radians_f64, (double a))  \
  K(double, flinkc_degrees_f64, (double a))

FLINKC_ARITHMETIC_KERNELS(FLINKC_DECLARE_KERNEL)
