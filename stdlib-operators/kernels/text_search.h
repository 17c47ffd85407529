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

// The first offset of `part` in `text` at or after `from`; UINT32_MAX: none. An empty part is found
// at `from`.
inline uint32_t FindText(const char* text, uint32_t size, const char* part, uint32_t part_size,
                         uint32_t from) {
  if (part_size == 0) return from <= size ? from : UINT32_MAX;
  if (part_size > size) return UINT32_MAX;
  const char first = part[0];
  for (uint32_t i = from; i <= size - part_size; ++i) {
    if (text[i] == first && __builtin_memcmp(text + i + 1, part + 1, part_size - 1) == 0) return i;
  }
  return UINT32_MAX;
}

}  // namespace flinkc
