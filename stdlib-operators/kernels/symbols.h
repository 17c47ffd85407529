// All kernels by name: what generated code links (as bitcode, see bitcode.h) and the interpreter
// calls.
#pragma once

#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

std::vector<NativeSymbol> KernelSymbols();
// The functions of kernels/native: kernels call them but cannot contain them, so that generated
// code does as well, by address.
std::vector<NativeSymbol> KernelNativeSymbols();

}  // namespace flinkc
