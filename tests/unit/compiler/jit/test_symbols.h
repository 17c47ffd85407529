// The symbols that the tests of jit and interpreter call.
#pragma once

#include <cstddef>
#include <span>

#include "compiler/codegen/symbol_table.h"
#include "compiler/jit/jit_compiler.h"
#include "tests/unit/compiler/jit/kernels/test_kernels.h"

namespace flinkc {

std::span<const std::byte> TestKernelBitcode();
uint64_t TestKernelBuildId();

// A native function: the number of its calls so far is in `calls`.
int64_t CountCall(int64_t* calls, bool twice, int8_t narrow);

inline SymbolTable MakeTestSymbols() {
  SymbolTable symbols;
  symbols.Add(SymbolKind::kKernel,
              {FLINKC_NATIVE_SYMBOL(test_add_i64), FLINKC_NATIVE_SYMBOL(test_twice_i8),
               FLINKC_NATIVE_SYMBOL(test_both), FLINKC_NATIVE_SYMBOL(test_scale),
               FLINKC_NATIVE_SYMBOL(test_half), FLINKC_NATIVE_SYMBOL(test_add_i128),
               FLINKC_NATIVE_SYMBOL(test_divide_i128), FLINKC_NATIVE_SYMBOL(test_power),
               FLINKC_NATIVE_SYMBOL(test_equal_bytes), FLINKC_NATIVE_SYMBOL(test_high_bits),
               FLINKC_NATIVE_SYMBOL(test_find_or_insert), FLINKC_NATIVE_SYMBOL(test_unlisted)});
  symbols.Add(SymbolKind::kNative, NativeSymbolOf<&CountCall>("count_call"));
  symbols.Add(SymbolKind::kRuntimeCall, {FLINKC_NATIVE_SYMBOL(flinkc_rt_insert_row),
                                         FLINKC_NATIVE_SYMBOL(flinkc_rt_touch_row),
                                         FLINKC_NATIVE_SYMBOL(flinkc_rt_own_key)});
  return symbols;
}

// Made once: it holds nothing of the tests' own.
inline const SymbolTable& TestSymbols() {
  static const SymbolTable kSymbols = MakeTestSymbols();
  return kSymbols;
}

inline JitSetup TestSetup(const SymbolTable& symbols, ObjectCacheOptions cache = {}) {
  return {&symbols, TestKernelBitcode(), TestKernelBuildId(), std::move(cache)};
}

}  // namespace flinkc
