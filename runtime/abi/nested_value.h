// ARRAY, MAP and ROW values: flat, self-relative bytes behind a StringValue, so that they are
// owned, copied, compared and hashed as strings are. Freestanding.
//
//   u32 count            elements of an ARRAY, entries of a MAP, fields of a ROW
//   u32 slot_bytes       bytes of one slot: an ARRAY's have the width of its elements' physical
//                        type, 8 where that is a view; a ROW's and a MAP's slots have 16
//   u64 validity[…]      one bit a slot (a MAP has two slots an entry: key, value), in whole words
//   slot[…]              the value; views as {u32 offset from this value's first byte, u32 size}
//   bytes…               what the slots' views point at
//
// All-equal values have equal bytes: unused bytes are zero, and views are laid out in slot order.
#pragma once

#include <cstdint>

#include "runtime/abi/string_value.h"

namespace flinkc {

struct NestedHeader {
  uint32_t count;
  uint32_t slot_bytes;
};

inline uint32_t NestedValidityBytes(uint32_t slots) { return (slots + 63) / 64 * 8; }

// The slots of a nested value. The bytes need no alignment: use __builtin_memcpy.
struct NestedReader {
  const char* base;
  NestedHeader header;
  const char* validity;
  const char* slots;

  // `slots_per_entry`: 1 for ARRAY and ROW, 2 for MAP.
  static NestedReader Open(const StringValue& value, uint32_t slots_per_entry = 1) {
    NestedReader reader;
    reader.base = value.data();
    __builtin_memcpy(&reader.header, reader.base, sizeof(NestedHeader));
    reader.validity = reader.base + sizeof(NestedHeader);
    reader.slots = reader.validity + NestedValidityBytes(reader.header.count * slots_per_entry);
    return reader;
  }
  bool IsNull(uint32_t slot) const { return (validity[slot >> 3] >> (slot & 7) & 1) == 0; }
  const char* Slot(uint32_t slot) const {
    return slots + static_cast<uint64_t>(slot) * header.slot_bytes;
  }
  // The view in slot `slot`; its bytes stay where they are.
  StringValue View(uint32_t slot) const {
    uint32_t range[2];
    __builtin_memcpy(range, Slot(slot), sizeof(range));
    return MakeStringValue(base + range[0], range[1]);
  }
};

}  // namespace flinkc
