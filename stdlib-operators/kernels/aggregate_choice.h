// Accumulators that keep the value of one row: first_value, last_value, min_by, max_by. Conventions
// as in aggregate.h.
#pragma once

#include "stdlib-operators/kernels/aggregate.h"

namespace flinkc {

// A value of any type: up to 16 bytes as they are, or text as a StateBlob. The tables of
// accumulators know which it is (AggregateResolution::blob_offsets).
struct KeptValue {
  uint64_t words[2];
};

struct FirstState {
  KeptValue value;
  bool seen;
};

// The value of the row that comes first by `order`; of equal ones the first row.
struct ChoiceState {
  KeptValue value;
  KeptValue order;
  bool seen;
  bool value_valid;
};

}  // namespace flinkc

#define FLINKC_FIRST_OF(K, A, T, t)                                             \
  FLINKC_AGGREGATE_STEP(K, flinkc_first_value_##t, flinkc::FirstState, A a)     \
  FLINKC_AGGREGATE_STEP(K, flinkc_last_value_##t, flinkc::FirstState, A a)      \
  K(int32_t, flinkc_first_result_##t,                                           \
    (flinkc::KernelContext * context, const flinkc::FirstState* state, T* out)) \
  K(int32_t, flinkc_choice_result_##t,                                          \
    (flinkc::KernelContext * context, const flinkc::ChoiceState* state, T* out))

// By the type of the value (A, a) and of what orders it (B, b).
#define FLINKC_CHOICE_OF(K, A, a, B, b)                                                       \
  FLINKC_AGGREGATE_STEP(K, flinkc_min_by_##a##_##b, flinkc::ChoiceState, A value, bool valid, \
                        B order, bool order_valid)                                            \
  FLINKC_AGGREGATE_STEP(K, flinkc_max_by_##a##_##b, flinkc::ChoiceState, A value, bool valid, \
                        B order, bool order_valid)

// X(K, A, a): every way a value is passed.
#define FLINKC_EACH_ORDER(X, K, A, a)        \
  X(K, A, a, bool, bool)                     \
  X(K, A, a, int32_t, i32)                   \
  X(K, A, a, int64_t, i64)                   \
  X(K, A, a, double, f64)                    \
  X(K, A, a, const flinkc::Int128*, decimal) \
  X(K, A, a, const flinkc::StringValue*, text)

#define FLINKC_EACH_CHOICE(X, K)                          \
  FLINKC_EACH_ORDER(X, K, bool, bool)                     \
  FLINKC_EACH_ORDER(X, K, int8_t, i8)                     \
  FLINKC_EACH_ORDER(X, K, int16_t, i16)                   \
  FLINKC_EACH_ORDER(X, K, int32_t, i32)                   \
  FLINKC_EACH_ORDER(X, K, int64_t, i64)                   \
  FLINKC_EACH_ORDER(X, K, float, f32)                     \
  FLINKC_EACH_ORDER(X, K, double, f64)                    \
  FLINKC_EACH_ORDER(X, K, const flinkc::Int128*, decimal) \
  FLINKC_EACH_ORDER(X, K, const flinkc::StringValue*, text)

// By whether the value is text, and by the type of what orders it.
#define FLINKC_CHOICE_MERGE_OF(K, a, b)                                         \
  FLINKC_AGGREGATE_MERGE(K, flinkc_min_by_merge_##a##_##b, flinkc::ChoiceState) \
  FLINKC_AGGREGATE_MERGE(K, flinkc_max_by_merge_##a##_##b, flinkc::ChoiceState)

#define FLINKC_EACH_CHOICE_MERGE(X, K) \
  X(K, fixed, bool)                    \
  X(K, fixed, i32)                     \
  X(K, fixed, i64)                     \
  X(K, fixed, f64)                     \
  X(K, fixed, decimal)                 \
  X(K, fixed, text)                    \
  X(K, text, bool)                     \
  X(K, text, i32)                      \
  X(K, text, i64)                      \
  X(K, text, f64)                      \
  X(K, text, decimal)                  \
  X(K, text, text)

#define FLINKC_AGGREGATE_CHOICE_KERNELS(K)                                  \
  FLINKC_FIRST_OF(K, bool, bool, bool)                                      \
  FLINKC_FIRST_OF(K, int8_t, int8_t, i8)                                    \
  FLINKC_FIRST_OF(K, int16_t, int16_t, i16)                                 \
  FLINKC_FIRST_OF(K, int32_t, int32_t, i32)                                 \
  FLINKC_FIRST_OF(K, int64_t, int64_t, i64)                                 \
  FLINKC_FIRST_OF(K, float, float, f32)                                     \
  FLINKC_FIRST_OF(K, double, double, f64)                                   \
  FLINKC_FIRST_OF(K, const flinkc::Int128*, flinkc::Int128, decimal)        \
  FLINKC_FIRST_OF(K, const flinkc::StringValue*, flinkc::StringValue, text) \
  FLINKC_AGGREGATE_MERGE(K, flinkc_first_merge_fixed, flinkc::FirstState)   \
  FLINKC_AGGREGATE_MERGE(K, flinkc_last_merge_fixed, flinkc::FirstState)    \
  FLINKC_AGGREGATE_MERGE(K, flinkc_first_merge_text, flinkc::FirstState)    \
  FLINKC_AGGREGATE_MERGE(K, flinkc_last_merge_text, flinkc::FirstState)     \
  FLINKC_EACH_CHOICE(FLINKC_CHOICE_OF, K)                                   \
  FLINKC_EACH_CHOICE_MERGE(FLINKC_CHOICE_MERGE_OF, K)

FLINKC_AGGREGATE_CHOICE_KERNELS(FLINKC_DECLARE_KERNEL)
