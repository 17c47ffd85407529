#include "compiler/plan/native_plan.h"

#include <algorithm>

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

}  // namespace

bool IsNative(const LogicalOperator& op) {
  return op.As<JoinOp>() != nullptr || op.As<TopOp>() != nullptr || op.As<LookupOp>() != nullptr;
}

const std::vector<uint32_t>* KeysOf(const LogicalOperator& op, size_t input) {
  if (const auto* aggregate = op.As<AggregateOp>()) return &aggregate->keys;
  if (const auto* join = op.As<JoinOp>()) return &join->join.keys[input];
  if (const auto* top = op.As<TopOp>()) return top->top.is_filter ? nullptr : &top->top.keys;
  return nullptr;
}

std::vector<StateLayout> NativeStates(const LogicalOperator& op,
                                      const std::vector<const LogicalOutput*>& inputs) {
  if (const auto* join = op.As<JoinOp>()) return JoinStates(*join, inputs);
  if (const auto* top = op.As<TopOp>()) return TopStates(*top, inputs[0]->schema);
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
  for (const StateLayout& state : NativeStates(op, inputs)) ids.push_back(state.state_id);
  return ids;
}

}  // namespace flinkc
