#include "compiler/lower/pipeline_lowering.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/chain_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/abi/session_row.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int64_t kMinTime = std::numeric_limits<int64_t>::min();
constexpr int64_t kMicrosPerMilli = 1000;

int32_t Number(RowStatus status) { return static_cast<int32_t>(status); }
int8_t Number(RowKind kind) { return static_cast<int8_t>(kind); }

void AddOnce(std::vector<uint32_t>& list, uint32_t index) {
  if (std::ranges::find(list, index) == list.end()) list.push_back(index);
}

}  // namespace

void PipelineLowering::Lower(LoopModule& module, const SymbolTable& symbols,
                             ChainSkeleton& skeleton, uint32_t pipeline, FunctionStates& states) {
  PipelineLowering(module, symbols, skeleton, pipeline, states).EmitFunction();
}

PipelineLowering::PipelineLowering(LoopModule& module, const SymbolTable& symbols,
                                   ChainSkeleton& skeleton, uint32_t pipeline,
                                   FunctionStates& states)
    : skeleton_(skeleton),
      pipeline_(skeleton.pipelines[pipeline]),
      layout_(skeleton.layout.pipelines[pipeline]),
      fn_(module, symbols, skeleton.layout.pipelines[pipeline].name, ValueType::kI64,
          {{"context", ValueType::kPtr}, {"input", ValueType::kPtr}, {"start", ValueType::kI64}}),
      context_(fn_.Parameter(0)),
      input_(fn_.Parameter(1)),
      expressions_(fn_, context_, states),
      entry_(fn_.current_block()) {}

const LogicalOperator& PipelineLowering::Operator(uint32_t op) const {
  return skeleton_.chain->operators[op];
}

const Schema& PipelineLowering::InputSchema(uint32_t op) const { return skeleton_.InputSchema(op); }

template <typename Write>
void PipelineLowering::InEntry(Write write) {
  const LoopBlock current = fn_.current_block();
  fn_.SwitchTo(entry_);
  write();
  fn_.SwitchTo(current);
}

void PipelineLowering::EmitFunction() {
  const LoopBlock head = fn_.NewBlock("head");
  const LoopBlock body = fn_.NewBlock("body");
  const LoopBlock next = fn_.NewBlock("next");
  const LoopBlock done = fn_.NewBlock("done");
  failed_ = fn_.NewBlock("failed");
  LoopVariable row;
  InEntry([&] {
    row = fn_.DeclareVariable("row", fn_.Parameter(2));
    rows_ = RowCount();
  });

  // for (; row < rows; ++row) {
  fn_.SwitchTo(head);
  fn_.JumpIf(fn_.LessSigned(fn_.Get(row), rows_), body, done, Likelihood::kLikely);
  fn_.SwitchTo(body);
  row_ = fn_.Get(row);
  if (pipeline_.input == PipelineInput::kState) {
    EmitStateRow(next);
  } else if (pipeline_.op.has_value()) {
    EmitSource(*pipeline_.op, LoadBatchRow());
  } else {
    ConsumeBy(pipeline_.consumer, LoadBatchRow());
  }
  fn_.Jump(next);

  // if (context->blocked) { ++row; break; } }
  fn_.SwitchTo(next);
  fn_.Set(row, fn_.Add(fn_.Get(row), fn_.I64(1)));
  const LoopValue blocked = fn_.Load(ValueType::kI32, context_, offsetof(ChainContext, blocked));
  fn_.JumpIf(fn_.Equal(blocked, fn_.I32(0)), head, done, Likelihood::kLikely);

  const auto close = [&] {
    for (auto& [port, writer] : writers_) writer->Close();
    if (counters_.empty()) return;
    // counters[i] += count
    const LoopValue counters =
        fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, counters));
    for (const auto& [counter, variable] : counters_) {
      const LoopValue before = fn_.Load(ValueType::kI64, counters, int64_t{8} * counter);
      fn_.Store(fn_.Add(before, fn_.Get(variable)), counters, int64_t{8} * counter);
    }
  };
  fn_.SwitchTo(done);
  close();
  fn_.Return(fn_.Get(row));
  fn_.SwitchTo(failed_);
  close();
  fn_.Return(fn_.I64(kPipelineFailed));
  fn_.SwitchTo(entry_);
  fn_.Jump(head);
}

LoopValue PipelineLowering::RowCount() {
  if (pipeline_.input == PipelineInput::kState) {
    return fn_.Load(ValueType::kI64, input_, offsetof(KeyedTable, row_count));
  }
  return fn_.SignExtend(fn_.Load(ValueType::kI32, input_, offsetof(BatchLayout, row_count)),
                        ValueType::kI64);
}

