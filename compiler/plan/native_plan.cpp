#include "compiler/plan/native_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "compiler/expression/pattern_scope.h"
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

// Rows of each key that a match may still have, the partial matches that begin with the first of
// them, and when to go on with a key.
std::vector<StateLayout> MatchStates(const MatchOp& op, const Schema& schema) {
  const Schema key = KeySchema(schema, op.match.keys, /*not_null=*/false);
  return {RowsLayout(op.state_id, StateKind::kList, key, KeptSchema(schema, op.match)),
          RowsLayout(op.state_id + "/partial", StateKind::kList, key, PartialMatchSchema(op.match)),
          TimersLayout(op.state_id + "/timers", key)};
}

// By column: its place in `columns`, where it is one of them.
std::vector<uint32_t> PlacesIn(const std::vector<uint32_t>& columns) {
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < columns.size(); ++i) {
    places.resize(std::max<size_t>(places.size(), columns[i] + 1));
    places[columns[i]] = i;
  }
  return places;
}

// Each over the values that it reads.
std::vector<ExprPtr> MatchConditions(const MatchOp& op) {
  std::vector<ExprPtr> conditions(op.conditions.size());
  for (const PatternVariable& variable : op.match.variables) {
    if (!variable.condition) continue;
    conditions[*variable.condition] =
        RemapColumns(op.conditions[*variable.condition], PlacesIn(variable.reads));
  }
  return conditions;
}

// Over the columns of left, then of right; nullptr: there is none.
ExprPtr JoinConditionOf(const LogicalOperator& op) {
  if (const auto* join = op.As<JoinOp>()) return join->condition;
  if (const auto* lookup = op.As<LookupOp>()) return lookup->condition;
  return nullptr;
}

// `list` without what is not in `used`, whose elements become the new indexes.
template <typename T>
void KeepUsed(std::vector<T>* list, std::map<uint32_t, uint32_t>* used) {
  std::vector<T> kept;
  for (auto& [before, now] : *used) {
    now = static_cast<uint32_t>(kept.size());
    kept.push_back(std::move((*list)[before]));
  }
  *list = std::move(kept);
}

}  // namespace

bool IsNative(const LogicalOperator& op) {
  return op.As<JoinOp>() != nullptr || op.As<TopOp>() != nullptr || op.As<LookupOp>() != nullptr ||
         op.As<OverOp>() != nullptr || op.As<MatchOp>() != nullptr;
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
  if (const auto* match = op.As<MatchOp>()) return &match->match.keys;
  return nullptr;
}

std::vector<StateLayout> NativeStates(const LogicalOperator& op,
                                      const std::vector<const LogicalOutput*>& inputs) {
  if (const auto* join = op.As<JoinOp>()) return JoinStates(*join, inputs);
  if (const auto* top = op.As<TopOp>()) return TopStates(*top, inputs[0]->schema);
  if (const auto* over = op.As<OverOp>()) return OverStates(*over, inputs[0]->schema);
  if (const auto* match = op.As<MatchOp>()) return MatchStates(*match, inputs[0]->schema);
  return {};
}

NativeDescriptor DescriptorOf(const LogicalOperator& op) {
  if (const auto* join = op.As<JoinOp>()) return join->join;
  if (const auto* lookup = op.As<LookupOp>()) return lookup->lookup;
  if (const auto* over = op.As<OverOp>()) return ToDescriptor(*over);
  if (const auto* match = op.As<MatchOp>()) return match->match;
  const auto* top = op.As<TopOp>();
  CHECK(top != nullptr);
  return top->top;
}

std::vector<ExprPtr> ConditionsOf(const LogicalOperator& op) {
  if (const auto* match = op.As<MatchOp>()) return MatchConditions(*match);
  const ExprPtr condition = JoinConditionOf(op);
  if (condition == nullptr) return {};
  return {RemapColumns(condition, PlacesIn(condition->Columns()))};
}

std::vector<uint32_t> ConditionColumns(const LogicalOperator& op) {
  const ExprPtr condition = JoinConditionOf(op);
  return condition == nullptr ? std::vector<uint32_t>() : condition->Columns();
}

