#include "stdlib-operators/formats/value_parser.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace flinkc {

namespace {

constexpr int64_t kMicrosOfSecond = 1'000'000;
constexpr int64_t kMicrosOfDay = 86'400 * kMicrosOfSecond;
constexpr int64_t kPowersOfTen[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};
constexpr uint32_t kDaysOfMonth[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLeapYear(uint32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

bool IsValidDate(uint32_t year, uint32_t month, uint32_t day) {
  if (month - 1 >= 12 || day == 0) return false;
  return day <= kDaysOfMonth[month] || (month == 2 && day == 29 && IsLeapYear(year));
}

// The value rounded towards minus infinity to `precision` digits of the second.
int64_t FloorToPrecision(int64_t micros, int precision) {
  if (precision >= 6) return micros;
  const int64_t unit = kPowersOfTen[6 - precision];
  const int64_t rest = micros % unit;
  return micros - (rest < 0 ? rest + unit : rest);
}

// Reads `.digits` at *text (up to nine digits); false if the point stands alone.
bool ParseFraction(const char** text, const char* end, int64_t* micros) {
  *micros = 0;
  if (*text == end || **text != '.') return true;
  const char* digit = *text + 1;
  int count = 0;
  for (; digit < end && IsDigit(*digit); ++digit, ++count) {
    if (count < 6) *micros = *micros * 10 + (*digit - '0');
  }
  if (count == 0 || count > 9) return false;
  if (count < 6) *micros *= kPowersOfTen[6 - count];
  *text = digit;
  return true;
}

// Z, +hh:mm, -hh:mm or +hhmm, or nothing.
bool ParseZone(const char* text, const char* end, bool with_zone, int64_t* offset_micros) {
  *offset_micros = 0;
  if (text == end) return true;
  if (*text == 'Z') return text + 1 == end;
  if (!with_zone || (*text != '+' && *text != '-')) return false;
  const bool has_colon = end - text == 6 && text[3] == ':';
  if (!has_colon && end - text != 5) return false;
  const char* minutes = text + (has_colon ? 4 : 3);
  if (!IsDigit(text[1]) || !IsDigit(text[2]) || !IsDigit(minutes[0]) || !IsDigit(minutes[1])) {
    return false;
  }
  const int hour = (text[1] - '0') * 10 + (text[2] - '0');
  const int minute = (minutes[0] - '0') * 10 + (minutes[1] - '0');
  if (hour > 18 || minute > 59) return false;
  *offset_micros = (hour * 60 + minute) * 60 * kMicrosOfSecond * (*text == '-' ? -1 : 1);
  return true;
}

uint64_t LoadXor(const char* text, uint64_t pattern) {
  uint64_t bytes;
  __builtin_memcpy(&bytes, text, 8);
  return bytes ^ pattern;
}

// "0000-00-" and "00:00:00" as loaded; what must be zero after the xor.
constexpr uint64_t kYearMonth = 0x2D30302D30303030ull;
constexpr uint64_t kYearMonthSeparators = 0xFF0000FF00000000ull;
constexpr uint64_t kHourMinuteSecond = 0x30303A30303A3030ull;
constexpr uint64_t kColons = 0x0000FF0000FF0000ull;

// yyyy-mm-, followed by the day at text + 8.
bool ParseYearMonth(const char* text, uint32_t* year, uint32_t* month) {
  const uint64_t digits = LoadXor(text, kYearMonth);
  if ((digits & kYearMonthSeparators) != 0 || !AreDigits(digits)) return false;
  const uint32_t number = EightDigits(digits);  // yyyy0mm0
  *year = number / 10'000;
  *month = number % 10'000 / 10;
  return true;
}

}  // namespace

RowStatus ParseLongInteger(const char* begin, const char* end, bool negative, int64_t* value) {
  if (begin == end) return RowStatus::kInvalidCast;
  uint64_t number = 0;
  bool overflow = false;
  for (const char* digit = begin; digit < end; ++digit) {
    if (!IsDigit(*digit)) return RowStatus::kInvalidCast;
    overflow |= __builtin_mul_overflow(number, uint64_t{10}, &number);
    overflow |= __builtin_add_overflow(number, static_cast<uint64_t>(*digit - '0'), &number);
  }
  const uint64_t limit = static_cast<uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (overflow || number > limit) return RowStatus::kOutOfRange;
  *value = static_cast<int64_t>(negative ? 0 - number : number);
  return RowStatus::kOk;
}

RowStatus ParseBoolean(const char* begin, const char* end, uint8_t* value) {
  const auto matches = [&](const char* word, ptrdiff_t size) {
    if (end - begin != size) return false;
    for (ptrdiff_t i = 0; i < size; ++i) {
      if ((begin[i] | 0x20) != word[i]) return false;
    }
    return true;
  };
  if (matches("true", 4)) {
    *value = 1;
  } else if (matches("false", 5)) {
    *value = 0;
  } else {
    return RowStatus::kInvalidCast;
  }
  return RowStatus::kOk;
}

namespace {

// Powers of ten that T holds exactly, and the largest mantissa below which every integer is exact:
// then mantissa * or / power is correctly rounded (W. D. Clinger, "How to Read Floating Point
// Numbers Accurately").
template <typename T>
struct Exact;
template <>
struct Exact<double> {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  static constexpr uint64_t kMantissaMax = uint64_t{1} << 53;
  static double Slow(const char* text) { return std::strtod(text, nullptr); }
};
template <>
struct Exact<float> {
  static constexpr float kPowers[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f,
                                      1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
  static constexpr uint64_t kMantissaMax = uint64_t{1} << 24;
  static float Slow(const char* text) { return std::strtof(text, nullptr); }
};

// Everything that is not a plain number of few digits. `begin` is behind a '+'.
template <typename T>
RowStatus ParseFloatingSlow(const char* begin, const char* end, T* value) {
  const std::string_view text(begin, static_cast<size_t>(end - begin));
  const bool negative = text.starts_with('-');
  const std::string_view magnitude = text.substr(negative ? 1 : 0);
  if (magnitude == "NaN" && !negative) {
    *value = std::numeric_limits<T>::quiet_NaN();
    return RowStatus::kOk;
  }
  if (magnitude == "Infinity") {
    *value = negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    return RowStatus::kOk;
  }
  // from_chars would also take inf, nan(…) and the like.
  if (magnitude.empty() || (!IsDigit(magnitude[0]) && magnitude[0] != '.')) {
    return RowStatus::kInvalidCast;
  }
  const auto [rest, error] = std::from_chars(begin, end, *value);
  if (rest != end || error == std::errc::invalid_argument) return RowStatus::kInvalidCast;
  if (error == std::errc()) return RowStatus::kOk;
  // Too large, or so small that it is 0 or subnormal: only the former is an error.
  *value = Exact<T>::Slow(std::string(text).c_str());
  return std::isfinite(*value) ? RowStatus::kOk : RowStatus::kOutOfRange;
}

template <typename T>
RowStatus ParseFloating(const char* begin, const char* end, T* value) {
  const char* text = begin;
  bool negative = false;
  if (text < end && (*text == '-' || *text == '+')) {
    negative = *text == '-';
    if (!negative) ++begin;
    ++text;
    if (text < end && !negative && *text == '-') return RowStatus::kInvalidCast;
  }
  uint64_t mantissa = 0;
  const char* start = text;
  while (text < end && IsDigit(*text))
    mantissa = mantissa * 10 + static_cast<uint64_t>(*text++ - '0');
  ptrdiff_t digits = text - start;
  ptrdiff_t decimals = 0;
  if (text < end && *text == '.') {
    const char* fraction = ++text;
    while (text < end && IsDigit(*text)) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*text++ - '0');
    }
    decimals = text - fraction;
    digits += decimals;
  }
  if (text != end || digits == 0 || digits > 18 || mantissa > Exact<T>::kMantissaMax ||
      decimals >= static_cast<ptrdiff_t>(std::size(Exact<T>::kPowers))) {
    return ParseFloatingSlow(begin, end, value);
  }
  const T magnitude = static_cast<T>(mantissa) / Exact<T>::kPowers[decimals];
  *value = negative ? -magnitude : magnitude;
  return RowStatus::kOk;
}

}  // namespace

RowStatus ParseDouble(const char* begin, const char* end, double* value) {
  return ParseFloating(begin, end, value);
}

RowStatus ParseFloat(const char* begin, const char* end, float* value) {
  return ParseFloating(begin, end, value);
}

namespace {

__int128 PowerOfTen128(int exponent) {
  __int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// The parts of a decimal's text: its digits without point and leading zeros, and where the point
// is.
struct DecimalText {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;  // value = 0.digits * 10^exponent
};

bool SplitDecimal(const char* text, const char* end, DecimalText* parts) {
  if (text < end && (*text == '-' || *text == '+')) parts->negative = *text++ == '-';
  bool any = false, point = false;
  int64_t exponent = 0;
  for (; text < end && (IsDigit(*text) || (*text == '.' && !point)); ++text) {
    if (*text == '.') {
      point = true;
      continue;
    }
    any = true;
    if (*text == '0' && parts->digits.empty()) {
      if (point) --exponent;
      continue;
    }
    parts->digits += *text;
    if (!point) ++exponent;
  }
  if (!any) return false;
  if (text < end && (*text == 'e' || *text == 'E')) {
    ++text;
    if (text < end && *text == '+') ++text;
    int64_t written = 0;
    const auto [rest, error] = std::from_chars(text, end, written);
    if (error != std::errc() || rest != end) {
      if (error != std::errc::result_out_of_range) return false;
      written = *text == '-' ? -1'000'000'000 : 1'000'000'000;
    }
    exponent += std::min<int64_t>(std::max<int64_t>(written, -1'000'000'000), 1'000'000'000);
    text = end;
  }
  parts->exponent = exponent;
  return text == end;
}

// Many digits or an exponent.
RowStatus ParseDecimalSlow(const char* begin, const char* end, int precision, int scale,
                           __int128* unscaled) {
  DecimalText parts;
  if (!SplitDecimal(begin, end, &parts)) return RowStatus::kInvalidCast;
  *unscaled = 0;
  // How many digits stand before the place where the unscaled number ends.
  const int64_t kept = parts.exponent + scale;
  if (parts.digits.empty() || kept < 0) return RowStatus::kOk;
  if (kept > precision) return RowStatus::kOutOfRange;
  __int128 number = 0;
  for (int64_t i = 0; i < kept; ++i) {
    const auto at = static_cast<size_t>(i);
    number = number * 10 + (at < parts.digits.size() ? parts.digits[at] - '0' : 0);
  }
  const auto next = static_cast<size_t>(kept);
  if (next < parts.digits.size() && parts.digits[next] >= '5') ++number;
  if (number >= PowerOfTen128(precision)) return RowStatus::kOutOfRange;
  *unscaled = parts.negative ? -number : number;
  return RowStatus::kOk;
}

}  // namespace

RowStatus ParseDecimal(const char* begin, const char* end, int precision, int scale,
                       __int128* unscaled) {
  const char* text = begin;
  bool negative = false;
  if (text < end && (*text == '-' || *text == '+')) negative = *text++ == '-';
  // Up to 18 digits in 64 bits; everything else by the general way.
  uint64_t digits_read = 0;
  int decimals = 0;
  const char* start = text;
  if (end - text > 19) return ParseDecimalSlow(begin, end, precision, scale, unscaled);
  const auto read_digits = [&] {
    while (text < end && IsDigit(*text)) {
      digits_read = digits_read * 10 + static_cast<uint64_t>(*text++ - '0');
    }
  };
  read_digits();
  ptrdiff_t digits = text - start;
  if (text < end && *text == '.') {
    const char* fraction = ++text;
    read_digits();
    decimals = static_cast<int>(text - fraction);
    digits += decimals;
  }
  if (text != end || digits == 0 || digits > 18 || decimals > scale || precision > 18) {
    return ParseDecimalSlow(begin, end, precision, scale, unscaled);
  }
  constexpr int64_t kPowers[] = {1,
                                 10,
                                 100,
                                 1'000,
                                 10'000,
                                 100'000,
                                 1'000'000,
                                 10'000'000,
                                 100'000'000,
                                 1'000'000'000,
                                 10'000'000'000,
                                 100'000'000'000,
                                 1'000'000'000'000,
                                 10'000'000'000'000,
                                 100'000'000'000'000,
                                 1'000'000'000'000'000,
                                 10'000'000'000'000'000,
                                 100'000'000'000'000'000,
                                 1'000'000'000'000'000'000};
  int64_t number = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(digits_read), kPowers[scale - decimals],
                             &number) ||
      number >= kPowers[precision]) {
    return RowStatus::kOutOfRange;
  }
  *unscaled = negative ? -number : number;
  return RowStatus::kOk;
}

RowStatus ParseDate(const char* begin, const char* end, int32_t* days) {
  uint32_t year = 0, month = 0, day = 0;
  if (end - begin != 10 || !ParseYearMonth(begin, &year, &month) ||
      !ParseUpToEightDigits(begin + 8, 2, &day) || !IsValidDate(year, month, day)) {
    return RowStatus::kInvalidTimestamp;
  }
  *days = DaysFromCivil(static_cast<int32_t>(year), month, day);
  return RowStatus::kOk;
}

RowStatus ParseTimestamp(const char* begin, const char* end, TimestampSeparator separator,
                         int precision, bool with_zone, DateCache* cache, int64_t* micros) {
  if (end - begin < 19) return RowStatus::kInvalidTimestamp;
  uint64_t year_month;
  uint16_t day_text;
  std::memcpy(&year_month, begin, sizeof(year_month));
  std::memcpy(&day_text, begin + 8, sizeof(day_text));
  if (year_month != cache->year_month || day_text != cache->day) {
    int32_t days = 0;
    if (ParseDate(begin, begin + 10, &days) != RowStatus::kOk) return RowStatus::kInvalidTimestamp;
    *cache = {year_month, day_text, days};
  }
  const char between = begin[10];
  const bool blank_fits = between == ' ' && separator != TimestampSeparator::kT;
  const bool t_fits = between == 'T' && separator != TimestampSeparator::kBlank;
  const uint64_t digits = LoadXor(begin + 11, kHourMinuteSecond);
  if (!(blank_fits || t_fits) || (digits & kColons) != 0 || !AreDigits(digits)) {
    return RowStatus::kInvalidTimestamp;
  }
  const uint32_t number = EightDigits(digits);  // hh0mm0ss
  const uint32_t hour = number / 1'000'000;
  const uint32_t minute = number / 1'000 % 1'000;
  const uint32_t second = number % 1'000;
  if (hour > 23 || minute > 59 || second > 59) return RowStatus::kInvalidTimestamp;
  int64_t value = cache->days * kMicrosOfDay +
                  static_cast<int64_t>((hour * 60 + minute) * 60 + second) * kMicrosOfSecond;
  uint32_t millis = 0;
  if (end - begin == 23 && precision >= 3 && begin[19] == '.' &&
      ParseUpToEightDigits(begin + 20, 3, &millis)) {
    value += static_cast<int64_t>(millis) * 1'000;
  } else if (end - begin > 19) {
    const char* text = begin + 19;
    int64_t fraction = 0, offset = 0;
    if (!ParseFraction(&text, end, &fraction) || !ParseZone(text, end, with_zone, &offset)) {
      return RowStatus::kInvalidTimestamp;
    }
    value = FloorToPrecision(value + fraction, precision) - offset;
  }
  *micros = value;
  return RowStatus::kOk;
}

RowStatus ParseEpochMillis(const char* begin, const char* end, int precision, int64_t* micros) {
  int64_t millis = 0;
  const RowStatus status = ParseInt64(begin, end, &millis);
  if (status == RowStatus::kInvalidCast) return RowStatus::kInvalidTimestamp;
  // 0000-01-01 to 9999-12-31: what the other formats can write.
  if (status != RowStatus::kOk || millis < -62'167'219'200'000 || millis > 253'402'300'799'999) {
    return RowStatus::kOutOfRange;
  }
  *micros = FloorToPrecision(millis * 1'000, precision);
  return RowStatus::kOk;
}

RowStatus ParseIntervalMonths(const char* begin, const char* end, int32_t* months) {
  const bool negative = begin < end && *begin == '-';
  const bool has_sign = begin < end && (*begin == '-' || *begin == '+');
  const char* text = begin + (has_sign ? 1 : 0);
  const char* dash = text;
  while (dash < end && *dash != '-') ++dash;
  int64_t first = 0, second = 0;
  if (text == end || !IsDigit(*text)) return RowStatus::kInvalidCast;
  RowStatus status = ParseInt64(text, dash, &first);
  if (status != RowStatus::kOk) return status;
  if (dash < end) {
    if (dash + 1 == end || !IsDigit(dash[1])) return RowStatus::kInvalidCast;
    status = ParseInt64(dash + 1, end, &second);
    if (status != RowStatus::kOk) return status;
    if (second > 11) return RowStatus::kOutOfRange;
    if (first > INT32_MAX) return RowStatus::kOutOfRange;
    first = first * 12 + second;
  }
  if (first > INT32_MAX) return RowStatus::kOutOfRange;
  *months = static_cast<int32_t>(negative ? -first : first);
  return RowStatus::kOk;
}

RowStatus ParseIntervalMicros(const char* begin, const char* end, int64_t* micros) {
  const bool negative = begin < end && *begin == '-';
  const bool has_sign = begin < end && (*begin == '-' || *begin == '+');
  const char* text = begin + (has_sign ? 1 : 0);
  const char* blank = text;
  while (blank < end && *blank != ' ') ++blank;
  int64_t days = 0, fraction = 0;
  uint32_t hour = 0, minute = 0, second = 0;
  if (end - blank < 9 || text == blank || !IsDigit(*text) || blank[3] != ':' || blank[6] != ':') {
    return RowStatus::kInvalidCast;
  }
  const RowStatus status = ParseInt64(text, blank, &days);
  if (status != RowStatus::kOk) return status;
  if (!ParseUpToEightDigits(blank + 1, 2, &hour) || !ParseUpToEightDigits(blank + 4, 2, &minute) ||
      !ParseUpToEightDigits(blank + 7, 2, &second)) {
    return RowStatus::kInvalidCast;
  }
  const char* rest = blank + 9;
  if (!ParseFraction(&rest, end, &fraction) || rest != end) return RowStatus::kInvalidCast;
  if (hour > 23 || minute > 59 || second > 59 || days > INT64_MAX / kMicrosOfDay - 1) {
    return RowStatus::kOutOfRange;
  }
  const int64_t value = days * kMicrosOfDay +
                        static_cast<int64_t>((hour * 60 + minute) * 60 + second) * kMicrosOfSecond +
                        fraction;
  *micros = negative ? -value : value;
  return RowStatus::kOk;
}

bool DecodeBase64(std::string_view text, char* out, uint32_t* size) {
  *size = 0;
  if (text.size() % 4 != 0) return false;
  const auto digit = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (IsDigit(c)) return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  for (size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const int missing = !last || text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
    uint32_t bits = 0;
    for (int k = 0; k < 4; ++k) {
      const int value = k >= 4 - missing ? 0 : digit(text[i + static_cast<size_t>(k)]);
      if (value < 0) return false;
      bits = bits << 6 | static_cast<uint32_t>(value);
    }
    for (int k = 0; k < 3 - missing; ++k) {
      out[(*size)++] = static_cast<char>(bits >> (16 - 8 * k));
    }
  }
  return true;
}

uint32_t CountCharacters(std::string_view text) {
  uint32_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace flinkc
