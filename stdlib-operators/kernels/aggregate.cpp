#include "stdlib-operators/kernels/aggregate.h"

#include <limits>

#include "stdlib-operators/kernels/comparison.h"
#include "stdlib-operators/kernels/decimal_math.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

int32_t Add(IntegerSumState* state, int64_t value, int64_t rows) {
  state->count += rows;
  return __builtin_add_overflow(state->sum, value, &state->sum)
             ? Failure(RowStatus::kIntegerOverflow)
             : kKernelOk;
}

Int128 SumOf(const LongSumState& state) {
  return static_cast<Int128>((static_cast<UInt128>(static_cast<uint64_t>(state.high)) << 64) |
                             state.low);
}

int32_t Add(LongSumState* state, Int128 value, int64_t rows) {
  const Int128 sum = SumOf(*state) + value;
  state->low = static_cast<uint64_t>(sum);
  state->high = static_cast<int64_t>(sum >> 64);
  state->count += rows;
  return kKernelOk;
}

// Adds the 192-bit number (low 128 bits, high 64 bits).
int32_t AddWords(WideSumState* state, UInt128 low, int64_t high, int64_t rows) {
  const UInt128 before = (static_cast<UInt128>(state->middle) << 64) | state->low;
  const UInt128 sum = before + low;
  state->low = static_cast<uint64_t>(sum);
  state->middle = static_cast<uint64_t>(sum >> 64);
  state->high += high + (sum < before ? 1 : 0);
  state->count += rows;
  return kKernelOk;
}

int32_t Add(WideSumState* state, Int128 value, int64_t rows) {
  return AddWords(state, static_cast<UInt128>(value), value < 0 ? -1 : 0, rows);
}

int32_t Add(FloatSumState* state, double value, int64_t rows) {
  state->count += rows;
  // What rounding, an infinity or a NaN left behind goes with the last row.
  state->sum = state->count == 0 ? 0 : state->sum + value;
  return kKernelOk;
}

int32_t Merge(IntegerSumState* into, const IntegerSumState* from) {
  return Add(into, from->sum, from->count);
}
int32_t Merge(LongSumState* into, const LongSumState* from) {
  return Add(into, SumOf(*from), from->count);
}
int32_t Merge(WideSumState* into, const WideSumState* from) {
  return AddWords(into, (static_cast<UInt128>(from->middle) << 64) | from->low, from->high,
                  from->count);
}
int32_t Merge(FloatSumState* into, const FloatSumState* from) {
  return Add(into, from->sum, from->count);
}

template <typename T>
int32_t GiveInteger(Int128 value, T* out) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
    return Failure(RowStatus::kIntegerOverflow);
  }
  *out = static_cast<T>(value);
  return kKernelOk;
}

template <typename T>
int32_t SumResult(const IntegerSumState* state, T* out) {
  return state->count == 0 ? kKernelNull : GiveInteger(state->sum, out);
}
template <typename T>
int32_t AverageResult(const IntegerSumState* state, T* out) {
  return state->count == 0 ? kKernelNull : GiveInteger(state->sum / state->count, out);
}
template <typename T>
int32_t SumResult(const LongSumState* state, T* out) {
  return state->count == 0 ? kKernelNull : GiveInteger(SumOf(*state), out);
}
template <typename T>
int32_t AverageResult(const LongSumState* state, T* out) {
  if (state->count == 0) return kKernelNull;
  const Int128 sum = SumOf(*state);
  if (FitsInt64(sum)) return GiveInteger(static_cast<int64_t>(sum) / state->count, out);
  return GiveInteger(sum / state->count, out);
}
template <typename T>
int32_t SumResult(const FloatSumState* state, T* out) {
  if (state->count == 0) return kKernelNull;
  *out = CanonicalNan(static_cast<T>(state->sum));
  return kKernelOk;
}
template <typename T>
int32_t AverageResult(const FloatSumState* state, T* out) {
  if (state->count == 0) return kKernelNull;
  *out = CanonicalNan(static_cast<T>(state->sum / static_cast<double>(state->count)));
  return kKernelOk;
}

// The sum if it has at most 38 digits, else kNull.
int32_t DecimalSum(const LongSumState* state, Int128* out) {
  if (state->count == 0) return kKernelNull;
  return StoreChecked(SumOf(*state), kDecimalDigitsMax, out);
}
int32_t DecimalSum(const WideSumState* state, Int128* out) {
  if (state->count == 0) return kKernelNull;
  const auto sum = static_cast<Int128>((static_cast<UInt128>(state->middle) << 64) | state->low);
  if (state->high != (sum < 0 ? -1 : 0)) return kKernelNull;
  return StoreChecked(sum, kDecimalDigitsMax, out);
}

template <typename State>
int32_t DecimalAverage(const State* state, int64_t shift, Int128* out) {
  Int128 sum;
  const int32_t status = DecimalSum(state, &sum);
  if (status != kKernelOk) return status;
  return DivideDecimal(LoadInt128(&sum), state->count, shift, kDecimalDigitsMax, out);
}

