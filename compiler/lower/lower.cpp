#include "compiler/lower/lower.h"

#include <cstddef>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/aggregate_lowering.h"
#include "compiler/lower/chain_skeleton.h"
#include "compiler/lower/pipeline_lowering.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"
#include "runtime/graph/compiled_chain.h"

namespace flinkc {

namespace {

// (context, MergeInput*, start): merges every row of input->from into its like in input->into.
void LowerMerge(LoopModule& module, const SymbolTable& symbols, ChainSkeleton& skeleton,
                uint32_t state, const std::string& name, FunctionStates& states) {
  const uint32_t op = skeleton.state_ops[state];
  const LogicalOperator& logical = skeleton.chain->operators[op];
  const StateRowLayout& rows = skeleton.state_rows.at(op);
  FunctionBuilder fn(
      module, symbols, name, ValueType::kI64,
      {{"context", ValueType::kPtr}, {"input", ValueType::kPtr}, {"start", ValueType::kI64}});
  const LoopValue context = fn.Parameter(0);
  ExpressionLowering expressions(fn, context, states);
  AggregateLowering aggregate(fn, expressions, context, *logical.As<AggregateOp>(), rows);
  const LoopValue into = fn.Load(ValueType::kPtr, fn.Parameter(1), offsetof(MergeInput, into));
  const LoopValue from = fn.Load(ValueType::kPtr, fn.Parameter(1), offsetof(MergeInput, from));
  const LoopValue heap = fn.Load(ValueType::kPtr, into, offsetof(KeyedTable, heap));
  const LoopValue count = fn.Load(ValueType::kI64, from, offsetof(KeyedTable, row_count));
  FailureTarget failure = FailureTarget::Make(fn);
  const LoopVariable failed_row = fn.DeclareVariable("failed_row", fn.I64(0));
  {
    Loop loop(fn, fn.Parameter(2), count);
    fn.Set(failed_row, loop.index());
    // target = probe(into, hash, key); accumulators(target) += accumulators(source)
    const LoopValue source = fn.Call("flinkc_table_row", {from, loop.index()});
    const LoopValue address = fn.StackSlot(8, 8);
    const LoopValue probe =
        fn.Call(rows.probe(),
                {into, fn.Load(ValueType::kI64, source), fn.Offset(source, KeyedTable::kHashBytes),
                 fn.I32(static_cast<int32_t>(rows.key_bytes)), address});
    expressions.LeaveOnFailure(probe, failure);
    aggregate.Merge(fn.Load(ValueType::kPtr, address), source, heap, failure);
  }
  fn.Return(count);
  fn.SwitchTo(failure.block);
  fn.Call("flinkc_rt_report_error",
          {context, fn.I32(static_cast<int32_t>(skeleton.Step(op, ErrorMode::kFail))),
           fn.Get(failure.status), fn.I32(-1), fn.Get(failed_row)});
  fn.Return(fn.I64(kPipelineFailed));
}

}  // namespace

LoweredChain LowerChain(const ChainPlan& chain, const SymbolTable& symbols) {
  ChainSkeleton skeleton = ChainSkeleton::Make(chain);
  LoweredChain lowered;
  lowered.module.name = chain.name;
  FunctionStates states(chain.time_zone);
  for (uint32_t i = 0; i < skeleton.pipelines.size(); ++i) {
    PipelineLowering::Lower(lowered.module, symbols, skeleton, i, states);
    lowered.functions.push_back(skeleton.layout.pipelines[i].name);
  }
  for (uint32_t state = 0; state < skeleton.layout.states.size(); ++state) {
    if (!skeleton.NeedsMerge(state)) continue;
    const std::string name = "merge:" + skeleton.layout.states[state].state_id;
    LowerMerge(lowered.module, symbols, skeleton, state, name, states);
    lowered.functions.push_back(name);
  }
  lowered.layout = std::move(skeleton.layout);
  lowered.function_states = states.Prepare();
  return lowered;
}

LoweredExpression LowerExpression(const Expr& expr, const SymbolTable& symbols) {
  LoweredExpression lowered;
  lowered.module.name = "expression";
  FunctionStates states("UTC");
  FunctionBuilder fn(lowered.module, symbols, "expression", ValueType::kI32,
                     {{"context", ValueType::kPtr}, {"out", ValueType::kPtr}});
  ExpressionLowering expressions(fn, fn.Parameter(0), states);
  FailureTarget failure = FailureTarget::Make(fn);
  const LoweredValue value = expressions.Emit(expr, LoweredRow(), failure);
  const LoopValue status =
      fn.Select(ValidOrTrue(fn, value), fn.I32(static_cast<int32_t>(RowStatus::kOk)),
                fn.I32(static_cast<int32_t>(RowStatus::kNull)));
  StorePayload(fn, expr.type(), value.payload, fn.Parameter(1));
  fn.Return(status);
  fn.SwitchTo(failure.block);
  fn.Return(fn.Get(failure.status));
  lowered.function_states = states.Prepare();
  return lowered;
}

}  // namespace flinkc
