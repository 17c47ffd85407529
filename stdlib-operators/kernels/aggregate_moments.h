// Accumulators of two variables (covariance, correlation, regression) and of bits. Conventions as
// in aggregate.h.
#pragma once

#include "stdlib-operators/kernels/aggregate.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"

namespace flinkc {

// As VarianceState, of two variables: means, sums of squared distances and of their product.
struct CovarianceState {
  int64_t count;
  double mean_y;
  double mean_x;
  double squares_y;
  double squares_x;
  double products;
};

struct BitsState {
  int64_t bits;
  int64_t count;
};

// The values and the shares that are asked for, as doubles.
struct PercentilesState {
  StateBlob values;
  StateBlob shares;
};

}  // namespace flinkc

#define FLINKC_BITS_RESULT(K, T, t) \
  FLINKC_AGGREGATE_RESULT(K, flinkc_bits_result_##t, flinkc::BitsState, T)

#define FLINKC_AGGREGATE_MOMENTS_KERNELS(K)                                                 \
  FLINKC_AGGREGATE_STEP(K, flinkc_covariance, flinkc::CovarianceState, double y, double x)  \
  FLINKC_AGGREGATE_MERGE(K, flinkc_covariance_merge, flinkc::CovarianceState)               \
  FLINKC_AGGREGATE_RESULT(K, flinkc_covar_pop_result, flinkc::CovarianceState, double)      \
  FLINKC_AGGREGATE_RESULT(K, flinkc_covar_samp_result, flinkc::CovarianceState, double)     \
  FLINKC_AGGREGATE_RESULT(K, flinkc_corr_result, flinkc::CovarianceState, double)           \
  FLINKC_AGGREGATE_RESULT(K, flinkc_regr_slope_result, flinkc::CovarianceState, double)     \
  FLINKC_AGGREGATE_RESULT(K, flinkc_regr_intercept_result, flinkc::CovarianceState, double) \
  FLINKC_AGGREGATE_RESULT(K, flinkc_regr_r2_result, flinkc::CovarianceState, double)        \
  FLINKC_AGGREGATE_RESULT(K, flinkc_regr_count_result, flinkc::CovarianceState, int64_t)    \
  FLINKC_AGGREGATE_STEP(K, flinkc_bit_and, flinkc::BitsState, int64_t a)                    \
  FLINKC_AGGREGATE_STEP(K, flinkc_bit_or, flinkc::BitsState, int64_t a)                     \
  FLINKC_AGGREGATE_STEP(K, flinkc_bit_xor, flinkc::BitsState, int64_t a)                    \
  FLINKC_AGGREGATE_STEP(K, flinkc_bit_xor_retract, flinkc::BitsState, int64_t a)            \
  FLINKC_AGGREGATE_MERGE(K, flinkc_bit_and_merge, flinkc::BitsState)                        \
  FLINKC_AGGREGATE_MERGE(K, flinkc_bit_or_merge, flinkc::BitsState)                         \
  FLINKC_AGGREGATE_MERGE(K, flinkc_bit_xor_merge, flinkc::BitsState)                        \
  FLINKC_BITS_RESULT(K, int8_t, i8)                                                         \
  FLINKC_BITS_RESULT(K, int16_t, i16)                                                       \
  FLINKC_BITS_RESULT(K, int32_t, i32)                                                       \
  FLINKC_BITS_RESULT(K, int64_t, i64)                                                       \
  FLINKC_AGGREGATE_STEP(K, flinkc_count_true, flinkc::CountState, bool a)                   \
  FLINKC_AGGREGATE_STEP(K, flinkc_count_true_retract, flinkc::CountState, bool a)           \
  FLINKC_AGGREGATE_STEP(K, flinkc_median, flinkc::PercentileState, double a)                \
  FLINKC_AGGREGATE_MERGE(K, flinkc_median_merge, flinkc::PercentileState)                   \
  FLINKC_AGGREGATE_RESULT(K, flinkc_median_result, flinkc::PercentileState, double)         \
  /* `shares`: an ARRAY<DOUBLE>, the same for each row */                                   \
  FLINKC_AGGREGATE_STEP(K, flinkc_percentiles, flinkc::PercentilesState, double a,          \
                        const flinkc::StringValue* shares)                                  \
  FLINKC_AGGREGATE_MERGE(K, flinkc_percentiles_merge, flinkc::PercentilesState)             \
  FLINKC_AGGREGATE_RESULT(K, flinkc_percentiles_result, flinkc::PercentilesState,           \
                          flinkc::StringValue)

FLINKC_AGGREGATE_MOMENTS_KERNELS(FLINKC_DECLARE_KERNEL)
