#include "stdlib-operators/kernels/aggregate_choice.h"

#include <type_traits>

#include "stdlib-operators/kernels/comparison.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

StateBlob* BlobOf(KeptValue* value) { return reinterpret_cast<StateBlob*>(value); }
const StateBlob& BlobOf(const KeptValue& value) {
  return reinterpret_cast<const StateBlob&>(value);
}

// How a value of one type is kept, read back and given out.
template <typename T>
struct Keeper {
  static int32_t Store(StateHeap* heap, KeptValue* kept, T value) {
    __builtin_memcpy(kept->words, &value, sizeof(value));
    return kKernelOk;
  }
  static T Load(const KeptValue& kept) {
    T value;
    __builtin_memcpy(&value, kept.words, sizeof(value));
    return value;
  }
  static int32_t Order(T a, T b) { return Compare<T>(a, b); }
  static int32_t Give(KernelContext* context, const KeptValue& kept, T* out) {
    *out = Load(kept);
    return kKernelOk;
  }
};

template <>
struct Keeper<const Int128*> {
  static int32_t Store(StateHeap* heap, KeptValue* kept, const Int128* value) {
    __builtin_memcpy(kept->words, value, sizeof(Int128));
    return kKernelOk;
  }
  static const Int128* Load(const KeptValue& kept) {
    return reinterpret_cast<const Int128*>(kept.words);
  }
  static int32_t Order(const Int128* a, const Int128* b) {
    return Compare<Int128>(LoadInt128(a), LoadInt128(b));
  }
  static int32_t Give(KernelContext* context, const KeptValue& kept, Int128* out) {
    __builtin_memcpy(out, kept.words, sizeof(Int128));
    return kKernelOk;
  }
};

template <>
struct Keeper<const StringValue*> {
  static int32_t Store(StateHeap* heap, KeptValue* kept, const StringValue* value) {
    return AssignText(heap, BlobOf(kept), value->data(), value->size);
  }
  static StringValue Load(const KeptValue& kept) { return ViewText(BlobOf(kept)); }
  static int32_t Order(const StringValue* a, const StringValue& b) { return CompareText(*a, b); }
  static int32_t Order(const StringValue& a, const StringValue& b) { return CompareText(a, b); }
  static int32_t Give(KernelContext* context, const KeptValue& kept, StringValue* out) {
    return GiveText(context, BlobOf(kept), out);
  }
};

// The kept bytes of `from` in `into`.
int32_t CopyKept(StateHeap* heap, KeptValue* into, const KeptValue& from, bool is_text) {
  if (!is_text) {
    *into = from;
    return kKernelOk;
  }
  const StateBlob& text = BlobOf(from);
  return AssignText(heap, BlobOf(into), text.data, text.size);
}

template <typename A>
int32_t KeepFirst(StateHeap* heap, FirstState* state, A value, bool last) {
  if (state->seen && !last) return kKernelOk;
  const int32_t status = Keeper<A>::Store(heap, &state->value, value);
  if (status == kKernelOk) state->seen = true;
  return status;
}

int32_t MergeFirst(StateHeap* heap, FirstState* into, const FirstState* from, bool last,
                   bool is_text) {
  if (!from->seen || (into->seen && !last)) return kKernelOk;
  const int32_t status = CopyKept(heap, &into->value, from->value, is_text);
  if (status == kKernelOk) into->seen = true;
  return status;
}

// Takes the row if it comes before (sign -1) or after (sign 1) the kept one.
template <typename A, typename B>
int32_t Choose(StateHeap* heap, ChoiceState* state, A value, bool valid, B order, bool order_valid,
               int32_t sign) {
  if (!order_valid) return kKernelOk;
  if (state->seen && Keeper<B>::Order(order, Keeper<B>::Load(state->order)) != sign) {
    return kKernelOk;
  }
  int32_t status = valid ? Keeper<A>::Store(heap, &state->value, value) : kKernelOk;
  if (status == kKernelOk) status = Keeper<B>::Store(heap, &state->order, order);
  if (status != kKernelOk) return status;
  state->seen = true;
  state->value_valid = valid;
  return kKernelOk;
}

template <typename B>
int32_t MergeChoice(StateHeap* heap, ChoiceState* into, const ChoiceState* from, int32_t sign,
                    bool value_is_text, bool order_is_text) {
  if (!from->seen) return kKernelOk;
  if (into->seen &&
      Keeper<B>::Order(Keeper<B>::Load(from->order), Keeper<B>::Load(into->order)) != sign) {
    return kKernelOk;
  }
  int32_t status =
      from->value_valid ? CopyKept(heap, &into->value, from->value, value_is_text) : kKernelOk;
  if (status == kKernelOk) status = CopyKept(heap, &into->order, from->order, order_is_text);
  if (status != kKernelOk) return status;
  into->seen = true;
  into->value_valid = from->value_valid;
  return kKernelOk;
}

