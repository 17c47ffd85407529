#include "compiler/spec/quantities.h"

#include <array>
#include <cctype>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace flinkc {

namespace {

struct Unit {
  std::string_view name;  // lower case
  int64_t factor;
};

constexpr int64_t kSecond = 1'000'000;
constexpr Unit kDurationUnits[] = {
    {"w", 7 * 86400 * kSecond},
    {"week", 7 * 86400 * kSecond},
    {"weeks", 7 * 86400 * kSecond},
    {"d", 86400 * kSecond},
    {"day", 86400 * kSecond},
    {"days", 86400 * kSecond},
    {"h", 3600 * kSecond},
    {"hour", 3600 * kSecond},
    {"hours", 3600 * kSecond},
    {"m", 60 * kSecond},
    {"min", 60 * kSecond},
    {"minute", 60 * kSecond},
    {"minutes", 60 * kSecond},
    {"s", kSecond},
    {"sec", kSecond},
    {"second", kSecond},
    {"seconds", kSecond},
    {"ms", 1000},
    {"milli", 1000},
    {"millis", 1000},
    {"millisecond", 1000},
    {"milliseconds", 1000},
    {"us", 1},
    {"µs", 1},
    {"micro", 1},
    {"micros", 1},
    {"microsecond", 1},
    {"microseconds", 1},
};

constexpr int64_t kKilo = 1024;
constexpr Unit kSizeUnits[] = {
    {"b", 1},
    {"bytes", 1},
    {"k", kKilo},
    {"kb", kKilo},
    {"kib", kKilo},
    {"m", kKilo* kKilo},
    {"mb", kKilo* kKilo},
    {"mib", kKilo* kKilo},
    {"g", kKilo* kKilo* kKilo},
    {"gb", kKilo* kKilo* kKilo},
    {"gib", kKilo* kKilo* kKilo},
    {"t", kKilo* kKilo* kKilo* kKilo},
    {"tb", kKilo* kKilo* kKilo* kKilo},
    {"tib", kKilo* kKilo* kKilo* kKilo},
};

// Splits a quantity into numbers and units.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  size_t at() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }
  void SkipBlanks() {
    while (!at_end() && text_[at_] == ' ') ++at_;
  }
  bool Skip(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view Digits() {
    return TakeWhile([](char c) { return c >= '0' && c <= '9'; });
  }
  std::string_view Word() {
    return TakeWhile([](char c) { return !(c >= '0' && c <= '9') && c != ' '; });
  }

 private:
  template <typename Predicate>
  std::string_view TakeWhile(Predicate predicate) {
    size_t begin = at_;
    while (!at_end() && predicate(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  size_t at_ = 0;
};

const Unit* FindUnit(std::span<const Unit> units, std::string_view name) {
  std::string lower;
  for (char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Unit& unit : units) {
    if (unit.name == lower) return &unit;
  }
  return nullptr;
}

std::unexpected<QuantityError> Fail(std::string message, size_t begin, size_t end) {
  return std::unexpected(QuantityError{std::move(message), begin, end});
}

std::optional<int64_t> Multiply(std::string_view digits, int64_t factor) {
  int64_t value = 0;
  for (char c : digits) {
    if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
        __builtin_add_overflow(value, int64_t{c - '0'}, &value)) {
      return std::nullopt;
    }
  }
  if (__builtin_mul_overflow(value, factor, &value)) return std::nullopt;
  return value;
}

}  // namespace

std::expected<int64_t, QuantityError> ParseDuration(std::string_view text) {
  Scanner scanner(text);
  scanner.SkipBlanks();
  bool negative = scanner.Skip('-');
  if (!negative) scanner.Skip('+');
  int64_t sum = 0;
  int64_t last_factor = INT64_MAX;
  do {
    size_t begin = scanner.at();
    std::string_view digits = scanner.Digits();
    if (digits.empty())
      return Fail("expected a number with a unit, such as 500ms or 1h 30m", begin, text.size());
    scanner.SkipBlanks();
    size_t unit_begin = scanner.at();
    std::string_view name = scanner.Word();
    if (name.empty()) {
      if (digits.find_first_not_of('0') == std::string_view::npos && scanner.at_end()) return sum;
      return Fail(fmt::format("a duration needs a unit, such as {0}s or {0}ms", digits), begin,
                  begin + digits.size());
    }
    const Unit* unit = FindUnit(kDurationUnits, name);
    if (unit == nullptr) {
      return Fail(fmt::format("the unit `{}` is unknown; there are us, ms, s, m, h, d and w", name),
                  unit_begin, scanner.at());
    }
    if (unit->factor >= last_factor) {
      return Fail("the larger units of a duration come first, each once", begin, scanner.at());
    }
    last_factor = unit->factor;
    std::optional<int64_t> part = Multiply(digits, unit->factor);
    if (!part || __builtin_add_overflow(sum, *part, &sum)) {
      return Fail("the duration is too long", begin, scanner.at());
    }
    scanner.SkipBlanks();
  } while (!scanner.at_end());
  return negative ? -sum : sum;
}

std::expected<int64_t, QuantityError> ParseSize(std::string_view text) {
  Scanner scanner(text);
  scanner.SkipBlanks();
  size_t begin = scanner.at();
  std::string_view digits = scanner.Digits();
  if (digits.empty())
    return Fail("expected a number with a unit, such as 16mb", begin, text.size());
  scanner.SkipBlanks();
  size_t unit_begin = scanner.at();
  std::string_view name = scanner.Word();
  const Unit* unit = name.empty() ? &kSizeUnits[0] : FindUnit(kSizeUnits, name);
  scanner.SkipBlanks();
  if (unit == nullptr || !scanner.at_end()) {
    return Fail(fmt::format("the unit `{}` is unknown; there are b, kb, mb, gb and tb",
                            text.substr(unit_begin)),
                unit_begin, text.size());
  }
  std::optional<int64_t> bytes = Multiply(digits, unit->factor);
  if (!bytes) return Fail("the size is too large", begin, text.size());
  return *bytes;
}

std::string PrintDuration(int64_t micros) {
  if (micros == 0) return "0s";
  std::string text = micros < 0 ? "-" : "";
  uint64_t rest = micros < 0 ? -static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  constexpr Unit kShort[] = {{"d", 86400 * kSecond}, {"h", 3600 * kSecond}, {"m", 60 * kSecond},
                             {"s", kSecond},         {"ms", 1000},          {"us", 1}};
  for (const Unit& unit : kShort) {
    uint64_t factor = static_cast<uint64_t>(unit.factor);
    if (rest >= factor) text += fmt::format("{}{}", rest / factor, unit.name);
    rest %= factor;
  }
  return text;
}

}  // namespace flinkc
