#include "stdlib-operators/kernels/native/float_text.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

namespace flinkc {
namespace {

int32_t Copy(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return static_cast<int32_t>(text.size());
}

// Java's Double.toString: 10^-3 <= |value| < 10^7 in plain digits, else d.ddE[-]dd; always a digit
// after the point; the digits are the fewest that read back as the same value.
template <typename T>
int32_t Format(T value, char* out) {
  if (std::isnan(value)) return Copy("NaN", out);
  if (std::isinf(value)) return Copy(value > 0 ? "Infinity" : "-Infinity", out);
  char* cursor = out;
  if (std::signbit(value)) *cursor++ = '-';
  value = std::abs(value);
  if (value == 0) return static_cast<int32_t>(cursor - out) + Copy("0.0", cursor);
  char scientific[kDoubleTextBytes];  // d[.ddd]e[+-]dd
  const auto end = std::to_chars(scientific, scientific + sizeof(scientific), value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(scientific, static_cast<size_t>(end - scientific));
  const size_t e = text.find('e');
  int exponent = 0;
  const size_t exponent_at = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + exponent_at, text.data() + text.size(), exponent);
  char digits[kDoubleTextBytes];
  int count = 0;
  for (char c : text.substr(0, e)) {
    if (c != '.') digits[count++] = c;
  }
  const bool plain = exponent >= -3 && exponent < 7;
  int point = plain ? exponent + 1 : 1;  // digits before the point
  if (point <= 0) {
    cursor += Copy("0.", cursor);
    for (; point < 0; ++point) *cursor++ = '0';
    cursor += Copy({digits, static_cast<size_t>(count)}, cursor);
  } else {
    for (int i = 0; i < count || i <= point; ++i) {
      if (i == point) *cursor++ = '.';
      *cursor++ = i < count ? digits[i] : '0';
    }
  }
  if (!plain) {
    *cursor++ = 'E';
    cursor = std::to_chars(cursor, cursor + 6, exponent).ptr;
  }
  return static_cast<int32_t>(cursor - out);
}

// Java's Double.parseDouble but for hexadecimal: "[+-]digits[.digits][e[+-]digits][fFdD]", NaN,
// Infinity. What is too large or too small is infinite or zero.
template <typename T>
int32_t Parse(std::string_view text, T* out) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  T value = 0;
  if (text == "NaN") {
    value = std::numeric_limits<T>::quiet_NaN();
    negative = false;
  } else if (text == "Infinity") {
    value = std::numeric_limits<T>::infinity();
  } else {
    if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) {
      return Failure(RowStatus::kInvalidCast);
    }
    if (std::string_view("fFdD").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) {
      // Its magnitude tells which of the two it is: "1e999" or "1e-999".
      long double wide = 0;
      const bool known =
          std::from_chars(text.data(), text.data() + text.size(), wide).ec == std::errc();
      const size_t e = text.find_first_of("eE");
      const bool small = known ? wide < 1 : e != std::string_view::npos && text[e + 1] == '-';
      value = small ? T{0} : std::numeric_limits<T>::infinity();
    } else if (error != std::errc()) {
      return Failure(RowStatus::kInvalidCast);
    }
    if (end != text.data() + text.size()) return Failure(RowStatus::kInvalidCast);
  }
  *out = negative ? -value : value;
  return kKernelOk;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_format_f64(double value, char* out) { return Format(value, out); }
int32_t flinkc_native_format_f32(float value, char* out) { return Format(value, out); }
int32_t flinkc_native_parse_f64(const char* text, int64_t size, double* out) {
  return Parse(std::string_view(text, static_cast<size_t>(size)), out);
}
int32_t flinkc_native_parse_f32(const char* text, int64_t size, float* out) {
  return Parse(std::string_view(text, static_cast<size_t>(size)), out);
}

}  // extern "C"
