// A sound plan, broken in each way that a phase could break it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "compiler/chain/build_job_graph.h"
#include "compiler/plan/partial_aggregate.h"
#include "compiler/plan/rewrite.h"
#include "tests/unit/compiler/check/checked_spec.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

// One operator of each kind.
constexpr const char* kSpec = R"yaml(
streams:
  f: {from: orders, filter: id > 1}
  p: {from: f, extend: {twice: id * 2}, on_error: route}
  n: {from: p, unnest: {tag: tags}}
  r: {from: n, route: {a: id > 1, else: b}}
  u: {from: [r.a, r.b]}
  w:
    from: u
    aggregate: {window: {tumble: 1m}, by: [store], compute: {n: count(*)}, late: route}
  c: {from: u, aggregate: {by: [store], compute: {n: count(*)}}}
  lookup: {join: {inputs: {a: orders, b: orders}, match: a.id = b.id, lookup: once}, select: {id: a.id, ts: a.ts}}
  temporal: {join: {inputs: {a: orders, b: orders}, match: a.id = b.id, temporal: {as_of: a.ts}}, select: {id: a.id}}
  window: {join: {inputs: {a: orders, b: orders}, match: a.id = b.id, window: {tumble: 1m}}, select: {id: a.id}}
  v: {from: u, over: {by: [store], order_by: ts, rows: 2 preceding, compute: {n: count(*)}, late: route}}
  m:
    from: u
    match:
      by: [store]
      pattern: A+ B
      within: 1h
      define: {A: id > 1, B: B.id > FIRST(A.id) AND count(A.*) < 10}
      measures: {n: count(*), at: MATCH_ROWTIME()}
      late: route
sinks:
  l: {from: lookup, connector: blackhole}
  t: {from: temporal, connector: blackhole}
  i: {from: window, connector: blackhole}
  v: {from: v, connector: blackhole}
  v_late: {from: v.late, connector: blackhole}
  m: {from: m, connector: blackhole}
  m_late: {from: m.late, connector: blackhole}
  w: {from: w, connector: blackhole}
  late: {from: w.late, connector: blackhole}
  c: {from: c, connector: blackhole}
  e: {from: p.errors, connector: blackhole}
)yaml";

LogicalPlan Sound() {
  CheckedSpec checked(WithOrders(kSpec));
  EXPECT_TRUE(checked.plan) << checked.Printed();
  return std::move(checked.plan).value_or(LogicalPlan());
}

template <typename T>
LogicalOperator& First(LogicalPlan& plan) {
  for (LogicalOperator& op : plan.operators) {
    if (op.As<T>() != nullptr) return op;
  }
  ADD_FAILURE() << "no such operator";
  return plan.operators[0];
}

MatchOp& Match(LogicalPlan& plan) { return *First<MatchOp>(plan).As<MatchOp>(); }

// The aggregate that has a window, or the one that has none.
LogicalOperator& Aggregate(LogicalPlan& plan, bool with_window) {
  for (LogicalOperator& op : plan.operators) {
    const auto* aggregate = op.As<AggregateOp>();
    if (aggregate != nullptr && aggregate->window.has_value() == with_window) return op;
  }
  ADD_FAILURE() << "no such aggregate";
  return plan.operators[0];
}

JoinDescriptor& Lookup(LogicalPlan& plan) {
  return First<LookupOp>(plan).As<LookupOp>()->lookup.join;
}

// The join of the stream of this name.
JoinDescriptor& Join(LogicalPlan& plan, const std::string& stream) {
  for (LogicalOperator& op : plan.operators) {
    if (op.As<JoinOp>() != nullptr && op.stream == stream) return op.As<JoinOp>()->join;
  }
  ADD_FAILURE() << "no such join";
  return First<JoinOp>(plan).As<JoinOp>()->join;
}

struct Violation {
  const char* said;
  std::function<void(LogicalPlan&)> make;
};

