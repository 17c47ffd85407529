#include "runtime/abi/engine_symbols.h"

#include "runtime/abi/engine_kernels.h"

namespace flinkc {

std::vector<NativeSymbol> EngineKernelSymbols() {
  return {
      FLINKC_NATIVE_SYMBOL(flinkc_table_probe),     FLINKC_NATIVE_SYMBOL(flinkc_table_probe_fixed),
      FLINKC_NATIVE_SYMBOL(flinkc_table_row),       FLINKC_NATIVE_SYMBOL(flinkc_table_prefetch),
      FLINKC_NATIVE_SYMBOL(flinkc_hash_integer),    FLINKC_NATIVE_SYMBOL(flinkc_hash_double),
      FLINKC_NATIVE_SYMBOL(flinkc_hash_view),       FLINKC_NATIVE_SYMBOL(flinkc_hash_decimal),
      FLINKC_NATIVE_SYMBOL(flinkc_hash_combine),    FLINKC_NATIVE_SYMBOL(flinkc_canonical_double),
      FLINKC_NATIVE_SYMBOL(flinkc_canonical_float), FLINKC_NATIVE_SYMBOL(flinkc_channel_of),
      FLINKC_NATIVE_SYMBOL(flinkc_is_valid),        FLINKC_NATIVE_SYMBOL(flinkc_set_validity),
      FLINKC_NATIVE_SYMBOL(flinkc_copy_view),       FLINKC_NATIVE_SYMBOL(flinkc_nested_count),
      FLINKC_NATIVE_SYMBOL(flinkc_nested_is_valid), FLINKC_NATIVE_SYMBOL(flinkc_nested_slot),
      FLINKC_NATIVE_SYMBOL(flinkc_nested_view),     FLINKC_NATIVE_SYMBOL(flinkc_view_data),
      FLINKC_NATIVE_SYMBOL(flinkc_make_view),       FLINKC_NATIVE_SYMBOL(flinkc_table_renew),
      FLINKC_NATIVE_SYMBOL(flinkc_same_view),       FLINKC_NATIVE_SYMBOL(flinkc_same_decimal),
      FLINKC_NATIVE_SYMBOL(flinkc_fold_find),       FLINKC_NATIVE_SYMBOL(flinkc_fold_note),
      FLINKC_NATIVE_SYMBOL(flinkc_fold_drop),       FLINKC_NATIVE_SYMBOL(flinkc_local_begin),
      FLINKC_NATIVE_SYMBOL(flinkc_local_find),      FLINKC_NATIVE_SYMBOL(flinkc_local_note),
      FLINKC_NATIVE_SYMBOL(flinkc_local_block),     FLINKC_NATIVE_SYMBOL(flinkc_slice_begin),
  };
}

}  // namespace flinkc
