// Functions of one STRING whose work is bytes. Positions and lengths count characters (code
// points), from 1. Text that is not valid UTF-8 never crashes: a stray byte counts as it comes.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

// The texts one after the other, in new memory.
#define FLINKC_CONCAT_KERNELS(K)                                                                   \
  K(int32_t, flinkc_concat_1,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1, flinkc::StringValue* out))    \
  K(int32_t, flinkc_concat_2,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, flinkc::StringValue* out))                                     \
  K(int32_t, flinkc_concat_3,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, flinkc::StringValue* out))      \
  K(int32_t, flinkc_concat_4,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_concat_5,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, flinkc::StringValue* out))                                     \
  K(int32_t, flinkc_concat_6,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, flinkc::StringValue* out))      \
  K(int32_t, flinkc_concat_7,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, const flinkc::StringValue* a7,  \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_concat_8,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, const flinkc::StringValue* a7,  \
     const flinkc::StringValue* a8, flinkc::StringValue* out))                                     \
  K(int32_t, flinkc_concat_9,                                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, const flinkc::StringValue* a7,  \
     const flinkc::StringValue* a8, const flinkc::StringValue* a9, flinkc::StringValue* out))      \
  K(int32_t, flinkc_concat_10,                                                                     \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, const flinkc::StringValue* a7,  \
     const flinkc::StringValue* a8, const flinkc::StringValue* a9, const flinkc::StringValue* a10, \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_concat_11,                                                                     \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, const flinkc::StringValue* a7,  \
     const flinkc::StringValue* a8, const flinkc::StringValue* a9, const flinkc::StringValue* a10, \
     const flinkc::StringValue* a11, flinkc::StringValue* out))                                    \
  K(int32_t, flinkc_concat_12,                                                                     \
    (flinkc::KernelContext * context, const flinkc::StringValue* a1,                               \
     const flinkc::StringValue* a2, const flinkc::StringValue* a3, const flinkc::StringValue* a4,  \
     const flinkc::StringValue* a5, const flinkc::StringValue* a6, const flinkc::StringValue* a7,  \
     const flinkc::StringValue* a8, const flinkc::StringValue* a9, const flinkc::StringValue* a10, \
     const flinkc::StringValue* a11, const flinkc::StringValue* a12, flinkc::StringValue* out))

// The texts that are not NULL, with the separator between them.
#define FLINKC_CONCAT_WS_KERNELS(K)                                                          \
  K(int32_t, flinkc_concat_ws_1,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, flinkc::StringValue* out))                  \
  K(int32_t, flinkc_concat_ws_2,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     flinkc::StringValue* out))                                                              \
  K(int32_t, flinkc_concat_ws_3,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     const flinkc::StringValue* a3, bool valid3, flinkc::StringValue* out))                  \
  K(int32_t, flinkc_concat_ws_4,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     const flinkc::StringValue* a3, bool valid3, const flinkc::StringValue* a4, bool valid4, \
     flinkc::StringValue* out))                                                              \
  K(int32_t, flinkc_concat_ws_5,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     const flinkc::StringValue* a3, bool valid3, const flinkc::StringValue* a4, bool valid4, \
     const flinkc::StringValue* a5, bool valid5, flinkc::StringValue* out))                  \
  K(int32_t, flinkc_concat_ws_6,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     const flinkc::StringValue* a3, bool valid3, const flinkc::StringValue* a4, bool valid4, \
     const flinkc::StringValue* a5, bool valid5, const flinkc::StringValue* a6, bool valid6, \
     flinkc::StringValue* out))                                                              \
  K(int32_t, flinkc_concat_ws_7,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     const flinkc::StringValue* a3, bool valid3, const flinkc::StringValue* a4, bool valid4, \
     const flinkc::StringValue* a5, bool valid5, const flinkc::StringValue* a6, bool valid6, \
     const flinkc::StringValue* a7, bool valid7, flinkc::StringValue* out))                  \
  K(int32_t, flinkc_concat_ws_8,                                                             \
    (flinkc::KernelContext * context, const flinkc::StringValue* separator, bool valid,      \
     const flinkc::StringValue* a1, bool valid1, const flinkc::StringValue* a2, bool valid2, \
     const flinkc::StringValue* a3, bool valid3, const flinkc::StringValue* a4, bool valid4, \
     const flinkc::StringValue* a5, bool valid5, const flinkc::StringValue* a6, bool valid6, \
     const flinkc::StringValue* a7, bool valid7, const flinkc::StringValue* a8, bool valid8, \
     flinkc::StringValue* out))

#define FLINKC_TEXT_KERNELS(K)                                                               \
  FLINKC_CONCAT_KERNELS(K)                                                                   \
  FLINKC_CONCAT_WS_KERNELS(K)                                                                \
  K(int32_t, flinkc_char_length, (const flinkc::StringValue* a))                             \
  K(int32_t, flinkc_octet_length, (const flinkc::StringValue* a))                            \
  K(int32_t, flinkc_substring,                                                               \
    (const flinkc::StringValue* a, int32_t start, flinkc::StringValue* out))                 \
  K(int32_t, flinkc_substring_length,                                                        \
    (const flinkc::StringValue* a, int32_t start, int32_t length, flinkc::StringValue* out)) \
  K(bool, flinkc_like, (const flinkc::StringValue* a, const flinkc::StringValue* pattern))   \
  K(bool, flinkc_like_escape,                                                                \
    (const flinkc::StringValue* a, const flinkc::StringValue* pattern,                       \
     const flinkc::StringValue* escape))

FLINKC_TEXT_KERNELS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// Whether a byte starts a character (is not a continuation byte of UTF-8).
inline bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

inline uint32_t CountCharacters(const char* text, uint32_t size) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < size; ++i) count += StartsCharacter(text[i]);
  return count;
}

// The bytes before character `index` (from 0); `size` where there are not so many.
inline uint32_t OffsetOfCharacter(const char* text, uint32_t size, uint64_t index) {
  uint32_t offset = 0;
  for (; offset < size; ++offset) {
    if (StartsCharacter(text[offset]) && index-- == 0) break;
  }
  return offset;
}

// The bytes of the character that starts at `offset`.
inline uint32_t CharacterBytes(const char* text, uint32_t size, uint32_t offset) {
  uint32_t end = offset + 1;
  while (end < size && !StartsCharacter(text[end])) ++end;
  return end - offset;
}

inline bool IsAscii(const char* text, uint32_t size) {
  uint32_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, text + i, 8);
    if ((word & 0x8080808080808080ull) != 0) return false;
  }
  for (; i < size; ++i) {
    if (static_cast<signed char>(text[i]) < 0) return false;
  }
  return true;
}

}  // namespace flinkc