// The types that stand for an order in the names of merges.
using Order_bool = bool;
using Order_i32 = int32_t;
using Order_i64 = int64_t;
using Order_f64 = double;
using Order_decimal = const Int128*;
using Order_text = const StringValue*;
constexpr bool kIsText_fixed = false;
constexpr bool kIsText_text = true;

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

#define FLINKC_DEFINE_FIRST(A, T, t)                                                               \
  int32_t flinkc_first_value_##t(KernelContext* context, StateHeap* heap, FirstState* state,       \
                                 A a) {                                                            \
    return KeepFirst<A>(heap, state, a, false);                                                    \
  }                                                                                                \
  int32_t flinkc_last_value_##t(KernelContext* context, StateHeap* heap, FirstState* state, A a) { \
    return KeepFirst<A>(heap, state, a, true);                                                     \
  }                                                                                                \
  int32_t flinkc_first_result_##t(KernelContext* context, const FirstState* state, T* out) {       \
    return state->seen ? Keeper<A>::Give(context, state->value, out) : kKernelNull;                \
  }                                                                                                \
  int32_t flinkc_choice_result_##t(KernelContext* context, const ChoiceState* state, T* out) {     \
    return state->seen && state->value_valid ? Keeper<A>::Give(context, state->value, out)         \
                                             : kKernelNull;                                        \
  }
FLINKC_DEFINE_FIRST(bool, bool, bool)
FLINKC_DEFINE_FIRST(int8_t, int8_t, i8)
FLINKC_DEFINE_FIRST(int16_t, int16_t, i16)
FLINKC_DEFINE_FIRST(int32_t, int32_t, i32)
FLINKC_DEFINE_FIRST(int64_t, int64_t, i64)
FLINKC_DEFINE_FIRST(float, float, f32)
FLINKC_DEFINE_FIRST(double, double, f64)
FLINKC_DEFINE_FIRST(const Int128*, Int128, decimal)
FLINKC_DEFINE_FIRST(const StringValue*, StringValue, text)

#define FLINKC_DEFINE_FIRST_MERGE(name, last, is_text)                    \
  int32_t name(KernelContext* context, StateHeap* heap, FirstState* into, \
               const FirstState* from) {                                  \
    return MergeFirst(heap, into, from, last, is_text);                   \
  }
FLINKC_DEFINE_FIRST_MERGE(flinkc_first_merge_fixed, false, false)
FLINKC_DEFINE_FIRST_MERGE(flinkc_last_merge_fixed, true, false)
FLINKC_DEFINE_FIRST_MERGE(flinkc_first_merge_text, false, true)
FLINKC_DEFINE_FIRST_MERGE(flinkc_last_merge_text, true, true)

#define FLINKC_DEFINE_CHOICE(K, A, a, B, b)                                                    \
  int32_t flinkc_min_by_##a##_##b(KernelContext* context, StateHeap* heap, ChoiceState* state, \
                                  A value, bool valid, B order, bool order_valid) {            \
    return Choose<A, B>(heap, state, value, valid, order, order_valid, -1);                    \
  }                                                                                            \
  int32_t flinkc_max_by_##a##_##b(KernelContext* context, StateHeap* heap, ChoiceState* state, \
                                  A value, bool valid, B order, bool order_valid) {            \
    return Choose<A, B>(heap, state, value, valid, order, order_valid, 1);                     \
  }
FLINKC_EACH_CHOICE(FLINKC_DEFINE_CHOICE, )

#define FLINKC_DEFINE_CHOICE_MERGE(K, a, b)                                           \
  int32_t flinkc_min_by_merge_##a##_##b(KernelContext* context, StateHeap* heap,      \
                                        ChoiceState* into, const ChoiceState* from) { \
    return MergeChoice<Order_##b>(heap, into, from, -1, kIsText_##a,                  \
                                  std::is_same_v<Order_##b, Order_text>);             \
  }                                                                                   \
  int32_t flinkc_max_by_merge_##a##_##b(KernelContext* context, StateHeap* heap,      \
                                        ChoiceState* into, const ChoiceState* from) { \
    return MergeChoice<Order_##b>(heap, into, from, 1, kIsText_##a,                   \
                                  std::is_same_v<Order_##b, Order_text>);             \
  }
FLINKC_EACH_CHOICE_MERGE(FLINKC_DEFINE_CHOICE_MERGE, )

}  // extern "C"
