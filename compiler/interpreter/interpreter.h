// Runs loop programs without LLVM (`--jit off`): for tests, which compare it with generated code,
// and where code must not be generated. Kernels and runtime calls are the natively compiled ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "compiler/codegen/symbol_table.h"
#include "runtime/abi/native_symbol.h"
#include "runtime/base/result.h"

namespace flinkc {

struct InterpretedFunction;

// A module decoded for execution. Immutable and thread-safe.
class InterpretedModule {
 public:
  // kInternal: the module does not satisfy Verify, or calls what `symbols` lacks.
  static Result<std::shared_ptr<const InterpretedModule>> Make(const LoopModule& module,
                                                               const SymbolTable& symbols);
  ~InterpretedModule();

  // The position of a function; any other name is a CHECK.
  size_t IndexOf(std::string_view function) const;
  // Runs function `index` of the module on its arguments, as slots; gives its result (0: void).
  ValueSlot Run(size_t index, std::span<const ValueSlot> arguments) const;

 private:
  InterpretedModule();

  // Constant after Make.
  std::vector<std::unique_ptr<char[]>> data_;
  std::vector<InterpretedFunction> functions_;
};

}  // namespace flinkc
