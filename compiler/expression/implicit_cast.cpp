#include "compiler/expression/implicit_cast.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int kPrecisionMax = 38;
constexpr int kScaleKept = 6;

struct Digits {
  int precision;
  int scale;
};

Digits DigitsOf(const DataType& type) {
  std::optional<DataType> decimal = AsDecimal(type);
  CHECK(decimal.has_value());
  return {decimal->precision(), decimal->scale()};
}

DataType Adjusted(int precision, int scale, bool nullable) {
  if (precision > kPrecisionMax) {
    int before_point = precision - scale;
    scale = std::max(kPrecisionMax - before_point, std::min(scale, kScaleKept));
    precision = kPrecisionMax;
  }
  return DataType::Decimal(precision, scale, nullable);
}

bool EitherNullable(const DataType& a, const DataType& b) { return a.nullable() || b.nullable(); }

// A limit of 0 is none.
bool LengthFits(const DataType& from, const DataType& to) {
  if (to.fixed_length()) return from.fixed_length() && from.length_max() == to.length_max();
  if (to.length_max() == 0) return true;
  return from.length_max() != 0 && from.length_max() <= to.length_max();
}

bool ChildrenAre(const DataType& from, const DataType& to,
                 bool (*same)(const DataType&, const DataType&)) {
  if (from.children().size() != to.children().size()) return false;
  for (size_t i = 0; i < from.children().size(); ++i) {
    if (from.children()[i].nullable() && !to.children()[i].nullable()) return false;
    if (!same(from.children()[i], to.children()[i])) return false;
  }
  return true;
}

// The common type of two that are of one kind.
std::optional<DataType> CommonOfKind(const DataType& a, const DataType& b, bool nullable) {
  switch (a.kind()) {
    case TypeKind::kString: {
      bool unlimited = a.length_max() == 0 || b.length_max() == 0;
      bool fixed = a.fixed_length() && b.fixed_length() && a.length_max() == b.length_max();
      int length = unlimited ? 0 : std::max(a.length_max(), b.length_max());
      return DataType::String(length, fixed, nullable);
    }
    case TypeKind::kTime:
      return (a.precision() >= b.precision() ? a : b).WithNullable(nullable);
    case TypeKind::kTimestamp:
      return DataType::Timestamp(std::max(a.precision(), b.precision()), nullable);
    case TypeKind::kTimestampLtz:
      return DataType::TimestampLtz(std::max(a.precision(), b.precision()), nullable);
    case TypeKind::kArray: {
      auto element = CommonType(a.children()[0], b.children()[0]);
      if (!element) return std::nullopt;
      return DataType::Array(*std::move(element), nullable);
    }
    case TypeKind::kMap: {
      auto key = CommonType(a.children()[0], b.children()[0]);
      auto value = CommonType(a.children()[1], b.children()[1]);
      if (!key || !value) return std::nullopt;
      return DataType::Map(*std::move(key), *std::move(value), nullable);
    }
    case TypeKind::kRow: {
      if (a.children().size() != b.children().size()) return std::nullopt;
      std::vector<DataType> types;
      for (size_t i = 0; i < a.children().size(); ++i) {
        auto field = CommonType(a.children()[i], b.children()[i]);
        if (!field) return std::nullopt;
        types.push_back(*std::move(field));
      }
      return DataType::Row(a.field_names(), std::move(types), nullable);
    }
    default:
      return a.WithNullable(nullable);
  }
}

std::optional<DataType> CommonNumeric(const DataType& a, const DataType& b, bool nullable) {
  if (a.is_integer() && b.is_integer()) {
    return DataType(std::max(a.kind(), b.kind()), nullable);
  }
  if (a.is_floating() || b.is_floating()) {
    bool has_double = a.kind() == TypeKind::kDouble || b.kind() == TypeKind::kDouble;
    bool has_decimal = a.kind() == TypeKind::kDecimal || b.kind() == TypeKind::kDecimal;
    return DataType(has_double || has_decimal ? TypeKind::kDouble : TypeKind::kFloat, nullable);
  }
  auto [p1, s1] = DigitsOf(a);
  auto [p2, s2] = DigitsOf(b);
  int before_point = std::max(p1 - s1, p2 - s2);
  int scale = std::min(std::max(s1, s2), kPrecisionMax - before_point);
  return DataType::Decimal(before_point + scale, scale, nullable);
}

}  // namespace

bool IsSameRepresentation(const DataType& from, const DataType& to) {
  if (from.kind() != to.kind()) return false;
  switch (from.kind()) {
    case TypeKind::kDecimal:
      return from.precision() == to.precision() && from.scale() == to.scale();
    case TypeKind::kString:
      return LengthFits(from, to);
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return from.precision() <= to.precision();
    case TypeKind::kRow:
    case TypeKind::kArray:
    case TypeKind::kMap:
      return ChildrenAre(from, to, IsSameRepresentation);
    default:
      return true;
  }
}

