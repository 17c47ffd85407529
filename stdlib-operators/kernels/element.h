// Access to the elements of an ARRAY, the fields of a ROW and the entries of a MAP, and the ends of
// the loops over them: short enough to be inlined. What builds and searches arrays and maps is
// native (functions/native/array.h, map.h).
#pragma once

#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/kernel.h"

// `kind` is an ElementKind; `out` has the kind's type (runtime/abi/element.h).
#define FLINKC_ELEMENT_KERNELS(K)                                                         \
  K(int32_t, flinkc_array_size, (const flinkc::StringValue* array))                       \
  /* The element at `index`, from 1; kNull outside of the array. */                       \
  K(int32_t, flinkc_array_get,                                                            \
    (const flinkc::StringValue* array, int64_t index, int64_t kind, void* out))           \
  /* The field at `index`, from 0, which the row has. */                                  \
  K(int32_t, flinkc_row_get,                                                              \
    (const flinkc::StringValue* row, int64_t index, int64_t kind, void* out))             \
  /* The key and the value of the entry at `index`, from 0, which the map has. */         \
  K(int32_t, flinkc_map_key_at,                                                           \
    (const flinkc::StringValue* map, int64_t index, int64_t kind, void* out))             \
  K(int32_t, flinkc_map_value_at,                                                         \
    (const flinkc::StringValue* map, int64_t index, int64_t kind, void* out))             \
  /* Room for `count` items of `item_bytes`, aligned as a PackedArgument. */              \
  K(flinkc::PackedArgument*, flinkc_list_begin,                                           \
    (flinkc::KernelContext * context, int64_t count, int64_t item_bytes))                 \
  /* The ARRAY of the items; kValueTooLong where it would have 4 GiB. */                  \
  K(int32_t, flinkc_list_array,                                                           \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* items, int64_t count, \
     int64_t kind, flinkc::StringValue* out))                                             \
  /* The only element; kNull of none, kInvalidArgument of several. */                     \
  K(int32_t, flinkc_array_element, (const flinkc::StringValue* array, int64_t kind, void* out))

FLINKC_ELEMENT_KERNELS(FLINKC_DECLARE_KERNEL)
