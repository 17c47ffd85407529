#include "compiler/lower/pipeline_lowering.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

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
constexpr int8_t Number(RowKind kind) { return static_cast<int8_t>(kind); }

void AddOnce(std::vector<uint32_t>& list, uint32_t index) {
  if (std::ranges::find(list, index) == list.end()) list.push_back(index);
}

// The place of the first result among the columns of the operator's output: behind the keys and
// the window of an aggregate, behind the row's own columns of an `over`.
size_t FirstResult(const LogicalOperator& logical) {
  if (const auto* over = logical.As<OverOp>()) return over->columns.size();
  constexpr size_t kWindowColumns = 3;  // window_start, window_end, window_time
  const auto& aggregate = *logical.As<AggregateOp>();
  return aggregate.keys.size() + (aggregate.window.has_value() ? kWindowColumns : 0);
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
    if (EmitsWindows()) emitted_window_ = ContextWindow();
  });

  // for (; row < rows; ++row) {
  fn_.SwitchTo(head);
  fn_.JumpIf(fn_.LessSigned(fn_.Get(row), rows_), body, done, Likelihood::kLikely);
  fn_.SwitchTo(body);
  row_ = fn_.Get(row);
  if (pipeline_.input == PipelineInput::kState) {
    EmitStateRow(next);
  } else if (pipeline_.op.has_value()) {
    if (Operator(*pipeline_.op).As<OverOp>() != nullptr) {
      EmitOverStep(*pipeline_.op, LoadBatchRow());
    } else {
      EmitSource(*pipeline_.op, LoadBatchRow());
    }
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

bool PipelineLowering::EmitsWindows() const {
  if (pipeline_.input != PipelineInput::kState) return false;
  return Operator(*pipeline_.op).As<AggregateOp>()->window.has_value() &&
         !skeleton_.state_rows.at(*pipeline_.op).session_offset;
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
  if (logical.As<AggregateOp>()->set) {
    // for (i = 0; i < times(row); ++i) push(keys)
    LoweredRow row;
    row.columns = aggregate.LoadKeys(state_row);
    Loop times(fn_, fn_.I64(0), TimesInSet(op, state_row));
    Consume(op, 0, row);
    return;
  }
  if (rows.has_changing_sessions && logical.outputs[0].changelog != ChangelogMode::kAppend) {
    LoweredRow row = LoadStateRow(aggregate, state_row, state_row, next);
    row.kind = fn_.Load(ValueType::kI8, fn_.Offset(state_row, *rows.session_offset),
                        offsetof(ChangingSessionRow, timer));
    ConsumeChange(op, row);
    return;
  }
  if (!rows.emission_offset) {
    Consume(op, 0, LoadStateRow(aggregate, state_row, state_row, next));
    return;
  }
  // if (changed) { emit what differs from what was emitted; emitted = there are results; … }
  const LoopValue flags = fn_.Load(ValueType::kI64, state_row, *rows.emission_offset);
  const LoopBlock changed = fn_.NewBlock("changed");
  fn_.JumpIf(fn_.Equal(fn_.And(flags, fn_.I64(kRowChanged)), fn_.I64(0)), next, changed);
  fn_.SwitchTo(changed);
  const LoopValue as_emitted = fn_.Offset(state_row, rows.emitted_distance);
  const bool takes_back = skeleton_.InputRetracts(op);
  const Shown before = NothingShown(op);
  ShowBefore(op, aggregate, as_emitted,
             fn_.NotEqual(fn_.And(flags, fn_.I64(kRowEmitted)), fn_.I64(0)), before);
  const LoopValue has_rows = takes_back ? HasRows(op, state_row) : fn_.Bool(true);
  const Shown after = NothingShown(op);
  {
    If shows(fn_, has_rows);
    ShowResults(op, aggregate, state_row, Reporting::kTold, after);
  }
  EmitShownChange(op, aggregate.LoadKeys(state_row), *emitted_window_, before, after);
  fn_.Store(fn_.Select(fn_.Get(after.is_there), fn_.I64(kRowEmitted), fn_.I64(0)), state_row,
            *rows.emission_offset);
  if (!ReadsOldResults(op)) return;
  if (takes_back) {
    const LoopBlock there = fn_.NewBlock("there");
    fn_.JumpIf(has_rows, there, next);
    fn_.SwitchTo(there);
  }
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
  if (skeleton_.state_rows.at(op).session_offset) {
    AddSessionWindow(row, op, state_row);
  } else if (emitted_window_) {
    AddWindow(row, *emitted_window_);
  }
  EmitResults(op, aggregate, results, skip, Reporting::kTold, row);
  AddNeverLate(op, row);
  return row;
}

PipelineLowering::WindowBounds PipelineLowering::ContextWindow() {
  return {fn_.Load(ValueType::kI64, context_, offsetof(ChainContext, window_begin)),
          fn_.Load(ValueType::kI64, context_, offsetof(ChainContext, window_end))};
}

void PipelineLowering::AddWindow(LoweredRow& row, const WindowBounds& window) {
  row.columns.push_back({window.begin, std::nullopt});
  row.columns.push_back({window.end, std::nullopt});
  row.columns.push_back({fn_.Sub(window.end, fn_.I64(kMicrosPerMilli)), std::nullopt});
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
  WriteProbe({op, output}, row);
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
  } else if (std::holds_alternative<LocalAggregateOp>(variant)) {
    EmitLocalAggregate(op, row);
  } else {
    CHECK(std::holds_alternative<UnionOp>(variant));
    Consume(op, 0, row);
  }
}

