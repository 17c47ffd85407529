// The loop of an `over`: executes the steps that its native part gives on the accumulators of their
// keys.
#include <cstddef>
#include <limits>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/pipeline_lowering.h"
#include "compiler/lower/value_access.h"
#include "compiler/plan/native_plan.h"
#include "runtime/abi/keyed_table.h"

namespace flinkc {

namespace {

constexpr int64_t kNeverLate = std::numeric_limits<int64_t>::min();

}  // namespace

const std::vector<AggregateCall>& PipelineLowering::CallsOf(uint32_t op) const {
  if (const auto* over = Operator(op).As<OverOp>()) return over->aggregate.calls;
  return Operator(op).As<AggregateOp>()->calls;
}

void PipelineLowering::EmitOverStep(uint32_t op, const LoweredRow& row) {
  using Step = AggregateLowering::Step;
  const LogicalOperator& logical = Operator(op);
  const auto& over = *logical.As<OverOp>();
  const Schema& input = InputSchema(op);
  const StateRowLayout& rows = skeleton_.state_rows.at(op);
  const auto descriptor = std::get<OverDescriptor>(DescriptorOf(logical));
  AggregateLowering aggregate(fn_, expressions_, context_, over.aggregate, rows);
  FailureTarget failure = FailureTarget::Make(fn_);
  const LoopBlock done = fn_.NewBlock("step_done");

  const LoopValue step = row.columns[StepColumn(input, descriptor)].payload;
  const auto has = [&](OverStep bit) {
    return fn_.NotEqual(fn_.And(step, fn_.I8(static_cast<int8_t>(bit))), fn_.I8(0));
  };
  // probe(table, hash, key, &state_row)
  std::vector<DataType> types;
  std::vector<LoweredValue> keys;
  for (const uint32_t key : over.aggregate.keys) {
    types.push_back(input[key].type);
    keys.push_back(row.columns[key]);
  }
  const LoopValue table = StateTable(op);
  const LoopValue key = aggregate.BuildKey(row, input);
  const LoopValue address = fn_.StackSlot(8, 8);
  const LoopValue probe =
      fn_.Call(rows.probe(), {table, HashKey(fn_, types, keys), key,
                              fn_.I32(static_cast<int32_t>(rows.key_bytes)), address});
  expressions_.LeaveOnFailure(probe, failure);
  const LoopValue state_row = fn_.Load(ValueType::kPtr, address);
  const LoopValue heap = fn_.Load(ValueType::kPtr, table, offsetof(KeyedTable, heap));

  if (descriptor.forgets) {
    // if (forget) { remove(row); next step }
    const LoopBlock forget = fn_.NewBlock("forget");
    const LoopBlock stays = fn_.NewBlock("stays");
    fn_.JumpIf(has(OverStep::kForget), forget, stays, Likelihood::kUnlikely);
    fn_.SwitchTo(forget);
    fn_.Call("flinkc_rt_remove_row", {table, state_row});
    fn_.Jump(done);
    fn_.SwitchTo(stays);
  }
  if (descriptor.is_bounded()) {
    // if (new) reset(row); if (clear) clear accumulators
    {
      If is_new(fn_, has(OverStep::kNew));
      fn_.Call("flinkc_rt_reset_row", {table, state_row});
    }
    If clears(fn_, has(OverStep::kClear));
    aggregate.Clear(state_row, heap);
  }
  if (rows.updated_at_offset) {
    fn_.Call("flinkc_table_renew",
             {table, state_row, probe, fn_.I32(static_cast<int32_t>(*rows.updated_at_offset)),
              ProcessingTime(), fn_.I64(AccumulatorTtlOf(over))});
  }
  const auto calls = aggregate.PrepareCalls(row, failure);
  if (descriptor.is_bounded()) {
    // if (remove) retract(left), or if (readd) accumulate(left)
    LoweredRow left = row;
    for (size_t i = 0; i < descriptor.arguments.size(); ++i) {
      left.columns[descriptor.arguments[i]] = row.columns[FirstLeftColumn(input) + i];
    }
    If has_left(fn_, has(descriptor.recomputes ? OverStep::kReadd : OverStep::kRemove));
    aggregate.Update(descriptor.recomputes ? Step::kAccumulate : Step::kRetract,
                     aggregate.PrepareCalls(left, failure), state_row, heap, failure);
  }
  {
    If adds(fn_, has(OverStep::kAdd));
    aggregate.Update(Step::kAccumulate, calls, state_row, heap, failure);
  }
  {
    // if (output) push(row, results)
    If gives(fn_, has(OverStep::kOutput));
    aggregate.UpdatePerRow(calls, state_row, heap, failure);
    LoweredRow output;
    for (const uint32_t column : over.columns) output.columns.push_back(row.columns[column]);
    EmitResults(op, aggregate, state_row, done, Reporting::kTold, output);
    if (logical.outputs[0].watermark_column) {
      // It leaves before the watermark that it waited for, and is late for nobody.
      output.columns.push_back(over.time ? LoweredValue{fn_.I64(kNeverLate), std::nullopt}
                                         : row.columns[*input.IndexOf(kWatermarkColumn)]);
    }
    Count(skeleton_.Counter("rows_out:" + logical.Path()));
    Consume(op, 0, output);
  }
  HandleFailure(failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, done);
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

}  // namespace flinkc
