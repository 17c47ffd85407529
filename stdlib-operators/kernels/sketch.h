// The distinct-count sketch behind approx_count_distinct. Freestanding.
#pragma once

#include "runtime/abi/hash.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"

namespace flinkc {

constexpr uint32_t kSketchBits = 14;
constexpr uint32_t kSketchRegisters = 1u << kSketchBits;
// The largest value of a register.
constexpr uint32_t kSketchRankMax = 64 - kSketchBits + 1;
// Hashes kept one by one before there are registers.
constexpr uint32_t kSmallSketch = 64;

// Adds a value by its hash; a RowStatus.
int32_t AddToSketch(StateHeap* heap, SketchState* state, uint64_t hash);
int32_t MergeSketch(StateHeap* heap, SketchState* into, const SketchState* from);
// Exact while the hashes are kept; then the estimator of Otmar Ertl, "New cardinality estimation
// algorithms for HyperLogLog sketches" (2017), algorithm 6, which needs no table of biases.
int64_t EstimateSketch(const SketchState& state);

}  // namespace flinkc
