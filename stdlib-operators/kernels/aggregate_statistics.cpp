#include "stdlib-operators/kernels/aggregate_statistics.h"

#include <bit>

#include "stdlib-operators/kernels/native/math.h"
#include "stdlib-operators/kernels/percentile.h"
#include "stdlib-operators/kernels/sketch.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

// Squares / divisor, or NULL where there are too few rows.
int32_t GiveVariance(const VarianceState* state, int64_t divisor, bool root, double* out) {
  if (divisor <= 0) return kKernelNull;
  const double variance = state->squares / static_cast<double>(divisor);
  *out = CanonicalNan(root ? flinkc_native_sqrt_f64(variance) : variance);
  return kKernelOk;
}

int32_t KeepTruth(TruthState* state, bool value, bool all) {
  if (!state->seen) {
    *state = {true, value};
  } else {
    state->value = all ? state->value && value : state->value || value;
  }
  return kKernelOk;
}

int32_t AppendToList(StateHeap* heap, ListState* state, const StringValue& text,
                     std::string_view separator) {
  const uint64_t size = uint64_t{state->text.size} + separator.size() + text.size;
  if (!GrowTo(heap, &state->text, size)) return Failure(RowStatus::kMemoryLimit);
  if (!state->seen) {
    state->first_separator = static_cast<uint32_t>(separator.size());
    state->seen = true;
  }
  AppendBytes(heap, &state->text, separator.data(), static_cast<uint32_t>(separator.size()));
  return AppendBytes(heap, &state->text, text.data(), text.size);
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_variance(KernelContext* context, StateHeap* heap, VarianceState* state, double a) {
  ++state->count;
  const double distance = a - state->mean;
  state->mean += distance / static_cast<double>(state->count);
  state->squares += distance * (a - state->mean);
  return kKernelOk;
}

int32_t flinkc_variance_retract(KernelContext* context, StateHeap* heap, VarianceState* state,
                                double a) {
  if (state->count <= 1) {
    *state = {};
    return kKernelOk;
  }
  --state->count;
  const double distance = a - state->mean;
  state->mean -= distance / static_cast<double>(state->count);
  state->squares -= distance * (a - state->mean);
  // A rest of rounding must not become the root of a negative number; NaN stays.
  if (state->squares < 0) state->squares = 0;
  return kKernelOk;
}

int32_t flinkc_variance_merge(KernelContext* context, StateHeap* heap, VarianceState* into,
                              const VarianceState* from) {
  if (from->count == 0) return kKernelOk;
  if (into->count == 0) {
    *into = *from;
    return kKernelOk;
  }
  const auto a = static_cast<double>(into->count), b = static_cast<double>(from->count);
  const double distance = from->mean - into->mean;
  into->count += from->count;
  into->mean += distance * (b / (a + b));
  into->squares += from->squares + distance * distance * (a * (b / (a + b)));
  return kKernelOk;
}

int32_t flinkc_var_pop_result(KernelContext* context, const VarianceState* state, double* out) {
  return GiveVariance(state, state->count, false, out);
}
int32_t flinkc_var_samp_result(KernelContext* context, const VarianceState* state, double* out) {
  return GiveVariance(state, state->count - 1, false, out);
}
int32_t flinkc_stddev_pop_result(KernelContext* context, const VarianceState* state, double* out) {
  return GiveVariance(state, state->count, true, out);
}
int32_t flinkc_stddev_samp_result(KernelContext* context, const VarianceState* state, double* out) {
  return GiveVariance(state, state->count - 1, true, out);
}

int32_t flinkc_bool_and(KernelContext* context, StateHeap* heap, TruthState* state, bool a) {
  return KeepTruth(state, a, true);
}
int32_t flinkc_bool_or(KernelContext* context, StateHeap* heap, TruthState* state, bool a) {
  return KeepTruth(state, a, false);
}
int32_t flinkc_bool_and_merge(KernelContext* context, StateHeap* heap, TruthState* into,
                              const TruthState* from) {
  return from->seen ? KeepTruth(into, from->value, true) : kKernelOk;
}
int32_t flinkc_bool_or_merge(KernelContext* context, StateHeap* heap, TruthState* into,
                             const TruthState* from) {
  return from->seen ? KeepTruth(into, from->value, false) : kKernelOk;
}
int32_t flinkc_truth_result(KernelContext* context, const TruthState* state, bool* out) {
  if (!state->seen) return kKernelNull;
  *out = state->value;
  return kKernelOk;
}

int32_t flinkc_percentile(KernelContext* context, StateHeap* heap, PercentileState* state, double a,
                          double p, int64_t share) {
  return AppendBytes(heap, &state->values, reinterpret_cast<const char*>(&a), sizeof(a));
}

int32_t flinkc_percentile_merge(KernelContext* context, StateHeap* heap, PercentileState* into,
                                const PercentileState* from, int64_t share) {
  return AppendBytes(heap, &into->values, from->values.data, from->values.size);
}

int32_t flinkc_percentile_result(KernelContext* context, const PercentileState* state,
                                 int64_t share, double* out) {
  if (state->values.size == 0) return kKernelNull;
  const ScratchDoubles copy(context, state->values);
  *out = SelectPercentile(copy.values(), copy.count(), std::bit_cast<double>(share));
  return kKernelOk;
}

#define FLINKC_DEFINE_SKETCH(A, hash, t)                                                        \
  int32_t flinkc_sketch_##t(KernelContext* context, StateHeap* heap, SketchState* state, A a) { \
    return AddToSketch(heap, state, hash);                                                      \
  }
