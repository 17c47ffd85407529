#include "stdlib-operators/kernels/decimal.h"

#include "stdlib-operators/kernels/decimal_math.h"

namespace flinkc {
namespace {

// The sum of two products, where it needs more than 128 bits on the way.
[[gnu::noinline]] int32_t AddWideDecimal(Int128 a, Int128 b, int64_t raise_a, int64_t raise_b,
                                         int64_t lower, int64_t precision, Int128* out) {
  Wide wide_a = MultiplyWide(Magnitude(a), PowerOfTen(raise_a));
  Wide wide_b = MultiplyWide(Magnitude(b), PowerOfTen(raise_b));
  if (a < 0) wide_a = NegateWide(wide_a);
  if (b < 0) wide_b = NegateWide(wide_b);
  Wide sum = AddWide(wide_a, wide_b);
  const bool negative = static_cast<Int128>(sum.high) < 0;
  if (negative) sum = NegateWide(sum);
  return StoreRounded(sum, negative, lower, precision == 0 ? kDecimalDigitsMax : precision, out);
}

int32_t AddDecimal(Int128 a, Int128 b, int64_t raise_a, int64_t raise_b, int64_t lower,
                   int64_t precision, Int128* out) {
  if (lower == 0 && raise_a == 0 && raise_b == 0) {  // at most 2 * 10^38 < 2^128, but not 2^127
    if (Magnitude(a) < PowerOfTen(37) && Magnitude(b) < PowerOfTen(37)) [[likely]] {
      return StoreChecked(a + b, precision, out);
    }
  } else if (lower == 0 && CanRaise(a, raise_a) && CanRaise(b, raise_b) &&
             Magnitude(a) < PowerOfTen(37) && Magnitude(b) < PowerOfTen(37)) [[likely]] {
    return StoreChecked(
        a * static_cast<Int128>(PowerOfTen(raise_a)) + b * static_cast<Int128>(PowerOfTen(raise_b)),
        precision, out);
  }
  return AddWideDecimal(a, b, raise_a, raise_b, lower, precision, out);
}

[[gnu::noinline]] int32_t MultiplyWideDecimal(Int128 a, Int128 b, int64_t lower, int64_t precision,
                                              Int128* out) {
  return StoreRounded(MultiplyWide(Magnitude(a), Magnitude(b)), (a < 0) != (b < 0), lower,
                      precision == 0 ? kDecimalDigitsMax : precision, out);
}

// a * 10^raise_a % (b * 10^raise_b); the sign is a's.
UInt128 ModuloMagnitude(UInt128 a, UInt128 b, int64_t raise_a, int64_t raise_b) {
  if (raise_b > 0) {
    const Wide divisor = MultiplyWide(b, PowerOfTen(raise_b));
    return divisor.high != 0 ? a : a % divisor.low;
  }
  return DivideWide(MultiplyWide(a, PowerOfTen(raise_a)), b).remainder;
}

// The integer next to a / 10^scale, down or up.
Int128 ToInteger(Int128 a, int64_t scale, bool up) {
  const Int128 unit = static_cast<Int128>(PowerOfTen(scale));
  const Int128 quotient = a / unit;
  const Int128 remainder = a % unit;
  if (remainder == 0) return quotient;
  return up ? quotient + (a > 0 ? 1 : 0) : quotient - (a < 0 ? 1 : 0);
}

// a of `scale`, cut at `digits` after the point (before it where negative), given in `scale_out`.
int32_t RoundTo(Int128 a, int64_t digits, int64_t scale, int64_t scale_out, int64_t precision,
                bool half_up, Int128* out) {
  UInt128 magnitude = Magnitude(a);
  int64_t at = scale;  // digits after the point that `magnitude` has
  if (digits < scale) {
    const int64_t cut = scale - digits;
    if (cut > kDecimalDigitsMax) {
      magnitude = 0;
    } else {
      magnitude = half_up ? RoundAway(magnitude, cut) : magnitude / PowerOfTen(cut);
    }
    at = digits;
  }
  if (magnitude == 0) return StoreChecked(0, 0, out);
  const int64_t raise = scale_out - at;
  if (raise > kDecimalDigitsMax) return kKernelNull;
  if (raise < 0) magnitude = RoundAway(magnitude, -raise);
  return StoreRounded(MultiplyWide(magnitude, PowerOfTen(raise < 0 ? 0 : raise)), a < 0, 0,
                      precision, out);
}

}  // namespace

int32_t DivideDecimal(Int128 a, Int128 b, int64_t shift, int64_t precision, Int128* out) {
  const bool negative = (a < 0) != (b < 0);
  const UInt128 x = Magnitude(a), y = Magnitude(b);
  // With fewer than 38 digits in all the rounding to 38 significant ones cannot change the result.
  if (shift >= 0 && shift <= 37 && x < PowerOfTen(37 - shift)) [[likely]] {
    const UInt128 raised = x * PowerOfTen(shift);
    const UInt128 quotient = raised / y, remainder = raised % y;
    const UInt128 rounded = quotient + (remainder >= y - remainder ? 1 : 0);
    return StoreChecked(WithSign(rounded, negative), precision, out);
  }
  if (x == 0) return StoreChecked(0, 0, out);
  // 38 significant digits in `digits`, the last of them at 10^-position.
  UInt128 digits = x / y, remainder = x % y;
  int64_t position = kDecimalDigitsMax - CountDigits(digits);
  if (digits == 0) {
    const WideQuotient first = DivideWide(MultiplyWide(remainder, PowerOfTen(38)), y);
    digits = first.quotient.low;
    remainder = first.remainder;
    position = kDecimalDigitsMax - CountDigits(digits);
  }
  const int64_t zeros = x < y ? kDecimalDigitsMax : 0;
  const WideQuotient rest = DivideWide(MultiplyWide(remainder, PowerOfTen(position)), y);
  digits = digits * PowerOfTen(position) + rest.quotient.low;
  if (rest.remainder >= y - rest.remainder) ++digits;
  position += zeros;
  if (shift < position) {
    return StoreRounded({RoundAway(digits, position - shift), 0}, negative, 0, precision, out);
  }
  if (shift - position > kDecimalDigitsMax) return kKernelNull;
  return StoreRounded(MultiplyWide(digits, PowerOfTen(shift - position)), negative, 0, precision,
                      out);
}

}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_add_decimal(const Int128* a, const Int128* b, int64_t raise_a, int64_t raise_b,
                           int64_t lower, int64_t precision, Int128* out) {
  return AddDecimal(LoadInt128(a), LoadInt128(b), raise_a, raise_b, lower, precision, out);
}

