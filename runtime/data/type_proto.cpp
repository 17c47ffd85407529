#include "runtime/data/type_proto.h"

#include <limits>
#include <utility>

#include <fmt/format.h>

namespace flinkc {

namespace {

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, std::move(message));
}

Result<DataType> ReadType(const proto::DataType& message, int depth);

Result<DataType> ReadNested(TypeKind kind, const proto::DataType& message, int depth) {
  std::vector<DataType> children;
  children.reserve(message.children_size());
  for (const proto::DataType& child : message.children()) {
    ASSIGN_OR_RETURN(DataType type, ReadType(child, depth + 1));
    children.push_back(std::move(type));
  }
  bool nullable = message.nullable();
  if (kind == TypeKind::kArray) {
    if (children.size() != 1) return Corrupt("an ARRAY must have one element type");
    return DataType::Array(std::move(children[0]), nullable);
  }
  if (kind == TypeKind::kMap) {
    if (children.size() != 2) return Corrupt("a MAP must have a key type and a value type");
    return DataType::Map(std::move(children[0]), std::move(children[1]), nullable);
  }
  std::vector<std::string> names(message.field_names().begin(), message.field_names().end());
  if (names.size() != children.size()) {
    return Corrupt(fmt::format("a ROW has {} names for {} fields", names.size(), children.size()));
  }
  return DataType::Row(std::move(names), std::move(children), nullable);
}

Result<DataType> ReadType(const proto::DataType& message, int depth) {
  if (depth > kTypeDepthMax) return Corrupt("a type is nested too deep");
  if (message.kind() > static_cast<uint32_t>(TypeKind::kRow)) {
    return Corrupt(fmt::format("there is no type of kind {}", message.kind()));
  }
  auto kind = static_cast<TypeKind>(message.kind());
  uint32_t precision = message.precision();
  bool nullable = message.nullable();
  switch (kind) {
    case TypeKind::kDecimal:
      if (precision < 1 || precision > 38 || message.scale() > precision) {
        return Corrupt(fmt::format("DECIMAL({}, {}) is no type", precision, message.scale()));
      }
      return DataType::Decimal(static_cast<int>(precision), static_cast<int>(message.scale()),
                               nullable);
    case TypeKind::kString:
      if (message.length_max() < 0) return Corrupt("a text of negative length is no type");
      return DataType::String(message.length_max(), message.fixed_length(), nullable);
    case TypeKind::kTime:
      // TIME has no factory: it is not part of the language yet.
      return Corrupt("TIME is not supported");
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (precision > 6) return Corrupt(fmt::format("TIMESTAMP({}) is no type", precision));
      return kind == TypeKind::kTimestamp
                 ? DataType::Timestamp(static_cast<int>(precision), nullable)
                 : DataType::TimestampLtz(static_cast<int>(precision), nullable);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow:
      return ReadNested(kind, message, depth);
    default:
      return DataType(kind, nullable);
  }
}

Result<Value> ReadValueMessage(const proto::Value& message, int depth) {
  if (depth > kTypeDepthMax) return Corrupt("a value is nested too deep");
  Value value;
  switch (message.data_case()) {
    case proto::Value::DATA_NOT_SET:
      break;
    case proto::Value::kBoolean:
      value.data = message.boolean();
      break;
    case proto::Value::kInteger:
      value.data = int64_t{message.integer()};
      break;
    case proto::Value::kFloating:
      value.data = message.floating();
      break;
    case proto::Value::kDecimal:
      value.data = static_cast<Int128>(
          (static_cast<unsigned __int128>(static_cast<uint64_t>(message.decimal().high())) << 64) |
          message.decimal().low());
      break;
    case proto::Value::kText:
      value.data = message.text();
      break;
    case proto::Value::kList: {
      ValueList list;
      list.reserve(message.list().values_size());
      for (const proto::Value& item : message.list().values()) {
        ASSIGN_OR_RETURN(Value element, ReadValueMessage(item, depth + 1));
        list.push_back(std::move(element));
      }
      value.data = std::move(list);
      break;
    }
  }
  return value;
}

template <typename T>
bool IntegerFits(const Value& value) {
  const int64_t* integer = std::get_if<int64_t>(&value.data);
  return integer != nullptr && *integer >= std::numeric_limits<T>::min() &&
         *integer <= std::numeric_limits<T>::max();
}

