#include "compiler/codegen/symbol_table.h"

#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

const char* Name(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kKernel: return "kernel";
    case SymbolKind::kNative: return "native";
    case SymbolKind::kRuntimeCall: return "runtime";
  }
  return "unknown";
}

void SymbolTable::Add(SymbolKind kind, NativeSymbol symbol) {
  std::string name(symbol.name);
  void* address = symbol.address;
  auto [entry, inserted] = symbols_.try_emplace(std::move(name), Symbol{std::move(symbol), kind});
  CHECK(inserted || entry->second.native.address == address);
  // The view must outlive the caller's string.
  entry->second.native.name = entry->first;
}

void SymbolTable::Add(SymbolKind kind, const std::vector<NativeSymbol>& symbols) {
  for (const NativeSymbol& symbol : symbols) Add(kind, symbol);
}

const Symbol* SymbolTable::Find(std::string_view name) const {
  const auto entry = symbols_.find(name);
  return entry == symbols_.end() ? nullptr : &entry->second;
}

}  // namespace flinkc
