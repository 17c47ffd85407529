// The composition root's parts list: the language (functions, aggregates, connectors, formats), the
// symbols that generated code may call, and the JIT. Shared by the command, the bench and the
// tests.
#pragma once

#include <memory>
#include <string>

#include "compiler/codegen/symbol_table.h"
#include "compiler/driver/chain_loader.h"
#include "compiler/driver/compile_job.h"
#include "compiler/driver/expression_evaluator.h"
#include "compiler/expression/function_registry.h"
#include "compiler/jit/jit_compiler.h"

namespace flinkc {

struct EngineOptions {
  // false: chains run in the interpreter (`--jit off`).
  bool jit = true;
  // Of the object cache; "" switches it off.
  std::string cache_directory;
};

// Immutable and thread-safe once made.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Make(const EngineOptions& options);

  CompilerServices services() const;
  const FunctionRegistry& registry() const { return registry_; }
  const SymbolTable& symbols() const { return symbols_; }
  ChainLoader& loader() { return *loader_; }
  // nullptr with the interpreter.
  JitCompiler* jit() { return jit_.get(); }

 private:
  Engine() = default;

  FunctionRegistry registry_;
  SymbolTable symbols_;
  std::unique_ptr<ExpressionEvaluator> evaluator_;
  std::shared_ptr<JitCompiler> jit_;
  std::unique_ptr<CompilingChainLoader> loader_;
};

}  // namespace flinkc
