// printf, elt, encode and decode. Native: they are called from generated code.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "compiler/expression/function_record.h"
#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_TEXT_FORMAT_FUNCTIONS(K)                                                       \
  /* Packed: the format, then what it prints; kKernelNull where they do not fit. */           \
  K(int32_t, flinkc_native_printf,                                                            \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* arguments, int64_t count, \
     flinkc::StringValue* out))                                                               \
  /* Packed: the index, then the values. */                                                   \
  K(int32_t, flinkc_native_elt,                                                               \
    (const flinkc::PackedArgument* arguments, int64_t count, flinkc::StringValue* out))       \
  /* `state`: the character set. */                                                           \
  K(int32_t, flinkc_native_encode,                                                            \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* text,     \
     flinkc::StringValue* out))                                                               \
  K(int32_t, flinkc_native_decode,                                                            \
    (flinkc::KernelContext * context, const void* state, const flinkc::StringValue* bytes,    \
     flinkc::StringValue* out))

FLINKC_TEXT_FORMAT_FUNCTIONS(FLINKC_DECLARE_KERNEL)

namespace flinkc {

// Of constants[0], the name of a character set.
std::optional<std::string> CheckCharset(std::span<const Value> constants);
FunctionState PrepareCharset(std::span<const Value> constants);

}  // namespace flinkc
