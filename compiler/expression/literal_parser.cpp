#include "compiler/expression/literal_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace flinkc {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int kDigitsMax = 38;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

TypedValue Integer(int64_t value, TypeKind kind) { return {{value}, DataType(kind, false)}; }

// Reads fixed formats: all methods give nullopt where the text is not as asked for.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  bool Accept(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // `digits_min` to `digits_max` digits.
  std::optional<int64_t> Number(size_t digits_min, size_t digits_max) {
    size_t count = 0;
    int64_t value = 0;
    while (count < digits_max && count < rest_.size() && IsDigit(rest_[count])) {
      value = value * 10 + (rest_[count++] - '0');
    }
    if (count < digits_min) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  // Up to six digits of a fraction, in millionths; `digits` is how many there are.
  std::optional<int64_t> Fraction(int* digits) {
    size_t before = rest_.size();
    std::optional<int64_t> value = Number(1, 6);
    if (!value) return std::nullopt;
    *digits = static_cast<int>(before - rest_.size());
    for (int i = *digits; i < 6; ++i) *value *= 10;
    return value;
  }

 private:
  std::string_view rest_;
};

// Howard Hinnant's days_from_civil.
int64_t DaysOf(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

int64_t DaysOfMonth(int64_t year, int64_t month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<int64_t> ScanDays(Scanner& scanner) {
  auto year = scanner.Number(4, 4);
  if (!year || !scanner.Accept('-')) return std::nullopt;
  auto month = scanner.Number(1, 2);
  if (!month || !scanner.Accept('-')) return std::nullopt;
  auto day = scanner.Number(1, 2);
  if (!day || *year < 1 || *month < 1 || *month > 12 || *day < 1 ||
      *day > DaysOfMonth(*year, *month)) {
    return std::nullopt;
  }
  return DaysOf(*year, *month, *day);
}

// "23:59:59.123" in microseconds.
std::optional<int64_t> ScanTime(Scanner& scanner, int* digits) {
  auto hour = scanner.Number(1, 2);
  if (!hour || *hour > 23 || !scanner.Accept(':')) return std::nullopt;
  auto minute = scanner.Number(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t seconds = *hour * 3600 + *minute * 60;
  if (!scanner.Accept(':')) return seconds * kMicrosPerSecond;
  auto second = scanner.Number(2, 2);
  if (!second || *second > 59) return std::nullopt;
  int64_t micros = (seconds + *second) * kMicrosPerSecond;
  if (!scanner.Accept('.')) return micros;
  auto fraction = scanner.Fraction(digits);
  if (!fraction) return std::nullopt;
  return micros + *fraction;
}

// How many of a unit make one of the next larger, and its size in months or microseconds.
struct UnitInfo {
  int64_t limit;
  int64_t size;
};

UnitInfo InfoOf(IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kYear:
      return {0, 12};
    case IntervalUnit::kMonth:
      return {12, 1};
    case IntervalUnit::kDay:
      return {0, 86'400 * kMicrosPerSecond};
    case IntervalUnit::kHour:
      return {24, 3600 * kMicrosPerSecond};
    case IntervalUnit::kMinute:
      return {60, 60 * kMicrosPerSecond};
    case IntervalUnit::kSecond:
      return {60, kMicrosPerSecond};
  }
  return {0, 0};
}

bool AcceptSeparator(Scanner& scanner, IntervalUnit before) {
  switch (before) {
    case IntervalUnit::kYear:
      return scanner.Accept('-');
    case IntervalUnit::kDay:
      return scanner.Accept(' ');
    default:
      return scanner.Accept(':');
  }
}

}  // namespace

std::optional<TypedValue> ParseNumber(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Int128 unscaled = 0;
  int digits = 0, significant = 0, scale = 0;
  bool fraction = false;
  for (char c : text) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    ++digits;
    if (fraction) ++scale;
    if (significant > 0 || c != '0') ++significant;
    if (significant > kDigitsMax || scale > kDigitsMax) return std::nullopt;
    unscaled = unscaled * 10 + (c - '0');
  }
  if (negative) unscaled = -unscaled;
  if (scale == 0) {
    if (unscaled >= std::numeric_limits<int32_t>::min() &&
        unscaled <= std::numeric_limits<int32_t>::max()) {
      return Integer(static_cast<int64_t>(unscaled), TypeKind::kInt);
    }
    if (unscaled >= std::numeric_limits<int64_t>::min() &&
        unscaled <= std::numeric_limits<int64_t>::max()) {
      return Integer(static_cast<int64_t>(unscaled), TypeKind::kBigint);
    }
    return TypedValue{{unscaled}, DataType::Decimal(significant, 0, false)};
  }
  // Zeros before the point count, as in Flink SQL, but never beyond what is allowed.
  int precision = std::min(std::max(digits, scale), kDigitsMax);
  return TypedValue{{unscaled}, DataType::Decimal(precision, scale, false)};
}

std::optional<TypedValue> ParseDouble(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return TypedValue{{value}, DataType(TypeKind::kDouble, false)};
}

std::optional<TypedValue> ParseDate(std::string_view text) {
  Scanner scanner(text);
  auto days = ScanDays(scanner);
  if (!days || !scanner.AtEnd()) return std::nullopt;
  return Integer(*days, TypeKind::kDate);
}

std::optional<TypedValue> ParseTimestamp(std::string_view text) {
  Scanner scanner(text);
  auto days = ScanDays(scanner);
  if (!days) return std::nullopt;
  int64_t micros = *days * 86'400 * kMicrosPerSecond;
  int digits = 0;
  if (!scanner.AtEnd()) {
    if (!scanner.Accept(' ') && !scanner.Accept('T')) return std::nullopt;
    auto time = ScanTime(scanner, &digits);
    if (!time || !scanner.AtEnd()) return std::nullopt;
    micros += *time;
  }
  return TypedValue{{micros}, DataType::Timestamp(digits, false)};
}

std::optional<TypedValue> ParseInterval(std::string_view text, IntervalUnit from, IntervalUnit to,
                                        int64_t scale) {
  Scanner scanner(text);
  bool negative = scanner.Accept('-');
  if (!negative) scanner.Accept('+');
  Int128 total = 0;
  for (auto unit = from; unit <= to; unit = static_cast<IntervalUnit>(static_cast<int>(unit) + 1)) {
    UnitInfo info = InfoOf(unit);
    auto count = scanner.Number(1, 10);
    if (!count || (unit != from && *count >= info.limit)) return std::nullopt;
    total += static_cast<Int128>(*count) * info.size * scale;
    if (unit != to && !AcceptSeparator(scanner, unit)) return std::nullopt;
  }
  if (to == IntervalUnit::kSecond && scanner.Accept('.')) {
    int digits = 0;
    auto fraction = scanner.Fraction(&digits);
    if (!fraction) return std::nullopt;
    total += *fraction;
  }
  if (!scanner.AtEnd()) return std::nullopt;
  if (negative) total = -total;
  bool months = to <= IntervalUnit::kMonth;
  Int128 limit = months ? Int128{std::numeric_limits<int32_t>::max()}
                        : Int128{std::numeric_limits<int64_t>::max()};
  if (total > limit || total < -limit) return std::nullopt;
  return Integer(static_cast<int64_t>(total),
                 months ? TypeKind::kIntervalMonths : TypeKind::kIntervalMicros);
}

}  // namespace flinkc
