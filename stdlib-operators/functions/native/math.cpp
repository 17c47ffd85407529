#include "stdlib-operators/functions/native/math.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "stdlib-operators/kernels/native/float_text.h"

namespace flinkc {
namespace {

// The shortest decimal digits of a finite value: digits * 10^exponent.
struct ShortestDigits {
  std::string digits;
  int exponent;
};

ShortestDigits DigitsOf(double magnitude) {
  char text[kDoubleTextBytes];
  const auto end =
      std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific).ptr;
  const std::string_view all(text, static_cast<size_t>(end - text));
  const size_t e = all.find('e');
  ShortestDigits result{{}, 0};
  for (char c : all.substr(0, e)) {
    if (c != '.') result.digits.push_back(c);
  }
  const size_t from = all[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(all.data() + from, end, result.exponent);
  result.exponent -= static_cast<int>(result.digits.size()) - 1;
  return result;
}

// `a` cut at `places` digits after the point (before it where negative).
double CutDigits(double a, int64_t places, bool half_up) {
  if (!std::isfinite(a) || a == 0) return CanonicalNan(a);
  ShortestDigits shortest = DigitsOf(std::abs(a));
  const int64_t dropped = -places - shortest.exponent;
  if (dropped <= 0) return a;
  const auto count = static_cast<int64_t>(shortest.digits.size());
  if (dropped > count) return std::copysign(0.0, a);
  const bool up = half_up && shortest.digits[static_cast<size_t>(count - dropped)] >= '5';
  std::string digits = shortest.digits.substr(0, static_cast<size_t>(count - dropped));
  if (digits.empty()) digits = "0";
  for (size_t i = digits.size(); up;) {
    if (i == 0) {
      digits.insert(digits.begin(), '1');
      break;
    }
    if (digits[--i] != '9') {
      ++digits[i];
      break;
    }
    digits[i] = '0';
  }
  digits += "e" + std::to_string(-places);
  double result = 0;
  flinkc_native_parse_f64(digits.data(), static_cast<int64_t>(digits.size()), &result);
  return std::copysign(result, a);
}

}  // namespace
}  // namespace flinkc

using flinkc::CanonicalNan;

extern "C" {

double flinkc_native_modulo_f64(double a, double b) { return CanonicalNan(std::fmod(a, b)); }
// Java's pow: 1 to an infinite power is NaN.
double flinkc_native_power_f64(double a, double b) {
  if (std::abs(a) == 1 && std::isinf(b)) return __builtin_nan("");
  if (std::isnan(b)) return __builtin_nan("");
  return CanonicalNan(std::pow(a, b));
}
double flinkc_native_atan2_f64(double a, double b) { return CanonicalNan(std::atan2(a, b)); }
double flinkc_native_exp_f64(double a) { return CanonicalNan(std::exp(a)); }
double flinkc_native_sin_f64(double a) { return CanonicalNan(std::sin(a)); }
double flinkc_native_cos_f64(double a) { return CanonicalNan(std::cos(a)); }
double flinkc_native_tan_f64(double a) { return CanonicalNan(std::tan(a)); }
double flinkc_native_cot_f64(double a) { return CanonicalNan(1 / std::tan(a)); }
double flinkc_native_asin_f64(double a) { return CanonicalNan(std::asin(a)); }
double flinkc_native_acos_f64(double a) { return CanonicalNan(std::acos(a)); }
double flinkc_native_atan_f64(double a) { return CanonicalNan(std::atan(a)); }
double flinkc_native_sinh_f64(double a) { return CanonicalNan(std::sinh(a)); }
double flinkc_native_cosh_f64(double a) { return CanonicalNan(std::cosh(a)); }
double flinkc_native_tanh_f64(double a) { return CanonicalNan(std::tanh(a)); }
double flinkc_native_ln_f64(double a) { return CanonicalNan(std::log(a)); }
double flinkc_native_log10_f64(double a) { return CanonicalNan(std::log10(a)); }
double flinkc_native_log2_f64(double a) { return CanonicalNan(std::log2(a)); }
double flinkc_native_log_f64(double base, double a) {
  return CanonicalNan(std::log(a) / std::log(base));
}
double flinkc_native_pi() { return 3.141592653589793; }
double flinkc_native_e() { return 2.718281828459045; }

double flinkc_native_round_f64(double a, int32_t digits) {
  return flinkc::CutDigits(a, digits, true);
}
double flinkc_native_truncate_f64(double a, int32_t digits) {
  return flinkc::CutDigits(a, digits, false);
}

double flinkc_native_round_whole_f64(double a) { return flinkc::CutDigits(a, 0, true); }
double flinkc_native_truncate_whole_f64(double a) { return CanonicalNan(std::trunc(a)); }

}  // extern "C"