LoweredRow PipelineLowering::LoadBatchRow() {
  LoweredRow row;
  LoopValue columns;
  InEntry([&] { columns = fn_.Load(ValueType::kPtr, input_, offsetof(BatchLayout, columns)); });
  for (size_t i = 0; i < pipeline_.schema.size(); ++i) {
    const DataType& type = pipeline_.schema[i].type;
    const int64_t base = static_cast<int64_t>(i * sizeof(ColumnBuffer));
    LoopValue values;
    std::optional<LoopValue> validity;
    InEntry([&] {
      values = fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, values));
      if (type.nullable()) {
        validity = fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, validity));
      }
    });
    row.columns.push_back(LoadColumn(fn_, type, values, validity, row_));
  }
  if (pipeline_.row_kinds) {
    LoopValue kinds;
    InEntry([&] { kinds = fn_.Load(ValueType::kPtr, input_, offsetof(BatchLayout, row_kinds)); });
    row.kind = fn_.Load(ValueType::kI8, fn_.Index(kinds, row_, 1));
  }
  return row;
}

void PipelineLowering::EmitStateRow(LoopBlock next) {
  const uint32_t op = *pipeline_.op;
  const LogicalOperator& logical = Operator(op);
  const StateRowLayout& rows = skeleton_.state_rows.at(op);
  AggregateLowering aggregate(fn_, expressions_, context_, *logical.As<AggregateOp>(), rows);
  const LoopValue state_row = fn_.Call("flinkc_table_row", {input_, row_});
  if (!rows.emission_offset) {
    Consume(op, 0, LoadStateRow(aggregate, state_row, state_row, next));
    return;
  }
  // if (changed) { if (emitted) push(-U, as emitted); push(emitted ? +U : +I, as it is); … }
  const LoopValue flags = fn_.Load(ValueType::kI64, state_row, *rows.emission_offset);
  const LoopBlock changed = fn_.NewBlock("changed");
  fn_.JumpIf(fn_.Equal(fn_.And(flags, fn_.I64(kRowChanged)), fn_.I64(0)), next, changed);
  fn_.SwitchTo(changed);
  const LoopValue emitted = fn_.NotEqual(fn_.And(flags, fn_.I64(kRowEmitted)), fn_.I64(0));
  const LoopValue as_emitted = fn_.Offset(state_row, rows.emitted_distance);
  const bool retracts = logical.outputs[0].changelog == ChangelogMode::kRetract;
  if (retracts) {
    If was(fn_, emitted);
    LoweredRow before = LoadStateRow(aggregate, state_row, as_emitted, next);
    before.kind = fn_.I8(Number(RowKind::kUpdateBefore));
    Consume(op, 0, before);
  }
  LoweredRow row = LoadStateRow(aggregate, state_row, state_row, next);
  row.kind =
      fn_.Select(emitted, fn_.I8(Number(RowKind::kUpdateAfter)), fn_.I8(Number(RowKind::kInsert)));
  Consume(op, 0, row);
  fn_.Store(fn_.I64(kRowEmitted), state_row, *rows.emission_offset);
  if (!retracts) return;
  // as emitted = as it is
  const LoopValue heap = fn_.Load(ValueType::kPtr, input_, offsetof(KeyedTable, heap));
  for (size_t i = rows.blob_offsets.size() / 2; i < rows.blob_offsets.size(); ++i) {
    fn_.Call("flinkc_rt_free_blob", {heap, fn_.Offset(state_row, rows.blob_offsets[i])});
  }
  const uint32_t bytes = rows.accumulators_end - rows.accumulators_begin;
  if (bytes != 0) fn_.MemoryZero(fn_.Offset(as_emitted, rows.accumulators_begin), bytes);
  FailureTarget failure = FailureTarget::Make(fn_);
  aggregate.Merge(as_emitted, state_row, heap, failure);
  HandleFailure(failure, skeleton_.Step(op, ErrorMode::kFail), ErrorMode::kFail, -1, next);
}

LoweredRow PipelineLowering::LoadStateRow(AggregateLowering& aggregate, LoopValue state_row,
                                          LoopValue results, LoopBlock skip) {
  const uint32_t op = *pipeline_.op;
  LoweredRow row;
  row.columns = aggregate.LoadKeys(state_row);
  if (const std::optional<uint32_t> session = skeleton_.state_rows.at(op).session_offset) {
    const LoopValue bounds = fn_.Offset(state_row, *session);
    AddWindow(row, fn_.Load(ValueType::kI64, bounds, offsetof(SessionRow, start)),
              fn_.Load(ValueType::kI64, bounds, offsetof(SessionRow, end)));
  } else if (Operator(op).As<AggregateOp>()->window.has_value()) {
    AddContextWindow(row);
  }
  EmitResults(op, aggregate, results, skip, row);
  AddNeverLate(op, row);
  return row;
}