std::vector<Schema> ConditionSchemas(const LogicalOperator& op,
                                     const std::vector<const Schema*>& inputs) {
  if (const auto* match = op.As<MatchOp>()) {
    const Schema values = PatternValueSchema(*match, *inputs[0]);
    std::vector<Schema> schemas(match->conditions.size());
    for (const PatternVariable& variable : match->match.variables) {
      if (variable.condition) schemas[*variable.condition] = Restrict(values, variable.reads);
    }
    return schemas;
  }
  if (JoinConditionOf(op) == nullptr) return {};
  Schema both;
  for (const Schema* input : inputs) {
    for (const Field& field : *input) both.Add(field);
  }
  if (const auto* lookup = op.As<LookupOp>()) {
    for (const Field& field : lookup->lookup.table.BatchSchema()) both.Add(field);
  }
  return {Restrict(both, ConditionColumns(op))};
}

std::vector<AggregateCall> AggregatesOf(const LogicalOperator& op) {
  const auto* match = op.As<MatchOp>();
  if (match == nullptr) return {};
  std::vector<AggregateCall> calls = match->aggregates;
  for (AggregateCall& call : calls) {
    const std::vector<uint32_t> places = PlacesIn(call.Columns());
    for (ExprPtr& argument : call.arguments) argument = RemapColumns(argument, places);
    if (call.filter != nullptr) call.filter = RemapColumns(call.filter, places);
  }
  return calls;
}

Schema PatternValueSchema(const MatchOp& op, const Schema& input) {
  std::vector<std::string> variables;
  for (const PatternVariable& variable : op.match.variables) variables.push_back(variable.name);
  for (const PatternSubset& subset : op.match.subsets) variables.push_back(subset.name);
  Schema values;
  for (const PatternValue& value : op.match.values) {
    values.Add({ValueText(value, input, variables, op.aggregates),
                ValueType(value, input, op.aggregates)});
  }
  return values;
}

void DropUnusedValues(MatchOp* op) {
  MatchDescriptor& match = op->match;
  std::map<uint32_t, uint32_t> values;  // new index by old
  for (PatternVariable& variable : match.variables) {
    if (variable.condition) variable.reads = op->conditions[*variable.condition]->Columns();
    for (const uint32_t read : variable.reads) values[read] = 0;
  }
  for (const uint32_t result : match.results) values[result] = 0;
  std::vector<uint32_t> moved(match.values.size());
  KeepUsed(&match.values, &values);
  for (const auto& [before, now] : values) moved[before] = now;
  for (ExprPtr& condition : op->conditions) condition = RemapColumns(condition, moved);
  for (PatternVariable& variable : match.variables) {
    for (uint32_t& read : variable.reads) read = moved[read];
  }
  for (uint32_t& result : match.results) result = moved[result];
  std::map<uint32_t, uint32_t> aggregates;
  for (const PatternValue& value : match.values) {
    if (value.of == PatternValue::Of::kAggregate) aggregates[*value.column] = 0;
  }
  KeepUsed(&op->aggregates, &aggregates);
  for (PatternValue& value : match.values) {
    if (value.of == PatternValue::Of::kAggregate) value.column = aggregates[*value.column];
  }
}

// A row waits for matches until the watermark is behind what may match it, and has its own time
// then.
int64_t WatermarkDelayOf(const LogicalOperator& op) {
  // A row of `over` leaves when the watermark is behind its time, and may have that of the
  // watermark before: the last millisecond of a window is open then still.
  constexpr int64_t kMillisecond = 1000;
  if (const auto* over = op.As<OverOp>()) return over->time ? kMillisecond : 0;
  // A match waits for those that began before it, and its last row may be as old as the watermark.
  if (const auto* match = op.As<MatchOp>()) {
    return op.outputs[0].time_attribute ? match->match.within_micros + kMillisecond : 0;
  }
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
  if (const auto* match = op.As<MatchOp>(); match != nullptr && match->match.time_column) {
    counters.push_back((match->match.route_late ? "late_routed:" : "late_dropped:") + op.Path());
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
