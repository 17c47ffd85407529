#include "stdlib-operators/kernels/cast_text.h"

#include <limits>

#include "stdlib-operators/kernels/native/float_text.h"
#include "stdlib-operators/kernels/state_text.h"
#include "stdlib-operators/kernels/text.h"
#include "stdlib-operators/kernels/text_format.h"
#include "stdlib-operators/kernels/text_parse.h"

namespace flinkc {
namespace {

// ASCII text of `size` bytes as a value of CHAR, VARCHAR (cut, padded) or STRING (length 0).
int32_t GiveText(KernelContext* context, const char* text, uint32_t size, int64_t length,
                 int64_t pad, StringValue* out) {
  if (length != 0 && size > length) size = static_cast<uint32_t>(length);
  const uint32_t total = pad != 0 && size < length ? static_cast<uint32_t>(length) : size;
  if (total == size) return GiveCopy(context, text, size, out);
  char* bytes = AllocateBytes(context, total);
  __builtin_memcpy(bytes, text, size);
  __builtin_memset(bytes + size, ' ', total - size);
  *out = MakeStringValue(bytes, total);
  return kKernelOk;
}

// Two ASCII digits, the first in the low byte; value < 100.
uint64_t TwoDigits(uint32_t value) {
  const uint32_t tens = value * 103 >> 10;
  return (tens | (value - 10 * tens) << 8) + 0x3030;
}

// "2001-01-31" of a year of four digits, made in registers.
StringValue DayText(const CivilDate& date) {
  const auto year = static_cast<uint32_t>(date.year);
  const uint64_t dash = '-';
  const uint64_t first = TwoDigits(year / 100) | TwoDigits(year % 100) << 16 | dash << 32 |
                         TwoDigits(static_cast<uint32_t>(date.month)) << 40 | dash << 56;
  constexpr uint64_t kBytes = 10;
  const uint64_t words[2] = {kBytes | first << 32,
                             first >> 32 | TwoDigits(static_cast<uint32_t>(date.day)) << 32};
  StringValue text;
  __builtin_memcpy(&text, words, sizeof(text));
  return text;
}

TextRange Trimmed(const StringValue* a) { return TrimSpaces(a->data(), a->data() + a->size); }

template <typename T>
int32_t TextToInteger(const StringValue* a, T* out) {
  int64_t value;
  const RowStatus status = ParseInteger(Trimmed(a), std::numeric_limits<T>::min(),
                                        std::numeric_limits<T>::max(), &value);
  if (status != RowStatus::kOk) return Failure(status);
  *out = static_cast<T>(value);
  return kKernelOk;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_cast_bool_text(KernelContext* context, bool a, int64_t length, int64_t pad,
                              StringValue* out) {
  return GiveText(context, a ? "TRUE" : "FALSE", a ? 4 : 5, length, pad, out);
}

#define FLINKC_DEFINE_INTEGER_TEXT(T, t)                                                   \
  int32_t flinkc_cast_##t##_text(KernelContext* context, T a, int64_t length, int64_t pad, \
                                 StringValue* out) {                                       \
    char text[kNumberTextBytes];                                                           \
    return GiveText(context, text, FormatInteger(a, text), length, pad, out);              \
  }                                                                                        \
  int32_t flinkc_cast_text_##t(const StringValue* a, T* out) { return TextToInteger(a, out); }
FLINKC_DEFINE_INTEGER_TEXT(int8_t, i8)
FLINKC_DEFINE_INTEGER_TEXT(int16_t, i16)
FLINKC_DEFINE_INTEGER_TEXT(int32_t, i32)
FLINKC_DEFINE_INTEGER_TEXT(int64_t, i64)

#define FLINKC_DEFINE_FLOAT_TEXT(T, t)                                                     \
  int32_t flinkc_cast_##t##_text(KernelContext* context, T a, int64_t length, int64_t pad, \
                                 StringValue* out) {                                       \
    char text[kDoubleTextBytes];                                                           \
    const int32_t size = flinkc_native_format_##t(a, text);                                \
    return GiveText(context, text, static_cast<uint32_t>(size), length, pad, out);         \
  }                                                                                        \
  int32_t flinkc_cast_text_##t(const StringValue* a, T* out) {                             \
    const TextRange text = Trimmed(a);                                                     \
    return flinkc_native_parse_##t(text.begin, text.end - text.begin, out);                \
  }
FLINKC_DEFINE_FLOAT_TEXT(float, f32)
FLINKC_DEFINE_FLOAT_TEXT(double, f64)

int32_t flinkc_cast_decimal_text(KernelContext* context, const Int128* a, int64_t scale,
                                 int64_t length, int64_t pad, StringValue* out) {
  char text[kNumberTextBytes];
  const uint32_t size = FormatDecimal(LoadInt128(a), static_cast<uint32_t>(scale), text);
  return GiveText(context, text, size, length, pad, out);
}