void PipelineLowering::AddWindow(LoweredRow& row, LoopValue begin, LoopValue end) {
  row.columns.push_back({begin, std::nullopt});
  row.columns.push_back({end, std::nullopt});
  row.columns.push_back({fn_.Sub(end, fn_.I64(kMicrosPerMilli)), std::nullopt});
}

void PipelineLowering::AddContextWindow(LoweredRow& row) {
  AddWindow(row, fn_.Load(ValueType::kI64, context_, offsetof(ChainContext, window_begin)),
            fn_.Load(ValueType::kI64, context_, offsetof(ChainContext, window_end)));
}

void PipelineLowering::AddNeverLate(uint32_t op, LoweredRow& row) {
  // Rows of a window are late for nobody.
  if (row.columns.size() < Operator(op).outputs[0].schema.size()) {
    row.columns.push_back({fn_.I64(kMinTime), std::nullopt});
  }
}

void PipelineLowering::Consume(uint32_t op, uint32_t output, const LoweredRow& row) {
  const OutputRouting& routing = skeleton_.routing.at({op, output});
  if (routing.consumers.empty()) return;
  if (routing.port.has_value()) {
    WritePort(*routing.port, row, std::nullopt);
  } else {
    ConsumeBy(routing.consumers[0], row);
  }
}

void PipelineLowering::ConsumeBy(const Consumer& consumer, const LoweredRow& row) {
  if (consumer.edge.has_value()) {
    const ChainOutput& edge = skeleton_.chain->outputs[*consumer.edge];
    const uint32_t port = skeleton_.edge_ports[*consumer.edge];
    std::optional<LoopValue> hash;
    if (edge.hash) {
      std::vector<DataType> types;
      std::vector<LoweredValue> values;
      for (uint32_t key : edge.hash_keys) {
        types.push_back(skeleton_.layout.ports[port].schema[key].type);
        values.push_back(row.columns[key]);
      }
      hash = HashKey(fn_, types, values);
    }
    WritePort(port, row, hash);
    return;
  }
  const uint32_t op = *consumer.op;
  const OperatorVariant& variant = Operator(op).op;
  if (std::holds_alternative<SinkOp>(variant)) {
    WritePort(skeleton_.sink_ports.at(op), row, std::nullopt);
  } else if (std::holds_alternative<FilterOp>(variant)) {
    EmitFilter(op, row);
  } else if (std::holds_alternative<ProjectOp>(variant)) {
    EmitProject(op, row);
  } else if (std::holds_alternative<UnnestOp>(variant)) {
    EmitUnnest(op, row);
  } else if (std::holds_alternative<RouteOp>(variant)) {
    EmitRoute(op, row);
  } else if (std::holds_alternative<AggregateOp>(variant)) {
    EmitAggregate(op, row);
  } else {
    CHECK(std::holds_alternative<UnionOp>(variant));
    Consume(op, 0, row);
  }
}

void PipelineLowering::WritePort(uint32_t port, const LoweredRow& row,
                                 std::optional<LoopValue> hash) {
  std::unique_ptr<PortWriter>& writer = writers_[port];
  if (writer == nullptr) {
    AddOnce(layout_.ports, port);
    const PortLayout& layout = skeleton_.layout.ports[port];
    // A sink's port leaves out the hidden columns, which stand last.
    std::vector<uint32_t> columns;
    for (uint32_t i = 0; i < layout.schema.size(); ++i) columns.push_back(i);
    writer = std::make_unique<PortWriter>(fn_, context_, port, layout, std::move(columns));
    InEntry([&] { writer->Open(); });
  }
  if (skeleton_.layout.ports[port].row_kinds && !row.kind.has_value()) {
    LoweredRow inserted = row;
    inserted.kind = fn_.I8(Number(RowKind::kInsert));
    writer->Write(inserted, hash);
  } else {
    writer->Write(row, hash);
  }
}

void PipelineLowering::Count(uint32_t counter) {
  auto found = counters_.find(counter);
  if (found == counters_.end()) {
    LoopVariable variable;
    InEntry([&] { variable = fn_.DeclareVariable("count", fn_.I64(0)); });
    found = counters_.emplace(counter, variable).first;
  }
  fn_.Set(found->second, fn_.Add(fn_.Get(found->second), fn_.I64(1)));
}

void PipelineLowering::HandleFailure(const FailureTarget& failure, uint32_t step, ErrorMode mode,
                                     int32_t column, LoopBlock skip,
                                     std::optional<LoopBlock> use_null) {
  const LoopBlock current = fn_.current_block();
  const std::optional<uint32_t> errors_port = skeleton_.layout.steps[step].errors_port;
  if (errors_port.has_value()) AddOnce(layout_.ports, *errors_port);
  fn_.SwitchTo(failure.block);
  // action = report_error(step, status, column, row)
  const LoopValue action =
      fn_.Call("flinkc_rt_report_error", {context_, fn_.I32(static_cast<int32_t>(step)),
                                          fn_.Get(failure.status), fn_.I32(column), row_});
  const LoopValue fails = fn_.Equal(action, fn_.I32(static_cast<int32_t>(ErrorAction::kFail)));
  const bool nulls = mode == ErrorMode::kNull && use_null.has_value();
  fn_.JumpIf(fails, failed_, nulls ? *use_null : skip, Likelihood::kUnlikely);
  fn_.SwitchTo(current);
}

