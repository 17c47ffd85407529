// The C library and compiler-runtime functions that kernels (or the code generator itself) may
// call. Together with the SymbolTable this is all that resolves in generated code.
#pragma once

#include <span>
#include <string_view>

namespace flinkc {

struct LibrarySymbol {
  std::string_view name;
  void* address;
};

std::span<const LibrarySymbol> LibrarySymbols();

// Functions of libm whose results LLVM would compute or rewrite itself (pow(x, 2) to x * x), with
// other last bits than libm gives the interpreter.
bool IsRoundedByLibrary(std::string_view name);

}  // namespace flinkc