std::vector<Violation> AllViolations() {
  return {
      {"does not stand before it",
       [](LogicalPlan& plan) { std::swap(plan.operators[0], plan.operators[1]); }},
      {"reads output 9 of", [](LogicalPlan& plan) { plan.operators[1].inputs[0].output = 9; }},
      {"an id that is taken",
       [](LogicalPlan& plan) { plan.operators[1].id = plan.operators[0].id; }},
      {"2 inputs instead of one",
       [](LogicalPlan& plan) {
         LogicalOperator& filter = First<FilterOp>(plan);
         filter.inputs.push_back(filter.inputs[0]);
       }},
      {"a union without inputs", [](LogicalPlan& plan) { First<UnionOp>(plan).inputs.clear(); }},
      {"errors output is not one of error rows",
       [](LogicalPlan& plan) {
         for (LogicalOperator& op : plan.operators) {
           if (op.errors_output) op.outputs[*op.errors_output].name = "other";
         }
       }},
      {"the time attribute is no TIMESTAMP",
       [](LogicalPlan& plan) { First<FilterOp>(plan).outputs[0].time_attribute = 0; }},
      {"watermark_column does not say",
       [](LogicalPlan& plan) { First<FilterOp>(plan).outputs[0].watermark_column.reset(); }},
      {"the unique key has a column that is not there",
       [](LogicalPlan& plan) { First<FilterOp>(plan).outputs[0].unique_key = {99}; }},
      {"an upsert stream without a unique key",
       [](LogicalPlan& plan) {
         First<FilterOp>(plan).outputs[0].changelog = ChangelogMode::kUpsert;
       }},
      {"needs a column that it does not have",
       [](LogicalPlan& plan) {
         First<SourceOp>(plan).As<SourceOp>()->descriptor.needed_columns.push_back(99);
       }},
      {"the needed columns are not in order",
       [](LogicalPlan& plan) {
         auto& needed = First<SourceOp>(plan).As<SourceOp>()->descriptor.needed_columns;
         std::swap(needed[0], needed[1]);
       }},
      {"watermark column without event time",
       [](LogicalPlan& plan) { First<SourceOp>(plan).As<SourceOp>()->event_time.reset(); }},
      {"an expression is missing",
       [](LogicalPlan& plan) { First<FilterOp>(plan).As<FilterOp>()->predicate = nullptr; }},
      {"a condition is not BOOLEAN",
       [](LogicalPlan& plan) {
         First<FilterOp>(plan).As<FilterOp>()->predicate =
             First<ProjectOp>(plan).As<ProjectOp>()->columns[0].expr;
       }},
      {"passes rows, but its schema",
       [](LogicalPlan& plan) {
         First<FilterOp>(plan).outputs[0].schema.Add({"more", DataType(TypeKind::kInt, true)});
       }},
      {"not as many expressions",
       [](LogicalPlan& plan) { First<ProjectOp>(plan).As<ProjectOp>()->columns.pop_back(); }},
      {"its expression",
       [](LogicalPlan& plan) { First<ProjectOp>(plan).As<ProjectOp>()->columns[0].name = "x"; }},
      {"unnests what is no array",
       [](LogicalPlan& plan) {
         First<UnnestOp>(plan).As<UnnestOp>()->array =
             First<ProjectOp>(plan).As<ProjectOp>()->columns[0].expr;
       }},
      {"is not the input's and the element",
       [](LogicalPlan& plan) { First<UnnestOp>(plan).As<UnnestOp>()->name = "x"; }},
      {"a route without branches",
       [](LogicalPlan& plan) { First<RouteOp>(plan).As<RouteOp>()->branches.clear(); }},
      {"a branch whose output has another name",
       [](LogicalPlan& plan) { First<RouteOp>(plan).As<RouteOp>()->branches[0].name = "x"; }},
      {"else is not the last branch",
       [](LogicalPlan& plan) {
         First<RouteOp>(plan).As<RouteOp>()->branches[0].predicate = nullptr;
       }},
      {"an input of another schema",
       [](LogicalPlan& plan) { First<UnionOp>(plan).inputs[0] = {plan.operators[0].id, 0}; }},
      {"a window of impossible size",
       [](LogicalPlan& plan) {
         Aggregate(plan, true).As<AggregateOp>()->window->slide_micros = 0;
       }},
      {"no TIMESTAMP column",
       [](LogicalPlan& plan) { Aggregate(plan, true).As<AggregateOp>()->window->time_column = 0; }},
      {"a window that does not emit as it must",
       [](LogicalPlan& plan) {
         Aggregate(plan, true).As<AggregateOp>()->emit = EmitStrategy::kAtEnd;
       }},
      {"emits windows and has none",
       [](LogicalPlan& plan) {
         Aggregate(plan, false).As<AggregateOp>()->emit = EmitStrategy::kWindowClose;
       }},
      {"its changelog mode is not how it emits",
       [](LogicalPlan& plan) {
         Aggregate(plan, false).As<AggregateOp>()->emit = EmitStrategy::kAtEnd;
       }},
      {"its state has no id",
       [](LogicalPlan& plan) { Aggregate(plan, true).As<AggregateOp>()->state_id.clear(); }},
      {"two states have the id",
       [](LogicalPlan& plan) {
         Aggregate(plan, true).As<AggregateOp>()->state_id =
             Aggregate(plan, false).As<AggregateOp>()->state_id;
       }},
      {"a key that is no column",
       [](LogicalPlan& plan) { Aggregate(plan, true).As<AggregateOp>()->keys[0] = 99; }},
      {"not the columns it gives",
       [](LogicalPlan& plan) { Aggregate(plan, true).As<AggregateOp>()->calls.clear(); }},
      {"the output of late rows",
       [](LogicalPlan& plan) { Aggregate(plan, true).outputs[1].name = "x"; }},
      {"a lookup that is neither inner nor left",
       [](LogicalPlan& plan) { Lookup(plan).kind = JoinKind::kRight; }},
      {"a lookup without a key",
       [](LogicalPlan& plan) {
         for (std::vector<uint32_t>& keys : Lookup(plan).keys) keys.clear();
       }},
      {"a lookup that keeps rows", [](LogicalPlan& plan) { Lookup(plan).ttl_micros[0] = 1; }},
      {"a column that is not there", [](LogicalPlan& plan) { Lookup(plan).columns[1][0] = 99; }},
      {"keys of different types", [](LogicalPlan& plan) { Lookup(plan).keys[1][0] = 1; }},
      {"reads its table before it was read",
       [](LogicalPlan& plan) { First<LookupOp>(plan).As<LookupOp>()->lookup.refresh_micros = -1; }},
      {"a table that never ends",
       [](LogicalPlan& plan) {
         First<LookupOp>(plan).As<LookupOp>()->lookup.table.bounded = false;
       }},
      {"a temporal join that is neither inner nor left",
       [](LogicalPlan& plan) { Join(plan, "temporal").kind = JoinKind::kFull; }},
      {"versions and an interval",
       [](LogicalPlan& plan) {
         JoinDescriptor& join = Join(plan, "temporal");
         join.interval = JoinInterval{join.versions->times, 0, 0};
       }},
      {"versions of what is no time",
       [](LogicalPlan& plan) { Join(plan, "temporal").versions->times[1] = 0; }},
      {"forgets rows that wait",
       [](LogicalPlan& plan) { Join(plan, "temporal").ttl_micros[0] = 1; }},
      {"a window of what is no event time",
       [](LogicalPlan& plan) { Join(plan, "window").window->times[0] = 99; }},
      {"a window of impossible size",
       [](LogicalPlan& plan) { Join(plan, "window").window->size_micros = -1; }},
      {"a window with a time to live",
       [](LogicalPlan& plan) { Join(plan, "window").ttl_micros[1] = 1; }},
      {"windows, and another way to go by time",
       [](LogicalPlan& plan) {
         JoinDescriptor& join = Join(plan, "window");
         join.versions = JoinVersions{join.window->times};
         // As a temporal join it would be sound.
         join.kind = JoinKind::kInner;
       }},
      {"rows that are updated have no order",
       [](LogicalPlan& plan) {
         LogicalOperator& over = First<OverOp>(plan);
         over.inputs[0] = {Aggregate(plan, false).id, 0};
       }},
      {"a frame of impossible size",
       [](LogicalPlan& plan) { First<OverOp>(plan).As<OverOp>()->frame.preceding = -1; }},
      {"orders by what is no event time",
       [](LogicalPlan& plan) { First<OverOp>(plan).As<OverOp>()->time->time_column = 0; }},
      {"late rows by processing time",
       [](LogicalPlan& plan) { First<OverOp>(plan).As<OverOp>()->time.reset(); }},
      {"a column that is not there",
       [](LogicalPlan& plan) { First<OverOp>(plan).As<OverOp>()->columns[0] = 99; }},
      {"takes the watermark for a column",
       [](LogicalPlan& plan) {
         OverOp& over = *First<OverOp>(plan).As<OverOp>();
         over.aggregate.keys[0] = over.time->watermark_column;
       }},
      {"not the columns it gives",
       [](LogicalPlan& plan) { First<OverOp>(plan).As<OverOp>()->aggregate.calls.clear(); }},
      {"the output of late rows",
       [](LogicalPlan& plan) { First<OverOp>(plan).outputs[1].name = "x"; }},
      {"stands in `over` alone",
       [](LogicalPlan& plan) {
         Aggregate(plan, false).As<AggregateOp>()->calls[0].resolution.per_row = true;
       }},
      {"looks at each row",
       [](LogicalPlan& plan) {
         AggregateCall& call = First<OverOp>(plan).As<OverOp>()->aggregate.calls[0];
         call.resolution.per_row = true;
         call.filter = First<FilterOp>(plan).As<FilterOp>()->predicate;
       }},
      {"a program without an end", [](LogicalPlan& plan) { Match(plan).match.program.pop_back(); }},
      {"a step to nowhere", [](LogicalPlan& plan) { Match(plan).match.program[1].second = 99; }},
      {"a row of a variable that there is not",
       [](LogicalPlan& plan) { Match(plan).match.program[0].variable = 2; }},
      {"a match without rows",
       [](LogicalPlan& plan) { Match(plan).match.program[0] = Match(plan).match.program.back(); }},
      {"a value of a variable that there is not",
       [](LogicalPlan& plan) { Match(plan).match.values[0].variable = 2; }},
      {"a value of no aggregate",
       [](LogicalPlan& plan) {
         for (PatternValue& value : Match(plan).match.values) {
           if (value.of == PatternValue::Of::kAggregate) value.column = 99;
         }
       }},
      {"takes the watermark for a column",
       [](LogicalPlan& plan) { Match(plan).match.keys[0] = Match(plan).match.watermark_column; }},
      {"a match by what is no event time",
       [](LogicalPlan& plan) { Match(plan).match.time_column = Match(plan).match.keys[0]; }},
      {"a condition that reads no value",
       [](LogicalPlan& plan) { Match(plan).match.variables[0].reads.push_back(99); }},
      {"a condition that is not there",
       [](LogicalPlan& plan) { Match(plan).match.variables[0].condition = 99; }},
      {"does not know what a condition reads",
       [](LogicalPlan& plan) { Match(plan).match.variables[1].reads.pop_back(); }},
      {"runs a condition ahead that must wait",
       [](LogicalPlan& plan) { Match(plan).match.variables[1].may_run_ahead = true; }},
      {"a time that no match can take",
       [](LogicalPlan& plan) { Match(plan).match.within_micros = -1; }},
      {"without variables, or with too many",
       [](LogicalPlan& plan) { Match(plan).match.after_variable = 2; }},
      {"a result that is no value", [](LogicalPlan& plan) { Match(plan).match.results[0] = 99; }},
      {"a sink with outputs",
       [](LogicalPlan& plan) { First<SinkOp>(plan).outputs.emplace_back(); }},
      {"the hidden watermark column would leave",
       [](LogicalPlan& plan) { First<SinkOp>(plan).inputs[0] = {First<FilterOp>(plan).id, 0}; }},
  };
}

