// The part of a generated loop that a local aggregate is: a row is added to the accumulators that
// its group has in the open batch, or written.
#include <algorithm>
#include <cstddef>
#include <numeric>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/pipeline_lowering.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/chain_context.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int64_t kMicrosPerMilli = 1000;

// As a view that does not hold them inline has them.
uint32_t PartialBytes(const StateRowLayout& rows) {
  constexpr uint32_t kLeast = 16;
  constexpr uint32_t kAlignment = 8;
  const uint32_t bytes = rows.accumulators_end - rows.accumulators_begin;
  return std::max(kLeast, (bytes + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace

// The slice of the row's windows, where it is late for none of them; any other row passes.
LoopValue PipelineLowering::LocalSlice(const AggregateOp& aggregate, const LoweredRow& row,
                                       LoopBlock pass) {
  if (!aggregate.window || aggregate.window->processing_time) return fn_.I64(0);
  const WindowSpecification& window = *aggregate.window;
  const auto [time, watermark] = RowTime(window, row);
  const int64_t slice_micros = std::gcd(window.size_micros, window.slide_micros);
  const LoopBlock sane = fn_.NewBlock("sane_time");
  const LoopBlock in_time = fn_.NewBlock("in_time");
  fn_.JumpIf(
      fn_.LessEqualUnsigned(fn_.Add(time, fn_.I64(kWindowTimeMax)), fn_.I64(2 * kWindowTimeMax)),
      sane, pass, Likelihood::kLikely);
  fn_.SwitchTo(sane);
  const LoopValue begin =
      fn_.Call("flinkc_slice_begin", {time, fn_.I64(window.offset_micros), fn_.I64(slice_micros)});
  // All of its windows end with the slice or later.
  const LoopValue closes = fn_.Add(begin, fn_.I64(slice_micros - kMicrosPerMilli));
  fn_.JumpIf(fn_.LessSigned(watermark, closes), in_time, pass, Likelihood::kLikely);
  fn_.SwitchTo(in_time);
  return begin;
}

LoopValue PipelineLowering::HasKeyOf(const Schema& schema, const std::vector<uint32_t>& keys,
                                     const LoweredRow& row, LoopValue columns, LoopValue index) {
  LoopValue same = fn_.Bool(true);
  for (const uint32_t key : keys) {
    const DataType& type = schema[key].type;
    const auto base = static_cast<int64_t>(key * sizeof(ColumnBuffer));
    std::optional<LoopValue> validity;
    if (type.nullable()) {
      validity = fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, validity));
    }
    const LoweredValue other = LoadColumn(
        fn_, type, fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, values)),
        validity, index);
    same = fn_.And(same, SameValue(fn_, type, row.columns[key], other));
  }
  return same;
}

PipelineLowering::LocalPort PipelineLowering::OpenLocalPort(uint32_t op) {
  const std::vector<Consumer>& consumers = skeleton_.routing.at({op, 0}).consumers;
  CHECK(consumers.size() == 1 && consumers[0].edge);
  LocalPort local;
  local.port = skeleton_.edge_ports[*consumers[0].edge];
  InEntry([&] {
    local.output = fn_.Offset(fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, ports)),
                              int64_t{local.port} * static_cast<int64_t>(sizeof(OutputPort)));
    local.slots = fn_.Load(ValueType::kPtr, local.output, offsetof(OutputPort, local));
    // The rows of this run, if it is not ended before.
    local.looks = fn_.Call("flinkc_local_begin", {local.slots, fn_.Sub(rows_, fn_.Parameter(2))});
  });
  return local;
}

