// Flat blocks of an accumulator: text, and lists that grow. Freestanding.
#pragma once

#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

// Room for `bytes` in all; what a block needs again and again is asked for with some to spare, so
// that growing costs a constant share. False: the memory limit is reached.
inline bool GrowTo(StateHeap* heap, StateBlob* blob, uint64_t bytes) {
  if (bytes <= blob->capacity) return true;
  if (bytes > UINT32_MAX) return false;
  const uint64_t spare = bytes + bytes / 2;
  return flinkc_rt_grow_blob(heap, blob, static_cast<int64_t>(spare > UINT32_MAX ? bytes : spare));
}

// Appends bytes; kMemoryLimit leaves the block as it was.
inline int32_t AppendBytes(StateHeap* heap, StateBlob* blob, const char* data, uint32_t bytes) {
  if (!GrowTo(heap, blob, uint64_t{blob->size} + bytes)) return Failure(RowStatus::kMemoryLimit);
  if (bytes != 0) __builtin_memcpy(blob->data + blob->size, data, bytes);
  blob->size += bytes;
  return kKernelOk;
}

// Replaces the bytes of `blob`; kMemoryLimit leaves it as it was.
inline int32_t AssignText(StateHeap* heap, StateBlob* blob, const char* text, uint32_t size) {
  if (size > blob->capacity && !flinkc_rt_grow_blob(heap, blob, size)) {
    return Failure(RowStatus::kMemoryLimit);
  }
  if (size != 0) __builtin_memcpy(blob->data, text, size);
  blob->size = size;
  return kKernelOk;
}

// The blob's text; it lives as long as the state does not change.
inline StringValue ViewText(const StateBlob& blob) { return MakeStringValue(blob.data, blob.size); }

// Text in memory of the output; short text is inline in its view.
inline int32_t GiveCopy(KernelContext* context, const char* text, uint32_t size, StringValue* out) {
  if (size > StringValue::kInlineBytes) {
    char* bytes = AllocateBytes(context, size);
    __builtin_memcpy(bytes, text, size);
    text = bytes;
  }
  *out = MakeStringValue(text, size);
  return kKernelOk;
}
inline int32_t GiveText(KernelContext* context, const StateBlob& blob, StringValue* out) {
  return GiveCopy(context, blob.data, blob.size, out);
}

}  // namespace flinkc
