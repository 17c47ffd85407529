// Accumulators that keep all their values: array_agg, collect, json_arrayagg, json_objectagg.
// Conventions as in aggregate.h.
#pragma once

#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/aggregate.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"

namespace flinkc {

// Each value as u32 size and as many bytes, as it lies in an element; NULL has the size UINT32_MAX.
struct ValuesState {
  StateBlob values;
  int64_t count;
};

// Reads them one after the other.
class KeptValues {
 public:
  explicit KeptValues(const ValuesState& state)
      : at_(state.values.data), end_(state.values.data + state.values.size) {}

  bool Next() {
    if (at_ == end_) return false;
    __builtin_memcpy(&size_, at_, sizeof(size_));
    bytes_ = at_ + sizeof(size_);
    at_ = bytes_ + (is_null() ? 0 : size_);
    return true;
  }
  bool is_null() const { return size_ == UINT32_MAX; }
  const char* bytes() const { return bytes_; }
  uint32_t size() const { return size_; }

 private:
  const char* at_;
  const char* end_;
  const char* bytes_ = nullptr;
  uint32_t size_ = 0;
};

}  // namespace flinkc

// `kind`, an immediate: the ElementKind of the values.
#define FLINKC_KEEP_VALUE(K, A, t)                                                              \
  FLINKC_AGGREGATE_STEP(K, flinkc_keep_##t, flinkc::ValuesState, A a, bool valid, int64_t kind) \
  FLINKC_AGGREGATE_STEP(K, flinkc_keep_not_null_##t, flinkc::ValuesState, A a, int64_t kind)

#define FLINKC_AGGREGATE_LIST_KERNELS(K)                                                    \
  FLINKC_KEEP_VALUE(K, bool, bool)                                                          \
  FLINKC_KEEP_VALUE(K, int8_t, i8)                                                          \
  FLINKC_KEEP_VALUE(K, int16_t, i16)                                                        \
  FLINKC_KEEP_VALUE(K, int32_t, i32)                                                        \
  FLINKC_KEEP_VALUE(K, int64_t, i64)                                                        \
  FLINKC_KEEP_VALUE(K, float, f32)                                                          \
  FLINKC_KEEP_VALUE(K, double, f64)                                                         \
  FLINKC_KEEP_VALUE(K, const flinkc::Int128*, decimal)                                      \
  FLINKC_KEEP_VALUE(K, const flinkc::StringValue*, text)                                    \
  K(int32_t, flinkc_keep_merge,                                                             \
    (flinkc::KernelContext * context, flinkc::StateHeap * heap, flinkc::ValuesState * into, \
     const flinkc::ValuesState* from, int64_t kind))                                        \
  /* kKernelNull of no rows, and where the array would have 4 GiB. */                       \
  K(int32_t, flinkc_array_agg_result,                                                       \
    (flinkc::KernelContext * context, const flinkc::ValuesState* state, int64_t kind,       \
     flinkc::StringValue* out))                                                             \
  /* Texts that are JSON already. */                                                        \
  FLINKC_AGGREGATE_STEP(K, flinkc_json_arrayagg, flinkc::ValuesState,                       \
                        const flinkc::StringValue* a)                                       \
  FLINKC_AGGREGATE_STEP(K, flinkc_json_objectagg, flinkc::ValuesState,                      \
                        const flinkc::StringValue* key, const flinkc::StringValue* value)   \
  FLINKC_AGGREGATE_MERGE(K, flinkc_json_merge, flinkc::ValuesState)                         \
  FLINKC_AGGREGATE_RESULT(K, flinkc_json_arrayagg_result, flinkc::ValuesState, flinkc::StringValue)

FLINKC_AGGREGATE_LIST_KERNELS(FLINKC_DECLARE_KERNEL)
