// Accumulators of statistics: variance and its kin, bool_and and bool_or, percentile,
// approx_count_distinct, listagg. Conventions as in aggregate.h.
#pragma once

#include "stdlib-operators/kernels/aggregate.h"

namespace flinkc {

// Welford's running mean and sum of squared distances from it; merged by Chan's formula. The
// results depend on the order of rows in their last digits only.
struct VarianceState {
  int64_t count;
  double mean;
  double squares;
};

struct TruthState {
  bool seen;
  bool value;
};

// All values as doubles, in the order they came.
struct PercentileState {
  StateBlob values;
};

// HyperLogLog. Up to kSmallSketch hashes are kept as they are; more become 2^14 registers of a byte
// (a standard error of 0.81 %).
struct SketchState {
  StateBlob sketch;
  bool dense;
};

// Each text with its separator before it, the first one included.
struct ListState {
  StateBlob text;
  uint32_t first_separator;  // bytes
  bool seen;
};

}  // namespace flinkc

#define FLINKC_SKETCH_OF(K, A, t) \
  FLINKC_AGGREGATE_STEP(K, flinkc_sketch_##t, flinkc::SketchState, A a)

#define FLINKC_AGGREGATE_RESULT(K, name, State, T) \
  K(int32_t, name, (flinkc::KernelContext * context, const State* state, T* out))

#define FLINKC_AGGREGATE_STATISTICS_KERNELS(K)                                                  \
  FLINKC_AGGREGATE_STEP(K, flinkc_variance, flinkc::VarianceState, double a)                    \
  FLINKC_AGGREGATE_STEP(K, flinkc_variance_retract, flinkc::VarianceState, double a)            \
  FLINKC_AGGREGATE_MERGE(K, flinkc_variance_merge, flinkc::VarianceState)                       \
  FLINKC_AGGREGATE_RESULT(K, flinkc_var_pop_result, flinkc::VarianceState, double)              \
  FLINKC_AGGREGATE_RESULT(K, flinkc_var_samp_result, flinkc::VarianceState, double)             \
  FLINKC_AGGREGATE_RESULT(K, flinkc_stddev_pop_result, flinkc::VarianceState, double)           \
  FLINKC_AGGREGATE_RESULT(K, flinkc_stddev_samp_result, flinkc::VarianceState, double)          \
  FLINKC_AGGREGATE_STEP(K, flinkc_bool_and, flinkc::TruthState, bool a)                         \
  FLINKC_AGGREGATE_STEP(K, flinkc_bool_or, flinkc::TruthState, bool a)                          \
  FLINKC_AGGREGATE_MERGE(K, flinkc_bool_and_merge, flinkc::TruthState)                          \
  FLINKC_AGGREGATE_MERGE(K, flinkc_bool_or_merge, flinkc::TruthState)                           \
  FLINKC_AGGREGATE_RESULT(K, flinkc_truth_result, flinkc::TruthState, bool)                     \
  /* `share`: the bits of a double from 0 to 1, an immediate; the argument `p` is the same */   \
  FLINKC_AGGREGATE_STEP(K, flinkc_percentile, flinkc::PercentileState, double a, double p,      \
                        int64_t share)                                                          \
  K(int32_t, flinkc_percentile_merge,                                                           \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::PercentileState * into, \
     const flinkc::PercentileState* from, int64_t share))                                       \
  K(int32_t, flinkc_percentile_result,                                                          \
    (flinkc::KernelContext * context, const flinkc::PercentileState* state, int64_t share,      \
     double* out))                                                                              \
  FLINKC_SKETCH_OF(K, bool, bool)                                                               \
  FLINKC_SKETCH_OF(K, int8_t, i8)                                                               \
  FLINKC_SKETCH_OF(K, int16_t, i16)                                                             \
  FLINKC_SKETCH_OF(K, int32_t, i32)                                                             \
  FLINKC_SKETCH_OF(K, int64_t, i64)                                                             \
  FLINKC_SKETCH_OF(K, float, f32)                                                               \
  FLINKC_SKETCH_OF(K, double, f64)                                                              \
  FLINKC_SKETCH_OF(K, const flinkc::Int128*, decimal)                                           \
  FLINKC_SKETCH_OF(K, const flinkc::StringValue*, text)                                         \
  FLINKC_AGGREGATE_MERGE(K, flinkc_sketch_merge, flinkc::SketchState)                           \
  FLINKC_AGGREGATE_RESULT(K, flinkc_sketch_result, flinkc::SketchState, int64_t)                \
  FLINKC_AGGREGATE_STEP(K, flinkc_listagg, flinkc::ListState, const flinkc::StringValue* a)     \
  FLINKC_AGGREGATE_STEP(K, flinkc_listagg_separator, flinkc::ListState,                         \
                        const flinkc::StringValue* a, const flinkc::StringValue* separator)     \
  FLINKC_AGGREGATE_MERGE(K, flinkc_listagg_merge, flinkc::ListState)                            \
  FLINKC_AGGREGATE_RESULT(K, flinkc_listagg_result, flinkc::ListState, flinkc::StringValue)

FLINKC_AGGREGATE_STATISTICS_KERNELS(FLINKC_DECLARE_KERNEL)
