// Random numbers and names. Native: the generator is the thread's own, seeded by the system.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_RANDOM_FUNCTIONS(K)                                      \
  K(double, flinkc_native_rand, ())                                     \
  /* kKernelNull where `bound` is not positive. */                      \
  K(int32_t, flinkc_native_rand_integer, (int32_t bound, int32_t* out)) \
  K(int32_t, flinkc_native_uuid, (flinkc::KernelContext * context, flinkc::StringValue * out))

FLINKC_RANDOM_FUNCTIONS(FLINKC_DECLARE_KERNEL)
