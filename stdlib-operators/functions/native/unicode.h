// Case and letters by Unicode's tables (utf8proc), with a path for ASCII. Native, not bitcode.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_UNICODE_FUNCTIONS(K)                                                            \
  K(int32_t, flinkc_native_upper,                                                              \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, flinkc::StringValue* out)) \
  K(int32_t, flinkc_native_lower,                                                              \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, flinkc::StringValue* out)) \
  K(int32_t, flinkc_native_initcap,                                                            \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, flinkc::StringValue* out)) \
  K(bool, flinkc_native_is_alpha, (const flinkc::StringValue* a, bool valid))

FLINKC_UNICODE_FUNCTIONS(FLINKC_DECLARE_KERNEL)
