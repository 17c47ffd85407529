// Makes a failing plan smaller by making smaller the sequence of choices that it came from.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace flinkc::property {

// The smallest sequence found for which `fails` still holds, trying at most `attempts`.
std::vector<uint32_t> Shrink(std::vector<uint32_t> choices, int attempts,
                             const std::function<bool(const std::vector<uint32_t>&)>& fails);

}  // namespace flinkc::property
