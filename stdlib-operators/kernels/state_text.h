// Text in a StateBlob of an accumulator. Freestanding.
#pragma once

#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

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

// The blob's text in memory of the output.
inline int32_t GiveText(KernelContext* context, const StateBlob& blob, StringValue* out) {
  char* bytes = AllocateBytes(context, blob.size);
  if (blob.size != 0) __builtin_memcpy(bytes, blob.data, blob.size);
  *out = MakeStringValue(bytes, blob.size);
  return kKernelOk;
}

}  // namespace flinkc
