// The compiler as the runtime sees it: chain plans in, chains that run out. As machine code, or
// with the interpreter where there is no JitCompiler (`--jit off`).
#pragma once

#include "compiler/codegen/symbol_table.h"
#include "compiler/expression/function_registry.h"
#include "compiler/jit/jit_compiler.h"
#include "compiler/lower/lower.h"
#include "runtime/graph/compiled_chain.h"

namespace flinkc {

// Thread-safe.
class CompilingChainLoader final : public ChainLoader {
 public:
  // All must outlive the loader and its chains. `jit` == nullptr: chains are interpreted.
  CompilingChainLoader(const FunctionRegistry* registry, const SymbolTable* symbols,
                       JitCompiler* jit)
      : registry_(registry), symbols_(symbols), jit_(jit) {}

  Result<std::shared_ptr<const CompiledChain>> Load(std::string_view chain_plan) override;

  // See CompiledChain::Probed.
  Result<std::shared_ptr<const CompiledChain>> LoadProbed(std::string_view chain_plan);

 private:
  Result<std::shared_ptr<const CompiledChain>> LoadAs(std::string_view chain_plan, Probes probes);

  const FunctionRegistry* registry_;
  const SymbolTable* symbols_;
  JitCompiler* jit_;
};

}  // namespace flinkc