// Keeps `a` if it comes before (sign -1) or after (sign 1) what is there.
template <typename T>
int32_t Keep(StateHeap* heap, ExtremeState<T>* state, T a, int32_t sign) {
  if (!state->seen || Compare<T>(a, state->value) == sign) {
    state->value = a;
    state->seen = true;
  }
  return kKernelOk;
}

int32_t Keep(StateHeap* heap, DecimalExtremeState* state, const Int128* a, int32_t sign) {
  const Int128 value = LoadInt128(a);
  const Int128 kept = LoadInt128(reinterpret_cast<const Int128*>(state->words));
  if (!state->seen || Compare<Int128>(value, kept) == sign) {
    StoreInt128(reinterpret_cast<Int128*>(state->words), value);
    state->seen = true;
  }
  return kKernelOk;
}

int32_t Keep(StateHeap* heap, TextExtremeState* state, const StringValue* a, int32_t sign) {
  if (state->seen && CompareText(*a, ViewText(state->text)) != sign) return kKernelOk;
  const int32_t status = AssignText(heap, &state->text, a->data(), a->size);
  if (status == kKernelOk) state->seen = true;
  return status;
}

template <typename T>
int32_t KeepState(StateHeap* heap, ExtremeState<T>* into, const ExtremeState<T>* from,
                  int32_t sign) {
  return from->seen ? Keep(heap, into, from->value, sign) : kKernelOk;
}
int32_t KeepState(StateHeap* heap, DecimalExtremeState* into, const DecimalExtremeState* from,
                  int32_t sign) {
  if (!from->seen) return kKernelOk;
  return Keep(heap, into, reinterpret_cast<const Int128*>(from->words), sign);
}
int32_t KeepState(StateHeap* heap, TextExtremeState* into, const TextExtremeState* from,
                  int32_t sign) {
  if (!from->seen) return kKernelOk;
  const StringValue text = ViewText(from->text);
  return Keep(heap, into, &text, sign);
}

template <typename T>
int32_t GiveExtreme(KernelContext* context, const ExtremeState<T>* state, T* out) {
  if (!state->seen) return kKernelNull;
  *out = state->value;
  return kKernelOk;
}
int32_t GiveExtreme(KernelContext* context, const DecimalExtremeState* state, Int128* out) {
  if (!state->seen) return kKernelNull;
  StoreInt128(out, LoadInt128(reinterpret_cast<const Int128*>(state->words)));
  return kKernelOk;
}
int32_t GiveExtreme(KernelContext* context, const TextExtremeState* state, StringValue* out) {
  return state->seen ? GiveText(context, state->text, out) : kKernelNull;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_count_star(KernelContext* context, StateHeap* heap, CountState* state) {
  ++state->count;
  return kKernelOk;
}
int32_t flinkc_count_if(KernelContext* context, StateHeap* heap, CountState* state, bool counts) {
  state->count += counts ? 1 : 0;
  return kKernelOk;
}
int32_t flinkc_count_star_retract(KernelContext* context, StateHeap* heap, CountState* state) {
  --state->count;
  return kKernelOk;
}
int32_t flinkc_count_merge(KernelContext* context, StateHeap* heap, CountState* into,
                           const CountState* from) {
  into->count += from->count;
  return kKernelOk;
}
int32_t flinkc_count_result(KernelContext* context, const CountState* state, int64_t* out) {
  *out = state->count;
  return kKernelOk;
}

#define FLINKC_DEFINE_COUNT(T, t)                                                              \
  int32_t flinkc_count_##t(KernelContext* context, StateHeap* heap, CountState* state, T a) {  \
    ++state->count;                                                                            \
    return kKernelOk;                                                                          \
  }                                                                                            \
  int32_t flinkc_count_retract_##t(KernelContext* context, StateHeap* heap, CountState* state, \
                                   T a) {                                                      \
    --state->count;                                                                            \
    return kKernelOk;                                                                          \
  }
FLINKC_DEFINE_COUNT(bool, bool)
FLINKC_DEFINE_COUNT(int8_t, i8)
FLINKC_DEFINE_COUNT(int16_t, i16)
FLINKC_DEFINE_COUNT(int32_t, i32)
FLINKC_DEFINE_COUNT(int64_t, i64)
FLINKC_DEFINE_COUNT(float, f32)
FLINKC_DEFINE_COUNT(double, f64)
FLINKC_DEFINE_COUNT(const Int128*, decimal)
FLINKC_DEFINE_COUNT(const StringValue*, text)

