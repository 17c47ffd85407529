// Doubles to text and back: std::to_chars and from_chars, which kernels cannot contain (they need
// tables and symbols of libstdc++), laid out as Java does.
#pragma once

#include <cstdint>

#include "stdlib-operators/kernels/kernel.h"

// K as in kernel.h. The status is a RowStatus: kOk or kInvalidCast.
#define FLINKC_FLOAT_TEXT_FUNCTIONS(K)                                               \
  K(int32_t, flinkc_native_format_f64, (double value, char* out))                    \
  K(int32_t, flinkc_native_format_f32, (float value, char* out))                     \
  K(int32_t, flinkc_native_parse_f64, (const char* text, int64_t size, double* out)) \
  K(int32_t, flinkc_native_parse_f32, (const char* text, int64_t size, float* out))

FLINKC_FLOAT_TEXT_FUNCTIONS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// Bytes that flinkc_native_format_* may write; they return how many they did.
constexpr uint32_t kDoubleTextBytes = 32;

}  // namespace flinkc