PortWriter& PipelineLowering::Writer(uint32_t port) {
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
  return *writer;
}

void PipelineLowering::WritePort(uint32_t port, const LoweredRow& row,
                                 std::optional<LoopValue> hash) {
  PortWriter& writer = Writer(port);
  if (skeleton_.layout.ports[port].row_kinds && !row.kind.has_value()) {
    LoweredRow inserted = row;
    inserted.kind = fn_.I8(Number(RowKind::kInsert));
    writer.Write(inserted, hash);
  } else {
    writer.Write(row, hash);
  }
}

void PipelineLowering::WriteProbe(OutputKey output, const LoweredRow& row) {
  const auto probe = skeleton_.probes.find(output);
  if (probe == skeleton_.probes.end()) return;
  const TapLayout& tap = skeleton_.layout.taps[probe->second];
  const PortLayout layout{tap.views[0].names[0], tap.schema, tap.row_kinds};
  std::vector<uint32_t> columns(tap.schema.size());
  std::iota(columns.begin(), columns.end(), 0);
  const auto port = static_cast<uint32_t>(skeleton_.layout.ports.size() + probe->second);
  PortWriter writer(fn_, context_, port, layout, std::move(columns));
  // if (probe is open) probe.push(row)
  If open(fn_, writer.HasChannel(), Likelihood::kUnlikely);
  writer.WriteNow(row);
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
                                   LoopBlock skip, Reporting reporting, LoweredRow& row) {
  const auto& calls = CallsOf(op);
  const size_t first = FirstResult(Operator(op));  // `row` may be of the results alone
  for (size_t call = 0; call < calls.size(); ++call) {
    const auto column = static_cast<int32_t>(first + call);
    row.columns.push_back(EmitColumn(
        op, Operator(op).on_error, column, calls[call].resolution.result, /*fallible=*/true, skip,
        [&](FailureTarget& failure) { return aggregate.ResultOf(call, state_row, failure); },
        reporting));
  }
}

LoweredValue PipelineLowering::EmitColumn(uint32_t op, ErrorMode mode, int32_t column,
                                          const DataType& type, bool fallible, LoopBlock skip,
                                          const std::function<LoweredValue(FailureTarget&)>& emit,
                                          Reporting reporting) {
  FailureTarget failure = FailureTarget::Make(fn_);
  const auto handle = [&](std::optional<LoopBlock> use_null) {
    if (reporting == Reporting::kTold) {
      HandleFailure(failure, skeleton_.Step(op, mode), mode, column, skip, use_null);
      return;
    }
    const LoopBlock current = fn_.current_block();
    fn_.SwitchTo(failure.block);
    fn_.Jump(use_null.value_or(skip));
    fn_.SwitchTo(current);
  };
  if (!fallible || mode != ErrorMode::kNull || !type.nullable()) {
    const LoweredValue value = emit(failure);
    handle(std::nullopt);
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
  handle(end);
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

}  // namespace flinkc
