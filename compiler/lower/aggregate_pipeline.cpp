// The part of a generated loop that an aggregate is: its group's row is found, updated, and what
// changes of it is handed on.
#include <algorithm>
#include <cstddef>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/pipeline_lowering.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/chain_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int8_t Number(RowKind kind) { return static_cast<int8_t>(kind); }

void AddOnce(std::vector<uint32_t>& list, uint32_t index) {
  if (std::ranges::find(list, index) == list.end()) list.push_back(index);
}

}  // namespace

void PipelineLowering::EmitAggregate(uint32_t op, const LoweredRow& row) {
  const LogicalOperator& logical = Operator(op);
  const auto& aggregate_op = *logical.As<AggregateOp>();
  const StateRowLayout& rows = skeleton_.state_rows.at(op);
  AggregateLowering aggregate(fn_, expressions_, context_, aggregate_op, rows);
  const LoopBlock done = fn_.NewBlock("aggregate_done");
  FailureTarget failure = FailureTarget::Make(fn_);

  const auto calls = aggregate.PrepareCalls(row, failure);
  const bool has_own_tables =
      aggregate_op.window &&
      skeleton_.layout.states[skeleton_.states.at(op)].window->has_own_tables();
  if (has_own_tables || rows.has_changing_sessions) {
    if (has_own_tables) {
      EmitOwnWindows(op, row, aggregate, calls, failure, done);
    } else {
      EmitChangingSessions(op, row, aggregate, calls, failure, done);
    }
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

  LoopValue probed = probe;
  if (rows.updated_at_offset) {
    const LoopValue now = ProcessingTime();
    probed = fn_.Call("flinkc_table_renew", {table, state_row, probe,
                                             fn_.I32(static_cast<int32_t>(*rows.updated_at_offset)),
                                             now, fn_.I64(aggregate_op.state_ttl_micros)});
  }
  const Group group{table, state_row,
                    fn_.Equal(probed, fn_.I32(static_cast<int32_t>(ProbeResult::kFound)))};
  const auto update = [&] {
    if (!aggregate_op.merges_partials) {
      return EmitUpdate(op, row, aggregate, calls, group, failure);
    }
    // if (the row has accumulators) merge, else accumulate
    const LoopValue heap = fn_.Load(ValueType::kPtr, table, offsetof(KeyedTable, heap));
    const LoopValue partial = row.columns.back().payload;
    If merges(fn_, IsPartial(rows, partial));
    MergePartial(aggregate, rows, partial, state_row, heap, failure);
    merges.Else();
    EmitUpdate(op, row, aggregate, calls, group, failure);
  };
  if (skeleton_.InputRetracts(op)) SkipUnknownGroup(row, group, done);
  if (aggregate_op.emit == EmitStrategy::kChangelog && aggregate_op.set) {
    EmitSetChange(op, row, group, update);
  } else if (aggregate_op.emit == EmitStrategy::kChangelog) {
    EmitChanges(op, row, aggregate, group, update);
  } else {
    update();
    // if (no row is left) the group goes
    if (skeleton_.InputRetracts(op)) {
      If empty(fn_, fn_.Not(HasRows(op, state_row)));
      fn_.Call("flinkc_rt_remove_row", {table, state_row});
    }
  }
  HandleFailure(failure, skeleton_.Step(op, logical.on_error), logical.on_error, -1, done);
  fn_.Jump(done);
  fn_.SwitchTo(done);
}

LoopValue PipelineLowering::IsAdded(const LoweredRow& row) {
  static_assert(Number(RowKind::kInsert) % 2 == 0 && Number(RowKind::kUpdateAfter) % 2 == 0);
  static_assert(Number(RowKind::kDelete) % 2 == 1 && Number(RowKind::kUpdateBefore) % 2 == 1);
  CHECK(row.kind.has_value());
  return fn_.Equal(fn_.And(*row.kind, fn_.I8(1)), fn_.I8(0));
}

LoopValue PipelineLowering::HasRows(uint32_t op, LoopValue state_row) {
  const uint32_t offset = *skeleton_.state_rows.at(op).row_count_offset;
  return fn_.LessSigned(fn_.I64(0), fn_.Load(ValueType::kI64, state_row, offset));
}

// A row that is taken back from a group that is not there: it outlived its time to live.
void PipelineLowering::SkipUnknownGroup(const LoweredRow& row, const Group& group, LoopBlock done) {
  // if (the row is taken back && its group is new) { remove(group); next row }
  const LoopBlock known = fn_.NewBlock("known_group");
  const LoopBlock unknown = fn_.NewBlock("unknown_group");
  fn_.JumpIf(fn_.Or(IsAdded(row), group.found), known, unknown, Likelihood::kLikely);
  fn_.SwitchTo(unknown);
  fn_.Call("flinkc_rt_remove_row", {group.table, group.row});
  fn_.Jump(done);
  fn_.SwitchTo(known);
}

PipelineLowering::Shown PipelineLowering::NothingShown(uint32_t op) {
  Shown shown{fn_.DeclareVariable("shown", fn_.Bool(false)), {}};
  for (const AggregateCall& call : Operator(op).As<AggregateOp>()->calls) {
    const LoweredValue null = LoadNull(fn_, call.resolution.result);
    shown.values.push_back(
        {fn_.DeclareVariable("result", null.payload), fn_.DeclareVariable("valid", *null.valid)});
  }
  return shown;
}

void PipelineLowering::ShowResults(uint32_t op, AggregateLowering& aggregate, LoopValue state_row,
                                   Reporting reporting, const Shown& shown) {
  const LoopBlock failed = fn_.NewBlock("no_result");
  LoweredRow results;
  EmitResults(op, aggregate, state_row, failed, reporting, results);
  for (size_t i = 0; i < shown.values.size(); ++i) {
    fn_.Set(shown.values[i].first, results.columns[i].payload);
    fn_.Set(shown.values[i].second, ValidOrTrue(fn_, results.columns[i]));
  }
  fn_.Set(shown.is_there, fn_.Bool(true));
  fn_.Jump(failed);
  fn_.SwitchTo(failed);
}

std::vector<LoweredValue> PipelineLowering::ValuesOf(uint32_t op, const Shown& shown) {
  const auto& calls = Operator(op).As<AggregateOp>()->calls;
  std::vector<LoweredValue> values;
  for (size_t i = 0; i < calls.size(); ++i) {
    LoweredValue value{fn_.Get(shown.values[i].first), std::nullopt};
    if (calls[i].resolution.result.nullable()) value.valid = fn_.Get(shown.values[i].second);
    values.push_back(value);
  }
  return values;
}

LoopValue PipelineLowering::AreSame(uint32_t op, const std::vector<LoweredValue>& before,
                                    const std::vector<LoweredValue>& after) {
  const auto& calls = Operator(op).As<AggregateOp>()->calls;
  LoopValue all = fn_.Bool(true);
  for (size_t i = 0; i < calls.size(); ++i) {
    const DataType& type = calls[i].resolution.result;
    all = fn_.And(all, SameValue(fn_, type, before[i], after[i]));
  }
  return all;
}

// The group's row as those downstream know it, and what it becomes:
//
//   before = results, if the group was there
//   update
//   after = results, if the group has rows left; else remove(group)
//   neither: nothing; only after: +I; only before: -D; both, and they differ: -U before, +U after
//
// A result that fails counts as none. As in Flink, a row that stays as it is is not sent again,
// unless groups have a time to live, which those downstream would otherwise let run out.
void PipelineLowering::EmitChanges(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                                   const Group& group, const std::function<void()>& update) {
  const LogicalOperator& logical = Operator(op);
  const auto& aggregate_op = *logical.As<AggregateOp>();
  const bool retracts = skeleton_.InputRetracts(op);
  const bool sends_old = logical.outputs[0].changelog == ChangelogMode::kRetract;
  const bool may_fail = MayLoseResults(op);
  const bool always_differs =
      !aggregate_op.calls.empty() &&
      (aggregate_op.state_ttl_micros > 0 || std::ranges::any_of(aggregate_op.calls, CountsRows));
  const bool needs_old = sends_old || retracts || may_fail || !always_differs;

  // In a mini-batch, what stands in the open batch is written over: nobody has seen it.
  const std::optional<Fold> fold = FindFold(op, group);
  const Shown before = NothingShown(op);
  if (needs_old) {
    If existed(fn_, fold ? fn_.And(group.found, fn_.Not(fold->is_open)) : group.found);
    ShowResults(op, aggregate, group.row, Reporting::kQuiet, before);
  } else {
    fn_.Set(before.is_there, group.found);
  }
  update();
  const Shown after = NothingShown(op);
  const LoopValue stays = retracts ? HasRows(op, group.row) : fn_.Bool(true);
  {
    If shows(fn_, stays);
    ShowResults(op, aggregate, group.row, Reporting::kTold, after);
  }
  if (fold) {
    // if (a row shows the group, which has no result any more) drop(row)
    If gone(fn_, fn_.And(fold->is_open, fn_.Not(fn_.Get(after.is_there))));
    fn_.Call("flinkc_fold_drop",
             {fold->slots, fold->writer->Builder(), group.row, fold->row, fn_.Bool(sends_old)});
  }
  if (retracts) {
    If empty(fn_, fn_.Not(stays));
    fn_.Call("flinkc_rt_remove_row", {group.table, group.row});
  }

  const LoopValue was_there = fn_.Get(before.is_there);
  const LoopValue is_there = fn_.Get(after.is_there);
  const std::vector<LoweredValue> old_values = ValuesOf(op, before);
  const std::vector<LoweredValue> new_values = ValuesOf(op, after);
  const LoopValue both = fn_.And(was_there, is_there);
  const LoopValue differs =
      always_differs ? fn_.Bool(true) : fn_.Not(fn_.And(both, AreSame(op, old_values, new_values)));
  LoopValue sends = fn_.And(differs, fn_.Or(was_there, is_there));
  if (fold) {
    // if (a row shows the group) row.results = results
    sends = fn_.And(sends, fn_.Not(fold->is_open));
    If shown(fn_, fn_.And(fold->is_open, is_there));
    RewriteResults(op, row, new_values, *fold);
  }
  const auto note = [&] {
    if (fold) fn_.Call("flinkc_fold_note", {fold->slots, group.row, fold->writer->NextRow()});
  };
  If changed(fn_, sends);
  if (sends_old) {
    {
      If gone(fn_, was_there);
      EmitResultRow(op, row, old_values,
                    fn_.Select(is_there, fn_.I8(Number(RowKind::kUpdateBefore)),
                               fn_.I8(Number(RowKind::kDelete))));
    }
    If come(fn_, is_there);
    note();
    EmitResultRow(op, row, new_values,
                  fn_.Select(was_there, fn_.I8(Number(RowKind::kUpdateAfter)),
                             fn_.I8(Number(RowKind::kInsert))));
    return;
  }
  LoopValue kind = fn_.Select(was_there, fn_.I8(Number(RowKind::kUpdateAfter)),
                              fn_.I8(Number(RowKind::kInsert)));
  if (!retracts && !may_fail) {
    note();
    EmitResultRow(op, row, new_values, kind);
    return;
  }
  if (fold) {
    If come(fn_, is_there);
    note();
  }
  kind = fn_.Select(is_there, kind, fn_.I8(Number(RowKind::kDelete)));
  std::vector<LoweredValue> values;
  for (size_t i = 0; i < new_values.size(); ++i) {
    LoweredValue value{fn_.Select(is_there, new_values[i].payload, old_values[i].payload),
                       std::nullopt};
    if (new_values[i].valid.has_value()) {
      value.valid = fn_.Select(is_there, *new_values[i].valid, *old_values[i].valid);
    }
    values.push_back(value);
  }
  EmitResultRow(op, row, values, kind);
}

void PipelineLowering::EmitUpdate(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                                  const std::vector<AggregateLowering::PreparedCall>& calls,
                                  const Group& group, FailureTarget& failure) {
  const LoopValue heap = fn_.Load(ValueType::kPtr, group.table, offsetof(KeyedTable, heap));
  if (!skeleton_.InputRetracts(op)) {
    aggregate.Update(AggregateLowering::Step::kAccumulate, calls, group.row, heap, failure);
    return;
  }
  // if (the row comes) accumulate, else retract
  If comes(fn_, IsAdded(row));
  aggregate.Update(AggregateLowering::Step::kAccumulate, calls, group.row, heap, failure);
  comes.Else();
  aggregate.Update(AggregateLowering::Step::kRetract, calls, group.row, heap, failure);
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

LoopValue PipelineLowering::ProcessingTime() {
  return fn_.Load(ValueType::kI64, context_,
                  offsetof(ChainContext, kernel) + offsetof(KernelContext, now_micros));
}

LoopValue PipelineLowering::StateTable(uint32_t op) {
  const uint32_t state = skeleton_.states.at(op);
  AddOnce(layout_.states, state);
  const LoopValue states = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, states));
  return fn_.Load(ValueType::kPtr, states,
                  int64_t{state} * sizeof(ChainState) + offsetof(ChainState, table));
}

