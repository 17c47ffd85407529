// Text to values as CAST(… AS T) reads it, by the grammars of Flink's casts. Leading and trailing
// spaces are ignored. Freestanding; also used by the formats.
#pragma once

#include "stdlib-operators/kernels/civil_time.h"
#include "stdlib-operators/kernels/decimal_math.h"

namespace flinkc {

struct TextRange {
  const char* begin;
  const char* end;

  bool empty() const { return begin == end; }
};

inline TextRange TrimSpaces(const char* begin, const char* end) {
  while (begin != end && *begin == ' ') ++begin;
  while (begin != end && end[-1] == ' ') --end;
  return {begin, end};
}

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "[+-]digits[.digits]": the fraction is checked and cut off. kOutOfRange where it does not fit.
inline RowStatus ParseInteger(TextRange text, int64_t min, int64_t max, int64_t* out) {
  if (text.empty()) return RowStatus::kInvalidCast;
  const bool negative = *text.begin == '-';
  if (negative || *text.begin == '+') {
    if (++text.begin == text.end) return RowStatus::kInvalidCast;
  }
  int64_t value = 0;  // counted downwards, where there is one more
  bool overflow = false;
  for (; text.begin != text.end && *text.begin != '.'; ++text.begin) {
    if (!IsDigit(*text.begin)) return RowStatus::kInvalidCast;
    overflow |= __builtin_mul_overflow(value, int64_t{10}, &value);
    overflow |= __builtin_sub_overflow(value, int64_t{*text.begin - '0'}, &value);
  }
  if (text.begin != text.end) ++text.begin;
  for (; text.begin != text.end; ++text.begin) {
    if (!IsDigit(*text.begin)) return RowStatus::kInvalidCast;
  }
  if (!negative) overflow |= __builtin_sub_overflow(int64_t{0}, value, &value);
  if (overflow || value < min || value > max) return RowStatus::kOutOfRange;
  *out = value;
  return RowStatus::kOk;
}

// "[+-]digits[.digits][e[+-]digits]", rounded HALF_UP to `scale`. kNull: over `precision` digits.
RowStatus ParseDecimal(TextRange text, int64_t precision, int64_t scale, Int128* out);

// "yyyy[-[m]m[-[d]d]]"; a time after a space or a T is ignored, as Flink's CAST(… AS DATE) does.
RowStatus ParseDate(TextRange text, int32_t* days);

// "[h]h:[m]m:[s]s[.fraction]"; digits below `precision` are cut off. Microseconds of the day.
RowStatus ParseTime(TextRange text, int64_t precision, int64_t* micros);

// "yyyy-[m]m-[d]d[ time]", a T in place of the space allowed; digits below `precision` are cut off.
RowStatus ParseTimestamp(TextRange text, int64_t precision, int64_t* micros);

// t, true, y, yes, 1 and f, false, n, no, 0, in any case.
RowStatus ParseBoolean(TextRange text, bool* out);

}  // namespace flinkc
