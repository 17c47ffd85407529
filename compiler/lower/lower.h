// The door to this folder: a chain's plan in, its loop program and what runtime/task must build
// around it out. The same program runs as machine code (compiler/jit) and in the interpreter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "compiler/codegen/symbol_table.h"
#include "compiler/expression/function_record.h"
#include "compiler/plan/chain_plan.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

struct LoweredChain {
  LoopModule module;
  ChainLayout layout;
  // Names of the module's functions in the order of CompiledChain::Run: the pipelines ("" those
  // that are inputs of native operators), then the merge functions, and of native
  // operators the conditions and aggregates.
  std::vector<std::string> functions;
  // What KernelContext::function_states points at.
  std::vector<FunctionState> function_states;
};

// Whether loops also write the rows of streams that are within them to the probes of the layout.
enum class Probes : uint8_t { kNone, kAll };

// `chain` must be verified; `symbols` must hold every kernel its expressions resolve to.
// The layout is the same with and without probes.
LoweredChain LowerChain(const ChainPlan& chain, const SymbolTable& symbols,
                        Probes probes = Probes::kNone);

// A function () -> value of one expression without columns, for constant folding and the examples
// of function records: (context, out) -> kI32 RowStatus; the value is stored at `out` in the
// physical form of its type.
struct LoweredExpression {
  LoopModule module;
  std::vector<FunctionState> function_states;
};
LoweredExpression LowerExpression(const Expr& expr, const SymbolTable& symbols);

}  // namespace flinkc
