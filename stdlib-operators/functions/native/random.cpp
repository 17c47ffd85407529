#include "stdlib-operators/functions/native/random.h"

#include <random>

#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

uint64_t Draw() {
  thread_local std::mt19937_64 generator([] {
    std::random_device device;
    std::seed_seq seeds{device(), device(), device(), device()};
    return std::mt19937_64(seeds);
  }());
  return generator();
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

// 53 bits, as many as a double has from 0 to 1.
double flinkc_native_rand() { return static_cast<double>(Draw() >> 11) * 0x1p-53; }

int32_t flinkc_native_rand_integer(int32_t bound, int32_t* out) {
  if (bound <= 0) return kKernelNull;
  *out = static_cast<int32_t>((Draw() >> 32) * static_cast<uint64_t>(bound) >> 32);
  return kKernelOk;
}

// RFC 9562, version 4: 122 random bits.
int32_t flinkc_native_uuid(KernelContext* context, StringValue* out) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr uint64_t kVersion = 0x4000, kVersionMask = 0xF000;
  constexpr uint64_t kVariant = 0x8000000000000000, kVariantMask = 0xC000000000000000;
  const uint64_t halves[2] = {(Draw() & ~kVersionMask) | kVersion,
                              (Draw() & ~kVariantMask) | kVariant};
  char text[36];
  int digit = 0;
  for (int i = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      text[i] = '-';
      continue;
    }
    text[i] = kHex[halves[digit / 16] >> (60 - digit % 16 * 4) & 15];
    ++digit;
  }
  return GiveCopy(context, text, sizeof(text), out);
}

}  // extern "C"
