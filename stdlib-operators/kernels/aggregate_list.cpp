#include "stdlib-operators/kernels/aggregate_list.h"

#include "stdlib-operators/kernels/array_builder.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

constexpr uint32_t kNullSize = UINT32_MAX;

// The value behind its size; kMemoryLimit leaves the state as it was.
int32_t Keep(StateHeap* heap, ValuesState* state, const char* bytes, uint32_t size) {
  const uint32_t stored = size == kNullSize ? 0 : size;
  StateBlob& blob = state->values;
  if (!GrowTo(heap, &blob, uint64_t{blob.size} + sizeof(size) + stored)) {
    return Failure(RowStatus::kMemoryLimit);
  }
  __builtin_memcpy(blob.data + blob.size, &size, sizeof(size));
  if (stored != 0) __builtin_memcpy(blob.data + blob.size + sizeof(size), bytes, stored);
  blob.size += static_cast<uint32_t>(sizeof(size)) + stored;
  ++state->count;
  return kKernelOk;
}

template <typename A>
int32_t KeepValue(StateHeap* heap, ValuesState* state, A value, bool valid, int64_t kind) {
  if (!valid) return Keep(heap, state, nullptr, kNullSize);
  return Keep(heap, state, reinterpret_cast<const char*>(&value), sizeof(value));
}
template <>
int32_t KeepValue(StateHeap* heap, ValuesState* state, const StringValue* value, bool valid,
                  int64_t kind) {
  if (!valid) return Keep(heap, state, nullptr, kNullSize);
  return Keep(heap, state, value->data(), value->size);
}
template <>
int32_t KeepValue(StateHeap* heap, ValuesState* state, const Int128* value, bool valid,
                  int64_t kind) {
  if (!valid) return Keep(heap, state, nullptr, kNullSize);
  // The low half of one that lies in 64 bits.
  return Keep(heap, state, reinterpret_cast<const char*>(value),
              SlotBytes(static_cast<ElementKind>(kind)));
}

int32_t Merge(StateHeap* heap, ValuesState* into, const ValuesState* from) {
  const int32_t status = AppendBytes(heap, &into->values, from->values.data, from->values.size);
  if (status == kKernelOk) into->count += from->count;
  return status;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

#define FLINKC_DEFINE_KEEP(A, t)                                                                \
  int32_t flinkc_keep_##t(KernelContext* context, StateHeap* heap, ValuesState* state, A a,     \
                          bool valid, int64_t kind) {                                           \
    return KeepValue<A>(heap, state, a, valid, kind);                                           \
  }                                                                                             \
  int32_t flinkc_keep_not_null_##t(KernelContext* context, StateHeap* heap, ValuesState* state, \
                                   A a, int64_t kind) {                                         \
    return KeepValue<A>(heap, state, a, true, kind);                                            \
  }
FLINKC_DEFINE_KEEP(bool, bool)
FLINKC_DEFINE_KEEP(int8_t, i8)
FLINKC_DEFINE_KEEP(int16_t, i16)
FLINKC_DEFINE_KEEP(int32_t, i32)
FLINKC_DEFINE_KEEP(int64_t, i64)
FLINKC_DEFINE_KEEP(float, f32)
FLINKC_DEFINE_KEEP(double, f64)
FLINKC_DEFINE_KEEP(const Int128*, decimal)
FLINKC_DEFINE_KEEP(const StringValue*, text)

int32_t flinkc_keep_merge(KernelContext* context, StateHeap* heap, ValuesState* into,
                          const ValuesState* from, int64_t kind) {
  return Merge(heap, into, from);
}

int32_t flinkc_array_agg_result(KernelContext* context, const ValuesState* state, int64_t kind,
                                StringValue* out) {
  if (state->count == 0) return kKernelNull;
  const auto element_kind = static_cast<ElementKind>(kind);
  const bool views = IsView(element_kind);
  uint64_t text_bytes = 0;
  for (KeptValues values(*state); views && values.Next();) {
    if (!values.is_null()) text_bytes += values.size();
  }
  ArrayBuilder builder(context, static_cast<uint64_t>(state->count), SlotBytes(element_kind),
                       text_bytes);
  if (!builder.is_valid()) return kKernelNull;
  uint32_t slot = 0;
  for (KeptValues values(*state); values.Next(); ++slot) {
    if (values.is_null()) continue;
    if (views) {
      builder.SetText(slot, values.bytes(), values.size());
    } else {
      builder.SetFixed(slot, values.bytes());
    }
  }
  *out = builder.Finish();
  return kKernelOk;
}

int32_t flinkc_json_arrayagg(KernelContext* context, StateHeap* heap, ValuesState* state,
                             const StringValue* a) {
  return Keep(heap, state, a->data(), a->size);
}

int32_t flinkc_json_objectagg(KernelContext* context, StateHeap* heap, ValuesState* state,
                              const StringValue* key, const StringValue* value) {
  const StateBlob before = state->values;
  const int64_t count = state->count;
  int32_t status = Keep(heap, state, key->data(), key->size);
  if (status != kKernelOk) return status;
  status = Keep(heap, state, value->data(), value->size);
  if (status != kKernelOk) {
    // A key without its value does not stay; the block may have moved.
    state->values.size = before.size;
    state->count = count;
  }
  return status;
}

int32_t flinkc_json_merge(KernelContext* context, StateHeap* heap, ValuesState* into,
                          const ValuesState* from) {
  return Merge(heap, into, from);
}

int32_t flinkc_json_arrayagg_result(KernelContext* context, const ValuesState* state,
                                    StringValue* out) {
  // '[' value ',' value … ']': without the sizes, with a comma or bracket for each.
  const uint64_t bytes = uint64_t{state->values.size} -
                         static_cast<uint64_t>(state->count) * sizeof(uint32_t) +
                         static_cast<uint64_t>(state->count == 0 ? 2 : state->count + 1);
  char* text = AllocateBytes(context, static_cast<uint32_t>(bytes));
  char* at = text;
  *at++ = '[';
  for (KeptValues values(*state); values.Next();) {
    if (at != text + 1) *at++ = ',';
    __builtin_memcpy(at, values.bytes(), values.size());
    at += values.size();
  }
  *at = ']';
  *out = MakeStringValue(text, static_cast<uint32_t>(bytes));
  return kKernelOk;
}

}  // extern "C"
