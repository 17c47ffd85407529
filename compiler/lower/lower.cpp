#include "compiler/lower/lower.h"

#include <cstddef>
#include <utility>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/aggregate_lowering.h"
#include "compiler/lower/chain_skeleton.h"
#include "compiler/lower/pipeline_lowering.h"
#include "compiler/lower/value_access.h"
#include "compiler/plan/native_plan.h"
#include "runtime/abi/batch_layout.h"
#include "runtime/abi/chain_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"
#include "runtime/graph/compiled_chain.h"

namespace flinkc {

namespace {

// accumulators(input->into) += accumulators(input->from)
void MergeRows(FunctionBuilder& fn, AggregateLowering& aggregate, FailureTarget& failure) {
  const LoopValue input = fn.Parameter(1);
  aggregate.Merge(fn.Load(ValueType::kPtr, input, offsetof(MergeRowsInput, into)),
                  fn.Load(ValueType::kPtr, input, offsetof(MergeRowsInput, from)),
                  fn.Load(ValueType::kPtr, input, offsetof(MergeRowsInput, heap)), failure);
  fn.Return(fn.I64(1));
}

void MergeTables(FunctionBuilder& fn, ExpressionLowering& expressions, AggregateLowering& aggregate,
                 const StateRowLayout& rows, LoopVariable failed_row, FailureTarget& failure) {
  const LoopValue into = fn.Load(ValueType::kPtr, fn.Parameter(1), offsetof(MergeInput, into));
  const LoopValue from = fn.Load(ValueType::kPtr, fn.Parameter(1), offsetof(MergeInput, from));
  const LoopValue heap = fn.Load(ValueType::kPtr, into, offsetof(KeyedTable, heap));
  const LoopValue count = fn.Load(ValueType::kI64, from, offsetof(KeyedTable, row_count));
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
}

// (context, MergeInput*, start): merges every row of input->from into its like in input->into; of
// sessions (context, MergeRowsInput*, 0): one row.
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
  FailureTarget failure = FailureTarget::Make(fn);
  const LoopVariable failed_row = fn.DeclareVariable("failed_row", fn.I64(0));
  if (rows.session_offset) {
    MergeRows(fn, aggregate, failure);
  } else {
    MergeTables(fn, expressions, aggregate, rows, failed_row, failure);
  }
  fn.SwitchTo(failure.block);
  fn.Call("flinkc_rt_report_error",
          {context, fn.I32(static_cast<int32_t>(skeleton.Step(op, ErrorMode::kFail))),
           fn.Get(failure.status), fn.I32(-1), fn.Get(failed_row)});
  fn.Return(fn.I64(kPipelineFailed));
}

// Some columns of a batch, found once for all of its rows.
class BatchColumns {
 public:
  // `schema`: of the batch; must outlive this.
  BatchColumns(FunctionBuilder& fn, LoopValue batch, const Schema& schema,
               std::vector<uint32_t> columns)
      : fn_(fn), schema_(schema), columns_(std::move(columns)) {
    const LoopValue buffers = fn.Load(ValueType::kPtr, batch, offsetof(BatchLayout, columns));
    for (const uint32_t column : columns_) {
      const auto base = static_cast<int64_t>(column * sizeof(ColumnBuffer));
      values_.push_back(fn.Load(ValueType::kPtr, buffers, base + offsetof(ColumnBuffer, values)));
      validities_.emplace_back();
      if (!schema[column].type.nullable()) continue;
      validities_.back() =
          fn.Load(ValueType::kPtr, buffers, base + offsetof(ColumnBuffer, validity));
    }
  }

  // The row with these columns; the others have no values.
  LoweredRow Load(LoopValue row) const {
    LoweredRow loaded;
    loaded.columns.resize(schema_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      const uint32_t column = columns_[i];
      loaded.columns[column] =
          LoadColumn(fn_, schema_[column].type, values_[i], validities_[i], row);
    }
    return loaded;
  }

