// Accumulators that can take rows back, for those of aggregate.h, aggregate_statistics.h and
// aggregate_choice.h that cannot: min, max, first_value, last_value, listagg, bool_and, bool_or,
// percentile. They keep every different value, so they stand only where the input updates its rows
// (AggregateOverload::resolve_retracting). What was never added is not taken back.
#pragma once

#include "stdlib-operators/kernels/aggregate.h"

namespace flinkc {

// Of min and max: each value with how many rows have it (a ValueSet of one word, count << 1, with
// bit 0 set where the value stands in the heap), and a binary heap of u32 places of values, 1 +
// offset / 8. Values that no row has any more leave the heap when they come to its top, so that
// both ways cost O(log n) on average.
struct CountedExtremeState {
  StateBlob values;
  StateBlob heap;
};

// Of first_value, last_value and listagg: a ValueList.
struct ListedState {
  StateBlob values;
};

struct TruthCountState {
  int64_t trues;
  int64_t falses;
};

// Of percentile: a ValueSet of doubles with one word, how many rows have the value.
struct CountedValuesState {
  StateBlob values;
  int64_t count;
};

}  // namespace flinkc

#define FLINKC_COUNTED_EXTREMES_OF(K, A, T, t)                                               \
  FLINKC_AGGREGATE_STEP(K, flinkc_min_counted_##t, flinkc::CountedExtremeState, A a)         \
  FLINKC_AGGREGATE_STEP(K, flinkc_max_counted_##t, flinkc::CountedExtremeState, A a)         \
  FLINKC_AGGREGATE_STEP(K, flinkc_min_counted_retract_##t, flinkc::CountedExtremeState, A a) \
  FLINKC_AGGREGATE_STEP(K, flinkc_max_counted_retract_##t, flinkc::CountedExtremeState, A a) \
  FLINKC_AGGREGATE_MERGE(K, flinkc_min_counted_merge_##t, flinkc::CountedExtremeState)       \
  FLINKC_AGGREGATE_MERGE(K, flinkc_max_counted_merge_##t, flinkc::CountedExtremeState)       \
  K(int32_t, flinkc_counted_extreme_result_##t,                                              \
    (flinkc::KernelContext * context, const flinkc::CountedExtremeState* state, T* out))

#define FLINKC_LISTED_OF(K, A, T, t)                                             \
  FLINKC_AGGREGATE_STEP(K, flinkc_listed_##t, flinkc::ListedState, A a)          \
  FLINKC_AGGREGATE_STEP(K, flinkc_listed_retract_##t, flinkc::ListedState, A a)  \
  K(int32_t, flinkc_listed_first_##t,                                            \
    (flinkc::KernelContext * context, const flinkc::ListedState* state, T* out)) \
  K(int32_t, flinkc_listed_last_##t,                                             \
    (flinkc::KernelContext * context, const flinkc::ListedState* state, T* out))

#define FLINKC_AGGREGATE_RETRACT_KERNELS(K)                                                        \
  FLINKC_EACH_VALUE_TYPE(FLINKC_COUNTED_EXTREMES_OF, K)                                            \
  FLINKC_EACH_VALUE_TYPE(FLINKC_LISTED_OF, K)                                                      \
  FLINKC_AGGREGATE_MERGE(K, flinkc_listed_merge, flinkc::ListedState)                              \
  FLINKC_AGGREGATE_STEP(K, flinkc_listed_joined, flinkc::ListedState,                              \
                        const flinkc::StringValue* a)                                              \
  FLINKC_AGGREGATE_STEP(K, flinkc_listed_joined_retract, flinkc::ListedState,                      \
                        const flinkc::StringValue* a)                                              \
  FLINKC_AGGREGATE_STEP(K, flinkc_listed_joined_separator, flinkc::ListedState,                    \
                        const flinkc::StringValue* a, const flinkc::StringValue* separator)        \
  FLINKC_AGGREGATE_STEP(K, flinkc_listed_joined_separator_retract, flinkc::ListedState,            \
                        const flinkc::StringValue* a, const flinkc::StringValue* separator)        \
  K(int32_t, flinkc_listed_joined_result,                                                          \
    (flinkc::KernelContext * context, const flinkc::ListedState* state, flinkc::StringValue* out)) \
  FLINKC_AGGREGATE_STEP(K, flinkc_truth_counted, flinkc::TruthCountState, bool a)                  \
  FLINKC_AGGREGATE_STEP(K, flinkc_truth_counted_retract, flinkc::TruthCountState, bool a)          \
  FLINKC_AGGREGATE_MERGE(K, flinkc_truth_counted_merge, flinkc::TruthCountState)                   \
  K(int32_t, flinkc_bool_and_counted_result,                                                       \
    (flinkc::KernelContext * context, const flinkc::TruthCountState* state, bool* out))            \
  K(int32_t, flinkc_bool_or_counted_result,                                                        \
    (flinkc::KernelContext * context, const flinkc::TruthCountState* state, bool* out))            \
  /* `share` and `p` as in flinkc_percentile */                                                    \
  FLINKC_AGGREGATE_STEP(K, flinkc_percentile_counted, flinkc::CountedValuesState, double a,        \
                        double p, int64_t share)                                                   \
  FLINKC_AGGREGATE_STEP(K, flinkc_percentile_counted_retract, flinkc::CountedValuesState,          \
                        double a, double p, int64_t share)                                         \
  K(int32_t, flinkc_percentile_counted_merge,                                                      \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::CountedValuesState * into, \
     const flinkc::CountedValuesState* from, int64_t share))                                       \
  K(int32_t, flinkc_percentile_counted_result,                                                     \
    (flinkc::KernelContext * context, const flinkc::CountedValuesState* state, int64_t share,      \
     double* out))

FLINKC_AGGREGATE_RETRACT_KERNELS(FLINKC_DECLARE_KERNEL)
