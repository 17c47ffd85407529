#include "runtime/operator/key_reader.h"

#include <cstring>
#include <utility>

#include "runtime/abi/engine_kernels.h"
#include "runtime/base/check.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

// As generated code hashes it (docs/hash.md).
uint64_t HashOfValue(const RecordBatch& batch, uint32_t column, const DataType& type, int32_t row) {
  if (batch.IsNull(column, row)) return kHashSeed;
  switch (type.physical()) {
    case PhysicalType::kI8:
      // A BOOLEAN is 0 or 1.
      return HashInteger(batch.Values<int8_t>(column)[row]);
    case PhysicalType::kI16:
      return HashInteger(batch.Values<int16_t>(column)[row]);
    case PhysicalType::kI32:
      return HashInteger(batch.Values<int32_t>(column)[row]);
    case PhysicalType::kI64:
      return HashInteger(batch.Values<int64_t>(column)[row]);
    case PhysicalType::kI128: {
      __int128 value;
      std::memcpy(&value, batch.Values<char>(column) + size_t{16} * static_cast<size_t>(row),
                  sizeof(value));
      return flinkc_hash_decimal(&value);
    }
    case PhysicalType::kF32:
      return HashDouble(batch.Values<float>(column)[row]);
    case PhysicalType::kF64:
      return HashDouble(batch.Values<double>(column)[row]);
    case PhysicalType::kView:
      return HashView(batch.Values<StringValue>(column)[row]);
  }
  CHECK(false);
}

}  // namespace

KeyReader::KeyReader(const Schema& input, std::vector<uint32_t> columns, const Schema& key,
                     RowHashes hashes)
    : hashes_(hashes) {
  const StateLayout layout = KeyLayout("", key);
  CHECK(columns.size() == key.size() || columns.size() + 1 == key.size());
  if (columns.size() < key.size()) {
    number_offset_ = layout.schema.keys.back().offset - KeyedTable::kHashBytes;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const StateSchema::KeyField& field = layout.schema.keys[i];
    CHECK(field.type.physical() == input[columns[i]].type.physical());
    columns_.push_back(
        {columns[i], field.type, field.offset - KeyedTable::kHashBytes, field.null_offset});
    if (field.null_offset) *columns_.back().null_offset -= KeyedTable::kHashBytes;
    if (input[columns[i]].type.nullable()) nullable_.push_back(columns[i]);
  }
  bytes_.resize((layout.key_bytes + 7) / 8 + 1);
}

uint64_t KeyReader::ComputeHash(const RecordBatch& batch, int32_t row) const {
  uint64_t hash = kHashSeed;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const uint64_t column = HashOfValue(batch, columns_[i].column, columns_[i].type, row);
    hash = i == 0 ? column : CombineHash(hash, column);
  }
  return hash;
}

StateKey KeyReader::Read(const RecordBatch& batch, int32_t row, int64_t number) {
  char* bytes = reinterpret_cast<char*>(bytes_.data());
  std::memset(bytes, 0, bytes_.size() * sizeof(uint64_t));
  for (const Column& column : columns_) {
    if (batch.IsNull(column.column, row)) {
      CHECK(column.null_offset.has_value());
      bytes[*column.null_offset] = 1;
      continue;
    }
    char* to = bytes + column.offset;
    const size_t index = static_cast<size_t>(row);
    switch (column.type.physical()) {
      case PhysicalType::kI64:
        std::memcpy(to, batch.Values<int64_t>(column.column) + index, sizeof(int64_t));
        break;
      case PhysicalType::kView:
        std::memcpy(to, batch.Values<StringValue>(column.column) + index, sizeof(StringValue));
        break;
      case PhysicalType::kF32: {
        const float value = flinkc_canonical_float(batch.Values<float>(column.column)[index]);
        std::memcpy(to, &value, sizeof(value));
        break;
      }
      case PhysicalType::kF64: {
        const double value = flinkc_canonical_double(batch.Values<double>(column.column)[index]);
        std::memcpy(to, &value, sizeof(value));
        break;
      }
      default: {
        const uint32_t width = ByteWidth(column.type.physical());
        std::memcpy(to, batch.Values<char>(column.column) + width * index, width);
      }
    }
  }
  uint64_t hash = Hash(batch, row);
  if (number_offset_) {
    std::memcpy(bytes + *number_offset_, &number, sizeof(number));
    hash = WithNumber(hash, number);
  }
  return {hash, bytes};
}

}  // namespace flinkc
