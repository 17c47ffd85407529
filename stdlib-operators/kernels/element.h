// Access to the elements of an ARRAY and the fields of a ROW: short enough to be inlined. What
// builds and searches arrays is native (functions/native/array.h).
#pragma once

#include "stdlib-operators/kernels/kernel.h"

// `kind` is an ElementKind; `out` has the kind's type (runtime/abi/element.h).
#define FLINKC_ELEMENT_KERNELS(K)                                                          \
  K(int32_t, flinkc_array_size, (const flinkc::StringValue* array))                        \
  /* The element at `index`, from 1; kNull outside of the array. */                        \
  K(int32_t, flinkc_array_get,                                                             \
    (const flinkc::StringValue* array, int64_t index, int64_t kind, void* out))            \
  /* The field at `index`, from 0, which the row has. */                                   \
  K(int32_t, flinkc_row_get,                                                               \
    (const flinkc::StringValue* row, int64_t index, int64_t kind, void* out))              \
  /* The only element; kNull of none, kInvalidArgument of several. */                      \
  K(int32_t, flinkc_array_element,                                                         \
    (const flinkc::StringValue* array, int64_t kind, void* out))

FLINKC_ELEMENT_KERNELS(FLINKC_DECLARE_KERNEL)
