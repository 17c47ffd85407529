#include "compiler/chain/build_job_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compiler/check/checked_spec.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

std::string KeysText(const ChainPlan& chain, const ChainOutput& output) {
  std::vector<std::string> names;
  for (const LogicalOperator& op : chain.operators) {
    if (op.id != output.from.op) continue;
    const Schema& schema = op.outputs[output.from.output].schema;
    for (uint32_t key : output.hash_keys) names.push_back(schema[key].name);
  }
  return fmt::format("hash({})", fmt::join(names, ", "));
}

// A line for each chain, "0 x2: orders -> s/filter", then one for each edge, "0.0 -> 1
// hash(store)".
std::string Text(const ChainedJob& job) {
  std::string text = "\n";
  for (const JobVertex& vertex : job.graph.vertices) {
    text += fmt::format("{} x{}: {}\n", vertex.id.value(), vertex.parallelism, vertex.name);
  }
  for (const JobEdge& edge : job.graph.edges) {
    const ChainPlan& source = job.chains[edge.source.value()];
    const ChainOutput& output = source.outputs[edge.source_output];
    std::string how = "forward";
    if (edge.partitioning == Partitioning::kRebalance) how = "rebalance";
    if (edge.partitioning == Partitioning::kHash) how = KeysText(source, output);
    EXPECT_EQ(output.hash, edge.partitioning == Partitioning::kHash);
    text += fmt::format("{}.{} -> {} {}{}\n", edge.source.value(), edge.source_output,
                        edge.target.value(), how, output.row_kinds ? " with kinds" : "");
  }
  return text;
}

ChainedJob Chain(std::string_view rest, uint32_t parallelism) {
  CheckedSpec checked(WithOrders(rest));
  EXPECT_TRUE(checked.plan) << checked.Printed();
  if (!checked.plan) return {};
  checked.plan->parallelism = parallelism;
  ChainedJob job = BuildJobGraph(*checked.plan);
  // What is built can be sent and read again.
  const Result<JobGraph> graph = DeserializeJobGraph(Serialize(job.graph));
  EXPECT_TRUE(graph) << graph.error().message;
  return job;
}

constexpr const char* kCounts = R"yaml(
streams:
  s:
    from: orders
    pipe: [{filter: id > 1}, {aggregate: {by: [store], compute: {n: count(*)}, emit: end}}]
sinks: {out: {from: s, connector: blackhole}}
)yaml";

TEST(BuildJobGraph, NothingMovesAtParallelismOne) {
  EXPECT_EQ(Text(Chain(kCounts, 1)), R"(
0 x1: orders -> s/filter -> s/aggregate -> s/aggregate_compute -> out
)");
}

TEST(BuildJobGraph, AKeyedAggregateGetsItsRowsByTheirKey) {
  const ChainedJob job = Chain(kCounts, 2);
  EXPECT_EQ(Text(job), R"(
0 x2: orders -> s/filter
1 x2: s/aggregate -> s/aggregate_compute -> out
0.0 -> 1 hash(store)
)");
  EXPECT_FALSE(job.chains[0].heads[0].key_hashes);
  EXPECT_TRUE(job.chains[1].heads[0].key_hashes);
  EXPECT_EQ(job.chains[1].heads[0].schema[job.chains[1].heads[0].hash_keys.at(0)].name, "store");
  EXPECT_TRUE(job.graph.vertices[0].source.has_value());
  EXPECT_TRUE(job.graph.vertices[0].event_time.has_value());
  EXPECT_EQ(job.graph.vertices[1].sinks.size(), 1u);
}

TEST(BuildJobGraph, RowsThatLieWhereTheirKeySaysDoNotMoveAgain) {
  // By store, then by store again under another name.
  EXPECT_EQ(Text(Chain(R"yaml(
streams:
  s: {from: orders, aggregate: {by: [store, id], compute: {n: count(*)}, emit: end}}
  t: {from: s, rename: {store: shop}}
  u: {from: t, aggregate: {by: [shop, id], compute: {m: max(n)}, emit: end}}
sinks: {out: {from: u, connector: blackhole}}
)yaml",
                       2)),
            R"(
0 x2: orders
1 x2: s/aggregate -> s/aggregate_compute -> t/rename -> u/aggregate -> u/aggregate_compute -> out
0.0 -> 1 hash(store, id)
)");
}

TEST(BuildJobGraph, RowsMoveAgainForOtherKeysAndForKeysThatWereComputed) {
  const std::string text = Text(Chain(R"yaml(
streams:
  s: {from: orders, aggregate: {by: [store, id], compute: {n: count(*)}, emit: end}}
  t: {from: s, aggregate: {by: [store], compute: {m: max(n)}, emit: end}}
  u: {from: t, extend: {k: upper(store)}}
  v: {from: u, aggregate: {by: [k], compute: {m: max(m)}, emit: end}}
sinks: {out: {from: v, connector: blackhole}}
)yaml",
                                      2));
  EXPECT_THAT(text, HasSubstr("0.0 -> 1 hash(store, id)\n"));
  EXPECT_THAT(text, HasSubstr("1.0 -> 2 hash(store)\n"));
  EXPECT_THAT(text, HasSubstr("2.0 -> 3 hash(k)\n"));
}

