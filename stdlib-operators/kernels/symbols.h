// All kernels by name: what generated code links (as bitcode) and the interpreter calls. Also the
// functions of kernels/native that kernels themselves call.
#pragma once

#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

std::vector<NativeSymbol> KernelSymbols();

}  // namespace flinkc