#define FLINKC_DEFINE_SUM_STEPS(State, A, value, t)                                            \
  int32_t flinkc_sum_##t(KernelContext* context, StateHeap* heap, State* state, A a) {         \
    return Add(state, value, 1);                                                               \
  }                                                                                            \
  int32_t flinkc_sum_retract_##t(KernelContext* context, StateHeap* heap, State* state, A a) { \
    return Add(state, -value, -1);                                                             \
  }                                                                                            \
  int32_t flinkc_sum_merge_##t(KernelContext* context, StateHeap* heap, State* into,           \
                               const State* from) {                                            \
    return Merge(into, from);                                                                  \
  }
#define FLINKC_DEFINE_SUM(State, A, value, t)                                         \
  FLINKC_DEFINE_SUM_STEPS(State, A, value, t)                                         \
  int32_t flinkc_sum_result_##t(KernelContext* context, const State* state, A* out) { \
    return SumResult(state, out);                                                     \
  }                                                                                   \
  int32_t flinkc_avg_result_##t(KernelContext* context, const State* state, A* out) { \
    return AverageResult(state, out);                                                 \
  }
FLINKC_DEFINE_SUM(IntegerSumState, int8_t, int64_t{a}, i8)
FLINKC_DEFINE_SUM(IntegerSumState, int16_t, int64_t{a}, i16)
FLINKC_DEFINE_SUM(IntegerSumState, int32_t, int64_t{a}, i32)
FLINKC_DEFINE_SUM(LongSumState, int64_t, Int128{a}, i64)
FLINKC_DEFINE_SUM(FloatSumState, float, double{a}, f32)
FLINKC_DEFINE_SUM(FloatSumState, double, a, f64)

#define FLINKC_DEFINE_DECIMAL_SUM(State, t)                                                      \
  FLINKC_DEFINE_SUM_STEPS(State, const Int128*, LoadInt128(a), t)                                \
  int32_t flinkc_sum_result_##t(KernelContext* context, const State* state, Int128* out) {       \
    return DecimalSum(state, out);                                                               \
  }                                                                                              \
  int32_t flinkc_avg_##t(KernelContext* context, StateHeap* heap, State* state, const Int128* a, \
                         int64_t shift) {                                                        \
    return Add(state, LoadInt128(a), 1);                                                         \
  }                                                                                              \
  int32_t flinkc_avg_retract_##t(KernelContext* context, StateHeap* heap, State* state,          \
                                 const Int128* a, int64_t shift) {                               \
    return Add(state, -LoadInt128(a), -1);                                                       \
  }                                                                                              \
  int32_t flinkc_avg_merge_##t(KernelContext* context, StateHeap* heap, State* into,             \
                               const State* from, int64_t shift) {                               \
    return Merge(into, from);                                                                    \
  }                                                                                              \
  int32_t flinkc_avg_result_##t(KernelContext* context, const State* state, int64_t shift,       \
                                Int128* out) {                                                   \
    return DecimalAverage(state, shift, out);                                                    \
  }
FLINKC_DEFINE_DECIMAL_SUM(LongSumState, decimal)
FLINKC_DEFINE_DECIMAL_SUM(WideSumState, wide_decimal)

#define FLINKC_DEFINE_EXTREMES(State, A, T, t)                                            \
  int32_t flinkc_min_##t(KernelContext* context, StateHeap* heap, State* state, A a) {    \
    return Keep(heap, state, a, -1);                                                      \
  }                                                                                       \
  int32_t flinkc_max_##t(KernelContext* context, StateHeap* heap, State* state, A a) {    \
    return Keep(heap, state, a, 1);                                                       \
  }                                                                                       \
  int32_t flinkc_min_merge_##t(KernelContext* context, StateHeap* heap, State* into,      \
                               const State* from) {                                       \
    return KeepState(heap, into, from, -1);                                               \
  }                                                                                       \
  int32_t flinkc_max_merge_##t(KernelContext* context, StateHeap* heap, State* into,      \
                               const State* from) {                                       \
    return KeepState(heap, into, from, 1);                                                \
  }                                                                                       \
  int32_t flinkc_extreme_result_##t(KernelContext* context, const State* state, T* out) { \
    return GiveExtreme(context, state, out);                                              \
  }
FLINKC_DEFINE_EXTREMES(ExtremeState<bool>, bool, bool, bool)
FLINKC_DEFINE_EXTREMES(ExtremeState<int8_t>, int8_t, int8_t, i8)
FLINKC_DEFINE_EXTREMES(ExtremeState<int16_t>, int16_t, int16_t, i16)
FLINKC_DEFINE_EXTREMES(ExtremeState<int32_t>, int32_t, int32_t, i32)
FLINKC_DEFINE_EXTREMES(ExtremeState<int64_t>, int64_t, int64_t, i64)
FLINKC_DEFINE_EXTREMES(ExtremeState<float>, float, float, f32)
FLINKC_DEFINE_EXTREMES(ExtremeState<double>, double, double, f64)
FLINKC_DEFINE_EXTREMES(DecimalExtremeState, const Int128*, Int128, decimal)
FLINKC_DEFINE_EXTREMES(TextExtremeState, const StringValue*, StringValue, text)

}  // extern "C"
