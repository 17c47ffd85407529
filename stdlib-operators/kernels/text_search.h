// Functions that look into text and give a number or a truth. Positions count characters, from 1.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_TEXT_SEARCH_KERNELS(K)                                                             \
  /* Where `part` first stands in `text`, from character `start` on; 0: nowhere. */               \
  K(int32_t, flinkc_position, (const flinkc::StringValue* part, const flinkc::StringValue* text)) \
  K(int32_t, flinkc_position_from,                                                                \
    (const flinkc::StringValue* part, const flinkc::StringValue* text, int32_t start))            \
  K(int32_t, flinkc_instr, (const flinkc::StringValue* text, const flinkc::StringValue* part))    \
  K(bool, flinkc_startswith, (const flinkc::StringValue* text, const flinkc::StringValue* part))  \
  K(bool, flinkc_endswith, (const flinkc::StringValue* text, const flinkc::StringValue* part))    \
  K(int64_t, flinkc_count_char,                                                                   \
    (const flinkc::StringValue* text, const flinkc::StringValue* part))                           \
  K(int32_t, flinkc_ascii, (const flinkc::StringValue* text))                                     \
  K(bool, flinkc_is_digit, (const flinkc::StringValue* text, bool valid))                         \
  K(bool, flinkc_is_decimal, (const flinkc::StringValue* text, bool valid))

FLINKC_TEXT_SEARCH_KERNELS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// The high bit of each byte of `word` that equals that of `pattern`, exact in every byte.
inline uint64_t EqualBytes(uint64_t word, uint64_t pattern) {
  constexpr uint64_t kLow = 0x7F7F7F7F7F7F7F7Full;
  const uint64_t difference = word ^ pattern;
  return ~(((difference & kLow) + kLow) | difference | kLow);
}
inline uint64_t RepeatByte(char byte) {
  return static_cast<unsigned char>(byte) * 0x0101010101010101ull;
}

// The offset of the `index`-th (from 0) byte `wanted` at or after `from`; UINT32_MAX: there are not
// so many.
inline uint32_t FindByte(const char* text, uint32_t size, char wanted, uint32_t from,
                         uint32_t index = 0) {
  const uint64_t pattern = RepeatByte(wanted);
  uint32_t i = from;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, text + i, 8);
    uint64_t found = EqualBytes(word, pattern);
    const auto count = static_cast<uint32_t>(__builtin_popcountll(found));
    if (index >= count) {
      index -= count;
      continue;
    }
    for (; index > 0; --index) found &= found - 1;
    return i + static_cast<uint32_t>(__builtin_ctzll(found)) / 8;
  }
  for (; i < size; ++i) {
    if (text[i] == wanted && index-- == 0) return i;
  }
  return UINT32_MAX;
}

// The first offset of `part` in `text` at or after `from`; UINT32_MAX: none. An empty part is found
// at `from`.
inline uint32_t FindText(const char* text, uint32_t size, const char* part, uint32_t part_size,
                         uint32_t from) {
  if (part_size == 0) return from <= size ? from : UINT32_MAX;
  if (part_size > size) return UINT32_MAX;
  const uint32_t starts = size - part_size + 1;  // offsets at which it may begin
  for (uint32_t i = from; i < starts; ++i) {
    i = FindByte(text, starts, part[0], i);
    if (i == UINT32_MAX) return UINT32_MAX;
    if (__builtin_memcmp(text + i + 1, part + 1, part_size - 1) == 0) return i;
  }
  return UINT32_MAX;
}

}  // namespace flinkc
