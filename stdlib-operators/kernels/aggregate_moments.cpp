#include "stdlib-operators/kernels/aggregate_moments.h"

#include "stdlib-operators/kernels/array_builder.h"
#include "stdlib-operators/kernels/native/math.h"
#include "stdlib-operators/kernels/percentile.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

int32_t GiveDouble(double value, double* out) {
  *out = CanonicalNan(value);
  return kKernelOk;
}

// `combine` of what was kept and another value.
template <typename Combine>
int32_t Combined(BitsState* state, int64_t bits, int64_t count, Combine combine) {
  if (count == 0) return kKernelOk;
  state->bits = state->count == 0 ? bits : combine(state->bits, bits);
  state->count += count;
  return kKernelOk;
}

int64_t BitAnd(int64_t a, int64_t b) { return a & b; }
int64_t BitOr(int64_t a, int64_t b) { return a | b; }
int64_t BitXor(int64_t a, int64_t b) { return a ^ b; }

template <typename T>
int32_t GiveBits(const BitsState* state, T* out) {
  if (state->count == 0) return kKernelNull;
  *out = static_cast<T>(state->bits);
  return kKernelOk;
}

int32_t AppendDouble(StateHeap* heap, StateBlob* blob, double value) {
  return AppendBytes(heap, blob, reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_covariance(KernelContext* context, StateHeap* heap, CovarianceState* state, double y,
                          double x) {
  ++state->count;
  const auto count = static_cast<double>(state->count);
  const double distance_y = y - state->mean_y, distance_x = x - state->mean_x;
  state->mean_y += distance_y / count;
  state->mean_x += distance_x / count;
  state->squares_y += distance_y * (y - state->mean_y);
  state->squares_x += distance_x * (x - state->mean_x);
  state->products += distance_y * (x - state->mean_x);
  return kKernelOk;
}

int32_t flinkc_covariance_merge(KernelContext* context, StateHeap* heap, CovarianceState* into,
                                const CovarianceState* from) {
  if (from->count == 0) return kKernelOk;
  if (into->count == 0) {
    *into = *from;
    return kKernelOk;
  }
  const auto a = static_cast<double>(into->count), b = static_cast<double>(from->count);
  const double distance_y = from->mean_y - into->mean_y, distance_x = from->mean_x - into->mean_x;
  const double share = b / (a + b);
  into->count += from->count;
  into->mean_y += distance_y * share;
  into->mean_x += distance_x * share;
  into->squares_y += from->squares_y + distance_y * distance_y * (a * share);
  into->squares_x += from->squares_x + distance_x * distance_x * (a * share);
  into->products += from->products + distance_y * distance_x * (a * share);
  return kKernelOk;
}

int32_t flinkc_covar_pop_result(KernelContext* context, const CovarianceState* state, double* out) {
  if (state->count == 0) return kKernelNull;
  return GiveDouble(state->products / static_cast<double>(state->count), out);
}
int32_t flinkc_covar_samp_result(KernelContext* context, const CovarianceState* state,
                                 double* out) {
  if (state->count < 2) return kKernelNull;
  return GiveDouble(state->products / static_cast<double>(state->count - 1), out);
}
int32_t flinkc_corr_result(KernelContext* context, const CovarianceState* state, double* out) {
  const double square = state->squares_y * state->squares_x;
  if (state->count == 0 || square == 0) return kKernelNull;
  // Rounding must not lead outside of what a correlation can be.
  const double correlation = state->products / flinkc_native_sqrt_f64(square);
  return GiveDouble(correlation > 1 ? 1 : correlation < -1 ? -1 : correlation, out);
}
int32_t flinkc_regr_slope_result(KernelContext* context, const CovarianceState* state,
                                 double* out) {
  if (state->squares_x == 0) return kKernelNull;
  return GiveDouble(state->products / state->squares_x, out);
}
int32_t flinkc_regr_intercept_result(KernelContext* context, const CovarianceState* state,
                                     double* out) {
  if (state->squares_x == 0) return kKernelNull;
  return GiveDouble(state->mean_y - state->products / state->squares_x * state->mean_x, out);
}
int32_t flinkc_regr_r2_result(KernelContext* context, const CovarianceState* state, double* out) {
  if (state->squares_x == 0) return kKernelNull;
  if (state->squares_y == 0) return GiveDouble(1, out);
  return GiveDouble(state->products * state->products / (state->squares_x * state->squares_y), out);
}
int32_t flinkc_regr_count_result(KernelContext* context, const CovarianceState* state,
                                 int64_t* out) {
  *out = state->count;
  return kKernelOk;
}

int32_t flinkc_bit_and(KernelContext* context, StateHeap* heap, BitsState* state, int64_t a) {
  return Combined(state, a, 1, BitAnd);
}
int32_t flinkc_bit_or(KernelContext* context, StateHeap* heap, BitsState* state, int64_t a) {
  return Combined(state, a, 1, BitOr);
}
int32_t flinkc_bit_xor(KernelContext* context, StateHeap* heap, BitsState* state, int64_t a) {
  return Combined(state, a, 1, BitXor);
}
int32_t flinkc_bit_xor_retract(KernelContext* context, StateHeap* heap, BitsState* state,
                               int64_t a) {
  state->bits ^= a;
  --state->count;
  return kKernelOk;
}
int32_t flinkc_bit_and_merge(KernelContext* context, StateHeap* heap, BitsState* into,
                             const BitsState* from) {
  return Combined(into, from->bits, from->count, BitAnd);
}
int32_t flinkc_bit_or_merge(KernelContext* context, StateHeap* heap, BitsState* into,
                            const BitsState* from) {
  return Combined(into, from->bits, from->count, BitOr);
}
int32_t flinkc_bit_xor_merge(KernelContext* context, StateHeap* heap, BitsState* into,
                             const BitsState* from) {
  return Combined(into, from->bits, from->count, BitXor);
}
int32_t flinkc_bits_result_i8(KernelContext* context, const BitsState* state, int8_t* out) {
  return GiveBits(state, out);
}
int32_t flinkc_bits_result_i16(KernelContext* context, const BitsState* state, int16_t* out) {
  return GiveBits(state, out);
}
int32_t flinkc_bits_result_i32(KernelContext* context, const BitsState* state, int32_t* out) {
  return GiveBits(state, out);
}
int32_t flinkc_bits_result_i64(KernelContext* context, const BitsState* state, int64_t* out) {
  return GiveBits(state, out);
}

int32_t flinkc_count_true(KernelContext* context, StateHeap* heap, CountState* state, bool a) {
  state->count += a;
  return kKernelOk;
}
int32_t flinkc_count_true_retract(KernelContext* context, StateHeap* heap, CountState* state,
                                  bool a) {
  state->count -= a;
  return kKernelOk;
}

int32_t flinkc_median(KernelContext* context, StateHeap* heap, PercentileState* state, double a) {
  return AppendDouble(heap, &state->values, a);
}
int32_t flinkc_median_merge(KernelContext* context, StateHeap* heap, PercentileState* into,
                            const PercentileState* from) {
  return AppendBytes(heap, &into->values, from->values.data, from->values.size);
}
int32_t flinkc_median_result(KernelContext* context, const PercentileState* state, double* out) {
  if (state->values.size == 0) return kKernelNull;
  const ScratchDoubles copy(context, state->values);
  *out = SelectPercentile(copy.values(), copy.count(), 0.5);
  return kKernelOk;
}

int32_t flinkc_percentiles(KernelContext* context, StateHeap* heap, PercentilesState* state,
                           double a, const StringValue* shares) {
  if (state->shares.size == 0) {
    const NestedReader reader = NestedReader::Open(*shares);
    for (uint32_t i = 0; i < reader.header.count; ++i) {
      double share;
      __builtin_memcpy(&share, reader.Slot(i), sizeof(share));
      const int32_t status = AppendDouble(heap, &state->shares, share);
      if (status != kKernelOk) return status;
    }
  }
  return AppendDouble(heap, &state->values, a);
}
int32_t flinkc_percentiles_merge(KernelContext* context, StateHeap* heap, PercentilesState* into,
                                 const PercentilesState* from) {
  if (into->shares.size == 0) {
    const int32_t status = AppendBytes(heap, &into->shares, from->shares.data, from->shares.size);
    if (status != kKernelOk) return status;
  }
  return AppendBytes(heap, &into->values, from->values.data, from->values.size);
}
int32_t flinkc_percentiles_result(KernelContext* context, const PercentilesState* state,
                                  StringValue* out) {
  if (state->values.size == 0) return kKernelNull;
  const auto count = static_cast<uint32_t>(state->shares.size / sizeof(double));
  ArrayBuilder builder(context, count, sizeof(double), 0);
  const ScratchDoubles copy(context, state->values);
  for (uint32_t i = 0; i < count; ++i) {
    double share;
    __builtin_memcpy(&share, state->shares.data + i * sizeof(double), sizeof(share));
    const double value = SelectPercentile(copy.values(), copy.count(), share);
    builder.SetFixed(i, &value);
  }
  *out = builder.Finish();
  return kKernelOk;
}

}  // extern "C"
