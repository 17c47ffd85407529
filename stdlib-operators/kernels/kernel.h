// What every kernel file starts from. A kernel is an `extern "C"` function that generated code, the
// interpreter and constant folding share (docs/architecture.md; the calling convention is in
// compiler/expression/function_record.h). Freestanding: no exceptions, no globals with
// constructors, no thread-locals, no locale; memory comes from KernelContext or StateHeap alone.
//
// Each family of kernels is a list macro FLINKC_<FAMILY>_KERNELS(K) in its header, where K takes
// (result, name, (parameters)): the header declares from it, symbols.cpp lists from it.
#pragma once

#include <cstdint>

#include "runtime/abi/kernel_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/abi/string_value.h"

#define FLINKC_DECLARE_KERNEL(result, name, parameters) extern "C" result name parameters;

namespace flinkc {

using Int128 = __int128;
using UInt128 = unsigned __int128;

constexpr int32_t kKernelOk = static_cast<int32_t>(RowStatus::kOk);
constexpr int32_t kKernelNull = static_cast<int32_t>(RowStatus::kNull);

inline int32_t Failure(RowStatus status) { return static_cast<int32_t>(status); }

// DECIMAL arguments may stand at 8-byte boundaries (state rows): never dereference them. The casts
// matter: clang takes the alignment of a memcpy from the type of the pointer, which says 16.
inline Int128 LoadInt128(const Int128* pointer) {
  Int128 value;
  __builtin_memcpy(&value, reinterpret_cast<const char*>(pointer), sizeof(value));
  return value;
}
inline void StoreInt128(Int128* pointer, Int128 value) {
  __builtin_memcpy(reinterpret_cast<char*>(pointer), &value, sizeof(value));
}

// The one NaN that is ever written, so that equal results have equal bits (tried: folding a
// constant 0.0/0.0 gives another sign than computing it).
inline double CanonicalNan(double value) { return value != value ? __builtin_nan("") : value; }
inline float CanonicalNan(float value) { return value != value ? __builtin_nanf("") : value; }

}  // namespace flinkc
