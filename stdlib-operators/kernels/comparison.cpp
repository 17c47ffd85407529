#include "stdlib-operators/kernels/comparison.h"

#include "stdlib-operators/kernels/decimal_math.h"

#define FLINKC_DEFINE_COMPARISONS(T, s)                                            \
  extern "C" {                                                                     \
  bool flinkc_equal_##s(T a, T b) { return a == b; }                               \
  bool flinkc_not_equal_##s(T a, T b) { return a != b; }                           \
  bool flinkc_less_##s(T a, T b) { return a < b; }                                 \
  bool flinkc_less_equal_##s(T a, T b) { return a <= b; }                          \
  bool flinkc_greater_##s(T a, T b) { return a > b; }                              \
  bool flinkc_greater_equal_##s(T a, T b) { return a >= b; }                       \
  int32_t flinkc_order_##s(T a, T b) { return flinkc::Compare<T>(a, b); }          \
  bool flinkc_is_distinct_##s(T a, bool a_valid, T b, bool b_valid) {              \
    if (!a_valid || !b_valid) return a_valid != b_valid;                           \
    return flinkc::Compare<T>(a, b) != 0;                                          \
  }                                                                                \
  T flinkc_greatest_##s(T a, T b) { return flinkc::Compare<T>(a, b) < 0 ? b : a; } \
  T flinkc_least_##s(T a, T b) { return flinkc::Compare<T>(a, b) > 0 ? b : a; }    \
  }

FLINKC_DEFINE_COMPARISONS(bool, bool)
FLINKC_DEFINE_COMPARISONS(int8_t, i8)
FLINKC_DEFINE_COMPARISONS(int16_t, i16)
FLINKC_DEFINE_COMPARISONS(int32_t, i32)
FLINKC_DEFINE_COMPARISONS(int64_t, i64)
FLINKC_DEFINE_COMPARISONS(float, f32)
FLINKC_DEFINE_COMPARISONS(double, f64)

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

#define FLINKC_DEFINE_DECIMAL_COMPARISON(name, op)                                \
  bool name(const Int128* a, const Int128* b, int64_t raise_a, int64_t raise_b) { \
    if (raise_a == 0 && raise_b == 0) return LoadInt128(a) op LoadInt128(b);      \
    return CompareDecimal(LoadInt128(a), LoadInt128(b), raise_a, raise_b) op 0;   \
  }
FLINKC_DEFINE_DECIMAL_COMPARISON(flinkc_equal_decimal, ==)
FLINKC_DEFINE_DECIMAL_COMPARISON(flinkc_not_equal_decimal, !=)
FLINKC_DEFINE_DECIMAL_COMPARISON(flinkc_less_decimal, <)
FLINKC_DEFINE_DECIMAL_COMPARISON(flinkc_less_equal_decimal, <=)
FLINKC_DEFINE_DECIMAL_COMPARISON(flinkc_greater_decimal, >)
FLINKC_DEFINE_DECIMAL_COMPARISON(flinkc_greater_equal_decimal, >=)

int32_t flinkc_order_decimal(const Int128* a, const Int128* b, int64_t raise_a, int64_t raise_b) {
  return CompareDecimal(LoadInt128(a), LoadInt128(b), raise_a, raise_b);
}

bool flinkc_is_distinct_decimal(const Int128* a, bool a_valid, const Int128* b, bool b_valid,
                                int64_t raise_a, int64_t raise_b) {
  if (!a_valid || !b_valid) return a_valid != b_valid;
  return CompareDecimal(LoadInt128(a), LoadInt128(b), raise_a, raise_b) != 0;
}

int32_t flinkc_greatest_decimal(const Int128* a, const Int128* b, Int128* out) {
  const Int128 x = LoadInt128(a), y = LoadInt128(b);
  StoreInt128(out, x < y ? y : x);
  return flinkc::kKernelOk;
}

int32_t flinkc_least_decimal(const Int128* a, const Int128* b, Int128* out) {
  const Int128 x = LoadInt128(a), y = LoadInt128(b);
  StoreInt128(out, x > y ? y : x);
  return flinkc::kKernelOk;
}

bool flinkc_equal_text(const StringValue* a, const StringValue* b) { return *a == *b; }
bool flinkc_not_equal_text(const StringValue* a, const StringValue* b) { return !(*a == *b); }
bool flinkc_less_text(const StringValue* a, const StringValue* b) {
  return CompareText(*a, *b) < 0;
}
bool flinkc_less_equal_text(const StringValue* a, const StringValue* b) {
  return CompareText(*a, *b) <= 0;
}
bool flinkc_greater_text(const StringValue* a, const StringValue* b) {
  return CompareText(*a, *b) > 0;
}
bool flinkc_greater_equal_text(const StringValue* a, const StringValue* b) {
  return CompareText(*a, *b) >= 0;
}
int32_t flinkc_order_text(const StringValue* a, const StringValue* b) {
  return CompareText(*a, *b);
}

bool flinkc_is_distinct_text(const StringValue* a, bool a_valid, const StringValue* b,
                             bool b_valid) {
  if (!a_valid || !b_valid) return a_valid != b_valid;
  return !(*a == *b);
}

int32_t flinkc_greatest_text(const StringValue* a, const StringValue* b, StringValue* out) {
  *out = CompareText(*a, *b) < 0 ? *b : *a;
  return flinkc::kKernelOk;
}

int32_t flinkc_least_text(const StringValue* a, const StringValue* b, StringValue* out) {
  *out = CompareText(*a, *b) > 0 ? *b : *a;
  return flinkc::kKernelOk;
}

}  // extern "C"
