// Accumulators of fixed size: count, sum, avg, min, max. All-zero is the state of no rows. Sums are
// kept wider than any input, so that neither the order of rows nor merging changes the result; what
// does not fit the result's type fails (integers) or is NULL (DECIMAL) when the result is made.
//
// accumulate and retract: (context, heap, state, arguments…); merge: (context, heap, into, from);
// result: (context, state, immediates…, out). See compiler/expression/function_record.h.
#pragma once

#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

struct CountState {
  int64_t count;
};

// TINYINT, SMALLINT, INT.
struct IntegerSumState {
  int64_t sum;
  int64_t count;
};

// BIGINT and DECIMAL up to 18 digits: 2^63 rows of them fit 128 bits.
struct LongSumState {
  uint64_t low;
  int64_t high;
  int64_t count;
};

// DECIMAL over 18 digits: 192 bits.
struct WideSumState {
  uint64_t low;
  uint64_t middle;
  int64_t high;
  int64_t count;
};

struct FloatSumState {
  double sum;
  int64_t count;
};

// min and max of up to 64 bits; DECIMAL; text.
template <typename T>
struct ExtremeState {
  T value;
  bool seen;
};
struct DecimalExtremeState {
  uint64_t words[2];
  bool seen;
};
struct TextExtremeState {
  StateBlob text;
  bool seen;
};

}  // namespace flinkc

#define FLINKC_AGGREGATE_STEP(K, name, State, ...) \
  K(int32_t, name,                                 \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, State * state, __VA_ARGS__))
#define FLINKC_AGGREGATE_MERGE(K, name, State) \
  K(int32_t, name,                             \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, State * into, const State* from))

// X(K, A, T, t): every type of argument A, and of result T.
#define FLINKC_EACH_VALUE_TYPE(X, K)                   \
  X(K, bool, bool, bool)                               \
  X(K, int8_t, int8_t, i8)                             \
  X(K, int16_t, int16_t, i16)                          \
  X(K, int32_t, int32_t, i32)                          \
  X(K, int64_t, int64_t, i64)                          \
  X(K, float, float, f32)                              \
  X(K, double, double, f64)                            \
  X(K, const flinkc::Int128*, flinkc::Int128, decimal) \
  X(K, const flinkc::StringValue*, flinkc::StringValue, text)

