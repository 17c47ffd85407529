// Relocatable objects into this process, by ORC's LLJIT: memory, relocations, and the names that
// they may refer to.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/codegen/symbol_table.h"
#include "runtime/base/result.h"

namespace flinkc {

// One object in memory. Its code goes with the last reference; nobody may be running it then.
class LoadedObject {
 public:
  virtual ~LoadedObject() = default;
  // Of a function that Load was asked for.
  void* Address(std::string_view function) const;

 protected:
  std::map<std::string, void*, std::less<>> addresses_;
};

// Thread-safe.
class ObjectLoader {
 public:
  virtual ~ObjectLoader() = default;
  // Only the symbols of the table and LibrarySymbols() resolve, never the process's own.
  static Result<std::shared_ptr<ObjectLoader>> Make(const SymbolTable& symbols);
  // Loads `object` and finds `functions` in it. kInternal: it is not an object, or refers to
  // anything that is not listed.
  virtual Result<std::unique_ptr<LoadedObject>> Load(std::span<const std::byte> object,
                                                     const std::vector<std::string>& functions) = 0;
};

}  // namespace flinkc
