#include "runtime/data/data_type.h"

#include <fmt/format.h>

#include "runtime/base/check.h"

namespace flinkc {

uint32_t ByteWidth(PhysicalType type) {
  switch (type) {
    case PhysicalType::kI8: return 1;
    case PhysicalType::kI16: return 2;
    case PhysicalType::kI32: return 4;
    case PhysicalType::kI64: return 8;
    case PhysicalType::kI128: return 16;
    case PhysicalType::kF32: return 4;
    case PhysicalType::kF64: return 8;
    case PhysicalType::kView: return 16;
  }
  CHECK(false);
}

DataType DataType::Decimal(int precision, int scale, bool nullable) {
  DCHECK(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision);
  DataType type(TypeKind::kDecimal, nullable);
  type.precision_ = static_cast<uint8_t>(precision);
  type.scale_ = static_cast<uint8_t>(scale);
  return type;
}

DataType DataType::Timestamp(int precision, bool nullable) {
  DataType type(TypeKind::kTimestamp, nullable);
  type.precision_ = static_cast<uint8_t>(precision);
  return type;
}

DataType DataType::TimestampLtz(int precision, bool nullable) {
  DataType type(TypeKind::kTimestampLtz, nullable);
  type.precision_ = static_cast<uint8_t>(precision);
  return type;
}

DataType DataType::String(int length_max, bool fixed_length, bool nullable) {
  DataType type(TypeKind::kString, nullable);
  type.length_ = length_max;
  type.fixed_length_ = fixed_length;
  return type;
}

DataType DataType::Array(DataType element, bool nullable) {
  DataType type(TypeKind::kArray, nullable);
  type.nested_ = std::make_shared<const Nested>(Nested{{std::move(element)}, {}});
  return type;
}

DataType DataType::Map(DataType key, DataType value, bool nullable) {
  DataType type(TypeKind::kMap, nullable);
  type.nested_ = std::make_shared<const Nested>(Nested{{std::move(key), std::move(value)}, {}});
  return type;
}

DataType DataType::Row(std::vector<std::string> names, std::vector<DataType> types,
                       bool nullable) {
  CHECK(names.size() == types.size());
  DataType type(TypeKind::kRow, nullable);
  type.nested_ = std::make_shared<const Nested>(Nested{std::move(types), std::move(names)});
  return type;
}

const std::vector<DataType>& DataType::children() const {
  static const std::vector<DataType> none;
  return nested_ == nullptr ? none : nested_->children;
}

const std::vector<std::string>& DataType::field_names() const {
  static const std::vector<std::string> none;
  return nested_ == nullptr ? none : nested_->field_names;
}

DataType DataType::WithNullable(bool nullable) const {
  DataType type = *this;
  type.nullable_ = nullable;
  return type;
}

PhysicalType DataType::physical() const {
  switch (kind_) {
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kTinyint: return PhysicalType::kI8;
    case TypeKind::kSmallint: return PhysicalType::kI16;
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kIntervalMonths: return PhysicalType::kI32;
    case TypeKind::kBigint:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalMicros: return PhysicalType::kI64;
    case TypeKind::kFloat: return PhysicalType::kF32;
    case TypeKind::kDouble: return PhysicalType::kF64;
    case TypeKind::kDecimal: return precision_ <= 18 ? PhysicalType::kI64 : PhysicalType::kI128;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow: return PhysicalType::kView;
  }
  CHECK(false);
}

namespace {

std::string BaseName(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kNull: return "NULL";
    case TypeKind::kBoolean: return "BOOLEAN";
    case TypeKind::kTinyint: return "TINYINT";
    case TypeKind::kSmallint: return "SMALLINT";
    case TypeKind::kInt: return "INT";
    case TypeKind::kBigint: return "BIGINT";
    case TypeKind::kFloat: return "FLOAT";
    case TypeKind::kDouble: return "DOUBLE";
    case TypeKind::kDecimal: return fmt::format("DECIMAL({}, {})", type.precision(), type.scale());
    case TypeKind::kString:
      if (type.length_max() == 0) return "STRING";
      return fmt::format("{}({})", type.fixed_length() ? "CHAR" : "VARCHAR", type.length_max());
    case TypeKind::kBytes: return "BYTES";
    case TypeKind::kDate: return "DATE";
    case TypeKind::kTime: return fmt::format("TIME({})", type.precision());
    case TypeKind::kTimestamp: return fmt::format("TIMESTAMP({})", type.precision());
    case TypeKind::kTimestampLtz: return fmt::format("TIMESTAMP_LTZ({})", type.precision());
    case TypeKind::kIntervalMonths: return "INTERVAL YEAR TO MONTH";
    case TypeKind::kIntervalMicros: return "INTERVAL DAY TO SECOND";
    case TypeKind::kArray: return "ARRAY<" + type.children()[0].ToString() + ">";
    case TypeKind::kMap:
      return "MAP<" + type.children()[0].ToString() + ", " + type.children()[1].ToString() + ">";
    case TypeKind::kRow: {
      std::string text = "ROW<";
      for (size_t i = 0; i < type.children().size(); ++i) {
        if (i > 0) text += ", ";
        text += type.field_names()[i] + " " + type.children()[i].ToString();
      }
      return text + ">";
    }
  }
  CHECK(false);
}

}  // namespace

std::string DataType::ToString() const { return BaseName(*this) + (nullable_ ? "" : " NOT NULL"); }

bool DataType::SameKindAs(const DataType& other) const {
  return WithNullable(true) == other.WithNullable(true);
}

bool DataType::operator==(const DataType& other) const {
  return kind_ == other.kind_ && nullable_ == other.nullable_ &&
         fixed_length_ == other.fixed_length_ && precision_ == other.precision_ &&
         scale_ == other.scale_ && length_ == other.length_ && children() == other.children() &&
         field_names() == other.field_names();
}

}  // namespace flinkc
