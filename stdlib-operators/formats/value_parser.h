// Text of one cell to its value, for all formats. Strict: the whole text must be the value, without
// blanks around it. A failure is a RowStatus; what was found and expected is said by the caller.
//
// The readers of numbers and timestamps load eight bytes at a time: kParsePadding bytes behind the
// end of every text must be readable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/abi/row_error.h"
#include "runtime/abi/string_value.h"
#include "runtime/data/data_type.h"

namespace flinkc {

inline constexpr size_t kParsePadding = 64;

// Eight bytes of ASCII digits, the first in the lowest byte, each already reduced by '0'.
[[gnu::always_inline]] inline bool AreDigits(uint64_t digits) {
  return (((digits + 0x7676767676767676ull) | digits) & 0x8080808080808080ull) == 0;
}

// Their number, by three multiplications (D. Lemire, "Quickly parsing eight digits").
[[gnu::always_inline]] inline uint32_t EightDigits(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);
  return static_cast<uint32_t>(
      (((digits & 0x000000FF000000FFull) * 0x000F424000000064ull) +
       (((digits >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull)) >>
      32);
}

// `count` (1 to 8) digits at `text`; false if one is no digit.
[[gnu::always_inline]] inline bool ParseUpToEightDigits(const char* text, uint32_t count,
                                                        uint32_t* number) {
  uint64_t bytes;
  __builtin_memcpy(&bytes, text, 8);
  const uint32_t shift = (8 - count) * 8;
  // Shifted up, zero bytes fill the places of missing leading digits: '0' ^ 0x30 as well.
  const uint64_t digits = (bytes ^ 0x3030303030303030ull) << shift;
  if (!AreDigits(digits)) return false;
  *number = EightDigits(digits);
  return true;
}

RowStatus ParseLongInteger(const char* begin, const char* end, bool negative, int64_t* value);

// [+-]digits
[[gnu::always_inline]] inline RowStatus ParseInt64(const char* begin, const char* end,
                                                   int64_t* value) {
  bool negative = false;
  if (begin < end && (*begin == '-' || *begin == '+')) negative = *begin++ == '-';
  const auto count = static_cast<uint64_t>(end - begin);
  uint32_t low = 0, high = 0;
  if (count - 1 < 8) {
    if (!ParseUpToEightDigits(begin, static_cast<uint32_t>(count), &low)) {
      return RowStatus::kInvalidCast;
    }
    *value = negative ? -static_cast<int64_t>(low) : static_cast<int64_t>(low);
    return RowStatus::kOk;
  }
  if (count - 1 < 16) {
    if (!ParseUpToEightDigits(begin, static_cast<uint32_t>(count - 8), &high) ||
        !ParseUpToEightDigits(end - 8, 8, &low)) {
      return RowStatus::kInvalidCast;
    }
    const int64_t number = static_cast<int64_t>(high) * 100'000'000 + low;
    *value = negative ? -number : number;
    return RowStatus::kOk;
  }
  return ParseLongInteger(begin, end, negative, value);
}

// T: int8_t to int64_t.
template <typename T>
RowStatus ParseInteger(const char* begin, const char* end, T* value) {
  int64_t wide = 0;
  const RowStatus status = ParseInt64(begin, end, &wide);
  if (status != RowStatus::kOk) return status;
  *value = static_cast<T>(wide);
  return *value == wide ? RowStatus::kOk : RowStatus::kOutOfRange;
}

// true and false, in any case.
RowStatus ParseBoolean(const char* begin, const char* end, uint8_t* value);
// Correctly rounded; also NaN, Infinity, -Infinity, as they are written.
RowStatus ParseDouble(const char* begin, const char* end, double* value);
RowStatus ParseFloat(const char* begin, const char* end, float* value);
// [+-]digits[.digits][e[+-]digits], rounded half up to `scale`. More than `precision` digits are
// kOutOfRange.
RowStatus ParseDecimal(const char* begin, const char* end, int precision, int scale,
                       __int128* unscaled);

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (H. Hinnant,
// "chrono-Compatible Low-Level Date Algorithms"); the date must be valid.
[[gnu::always_inline]] inline int32_t DaysFromCivil(int32_t year, uint32_t month, uint32_t day) {
  year -= month <= 2;
  const int32_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<uint32_t>(year - era * 400);
  const uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<int32_t>(day_of_era) - 719468;
}

// The date that was read last: most neighbours have the same. Holds nothing at first.
struct DateCache {
  uint64_t year_month = 0;  // yyyy-mm-
  uint16_t day = 0;         // dd
  int64_t days = 0;
};

// What stands between date and time.
enum class TimestampSeparator : uint8_t { kBlank, kT, kEither };

// yyyy-mm-dd
RowStatus ParseDate(const char* begin, const char* end, int32_t* days);
// yyyy-mm-dd hh:mm:ss[.fraction][Z|+hh:mm], digits beyond `precision` cut off. An offset is
// subtracted for TIMESTAMP_LTZ (`with_zone`; none means UTC); TIMESTAMP takes none but Z.
RowStatus ParseTimestamp(const char* begin, const char* end, TimestampSeparator separator,
                         int precision, bool with_zone, DateCache* cache, int64_t* micros);
// Milliseconds since 1970-01-01 00:00:00, a whole number.
RowStatus ParseEpochMillis(const char* begin, const char* end, int precision, int64_t* micros);
// [+-]years-months, or months alone.
RowStatus ParseIntervalMonths(const char* begin, const char* end, int32_t* months);
// [+-]days hours:minutes:seconds[.fraction].
RowStatus ParseIntervalMicros(const char* begin, const char* end, int64_t* micros);
// RFC 4648 with padding. `out` has room for 3 bytes for each 4 characters; false if malformed.
bool DecodeBase64(std::string_view text, char* out, uint32_t* size);

// As MakeStringValue, but loads 12 bytes whatever the size: `data` needs kParsePadding.
[[gnu::always_inline]] inline StringValue MakePaddedStringValue(const char* data, uint32_t size) {
  StringValue value;
  value.size = size;
  if (size > StringValue::kInlineBytes) {
    __builtin_memcpy(value.inlined, data, 4);
    value.pointer = data;
    return value;
  }
  uint32_t head;
  uint64_t rest;
  __builtin_memcpy(&head, data, 4);
  __builtin_memcpy(&rest, data + 4, 8);
  const uint32_t head_bits = size < 4 ? size * 8 : 32;
  const uint32_t rest_bits = size > 4 ? (size - 4) * 8 : 0;
  head = static_cast<uint32_t>(head & ((uint64_t{1} << head_bits) - 1));
  rest = rest_bits == 64 ? rest : rest & ((uint64_t{1} << rest_bits) - 1);
  __builtin_memcpy(value.inlined, &head, 4);
  __builtin_memcpy(value.inlined_rest, &rest, 8);
  return value;
}

// The number of characters of valid UTF-8.
uint32_t CountCharacters(std::string_view text);

}  // namespace flinkc
