#include "runtime/data/nested_check.h"

#include <cstdint>

#include "runtime/abi/nested_value.h"

namespace flinkc {

namespace {

constexpr uint32_t kFieldSlotBytes = 16;  // of a ROW and a MAP

uint32_t SlotBytesOf(const DataType& type) {
  if (type.kind() != TypeKind::kArray) return kFieldSlotBytes;
  const DataType& element = type.children()[0];
  return element.is_view() ? sizeof(uint32_t[2]) : ByteWidth(element.physical());
}

bool IsSlotValid(const DataType& type, const NestedReader& reader, uint32_t slot, size_t bytes) {
  if (reader.IsNull(slot)) return type.nullable();
  if (type.kind() == TypeKind::kBoolean) return static_cast<uint8_t>(*reader.Slot(slot)) <= 1;
  if (!type.is_view()) return true;
  uint32_t range[2];
  __builtin_memcpy(range, reader.Slot(slot), sizeof(range));
  if (range[0] > bytes || range[1] > bytes - range[0]) return false;
  return !type.is_nested() || IsNestedValid(type, {reader.base + range[0], range[1]});
}

}  // namespace

bool IsNestedValid(const DataType& type, std::string_view bytes) {
  const bool is_row = type.kind() == TypeKind::kRow;
  const uint32_t slots_per_entry = type.kind() == TypeKind::kMap ? 2 : 1;
  if (bytes.size() < sizeof(NestedHeader)) return false;
  NestedHeader header;
  __builtin_memcpy(&header, bytes.data(), sizeof(header));
  if (header.slot_bytes != SlotBytesOf(type)) return false;
  if (is_row && header.count != type.children().size()) return false;
  const uint64_t slots = uint64_t{header.count} * slots_per_entry;
  if (slots > bytes.size()) return false;
  const uint64_t begin = sizeof(header) + NestedValidityBytes(static_cast<uint32_t>(slots)) +
                         slots * header.slot_bytes;
  if (begin > bytes.size()) return false;
  const StringValue view = MakeStringValue(bytes);
  const NestedReader reader = NestedReader::Open(view, slots_per_entry);
  for (uint32_t slot = 0; slot < slots; ++slot) {
    const size_t child = is_row ? slot : slot % slots_per_entry;
    if (!IsSlotValid(type.children()[child], reader, slot, bytes.size())) return false;
  }
  return true;
}

}  // namespace flinkc
