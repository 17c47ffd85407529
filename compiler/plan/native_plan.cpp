#include "compiler/plan/native_plan.h"

#include <algorithm>
#include <set>

#include "runtime/base/check.h"
#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

// Rows of each side by key, NULL keys left out; then, if the join goes by time, when to look at a
// key again.
std::vector<StateLayout> JoinStates(const JoinOp& op,
                                    const std::vector<const LogicalOutput*>& inputs) {
  const Schema key = KeptKey(inputs[0]->schema, op.join);
  std::vector<StateLayout> states;
  for (size_t i = 0; i < 2; ++i) {
    // Versions are replaced by their time.
    const bool updates = inputs[i]->changelog != ChangelogMode::kAppend && !op.join.versions;
    states.push_back(RowsLayout(op.state_id + (i == 0 ? "/left" : "/right"),
                                updates ? StateKind::kMultiset : StateKind::kList, key,
                                KeptSchema(inputs[i]->schema, op.join, i), op.join.ttl_micros[i]));
  }
  if (op.join.times() != nullptr) states.push_back(TimersLayout(op.state_id + "/timers", key));
  return states;
}

// Rows of each group; and of each window, with when it is over.
std::vector<StateLayout> TopStates(const TopOp& op, const Schema& schema) {
  const TopDescriptor& top = op.top;
  if (top.is_filter) return {};
  const Schema key = KeptKey(schema, top);
  std::vector<StateLayout> states = {RowsLayout(op.state_id, StateKind::kList, key,
                                                Restrict(schema, KeptColumns(schema, top)),
                                                top.ttl_micros)};
  if (top.window) states.push_back(TimersLayout(op.state_id + "/timers", key));
  return states;
}

// The columns that the calls which look at the frame read.
std::vector<uint32_t> FrameArguments(const AggregateOp& aggregate) {
  std::set<uint32_t> columns;
  for (const AggregateCall& call : aggregate.calls) {
    if (call.resolution.per_row) continue;
    for (const ExprPtr& argument : call.arguments) {
      for (const uint32_t column : argument->Columns()) columns.insert(column);
    }
    if (call.filter == nullptr) continue;
    for (const uint32_t column : call.filter->Columns()) columns.insert(column);
  }
  return {columns.begin(), columns.end()};
}

OverDescriptor ToDescriptor(const OverOp& op) {
  OverDescriptor over;
  over.keys = op.aggregate.keys;
  over.frame = op.frame;
  over.time = op.time;
  if (over.is_bounded()) over.arguments = FrameArguments(op.aggregate);
  over.recomputes = over.is_bounded() && !TakesBack(op);
  const bool is_range = op.frame.unit == OverFrame::Unit::kRange;
  over.forgets = over.is_bounded() && is_range &&
                 std::ranges::none_of(op.aggregate.calls, [](const AggregateCall& call) {
                   return call.resolution.per_row;
                 });
  over.routes_late = op.aggregate.route_late;
  over.ttl_micros = op.aggregate.state_ttl_micros;
  return over;
}

// Rows that wait for their turn, rows of the frame, and when to look at a key again.
std::vector<StateLayout> OverStates(const OverOp& op, const Schema& schema) {
  const OverDescriptor over = ToDescriptor(op);
  const Schema key = KeySchema(schema, over.keys, /*not_null=*/false);
  const std::string& id = op.aggregate.state_id;
  std::vector<StateLayout> states;
  if (over.time) {
    states.push_back(RowsLayout(id + "/waiting", StateKind::kList, key,
                                Restrict(schema, WaitingColumns(schema, *over.time))));
  }
  if (over.is_bounded()) {
    states.push_back(RowsLayout(id + "/frame", StateKind::kList, key, FrameSchema(schema, over),
                                over.ttl_micros));
  }
  if (over.time || over.forgets) states.push_back(TimersLayout(id + "/timers", key));
  return states;
}

}  // namespace

bool IsNative(const LogicalOperator& op) {
  return op.As<JoinOp>() != nullptr || op.As<TopOp>() != nullptr || op.As<LookupOp>() != nullptr ||
         op.As<OverOp>() != nullptr;
}

bool TakesBack(const OverOp& op) {
  return op.frame.preceding.has_value() &&
         std::ranges::all_of(op.aggregate.calls, [](const AggregateCall& call) {
           return call.resolution.per_row || call.resolution.retracting;
         });
}

int64_t AccumulatorTtlOf(const OverOp& op) {
  constexpr int64_t kLonger = 3'600'000'000;
  const int64_t ttl = op.aggregate.state_ttl_micros;
  if (ttl == 0 || !op.frame.preceding) return ttl;
  return ttl > INT64_MAX - kLonger ? INT64_MAX : ttl + kLonger;
}