bool DecimalFits(const Value& value, int precision) {
  const Int128* decimal = std::get_if<Int128>(&value.data);
  if (decimal == nullptr) return false;
  Int128 limit = 1;
  for (int i = 0; i < precision; ++i) limit *= 10;
  return *decimal < limit && *decimal > -limit;
}

bool ListFits(const Value& value, const DataType& type) {
  const ValueList* list = std::get_if<ValueList>(&value.data);
  if (list == nullptr) return false;
  bool is_array = type.kind() == TypeKind::kArray;
  if (!is_array && list->size() != type.children().size()) return false;
  for (size_t i = 0; i < list->size(); ++i) {
    if (!ValueFits((*list)[i], type.children()[is_array ? 0 : i])) return false;
  }
  return true;
}

}  // namespace

proto::DataType ToProto(const DataType& type) {
  proto::DataType message;
  message.set_kind(static_cast<uint32_t>(type.kind()));
  message.set_nullable(type.nullable());
  message.set_precision(static_cast<uint32_t>(type.precision()));
  message.set_scale(static_cast<uint32_t>(type.scale()));
  message.set_length_max(type.length_max());
  message.set_fixed_length(type.fixed_length());
  for (const DataType& child : type.children()) *message.add_children() = ToProto(child);
  for (const std::string& name : type.field_names()) message.add_field_names(name);
  return message;
}

Result<DataType> FromProto(const proto::DataType& message) { return ReadType(message, 0); }

proto::Schema ToProto(const Schema& schema) {
  proto::Schema message;
  for (const Field& field : schema) {
    proto::Field* added = message.add_fields();
    added->set_name(field.name);
    *added->mutable_type() = ToProto(field.type);
  }
  return message;
}

Result<Schema> FromProto(const proto::Schema& message) {
  Schema schema;
  for (const proto::Field& field : message.fields()) {
    ASSIGN_OR_RETURN(DataType type, FromProto(field.type()));
    schema.Add({field.name(), std::move(type)});
  }
  return schema;
}

proto::Value ToProto(const Value& value) {
  proto::Value message;
  if (const bool* boolean = std::get_if<bool>(&value.data)) {
    message.set_boolean(*boolean);
  } else if (const int64_t* integer = std::get_if<int64_t>(&value.data)) {
    message.set_integer(*integer);
  } else if (const double* floating = std::get_if<double>(&value.data)) {
    message.set_floating(*floating);
  } else if (const Int128* decimal = std::get_if<Int128>(&value.data)) {
    message.mutable_decimal()->set_high(static_cast<int64_t>(*decimal >> 64));
    message.mutable_decimal()->set_low(static_cast<uint64_t>(*decimal));
  } else if (const std::string* text = std::get_if<std::string>(&value.data)) {
    message.set_text(*text);
  } else if (const ValueList* list = std::get_if<ValueList>(&value.data)) {
    proto::ValueList* values = message.mutable_list();
    for (const Value& item : *list) *values->add_values() = ToProto(item);
  }
  return message;
}

Result<Value> FromProto(const proto::Value& message) { return ReadValueMessage(message, 0); }

bool ValueFits(const Value& value, const DataType& type) {
  if (value.is_null()) return type.nullable();
  switch (type.kind()) {
    case TypeKind::kNull:
      return false;
    case TypeKind::kBoolean:
      return std::holds_alternative<bool>(value.data);
    case TypeKind::kTinyint:
      return IntegerFits<int8_t>(value);
    case TypeKind::kSmallint:
      return IntegerFits<int16_t>(value);
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kIntervalMonths:
      return IntegerFits<int32_t>(value);
    case TypeKind::kBigint:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalMicros:
      return IntegerFits<int64_t>(value);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return std::holds_alternative<double>(value.data);
    case TypeKind::kDecimal:
      return DecimalFits(value, type.precision());
    case TypeKind::kString:
    case TypeKind::kBytes:
      return std::holds_alternative<std::string>(value.data);
    case TypeKind::kArray:
    case TypeKind::kRow:
      return ListFits(value, type);
    case TypeKind::kMap:
      return false;
  }
  return false;
}

}  // namespace flinkc
