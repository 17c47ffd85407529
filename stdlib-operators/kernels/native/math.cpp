#include "stdlib-operators/kernels/native/math.h"

#include <cmath>

extern "C" {

double flinkc_native_sqrt_f64(double a) { return flinkc::CanonicalNan(std::sqrt(a)); }

}  // extern "C"
