// What a tap may ask for, which who opens it checks and who carries it out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace flinkc {

inline constexpr uint32_t kTapRowsPerSecondMax = 10'000;
inline constexpr size_t kTapFilterBytesMax = size_t{256} << 10;  // of compiled code
// How long a tap lives that nobody asks for rows; one that was opened by REST must not be forgotten
// by the TaskManagers before.
inline constexpr std::chrono::seconds kTapLease{30};
inline constexpr std::chrono::seconds kTaskTapLease{40};
static_assert(kTapLease < kTaskTapLease);

}  // namespace flinkc