//   found = looks ? find(group) : pass
//   found is a row of the open batch with the same key: accumulate(it, row)
//   found says begin: write(row, new accumulators with the row)
//   pass, late, another key, an argument that fails: write(row, nothing)
void PipelineLowering::EmitLocalAggregate(uint32_t op, const LoweredRow& row) {
  const LogicalOperator& logical = Operator(op);
  const AggregateOp& aggregate_op = logical.As<LocalAggregateOp>()->aggregate;
  const Schema& schema = logical.outputs[0].schema;
  const auto partial_column = static_cast<uint32_t>(schema.size() - 1);
  const StateRowLayout rows =
      StateRowLayout::Make(aggregate_op, InputSchema(op), /*retracts=*/false);
  AggregateLowering aggregate(fn_, expressions_, context_, aggregate_op, rows);
  const LocalPort local = OpenLocalPort(op);
  std::vector<DataType> types;
  std::vector<LoweredValue> keys;
  for (const uint32_t key : aggregate_op.keys) {
    types.push_back(schema[key].type);
    keys.push_back(row.columns[key]);
  }
  const LoopValue hash = HashKey(fn_, types, keys);

  const LoopBlock look = fn_.NewBlock("look");
  const LoopBlock pass = fn_.NewBlock("pass_row");
  const LoopBlock known = fn_.NewBlock("known_group");
  const LoopBlock candidate = fn_.NewBlock("candidate");
  const LoopBlock merge = fn_.NewBlock("merge_row");
  const LoopBlock begin = fn_.NewBlock("begin_group");
  const LoopBlock update = fn_.NewBlock("update_group");
  const LoopBlock write = fn_.NewBlock("write_group");
  const LoopBlock done = fn_.NewBlock("local_done");
  fn_.JumpIf(local.looks, look, pass);

  fn_.SwitchTo(look);
  const LoopValue slice = LocalSlice(aggregate_op, row, pass);
  const LoopValue channel = fn_.Call(
      "flinkc_channel_of",
      {hash, fn_.Load(ValueType::kI32, local.output, offsetof(OutputPort, max_parallelism)),
       fn_.Load(ValueType::kI32, local.output, offsetof(OutputPort, channel_count))});
  const LoopValue found = fn_.Call("flinkc_local_find", {local.slots, hash, slice, channel});
  fn_.JumpIf(fn_.Equal(found, fn_.I64(kLocalPass)), pass, known);

  fn_.SwitchTo(known);
  FailureTarget argument_failure = FailureTarget::Make(fn_);
  const auto calls = aggregate.PrepareCalls(row, argument_failure);
  const LoopValue batches = fn_.Load(ValueType::kPtr, local.output, offsetof(OutputPort, channels));
  const LoopValue batch = fn_.Load(
      ValueType::kPtr, fn_.Index(batches, fn_.ZeroExtend(channel, ValueType::kI64), sizeof(void*)));
  const LoopValue begins = fn_.LessSigned(found, fn_.I64(0));
  const LoopVariable accumulators = fn_.DeclareVariable("accumulators", fn_.Null());
  const LoopValue view = fn_.StackSlot(sizeof(StringValue), 8);
  fn_.JumpIf(begins, begin, candidate, Likelihood::kUnlikely);

  fn_.SwitchTo(candidate);
  const LoopValue columns = fn_.Load(ValueType::kPtr, batch, offsetof(BatchLayout, columns));
  fn_.JumpIf(HasKeyOf(schema, aggregate_op.keys, row, columns, found), merge, pass,
             Likelihood::kLikely);

  fn_.SwitchTo(merge);
  Count(skeleton_.Counter("rows_merged:" + logical.Path()));
  const LoopValue views = fn_.Load(
      ValueType::kPtr, columns,
      static_cast<int64_t>(partial_column * sizeof(ColumnBuffer)) + offsetof(ColumnBuffer, values));
  fn_.Set(accumulators,
          fn_.Call("flinkc_view_data", {fn_.Index(views, found, sizeof(StringValue))}));
  fn_.Jump(update);

  fn_.SwitchTo(begin);
  const uint32_t bytes = PartialBytes(rows);
  const LoopValue made = fn_.Call("flinkc_local_block", {context_, fn_.I64(bytes), view});
  fn_.MemoryZero(made, bytes);
  fn_.Set(accumulators, made);
  fn_.Jump(update);

  fn_.SwitchTo(update);
  FailureTarget failure = FailureTarget::Make(fn_);
  const LoopValue state_row = fn_.Offset(fn_.Get(accumulators), -int64_t{rows.accumulators_begin});
  aggregate.Update(AggregateLowering::Step::kAccumulate, calls, state_row, fn_.Null(), failure);
  fn_.JumpIf(begins, write, done, Likelihood::kUnlikely);

  const auto write_row = [&](LoopValue partial) {
    LoweredRow written = row;
    written.columns.push_back({partial, std::nullopt});
    WritePort(local.port, written, hash);
    fn_.Jump(done);
  };
  // Last of all: the batch may leave with the row.
  fn_.SwitchTo(write);
  const LoopValue next = fn_.SignExtend(
      fn_.Load(ValueType::kI32, batch, offsetof(BatchLayout, row_count)), ValueType::kI64);
  fn_.Call("flinkc_local_note", {local.slots, hash, slice, channel, next});
  write_row(view);

  // The global aggregate tells of what fails.
  fn_.SwitchTo(argument_failure.block);
  fn_.Jump(pass);

  fn_.SwitchTo(pass);
  write_row(LoadNull(fn_, schema[partial_column].type).payload);

  HandleFailure(failure, skeleton_.Step(op, ErrorMode::kFail), ErrorMode::kFail, -1, done);
  fn_.SwitchTo(done);
}

LoopValue PipelineLowering::IsPartial(const StateRowLayout& rows, LoopValue partial) {
  // What comes from another process is not believed to have the size that it should.
  return fn_.Equal(fn_.Load(ValueType::kI32, partial),
                   fn_.I32(static_cast<int32_t>(PartialBytes(rows))));
}

void PipelineLowering::MergePartial(AggregateLowering& aggregate, const StateRowLayout& rows,
                                    LoopValue partial, LoopValue state_row, LoopValue heap,
                                    FailureTarget& failure) {
  // A copy, since in a batch from another process they stand at any address.
  const uint32_t bytes = PartialBytes(rows);
  const LoopValue from = fn_.StackSlot(bytes, 8);
  fn_.MemoryCopy(from, fn_.Call("flinkc_view_data", {partial}), bytes);
  aggregate.Merge(state_row, fn_.Offset(from, -int64_t{rows.accumulators_begin}), heap, failure);
}

}  // namespace flinkc
