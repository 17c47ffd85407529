// The C functions of the runtime that generated code may call: the JIT resolves no other symbol of
// the runtime.
#pragma once

#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

std::vector<NativeSymbol> RuntimeCallSymbols();

}  // namespace flinkc
