// What kernels need around them: a context with an arena and a heap.
#pragma once

#include <string>
#include <string_view>

#include "runtime/operator/output_arena.h"
#include "runtime/state/slab_heap.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

struct KernelFixture {
  KernelContext context{};
  OutputArena arena{&context, nullptr};
  StateHeap heap{nullptr};
};

inline std::string Text(const StringValue& value) { return std::string(value.view()); }

inline std::string Int128ToString(Int128 value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  UInt128 magnitude =
      negative ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
  std::string digits;
  for (; magnitude != 0; magnitude /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(magnitude % 10)));
  }
  return negative ? "-" + digits : digits;
}

inline Int128 ParseInt128(std::string_view text) {
  const bool negative = text.starts_with('-');
  Int128 value = 0;
  for (char c : text.substr(negative ? 1 : 0)) value = value * 10 + (c - '0');
  return negative ? -value : value;
}

}  // namespace flinkc
