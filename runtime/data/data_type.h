// SQL types with nullability, and how their values lie in memory (docs/language.md
// section 2).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace flinkc {

enum class TypeKind : uint8_t {
  kNull,  // the type of the literal NULL, before it is given another
  kBoolean,
  kTinyint,
  kSmallint,
  kInt,
  kBigint,
  kFloat,
  kDouble,
  kDecimal,       // precision, scale
  kString,        // also CHAR(n) and VARCHAR(n): length
  kBytes,
  kDate,          // i32 days since 1970-01-01
  kTime,          // i64 microseconds of the day; precision
  kTimestamp,     // i64 microseconds since 1970-01-01 00:00:00 of the local calendar; precision
  kTimestampLtz,  // i64 microseconds since the epoch in UTC; precision
  kIntervalMonths,
  kIntervalMicros,
  kArray,  // children[0]
  kMap,    // children[0] key, children[1] value
  kRow,    // children, field_names
};

// How one value lies in a column, a state row or a stack slot.
enum class PhysicalType : uint8_t { kI8, kI16, kI32, kI64, kI128, kF32, kF64, kView };

// Bytes of one value of a physical type: 1, 2, 4, 8, 16, 4, 8, 16.
uint32_t ByteWidth(PhysicalType type);

class DataType {
 public:
  DataType() = default;
  explicit DataType(TypeKind kind, bool nullable = true) : kind_(kind), nullable_(nullable) {}

  static DataType Decimal(int precision, int scale, bool nullable = true);
  static DataType Timestamp(int precision, bool nullable = true);
  static DataType TimestampLtz(int precision, bool nullable = true);
  // CHAR(n) / VARCHAR(n). STRING is String(0).
  static DataType String(int length_max = 0, bool fixed_length = false, bool nullable = true);
  static DataType Array(DataType element, bool nullable = true);
  static DataType Map(DataType key, DataType value, bool nullable = true);
  static DataType Row(std::vector<std::string> names, std::vector<DataType> types,
                      bool nullable = true);

  TypeKind kind() const { return kind_; }
  bool nullable() const { return nullable_; }
  // DECIMAL: 1 to 38; TIME and TIMESTAMP: 0 to 6 digits of the second.
  int precision() const { return precision_; }
  int scale() const { return scale_; }
  // Characters, 0: no limit.
  int length_max() const { return length_; }
  bool fixed_length() const { return fixed_length_; }
  const std::vector<DataType>& children() const;
  const std::vector<std::string>& field_names() const;

  DataType WithNullable(bool nullable) const;
  DataType Nullable() const { return WithNullable(true); }
  DataType NotNull() const { return WithNullable(false); }

  bool is_integer() const { return kind_ >= TypeKind::kTinyint && kind_ <= TypeKind::kBigint; }
  bool is_floating() const { return kind_ == TypeKind::kFloat || kind_ == TypeKind::kDouble; }
  bool is_numeric() const { return kind_ >= TypeKind::kTinyint && kind_ <= TypeKind::kDecimal; }
  bool is_timestamp() const {
    return kind_ == TypeKind::kTimestamp || kind_ == TypeKind::kTimestampLtz;
  }
  bool is_interval() const {
    return kind_ == TypeKind::kIntervalMonths || kind_ == TypeKind::kIntervalMicros;
  }
  bool is_nested() const { return kind_ >= TypeKind::kArray; }

  // DECIMAL up to 18 digits is kI64, above kI128; strings and nested values are kView.
  PhysicalType physical() const;
  // Whether values can be longer than their column slot (kView).
  bool is_view() const { return physical() == PhysicalType::kView; }

  // As in a spec: "DECIMAL(12,2) NOT NULL", "ROW<a INT, b ARRAY<STRING>>".
  std::string ToString() const;
  // Equal but for the nullability of the outermost type.
  bool SameKindAs(const DataType& other) const;
  bool operator==(const DataType& other) const;

 private:
  struct Nested {
    std::vector<DataType> children;
    std::vector<std::string> field_names;
  };

  TypeKind kind_ = TypeKind::kNull;
  bool nullable_ = true;
  bool fixed_length_ = false;
  uint8_t precision_ = 0;
  uint8_t scale_ = 0;
  int32_t length_ = 0;
  std::shared_ptr<const Nested> nested_;
};

}  // namespace flinkc
