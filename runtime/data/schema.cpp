#include "runtime/data/schema.h"

namespace flinkc {

std::optional<size_t> Schema::IndexOf(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return i;
  }
  return std::nullopt;
}

std::string Schema::ToString() const {
  std::string text = "(";
  for (const Field& field : fields_) {
    if (text.size() > 1) text += ", ";
    text += field.name + " " + field.type.ToString();
  }
  return text + ")";
}

Schema Restrict(const Schema& schema, const std::vector<uint32_t>& columns) {
  Schema restricted;
  for (const uint32_t column : columns) restricted.Add(schema[column]);
  return restricted;
}

const Schema& ErrorSchema() {
  static const Schema schema({
      {"at", DataType::TimestampLtz(3, false)},
      {"step", DataType::String().NotNull()},
      {"code", DataType::String().NotNull()},
      {"message", DataType::String().NotNull()},
      {"column", DataType::String()},
      {"row", DataType::String()},
      {"raw", DataType::String()},
      {"origin", DataType::Row({"connector", "topic", "partition", "offset"},
                               {DataType::String(), DataType::String(), DataType(TypeKind::kInt),
                                DataType(TypeKind::kBigint)})},
  });
  return schema;
}

}  // namespace flinkc