std::optional<PipelineLowering::Fold> PipelineLowering::FindFold(uint32_t op, const Group& group) {
  if (!Operator(op).As<AggregateOp>()->mini_batch) return std::nullopt;
  const std::optional<uint32_t> port = skeleton_.routing.at({op, 0}).port;
  if (!port) return std::nullopt;  // nobody reads the changes
  Fold fold;
  fold.writer = &Writer(*port);
  const LoopValue ports = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, ports));
  fold.slots = fn_.Load(ValueType::kPtr, ports,
                        int64_t{*port} * sizeof(OutputPort) + offsetof(OutputPort, fold));
  // row = found ? the open batch's row of the group : -1
  const LoopVariable row = fn_.DeclareVariable("folded_row", fn_.I64(-1));
  {
    If existed(fn_, group.found);
    fn_.Set(row, fn_.Call("flinkc_fold_find", {fold.slots, group.row}));
  }
  fold.row = fn_.Get(row);
  fold.is_open = fn_.LessEqualSigned(fn_.I64(0), fold.row);
  return fold;
}

void PipelineLowering::RewriteResults(uint32_t op, const LoweredRow& row,
                                      const std::vector<LoweredValue>& results, const Fold& fold) {
  const auto& aggregate = *Operator(op).As<AggregateOp>();
  LoweredRow output;
  for (uint32_t key : aggregate.keys) output.columns.push_back(row.columns[key]);
  output.columns.insert(output.columns.end(), results.begin(), results.end());
  fold.writer->Rewrite(output, aggregate.keys.size(), fold.row);
  const bool has_views = std::ranges::any_of(
      aggregate.calls, [](const AggregateCall& call) { return call.resolution.result.is_view(); });
  if (has_views) fn_.Store(fn_.I32(1), fold.slots, offsetof(FoldSlots, rewritten));
}

