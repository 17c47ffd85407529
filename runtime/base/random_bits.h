// Chance as a parameter: the machine's in a process, drawn from a seed in a simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace flinkc {

// 64 random bits at a call. Called by any thread where the machine's are used.
using RandomBits = std::function<uint64_t()>;

// The machine's own.
uint64_t MachineRandomBits();
// `digits` hexadecimal digits.
std::string RandomHex(const RandomBits& bits, size_t digits);
// From 0 to below 1.
double RandomShare(const RandomBits& bits);

}  // namespace flinkc
