// The part of a generated loop that windows are: which tables or sessions a row goes to, and what
// it changes in windows that have a table each.
#include <algorithm>
#include <cstddef>
#include <limits>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/pipeline_lowering.h"
#include "runtime/abi/chain_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/abi/session_row.h"

namespace flinkc {

namespace {

constexpr int64_t kMinTime = std::numeric_limits<int64_t>::min();
constexpr int64_t kMicrosPerMilli = 1000;

constexpr int8_t Number(RowKind kind) { return static_cast<int8_t>(kind); }

void AddOnce(std::vector<uint32_t>& list, uint32_t index) {
  if (std::ranges::find(list, index) == list.end()) list.push_back(index);
}

}  // namespace

void PipelineLowering::EmitOwnWindows(uint32_t op, const LoweredRow& row,
                                      AggregateLowering& aggregate,
                                      const std::vector<AggregateLowering::PreparedCall>& calls,
                                      FailureTarget& failure, LoopBlock done) {
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
  const WindowBounds window = ContextWindow();
  const LoopValue probe = fn_.Call(
      rows.probe(), {table, hash, key, fn_.I32(static_cast<int32_t>(rows.key_bytes)), address});
  expressions_.LeaveOnFailure(probe, failure);
  const Group group{table, fn_.Load(ValueType::kPtr, address),
                    fn_.Equal(probe, fn_.I32(static_cast<int32_t>(ProbeResult::kFound)))};
  const LoopValue emits = fn_.NotEqual(fn_.Load(ValueType::kI32, emits_slot), fn_.I32(0));
  EmitWindowChange(op, row, aggregate, calls, group, window, emits, failure, next);
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

// existed = the group has rows
// if (the row is taken back && !existed) { if (!found) remove(group); next window }
// leaves = the row is taken back && it is the last one of the group
// before = results, if (emits && existed)
// accumulate, or retract
// after = results, if (emits && !leaves)
// emit what differs
// if (leaves) { if (it was not emitted) remove(group), else that is emitted later; next window }
// if (!emits) it is emitted later
//
// Of an input that only grows nothing is taken back, and the group existed if it was found.
void PipelineLowering::EmitWindowChange(uint32_t op, const LoweredRow& row,
                                        AggregateLowering& aggregate,
                                        const std::vector<AggregateLowering::PreparedCall>& calls,
                                        const Group& group, const WindowBounds& window,
                                        LoopValue emits, FailureTarget& failure, LoopBlock next) {
  const LogicalOperator& logical = Operator(op);
  const StateRowLayout& rows = skeleton_.state_rows.at(op);
  const bool takes_back = skeleton_.InputRetracts(op);
  const bool updates = logical.As<AggregateOp>()->emit == EmitStrategy::kWindowUpdate;
  const auto note = [&] {  // flags |= changed
    const LoopValue flags = fn_.Load(ValueType::kI64, group.row, *rows.emission_offset);
    fn_.Store(fn_.Or(flags, fn_.I64(kRowChanged)), group.row, *rows.emission_offset);
  };
  const auto remove = [&] { fn_.Call("flinkc_rt_remove_row", {group.table, group.row}); };

  LoopValue existed = group.found;
  LoopValue leaves = fn_.Bool(false);
  if (takes_back) {
    const LoopValue count = fn_.Load(ValueType::kI64, group.row, *rows.row_count_offset);
    existed = fn_.LessSigned(fn_.I64(0), count);
    const LoopValue comes = IsAdded(row);
    leaves = fn_.And(fn_.Not(comes), fn_.Equal(count, fn_.I64(1)));
    const LoopBlock known = fn_.NewBlock("known_group");
    const LoopBlock unknown = fn_.NewBlock("unknown_group");
    fn_.JumpIf(fn_.Or(comes, existed), known, unknown, Likelihood::kLikely);
    fn_.SwitchTo(unknown);
    {
      If is_new(fn_, fn_.Not(group.found));
      remove();
    }
    fn_.Jump(next);
    fn_.SwitchTo(known);
  }
  const Shown before = NothingShown(op);
  if (updates) {
    ShowBefore(op, aggregate, group.row, fn_.And(emits, existed), before);
  }
  EmitUpdate(op, row, aggregate, calls, group, failure);
  if (updates) {
    const Shown after = NothingShown(op);
    {
      If shows(fn_, fn_.And(emits, fn_.Not(leaves)));
      ShowResults(op, aggregate, group.row, Reporting::kTold, after);
    }
    std::vector<LoweredValue> keys;
    for (uint32_t key : logical.As<AggregateOp>()->keys) keys.push_back(row.columns[key]);
    EmitShownChange(op, keys, window, before, after);
  }
  if (takes_back) {
    const LoopBlock gone = fn_.NewBlock("gone");
    const LoopBlock stays = fn_.NewBlock("stays");
    fn_.JumpIf(leaves, gone, stays);
    fn_.SwitchTo(gone);
    if (rows.emission_offset) {
      const LoopValue flags = fn_.Load(ValueType::kI64, group.row, *rows.emission_offset);
      If emitted(fn_, fn_.And(fn_.Not(emits),
                              fn_.NotEqual(fn_.And(flags, fn_.I64(kRowEmitted)), fn_.I64(0))));
      note();
      emitted.Else();
      remove();
    } else {
      remove();
    }
    fn_.Jump(next);
    fn_.SwitchTo(stays);
  }
  if (!updates || !rows.emission_offset) return;
  If later(fn_, fn_.Not(emits));
  note();
}

bool PipelineLowering::ReadsOldResults(uint32_t op) const {
  const LogicalOperator& logical = Operator(op);
  return logical.outputs[0].changelog == ChangelogMode::kRetract || skeleton_.InputRetracts(op) ||
         MayLoseResults(op);
}

bool PipelineLowering::MayLoseResults(uint32_t op) const {
  const LogicalOperator& logical = Operator(op);
  return logical.on_error != ErrorMode::kFail &&
         std::ranges::any_of(logical.As<AggregateOp>()->calls,
                             [](const AggregateCall& call) { return call.resolution.fallible; });
}

void PipelineLowering::ShowBefore(uint32_t op, AggregateLowering& aggregate, LoopValue state_row,
                                  LoopValue is_shown, const Shown& before) {
  if (!ReadsOldResults(op)) return fn_.Set(before.is_there, is_shown);
  If shown(fn_, is_shown);
  ShowResults(op, aggregate, state_row, Reporting::kQuiet, before);
}

// if (before) push(after ? -U : -D, old), where it is not replaced by the new row
// if (after) push(before ? +U : +I, new)
void PipelineLowering::EmitShownChange(uint32_t op, const std::vector<LoweredValue>& keys,
                                       const WindowBounds& window, const Shown& before,
                                       const Shown& after) {
  const bool sends_old = Operator(op).outputs[0].changelog == ChangelogMode::kRetract;
  const LoopValue was_there = fn_.Get(before.is_there);
  const LoopValue is_there = fn_.Get(after.is_there);
  if (ReadsOldResults(op)) {
    If old(fn_, sends_old ? was_there : fn_.And(was_there, fn_.Not(is_there)));
    EmitWindowRow(op, keys, window, ValuesOf(op, before),
                  fn_.Select(is_there, fn_.I8(Number(RowKind::kUpdateBefore)),
                             fn_.I8(Number(RowKind::kDelete))));
  }
  If there(fn_, is_there);
  EmitWindowRow(op, keys, window, ValuesOf(op, after),
                fn_.Select(was_there, fn_.I8(Number(RowKind::kUpdateAfter)),
                           fn_.I8(Number(RowKind::kInsert))));
}

void PipelineLowering::EmitWindowRow(uint32_t op, const std::vector<LoweredValue>& keys,
                                     const WindowBounds& window,
                                     const std::vector<LoweredValue>& results, LoopValue kind) {
  LoweredRow output;
  output.kind = kind;
  output.columns = keys;
  AddWindow(output, window);
  output.columns.insert(output.columns.end(), results.begin(), results.end());
  AddNeverLate(op, output);
  Consume(op, 0, output);
}

std::pair<LoopValue, LoopValue> PipelineLowering::RowTime(const WindowSpecification& window,
                                                          const LoweredRow& row) {
  if (!window.processing_time) {
    return {row.columns[window.time_column].payload, row.columns[window.watermark_column].payload};
  }
  return {ProcessingTime(), fn_.I64(kMinTime)};
}

LoopValue PipelineLowering::SelectTable(uint32_t op, const LoweredRow& row, FailureTarget& failure,
                                        LoopBlock done) {
  const LogicalOperator& logical = Operator(op);
  const auto& aggregate = *logical.As<AggregateOp>();
  const uint32_t state = skeleton_.states.at(op);
  if (!aggregate.window.has_value() || aggregate.window->kind == WindowKind::kSession) {
    return StateTable(op);
  }
  AddOnce(layout_.states, state);
  const LoopValue states = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, states));
  const LoopValue cell = fn_.Offset(states, int64_t{state} * sizeof(ChainState));
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

//   begin(row)
//   while ((session = next(&step)) != null) {
//     if (step == update) accumulate, or retract; else push(step, session)
//   }
//   if (step == late) the row is late
void PipelineLowering::EmitChangingSessions(
    uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
    const std::vector<AggregateLowering::PreparedCall>& calls, FailureTarget& failure,
    LoopBlock done) {
  const LogicalOperator& logical = Operator(op);
  const bool updates = logical.As<AggregateOp>()->emit == EmitStrategy::kWindowUpdate;
  const bool sends_old = logical.outputs[0].changelog == ChangelogMode::kRetract;
  const auto is = [](SessionStep step) { return static_cast<int8_t>(step); };
  const LoopValue table = StateTable(op);
  const LoopValue state = fn_.I32(static_cast<int32_t>(skeleton_.states.at(op)));
  const auto [time, watermark] = RowTime(*logical.As<AggregateOp>()->window, row);
  const LoopValue key = aggregate.BuildKey(row, InputSchema(op));
  const LoopValue hash = KeyHash(op, row);
  const LoopValue comes = skeleton_.InputRetracts(op)
                              ? fn_.Select(IsAdded(row), fn_.I32(kRowComes), fn_.I32(0))
                              : fn_.I32(kRowComes);
  const LoopValue flags = fn_.Or(comes, fn_.I32(sends_old ? kOldRowsLeave : 0));
  fn_.Call("flinkc_rt_begin_sessions", {context_, state, hash, key, time, watermark, flags});
  const LoopValue step_slot = fn_.StackSlot(1, 1);
  FailureTarget update_failure = FailureTarget::Make(fn_);
  const LoopBlock head = fn_.NewBlock("sessions");
  const LoopBlock body = fn_.NewBlock("session");
  const LoopBlock update = fn_.NewBlock("update_session");
  const LoopBlock leaves = fn_.NewBlock("session_leaves");
  const LoopBlock end = fn_.NewBlock("sessions_end");
  fn_.Jump(head);
  fn_.SwitchTo(head);
  const LoopValue session = fn_.Call("flinkc_rt_next_session", {context_, state, step_slot});
  const LoopValue step = fn_.Load(ValueType::kI8, step_slot);
  fn_.JumpIf(fn_.IsNull(session), end, body);
  fn_.SwitchTo(body);
  const LoopValue is_update = fn_.Equal(step, fn_.I8(is(SessionStep::kUpdate)));
  fn_.JumpIf(is_update, update, updates ? leaves : head);
  fn_.SwitchTo(update);
  EmitUpdate(op, row, aggregate, calls, {table, session, fn_.Bool(true)}, update_failure);
  // The sessions that left as they were must come again as they are, whatever becomes of the row.
  HandleFailure(update_failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, head);
  fn_.Jump(head);
  if (updates) {
    fn_.SwitchTo(leaves);
    EmitSessionRow(op, row, aggregate, session, step, head);
    fn_.Jump(head);
  }
  fn_.SwitchTo(end);
  const LoopValue failed = fn_.Equal(step, fn_.I8(is(SessionStep::kFailed)));
  expressions_.LeaveOnFailure(
      fn_.Select(failed, fn_.I32(static_cast<int32_t>(RowStatus::kMemoryLimit)),
                 fn_.I32(static_cast<int32_t>(RowStatus::kOk))),
      failure);
  const LoopBlock late_row = fn_.NewBlock("late_row");
  const LoopBlock on_time = fn_.NewBlock("on_time");
  fn_.JumpIf(fn_.Equal(step, fn_.I8(is(SessionStep::kLate))), late_row, on_time,
             Likelihood::kUnlikely);
  EmitLateRow(op, row, late_row, done);
  fn_.SwitchTo(on_time);
}

void PipelineLowering::AddSessionWindow(LoweredRow& row, uint32_t op, LoopValue state_row) {
  const LoopValue bounds = fn_.Offset(state_row, *skeleton_.state_rows.at(op).session_offset);
  AddWindow(row, {fn_.Load(ValueType::kI64, bounds, offsetof(SessionRow, start)),
                  fn_.Load(ValueType::kI64, bounds, offsetof(SessionRow, end))});
}

void PipelineLowering::EmitSessionRow(uint32_t op, const LoweredRow& row,
                                      AggregateLowering& aggregate, LoopValue session,
                                      LoopValue kind, LoopBlock skip) {
  LoweredRow output;
  output.kind = kind;
  for (uint32_t key : Operator(op).As<AggregateOp>()->keys) {
    output.columns.push_back(row.columns[key]);
  }
  AddSessionWindow(output, op, session);
  EmitResults(op, aggregate, session, skip, Reporting::kTold, output);
  AddNeverLate(op, output);
  ConsumeChange(op, output);
}

void PipelineLowering::ConsumeChange(uint32_t op, const LoweredRow& row) {
  if (Operator(op).outputs[0].changelog == ChangelogMode::kRetract) return Consume(op, 0, row);
  // Of upserts none is taken back that another replaces.
  If leaves(fn_, fn_.NotEqual(*row.kind, fn_.I8(Number(RowKind::kUpdateBefore))));
  Consume(op, 0, row);
}

}  // namespace flinkc
