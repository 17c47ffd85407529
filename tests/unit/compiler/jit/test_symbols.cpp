#include "tests/unit/compiler/jit/test_symbols.h"

namespace flinkc {

int64_t CountCall(int64_t* calls, bool twice, int8_t narrow) {
  *calls += twice ? 2 : 1;
  return *calls + narrow;
}

extern "C" {
bool flinkc_rt_grow_table(KeyedTable*) { return false; }
bool flinkc_rt_own_key(KeyedTable*, char*) { return false; }
}

}  // namespace flinkc
