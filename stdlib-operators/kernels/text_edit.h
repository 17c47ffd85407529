// Functions that make text of text: trimming, padding, replacing. As in text.h,
// positions and lengths count characters. A result over kTextBytesMax bytes fails where an argument
// can ask for any length.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

// The longest text that repeat, lpad and rpad make.
constexpr uint32_t kTextBytesMax = 16 * 1024 * 1024;

}  // namespace flinkc

// name(context, text, text, out)
#define FLINKC_TEXT_OF_TWO(K, name)                                                               \
  K(int32_t, name,                                                                                \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, const flinkc::StringValue* b, \
     flinkc::StringValue* out))

#define FLINKC_TEXT_OF_ONE(K, name) \
  K(int32_t, name,                  \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, flinkc::StringValue* out))

#define FLINKC_TEXT_OF_THREE(K, name)                                                             \
  K(int32_t, name,                                                                                \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, const flinkc::StringValue* b, \
     const flinkc::StringValue* c, flinkc::StringValue* out))

#define FLINKC_TEXT_EDIT_KERNELS(K)                                                                \
  /* Cut off at the ends: spaces, or any of the characters of `characters`. */                     \
  K(int32_t, flinkc_trim, (const flinkc::StringValue* a, flinkc::StringValue* out))                \
  K(int32_t, flinkc_ltrim, (const flinkc::StringValue* a, flinkc::StringValue* out))               \
  K(int32_t, flinkc_rtrim, (const flinkc::StringValue* a, flinkc::StringValue* out))               \
  K(int32_t, flinkc_trim_of,                                                                       \
    (const flinkc::StringValue* a, const flinkc::StringValue* characters,                          \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_ltrim_of,                                                                      \
    (const flinkc::StringValue* a, const flinkc::StringValue* characters,                          \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_rtrim_of,                                                                      \
    (const flinkc::StringValue* a, const flinkc::StringValue* characters,                          \
     flinkc::StringValue* out))                                                                    \
  K(int32_t, flinkc_lpad,                                                                          \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, int32_t length,                \
     const flinkc::StringValue* pad, flinkc::StringValue* out))                                    \
  K(int32_t, flinkc_rpad,                                                                          \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, int32_t length,                \
     const flinkc::StringValue* pad, flinkc::StringValue* out))                                    \
  K(int32_t, flinkc_left,                                                                          \
    (const flinkc::StringValue* a, int32_t length, flinkc::StringValue* out))                      \
  K(int32_t, flinkc_right,                                                                         \
    (const flinkc::StringValue* a, int32_t length, flinkc::StringValue* out))                      \
  K(int32_t, flinkc_repeat,                                                                        \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, int32_t times,                 \
     flinkc::StringValue* out))                                                                    \
  FLINKC_TEXT_OF_ONE(K, flinkc_reverse)                                                            \
  FLINKC_TEXT_OF_THREE(K, flinkc_replace)                                                          \
  FLINKC_TEXT_OF_THREE(K, flinkc_translate)                                                        \
  K(int32_t, flinkc_overlay,                                                                       \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, const flinkc::StringValue* by, \
     int32_t start, flinkc::StringValue* out))                                                     \
  K(int32_t, flinkc_overlay_length,                                                                \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, const flinkc::StringValue* by, \
     int32_t start, int32_t length, flinkc::StringValue* out))                                     \
  K(int32_t, flinkc_split_index,                                                                   \
    (const flinkc::StringValue* a, const flinkc::StringValue* separator, int32_t index,            \
     flinkc::StringValue* out))

FLINKC_TEXT_EDIT_KERNELS(FLINKC_DECLARE_KERNEL)
