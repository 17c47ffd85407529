// Functions that build, search and sort arrays, and the constructor of rows. Native: they are
// called from generated code. An ElementKind says what the elements are; `kind` is one. A result
// of 4 GiB or more is NULL.
#pragma once

#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/kernel.h"

// Of packed arguments: the array first, then what is looked for or added, of the elements' type.
#define FLINKC_PACKED_ARRAY_FUNCTION(K, name)                                    \
  K(int32_t, name,                                                               \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* arguments,   \
     int64_t count, flinkc::StringValue* out))

#define FLINKC_ARRAY_FUNCTION_OF_ONE(K, name)                                            \
  K(int32_t, name,                                                                       \
    (flinkc::KernelContext * context, const flinkc::StringValue* array, int64_t kind,    \
     flinkc::StringValue* out))

#define FLINKC_ARRAY_FUNCTION_OF_TWO(K, name)                                            \
  K(int32_t, name,                                                                       \
    (flinkc::KernelContext * context, const flinkc::StringValue* a,                      \
     const flinkc::StringValue* b, int64_t kind, flinkc::StringValue* out))

#define FLINKC_ARRAY_FUNCTIONS(K)                                                            \
  /* ARRAY[…] and ROW(…) */                                                                  \
  FLINKC_PACKED_ARRAY_FUNCTION(K, flinkc_native_array)                                       \
  FLINKC_PACKED_ARRAY_FUNCTION(K, flinkc_native_row)                                         \
  FLINKC_PACKED_ARRAY_FUNCTION(K, flinkc_native_array_append)                                \
  FLINKC_PACKED_ARRAY_FUNCTION(K, flinkc_native_array_prepend)                               \
  FLINKC_PACKED_ARRAY_FUNCTION(K, flinkc_native_array_remove)                                \
  K(int32_t, flinkc_native_array_contains,                                                   \
    (const flinkc::PackedArgument* arguments, int64_t count, bool* out))                     \
  K(int32_t, flinkc_native_array_position,                                                   \
    (const flinkc::PackedArgument* arguments, int64_t count, int32_t* out))                  \
  /* Of packed arrays whose elements are of `kind`. */                                       \
  K(int32_t, flinkc_native_array_concat,                                                     \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* arguments,               \
     int64_t count, int64_t kind, flinkc::StringValue* out))                                 \
  FLINKC_ARRAY_FUNCTION_OF_ONE(K, flinkc_native_array_distinct)                              \
  FLINKC_ARRAY_FUNCTION_OF_ONE(K, flinkc_native_array_reverse)                               \
  FLINKC_ARRAY_FUNCTION_OF_TWO(K, flinkc_native_array_union)                                 \
  FLINKC_ARRAY_FUNCTION_OF_TWO(K, flinkc_native_array_except)                                \
  FLINKC_ARRAY_FUNCTION_OF_TWO(K, flinkc_native_array_intersect)                             \
  /* Elements `start` to `end`, from 1 or, if negative, from the end; both included. */      \
  K(int32_t, flinkc_native_array_slice,                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* array, int32_t start,       \
     int32_t end, int64_t kind, flinkc::StringValue* out))                                   \
  K(int32_t, flinkc_native_array_slice_from,                                                 \
    (flinkc::KernelContext * context, const flinkc::StringValue* array, int32_t start,       \
     int64_t kind, flinkc::StringValue* out))                                                \
  FLINKC_ARRAY_FUNCTION_OF_ONE(K, flinkc_native_array_sort)                                  \
  K(int32_t, flinkc_native_array_sort_by,                                                    \
    (flinkc::KernelContext * context, const flinkc::StringValue* array, bool ascending,      \
     int64_t kind, flinkc::StringValue* out))                                                \
  K(int32_t, flinkc_native_array_sort_nulls,                                                 \
    (flinkc::KernelContext * context, const flinkc::StringValue* array, bool ascending,      \
     bool nulls_first, int64_t kind, flinkc::StringValue* out))                              \
  /* kKernelNull without an element that is not NULL. */                                     \
  K(int32_t, flinkc_native_array_min,                                                        \
    (const flinkc::StringValue* array, int64_t kind, void* out))                             \
  K(int32_t, flinkc_native_array_max,                                                        \
    (const flinkc::StringValue* array, int64_t kind, void* out))                             \
  /* Of texts. NULL elements are left out, or stand as `null_text`. */                       \
  K(int32_t, flinkc_native_array_join,                                                       \
    (flinkc::KernelContext * context, const flinkc::StringValue* array,                      \
     const flinkc::StringValue* separator, flinkc::StringValue* out))                        \
  K(int32_t, flinkc_native_array_join_nulls,                                                 \
    (flinkc::KernelContext * context, const flinkc::StringValue* array,                      \
     const flinkc::StringValue* separator, const flinkc::StringValue* null_text,             \
     flinkc::StringValue* out))                                                              \
  K(int32_t, flinkc_native_split,                                                            \
    (flinkc::KernelContext * context, const flinkc::StringValue* text,                       \
     const flinkc::StringValue* separator, flinkc::StringValue* out))                        \
  /* The smallest and largest of packed arguments of one type, none of them NULL. */         \
  K(int32_t, flinkc_native_least, (const flinkc::PackedArgument* arguments, int64_t count,   \
                                   void* out))                                               \
  K(int32_t, flinkc_native_greatest, (const flinkc::PackedArgument* arguments,               \
                                      int64_t count, void* out))

FLINKC_ARRAY_FUNCTIONS(FLINKC_DECLARE_KERNEL)
