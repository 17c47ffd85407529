#include "compiler/expression/literal_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

constexpr std::string_view kReserved[] = {
    "AND", "AS",   "BETWEEN", "CASE", "DISTINCT", "ELSE",    "END",  "FALSE", "FROM", "IN",
    "IS",  "LIKE", "NOT",     "NULL", "OR",       "SIMILAR", "THEN", "TRUE",  "WHEN",
};

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

// A `${` in a text must be escaped, like everywhere in a spec.
std::string TextLiteral(std::string_view text) {
  std::string quoted = Quoted(text, '\'');
  for (size_t at = quoted.find("${"); at != std::string::npos; at = quoted.find("${", at + 3)) {
    quoted.insert(at, 1, '\\');
  }
  return quoted;
}

std::string DecimalText(Int128 unscaled, int scale) {
  bool negative = unscaled < 0;
  auto magnitude = static_cast<unsigned __int128>(unscaled);
  if (negative) magnitude = -magnitude;
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  } while (magnitude != 0 || digits.size() <= static_cast<size_t>(scale));
  std::reverse(digits.begin(), digits.end());
  if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  return negative ? "-" + digits : digits;
}

std::string DoubleText(double value, std::string_view type) {
  if (!std::isfinite(value)) {
    std::string_view name = std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
    return fmt::format("CAST('{}' AS {})", name, type);
  }
  std::string text = fmt::format("{}", value);
  return text.find('e') == std::string::npos ? text + "e0" : text;
}

std::string BytesText(std::string_view bytes) {
  std::string text = "X'";
  for (unsigned char byte : bytes) text += fmt::format("{:02X}", byte);
  return text + "'";
}

std::string DateText(int64_t days) {
  // Howard Hinnant's civil_from_days.
  days += 719'468;
  int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  int64_t day_of_era = days - era * 146'097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

// "12:34:56", with `precision` digits of the second.
std::string TimeText(int64_t micros, int precision) {
  std::string text = fmt::format("{:02}:{:02}:{:02}", micros / kMicrosPerHour,
                                 micros / kMicrosPerMinute % 60, micros / kMicrosPerSecond % 60);
  if (precision == 0) return text;
  std::string fraction = fmt::format("{:06}", micros % kMicrosPerSecond);
  return text + "." + fraction.substr(0, static_cast<size_t>(precision));
}

std::string TimestampText(int64_t micros, int precision) {
  int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  return DateText(days) + " " + TimeText(micros - days * kMicrosPerDay, precision);
}

std::string MonthsText(int64_t months) {
  if (months % 12 == 0 && months != 0) return fmt::format("INTERVAL '{}' YEAR", months / 12);
  return fmt::format("INTERVAL '{}' MONTH", months);
}

std::string MicrosText(int64_t micros) {
  constexpr std::pair<int64_t, std::string_view> kUnits[] = {{kMicrosPerDay, "DAY"},
                                                             {kMicrosPerHour, "HOUR"},
                                                             {kMicrosPerMinute, "MINUTE"},
                                                             {kMicrosPerSecond, "SECOND"}};
  for (auto [unit, name] : kUnits) {
    if (micros % unit == 0 && micros != 0) {
      return fmt::format("INTERVAL '{}' {}", micros / unit, name);
    }
  }
  // Whole and fractional part apart: the smallest value has no positive counterpart.
  int64_t fraction = micros % kMicrosPerSecond;
  std::string text = fmt::format("INTERVAL '{}{}.{:06}", micros < 0 ? "-" : "",
                                 std::abs(micros / kMicrosPerSecond), std::abs(fraction));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "' SECOND";
}

std::string ElementsText(const ValueList& elements, const DataType& type) {
  std::string text;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) text += ", ";
    text += LiteralText(elements[i], type.children()[type.kind() == TypeKind::kArray ? 0 : i]);
  }
  return text;
}

}  // namespace

bool IsReservedWord(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return std::find(std::begin(kReserved), std::end(kReserved), upper) != std::end(kReserved);
}

std::string IdentifierText(std::string_view name) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  bool plain = !name.empty() && is_letter(name[0]);
  for (char c : name) plain = plain && (is_letter(c) || (c >= '0' && c <= '9'));
  return plain && !IsReservedWord(name) ? std::string(name) : Quoted(name, '`');
}

std::string LiteralText(const Value& value, const DataType& type) {
  if (value.is_null()) return "NULL";
  const auto* integer = std::get_if<int64_t>(&value.data);
  switch (type.kind()) {
    case TypeKind::kNull:
      return "NULL";
    case TypeKind::kBoolean:
      return std::get<bool>(value.data) ? "TRUE" : "FALSE";
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return fmt::format("{}", *integer);
    case TypeKind::kFloat: {
      // The shortest text of the FLOAT, not of the DOUBLE that holds it.
      auto narrow = static_cast<float>(std::get<double>(value.data));
      if (!std::isfinite(narrow)) return DoubleText(narrow, "FLOAT");
      return fmt::format("CAST({} AS FLOAT)", narrow);
    }
    case TypeKind::kDouble:
      return DoubleText(std::get<double>(value.data), "DOUBLE");
    case TypeKind::kDecimal:
      return DecimalText(std::get<Int128>(value.data), type.scale());
    case TypeKind::kString:
      return TextLiteral(std::get<std::string>(value.data));
    case TypeKind::kBytes:
      return BytesText(std::get<std::string>(value.data));
    case TypeKind::kDate:
      return "DATE '" + DateText(*integer) + "'";
    case TypeKind::kTime:
      return "TIME '" + TimeText(*integer, type.precision()) + "'";
    case TypeKind::kTimestamp:
      return "TIMESTAMP '" + TimestampText(*integer, type.precision()) + "'";
    case TypeKind::kTimestampLtz:
      return fmt::format("CAST(TIMESTAMP '{}' AS TIMESTAMP_LTZ({}))",
                         TimestampText(*integer, type.precision()), type.precision());
    case TypeKind::kIntervalMonths:
      return MonthsText(*integer);
    case TypeKind::kIntervalMicros:
      return MicrosText(*integer);
    case TypeKind::kArray:
      return "ARRAY[" + ElementsText(std::get<ValueList>(value.data), type) + "]";
    case TypeKind::kRow:
      return "ROW(" + ElementsText(std::get<ValueList>(value.data), type) + ")";
    case TypeKind::kMap:
      return "MAP[" + ElementsText(std::get<ValueList>(value.data), type) + "]";
  }
  CHECK(false);
}

}  // namespace flinkc
