#include "runtime/state/key_columns.h"

#include <algorithm>
#include <cstring>

#include "runtime/abi/keyed_table.h"

namespace flinkc {

std::optional<KeyColumns> KeyColumns::Find(const StateSchema& state, const Schema& batch) {
  KeyColumns keys;
  keys.key_bytes_ = state.key_bytes;
  for (const StateSchema::KeyField& field : state.keys) {
    const auto found = std::ranges::find(batch, field.name, &Field::name);
    if (found == batch.end() || found->type.physical() != field.type.physical()) return {};
    Column column;
    column.column = static_cast<size_t>(found - batch.begin());
    column.width = ByteWidth(field.type.physical());
    column.offset = field.offset - KeyedTable::kHashBytes;
    if (field.null_offset) column.null_offset = *field.null_offset - KeyedTable::kHashBytes;
    keys.columns_.push_back(column);
  }
  return keys;
}

void KeyColumns::Write(const RecordBatch& batch, int32_t row, char* key) const {
  std::memset(key, 0, key_bytes_);
  for (const Column& column : columns_) {
    if (batch.IsNull(column.column, row)) {
      if (column.null_offset) key[*column.null_offset] = 1;
      continue;
    }
    const char* values = batch.Values<char>(column.column);
    std::memcpy(key + column.offset, values + size_t{column.width} * static_cast<size_t>(row),
                column.width);
  }
}

}  // namespace flinkc