int32_t flinkc_cast_date_text(KernelContext* context, int32_t a, int64_t length, int64_t pad,
                              StringValue* out) {
  char text[kNumberTextBytes];
  return GiveText(context, text, FormatDate(a, text), length, pad, out);
}

int32_t flinkc_cast_time_text(KernelContext* context, int64_t a, int64_t precision, int64_t length,
                              int64_t pad, StringValue* out) {
  char text[kNumberTextBytes];
  return GiveText(context, text, FormatTime(a, static_cast<uint32_t>(precision), text), length, pad,
                  out);
}

int32_t flinkc_cast_timestamp_text(KernelContext* context, int64_t a, int64_t precision,
                                   int64_t length, int64_t pad, StringValue* out) {
  char text[kNumberTextBytes];
  return GiveText(context, text, FormatTimestamp(a, static_cast<uint32_t>(precision), text), length,
                  pad, out);
}

int32_t flinkc_date_format_day(KernelContext* context, int64_t micros, StringValue* out) {
  const CivilDate date = CivilFromDays(DayOfTimestamp(micros));
  if (date.year >= 0 && date.year <= 9999) [[likely]] {
    *out = DayText(date);
    return kKernelOk;
  }
  char text[kNumberTextBytes];
  return GiveCopy(context, text, FormatDate(DayOfTimestamp(micros), text), out);
}

// "+1-02": years and months.
int32_t flinkc_cast_months_text(KernelContext* context, int32_t a, int64_t length, int64_t pad,
                                StringValue* out) {
  char text[kNumberTextBytes];
  const int64_t months = a < 0 ? -int64_t{a} : int64_t{a};
  text[0] = a < 0 ? '-' : '+';
  uint32_t size = 1 + FormatUnsigned(static_cast<uint64_t>(months / 12), text + 1);
  text[size++] = '-';
  size += FormatPadded(static_cast<uint64_t>(months % 12), 2, text + size);
  return GiveText(context, text, size, length, pad, out);
}

// "+1 02:03:04.567": days and the time, to milliseconds as Flink keeps them.
int32_t flinkc_cast_micros_text(KernelContext* context, int64_t a, int64_t length, int64_t pad,
                                StringValue* out) {
  char text[kNumberTextBytes];
  const uint64_t micros = a < 0 ? ~static_cast<uint64_t>(a) + 1 : static_cast<uint64_t>(a);
  text[0] = a < 0 ? '-' : '+';
  uint32_t size = 1 + FormatUnsigned(micros / kMicrosPerDay, text + 1);
  text[size++] = ' ';
  size += FormatTime(static_cast<int64_t>(micros % kMicrosPerDay), 3, text + size);
  return GiveText(context, text, size, length, pad, out);
}

int32_t flinkc_cast_text_text(KernelContext* context, const StringValue* a, int64_t length,
                              int64_t pad, StringValue* out) {
  const char* text = a->data();
  uint32_t size = a->size;
  uint32_t characters = 0;
  if (length != 0) {
    size = OffsetOfCharacter(text, a->size, static_cast<uint64_t>(length));
    characters = CountCharacters(text, size);
  }
  if (pad == 0 || characters >= length) {
    *out = MakeStringValue(text, size);
    return kKernelOk;
  }
  const uint32_t spaces = static_cast<uint32_t>(length) - characters;
  char* bytes = AllocateBytes(context, size + spaces);
  __builtin_memcpy(bytes, text, size);
  __builtin_memset(bytes + size, ' ', spaces);
  *out = MakeStringValue(bytes, size + spaces);
  return kKernelOk;
}

int32_t flinkc_cast_text_bool(const StringValue* a, bool* out) {
  return Failure(ParseBoolean(Trimmed(a), out));
}

int32_t flinkc_cast_text_date(const StringValue* a, int32_t* out) {
  return Failure(ParseDate(Trimmed(a), out));
}

int32_t flinkc_cast_text_decimal(const StringValue* a, int64_t precision, int64_t scale,
                                 Int128* out) {
  Int128 value;
  const RowStatus status = ParseDecimal(Trimmed(a), precision, scale, &value);
  if (status == RowStatus::kOk) StoreInt128(out, value);
  return Failure(status);
}

int32_t flinkc_cast_text_time(const StringValue* a, int64_t precision, int64_t* out) {
  return Failure(ParseTime(Trimmed(a), precision, out));
}

int32_t flinkc_cast_text_timestamp(const StringValue* a, int64_t precision, int64_t* out) {
  return Failure(ParseTimestamp(Trimmed(a), precision, out));
}

int32_t flinkc_to_timestamp(const StringValue* a, int64_t* out) {
  return ParseTimestamp(Trimmed(a), 3, out) == RowStatus::kOk ? kKernelOk : kKernelNull;
}

int32_t flinkc_to_date(const StringValue* a, int32_t* out) {
  return ParseDate(Trimmed(a), out) == RowStatus::kOk ? kKernelOk : kKernelNull;
}

}  // extern "C"
