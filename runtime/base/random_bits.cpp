#include "runtime/base/random_bits.h"

#include <fmt/format.h>

#include <random>

namespace flinkc {

uint64_t MachineRandomBits() {
  thread_local std::random_device device;
  return uint64_t{device()} << 32 | device();
}

std::string RandomHex(const RandomBits& bits, size_t digits) {
  std::string text;
  while (text.size() < digits) text += fmt::format("{:016x}", bits());
  text.resize(digits);
  return text;
}

double RandomShare(const RandomBits& bits) { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

}  // namespace flinkc
