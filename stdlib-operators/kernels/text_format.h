// Values as CAST(… AS STRING) writes them, into a caller's buffer. Each returns the bytes written.
// Also used by the formats. Freestanding.
#pragma once

#include "stdlib-operators/kernels/civil_time.h"
#include "stdlib-operators/kernels/decimal_math.h"

namespace flinkc {

// Bytes that suffice for any number, date or time below.
constexpr uint32_t kNumberTextBytes = 48;

inline uint32_t FormatUnsigned(uint64_t value, char* out) {
  char digits[20];
  uint32_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (uint32_t i = 0; i < count; ++i) out[i] = digits[count - 1 - i];
  return count;
}

inline uint32_t FormatInteger(int64_t value, char* out) {
  if (value >= 0) return FormatUnsigned(static_cast<uint64_t>(value), out);
  out[0] = '-';
  return 1 + FormatUnsigned(~static_cast<uint64_t>(value) + 1, out + 1);
}

// `width` digits, with leading zeros.
inline uint32_t FormatPadded(uint64_t value, uint32_t width, char* out) {
  for (uint32_t i = width; i > 0; --i, value /= 10)
    out[i - 1] = static_cast<char>('0' + value % 10);
  return width;
}

// "-0.05": all digits of the scale.
inline uint32_t FormatDecimal(Int128 value, uint32_t scale, char* out) {
  char digits[kDecimalDigitsMax + 2];
  uint32_t count = 0;
  UInt128 magnitude = Magnitude(value);
  while (magnitude >> 64 != 0) {
    digits[count++] = static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  }
  uint64_t rest = static_cast<uint64_t>(magnitude);
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0 || count <= scale);
  uint32_t size = 0;
  if (value < 0) out[size++] = '-';
  for (uint32_t i = count; i > 0; --i) {
    if (i == scale) out[size++] = '.';
    out[size++] = digits[i - 1];
  }
  return size;
}

// "2001-01-31".
inline uint32_t FormatDate(int64_t days, char* out) {
  const CivilDate date = CivilFromDays(days);
  uint32_t size = 0;
  int64_t year = date.year;
  if (year < 0) {
    out[size++] = '-';
    year = -year;
  }
  if (year > 9999) {
    size += FormatUnsigned(static_cast<uint64_t>(year), out + size);
  } else {
    size += FormatPadded(static_cast<uint64_t>(year), 4, out + size);
  }
  out[size++] = '-';
  size += FormatPadded(static_cast<uint64_t>(date.month), 2, out + size);
  out[size++] = '-';
  return size + FormatPadded(static_cast<uint64_t>(date.day), 2, out + size);
}

// "23:59:59.123", with `precision` digits of the second.
inline uint32_t FormatTime(int64_t micros_of_day, uint32_t precision, char* out) {
  const TimeOfDay time = TimeOfDayOf(micros_of_day);
  FormatPadded(static_cast<uint64_t>(time.hour), 2, out);
  out[2] = ':';
  FormatPadded(static_cast<uint64_t>(time.minute), 2, out + 3);
  out[5] = ':';
  FormatPadded(static_cast<uint64_t>(time.second), 2, out + 6);
  if (precision == 0) return 8;
  out[8] = '.';
  return 9 + FormatPadded(static_cast<uint64_t>(time.micros / MicrosPerUnit(precision)), precision,
                          out + 9);
}

// "2001-01-31 23:59:59.123".
inline uint32_t FormatTimestamp(int64_t micros, uint32_t precision, char* out) {
  uint32_t size = FormatDate(DayOfTimestamp(micros), out);
  out[size++] = ' ';
  return size + FormatTime(MicrosOfDay(micros), precision, out + size);
}

}  // namespace flinkc
