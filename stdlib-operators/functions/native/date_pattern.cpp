#include "stdlib-operators/functions/native/date_pattern.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/kernels/civil_time.h"
#include "stdlib-operators/kernels/state_text.h"
#include "stdlib-operators/kernels/text_parse.h"

namespace flinkc {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
constexpr size_t kShortName = 3;
constexpr int kCountMax = 9;

// One element of a pattern: a letter and how often it stands there, or text.
struct PatternField {
  char letter = 0;  // 0: literal
  int count = 0;
  std::string literal;
};

struct ZonedPattern {
  std::vector<PatternField> fields;
  TimeZonePtr zone;
};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The problem, or nothing and the fields.
std::optional<std::string> CompilePattern(std::string_view pattern,
                                          std::vector<PatternField>* fields) {
  const auto append_literal = [fields](char c) {
    if (fields->empty() || fields->back().letter != 0) fields->push_back({});
    fields->back().literal.push_back(c);
  };
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      if (i + 1 < pattern.size() && pattern[i + 1] == '\'') {
        append_literal('\'');
        i += 2;
        continue;
      }
      const size_t close = pattern.find('\'', i + 1);
      if (close == std::string_view::npos) return "the pattern has an open quote";
      for (char quoted : pattern.substr(i + 1, close - i - 1)) append_literal(quoted);
      i = close + 1;
    } else if (IsLetter(c)) {
      if (std::string_view("yuMLdDHkKhmsSaEQ").find(c) == std::string_view::npos) {
        return std::string("the pattern letter `") + c +
               "` is not supported; there are y u M L d D H k K h m s S a E Q";
      }
      int count = 0;
      for (; i < pattern.size() && pattern[i] == c; ++i) ++count;
      if (count > kCountMax) return std::string("too many pattern letters `") + c + "`";
      fields->push_back({c, count, {}});
    } else {
      append_literal(c);
      ++i;
    }
  }
  return std::nullopt;
}

void AppendNumber(std::string* out, int64_t value, int digits) {
  std::string text = std::to_string(value < 0 ? -value : value);
  if (value < 0) out->push_back('-');
  if (static_cast<int>(text.size()) < digits) out->append(digits - text.size(), '0');
  out->append(text);
}