TEST(BuildJobGraph, AnAggregateWithoutKeysIsOneSubtask) {
  EXPECT_EQ(Text(Chain(R"yaml(
streams:
  s: {from: orders, aggregate: {compute: {n: count(*)}, emit: end}}
  t: {from: s, filter: n > 1}
sinks: {out: {from: t, connector: blackhole}}
)yaml",
                       3)),
            R"(
0 x3: orders
1 x1: s/aggregate -> s/aggregate_compute -> t/filter -> out
0.0 -> 1 hash()
)");
}

TEST(BuildJobGraph, AStreamsOwnParallelismMovesRowsAndStays) {
  EXPECT_EQ(Text(Chain(R"yaml(
streams:
  s: {from: orders, filter: id > 1, parallelism: 3}
  t: {from: s, filter: id > 2}
sinks: {out: {from: t, connector: blackhole}}
)yaml",
                       2)),
            R"(
0 x2: orders
1 x3: s/filter -> t/filter -> out/columns -> out
0.0 -> 1 rebalance
)");
}

TEST(BuildJobGraph, UpdatesAreNeverSpreadRoundRobin) {
  const auto text = [](const char* by) {
    return Text(Chain(fmt::format(R"yaml(
streams:
  s: {{from: orders, aggregate: {{{}compute: {{n: count(*)}}}}}}
  t: {{from: s, filter: n > 1, parallelism: 3}}
sinks: {{out: {{from: t, connector: blackhole}}}}
)yaml",
                                  by),
                      2));
  };
  EXPECT_THAT(text("by: [store], "), HasSubstr("1.0 -> 2 hash(store) with kinds\n"));
  EXPECT_THAT(text(""), HasSubstr("1.0 -> 2 hash() with kinds\n"));
}

TEST(BuildJobGraph, AUnionIsAChainOfItsOwn) {
  EXPECT_EQ(Text(Chain(R"yaml(
streams:
  s: {from: orders, filter: id > 1}
  t: {from: orders, filter: id < 1}
  u: {from: [s, t], filter: id > 5}
sinks: {out: {from: u, connector: blackhole}}
)yaml",
                       2)),
            R"(
0 x2: orders -> s/filter -> t/filter
1 x2: u/union -> u/filter -> out/columns -> out
0.0 -> 1 forward
0.1 -> 1 forward
)");
}

TEST(BuildJobGraph, SeveralReadersOfOneStreamShareItsChain) {
  EXPECT_EQ(Text(Chain(R"yaml(
streams:
  a: {from: orders, aggregate: {by: [store], compute: {n: count(*)}, emit: end}}
  b: {from: orders, aggregate: {by: [id], compute: {n: count(*)}, emit: end}}
sinks:
  raw: {from: orders, connector: blackhole}
  a: {from: a, connector: blackhole}
  b: {from: b, connector: blackhole}
)yaml",
                       2)),
            R"(
0 x2: orders -> raw/columns -> raw
1 x2: a/aggregate -> a/aggregate_compute -> a
2 x2: b/aggregate -> b/aggregate_compute -> b
0.0 -> 1 hash(store)
0.1 -> 2 hash(id)
)");
}

TEST(BuildJobGraph, LateAndErrorRowsLeaveByOutputsOfTheSameChain) {
  const ChainedJob job = Chain(R"yaml(
streams:
  s:
    from: orders
    on_error: route
    aggregate:
      window: {tumble: 1m}
      by: {k: 10 / id}
      compute: {n: count(*)}
      late: route
sinks:
  out: {from: s, connector: blackhole}
  late: {from: s.late, connector: blackhole}
  errors: {from: s.errors, connector: blackhole}
)yaml",
                               2);
  size_t sinks = 0;
  for (const JobVertex& vertex : job.graph.vertices) sinks += vertex.sinks.size();
  EXPECT_EQ(sinks, 3u);
  EXPECT_THAT(Text(job), HasSubstr("hash(k)"));
}

TEST(BuildJobGraph, TheJobsSettingsGoIntoEveryChain) {
  CheckedSpec checked(WithOrders(kCounts));
  ASSERT_TRUE(checked.plan) << checked.Printed();
  checked.plan->parallelism = 2;
  checked.plan->max_parallelism = 7;
  checked.plan->time_zone = "Europe/Vienna";
  const ChainedJob job = BuildJobGraph(*checked.plan);
  EXPECT_EQ(job.graph.max_parallelism, 7u);
  for (const ChainPlan& chain : job.chains) {
    EXPECT_EQ(chain.max_parallelism, 7u);
    EXPECT_EQ(chain.time_zone, "Europe/Vienna");
  }
}

TEST(BuildJobGraph, LongChainsHaveNamesOfBoundedLength) {
  std::string streams = "\nstreams:\n  s0: {from: orders, filter: id > 0}\n";
  for (int i = 1; i < 200; ++i) {
    streams += fmt::format("  s{}: {{from: s{}, filter: id > 0}}\n", i, i - 1);
  }
  const ChainedJob job = Chain(streams + "sinks: {out: {from: s199, connector: blackhole}}\n", 1);
  ASSERT_EQ(job.graph.vertices.size(), 1u);
  EXPECT_LT(job.graph.vertices[0].name.size(), 200u);
}

}  // namespace
}  // namespace flinkc