bool CanImplicitlyCast(const DataType& from, const DataType& to) {
  if (from.kind() == TypeKind::kNull || IsSameRepresentation(from, to)) return true;
  switch (to.kind()) {
    case TypeKind::kSmallint:
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return from.is_integer() && from.kind() < to.kind();
    case TypeKind::kFloat:
      return from.is_integer() || from.kind() == TypeKind::kDecimal;
    case TypeKind::kDouble:
      return from.is_numeric();
    case TypeKind::kDecimal: {
      std::optional<DataType> decimal = AsDecimal(from);
      return decimal && decimal->scale() <= to.scale() &&
             decimal->precision() - decimal->scale() <= to.precision() - to.scale();
    }
    case TypeKind::kTimestamp:
      return from.kind() == TypeKind::kDate;
    case TypeKind::kTimestampLtz:
      return from.kind() == TypeKind::kTimestamp && from.precision() <= to.precision();
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow:
      return from.kind() == to.kind() && ChildrenAre(from, to, CanImplicitlyCast);
    default:
      return false;
  }
}

std::optional<DataType> CommonType(const DataType& a, const DataType& b) {
  bool nullable = EitherNullable(a, b);
  if (a.kind() == TypeKind::kNull) return b.WithNullable(nullable);
  if (b.kind() == TypeKind::kNull) return a.WithNullable(nullable);
  if (a.is_numeric() && b.is_numeric()) return CommonNumeric(a, b, nullable);
  if (a.kind() == b.kind()) return CommonOfKind(a, b, nullable);
  if (a.is_timestamp() && b.is_timestamp()) {
    return DataType::TimestampLtz(std::max(a.precision(), b.precision()), nullable);
  }
  if (a.kind() == TypeKind::kDate && b.kind() == TypeKind::kTimestamp) {
    return b.WithNullable(nullable);
  }
  if (b.kind() == TypeKind::kDate && a.kind() == TypeKind::kTimestamp) {
    return a.WithNullable(nullable);
  }
  return std::nullopt;
}

std::optional<DataType> CommonType(std::span<const DataType> types) {
  std::optional<DataType> common;
  for (const DataType& type : types) {
    common = common ? CommonType(*common, type) : type;
    if (!common) return std::nullopt;
  }
  return common;
}

std::optional<DataType> AsDecimal(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kTinyint:
      return DataType::Decimal(3, 0, type.nullable());
    case TypeKind::kSmallint:
      return DataType::Decimal(5, 0, type.nullable());
    case TypeKind::kInt:
      return DataType::Decimal(10, 0, type.nullable());
    case TypeKind::kBigint:
      return DataType::Decimal(19, 0, type.nullable());
    case TypeKind::kDecimal:
      return type;
    default:
      return std::nullopt;
  }
}

DataType DecimalAddType(const DataType& a, const DataType& b) {
  auto [p1, s1] = DigitsOf(a);
  auto [p2, s2] = DigitsOf(b);
  int scale = std::max(s1, s2);
  return Adjusted(std::max(p1 - s1, p2 - s2) + scale + 1, scale, EitherNullable(a, b));
}

DataType DecimalMultiplyType(const DataType& a, const DataType& b) {
  auto [p1, s1] = DigitsOf(a);
  auto [p2, s2] = DigitsOf(b);
  return Adjusted(p1 + p2 + 1, s1 + s2, EitherNullable(a, b));
}

DataType DecimalDivideType(const DataType& a, const DataType& b) {
  auto [p1, s1] = DigitsOf(a);
  auto [p2, s2] = DigitsOf(b);
  int scale = std::max(6, s1 + p2 + 1);
  return Adjusted(p1 - s1 + s2 + scale, scale, EitherNullable(a, b));
}

DataType DecimalModuloType(const DataType& a, const DataType& b) {
  auto [p1, s1] = DigitsOf(a);
  auto [p2, s2] = DigitsOf(b);
  if (s1 == 0 && s2 == 0) return b.WithNullable(EitherNullable(a, b));
  int scale = std::max(s1, s2);
  int precision = std::min(p1 - s1, p2 - s2) + scale;
  return Adjusted(std::max(precision, 1), scale, EitherNullable(a, b));
}

DataType DecimalRoundType(const DataType& type, int digits) {
  auto [precision, scale] = DigitsOf(type);
  if (digits >= scale) return DataType::Decimal(precision, scale, type.nullable());
  if (digits < 0) {
    return DataType::Decimal(std::min(kPrecisionMax, 1 + precision - scale), 0, type.nullable());
  }
  // Rounding up may carry into one more digit.
  return DataType::Decimal(1 + precision - scale + digits, digits, type.nullable());
}

DataType DecimalSumType(const DataType& type) {
  return DataType::Decimal(kPrecisionMax, DigitsOf(type).scale, true);
}

DataType DecimalAverageType(const DataType& type) {
  return DataType::Decimal(kPrecisionMax, std::max(kScaleKept, DigitsOf(type).scale), true);
}

}  // namespace flinkc
