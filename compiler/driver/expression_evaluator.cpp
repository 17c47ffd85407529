#include "compiler/driver/expression_evaluator.h"

#include <utility>

#include "compiler/interpreter/interpreter.h"
#include "compiler/lower/lower.h"
#include "runtime/abi/kernel_context.h"
#include "runtime/data/record_batch.h"

namespace flinkc {

std::optional<Value> ExpressionEvaluator::Evaluate(const Expr& expr) const {
  Result<Outcome> outcome = Run(expr);
  if (!outcome || static_cast<int32_t>(outcome->status) > static_cast<int32_t>(RowStatus::kNull)) {
    return std::nullopt;
  }
  return std::move(outcome->value);
}

Result<ExpressionEvaluator::Outcome> ExpressionEvaluator::Run(const Expr& expr,
                                                              int64_t now_micros) const {
  const LoweredExpression lowered = LowerExpression(expr, *symbols_);
  std::vector<const void*> states;
  for (const FunctionState& state : lowered.function_states) states.push_back(state.get());

  // The value lands in the only cell of a batch.
  const DataType type = expr.type().Nullable();
  RecordBatch batch(Schema({{"value", type}}), 1, false, false, nullptr);
  batch.set_row_count(1);
  auto arena = std::make_shared<Arena>();
  batch.KeepAlive(arena);
  KernelContext context{};
  context.arena = arena.get();
  context.now_micros = now_micros;
  context.function_states = states.data();
  void* out = batch.Values<void>(0);

  int32_t status = 0;
  // Its constants may be what the value points at.
  std::shared_ptr<const void> keeps_constants;
  if (jit_ == nullptr) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const InterpretedModule> module,
                     InterpretedModule::Make(lowered.module, *symbols_));
    keeps_constants = module;
    const ValueSlot arguments[] = {reinterpret_cast<ValueSlot>(&context),
                                   reinterpret_cast<ValueSlot>(out)};
    status = static_cast<int32_t>(module->Run(module->IndexOf("expression"), arguments));
  } else {
    ASSIGN_OR_RETURN(const std::shared_ptr<const CompiledModule> code,
                     jit_->Compile(lowered.module));
    keeps_constants = code;
    status = code->Function<int32_t(KernelContext*, void*)>("expression")(&context, out);
  }
  Outcome outcome;
  outcome.status = static_cast<RowStatus>(status);
  if (outcome.status == RowStatus::kOk) {
    batch.SetValid(0, 0);
    outcome.value = ReadValue(batch, type, 0, 0);
  }
  return outcome;
}

}  // namespace flinkc
