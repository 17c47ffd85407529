// Bugs that a test plants in the product, to see that it finds them. In the product itself there
// are none: Planted is a constant, and the compiler leaves no trace of what would ask for it. Only
// tests/simulation compiles the few files that do with FLINKC_PLANTED_BUGS.
#pragma once

#include <cstdint>

namespace flinkc {

enum class PlantedBug : uint8_t {
  kNone,
  kReadsAlignedChannel,  // a gate goes on reading one channel whose barrier has come
  kBarrierBeforeState,   // a barrier is sent on before what stands before it has been worked off
  kRestoresEveryKey,     // a subtask restores what others restore as well
  kForgetsOvertaken,     // a checkpoint does not keep the first element that its barrier overtook
  kGoesOnFromFurthest,   // windows of several former subtasks go on from the one furthest ahead
  kPreparesAll,          // before a part of the job starts again leftovers of all are removed
  kKeepsCheckpoints,     // what is under way when a part of the job fails may become complete
};

#ifdef FLINKC_PLANTED_BUGS
extern PlantedBug planted_bug;
inline bool Planted(PlantedBug bug) { return planted_bug == bug; }
#else
static constexpr bool Planted(PlantedBug) { return false; }
#endif

}  // namespace flinkc
