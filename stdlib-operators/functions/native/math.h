// libm. Native, so that LLVM folds no call into something that rounds differently; one canonical
// NaN.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_MATH_OF_ONE(K, name) K(double, flinkc_native_##name##_f64, (double a))
#define FLINKC_MATH_OF_TWO(K, name) K(double, flinkc_native_##name##_f64, (double a, double b))

#define FLINKC_MATH_FUNCTIONS(K)                                                      \
  FLINKC_MATH_OF_TWO(K, modulo)                                                       \
  FLINKC_MATH_OF_TWO(K, power)                                                        \
  FLINKC_MATH_OF_TWO(K, atan2)                                                        \
  FLINKC_MATH_OF_ONE(K, exp)                                                          \
  FLINKC_MATH_OF_ONE(K, sin)                                                          \
  FLINKC_MATH_OF_ONE(K, cos)                                                          \
  FLINKC_MATH_OF_ONE(K, tan)                                                          \
  FLINKC_MATH_OF_ONE(K, cot)                                                          \
  FLINKC_MATH_OF_ONE(K, asin)                                                         \
  FLINKC_MATH_OF_ONE(K, acos)                                                         \
  FLINKC_MATH_OF_ONE(K, atan)                                                         \
  FLINKC_MATH_OF_ONE(K, sinh)                                                         \
  FLINKC_MATH_OF_ONE(K, cosh)                                                         \
  FLINKC_MATH_OF_ONE(K, tanh)                                                         \
  FLINKC_MATH_OF_ONE(K, ln)                                                           \
  FLINKC_MATH_OF_ONE(K, log10)                                                        \
  FLINKC_MATH_OF_ONE(K, log2)                                                         \
  /* log(base, a) */                                                                  \
  FLINKC_MATH_OF_TWO(K, log)                                                          \
  K(double, flinkc_native_pi, ())                                                     \
  K(double, flinkc_native_e, ())                                                      \
  /* HALF_UP on the shortest digits of `a`, as BigDecimal.valueOf(a).setScale does */ \
  K(double, flinkc_native_round_f64, (double a, int32_t digits))                      \
  K(double, flinkc_native_truncate_f64, (double a, int32_t digits))                   \
  FLINKC_MATH_OF_ONE(K, round_whole)                                                  \
  FLINKC_MATH_OF_ONE(K, truncate_whole)

FLINKC_MATH_FUNCTIONS(FLINKC_DECLARE_KERNEL)
