#include "tools/embedded/engine.h"

#include "runtime/abi/engine_symbols.h"
#include "runtime/task/runtime_calls.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/formats/registry.h"
#include "stdlib-operators/functions/native/symbols.h"
#include "stdlib-operators/functions/registry.h"
#include "stdlib-operators/kernels/bitcode.h"
#include "stdlib-operators/kernels/symbols.h"

namespace flinkc {

Result<std::unique_ptr<Engine>> Engine::Make(const EngineOptions& options) {
  std::unique_ptr<Engine> engine(new Engine());
  RegisterStdFunctions(engine->registry_);
  RegisterStdAggregates(engine->registry_);
  engine->symbols_.Add(SymbolKind::kKernel, EngineKernelSymbols());
  engine->symbols_.Add(SymbolKind::kKernel, KernelSymbols());
  engine->symbols_.Add(SymbolKind::kNative, KernelNativeSymbols());
  engine->symbols_.Add(SymbolKind::kNative, NativeFunctionSymbols());
  engine->symbols_.Add(SymbolKind::kRuntimeCall, RuntimeCallSymbols());
  engine->evaluator_ = std::make_unique<ExpressionEvaluator>(&engine->symbols_);
  if (options.jit) {
    JitSetup setup;
    setup.symbols = &engine->symbols_;
    setup.kernel_bitcode = KernelBitcode();
    setup.kernel_build_id = KernelBuildId();
    setup.cache.directory = options.cache_directory;
    ASSIGN_OR_RETURN(engine->jit_, JitCompiler::Make(setup));
  }
  engine->loader_ = std::make_unique<CompilingChainLoader>(&engine->registry_, &engine->symbols_,
                                                           engine->jit_.get());
  return engine;
}

CompilerServices Engine::services() const {
  return {&registry_, &StdConnectorRecords(), &StdFormatRecords(), evaluator_.get()};
}

}  // namespace flinkc
