// The kernels as generated code sees them.
#include "stdlib-operators/kernels/bitcode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/codegen/function_builder.h"
#include "compiler/jit/hot_calls.h"
#include "compiler/jit/jit_compiler.h"
#include "runtime/abi/engine_symbols.h"
#include "runtime/abi/kernel_context.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/symbols.h"

// Of runtime/task; here only their addresses matter.
extern "C" {
void flinkc_rt_grow_arena(flinkc::KernelContext*, int64_t) {}
int32_t flinkc_rt_insert_row(flinkc::KeyedTable*, uint64_t, const char*, char**) { return 9; }
void flinkc_rt_touch_row(flinkc::KeyedTable*, uint64_t) {}
void flinkc_rt_reset_row(flinkc::KeyedTable*, char*) {}
void flinkc_rt_remove_row(flinkc::KeyedTable*, char*) {}
bool flinkc_rt_own_key(flinkc::KeyedTable*, char*) { return false; }
bool flinkc_rt_grow_blob(flinkc::StateHeap*, flinkc::StateBlob*, int64_t) { return false; }
void flinkc_rt_free_blob(flinkc::StateHeap*, flinkc::StateBlob*) {}
}

namespace flinkc {
namespace {

using ::testing::ElementsAre;

SymbolTable AllSymbols() {
  SymbolTable symbols;
  symbols.Add(SymbolKind::kKernel, KernelSymbols());
  symbols.Add(SymbolKind::kKernel, EngineKernelSymbols());
  symbols.Add(SymbolKind::kNative, KernelNativeSymbols());
  symbols.Add(
      SymbolKind::kRuntimeCall,
      {FLINKC_NATIVE_SYMBOL(flinkc_rt_grow_arena), FLINKC_NATIVE_SYMBOL(flinkc_rt_insert_row),
       FLINKC_NATIVE_SYMBOL(flinkc_rt_touch_row), FLINKC_NATIVE_SYMBOL(flinkc_rt_own_key),
       FLINKC_NATIVE_SYMBOL(flinkc_rt_grow_blob), FLINKC_NATIVE_SYMBOL(flinkc_rt_free_blob),
       FLINKC_NATIVE_SYMBOL(flinkc_rt_reset_row), FLINKC_NATIVE_SYMBOL(flinkc_rt_remove_row)});
  return symbols;
}

// A function for each kernel, of the kernel's type, which calls it.
LoopModule CallEachKernel(const SymbolTable& symbols) {
  LoopModule module{.name = "all_kernels"};
  for (const auto& [name, symbol] : symbols.symbols()) {
    if (symbol.kind != SymbolKind::kKernel) continue;
    std::vector<VariableDeclaration> parameters;
    for (const ValueType type : symbol.native.parameters) parameters.push_back({"p", type});
    FunctionBuilder fn(module, symbols, "call_" + name, symbol.native.result, parameters);
    std::vector<LoopValue> arguments;
    for (size_t i = 0; i < parameters.size(); ++i) arguments.push_back(fn.Parameter(i));
    const LoopValue result = fn.Call(name, arguments);
    symbol.native.result == ValueType::kVoid ? fn.Return() : fn.Return(result);
  }
  return module;
}

// Each kernel is in the bitcode, with the type that its record says; and all that kernels call
// themselves is listed (tried: small kernels already need bcmp, __divti3, pow).
TEST(KernelBitcodeTest, EveryKernelCompilesAndLoads) {
  const SymbolTable symbols = AllSymbols();
  const auto compiler = JitCompiler::Make({&symbols, KernelBitcode(), KernelBuildId(), {}});
  ASSERT_TRUE(compiler) << compiler.error().message;
  const LoopModule module = CallEachKernel(symbols);
  ASSERT_GT(module.functions.size(), 100u);
  const auto compiled = (*compiler)->Compile(module);
  ASSERT_TRUE(compiled) << compiled.error().message;
}

TEST(KernelBitcodeTest, ArithmeticAndComparisonsAreInlined) {
  const SymbolTable symbols = AllSymbols();
  const auto compiler = JitCompiler::Make({&symbols, KernelBitcode(), KernelBuildId(), {}});
  ASSERT_TRUE(compiler);
  LoopModule module{.name = "inlined"};
  FunctionBuilder fn(module, symbols, "run", ValueType::kI64,
                     {{"a", ValueType::kI64}, {"b", ValueType::kI64}});
  const LoopValue out = fn.StackSlot(8);
  fn.Call("flinkc_multiply_i64", {fn.Parameter(0), fn.Parameter(1), out});
  fn.Return(
      fn.Add(fn.Load(ValueType::kI64, out), fn.Call("flinkc_hash_integer", {fn.Parameter(0)})));
  const auto text = (*compiler)->Print(module, {}, CodeForm::kLlvmOptimized);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*HotCalls(*text), ElementsAre());
}

}  // namespace
}  // namespace flinkc
