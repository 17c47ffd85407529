// What kernels need of libm and cannot contain: clang makes a call of the square root's error path.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_KERNEL_MATH_FUNCTIONS(K) K(double, flinkc_native_sqrt_f64, (double a))

FLINKC_KERNEL_MATH_FUNCTIONS(FLINKC_DECLARE_KERNEL)
