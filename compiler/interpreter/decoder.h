// From loop program to decoded program.
#pragma once

#include <memory>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "compiler/codegen/symbol_table.h"
#include "compiler/interpreter/decoded_program.h"
#include "runtime/base/result.h"

namespace flinkc {

// `function` satisfies Verify. `data` are the addresses of the module's data.
Result<InterpretedFunction> Decode(const LoopModule& module, const LoopFunction& function,
                                   const std::vector<std::unique_ptr<char[]>>& data,
                                   const SymbolTable& symbols);

}  // namespace flinkc