void PipelineLowering::EmitResults(uint32_t op, AggregateLowering& aggregate, LoopValue state_row,
                                   LoopBlock skip, LoweredRow& row) {
  const auto& calls = Operator(op).As<AggregateOp>()->calls;
  for (size_t call = 0; call < calls.size(); ++call) {
    const auto column = static_cast<int32_t>(row.columns.size());
    row.columns.push_back(EmitColumn(
        op, Operator(op).on_error, column, calls[call].resolution.result, /*fallible=*/true, skip,
        [&](FailureTarget& failure) { return aggregate.ResultOf(call, state_row, failure); }));
  }
}

LoweredValue PipelineLowering::EmitColumn(uint32_t op, ErrorMode mode, int32_t column,
                                          const DataType& type, bool fallible, LoopBlock skip,
                                          const std::function<LoweredValue(FailureTarget&)>& emit) {
  FailureTarget failure = FailureTarget::Make(fn_);
  const uint32_t step = skeleton_.Step(op, mode);
  if (!fallible || mode != ErrorMode::kNull || !type.nullable()) {
    const LoweredValue value = emit(failure);
    HandleFailure(failure, step, mode, column, skip);
    return value;
  }
  // value = expression, or NULL where it fails
  const LoweredValue null = LoadNull(fn_, type);
  const LoopVariable payload = fn_.DeclareVariable("payload", null.payload);
  const LoopVariable valid = fn_.DeclareVariable("valid", *null.valid);
  const LoopBlock end = fn_.NewBlock("value_or_null");
  const LoweredValue value = emit(failure);
  fn_.Set(payload, value.payload);
  fn_.Set(valid, ValidOrTrue(fn_, value));
  fn_.Jump(end);
  HandleFailure(failure, step, mode, column, skip, end);
  fn_.SwitchTo(end);
  return {fn_.Get(payload), fn_.Get(valid)};
}

void PipelineLowering::EmitSource(uint32_t op, const LoweredRow& row) {
  const auto& source = *Operator(op).As<SourceOp>();
  const uint32_t step = skeleton_.Step(op, Operator(op).on_error);
  Count(skeleton_.Counter("rows_out:" + Operator(op).Path()));
  LoweredRow output = row;
  const LoopBlock done = fn_.NewBlock("row_done");
  if (source.event_time.has_value()) {
    uint32_t column = 0;
    while (source.descriptor.needed_columns[column] != source.event_time->column) ++column;
    const LoweredValue& time = row.columns[column];
    FailureTarget failure = FailureTarget::Make(fn_);
    if (time.valid.has_value()) {
      const LoopValue status =
          fn_.Select(*time.valid, fn_.I32(0), fn_.I32(Number(RowStatus::kNullInNotNull)));
      expressions_.LeaveOnFailure(status, failure);
    }
    HandleFailure(failure, step, Operator(op).on_error, static_cast<int32_t>(column), done);
    // watermark = max == none ? none : max - out_of_order; max = max(max, time)
    const LoopValue split = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, split));
    const LoopValue max = fn_.Load(ValueType::kI64, split);
    const LoopValue watermark =
        fn_.Select(fn_.Equal(max, fn_.I64(kMinTime)), max,
                   fn_.Sub(max, fn_.I64(source.event_time->out_of_order_micros)));
    fn_.Store(fn_.Select(fn_.LessSigned(max, time.payload), time.payload, max), split);
    if (output.columns.size() < Operator(op).outputs[0].schema.size()) {
      output.columns.push_back({watermark, std::nullopt});
    }
  }
  Consume(op, 0, output);
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

