// Accumulators of the functions of `over` that look at the rows before a row and not at its frame:
// row_number, rank, dense_rank, lag. They see each row once, in order, before its result is made
// (AggregateResolution::per_row). Conventions as in aggregate.h.
#pragma once

#include "stdlib-operators/kernels/aggregate.h"

namespace flinkc {

// The last values: u32 offset of the oldest one, u32 how many there are, then each as u32 size
// (UINT32_MAX: NULL) and its bytes. `otherwise`: the value where there are not enough, as one such
// entry; empty: NULL.
struct LagState {
  StateBlob values;
  StateBlob otherwise;
};

// Rows of one time share a place.
struct RankState {
  int64_t rows;  // that came so far
  int64_t time;  // of the last one
  int64_t place;
};

}  // namespace flinkc

// `rows`, an immediate: how many rows before the value stands. Where it is written it comes as an
// argument, too.
#define FLINKC_LAG_OF(K, A, T, t)                                                            \
  FLINKC_AGGREGATE_STEP(K, flinkc_lag_##t, flinkc::LagState, A a, bool valid, int64_t rows)  \
  FLINKC_AGGREGATE_STEP(K, flinkc_lag_by_##t, flinkc::LagState, A a, bool valid, int64_t by, \
                        bool by_valid, int64_t rows)                                         \
  FLINKC_AGGREGATE_STEP(K, flinkc_lag_or_##t, flinkc::LagState, A a, bool valid, int64_t by, \
                        bool by_valid, A otherwise, bool otherwise_valid, int64_t rows)      \
  K(int32_t, flinkc_lag_result_##t,                                                          \
    (flinkc::KernelContext * context, const flinkc::LagState* state, int64_t rows, T* out))

#define FLINKC_AGGREGATE_OVER_KERNELS(K)                                                     \
  K(int32_t, flinkc_row_number,                                                              \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::CountState * state)) \
  FLINKC_AGGREGATE_STEP(K, flinkc_rank, flinkc::RankState, int64_t time)                     \
  FLINKC_AGGREGATE_STEP(K, flinkc_dense_rank, flinkc::RankState, int64_t time)               \
  K(int32_t, flinkc_rank_result,                                                             \
    (flinkc::KernelContext * context, const flinkc::RankState* state, int64_t* out))         \
  FLINKC_EACH_VALUE_TYPE(FLINKC_LAG_OF, K)

FLINKC_AGGREGATE_OVER_KERNELS(FLINKC_DECLARE_KERNEL)
