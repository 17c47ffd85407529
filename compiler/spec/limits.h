// The largest values that a spec may give.
#pragma once

#include <cstdint>

namespace flinkc {

// As in Flink: the most key groups a job can have, and so the most subtasks an operator can have.
inline constexpr int32_t kMaxParallelism = 1 << 15;

// A hundred years: far from where a timestamp plus a duration could overflow.
inline constexpr int64_t kMaxDurationMicros = int64_t{36'500} * 86'400 * 1'000'000;

}  // namespace flinkc