int32_t flinkc_subtract_decimal(const Int128* a, const Int128* b, int64_t raise_a, int64_t raise_b,
                                int64_t lower, int64_t precision, Int128* out) {
  return AddDecimal(LoadInt128(a), -LoadInt128(b), raise_a, raise_b, lower, precision, out);
}

int32_t flinkc_modulo_decimal(const Int128* a, const Int128* b, int64_t raise_a, int64_t raise_b,
                              int64_t lower, int64_t precision, Int128* out) {
  const Int128 x = LoadInt128(a), y = LoadInt128(b);
  if (y == 0) return Failure(RowStatus::kDivisionByZero);
  const UInt128 remainder = ModuloMagnitude(Magnitude(x), Magnitude(y), raise_a, raise_b);
  return StoreRounded({remainder, 0}, x < 0, lower, precision, out);
}

int32_t flinkc_multiply_decimal(const Int128* a, const Int128* b, int64_t lower, int64_t precision,
                                Int128* out) {
  const Int128 x = LoadInt128(a), y = LoadInt128(b);
  if (lower == 0 && FitsInt64(x) && FitsInt64(y)) [[likely]] {
    return StoreChecked(x * y, precision, out);
  }
  return MultiplyWideDecimal(x, y, lower, precision, out);
}

int32_t flinkc_divide_decimal(const Int128* a, const Int128* b, int64_t shift, int64_t precision,
                              Int128* out) {
  const Int128 y = LoadInt128(b);
  if (y == 0) return Failure(RowStatus::kDivisionByZero);
  return DivideDecimal(LoadInt128(a), y, shift, precision, out);
}

int32_t flinkc_negate_decimal(const Int128* a, Int128* out) {
  StoreInt128(out, -LoadInt128(a));
  return kKernelOk;
}

int32_t flinkc_abs_decimal(const Int128* a, Int128* out) {
  StoreInt128(out, static_cast<Int128>(Magnitude(LoadInt128(a))));
  return kKernelOk;
}

int32_t flinkc_sign_decimal(const Int128* a, int64_t scale, Int128* out) {
  const Int128 value = LoadInt128(a);
  const Int128 one = static_cast<Int128>(PowerOfTen(scale));
  StoreInt128(out, value > 0 ? one : value < 0 ? -one : 0);
  return kKernelOk;
}

int32_t flinkc_floor_decimal(const Int128* a, int64_t scale, Int128* out) {
  StoreInt128(out, ToInteger(LoadInt128(a), scale, false));
  return kKernelOk;
}

int32_t flinkc_ceil_decimal(const Int128* a, int64_t scale, Int128* out) {
  StoreInt128(out, ToInteger(LoadInt128(a), scale, true));
  return kKernelOk;
}

int32_t flinkc_rescale_decimal(const Int128* a, int64_t raise, int64_t lower, int64_t precision,
                               Int128* out) {
  const Int128 value = LoadInt128(a);
  if (lower > 0) {
    return StoreChecked(WithSign(RoundAway(Magnitude(value), lower), value < 0), precision, out);
  }
  if (CanRaise(value, raise)) [[likely]] {
    return StoreChecked(value * static_cast<Int128>(PowerOfTen(raise)), precision, out);
  }
  return StoreRounded(MultiplyWide(Magnitude(value), PowerOfTen(raise)), value < 0, 0,
                      precision == 0 ? kDecimalDigitsMax : precision, out);
}

int32_t flinkc_round_decimal(const Int128* a, int32_t digits, int64_t scale, int64_t scale_out,
                             int64_t precision, Int128* out) {
  return RoundTo(LoadInt128(a), digits, scale, scale_out, precision, true, out);
}

int32_t flinkc_truncate_decimal(const Int128* a, int32_t digits, int64_t scale, int64_t scale_out,
                                int64_t precision, Int128* out) {
  return RoundTo(LoadInt128(a), digits, scale, scale_out, precision, false, out);
}

int32_t flinkc_round_whole_decimal(const Int128* a, int64_t scale, int64_t scale_out,
                                   int64_t precision, Int128* out) {
  return RoundTo(LoadInt128(a), 0, scale, scale_out, precision, true, out);
}

int32_t flinkc_truncate_whole_decimal(const Int128* a, int64_t scale, int64_t scale_out,
                                      int64_t precision, Int128* out) {
  return RoundTo(LoadInt128(a), 0, scale, scale_out, precision, false, out);
}

}  // extern "C"