void PipelineLowering::EmitFilter(uint32_t op, const LoweredRow& row) {
  // if (predicate(row)) push(row)
  const LogicalOperator& logical = Operator(op);
  const LoopBlock pass = fn_.NewBlock("pass");
  const LoopBlock done = fn_.NewBlock("filter_done");
  FailureTarget failure = FailureTarget::Make(fn_);
  const LoopValue keep = expressions_.EmitIsTrue(*logical.As<FilterOp>()->predicate, row, failure);
  HandleFailure(failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, done);
  fn_.JumpIf(keep, pass, done);
  fn_.SwitchTo(pass);
  Count(skeleton_.Counter("rows_out:" + logical.Path()));
  Consume(op, 0, row);
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

void PipelineLowering::EmitProject(uint32_t op, const LoweredRow& row) {
  const LogicalOperator& logical = Operator(op);
  const LoopBlock done = fn_.NewBlock("project_done");
  LoweredRow output;
  output.kind = row.kind;
  int32_t index = -1;
  for (const NamedExpr& column : logical.As<ProjectOp>()->columns) {
    ++index;
    output.columns.push_back(EmitColumn(
        op, column.on_error.value_or(logical.on_error), index, column.expr->type(),
        column.expr->fallible(), done,
        [&](FailureTarget& failure) { return expressions_.Emit(*column.expr, row, failure); }));
  }
  Consume(op, 0, output);
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

void PipelineLowering::EmitUnnest(uint32_t op, const LoweredRow& row) {
  const LogicalOperator& logical = Operator(op);
  const auto& unnest = *logical.As<UnnestOp>();
  const DataType& element = unnest.array->type().children()[0];
  const LoopBlock done = fn_.NewBlock("unnest_done");
  FailureTarget failure = FailureTarget::Make(fn_);
  const LoweredValue array = expressions_.Emit(*unnest.array, row, failure);
  HandleFailure(failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, done);
  // for (slot = 0; slot < count(array); ++slot) push(row, array[slot])
  LoopValue count = fn_.Call("flinkc_nested_count", {array.payload});
  if (array.valid.has_value()) count = fn_.Select(*array.valid, count, fn_.I64(0));
  {
    Loop slots(fn_, fn_.I64(0), count);
    LoweredRow output = row;
    LoweredValue value;
    if (element.nullable()) {
      value.valid = fn_.Call("flinkc_nested_is_valid", {array.payload, slots.index()});
    }
    if (element.is_view()) {
      // if (valid) value = view(slot), else an empty view
      value.payload = fn_.StackSlot(sizeof(StringValue), 8);
      fn_.MemoryZero(value.payload, sizeof(StringValue));
      If valid(fn_, ValidOrTrue(fn_, value));
      fn_.Call("flinkc_nested_view", {array.payload, slots.index(), value.payload});
    } else {
      value.payload =
          LoadPayload(fn_, element, fn_.Call("flinkc_nested_slot", {array.payload, slots.index()}),
                      /*aligned=*/false);
    }
    output.columns.push_back(value);
    Count(skeleton_.Counter("rows_out:" + logical.Path()));
    Consume(op, 0, output);
  }
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

void PipelineLowering::EmitRoute(uint32_t op, const LoweredRow& row) {
  const LogicalOperator& logical = Operator(op);
  const uint32_t step = skeleton_.Step(op, logical.on_error);
  const LoopBlock done = fn_.NewBlock("route_done");
  // All conditions first: a row whose condition fails goes to no branch.
  std::vector<LoopValue> conditions;
  FailureTarget failure = FailureTarget::Make(fn_);
  LoopValue any = fn_.Bool(false);
  for (const RouteOp::Branch& branch : logical.As<RouteOp>()->branches) {
    if (branch.predicate == nullptr) {
      conditions.push_back(fn_.Not(any));
      continue;
    }
    conditions.push_back(expressions_.EmitIsTrue(*branch.predicate, row, failure));
    any = fn_.Or(any, conditions.back());
  }
  HandleFailure(failure, step, logical.on_error, -1, done);
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    If taken(fn_, conditions[i]);
    Count(skeleton_.Counter("rows_out:" + logical.stream + "." + logical.outputs[i].name));
    Consume(op, i, row);
  }
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

void PipelineLowering::EmitAggregate(uint32_t op, const LoweredRow& row) {
  const LogicalOperator& logical = Operator(op);
  const auto& aggregate_op = *logical.As<AggregateOp>();
  const StateRowLayout& rows = skeleton_.state_rows.at(op);
  AggregateLowering aggregate(fn_, expressions_, context_, aggregate_op, rows);
  const LoopBlock done = fn_.NewBlock("aggregate_done");
  FailureTarget failure = FailureTarget::Make(fn_);

  const auto calls = aggregate.PrepareCalls(row, failure);
  if (aggregate_op.emit == EmitStrategy::kWindowUpdate) {
    EmitUpdatingWindows(op, row, aggregate, calls, failure, done);
    HandleFailure(failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, done);
    fn_.Jump(done);
    fn_.SwitchTo(done);
    return;
  }
  const LoopValue table = SelectTable(op, row, failure, done);
  if (const std::optional<LoopValue> hashes = HeadKeyHashes(op)) {
    fn_.Call("flinkc_table_prefetch", {table, *hashes, row_, rows_});
  }
  const LoopValue key = aggregate.BuildKey(row, InputSchema(op));
  // status = probe(table, hash, key, &state_row)
  const LoopValue address = fn_.StackSlot(8, 8);
  const LoopValue hash = KeyHash(op, row);
  const LoopValue probe = fn_.Call(
      rows.probe(), {table, hash, key, fn_.I32(static_cast<int32_t>(rows.key_bytes)), address});
  expressions_.LeaveOnFailure(probe, failure);
  LoopValue state_row = fn_.Load(ValueType::kPtr, address);
  if (rows.session_offset) {
    state_row = SelectSession(op, row, {hash, key, probe, state_row}, failure, done);
  }
  const LoopValue heap = fn_.Load(ValueType::kPtr, table, offsetof(KeyedTable, heap));

  if (aggregate_op.emit != EmitStrategy::kChangelog) {
    aggregate.Accumulate(calls, state_row, heap, failure);
  } else {
    // if (found && retract) push(-U, old); accumulate; push(found ? +U : +I, new)
    LoopValue probed = probe;
    if (rows.updated_at_offset) {
      const LoopValue now = ProcessingTime();
      probed =
          fn_.Call("flinkc_table_renew",
                   {table, state_row, probe, fn_.I32(static_cast<int32_t>(*rows.updated_at_offset)),
                    now, fn_.I64(aggregate_op.state_ttl_micros)});
    }
    const LoopValue found = fn_.Equal(probed, fn_.I32(static_cast<int32_t>(ProbeResult::kFound)));
    if (logical.outputs[0].changelog == ChangelogMode::kRetract) {
      If existed(fn_, found);
      EmitResultRow(op, row, aggregate, state_row, fn_.I8(Number(RowKind::kUpdateBefore)), done);
    }
    aggregate.Accumulate(calls, state_row, heap, failure);
    const LoopValue kind =
        fn_.Select(found, fn_.I8(Number(RowKind::kUpdateAfter)), fn_.I8(Number(RowKind::kInsert)));
    EmitResultRow(op, row, aggregate, state_row, kind, done);
  }
  HandleFailure(failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, done);
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

void PipelineLowering::EmitUpdatingWindows(
    uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
    const std::vector<AggregateLowering::PreparedCall>& calls, FailureTarget& failure,
    LoopBlock done) {
  const LogicalOperator& logical = Operator(op);
  const StateRowLayout& rows = skeleton_.state_rows.at(op);
  const uint32_t state = skeleton_.states.at(op);
  AddOnce(layout_.states, state);
  const auto [time, watermark] = RowTime(*logical.As<AggregateOp>()->window, row);
  const LoopValue key = aggregate.BuildKey(row, InputSchema(op));
  const LoopValue hash = KeyHash(op, row);
  // for (n = 0; (table = select_window(n, &emits)) != null; ++n) { … }; late if n == 0
  const LoopVariable n = fn_.DeclareVariable("window", fn_.I64(0));
  const LoopValue emits_slot = fn_.StackSlot(4, 4);
  const LoopValue address = fn_.StackSlot(8, 8);
  const LoopBlock head = fn_.NewBlock("windows");
  const LoopBlock body = fn_.NewBlock("window");
  const LoopBlock next = fn_.NewBlock("next_window");
  const LoopBlock end = fn_.NewBlock("windows_end");
  const LoopBlock late_row = fn_.NewBlock("late_row");
  fn_.Jump(head);
  fn_.SwitchTo(head);
  const LoopValue table = fn_.Call(
      "flinkc_rt_select_window",
      {context_, fn_.I32(static_cast<int32_t>(state)), time, watermark, fn_.Get(n), emits_slot});
  fn_.JumpIf(fn_.IsNull(table), end, body);
  fn_.SwitchTo(body);
  const LoopValue emits = fn_.NotEqual(fn_.Load(ValueType::kI32, emits_slot), fn_.I32(0));
  const LoopValue probe = fn_.Call(
      rows.probe(), {table, hash, key, fn_.I32(static_cast<int32_t>(rows.key_bytes)), address});
  expressions_.LeaveOnFailure(probe, failure);
  const LoopValue state_row = fn_.Load(ValueType::kPtr, address);
  const LoopValue heap = fn_.Load(ValueType::kPtr, table, offsetof(KeyedTable, heap));
  const LoopValue found = fn_.Equal(probe, fn_.I32(static_cast<int32_t>(ProbeResult::kFound)));
  // if (emits && found && retract) push(-U, old); accumulate
  if (logical.outputs[0].changelog == ChangelogMode::kRetract) {
    If existed(fn_, fn_.And(emits, found));
    EmitResultRow(op, row, aggregate, state_row, fn_.I8(Number(RowKind::kUpdateBefore)), next);
  }
  aggregate.Accumulate(calls, state_row, heap, failure);
  // if (emits) push(found ? +U : +I, new), else it is emitted later
  If at_once(fn_, emits);
  const LoopValue kind =
      fn_.Select(found, fn_.I8(Number(RowKind::kUpdateAfter)), fn_.I8(Number(RowKind::kInsert)));
  EmitResultRow(op, row, aggregate, state_row, kind, next);
  if (rows.emission_offset) {
    at_once.Else();
    const LoopValue flags = fn_.Load(ValueType::kI64, state_row, *rows.emission_offset);
    fn_.Store(fn_.Or(flags, fn_.I64(kRowChanged)), state_row, *rows.emission_offset);
  }
  at_once.End();
  fn_.Jump(next);
  fn_.SwitchTo(next);
  fn_.Set(n, fn_.Add(fn_.Get(n), fn_.I64(1)));
  fn_.Jump(head);
  fn_.SwitchTo(end);
  const LoopBlock on_time = fn_.NewBlock("on_time");
  fn_.JumpIf(fn_.Equal(fn_.Get(n), fn_.I64(0)), late_row, on_time, Likelihood::kUnlikely);
  EmitLateRow(op, row, late_row, done);
  fn_.SwitchTo(on_time);
}

std::optional<LoopValue> PipelineLowering::HeadKeyHashes(uint32_t op) {
  const ChainPlan& chain = *skeleton_.chain;
  if (!chain.heads[0].key_hashes || skeleton_.IsInChain(Operator(op).inputs[0].op) ||
      chain.heads[0].hash_keys != Operator(op).As<AggregateOp>()->keys) {
    return std::nullopt;
  }
  LoopValue hashes;
  InEntry([&] { hashes = fn_.Load(ValueType::kPtr, input_, offsetof(BatchLayout, key_hashes)); });
  return hashes;
}

LoopValue PipelineLowering::KeyHash(uint32_t op, const LoweredRow& row) {
  const auto& aggregate = *Operator(op).As<AggregateOp>();
  if (const std::optional<LoopValue> hashes = HeadKeyHashes(op)) {
    return fn_.Load(ValueType::kI64, fn_.Index(*hashes, row_, sizeof(uint64_t)));
  }
  std::vector<DataType> types;
  std::vector<LoweredValue> values;
  for (uint32_t key : aggregate.keys) {
    types.push_back(InputSchema(op)[key].type);
    values.push_back(row.columns[key]);
  }
  return HashKey(fn_, types, values);
}

std::pair<LoopValue, LoopValue> PipelineLowering::RowTime(const WindowSpecification& window,
                                                          const LoweredRow& row) {
  if (!window.processing_time) {
    return {row.columns[window.time_column].payload, row.columns[window.watermark_column].payload};
  }
  return {ProcessingTime(), fn_.I64(kMinTime)};
}

LoopValue PipelineLowering::ProcessingTime() {
  return fn_.Load(ValueType::kI64, context_,
                  offsetof(ChainContext, kernel) + offsetof(KernelContext, now_micros));
}

LoopValue PipelineLowering::SelectTable(uint32_t op, const LoweredRow& row, FailureTarget& failure,
                                        LoopBlock done) {
  const LogicalOperator& logical = Operator(op);
  const auto& aggregate = *logical.As<AggregateOp>();
  const uint32_t state = skeleton_.states.at(op);
  AddOnce(layout_.states, state);
  const LoopValue states = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, states));
  const LoopValue cell = fn_.Offset(states, int64_t{state} * sizeof(ChainState));
  if (!aggregate.window.has_value() || aggregate.window->kind == WindowKind::kSession) {
    return fn_.Load(ValueType::kPtr, cell, offsetof(ChainState, table));
  }
  const auto [time, watermark] = RowTime(*aggregate.window, row);
  // if (slice_begin <= time < slice_end && watermark < late_watermark) table = slice.table
  const LoopValue slice = fn_.Offset(cell, offsetof(ChainState, slice));
  const LoopValue begin = fn_.Load(ValueType::kI64, slice, offsetof(SliceCursor, slice_begin));
  const LoopValue end = fn_.Load(ValueType::kI64, slice, offsetof(SliceCursor, slice_end));
  const LoopValue late = fn_.Load(ValueType::kI64, slice, offsetof(SliceCursor, late_watermark));
  const LoopValue hit =
      fn_.And(fn_.And(fn_.LessEqualSigned(begin, time), fn_.LessSigned(time, end)),
              fn_.LessSigned(watermark, late));
  const LoopVariable table =
      fn_.DeclareVariable("table", fn_.Load(ValueType::kPtr, slice, offsetof(SliceCursor, table)));
  const LoopBlock have = fn_.NewBlock("have_table");
  const LoopBlock select = fn_.NewBlock("select_slice");
  fn_.JumpIf(hit, have, select, Likelihood::kLikely);
  fn_.SwitchTo(select);
  // table = select_slice(state, time, watermark, &status)
  const LoopValue status = fn_.StackSlot(4, 4);
  const LoopValue selected =
      fn_.Call("flinkc_rt_select_slice",
               {context_, fn_.I32(static_cast<int32_t>(state)), time, watermark, status});
  expressions_.LeaveOnFailure(fn_.Load(ValueType::kI32, status), failure);
  fn_.Set(table, selected);
  const LoopBlock late_row = fn_.NewBlock("late_row");
  fn_.JumpIf(fn_.IsNull(selected), late_row, have, Likelihood::kUnlikely);
  EmitLateRow(op, row, late_row, done);
  fn_.SwitchTo(have);
  return fn_.Get(table);
}

void PipelineLowering::EmitLateRow(uint32_t op, const LoweredRow& row, LoopBlock block,
                                   LoopBlock done) {
  const LogicalOperator& logical = Operator(op);
  const bool routes = logical.As<AggregateOp>()->route_late;
  fn_.SwitchTo(block);
  Count(skeleton_.Counter((routes ? "late_routed:" : "late_dropped:") + logical.Path()));
  if (routes) Consume(op, 1, row);
  fn_.Jump(done);
}

LoopValue PipelineLowering::SelectSession(uint32_t op, const LoweredRow& row,
                                          const ProbedKey& probed, FailureTarget& failure,
                                          LoopBlock done) {
  const WindowSpecification& window = *Operator(op).As<AggregateOp>()->window;
  const uint32_t state = skeleton_.states.at(op);
  const auto [time, watermark] = RowTime(window, row);
  const LoopValue states = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, states));
  const LoopValue seen =
      fn_.Load(ValueType::kI64, states,
               int64_t{state} * sizeof(ChainState) + offsetof(ChainState, watermark));
  const LoopValue session = fn_.Offset(probed.row, *skeleton_.state_rows.at(op).session_offset);
  const LoopValue start = fn_.Load(ValueType::kI64, session, offsetof(SessionRow, start));
  const LoopValue end = fn_.Load(ValueType::kI64, session, offsetof(SessionRow, end));
  const LoopValue limit = fn_.Load(ValueType::kI64, session, offsetof(SessionRow, limit));
  // if (found && start <= time <= end && time + gap < limit && end + wait > watermarks)
  //   end = max(end, time + gap), else row = select_session(…)
  const LoopValue own_end = fn_.Add(time, fn_.I64(window.size_micros));
  const int64_t wait = window.lateness_micros - (window.processing_time ? 0 : kMicrosPerMilli);
  const LoopValue closes = fn_.Add(end, fn_.I64(wait));
  const LoopValue found =
      fn_.Equal(probed.status, fn_.I32(static_cast<int32_t>(ProbeResult::kFound)));
  const LoopValue inside =
      fn_.And(fn_.And(fn_.LessEqualSigned(start, time), fn_.LessEqualSigned(time, end)),
              fn_.LessSigned(own_end, limit));
  const LoopValue is_open =
      fn_.And(fn_.LessSigned(watermark, closes), fn_.LessSigned(seen, closes));
  const LoopVariable selected = fn_.DeclareVariable("session_row", probed.row);
  const LoopBlock extend = fn_.NewBlock("extend_session");
  const LoopBlock select = fn_.NewBlock("select_session");
  const LoopBlock late_row = fn_.NewBlock("late_row");
  const LoopBlock have = fn_.NewBlock("have_session");
  fn_.JumpIf(fn_.And(found, fn_.And(inside, is_open)), extend, select, Likelihood::kLikely);
  fn_.SwitchTo(extend);
  fn_.Store(fn_.Select(fn_.LessSigned(end, own_end), own_end, end), session,
            offsetof(SessionRow, end));
  fn_.Jump(have);
  fn_.SwitchTo(select);
  const LoopValue status = fn_.StackSlot(4, 4);
  const LoopValue answer = fn_.Call("flinkc_rt_select_session",
                                    {context_, fn_.I32(static_cast<int32_t>(state)), probed.hash,
                                     probed.key, probed.status, time, watermark, status});
  expressions_.LeaveOnFailure(fn_.Load(ValueType::kI32, status), failure);
  fn_.Set(selected, answer);
  fn_.JumpIf(fn_.IsNull(answer), late_row, have, Likelihood::kUnlikely);
  EmitLateRow(op, row, late_row, done);
  fn_.SwitchTo(have);
  return fn_.Get(selected);
}

void PipelineLowering::EmitResultRow(uint32_t op, const LoweredRow& row,
                                     AggregateLowering& aggregate, LoopValue state_row,
                                     LoopValue kind, LoopBlock skip) {
  LoweredRow output;
  output.kind = kind;
  for (uint32_t key : Operator(op).As<AggregateOp>()->keys) {
    output.columns.push_back(row.columns[key]);
  }
  const bool has_window = Operator(op).As<AggregateOp>()->window.has_value();
  if (has_window) AddContextWindow(output);
  EmitResults(op, aggregate, state_row, skip, output);
  if (has_window) AddNeverLate(op, output);
  Consume(op, 0, output);
}

}  // namespace flinkc
