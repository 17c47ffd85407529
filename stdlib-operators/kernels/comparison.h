// Comparisons of every physical type: the six operators, IS DISTINCT FROM, and `order`, the total
// order of min, max and sorting (-1, 0, 1; NaN is the largest, -0.0 equals 0.0). The operators on
// floats follow IEEE 754, as Flink's do: NaN equals nothing.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_COMPARISONS(K, T, s)                                       \
  K(bool, flinkc_equal_##s, (T a, T b))                                   \
  K(bool, flinkc_not_equal_##s, (T a, T b))                               \
  K(bool, flinkc_less_##s, (T a, T b))                                    \
  K(bool, flinkc_less_equal_##s, (T a, T b))                              \
  K(bool, flinkc_greater_##s, (T a, T b))                                 \
  K(bool, flinkc_greater_equal_##s, (T a, T b))                           \
  K(int32_t, flinkc_order_##s, (T a, T b))                                \
  K(bool, flinkc_is_distinct_##s, (T a, bool a_valid, T b, bool b_valid)) \
  K(T, flinkc_greatest_##s, (T a, T b))                                   \
  K(T, flinkc_least_##s, (T a, T b))

// `raise_a` and `raise_b` are how many digits of scale each side lacks to the larger one's.
#define FLINKC_DECIMAL_COMPARISON(K, name) \
  K(bool, name,                            \
    (const flinkc::Int128* a, const flinkc::Int128* b, int64_t raise_a, int64_t raise_b))

#define FLINKC_TEXT_COMPARISON(K, name) \
  K(bool, name, (const flinkc::StringValue* a, const flinkc::StringValue* b))

#define FLINKC_COMPARISON_KERNELS(K)                                                          \
  FLINKC_COMPARISONS(K, bool, bool)                                                           \
  FLINKC_COMPARISONS(K, int8_t, i8)                                                           \
  FLINKC_COMPARISONS(K, int16_t, i16)                                                         \
  FLINKC_COMPARISONS(K, int32_t, i32)                                                         \
  FLINKC_COMPARISONS(K, int64_t, i64)                                                         \
  FLINKC_COMPARISONS(K, float, f32)                                                           \
  FLINKC_COMPARISONS(K, double, f64)                                                          \
  FLINKC_DECIMAL_COMPARISON(K, flinkc_equal_decimal)                                          \
  FLINKC_DECIMAL_COMPARISON(K, flinkc_not_equal_decimal)                                      \
  FLINKC_DECIMAL_COMPARISON(K, flinkc_less_decimal)                                           \
  FLINKC_DECIMAL_COMPARISON(K, flinkc_less_equal_decimal)                                     \
  FLINKC_DECIMAL_COMPARISON(K, flinkc_greater_decimal)                                        \
  FLINKC_DECIMAL_COMPARISON(K, flinkc_greater_equal_decimal)                                  \
  K(int32_t, flinkc_order_decimal,                                                            \
    (const flinkc::Int128* a, const flinkc::Int128* b, int64_t raise_a, int64_t raise_b))     \
  K(bool, flinkc_is_distinct_decimal,                                                         \
    (const flinkc::Int128* a, bool a_valid, const flinkc::Int128* b, bool b_valid,            \
     int64_t raise_a, int64_t raise_b))                                                       \
  K(int32_t, flinkc_greatest_decimal,                                                         \
    (const flinkc::Int128* a, const flinkc::Int128* b, flinkc::Int128* out))                  \
  K(int32_t, flinkc_least_decimal,                                                            \
    (const flinkc::Int128* a, const flinkc::Int128* b, flinkc::Int128* out))                  \
  FLINKC_TEXT_COMPARISON(K, flinkc_equal_text)                                                \
  FLINKC_TEXT_COMPARISON(K, flinkc_not_equal_text)                                            \
  FLINKC_TEXT_COMPARISON(K, flinkc_less_text)                                                 \
  FLINKC_TEXT_COMPARISON(K, flinkc_less_equal_text)                                           \
  FLINKC_TEXT_COMPARISON(K, flinkc_greater_text)                                              \
  FLINKC_TEXT_COMPARISON(K, flinkc_greater_equal_text)                                        \
  K(int32_t, flinkc_order_text, (const flinkc::StringValue* a, const flinkc::StringValue* b)) \
  K(bool, flinkc_is_distinct_text,                                                            \
    (const flinkc::StringValue* a, bool a_valid, const flinkc::StringValue* b, bool b_valid)) \
  K(int32_t, flinkc_greatest_text,                                                            \
    (const flinkc::StringValue* a, const flinkc::StringValue* b, flinkc::StringValue* out))   \
  K(int32_t, flinkc_least_text,                                                               \
    (const flinkc::StringValue* a, const flinkc::StringValue* b, flinkc::StringValue* out))

FLINKC_COMPARISON_KERNELS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// Byte by byte, unsigned; a prefix comes first. -1, 0 or 1.
inline int32_t CompareText(const StringValue& a, const StringValue& b) {
  const uint32_t common = a.size < b.size ? a.size : b.size;
  const int difference = __builtin_memcmp(a.data(), b.data(), common);
  if (difference != 0) return difference < 0 ? -1 : 1;
  return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

// The total order of `order`.
template <typename T>
int32_t Compare(T a, T b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  return static_cast<int32_t>(a != a) - static_cast<int32_t>(b != b);  // NaN
}

}  // namespace flinkc
