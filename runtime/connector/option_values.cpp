#include "runtime/connector/option_values.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>

namespace flinkc {

namespace {

std::unexpected<Error> Invalid(std::string_view what, std::string_view text) {
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("`{}` is not {}", text.substr(0, 60), what));
}

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr Unit kDurationUnits[] = {
    {"us", 1},         {"ms", 1'000},       {"s", 1'000'000},     {"sec", 1'000'000},
    {"m", 60'000'000}, {"min", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000},
};
constexpr Unit kSizeUnits[] = {
    {"", 1},          {"b", 1},        {"k", 1 << 10},   {"kb", 1 << 10},
    {"kib", 1 << 10}, {"m", 1 << 20},  {"mb", 1 << 20},  {"mib", 1 << 20},
    {"g", 1 << 30},   {"gb", 1 << 30}, {"gib", 1 << 30},
};

// A non-negative number followed by one of `units`.
Result<int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units,
                              std::string_view what) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) return Invalid(what, text);
  std::string unit(rest, end);
  while (!unit.empty() && unit.front() == ' ') unit.erase(0, 1);
  for (char& c : unit) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (unit.empty() && number == 0) return 0;
  for (const Unit& known : units) {
    int64_t value = 0;
    if (known.name != unit) continue;
    if (__builtin_mul_overflow(number, known.factor, &value)) return Invalid(what, text);
    return value;
  }
  return Invalid(what, text);
}

// `count` digits at `text[at]`, or -1.
int Digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

Result<int64_t> ParseDurationMicros(std::string_view text) {
  return ParseWithUnit(text, kDurationUnits, "a duration such as `5s`");
}

Result<int64_t> ParseSizeBytes(std::string_view text) {
  return ParseWithUnit(text, kSizeUnits, "a size such as `16mb`");
}

Result<bool> ParseBooleanOption(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Invalid("`true` or `false`", text);
}

Result<int64_t> ParseIntegerOption(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return Invalid("a whole number", text);
  return value;
}

Result<double> ParseNumberOption(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value)) {
    return Invalid("a number", text);
  }
  return value;
}

Result<int64_t> ParseTimestampOption(std::string_view text) {
  const std::string_view what = "a timestamp such as `2015-07-15 00:00:00`";
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') {
    return Invalid(what, text);
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return Invalid(what, text);
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  int64_t micros = days * 86'400'000'000;
  if (text.size() == 10) return micros;
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':') {
    return Invalid(what, text);
  }
  micros += ((hour * 60LL + minute) * 60 + second) * 1'000'000;
  if (text.size() == 19) return micros;
  const size_t digits = text.size() - 20;
  if (text[19] != '.' || digits == 0 || digits > 6) return Invalid(what, text);
  int fraction = Digits(text, 20, digits);
  if (fraction < 0) return Invalid(what, text);
  for (size_t i = digits; i < 6; ++i) fraction *= 10;
  return micros + fraction;
}

Result<char> ParseCharacterOption(std::string_view text) {
  if (text == "\\t") return '\t';
  if (text.size() == 1 && (text[0] == '\t' || (text[0] >= ' ' && text[0] <= '~'))) return text[0];
  return Invalid("one ASCII character", text);
}

bool OptionReader::Has(std::string_view name) const { return options_.contains(std::string(name)); }

std::string OptionReader::Text(std::string_view name) const {
  if (const auto given = options_.find(std::string(name)); given != options_.end()) {
    return given->second;
  }
  const OptionRecord* record = FindOptionRecord(records_, name);
  return record == nullptr ? "" : std::string(record->default_value);
}

namespace {

// Names the option in the error of its value.
template <typename T>
Result<T> Named(std::string_view name, Result<T> value) {
  if (value) return value;
  return std::unexpected(std::move(value).error().WithContext(fmt::format("option `{}`", name)));
}

}  // namespace

Result<bool> OptionReader::Boolean(std::string_view name) const {
  return Named(name, ParseBooleanOption(Text(name)));
}
Result<int64_t> OptionReader::Integer(std::string_view name) const {
  return Named(name, ParseIntegerOption(Text(name)));
}
Result<double> OptionReader::Number(std::string_view name) const {
  return Named(name, ParseNumberOption(Text(name)));
}
Result<int64_t> OptionReader::DurationMicros(std::string_view name) const {
  return Named(name, ParseDurationMicros(Text(name)));
}
Result<int64_t> OptionReader::SizeBytes(std::string_view name) const {
  return Named(name, ParseSizeBytes(Text(name)));
}
Result<int64_t> OptionReader::TimestampMicros(std::string_view name) const {
  return Named(name, ParseTimestampOption(Text(name)));
}
Result<char> OptionReader::Character(std::string_view name) const {
  return Named(name, ParseCharacterOption(Text(name)));
}

std::vector<std::string> OptionReader::List(std::string_view name) const {
  std::vector<std::string> items;
  for (size_t i = 0;; ++i) {
    const auto item = options_.find(fmt::format("{}.{}", name, i));
    if (item == options_.end()) return items;
    items.push_back(item->second);
  }
}

}  // namespace flinkc
