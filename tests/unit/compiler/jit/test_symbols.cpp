#include "tests/unit/compiler/jit/test_symbols.h"

namespace flinkc {

int64_t CountCall(int64_t* calls, bool twice, int8_t narrow) {
  *calls += twice ? 2 : 1;
  return *calls + narrow;
}

extern "C" {
int32_t flinkc_rt_insert_row(KeyedTable*, uint64_t, const char*, char**) { return 9; }
void flinkc_rt_touch_row(KeyedTable*, uint64_t) {}
bool flinkc_rt_own_key(KeyedTable*, char*) { return false; }
}

}  // namespace flinkc
