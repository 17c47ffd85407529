// The functions that a loop program may call, by name. Nothing else resolves in generated code.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

enum class SymbolKind : uint8_t {
  kKernel,       // in the kernel bitcode as well: linked into generated code and inlined
  kNative,       // compiled C++, called by address
  kRuntimeCall,  // the same, implemented by runtime/task
};

const char* Name(SymbolKind kind);

struct Symbol {
  NativeSymbol native;
  SymbolKind kind = SymbolKind::kNative;
};

// Built once at start, then only read (by any thread).
class SymbolTable {
 public:
  // A name may be added again only with the same address.
  void Add(SymbolKind kind, NativeSymbol symbol);
  void Add(SymbolKind kind, const std::vector<NativeSymbol>& symbols);

  // nullptr: there is no such symbol.
  const Symbol* Find(std::string_view name) const;
  const std::map<std::string, Symbol, std::less<>>& symbols() const { return symbols_; }

 private:
  std::map<std::string, Symbol, std::less<>> symbols_;
};

}  // namespace flinkc
