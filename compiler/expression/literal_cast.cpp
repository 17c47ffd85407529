#include "compiler/expression/literal_cast.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "compiler/expression/implicit_cast.h"
#include "compiler/expression/literal_text.h"

namespace flinkc {

namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

struct Range {
  int64_t low;
  int64_t high;
};

template <typename T>
Range RangeOf() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

Range IntegerRange(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinyint:
      return RangeOf<int8_t>();
    case TypeKind::kSmallint:
      return RangeOf<int16_t>();
    case TypeKind::kInt:
      return RangeOf<int32_t>();
    default:
      return RangeOf<int64_t>();
  }
}

// An integer or DECIMAL as unscaled number and scale.
struct Exact {
  Int128 unscaled;
  int scale;
};

Exact ExactOf(const Value& value, const DataType& type) {
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return {*integer, 0};
  return {std::get<Int128>(value.data), type.scale()};
}

std::optional<Value> ToInteger(Exact number, TypeKind kind) {
  Int128 power = PowerOfTen(number.scale);
  if (number.unscaled % power != 0) return std::nullopt;
  Int128 whole = number.unscaled / power;
  Range range = IntegerRange(kind);
  if (whole < range.low || whole > range.high) return std::nullopt;
  return Value{static_cast<int64_t>(whole)};
}

std::optional<Value> ToDecimal(Exact number, const DataType& to) {
  Int128 unscaled = number.unscaled;
  if (to.scale() < number.scale) {
    Int128 power = PowerOfTen(number.scale - to.scale());
    if (unscaled % power != 0) return std::nullopt;
    unscaled /= power;
  }
  int added = std::max(0, to.scale() - number.scale);
  Int128 limit = PowerOfTen(to.precision() - std::min(added, to.precision()));
  if (unscaled >= limit || unscaled <= -limit) return std::nullopt;
  return Value{unscaled * PowerOfTen(added)};
}

// By the number's text, which is rounded once.
std::optional<Value> ToFloating(const Value& value, const DataType& from, TypeKind kind) {
  std::string text = LiteralText(value, from);
  if (kind == TypeKind::kFloat) {
    float result = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), result).ec != std::errc()) {
      return std::nullopt;
    }
    return Value{static_cast<double>(result)};
  }
  double result = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), result).ec != std::errc()) {
    return std::nullopt;
  }
  return Value{result};
}

std::optional<Value> ConvertText(const Value& value, const DataType& to) {
  if (to.length_max() == 0) return value;
  int characters = 0;
  for (char c : std::get<std::string>(value.data)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
  }
  bool fits = to.fixed_length() ? characters == to.length_max() : characters <= to.length_max();
  return fits ? std::optional<Value>(value) : std::nullopt;
}

std::optional<Value> ConvertTime(const Value& value, const DataType& to) {
  int64_t unit = static_cast<int64_t>(PowerOfTen(6 - to.precision()));
  bool fits = std::get<int64_t>(value.data) % unit == 0;
  return fits ? std::optional<Value>(value) : std::nullopt;
}

std::optional<Value> ConvertElements(const Value& value, const DataType& from, const DataType& to) {
  ValueList converted;
  for (const Value& element : std::get<ValueList>(value.data)) {
    const DataType& target = to.children()[0];
    if (element.is_null() && !target.nullable()) return std::nullopt;
    auto next = ConvertLiteral(element, from.children()[0], target);
    if (!next) return std::nullopt;
    converted.push_back(*std::move(next));
  }
  return Value{std::move(converted)};
}

}  // namespace

std::optional<Value> ConvertLiteral(const Value& value, const DataType& from, const DataType& to) {
  if (value.is_null()) return value;
  if (from.kind() == TypeKind::kString && to.kind() == TypeKind::kString) {
    return ConvertText(value, to);
  }
  if (from.kind() == to.kind() && from.is_timestamp()) return ConvertTime(value, to);
  if (from.kind() == TypeKind::kDate && to.kind() == TypeKind::kTimestamp) {
    return Value{std::get<int64_t>(value.data) * kMicrosPerDay};
  }
  if (IsSameRepresentation(from, to)) return value;
  if (from.kind() == TypeKind::kArray && to.kind() == TypeKind::kArray) {
    return ConvertElements(value, from, to);
  }
  bool exact = from.is_integer() || from.kind() == TypeKind::kDecimal;
  if (exact && to.is_integer()) return ToInteger(ExactOf(value, from), to.kind());
  if (exact && to.kind() == TypeKind::kDecimal) return ToDecimal(ExactOf(value, from), to);
  if (exact && to.is_floating()) return ToFloating(value, from, to.kind());
  if (from.kind() == TypeKind::kFloat && to.kind() == TypeKind::kDouble) return value;
  return std::nullopt;
}

}  // namespace flinkc
