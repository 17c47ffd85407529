// Up to seven bytes in a register. Freestanding.
#pragma once

#include <cstdint>

namespace flinkc {

// The `size` < 8 bytes at `data` as the low ones of a word, the others zero. A few loads, where a
// copy of unknown length would be a call; nothing beside the bytes is read.
inline uint64_t LoadShortBytes(const char* data, uint32_t size) {
  if (size >= 4) {
    uint32_t first, last;  // they overlap
    __builtin_memcpy(&first, data, 4);
    __builtin_memcpy(&last, data + size - 4, 4);
    return first | uint64_t{last} << (8 * (size - 4));
  }
  if (size == 0) return 0;
  const auto byte = [data](uint32_t at) {
    return uint64_t{static_cast<unsigned char>(data[at])} << (8 * at);
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

}  // namespace flinkc
