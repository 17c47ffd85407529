#include "runtime/task/runtime_calls.h"

#include "runtime/abi/chain_context.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/abi/state_heap.h"

namespace flinkc {

std::vector<NativeSymbol> RuntimeCallSymbols() {
  return {
      FLINKC_NATIVE_SYMBOL(flinkc_rt_flush_channel),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_report_error),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_select_slice),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_grow_arena),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_insert_row),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_touch_row),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_own_key),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_grow_blob),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_free_blob),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_reset_row),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_select_session),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_select_window),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_remove_row),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_begin_sessions),
      FLINKC_NATIVE_SYMBOL(flinkc_rt_next_session),
  };
}

}  // namespace flinkc
