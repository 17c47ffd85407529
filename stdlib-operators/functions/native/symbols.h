// The functions that are called, not inlined: what wraps a library or needs tables.
#pragma once

#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

std::vector<NativeSymbol> NativeFunctionSymbols();

}  // namespace flinkc
