// Arithmetic below DECIMAL: powers of ten, 256-bit intermediates, rounding. All values are unscaled
// integers of at most 38 digits; rounding is HALF_UP (away from zero on a tie), as Flink's.
// Freestanding.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

constexpr int kDecimalDigitsMax = 38;

// 10^0 to 10^38.
struct PowersOfTen {
  UInt128 values[kDecimalDigitsMax + 1];
  constexpr PowersOfTen() : values{} {
    UInt128 power = 1;
    for (int i = 0; i <= kDecimalDigitsMax; ++i, power *= 10) values[i] = power;
  }
};
inline constexpr PowersOfTen kPowersOfTen;

// 0 <= exponent <= 38.
inline UInt128 PowerOfTen(int64_t exponent) { return kPowersOfTen.values[exponent]; }

inline UInt128 Magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}
inline Int128 WithSign(UInt128 magnitude, bool negative) {
  return static_cast<Int128>(negative ? UInt128{0} - magnitude : magnitude);
}
inline bool FitsInt64(Int128 value) { return value == static_cast<int64_t>(value); }

// Decimal digits of `value`; 0 has none.
inline int CountDigits(UInt128 value) {
  int digits = 0;
  while (digits < kDecimalDigitsMax && value >= PowerOfTen(digits)) ++digits;
  return value >= PowerOfTen(kDecimalDigitsMax) ? kDecimalDigitsMax + 1 : digits;
}

// An unsigned 256-bit integer, or a signed one in two's complement.
struct Wide {
  UInt128 low;
  UInt128 high;
};

inline Wide MultiplyWide(UInt128 a, UInt128 b) {
  const UInt128 a0 = static_cast<uint64_t>(a), a1 = a >> 64;
  const UInt128 b0 = static_cast<uint64_t>(b), b1 = b >> 64;
  const UInt128 low = a0 * b0;
  const UInt128 middle = a1 * b0 + (low >> 64);
  const UInt128 middle2 = a0 * b1 + static_cast<uint64_t>(middle);
  return {(middle2 << 64) | static_cast<uint64_t>(low), a1 * b1 + (middle >> 64) + (middle2 >> 64)};
}

inline Wide AddWide(Wide a, Wide b) {
  const UInt128 low = a.low + b.low;
  return {low, a.high + b.high + (low < a.low ? 1 : 0)};
}

inline Wide NegateWide(Wide a) { return AddWide({~a.low, ~a.high}, {1, 0}); }

inline bool IsLess(Wide a, Wide b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }

struct WideQuotient {
  Wide quotient;
  UInt128 remainder;
};

// n / d with d < 2^127, by shift and subtract: the path of results that need more than 128 bits.
inline WideQuotient DivideWide(Wide n, UInt128 d) {
  if (n.high == 0) return {{n.low / d, 0}, n.low % d};
  Wide quotient{0, n.high / d};
  UInt128 remainder = n.high % d;
  for (int bit = 127; bit >= 0; --bit) {
    remainder = (remainder << 1) | ((n.low >> bit) & 1);
    if (remainder >= d) {
      remainder -= d;
      quotient.low |= UInt128{1} << bit;
    }
  }
  return {quotient, remainder};
}

// value / 10^digits, rounded; digits >= 0.
inline UInt128 RoundAway(UInt128 value, int64_t digits) {
  if (digits == 0) return value;
  if (digits > kDecimalDigitsMax) return 0;  // values have at most 39 digits, and those are 10^38
  const UInt128 divisor = PowerOfTen(digits);
  const UInt128 remainder = value % divisor;
  return value / divisor + (remainder >= divisor - remainder ? 1 : 0);
}

// Writes the rounded quotient magnitude / 10^digits, or tells that it has over `precision` digits.
inline int32_t StoreRounded(Wide magnitude, bool negative, int64_t digits, int64_t precision,
                            Int128* out) {
  if (digits > 0) {
    const UInt128 divisor = PowerOfTen(digits);
    const WideQuotient divided = DivideWide(magnitude, divisor);
    magnitude = divided.quotient;
    if (divided.remainder >= divisor - divided.remainder) magnitude = AddWide(magnitude, {1, 0});
  }
  if (magnitude.high != 0 || magnitude.low >= PowerOfTen(precision)) return kKernelNull;
  StoreInt128(out, WithSign(magnitude.low, negative));
  return kKernelOk;
}

// Writes `value`, or tells that it has over `precision` digits; precision 0: it cannot have.
inline int32_t StoreChecked(Int128 value, int64_t precision, Int128* out) {
  if (precision != 0 && Magnitude(value) >= PowerOfTen(precision)) return kKernelNull;
  StoreInt128(out, value);
  return kKernelOk;
}

// a * 10^raise in 127 bits with a bit to spare.
inline bool CanRaise(Int128 a, int64_t raise) {
  return raise == 0 ? Magnitude(a) <= PowerOfTen(kDecimalDigitsMax)
                    : raise < kDecimalDigitsMax && Magnitude(a) < PowerOfTen(37 - raise);
}

// The order of a * 10^raise_a and b * 10^raise_b: -1, 0, 1. One of the raises is 0.
inline int32_t CompareDecimal(Int128 a, Int128 b, int64_t raise_a, int64_t raise_b) {
  if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
  const Wide wide_a = MultiplyWide(Magnitude(a), PowerOfTen(raise_a));
  const Wide wide_b = MultiplyWide(Magnitude(b), PowerOfTen(raise_b));
  const int32_t order = IsLess(wide_a, wide_b) ? -1 : IsLess(wide_b, wide_a) ? 1 : 0;
  return a < 0 ? -order : order;
}

// a / b at the position of 10^-shift, rounded as Flink does: first to 38 significant digits, then
// to the position. b is not 0. kNull: over `precision` digits.
int32_t DivideDecimal(Int128 a, Int128 b, int64_t shift, int64_t precision, Int128* out);

}  // namespace flinkc