int HourOfHalf(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void AppendField(std::string* out, const PatternField& field, int64_t micros) {
  const int64_t days = DayOfTimestamp(micros);
  const CivilDate date = CivilFromDays(days);
  const TimeOfDay time = TimeOfDayOf(MicrosOfDay(micros));
  switch (field.letter) {
    case 0:
      out->append(field.literal);
      break;
    case 'y':
    case 'u':
      AppendNumber(out, field.count == 2 ? date.year % 100 : date.year, field.count);
      break;
    case 'M':
    case 'L':
      if (field.count <= 2) {
        AppendNumber(out, date.month, field.count);
      } else {
        const std::string_view name = kMonths[static_cast<size_t>(date.month - 1)];
        out->append(field.count == 3 ? name.substr(0, kShortName) : name);
      }
      break;
    case 'd':
      AppendNumber(out, date.day, field.count);
      break;
    case 'D':
      AppendNumber(out, DayOfYear(days), field.count);
      break;
    case 'Q':
      AppendNumber(out, (date.month - 1) / 3 + 1, field.count);
      break;
    case 'E': {
      const std::string_view name = kDays[static_cast<size_t>(IsoDayOfWeek(days) - 1)];
      out->append(field.count <= 3 ? name.substr(0, kShortName) : name);
      break;
    }
    case 'H':
      AppendNumber(out, time.hour, field.count);
      break;
    case 'k':
      AppendNumber(out, time.hour == 0 ? 24 : time.hour, field.count);
      break;
    case 'K':
      AppendNumber(out, time.hour % 12, field.count);
      break;
    case 'h':
      AppendNumber(out, HourOfHalf(time.hour), field.count);
      break;
    case 'm':
      AppendNumber(out, time.minute, field.count);
      break;
    case 's':
      AppendNumber(out, time.second, field.count);
      break;
    case 'S': {
      std::string digits;
      AppendNumber(&digits, time.micros, 6);
      digits.append("000");
      out->append(digits, 0, static_cast<size_t>(field.count));
      break;
    }
    case 'a':
      out->append(time.hour < 12 ? "AM" : "PM");
      break;
  }
}

std::string FormatPattern(const ZonedPattern& pattern, int64_t micros) {
  std::string text;
  for (const PatternField& field : pattern.fields) AppendField(&text, field, micros);
  return text;
}

// What was read of a text; what the pattern has not stays as it is.
struct ParsedFields {
  int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;
  int64_t day_of_year = 0;  // 0: not given
  bool half_day = false;    // the hour counts to 12
  bool afternoon = false;
};

bool TakeText(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// Exactly `count` digits, or, where one letter stands alone, up to `digits_max`.
bool TakeNumber(std::string_view* text, int count, int digits_max, int64_t* out) {
  const size_t most = static_cast<size_t>(count == 1 ? digits_max : count);
  size_t digits = 0;
  int64_t value = 0;
  while (digits < most && digits < text->size() && IsDigit((*text)[digits])) {
    value = value * 10 + ((*text)[digits++] - '0');
  }
  if (digits == 0 || (count > 1 && digits < most)) return false;
  text->remove_prefix(digits);
  *out = value;
  return true;
}

// The place, from 1, of the name that the text begins with.
template <size_t kCount>
bool TakeName(std::string_view* text, const std::array<std::string_view, kCount>& names,
              bool shortened, int64_t* out) {
  for (size_t i = 0; i < kCount; ++i) {
    if (TakeText(text, shortened ? names[i].substr(0, kShortName) : names[i])) {
      *out = static_cast<int64_t>(i) + 1;
      return true;
    }
  }
  return false;
}

bool TakeFraction(std::string_view* text, int count, int64_t* micros) {
  int64_t value = 0;
  for (int i = 0; i < std::max(count, 6); ++i) {
    if (i < count && (text->empty() || !IsDigit(text->front()))) return false;
    if (i < 6) value = value * 10 + (i < count ? text->front() - '0' : 0);
    if (i < count) text->remove_prefix(1);
  }
  *micros = value;
  return true;
}

bool TakeField(std::string_view* text, const PatternField& field, ParsedFields* parsed) {
  int64_t ignored = 0;
  switch (field.letter) {
    case 0:
      return TakeText(text, field.literal);
    case 'y':
    case 'u':
      if (!TakeNumber(text, field.count, 4, &parsed->year)) return false;
      if (field.count == 2) parsed->year += 2000;
      return true;
    case 'M':
    case 'L':
      if (field.count <= 2) return TakeNumber(text, field.count, 2, &parsed->month);
      return TakeName(text, kMonths, field.count == 3, &parsed->month);
    case 'd':
      return TakeNumber(text, field.count, 2, &parsed->day);
    case 'D':
      return TakeNumber(text, field.count, 3, &parsed->day_of_year);
    case 'Q':
      return TakeNumber(text, field.count, 1, &ignored);
    case 'E':
      return TakeName(text, kDays, field.count <= 3, &ignored);
    case 'H':
      return TakeNumber(text, field.count, 2, &parsed->hour);
    case 'k':
      if (!TakeNumber(text, field.count, 2, &parsed->hour)) return false;
      if (parsed->hour == 24) parsed->hour = 0;
      return true;
    case 'K':
    case 'h':
      parsed->half_day = true;
      return TakeNumber(text, field.count, 2, &parsed->hour) && parsed->hour <= 12;
    case 'm':
      return TakeNumber(text, field.count, 2, &parsed->minute);
    case 's':
      return TakeNumber(text, field.count, 2, &parsed->second);
    case 'S':
      return TakeFraction(text, field.count, &parsed->micros);
    case 'a':
      parsed->afternoon = text->starts_with("PM");
      return TakeText(text, "AM") || TakeText(text, "PM");
  }
  return false;
}

// Microseconds of the calendar; nullopt: the text does not match, or is no date.
std::optional<int64_t> ParsePattern(const ZonedPattern& pattern, std::string_view text) {
  ParsedFields parsed;
  for (const PatternField& field : pattern.fields) {
    if (!TakeField(&text, field, &parsed)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  if (parsed.half_day) parsed.hour = parsed.hour % 12 + (parsed.afternoon ? 12 : 0);
  if (parsed.hour > 23 || parsed.minute > 59 || parsed.second > 59 || parsed.year < 1 ||
      parsed.year > 9999 || !IsValidDate(parsed.year, parsed.month, parsed.day)) {
    return std::nullopt;
  }
  int64_t days = DaysFromCivil(parsed.year, static_cast<int32_t>(parsed.month),
                               static_cast<int32_t>(parsed.day));
  if (parsed.day_of_year != 0) {
    if (parsed.day_of_year > (IsLeapYear(parsed.year) ? 366 : 365)) return std::nullopt;
    days = DaysFromCivil(parsed.year, 1, 1) + parsed.day_of_year - 1;
  }
  return days * kMicrosPerDay + parsed.hour * kMicrosPerHour + parsed.minute * kMicrosPerMinute +
         parsed.second * kMicrosPerSecond + parsed.micros;
}

const ZonedPattern& PatternOf(const void* state) {
  return *static_cast<const ZonedPattern*>(state);
}

FunctionState Prepare(std::string_view pattern, TimeZonePtr zone) {
  auto state = std::make_shared<ZonedPattern>();
  CompilePattern(pattern, &state->fields);  // checked before
  state->zone = std::move(zone);
  return state;
}

int32_t GiveFormatted(KernelContext* context, const ZonedPattern& pattern, int64_t micros,
                      StringValue* out) {
  const std::string text = FormatPattern(pattern, micros);
  return GiveCopy(context, text.data(), static_cast<uint32_t>(text.size()), out);
}

}  // namespace

std::optional<std::string> CheckDatePattern(std::span<const Value> constants) {
  if (constants[0].is_null()) return std::nullopt;
  std::vector<PatternField> fields;
  return CompilePattern(std::get<std::string>(constants[0].data), &fields);
}

FunctionState PrepareDatePattern(std::span<const Value> constants) {
  return Prepare(std::get<std::string>(constants[0].data), LocateTimeZone("UTC"));
}

std::optional<std::string> CheckZonedPattern(std::span<const Value> constants) {
  if (auto problem = CheckDatePattern(constants.first(1))) return problem;
  const auto* zone = std::get_if<std::string>(&constants[1].data);
  if (zone != nullptr && LocateTimeZone(*zone) != nullptr) return std::nullopt;
  return "there is no time zone `" + (zone == nullptr ? "NULL" : *zone) + "`";
}

FunctionState PrepareZonedPattern(std::span<const Value> constants) {
  TimeZonePtr zone = LocateTimeZone(std::get<std::string>(constants.back().data));
  if (zone == nullptr) zone = LocateTimeZone("UTC");
  const std::string pattern =
      constants.size() > 1 ? std::get<std::string>(constants[0].data) : "yyyy-MM-dd HH:mm:ss";
  return Prepare(pattern, std::move(zone));
}

}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_date_format(KernelContext* context, const void* state, int64_t micros,
                                  StringValue* out) {
  return GiveFormatted(context, PatternOf(state), micros, out);
}

int32_t flinkc_native_date_format_ltz(KernelContext* context, const void* state, int64_t micros,
                                      StringValue* out) {
  const ZonedPattern& pattern = PatternOf(state);
  return GiveFormatted(context, pattern, ToLocal(*pattern.zone, micros), out);
}

int32_t flinkc_native_to_timestamp_pattern(const void* state, const StringValue* text,
                                           int64_t* out) {
  const auto micros = ParsePattern(PatternOf(state), text->view());
  if (!micros) return kKernelNull;
  *out = *micros - FloorModulo(*micros, kMicrosPerMilli);
  return kKernelOk;
}

int32_t flinkc_native_to_date_pattern(const void* state, const StringValue* text, int32_t* out) {
  const auto micros = ParsePattern(PatternOf(state), text->view());
  if (!micros) return kKernelNull;
  *out = static_cast<int32_t>(DayOfTimestamp(*micros));
  return kKernelOk;
}

int32_t flinkc_native_unix_timestamp_pattern(const void* state, const StringValue* text,
                                             int64_t* out) {
  const ZonedPattern& pattern = PatternOf(state);
  const auto micros = ParsePattern(pattern, text->view());
  if (!micros) return kKernelNull;
  *out = FloorDivide(ToUtc(*pattern.zone, *micros), kMicrosPerSecond);
  return kKernelOk;
}

int32_t flinkc_native_to_ltz_pattern(const void* state, const StringValue* text, int64_t* out) {
  const ZonedPattern& pattern = PatternOf(state);
  const auto micros = ParsePattern(pattern, text->view());
  if (!micros) return kKernelNull;
  *out = ToUtc(*pattern.zone, *micros);
  return kKernelOk;
}

int32_t flinkc_native_from_unixtime(KernelContext* context, const void* state, int64_t seconds,
                                    StringValue* out) {
  if (seconds < kDayMin * 86400 || seconds >= (kDayMax + 1) * 86400) return kKernelNull;
  const ZonedPattern& pattern = PatternOf(state);
  return GiveFormatted(context, pattern, ToLocal(*pattern.zone, seconds * kMicrosPerSecond), out);
}

}  // extern "C"
