#include "stdlib-operators/kernels/text_parse.h"

namespace flinkc {
namespace {

// One number of `digits_min` to `digits_max` digits; false if there is none.
bool ReadNumber(TextRange* text, int digits_min, int digits_max, int64_t* out) {
  int64_t value = 0;
  int digits = 0;
  for (; text->begin != text->end && IsDigit(*text->begin); ++text->begin) {
    if (++digits > digits_max) return false;
    value = value * 10 + (*text->begin - '0');
  }
  *out = value;
  return digits >= digits_min;
}

bool Skip(TextRange* text, char c) {
  if (text->empty() || *text->begin != c) return false;
  ++text->begin;
  return true;
}

// The exponent after an 'e', clamped far outside of what matters.
bool ReadExponent(TextRange* text, int64_t* exponent) {
  const bool negative = Skip(text, '-');
  if (!negative) Skip(text, '+');
  if (text->empty()) return false;
  int64_t value = 0;
  for (; !text->empty(); ++text->begin) {
    if (!IsDigit(*text->begin)) return false;
    if (value < 1000000) value = value * 10 + (*text->begin - '0');
  }
  *exponent = negative ? -value : value;
  return true;
}

RowStatus ReadTime(TextRange* text, int64_t precision, int64_t* micros) {
  int64_t hour, minute, second, fraction = 0;
  if (!ReadNumber(text, 1, 2, &hour) || !Skip(text, ':') || !ReadNumber(text, 1, 2, &minute) ||
      !Skip(text, ':') || !ReadNumber(text, 1, 2, &second) || hour > 23 || minute > 59 ||
      second > 59) {
    return RowStatus::kInvalidTimestamp;
  }
  if (Skip(text, '.')) {
    int digits = 0;
    for (; !text->empty() && IsDigit(*text->begin); ++text->begin, ++digits) {
      if (digits < 6) fraction = fraction * 10 + (digits < precision ? *text->begin - '0' : 0);
    }
    if (digits > 9) return RowStatus::kInvalidTimestamp;
    for (; digits < 6; ++digits) fraction *= 10;
  }
  *micros =
      hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + fraction;
  return RowStatus::kOk;
}

bool EqualsIgnoreCase(TextRange text, const char* lower) {
  for (; !text.empty(); ++text.begin, ++lower) {
    const char c = *text.begin;
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != *lower || *lower == 0)
      return false;
  }
  return *lower == 0;
}

// The digits of a decimal text as they come: an unscaled value and one digit to round with.
struct DecimalReader {
  int64_t wanted;  // how many digits the result has left of its last place, at this one
  UInt128 value = 0;
  bool too_long = false;
  int rounding_digit = 0;

  void Push(int digit) {
    if (wanted > 0) {
      too_long |= value >= PowerOfTen(kDecimalDigitsMax - 1);
      if (!too_long) value = value * 10 + static_cast<UInt128>(digit);
    } else if (wanted == 0) {
      rounding_digit = digit;
    }
    --wanted;
  }
};

}  // namespace

RowStatus ParseDecimal(TextRange text, int64_t precision, int64_t scale, Int128* out) {
  const bool negative = Skip(&text, '-');
  if (!negative) Skip(&text, '+');
  // First the shape: how many digits stand before the point, and the exponent.
  TextRange rest = text;
  int64_t digits_before = 0, digits_after = 0, exponent = 0;
  for (; !rest.empty() && IsDigit(*rest.begin); ++rest.begin) ++digits_before;
  if (Skip(&rest, '.')) {
    for (; !rest.empty() && IsDigit(*rest.begin); ++rest.begin) ++digits_after;
  }
  if (digits_before + digits_after == 0) return RowStatus::kInvalidCast;
  if (Skip(&rest, 'e') || Skip(&rest, 'E')) {
    if (!ReadExponent(&rest, &exponent)) return RowStatus::kInvalidCast;
  }
  if (!rest.empty()) return RowStatus::kInvalidCast;

  DecimalReader reader{digits_before + exponent + scale};
  for (int64_t i = 0; i < digits_before + digits_after; ++text.begin) {
    if (*text.begin == '.') continue;
    reader.Push(*text.begin - '0');
    ++i;
  }
  while (reader.wanted > 0 && reader.value != 0 && !reader.too_long) reader.Push(0);
  if (reader.rounding_digit >= 5) ++reader.value;
  if (reader.too_long || reader.value >= PowerOfTen(precision)) return RowStatus::kNull;
  *out = WithSign(reader.value, negative);
  return RowStatus::kOk;
}

RowStatus ParseDate(TextRange text, int32_t* days) {
  int64_t year, month = 1, day = 1;
  for (const char* c = text.begin; c != text.end; ++c) {
    if ((*c == ' ' || *c == 'T') && c != text.begin) {
      text.end = c;
      break;
    }
  }
  if (!ReadNumber(&text, 1, 4, &year)) return RowStatus::kInvalidTimestamp;
  if (Skip(&text, '-') &&
      (!ReadNumber(&text, 1, 2, &month) || (Skip(&text, '-') && !ReadNumber(&text, 1, 2, &day)))) {
    return RowStatus::kInvalidTimestamp;
  }
  if (!text.empty() || !IsValidDate(year, month, day)) return RowStatus::kInvalidTimestamp;
  *days = static_cast<int32_t>(
      DaysFromCivil(year, static_cast<int32_t>(month), static_cast<int32_t>(day)));
  return RowStatus::kOk;
}

RowStatus ParseTime(TextRange text, int64_t precision, int64_t* micros) {
  const RowStatus status = ReadTime(&text, precision, micros);
  return status == RowStatus::kOk && !text.empty() ? RowStatus::kInvalidTimestamp : status;
}

RowStatus ParseTimestamp(TextRange text, int64_t precision, int64_t* micros) {
  int64_t year, month, day, time = 0;
  if (!ReadNumber(&text, 4, 4, &year) || !Skip(&text, '-') || !ReadNumber(&text, 1, 2, &month) ||
      !Skip(&text, '-') || !ReadNumber(&text, 1, 2, &day) || !IsValidDate(year, month, day)) {
    return RowStatus::kInvalidTimestamp;
  }
  if (Skip(&text, ' ') || Skip(&text, 'T')) {
    const RowStatus status = ReadTime(&text, precision, &time);
    if (status != RowStatus::kOk) return status;
  }
  if (!text.empty()) return RowStatus::kInvalidTimestamp;
  *micros =
      DaysFromCivil(year, static_cast<int32_t>(month), static_cast<int32_t>(day)) * kMicrosPerDay +
      time;
  return RowStatus::kOk;
}

RowStatus ParseBoolean(TextRange text, bool* out) {
  static constexpr const char* kTrue[] = {"t", "true", "y", "yes", "1"};
  static constexpr const char* kFalse[] = {"f", "false", "n", "no", "0"};
  for (const char* word : kTrue) {
    if (EqualsIgnoreCase(text, word)) {
      *out = true;
      return RowStatus::kOk;
    }
  }
  for (const char* word : kFalse) {
    if (EqualsIgnoreCase(text, word)) {
      *out = false;
      return RowStatus::kOk;
    }
  }
  return RowStatus::kInvalidCast;
}

}  // namespace flinkc
