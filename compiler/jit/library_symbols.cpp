#include "compiler/jit/library_symbols.h"

#include <strings.h>

#include <algorithm>
#include <cmath>
#include <cstring>

// Of the compiler's runtime library (libgcc), for 128-bit integers.
extern "C" {
__int128 __divti3(__int128, __int128);
__int128 __modti3(__int128, __int128);
unsigned __int128 __udivti3(unsigned __int128, unsigned __int128);
unsigned __int128 __umodti3(unsigned __int128, unsigned __int128);
double __floattidf(__int128);
double __floatuntidf(unsigned __int128);
float __floattisf(__int128);
float __floatuntisf(unsigned __int128);
__int128 __fixdfti(double);
__int128 __fixsfti(float);
unsigned __int128 __fixunsdfti(double);
unsigned __int128 __fixunssfti(float);
}

namespace flinkc {
namespace {

template <typename R, typename... P>
void* Address(R (*function)(P...)) {
  return reinterpret_cast<void*>(function);
}

// The overload of a libm function for one double, two doubles.
void* Unary(double (*function)(double)) { return Address(function); }
void* Binary(double (*function)(double, double)) { return Address(function); }

#define FLINKC_LIBM_UNARY(X)                                                                 \
  X(acos) X(acosh) X(asin) X(asinh) X(atan) X(atanh) X(cbrt) X(cos) X(cosh) X(exp) X(exp2)   \
  X(expm1) X(log) X(log10) X(log1p) X(log2) X(sin) X(sinh) X(tan) X(tanh)
#define FLINKC_LIBM_BINARY(X) X(atan2) X(hypot) X(pow)
// These are exact: LLVM may compute them.
#define FLINKC_LIBM_EXACT(X) \
  X(ceil) X(fabs) X(floor) X(nearbyint) X(rint) X(round) X(sqrt) X(trunc)
#define FLINKC_LIBM_EXACT_FLOAT(X) \
  X(ceilf) X(fabsf) X(floorf) X(nearbyintf) X(rintf) X(roundf) X(sqrtf) X(truncf) X(fmodf)

}  // namespace

std::span<const LibrarySymbol> LibrarySymbols() {
#define FLINKC_UNARY(name) {#name, Unary(&::name)},
#define FLINKC_BINARY(name) {#name, Binary(&::name)},
#define FLINKC_RUNTIME(name) {#name, Address(&::name)},
  static const LibrarySymbol kSymbols[] = {
      FLINKC_LIBM_UNARY(FLINKC_UNARY) FLINKC_LIBM_BINARY(FLINKC_BINARY)
          FLINKC_LIBM_EXACT(FLINKC_UNARY) FLINKC_BINARY(fmod)
              FLINKC_LIBM_EXACT_FLOAT(FLINKC_RUNTIME)
      // The code generator writes calls of the first four by itself.
      FLINKC_RUNTIME(memcpy) FLINKC_RUNTIME(memmove) FLINKC_RUNTIME(memset) FLINKC_RUNTIME(memcmp)
      FLINKC_RUNTIME(bcmp)
      FLINKC_RUNTIME(__divti3) FLINKC_RUNTIME(__modti3)
      FLINKC_RUNTIME(__udivti3) FLINKC_RUNTIME(__umodti3)
      FLINKC_RUNTIME(__floattidf) FLINKC_RUNTIME(__floatuntidf)
      FLINKC_RUNTIME(__floattisf) FLINKC_RUNTIME(__floatuntisf)
      FLINKC_RUNTIME(__fixdfti) FLINKC_RUNTIME(__fixsfti)
      FLINKC_RUNTIME(__fixunsdfti) FLINKC_RUNTIME(__fixunssfti)
      {"memchr", Address(static_cast<void* (*)(void*, int, size_t)>(&::memchr))},
      {"strlen", Address(static_cast<size_t (*)(const char*)>(&::strlen))},
  };
  return kSymbols;
#undef FLINKC_UNARY
#undef FLINKC_BINARY
#undef FLINKC_RUNTIME
}

bool IsRoundedByLibrary(std::string_view name) {
#define FLINKC_NAME(name) #name,
  static constexpr std::string_view kNames[] = {FLINKC_LIBM_UNARY(FLINKC_NAME)
                                                    FLINKC_LIBM_BINARY(FLINKC_NAME)};
#undef FLINKC_NAME
  return std::ranges::find(kNames, name) != std::end(kNames);
}

}  // namespace flinkc
