#include "stdlib-operators/kernels/cast_number.h"

#include <limits>
#include <type_traits>

#include "stdlib-operators/kernels/decimal_math.h"
#include "stdlib-operators/kernels/native/float_text.h"
#include "stdlib-operators/kernels/text_format.h"
#include "stdlib-operators/kernels/text_parse.h"

namespace flinkc {
namespace {

template <typename F, typename T>
int32_t Narrow(F a, T* out) {
  if constexpr (std::numeric_limits<F>::is_integer) {
    if (a < std::numeric_limits<T>::min() || a > std::numeric_limits<T>::max()) {
      return Failure(RowStatus::kOutOfRange);
    }
  } else {
    // Cut towards zero. The bounds are exact in F: -2^(n-1) and 2^(n-1); NaN is outside.
    const double whole = a < 0 ? __builtin_ceil(double{a}) : __builtin_floor(double{a});
    const double bound = static_cast<double>(uint64_t{1} << (sizeof(T) * 8 - 1));
    if (!(whole >= -bound && whole < bound)) return Failure(RowStatus::kOutOfRange);
  }
  *out = static_cast<T>(a);
  return kKernelOk;
}

template <typename F, typename T>
T Widen(F a) {
  if constexpr (std::is_same_v<T, bool>) {
    return a != 0;
  } else if constexpr (std::numeric_limits<F>::is_integer) {
    return static_cast<T>(a);
  } else {
    return CanonicalNan(static_cast<T>(a));
  }
}

template <typename T>
int32_t DecimalToInteger(const Int128* a, int64_t scale, T* out) {
  const Int128 value = LoadInt128(a);
  const Int128 whole = scale == 0 ? value : value / static_cast<Int128>(PowerOfTen(scale));
  if (whole < std::numeric_limits<T>::min() || whole > std::numeric_limits<T>::max()) {
    return Failure(RowStatus::kOutOfRange);
  }
  *out = static_cast<T>(whole);
  return kKernelOk;
}

int32_t IntegerToDecimal(int64_t a, int64_t scale, int64_t precision, Int128* out) {
  if (scale <= 19) [[likely]] {  // |a| * 10^19 < 2^127
    return StoreChecked(Int128{a} * static_cast<Int128>(PowerOfTen(scale)), precision, out);
  }
  return StoreRounded(MultiplyWide(Magnitude(a), PowerOfTen(scale)), a < 0, 0,
                      precision == 0 ? kDecimalDigitsMax : precision, out);
}

// By way of the shortest digits that give the same double, as BigDecimal.valueOf does.
int32_t DoubleToDecimal(double a, int64_t scale, int64_t precision, Int128* out) {
  if (!(a - a == 0)) return Failure(RowStatus::kOutOfRange);  // infinite or NaN
  char text[kDoubleTextBytes];
  const int32_t size = flinkc_native_format_f64(a, text);
  Int128 value;
  const RowStatus status = ParseDecimal({text, text + size}, precision, scale, &value);
  if (status != RowStatus::kOk) return Failure(status);
  StoreInt128(out, value);
  return kKernelOk;
}

double DecimalToDouble(Int128 value, int64_t scale) {
  // Both sides of the division are exact, so it rounds once.
  static constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (scale <= 22 && Magnitude(value) <= UInt128{1} << 53) [[likely]] {
    return static_cast<double>(static_cast<int64_t>(value)) / kExactPowers[scale];
  }
  char text[kNumberTextBytes];
  const uint32_t size = FormatDecimal(value, static_cast<uint32_t>(scale), text);
  double result = 0;
  flinkc_native_parse_f64(text, size, &result);
  return result;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

#define FLINKC_DEFINE_NARROWING(K, F, f, T, t) \
  int32_t flinkc_cast_##f##_##t(F a, T* out) { return Narrow<F, T>(a, out); }
FLINKC_NARROWING_PAIRS(FLINKC_DEFINE_NARROWING, )

#define FLINKC_DEFINE_WIDENING(K, F, f, T, t) \
  T flinkc_cast_##f##_##t(F a) { return Widen<F, T>(a); }
FLINKC_WIDENING_PAIRS(FLINKC_DEFINE_WIDENING, )

int32_t flinkc_cast_bool_decimal(bool a, int64_t scale, int64_t precision, Int128* out) {
  return IntegerToDecimal(a, scale, precision, out);
}
int32_t flinkc_cast_i8_decimal(int8_t a, int64_t scale, int64_t precision, Int128* out) {
  return IntegerToDecimal(a, scale, precision, out);
}
int32_t flinkc_cast_i16_decimal(int16_t a, int64_t scale, int64_t precision, Int128* out) {
  return IntegerToDecimal(a, scale, precision, out);
}
int32_t flinkc_cast_i32_decimal(int32_t a, int64_t scale, int64_t precision, Int128* out) {
  return IntegerToDecimal(a, scale, precision, out);
}
int32_t flinkc_cast_i64_decimal(int64_t a, int64_t scale, int64_t precision, Int128* out) {
  return IntegerToDecimal(a, scale, precision, out);
}
int32_t flinkc_cast_f32_decimal(float a, int64_t scale, int64_t precision, Int128* out) {
  return DoubleToDecimal(a, scale, precision, out);
}
int32_t flinkc_cast_f64_decimal(double a, int64_t scale, int64_t precision, Int128* out) {
  return DoubleToDecimal(a, scale, precision, out);
}

int32_t flinkc_cast_decimal_i8(const Int128* a, int64_t scale, int8_t* out) {
  return DecimalToInteger(a, scale, out);
}
int32_t flinkc_cast_decimal_i16(const Int128* a, int64_t scale, int16_t* out) {
  return DecimalToInteger(a, scale, out);
}
int32_t flinkc_cast_decimal_i32(const Int128* a, int64_t scale, int32_t* out) {
  return DecimalToInteger(a, scale, out);
}
int32_t flinkc_cast_decimal_i64(const Int128* a, int64_t scale, int64_t* out) {
  return DecimalToInteger(a, scale, out);
}
float flinkc_cast_decimal_f32(const Int128* a, int64_t scale) {
  return static_cast<float>(DecimalToDouble(LoadInt128(a), scale));
}
double flinkc_cast_decimal_f64(const Int128* a, int64_t scale) {
  return DecimalToDouble(LoadInt128(a), scale);
}
bool flinkc_cast_decimal_bool(const Int128* a) { return LoadInt128(a) != 0; }

}  // extern "C"
