// The set behind an aggregate's DISTINCT: the values seen, in one StateBlob of a state row
// (value_set.h). A value is its bytes as lowering gives them: the canonical bytes of a number, the
// bytes of text.
//
// A set of one aggregate whose rows are never taken back has no words. A set that several
// aggregates share, each with a FILTER of its own, has one word: bit i says that aggregate i has
// seen the value. A set whose rows are taken back has a word for each aggregate: how many of its
// rows have the value.
#pragma once

#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_DISTINCT_KERNELS(K)                                                                \
  /* 1: the value is new and now in the set; 0: it was there; or RowStatus::kMemoryLimit. */      \
  K(int32_t, flinkc_distinct_insert,                                                              \
    (flinkc::StateHeap * heap, flinkc::StateBlob * set, const char* value, int64_t bytes))        \
  /* The next value of a set that does not change meanwhile, *cursor from 0; false: no more. */   \
  K(bool, flinkc_distinct_next,                                                                   \
    (const flinkc::StateBlob* set, int64_t* cursor, const char** value, int64_t* bytes))          \
  K(int64_t, flinkc_distinct_count, (const flinkc::StateBlob* set))                               \
  /* The words of the value, which is added with all of them 0 where it is not there; nullptr: */ \
  /* no memory. One of them must be set, or flinkc_distinct_release be called. */                 \
  K(char*, flinkc_distinct_words,                                                                 \
    (flinkc::StateHeap * heap, flinkc::StateBlob * set, const char* value, int64_t bytes,         \
     int64_t words))                                                                              \
  /* The same of a value that is there, else nullptr. */                                          \
  K(char*, flinkc_distinct_find,                                                                  \
    (flinkc::StateBlob * set, const char* value, int64_t bytes, int64_t words))                   \
  /* Forgets the value, in its time, if all of its words are 0. */                                \
  K(void, flinkc_distinct_release, (flinkc::StateBlob * set, char* value_words, int64_t words))   \
  /* As flinkc_distinct_next; the words of the value, or nullptr. */                              \
  K(char*, flinkc_distinct_next_words,                                                            \
    (const flinkc::StateBlob* set, int64_t* cursor, const char** value, int64_t* bytes,           \
     int64_t words))

FLINKC_DISTINCT_KERNELS(FLINKC_DECLARE_KERNEL)