 private:
  FunctionBuilder& fn_;
  const Schema& schema_;
  const std::vector<uint32_t> columns_;
  std::vector<LoopValue> values_;
  std::vector<std::optional<LoopValue>> validities_;
};

// (context, ConditionInput*, start): writes for each row of input->batch whether `condition` holds.
void LowerCondition(LoopModule& module, const SymbolTable& symbols, ChainSkeleton& skeleton,
                    uint32_t op, const Expr& condition, const Schema& schema,
                    const std::string& name, FunctionStates& states) {
  const LogicalOperator& logical = skeleton.chain->operators[op];
  const uint32_t step = skeleton.Step(op, logical.on_error);
  FunctionBuilder fn(
      module, symbols, name, ValueType::kI64,
      {{"context", ValueType::kPtr}, {"input", ValueType::kPtr}, {"start", ValueType::kI64}});
  const LoopValue context = fn.Parameter(0);
  ExpressionLowering expressions(fn, context, states);
  const LoopValue batch =
      fn.Load(ValueType::kPtr, fn.Parameter(1), offsetof(ConditionInput, batch));
  const LoopValue holds =
      fn.Load(ValueType::kPtr, fn.Parameter(1), offsetof(ConditionInput, holds));
  const LoopValue rows = fn.SignExtend(
      fn.Load(ValueType::kI32, batch, offsetof(BatchLayout, row_count)), ValueType::kI64);
  // The columns that it reads; the others have no values.
  const BatchColumns read(fn, batch, schema, condition.Columns());
  const LoopBlock failed = fn.NewBlock("failed");
  {
    Loop loop(fn, fn.Parameter(2), rows);
    // holds[row] = condition(row), or 0 where it fails
    const LoweredRow row = read.Load(loop.index());
    const LoopBlock done = fn.NewBlock("condition_done");
    FailureTarget failure = FailureTarget::Make(fn);
    const LoopValue address = fn.Index(holds, loop.index(), 1);
    fn.Store(fn.I8(0), address);
    const LoopValue keep = expressions.EmitIsTrue(condition, row, failure);
    fn.Store(fn.Select(keep, fn.I8(1), fn.I8(0)), address);
    fn.Jump(done);
    fn.SwitchTo(failure.block);
    const LoopValue action =
        fn.Call("flinkc_rt_report_error", {context, fn.I32(static_cast<int32_t>(step)),
                                           fn.Get(failure.status), fn.I32(-1), loop.index()});
    const LoopValue fails = fn.Equal(action, fn.I32(static_cast<int32_t>(ErrorAction::kFail)));
    fn.JumpIf(fails, failed, done, Likelihood::kUnlikely);
    fn.SwitchTo(done);
  }
  fn.Return(rows);
  fn.SwitchTo(failed);
  fn.Return(fn.I64(kPipelineFailed));
}

// (context, AggregateInput*, start): adds the rows of input->rows to input->accumulator; then, with
// input->value, tells the result.
void LowerAggregate(LoopModule& module, const SymbolTable& symbols, ChainSkeleton& skeleton,
                    uint32_t op, const AggregateCall& call, const Schema& schema,
                    const std::string& name, FunctionStates& states) {
  const LogicalOperator& logical = skeleton.chain->operators[op];
  const uint32_t step = skeleton.Step(op, logical.on_error);
  FunctionBuilder fn(
      module, symbols, name, ValueType::kI64,
      {{"context", ValueType::kPtr}, {"input", ValueType::kPtr}, {"start", ValueType::kI64}});
  const LoopValue context = fn.Parameter(0);
  const LoopValue input = fn.Parameter(1);
  ExpressionLowering expressions(fn, context, states);
  const AggregateOp accumulates = AccumulatorOp(call);
  const StateRowLayout layout = AccumulatorLayout(call, schema);
  AggregateLowering aggregate(fn, expressions, context, accumulates, layout);
  const LoopValue batch = fn.Load(ValueType::kPtr, input, offsetof(AggregateInput, rows));
  const LoopValue state = fn.Load(ValueType::kPtr, input, offsetof(AggregateInput, accumulator));
  const LoopValue heap = fn.Load(ValueType::kPtr, input, offsetof(AggregateInput, heap));
  const LoopValue value = fn.Load(ValueType::kPtr, input, offsetof(AggregateInput, value));
  const LoopValue outcome = fn.Load(ValueType::kPtr, input, offsetof(AggregateInput, outcome));
  const LoopValue rows = fn.SignExtend(
      fn.Load(ValueType::kI32, batch, offsetof(BatchLayout, row_count)), ValueType::kI64);
  const BatchColumns read(fn, batch, schema, call.Columns());
  const LoopVariable failed_row = fn.DeclareVariable("failed_row", fn.I64(0));
  const LoopBlock end = fn.NewBlock("aggregate_end");
  FailureTarget failure = FailureTarget::Make(fn);
  {
    Loop loop(fn, fn.Parameter(2), rows);
    // accumulate(state, arguments(row))
    fn.Set(failed_row, loop.index());
    const auto calls = aggregate.PrepareCalls(read.Load(loop.index()), failure);
    aggregate.Update(AggregateLowering::Step::kAccumulate, calls, state, heap, failure);
  }
  {
    // if (value) { *value = result(state); outcome = is it there }
    If wanted(fn, fn.Not(fn.IsNull(value)));
    fn.Set(failed_row, fn.I64(-1));
    const LoweredValue result = aggregate.ResultOf(0, state, failure);
    StorePayload(fn, call.resolution.result, result.payload, value);
    fn.Store(fn.Select(ValidOrTrue(fn, result), fn.I8(AggregateInput::kIsThere),
                       fn.I8(AggregateInput::kIsNull)),
             outcome);
  }
  fn.Jump(end);
  // A row that fails is told; with on_error: null the result is NULL.
  fn.SwitchTo(failure.block);
  const bool uses_null = logical.on_error == ErrorMode::kNull && call.resolution.result.nullable();
  const LoopValue action =
      fn.Call("flinkc_rt_report_error", {context, fn.I32(static_cast<int32_t>(step)),
                                         fn.Get(failure.status), fn.I32(-1), fn.Get(failed_row)});
  fn.Store(fn.I8(uses_null ? AggregateInput::kIsNull : AggregateInput::kHasFailed), outcome);
  const LoopBlock failed = fn.NewBlock("aggregate_failed");
  const LoopValue fails = fn.Equal(action, fn.I32(static_cast<int32_t>(ErrorAction::kFail)));
  fn.JumpIf(fails, failed, end, Likelihood::kUnlikely);
  fn.SwitchTo(failed);
  fn.Return(fn.I64(kPipelineFailed));
  fn.SwitchTo(end);
  fn.Return(rows);
}

}  // namespace

