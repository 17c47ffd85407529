// Functions that build and search maps. A MAP's entries are sorted by key, each key once, NULL
// first, so that maps with the same entries have the same bytes: they can be compared, hashed and
// be keys as any other value. Of entries with the same key the last counts. Native: they are called
// from generated code. An ElementKind says what keys and values are.
#pragma once

#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/aggregate_list.h"
#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_MAP_FUNCTIONS(K)                                                                   \
  /* MAP[k, v, …]: keys and values by turns. kKernelNull where it would have 4 GiB. */            \
  K(int32_t, flinkc_native_map,                                                                   \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* arguments, int64_t count,     \
     flinkc::StringValue* out))                                                                   \
  /* The same of `count` entries, for loops; kValueTooLong instead. */                            \
  K(int32_t, flinkc_native_list_map,                                                              \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* items, int64_t count,         \
     flinkc::StringValue* out))                                                                   \
  /* (map, key): the value, of `kind`; kKernelNull where there is no such key. */                 \
  K(int32_t, flinkc_native_map_get,                                                               \
    (const flinkc::PackedArgument* arguments, int64_t count, int64_t kind, void* out))            \
  K(int32_t, flinkc_native_map_contains_key,                                                      \
    (const flinkc::PackedArgument* arguments, int64_t count, bool* out))                          \
  /* ARRAYs of keys, of values, of ROW<key, value>. */                                            \
  K(int32_t, flinkc_native_map_keys,                                                              \
    (flinkc::KernelContext * context, const flinkc::StringValue* map, int64_t kind,               \
     flinkc::StringValue* out))                                                                   \
  K(int32_t, flinkc_native_map_values,                                                            \
    (flinkc::KernelContext * context, const flinkc::StringValue* map, int64_t kind,               \
     flinkc::StringValue* out))                                                                   \
  K(int32_t, flinkc_native_map_entries,                                                           \
    (flinkc::KernelContext * context, const flinkc::StringValue* map, int64_t key_kind,           \
     int64_t value_kind, flinkc::StringValue* out))                                               \
  /* kInvalidArgument where the arrays are not of one length. */                                  \
  K(int32_t, flinkc_native_map_from_arrays,                                                       \
    (flinkc::KernelContext * context, const flinkc::StringValue* keys,                            \
     const flinkc::StringValue* values, int64_t key_kind, int64_t value_kind,                     \
     flinkc::StringValue* out))                                                                   \
  /* Of an ARRAY of ROWs of two; one that is NULL makes the whole NULL. */                        \
  K(int32_t, flinkc_native_map_from_entries,                                                      \
    (flinkc::KernelContext * context, const flinkc::StringValue* entries, int64_t key_kind,       \
     int64_t value_kind, flinkc::StringValue* out))                                               \
  /* Of packed maps. */                                                                           \
  K(int32_t, flinkc_native_map_union,                                                             \
    (flinkc::KernelContext * context, const flinkc::PackedArgument* arguments, int64_t count,     \
     int64_t key_kind, int64_t value_kind, flinkc::StringValue* out))                             \
  /* collect: how often each value was kept, as a MAP from value to INT. */                       \
  K(int32_t, flinkc_native_collect_result,                                                        \
    (flinkc::KernelContext * context, const flinkc::ValuesState* state, int64_t kind,             \
     flinkc::StringValue* out))                                                                   \
  /* By commas and `=`. */                                                                        \
  K(int32_t, flinkc_native_str_to_map_commas,                                                     \
    (flinkc::KernelContext * context, const flinkc::StringValue* text, flinkc::StringValue* out)) \
  /* MAP<STRING, STRING> of a text, by the separators of entries and of keys from values. */      \
  K(int32_t, flinkc_native_str_to_map,                                                            \
    (flinkc::KernelContext * context, const flinkc::StringValue* text,                            \
     const flinkc::StringValue* between_entries, const flinkc::StringValue* behind_key,           \
     flinkc::StringValue* out))

FLINKC_MAP_FUNCTIONS(FLINKC_DECLARE_KERNEL)
