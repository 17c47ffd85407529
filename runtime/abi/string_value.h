// The 16-byte view by which STRING, BYTES, ARRAY, MAP and ROW values travel: up to 12 bytes inline,
// longer ones as a 4-byte prefix and a pointer into an arena that the batch or the state keeps
// alive. Freestanding: kernels use it natively and as bitcode.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "runtime/abi/short_bytes.h"

namespace flinkc {

struct alignas(8) StringValue {
  static constexpr uint32_t kInlineBytes = 12;

  uint32_t size;
  // size <= 12: the bytes, zero-padded. Else: the first 4 bytes, then the address of all.
  char inlined[4];
  union {
    char inlined_rest[8];
    const char* pointer;
  };

  const char* data() const { return size <= kInlineBytes ? inlined : pointer; }
  std::string_view view() const { return {data(), size}; }
};
static_assert(sizeof(StringValue) == 16);

// A value of up to 12 bytes. A few loads, where a copy of unknown length would be a call.
inline StringValue MakeInlineStringValue(const char* data, uint32_t size) {
  uint64_t low = 0;   // bytes 0 to 7
  uint64_t high = 0;  // bytes 8 to 11
  if (size >= 8) {
    __builtin_memcpy(&low, data, 8);
    uint32_t last;
    __builtin_memcpy(&last, data + size - 4, 4);
    high = uint64_t{last} >> (8 * (12 - size));  // without what stands in `low`
  } else {
    low = LoadShortBytes(data, size);
  }
  const uint64_t words[2] = {size | low << 32, low >> 32 | high << 32};
  StringValue value;
  __builtin_memcpy(&value, words, sizeof(value));
  return value;
}

// `data` must live as long as the value is used, if size > 12. Strings of 4 GiB and more are not
// representable; callers bound their input far below.
inline StringValue MakeStringValue(const char* data, uint32_t size) {
  StringValue value;
  if (size <= StringValue::kInlineBytes) {
    value = MakeInlineStringValue(data, size);
  } else {
    value.size = size;
    __builtin_memcpy(value.inlined, data, 4);
    value.pointer = data;
  }
  return value;
}

inline StringValue MakeStringValue(std::string_view text) {
  return MakeStringValue(text.data(), static_cast<uint32_t>(text.size()));
}

inline bool operator==(const StringValue& a, const StringValue& b) {
  uint64_t head_a, head_b;
  __builtin_memcpy(&head_a, &a, 8);
  __builtin_memcpy(&head_b, &b, 8);
  if (head_a != head_b) return false;  // size and prefix
  if (a.size <= StringValue::kInlineBytes) return a.pointer == b.pointer;
  return a.pointer == b.pointer || __builtin_memcmp(a.pointer, b.pointer, a.size) == 0;
}

}  // namespace flinkc