#define FLINKC_COUNT_OF(K, T, t)                                      \
  FLINKC_AGGREGATE_STEP(K, flinkc_count_##t, flinkc::CountState, T a) \
  FLINKC_AGGREGATE_STEP(K, flinkc_count_retract_##t, flinkc::CountState, T a)

// sum_##t, its retraction and merge, and the results of sum and avg.
#define FLINKC_SUM_OF(K, State, A, T, t)                                                           \
  FLINKC_AGGREGATE_STEP(K, flinkc_sum_##t, State, A a)                                             \
  FLINKC_AGGREGATE_STEP(K, flinkc_sum_retract_##t, State, A a)                                     \
  FLINKC_AGGREGATE_MERGE(K, flinkc_sum_merge_##t, State)                                           \
  K(int32_t, flinkc_sum_result_##t, (flinkc::KernelContext * context, const State* state, T* out)) \
  K(int32_t, flinkc_avg_result_##t, (flinkc::KernelContext * context, const State* state, T* out))

// Every kernel of an aggregate takes its immediates: `shift` is how many digits of scale avg has
// more than its argument.
#define FLINKC_DECIMAL_SUM_OF(K, State, t)                                                        \
  FLINKC_AGGREGATE_STEP(K, flinkc_sum_##t, State, const flinkc::Int128* a)                        \
  FLINKC_AGGREGATE_STEP(K, flinkc_sum_retract_##t, State, const flinkc::Int128* a)                \
  FLINKC_AGGREGATE_MERGE(K, flinkc_sum_merge_##t, State)                                          \
  K(int32_t, flinkc_sum_result_##t,                                                               \
    (flinkc::KernelContext * context, const State* state, flinkc::Int128* out))                   \
  FLINKC_AGGREGATE_STEP(K, flinkc_avg_##t, State, const flinkc::Int128* a, int64_t shift)         \
  FLINKC_AGGREGATE_STEP(K, flinkc_avg_retract_##t, State, const flinkc::Int128* a, int64_t shift) \
  K(int32_t, flinkc_avg_merge_##t,                                                                \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, State * into, const State* from,  \
     int64_t shift))                                                                              \
  K(int32_t, flinkc_avg_result_##t,                                                               \
    (flinkc::KernelContext * context, const State* state, int64_t shift, flinkc::Int128* out))

#define FLINKC_EXTREMES_OF(K, State, A, T, t)            \
  FLINKC_AGGREGATE_STEP(K, flinkc_min_##t, State, A a)   \
  FLINKC_AGGREGATE_STEP(K, flinkc_max_##t, State, A a)   \
  FLINKC_AGGREGATE_MERGE(K, flinkc_min_merge_##t, State) \
  FLINKC_AGGREGATE_MERGE(K, flinkc_max_merge_##t, State) \
  K(int32_t, flinkc_extreme_result_##t,                  \
    (flinkc::KernelContext * context, const State* state, T* out))

#define FLINKC_AGGREGATE_KERNELS(K)                                                                \
  K(int32_t, flinkc_count_star,                                                                    \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::CountState * state))       \
  K(int32_t, flinkc_count_if,                                                                      \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::CountState * state,        \
     bool counts))                                                                                 \
  K(int32_t, flinkc_count_star_retract,                                                            \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::CountState * state))       \
  FLINKC_AGGREGATE_MERGE(K, flinkc_count_merge, flinkc::CountState)                                \
  K(int32_t, flinkc_count_result,                                                                  \
    (flinkc::KernelContext * context, const flinkc::CountState* state, int64_t* out))              \
  FLINKC_COUNT_OF(K, bool, bool)                                                                   \
  FLINKC_COUNT_OF(K, int8_t, i8)                                                                   \
  FLINKC_COUNT_OF(K, int16_t, i16)                                                                 \
  FLINKC_COUNT_OF(K, int32_t, i32)                                                                 \
  FLINKC_COUNT_OF(K, int64_t, i64)                                                                 \
  FLINKC_COUNT_OF(K, float, f32)                                                                   \
  FLINKC_COUNT_OF(K, double, f64)                                                                  \
  FLINKC_COUNT_OF(K, const flinkc::Int128*, decimal)                                               \
  FLINKC_COUNT_OF(K, const flinkc::StringValue*, text)                                             \
  FLINKC_SUM_OF(K, flinkc::IntegerSumState, int8_t, int8_t, i8)                                    \
  FLINKC_SUM_OF(K, flinkc::IntegerSumState, int16_t, int16_t, i16)                                 \
  FLINKC_SUM_OF(K, flinkc::IntegerSumState, int32_t, int32_t, i32)                                 \
  FLINKC_SUM_OF(K, flinkc::LongSumState, int64_t, int64_t, i64)                                    \
  FLINKC_SUM_OF(K, flinkc::FloatSumState, float, float, f32)                                       \
  FLINKC_SUM_OF(K, flinkc::FloatSumState, double, double, f64)                                     \
  FLINKC_DECIMAL_SUM_OF(K, flinkc::LongSumState, decimal)                                          \
  FLINKC_DECIMAL_SUM_OF(K, flinkc::WideSumState, wide_decimal)                                     \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<bool>, bool, bool, bool)                              \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<int8_t>, int8_t, int8_t, i8)                          \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<int16_t>, int16_t, int16_t, i16)                      \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<int32_t>, int32_t, int32_t, i32)                      \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<int64_t>, int64_t, int64_t, i64)                      \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<float>, float, float, f32)                            \
  FLINKC_EXTREMES_OF(K, flinkc::ExtremeState<double>, double, double, f64)                         \
  FLINKC_EXTREMES_OF(K, flinkc::DecimalExtremeState, const flinkc::Int128*, flinkc::Int128,        \
                     decimal)                                                                      \
  FLINKC_EXTREMES_OF(K, flinkc::TextExtremeState, const flinkc::StringValue*, flinkc::StringValue, \
                     text)

FLINKC_AGGREGATE_KERNELS(FLINKC_DECLARE_KERNEL)
