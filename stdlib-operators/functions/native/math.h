// libm. Native, so that LLVM folds no call into something that rounds differently.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_MATH_FUNCTIONS(K) K(double, flinkc_native_modulo_f64, (double a, double b))

FLINKC_MATH_FUNCTIONS(FLINKC_DECLARE_KERNEL)
