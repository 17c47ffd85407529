// One value in the form that it has as an element of an ARRAY or a field of a ROW
// (nested_value.h), with its kind: what functions of arrays pass around. Freestanding.
#pragma once

#include <cstdint>

#include "runtime/abi/nested_value.h"

namespace flinkc {

// What the bytes of an element are.
enum class ElementKind : int32_t {
  kBoolean,
  kI8,
  kI16,
  kI32,
  kI64,
  kF32,
  kF64,
  kDecimal64,   // a DECIMAL of up to 18 digits: the unscaled value in 64 bits
  kDecimal128,  // a longer one
  kText,        // STRING, BYTES
  kNested,      // ARRAY, MAP, ROW: flat bytes, of which all-equal values have equal ones
};

inline bool IsView(ElementKind kind) {
  return kind == ElementKind::kText || kind == ElementKind::kNested;
}

// Bytes of an ARRAY's slot.
inline uint32_t SlotBytes(ElementKind kind) {
  switch (kind) {
    case ElementKind::kBoolean:
    case ElementKind::kI8:
      return 1;
    case ElementKind::kI16:
      return 2;
    case ElementKind::kI32:
    case ElementKind::kF32:
      return 4;
    case ElementKind::kDecimal128:
      return 16;
    default:
      return 8;
  }
}

// An argument of a kernel that takes any number of them, of any type: see
// Resolution::packs_arguments. Lies on the stack of the generated code.
struct PackedArgument {
  // As in a slot, but a view is a whole StringValue. Undefined where not valid.
  alignas(16) char bytes[16];
  int32_t kind;  // an ElementKind
  bool valid;
};
static_assert(sizeof(PackedArgument) == 32);

// The value in `slot`, as a kernel gives it back: views as StringValue, each DECIMAL as 128 bits,
// all else as it lies there. `out` has 16 bytes.
inline void GiveElement(const NestedReader& reader, uint32_t slot, ElementKind kind, void* out) {
  const char* from = reader.Slot(slot);
  switch (kind) {
    case ElementKind::kBoolean:
    case ElementKind::kI8:
      __builtin_memcpy(out, from, 1);
      return;
    case ElementKind::kI16:
      __builtin_memcpy(out, from, 2);
      return;
    case ElementKind::kI32:
    case ElementKind::kF32:
      __builtin_memcpy(out, from, 4);
      return;
    case ElementKind::kI64:
    case ElementKind::kF64:
      __builtin_memcpy(out, from, 8);
      return;
    case ElementKind::kDecimal64: {
      int64_t words[2];
      __builtin_memcpy(&words[0], from, sizeof(words[0]));
      words[1] = words[0] < 0 ? -1 : 0;
      __builtin_memcpy(out, words, sizeof(words));
      return;
    }
    case ElementKind::kDecimal128:
      __builtin_memcpy(out, from, 16);
      return;
    case ElementKind::kText:
    case ElementKind::kNested: {
      const StringValue view = reader.View(slot);
      __builtin_memcpy(out, &view, sizeof(view));
      return;
    }
  }
}

}  // namespace flinkc