const std::vector<uint32_t>* KeysOf(const LogicalOperator& op, size_t input) {
  if (const auto* aggregate = op.As<AggregateOp>()) return &aggregate->keys;
  if (const auto* join = op.As<JoinOp>()) return &join->join.keys[input];
  if (const auto* top = op.As<TopOp>()) return top->top.is_filter ? nullptr : &top->top.keys;
  if (const auto* over = op.As<OverOp>()) return &over->aggregate.keys;
  return nullptr;
}

std::vector<StateLayout> NativeStates(const LogicalOperator& op,
                                      const std::vector<const LogicalOutput*>& inputs) {
  if (const auto* join = op.As<JoinOp>()) return JoinStates(*join, inputs);
  if (const auto* top = op.As<TopOp>()) return TopStates(*top, inputs[0]->schema);
  if (const auto* over = op.As<OverOp>()) return OverStates(*over, inputs[0]->schema);
  return {};
}

Schema ConditionSchema(const LogicalOperator& op, const std::vector<const Schema*>& inputs) {
  Schema all;
  for (const Schema* input : inputs) {
    for (const Field& field : *input) all.Add(field);
  }
  if (const auto* lookup = op.As<LookupOp>()) {
    for (const Field& field : lookup->lookup.table.BatchSchema()) all.Add(field);
  }
  return all;
}

NativeDescriptor DescriptorOf(const LogicalOperator& op) {
  if (const auto* join = op.As<JoinOp>()) return join->join;
  if (const auto* lookup = op.As<LookupOp>()) return lookup->lookup;
  if (const auto* over = op.As<OverOp>()) return ToDescriptor(*over);
  const auto* top = op.As<TopOp>();
  CHECK(top != nullptr);
  return top->top;
}

std::vector<ExprPtr> ConditionsOf(const LogicalOperator& op) {
  const auto* join = op.As<JoinOp>();
  const auto* lookup = op.As<LookupOp>();
  ExprPtr condition = join != nullptr ? join->condition : nullptr;
  if (lookup != nullptr) condition = lookup->condition;
  if (condition == nullptr) return {};
  return {std::move(condition)};
}

// A row waits for matches until the watermark is behind what may match it, and has its own time
// then.
int64_t WatermarkDelayOf(const LogicalOperator& op) {
  // A row of `over` leaves when the watermark is behind its time, and may have that of the
  // watermark before: the last millisecond of a window is open then still.
  constexpr int64_t kMillisecond = 1000;
  if (const auto* over = op.As<OverOp>()) return over->time ? kMillisecond : 0;
  const auto* join = op.As<JoinOp>();
  // A row waits until the watermark is past its time, not just at it.
  if (join != nullptr && join->join.versions) return 1;
  if (join == nullptr || !join->join.interval) return 0;
  const JoinInterval& interval = *join->join.interval;
  const int64_t until = std::max({interval.upper_micros, -interval.lower_micros, int64_t{0}});
  const bool waits = join->join.NotesMatches(0) || join->join.NotesMatches(1);
  return until + (waits ? interval.cleanup_micros() : 0);
}

std::vector<std::string> CountersOf(const LogicalOperator& op) {
  if (const auto* over = op.As<OverOp>()) {
    if (!over->time) return {};
    return {(over->aggregate.route_late ? "late_routed:" : "late_dropped:") + op.Path()};
  }
  std::vector<std::string> counters = {"rows_out:" + op.Path()};
  const auto* join = op.As<JoinOp>();
  const auto* top = op.As<TopOp>();
  if ((join != nullptr && join->join.times() != nullptr) || (top != nullptr && top->top.window)) {
    counters.push_back("late_dropped:" + op.Path());
  }
  if (op.As<LookupOp>() != nullptr) {
    counters.push_back("refreshes:" + op.Path());
    counters.push_back("failed_refreshes:" + op.Path());
  }
  return counters;
}

std::vector<std::string> StateIdsOf(const LogicalOperator& op,
                                    const std::vector<const LogicalOutput*>& inputs) {
  if (const auto* aggregate = op.As<AggregateOp>()) return {aggregate->state_id};
  std::vector<std::string> ids;
  if (const auto* over = op.As<OverOp>()) ids.push_back(over->aggregate.state_id);
  for (const StateLayout& state : NativeStates(op, inputs)) ids.push_back(state.state_id);
  return ids;
}

}  // namespace flinkc