LoopValue PipelineLowering::TimesInSet(uint32_t op, LoopValue state_row) {
  const SetOperation operation = *Operator(op).As<AggregateOp>()->set;
  std::vector<LoopValue> counts;
  for (const StateRowLayout::Accumulator& count : skeleton_.state_rows.at(op).accumulators) {
    counts.push_back(fn_.Load(ValueType::kI64, state_row, count.offset));
  }
  const LoopValue zero = fn_.I64(0);
  const auto once = [&](LoopValue is_in) { return fn_.Select(is_in, fn_.I64(1), zero); };
  LoopValue result = counts[0];
  switch (operation) {
    case SetOperation::kIntersect: {
      LoopValue in_all = fn_.LessSigned(zero, counts[0]);
      for (const LoopValue count : counts) in_all = fn_.And(in_all, fn_.LessSigned(zero, count));
      return once(in_all);
    }
    case SetOperation::kIntersectAll:
      for (const LoopValue count : counts) {
        result = fn_.Select(fn_.LessSigned(count, result), count, result);
      }
      return result;
    case SetOperation::kExcept: {
      LoopValue in_first_alone = fn_.LessSigned(zero, counts[0]);
      for (size_t i = 1; i < counts.size(); ++i) {
        in_first_alone = fn_.And(in_first_alone, fn_.Equal(counts[i], zero));
      }
      return once(in_first_alone);
    }
    case SetOperation::kExceptAll:
      for (size_t i = 1; i < counts.size(); ++i) result = fn_.Sub(result, counts[i]);
      return fn_.Select(fn_.LessSigned(zero, result), result, zero);
  }
  CHECK(false);
}

