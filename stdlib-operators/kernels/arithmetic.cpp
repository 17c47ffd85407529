#include "stdlib-operators/kernels/arithmetic.h"

#include <limits>

namespace flinkc {
namespace {

template <typename T>
int32_t Add(T a, T b, T* out) {
  return __builtin_add_overflow(a, b, out) ? Failure(RowStatus::kIntegerOverflow) : kKernelOk;
}

template <typename T>
int32_t Subtract(T a, T b, T* out) {
  return __builtin_sub_overflow(a, b, out) ? Failure(RowStatus::kIntegerOverflow) : kKernelOk;
}

template <typename T>
int32_t Multiply(T a, T b, T* out) {
  return __builtin_mul_overflow(a, b, out) ? Failure(RowStatus::kIntegerOverflow) : kKernelOk;
}

template <typename T>
int32_t Divide(T a, T b, T* out) {
  if (b == 0) return Failure(RowStatus::kDivisionByZero);
  if (b == -1) return Subtract<T>(0, a, out);
  *out = static_cast<T>(a / b);
  return kKernelOk;
}

// The sign follows the dividend, as in Java.
template <typename T>
int32_t Modulo(T a, T b, T* out) {
  if (b == 0) return Failure(RowStatus::kDivisionByZero);
  *out = b == -1 ? T{0} : static_cast<T>(a % b);
  return kKernelOk;
}

template <typename T>
int32_t Abs(T a, T* out) {
  if (a >= 0) {
    *out = a;
    return kKernelOk;
  }
  return Subtract<T>(0, a, out);
}

template <typename T>
int32_t CutDigits(T a, int32_t digits, bool half_up, T* out) {
  if (digits >= 0) {
    *out = a;
    return kKernelOk;
  }
  int64_t unit = 1;
  for (; digits < 0 && unit <= INT64_MAX / 10; ++digits) unit *= 10;
  if (digits < 0) {  // 10^19 and more: half of it is more than any integer
    *out = 0;
    return kKernelOk;
  }
  const int64_t remainder = a % unit;
  const int64_t cut = a - remainder;
  const int64_t distance = remainder < 0 ? -remainder : remainder;
  if (!half_up || distance < unit - distance) {
    *out = static_cast<T>(cut);
    return kKernelOk;
  }
  int64_t rounded;
  if (__builtin_add_overflow(cut, a < 0 ? -unit : unit, &rounded) ||
      rounded != static_cast<T>(rounded)) {
    return Failure(RowStatus::kIntegerOverflow);
  }
  *out = static_cast<T>(rounded);
  return kKernelOk;
}

template <typename T>
T FloatSign(T a) {
  // Zeros and NaN give themselves, as Java's Math.signum.
  return a > 0 ? T{1} : a < 0 ? T{-1} : CanonicalNan(a);
}

}  // namespace
}  // namespace flinkc

#define FLINKC_DEFINE_INTEGER(T, s)                                                        \
  extern "C" {                                                                             \
  int32_t flinkc_add_##s(T a, T b, T* out) { return flinkc::Add<T>(a, b, out); }           \
  int32_t flinkc_subtract_##s(T a, T b, T* out) { return flinkc::Subtract<T>(a, b, out); } \
  int32_t flinkc_multiply_##s(T a, T b, T* out) { return flinkc::Multiply<T>(a, b, out); } \
  int32_t flinkc_divide_##s(T a, T b, T* out) { return flinkc::Divide<T>(a, b, out); }     \
  int32_t flinkc_modulo_##s(T a, T b, T* out) { return flinkc::Modulo<T>(a, b, out); }     \
  int32_t flinkc_negate_##s(T a, T* out) { return flinkc::Subtract<T>(0, a, out); }        \
  int32_t flinkc_abs_##s(T a, T* out) { return flinkc::Abs<T>(a, out); }                   \
  T flinkc_sign_##s(T a) { return static_cast<T>((a > 0) - (a < 0)); }                     \
  T flinkc_identity_##s(T a) { return a; }                                                 \
  T flinkc_bitand_##s(T a, T b) { return static_cast<T>(a & b); }                          \
  T flinkc_bitor_##s(T a, T b) { return static_cast<T>(a | b); }                           \
  T flinkc_bitxor_##s(T a, T b) { return static_cast<T>(a ^ b); }                          \
  T flinkc_bitnot_##s(T a) { return static_cast<T>(~a); }                                  \
  int32_t flinkc_round_##s(T a, int32_t digits, T* out) {                                  \
    return flinkc::CutDigits<T>(a, digits, true, out);                                     \
  }                                                                                        \
  int32_t flinkc_truncate_##s(T a, int32_t digits, T* out) {                               \
    return flinkc::CutDigits<T>(a, digits, false, out);                                    \
  }                                                                                        \
  }

FLINKC_DEFINE_INTEGER(int8_t, i8)
FLINKC_DEFINE_INTEGER(int16_t, i16)
FLINKC_DEFINE_INTEGER(int32_t, i32)
FLINKC_DEFINE_INTEGER(int64_t, i64)

#define FLINKC_DEFINE_FLOAT(T, s, floor, ceil)                                  \
  extern "C" {                                                                  \
  T flinkc_add_##s(T a, T b) { return flinkc::CanonicalNan(a + b); }            \
  T flinkc_subtract_##s(T a, T b) { return flinkc::CanonicalNan(a - b); }       \
  T flinkc_multiply_##s(T a, T b) { return flinkc::CanonicalNan(a * b); }       \
  T flinkc_divide_##s(T a, T b) { return flinkc::CanonicalNan(a / b); }         \
  T flinkc_negate_##s(T a) { return flinkc::CanonicalNan(-a); }                 \
  T flinkc_abs_##s(T a) { return flinkc::CanonicalNan(a < 0 ? -a : a + T{0}); } \
  T flinkc_sign_##s(T a) { return flinkc::FloatSign(a); }                       \
  T flinkc_floor_##s(T a) { return flinkc::CanonicalNan(floor(a)); }            \
  T flinkc_ceil_##s(T a) { return flinkc::CanonicalNan(ceil(a)); }              \
  }

FLINKC_DEFINE_FLOAT(float, f32, __builtin_floorf, __builtin_ceilf)
FLINKC_DEFINE_FLOAT(double, f64, __builtin_floor, __builtin_ceil)

extern "C" {
// As Java's Math.toRadians and toDegrees since 9: one multiplication by the rounded factor.
double flinkc_radians_f64(double a) { return flinkc::CanonicalNan(a * 0.017453292519943295); }
double flinkc_degrees_f64(double a) { return flinkc::CanonicalNan(a * 57.29577951308232); }
}
