#include "runtime/graph/key_layout.h"

#include <algorithm>

#include "runtime/abi/keyed_table.h"

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

}  // namespace flinkc