// One row of a stream changes by one at most how often the set has the row:
//
//   before = times in the set; update; after = times in the set
//   if (before < after) push(+I, row); if (after < before) push(-D, row)
void PipelineLowering::EmitSetChange(uint32_t op, const LoweredRow& row, const Group& group,
                                     const std::function<void()>& update) {
  const LoopValue before = TimesInSet(op, group.row);
  update();
  const LoopValue after = TimesInSet(op, group.row);
  if (skeleton_.InputRetracts(op)) {
    If empty(fn_, fn_.Not(HasRows(op, group.row)));
    fn_.Call("flinkc_rt_remove_row", {group.table, group.row});
  }
  If changed(fn_, fn_.NotEqual(before, after));
  EmitResultRow(op, row, {},
                fn_.Select(fn_.LessSigned(before, after), fn_.I8(Number(RowKind::kInsert)),
                           fn_.I8(Number(RowKind::kDelete))));
}

void PipelineLowering::EmitResultRow(uint32_t op, const LoweredRow& row,
                                     const std::vector<LoweredValue>& results, LoopValue kind) {
  LoweredRow output;
  // Where rows only come, each is the first of its group.
  if (Operator(op).outputs[0].changelog != ChangelogMode::kAppend) output.kind = kind;
  for (uint32_t key : Operator(op).As<AggregateOp>()->keys) {
    output.columns.push_back(row.columns[key]);
  }
  output.columns.insert(output.columns.end(), results.begin(), results.end());
  Consume(op, 0, output);
}

}  // namespace flinkc