TEST(Verify, ASoundPlanHasNoViolation) { EXPECT_EQ(Verify(Sound()), ""); }

TEST(Verify, EachViolationIsFoundAndNamed) {
  for (const Violation& violation : AllViolations()) {
    LogicalPlan plan = Sound();
    violation.make(plan);
    EXPECT_THAT(Verify(plan), HasSubstr(violation.said));
  }
}

// A plan of a local and a global aggregate.
LogicalPlan TwoPhases() {
  CheckedSpec checked(WithOrders(R"yaml(
streams:
  w: {from: orders, aggregate: {window: {tumble: 1m}, by: [store], compute: {n: count(*)}}}
sinks:
  w: {from: w, connector: blackhole}
)yaml"));
  EXPECT_TRUE(checked.plan) << checked.Printed();
  LogicalPlan plan = std::move(checked.plan).value_or(LogicalPlan());
  LogicalOperator& global = Aggregate(plan, true);
  AggregateOp& aggregate = *global.As<AggregateOp>();
  LogicalOperator local;
  local.id = plan.NextId();
  local.stream = global.stream;
  local.role = "local_aggregate";
  local.inputs = global.inputs;
  local.outputs = {plan.Get(global.inputs[0].op).outputs[global.inputs[0].output]};
  local.outputs[0].schema = WithPartials(local.outputs[0].schema);
  local.op = LocalAggregateOp{aggregate, true};
  aggregate.merges_partials = true;
  global.inputs = {{local.id, 0}};
  plan.operators.push_back(std::move(local));
  SortTopologically(plan);
  return plan;
}

TEST(Verify, ALocalAndAGlobalAggregate) {
  EXPECT_EQ(Verify(TwoPhases()), "");
  const std::vector<Violation> violations = {
      {"merges what does not come in",
       [](LogicalPlan& plan) {
         LogicalOperator& global = Aggregate(plan, true);
         global.inputs = plan.Get(global.inputs[0].op).inputs;
       }},
      {"merges what cannot be merged",
       [](LogicalPlan& plan) {
         Aggregate(plan, true).As<AggregateOp>()->calls[0].resolution.blob_offsets = {0};
       }},
      {"merges what cannot be merged",
       [](LogicalPlan& plan) {
         LogicalOperator& global = Aggregate(plan, true);
         global.As<AggregateOp>()->route_late = true;
         global.outputs.push_back(global.outputs[0]);
       }},
      {"accumulates what cannot be merged",
       [](LogicalPlan& plan) {
         First<LocalAggregateOp>(plan).As<LocalAggregateOp>()->aggregate.calls.clear();
       }},
      {"a key that is no column",
       [](LogicalPlan& plan) {
         First<LocalAggregateOp>(plan).As<LocalAggregateOp>()->aggregate.keys = {99};
       }},
      {"not the columns it gives",
       [](LogicalPlan& plan) {
         Schema& schema = First<LocalAggregateOp>(plan).outputs[0].schema;
         schema = WithoutPartials(schema);
       }},
  };
  for (const Violation& violation : violations) {
    LogicalPlan plan = TwoPhases();
    violation.make(plan);
    EXPECT_THAT(Verify(plan), HasSubstr(violation.said));
  }
}

TEST(Verify, WhatALocalAggregateGivesCrossesOneExchange) {
  LogicalPlan plan = TwoPhases();
  plan.parallelism = 2;
  const std::vector<ChainPlan> chains = BuildJobGraph(plan).chains;
  const auto found = std::ranges::find_if(chains, [](const ChainPlan& chain) {
    return chain.operators.back().As<LocalAggregateOp>() != nullptr;
  });
  ASSERT_NE(found, chains.end());
  EXPECT_EQ(Verify(*found), "");
  const std::string bytes = Serialize(*found);
  const Result<ChainPlan> read = DeserializeChainPlan(bytes, TestFunctions());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Serialize(*read), bytes);

  const auto is_of_local = [&](const ChainOutput& output) {
    return output.from.op == found->operators.back().id;
  };
  ChainPlan chain = *found;
  std::ranges::find_if(chain.outputs, is_of_local)->hash_keys = {0};
  EXPECT_THAT(Verify(chain), HasSubstr("is not spread by its keys"));
  chain = *found;
  std::erase_if(chain.outputs, is_of_local);
  EXPECT_THAT(Verify(chain), HasSubstr("does not cross one exchange"));
}

}  // namespace
}  // namespace flinkc
