// The engine's kernels (engine_kernels.h) as records for the compiler's symbol table.
#pragma once

#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

std::vector<NativeSymbol> EngineKernelSymbols();

}  // namespace flinkc
