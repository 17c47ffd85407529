#include "tests/unit/stdlib/support/expression_runner.h"

#include <cstring>
#include <deque>

#include "compiler/expression/expression_checker.h"
#include "compiler/interpreter/interpreter.h"
#include "compiler/lower/lower.h"
#include "runtime/abi/engine_symbols.h"
#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"
#include "runtime/data/text_writer.h"
#include "runtime/task/runtime_calls.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/functions/native/symbols.h"
#include "stdlib-operators/functions/registry.h"
#include "stdlib-operators/kernels/bitcode.h"
#include "stdlib-operators/kernels/symbols.h"

namespace flinkc {
namespace {

std::vector<const void*> Pointers(const std::vector<FunctionState>& states) {
  std::vector<const void*> pointers;
  for (const FunctionState& state : states) pointers.push_back(state.get());
  return pointers;
}

}  // namespace

std::string DescribeValue(const EvaluatedValue& value, const DataType& type) {
  if (value.status == static_cast<int32_t>(RowStatus::kNull)) return "NULL";
  if (value.status != static_cast<int32_t>(RowStatus::kOk)) {
    return std::string("error: ") + RowErrorCode(static_cast<RowStatus>(value.status));
  }
  std::string text;
  AppendText(text, type, value.bytes.bytes);
  return text;
}

StandardLibrary::StandardLibrary() {
  RegisterStdFunctions(registry_);
  RegisterStdAggregates(registry_);
  symbols_.Add(SymbolKind::kKernel, KernelSymbols());
  symbols_.Add(SymbolKind::kKernel, EngineKernelSymbols());
  symbols_.Add(SymbolKind::kNative, KernelNativeSymbols());
  symbols_.Add(SymbolKind::kNative, NativeFunctionSymbols());
  symbols_.Add(SymbolKind::kRuntimeCall, RuntimeCallSymbols());
}

ExprPtr ExpressionRunner::Check(std::string_view text, std::string* error) const {
  const SourceBuffer buffer("example", std::string(text));
  SourceText source;
  source.value = text;
  source.span = {&buffer, 0, static_cast<uint32_t>(text.size())};
  const Schema no_columns;
  ExpressionScope scope;
  scope.registry = &library_.registry();
  scope.columns = &no_columns;
  scope.input_name = "the example";
  DiagnosticLog log;
  ExprPtr expr = CheckExpression(source, scope, log);
  if (expr == nullptr || log.has_errors()) {
    *error = log.diagnostics().empty() ? "nothing reported" : log.diagnostics()[0].message;
    return nullptr;
  }
  return expr;
}

EvaluatedValue ExpressionRunner::Evaluate(const Expr& expr, RunContext* context) const {
  const LoweredExpression lowered = LowerExpression(expr, library_.symbols());
  auto made = InterpretedModule::Make(lowered.module, library_.symbols());
  CHECK(made.has_value());
  const std::shared_ptr<const InterpretedModule> module = *std::move(made);
  context->modules.push_back(module);
  const std::vector<const void*> states = Pointers(lowered.function_states);
  context->chain.kernel.function_states = states.data();
  EvaluatedValue value;
  const ValueSlot arguments[] = {reinterpret_cast<ValueSlot>(&context->chain),
                                 reinterpret_cast<ValueSlot>(value.bytes.bytes)};
  value.status = static_cast<int32_t>(module->Run(module->IndexOf("expression"), arguments));
  return value;
}

std::string ExpressionRunner::Interpret(std::string_view text) const {
  std::string error;
  const ExprPtr expr = Check(text, &error);
  if (expr == nullptr) return "check: " + error;
  RunContext context;
  return DescribeValue(Evaluate(*expr, &context), expr->type());
}

std::vector<std::string> ExpressionRunner::Compile(
    const std::vector<std::string_view>& texts) const {
  std::vector<std::string> results(texts.size());
  std::deque<LoweredExpression> lowered;
  std::vector<ExprPtr> expressions;
  std::vector<const LoopModule*> modules;
  std::vector<size_t> index_of;
  for (size_t i = 0; i < texts.size(); ++i) {
    std::string error;
    const ExprPtr expr = Check(texts[i], &error);
    if (expr == nullptr) {
      results[i] = "check: " + error;
      continue;
    }
    lowered.push_back(LowerExpression(*expr, library_.symbols()));
    modules.push_back(&lowered.back().module);
    expressions.push_back(expr);
    index_of.push_back(i);
  }
  const auto compiler =
      JitCompiler::Make({&library_.symbols(), KernelBitcode(), KernelBuildId(), {}});
  if (!compiler) return std::vector<std::string>(texts.size(), compiler.error().message);
  const auto compiled = (*compiler)->CompileAll(modules, {}, 2);
  for (size_t i = 0; i < compiled.size(); ++i) {
    std::string& result = results[index_of[i]];
    if (!compiled[i]) {
      result = "jit: " + compiled[i].error().message;
      continue;
    }
    const std::vector<const void*> states = Pointers(lowered[i].function_states);
    RunContext context;
    context.chain.kernel.function_states = states.data();
    EvaluatedValue value;
    auto* run = (**compiled[i]).template Function<int32_t(void*, void*)>("expression");
    value.status = run(&context.chain, value.bytes.bytes);
    result = DescribeValue(value, expressions[i]->type());
  }
  return results;
}

}  // namespace flinkc
