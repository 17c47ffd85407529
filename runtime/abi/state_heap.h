// Memory for the variable-length parts of state rows: string keys, and accumulators that grow
// (percentile, listagg, distinct sets). A block is flat and holds no pointers, so that a state row
// can be copied, checksummed and written with its blocks. Freestanding.
#pragma once

#include <cstdint>

namespace flinkc {

// A growable flat block as it stands in a state row: 16 bytes; all-zero is the empty block.
struct StateBlob {
  char* data;
  uint32_t size;      // bytes in use
  uint32_t capacity;  // bytes allocated
};
static_assert(sizeof(StateBlob) == 16);

struct StateHeap;

extern "C" {
// RuntimeCall: grows `blob` so that capacity >= bytes, keeping its bytes. False: the memory limit
// is reached, and nothing changed.
bool flinkc_rt_grow_blob(StateHeap* heap, StateBlob* blob, int64_t bytes);
// RuntimeCall: gives the block back and empties `blob`.
void flinkc_rt_free_blob(StateHeap* heap, StateBlob* blob);
}

// Room for `bytes` more bytes; the caller writes them at data + size and raises size.
inline bool ReserveMore(StateHeap* heap, StateBlob* blob, uint32_t bytes) {
  const int64_t needed = static_cast<int64_t>(blob->size) + bytes;
  return needed <= blob->capacity || flinkc_rt_grow_blob(heap, blob, needed);
}

}  // namespace flinkc