LoweredChain LowerChain(const ChainPlan& chain, const SymbolTable& symbols, Probes probes) {
  ChainSkeleton skeleton = ChainSkeleton::Make(chain);
  if (probes == Probes::kNone) skeleton.probes.clear();
  LoweredChain lowered;
  lowered.module.name = chain.name;
  FunctionStates states(chain.time_zone);
  for (uint32_t i = 0; i < skeleton.pipelines.size(); ++i) {
    if (skeleton.pipelines[i].is_native) {
      lowered.functions.push_back("");
      continue;
    }
    PipelineLowering::Lower(lowered.module, symbols, skeleton, i, states);
    lowered.functions.push_back(skeleton.layout.pipelines[i].name);
  }
  for (uint32_t state = 0; state < skeleton.layout.states.size(); ++state) {
    if (!skeleton.NeedsMerge(state)) continue;
    const std::string name = "merge:" + skeleton.layout.states[state].state_id;
    LowerMerge(lowered.module, symbols, skeleton, state, name, states);
    lowered.functions.push_back(name);
  }
  for (const auto& [op, native] : skeleton.natives) {
    const LogicalOperator& logical = chain.operators[op];
    const NativeLayout& layout = skeleton.layout.natives[native];
    size_t index = 0;
    for (const ExprPtr& condition : ConditionsOf(logical)) {
      const std::string name = "condition" + std::to_string(index) + ":" + logical.Path();
      LowerCondition(lowered.module, symbols, skeleton, op, *condition,
                     layout.condition_schemas[index++], name, states);
      lowered.functions.push_back(name);
    }
    index = 0;
    for (const AggregateCall& call : AggregatesOf(logical)) {
      const std::string name = "aggregate" + std::to_string(index) + ":" + logical.Path();
      LowerAggregate(lowered.module, symbols, skeleton, op, call, layout.aggregates[index++].schema,
                     name, states);
      lowered.functions.push_back(name);
    }
    for (const std::string& counter : CountersOf(logical)) skeleton.Counter(counter);
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
