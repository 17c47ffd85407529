#include "tests/support/random_batch.h"

#include <fmt/format.h>

#include <vector>

#include "runtime/data/text_writer.h"
#include "runtime/data/value.h"

namespace flinkc {

namespace {

std::vector<DataType> AllKinds() {
  const DataType text = DataType::String();
  const DataType number(TypeKind::kInt);
  const DataType row =
      DataType::Row({"x", "y", "z"}, {number.NotNull(), text, DataType(TypeKind::kBoolean)});
  return {DataType(TypeKind::kBoolean),
          DataType(TypeKind::kTinyint),
          DataType(TypeKind::kSmallint),
          number,
          DataType(TypeKind::kBigint),
          DataType(TypeKind::kFloat),
          DataType(TypeKind::kDouble),
          DataType::Decimal(12, 2),
          DataType::Decimal(38, 4),
          text,
          DataType(TypeKind::kBytes),
          DataType(TypeKind::kDate),
          DataType(TypeKind::kTime),
          DataType::Timestamp(3),
          DataType::TimestampLtz(6),
          DataType(TypeKind::kIntervalMonths),
          DataType(TypeKind::kIntervalMicros),
          DataType::Array(number),
          DataType::Array(text),
          DataType::Map(text.NotNull(), DataType::Array(text)),
          DataType::Array(row),
          row};
}

Value RandomValue(const DataType& type, std::mt19937_64& random) {
  if (type.nullable() && random() % 4 == 0) return {};
  const auto number = [&random](int bits) {
    return static_cast<int64_t>(random()) >> (64 - bits + random() % static_cast<uint64_t>(bits));
  };
  const auto list = [&](const DataType& child) {
    ValueList values;
    for (uint64_t i = random() % 4; i > 0; --i) values.push_back(RandomValue(child, random));
    return values;
  };
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Value{random() % 2 == 0};
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return Value{static_cast<double>(number(20)) / 8};
    case TypeKind::kDecimal:
      return Value{Int128{number(30)} * (type.precision() > 18 ? 1 << 30 : 1)};
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Value{std::string(random() % (random() % 8 == 0 ? 300 : 24),
                               static_cast<char>('a' + random() % 26))};
    case TypeKind::kArray:
      return Value{list(type.children()[0])};
    case TypeKind::kMap: {
      ValueList entries;
      for (uint64_t i = random() % 3; i > 0; --i) {
        entries.push_back(RandomValue(type.children()[0], random));
        entries.push_back(RandomValue(type.children()[1], random));
      }
      return Value{std::move(entries)};
    }
    case TypeKind::kRow: {
      ValueList fields;
      for (const DataType& child : type.children()) fields.push_back(RandomValue(child, random));
      return Value{std::move(fields)};
    }
    default:
      return Value{number(static_cast<int>(8 * ByteWidth(type.physical())))};
  }
}

}  // namespace

Schema SchemaOfAllTypes() { return SomeOfAllTypes(UINT64_MAX); }

Schema SomeOfAllTypes(uint64_t chosen) {
  Schema schema;
  size_t column = 0;
  for (const DataType& type : AllKinds()) {
    for (const bool nullable : {true, false}) {
      if ((chosen >> (column % 64) & 1) != 0) {
        schema.Add({fmt::format("c{}", column), type.WithNullable(nullable)});
      }
      ++column;
    }
  }
  return schema;
}

BatchPtr RandomBatch(const Schema& schema, int32_t rows, bool row_kinds, bool key_hashes,
                     std::mt19937_64& random) {
  auto batch =
      std::make_shared<RecordBatch>(schema, std::max(rows, 1), row_kinds, key_hashes, nullptr);
  auto arena = std::make_shared<Arena>();
  for (int32_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < schema.size(); ++column) {
      const DataType& type = schema[column].type;
      WriteValue(*batch, type, column, row, RandomValue(type, random), *arena);
    }
    if (row_kinds) batch->layout().row_kinds[row] = static_cast<uint8_t>(random() % 4);
    if (key_hashes) batch->layout().key_hashes[row] = random();
  }
  batch->KeepAlive(std::move(arena));
  batch->set_row_count(rows);
  return batch;
}

std::string Describe(const Schema& schema, const RecordBatch& batch) {
  std::string text;
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    text += fmt::format("{}", static_cast<int>(batch.kind(row)));
    if (batch.layout().key_hashes != nullptr) {
      text += fmt::format(" {:016x}", batch.layout().key_hashes[row]);
    }
    AppendRowJson(text, batch, schema, row);
    text += '\n';
  }
  return text;
}

}  // namespace flinkc
