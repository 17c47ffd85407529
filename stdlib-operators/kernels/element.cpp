#include "stdlib-operators/kernels/element.h"

#include "stdlib-operators/kernels/array_builder.h"

namespace flinkc {
namespace {

int32_t GiveSlot(const NestedReader& reader, uint32_t slot, int64_t kind, void* out) {
  if (reader.IsNull(slot)) return kKernelNull;
  GiveElement(reader, slot, static_cast<ElementKind>(kind), out);
  return kKernelOk;
}

int32_t GiveEntry(const StringValue& map, int64_t slot, int64_t kind, void* out) {
  return GiveSlot(NestedReader::Open(map, 2), static_cast<uint32_t>(slot), kind, out);
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_array_size(const StringValue* array) {
  // The payload of a NULL is an empty view, which has no header.
  if (array->size < sizeof(NestedHeader)) return 0;
  return static_cast<int32_t>(NestedReader::Open(*array).header.count);
}

int32_t flinkc_array_get(const StringValue* array, int64_t index, int64_t kind, void* out) {
  const NestedReader reader = NestedReader::Open(*array);
  if (index < 1 || index > reader.header.count) return kKernelNull;
  return GiveSlot(reader, static_cast<uint32_t>(index - 1), kind, out);
}

int32_t flinkc_row_get(const StringValue* row, int64_t index, int64_t kind, void* out) {
  const NestedReader reader = NestedReader::Open(*row);
  return GiveSlot(reader, static_cast<uint32_t>(index), kind, out);
}

int32_t flinkc_map_key_at(const StringValue* map, int64_t index, int64_t kind, void* out) {
  return GiveEntry(*map, index * 2, kind, out);
}

int32_t flinkc_map_value_at(const StringValue* map, int64_t index, int64_t kind, void* out) {
  return GiveEntry(*map, index * 2 + 1, kind, out);
}

PackedArgument* flinkc_list_begin(KernelContext* context, int64_t count, int64_t item_bytes) {
  constexpr int64_t kAlignment = alignof(PackedArgument);
  const int64_t bytes = count * item_bytes + kAlignment;
  if (context->arena_end - context->arena_cursor < bytes) flinkc_rt_grow_arena(context, bytes);
  const auto cursor = reinterpret_cast<uintptr_t>(context->arena_cursor);
  const uintptr_t aligned = (cursor + kAlignment - 1) & ~static_cast<uintptr_t>(kAlignment - 1);
  context->arena_cursor += bytes;
  return reinterpret_cast<PackedArgument*>(aligned);
}

int32_t flinkc_list_array(KernelContext* context, const PackedArgument* items, int64_t count,
                          int64_t kind, StringValue* out) {
  const auto element_kind = static_cast<ElementKind>(kind);
  const bool views = IsView(element_kind);
  uint64_t text_bytes = 0;
  for (int64_t i = 0; views && i < count; ++i) {
    if (items[i].valid) text_bytes += reinterpret_cast<const StringValue*>(items[i].bytes)->size;
  }
  ArrayBuilder builder(context, static_cast<uint64_t>(count), SlotBytes(element_kind), text_bytes);
  if (!builder.is_valid()) return Failure(RowStatus::kValueTooLong);
  for (int64_t i = 0; i < count; ++i) {
    if (!items[i].valid) continue;
    const auto slot = static_cast<uint32_t>(i);
    if (views) {
      const auto* view = reinterpret_cast<const StringValue*>(items[i].bytes);
      builder.SetText(slot, view->data(), view->size);
    } else {
      builder.SetFixed(slot, items[i].bytes);
    }
  }
  *out = builder.Finish();
  return kKernelOk;
}

int32_t flinkc_array_element(const StringValue* array, int64_t kind, void* out) {
  const NestedReader reader = NestedReader::Open(*array);
  if (reader.header.count > 1) return Failure(RowStatus::kInvalidArgument);
  return reader.header.count == 0 ? kKernelNull : GiveSlot(reader, 0, kind, out);
}

}  // extern "C"
