// Bounds that Flink's key groups and this engine's plans share.
#pragma once

#include <cstdint>

namespace flinkc {

// As in Flink: the most key groups a job can have, and so the most subtasks an operator can have.
inline constexpr int32_t kMaxParallelism = 1 << 15;

}  // namespace flinkc