FLINKC_DEFINE_SKETCH(bool, HashInteger(a), bool)
FLINKC_DEFINE_SKETCH(int8_t, HashInteger(a), i8)
FLINKC_DEFINE_SKETCH(int16_t, HashInteger(a), i16)
FLINKC_DEFINE_SKETCH(int32_t, HashInteger(a), i32)
FLINKC_DEFINE_SKETCH(int64_t, HashInteger(a), i64)
FLINKC_DEFINE_SKETCH(float, HashDouble(a), f32)
FLINKC_DEFINE_SKETCH(double, HashDouble(a), f64)
FLINKC_DEFINE_SKETCH(const Int128*, HashBytes(reinterpret_cast<const char*>(a), sizeof(Int128)),
                     decimal)
FLINKC_DEFINE_SKETCH(const StringValue*, HashBytes(a->data(), a->size), text)

int32_t flinkc_sketch_merge(KernelContext* context, StateHeap* heap, SketchState* into,
                            const SketchState* from) {
  return MergeSketch(heap, into, from);
}

int32_t flinkc_sketch_result(KernelContext* context, const SketchState* state, int64_t* out) {
  *out = EstimateSketch(*state);
  return kKernelOk;
}

int32_t flinkc_listagg(KernelContext* context, StateHeap* heap, ListState* state,
                       const StringValue* a) {
  return AppendToList(heap, state, *a, ",");
}
int32_t flinkc_listagg_separator(KernelContext* context, StateHeap* heap, ListState* state,
                                 const StringValue* a, const StringValue* separator) {
  return AppendToList(heap, state, *a, separator->view());
}
int32_t flinkc_listagg_merge(KernelContext* context, StateHeap* heap, ListState* into,
                             const ListState* from) {
  if (!from->seen) return kKernelOk;
  const int32_t status = AppendBytes(heap, &into->text, from->text.data, from->text.size);
  if (status == kKernelOk && !into->seen) {
    into->seen = true;
    into->first_separator = from->first_separator;
  }
  return status;
}
int32_t flinkc_listagg_result(KernelContext* context, const ListState* state, StringValue* out) {
  if (!state->seen) return kKernelNull;
  return GiveCopy(context, state->text.data + state->first_separator,
                  state->text.size - state->first_separator, out);
}

}  // extern "C"
