#include "runtime/graph/key_layout.h"

#include <algorithm>

#include "runtime/abi/keyed_table.h"
#include "runtime/abi/state_heap.h"

namespace flinkc {

namespace {

uint32_t AlignTo(uint32_t offset, uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

}  // namespace

StateLayout KeyLayout(std::string state_id, const Schema& key) {
  StateLayout layout;
  layout.state_id = std::move(state_id);
  uint32_t cursor = KeyedTable::kHashBytes;
  for (const Field& field : key) {
    // Views are compared 8 bytes at a time, Int128 copied: 8 is enough for both.
    const uint32_t width = ByteWidth(field.type.physical());
    cursor = AlignTo(cursor, std::min(width, 8u));
    layout.schema.keys.push_back({field.name, field.type, cursor, std::nullopt});
    if (field.type.is_view()) {
      layout.key_view_offsets.push_back(cursor - KeyedTable::kHashBytes);
    }
    cursor += width;
  }
  for (StateSchema::KeyField& field : layout.schema.keys) {
    if (field.type.nullable()) field.null_offset = cursor++;
  }
  layout.row_bytes = AlignTo(cursor, 8);
  layout.key_bytes = layout.row_bytes - KeyedTable::kHashBytes;
  layout.schema.row_bytes = layout.row_bytes;
  layout.schema.key_bytes = layout.key_bytes;
  return layout;
}

Schema KeySchema(const Schema& schema, const std::vector<uint32_t>& columns, bool not_null) {
  Schema key;
  for (const uint32_t column : columns) {
    const Field& field = schema[column];
    key.Add({field.name, not_null ? field.type.NotNull() : field.type});
  }
  return key;
}

StateLayout RowsLayout(std::string state_id, StateKind kind, const Schema& key, const Schema& rows,
                       int64_t ttl_micros) {
  StateLayout layout = KeyLayout(std::move(state_id), key);
  layout.schema.kind = kind;
  layout.schema.rows = rows;
  layout.ttl_micros = ttl_micros;
  if (ttl_micros > 0) {
    layout.schema.updated_at_offset = layout.row_bytes;
    layout.row_bytes += sizeof(int64_t);
  }
  layout.schema.rows_offset = layout.row_bytes;
  layout.blob_offsets = {layout.row_bytes};
  layout.row_bytes += sizeof(StateBlob);
  layout.schema.row_bytes = layout.row_bytes;
  return layout;
}

StateLayout TimersLayout(std::string state_id, const Schema& key) {
  Schema columns({{"time", DataType(TypeKind::kBigint, false)}});
  for (const Field& field : key) columns.Add(field);
  StateLayout layout = KeyLayout(std::move(state_id), columns);
  layout.schema.kind = StateKind::kTimers;
  return layout;
}

}  // namespace flinkc
