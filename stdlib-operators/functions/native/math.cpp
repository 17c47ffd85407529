#include "stdlib-operators/functions/native/math.h"

#include <cmath>

extern "C" {

double flinkc_native_modulo_f64(double a, double b) {
  return flinkc::CanonicalNan(std::fmod(a, b));
}

}  // extern "C"
