// The set behind an aggregate's DISTINCT: the values seen, in one StateBlob of a state row.
//
// A value is its bytes as lowering gives them: the canonical bytes of a number, the bytes of text.
// Values keep the order in which they came, at 8-byte boundaries; up to 8 are found by looking at
// each, more by an open-addressing index before them:
//
//   u32 count, u32 index_slots, u32 values_bytes, u32 0
//   u32 index[index_slots]        0, or 1 + a value's offset / 8 from the first
//   {u32 bytes, u32 hash, the bytes, zeros up to 8}…
#pragma once

#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_DISTINCT_KERNELS(K)                                                              \
  /* 1: the value is new and now in the set; 0: it was there; or RowStatus::kMemoryLimit. */    \
  K(int32_t, flinkc_distinct_insert,                                                            \
    (flinkc::StateHeap * heap, flinkc::StateBlob * set, const char* value, int64_t bytes))      \
  /* The next value of a set that does not change meanwhile, *cursor from 0; false: no more. */ \
  K(bool, flinkc_distinct_next,                                                                 \
    (const flinkc::StateBlob* set, int64_t* cursor, const char** value, int64_t* bytes))        \
  K(int64_t, flinkc_distinct_count, (const flinkc::StateBlob* set))

FLINKC_DISTINCT_KERNELS(FLINKC_DECLARE_KERNEL)
