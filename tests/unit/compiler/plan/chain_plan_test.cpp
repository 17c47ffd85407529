// A chain's plan as bytes: what a TaskManager gets, and what it makes of damaged ones.
#include "compiler/plan/chain_plan.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <random>

#include "compiler/chain/build_job_graph.h"
#include "tests/unit/compiler/check/checked_spec.h"

namespace flinkc {
namespace {

constexpr const char* kSpec = R"yaml(
streams:
  p:
    from: orders
    extend: {twice: id * 2, day: "CAST(ts AS DATE)", big: "CASE WHEN amount > 1.5 THEN 'y' END"}
    on_error: route
  n: {from: p, unnest: {tag: tags}}
  r: {from: n, route: {a: "store LIKE 'a%'", else: b}}
  u: {from: [r.a, r.b]}
  w:
    from: u
    aggregate:
      window: {hop: {size: 1h, every: 5m}}
      by: [store]
      compute: {n: count(*) FILTER (WHERE id > 1), k: count(DISTINCT tag), p: "percentile(price, 0.5)"}
      having: count(*) > 1
      late: route
  looked_up:
    join: {inputs: {a: orders, b: orders}, kind: left, match: a.id = b.id AND a.price > b.price, lookup: {refresh: 1m}}
    select: {id: a.id, store: b.store}
  as_of:
    join: {inputs: {a: orders, b: orders}, match: a.store = b.store, temporal: {as_of: a.ts}, state: {ttl: 1d}}
    select: {id: a.id, price: b.price}
  in_window:
    join: {inputs: {a: orders, b: orders}, kind: full, match: a.store = b.store, window: {tumble: 1m, offset: 5s}}
    select: {id: a.id, other: b.id, window_end: window_end}
  m:
    from: u
    match:
      by: [store]
      order_by: [ts, {id: desc}]
      pattern: "A+ (B | C)"
      within: 1h
      define: {A: amount > 1.5, B: "B.id > LAST(A.id, 1) AND count(A.*) < 10"}
      measures: {n: count(C.*) FILTER (WHERE C.id > 1), last: "LAST(A.price * 2, 1)", at: MATCH_ROWTIME()}
      after_match: to first C
      late: route
sinks:
  l: {from: looked_up, connector: blackhole}
  a: {from: as_of, connector: blackhole}
  i: {from: in_window, connector: blackhole}
  m: {from: m, connector: blackhole}
  m_late: {from: m.late, connector: blackhole}
  w: {from: w, connector: blackhole}
  late: {from: w.late, connector: blackhole}
  e: {from: p.errors, connector: blackhole}
)yaml";

std::vector<ChainPlan> Chains() {
  CheckedSpec checked(WithOrders(kSpec));
  EXPECT_TRUE(checked.plan) << checked.Printed();
  if (!checked.plan) return {};
  checked.plan->parallelism = 2;
  return BuildJobGraph(*checked.plan).chains;
}

TEST(ChainPlan, ComesBackAsItWent) {
  const std::vector<ChainPlan> chains = Chains();
  ASSERT_GE(chains.size(), 3u);
  for (const ChainPlan& chain : chains) {
    const std::string bytes = Serialize(chain);
    const Result<ChainPlan> read = DeserializeChainPlan(bytes, TestFunctions());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->operators.size(), chain.operators.size());
    EXPECT_EQ(read->name, chain.name);
    EXPECT_EQ(read->heads[0].schema, chain.heads[0].schema);
    EXPECT_EQ(read->heads[0].hash_keys, chain.heads[0].hash_keys);
    EXPECT_EQ(read->outputs.size(), chain.outputs.size());
    EXPECT_EQ(read->parallelism, chain.parallelism);
    // Nothing was left out that would be written.
    EXPECT_EQ(Serialize(*read), bytes);
  }
}

TEST(ChainPlan, GarbageIsAnError) {
  EXPECT_FALSE(DeserializeChainPlan("garbage", TestFunctions()));
}

TEST(ChainPlan, APlanCutShortIsReadOrRefused) {
  const std::string bytes = Serialize(Chains().at(0));
  size_t refused = 0;
  for (size_t size = 0; size < bytes.size(); size += 7) {
    refused += !DeserializeChainPlan(bytes.substr(0, size), TestFunctions());
  }
  EXPECT_GT(refused, bytes.size() / 14) << "most of them lack something";
}

TEST(ChainPlan, AFunctionThatThisBuildLacksIsNamed) {
  for (const ChainPlan& chain : Chains()) {
    std::string other = Serialize(chain);
    const size_t name = other.find("percentile");
    if (name == std::string::npos) continue;
    other.replace(name, 10, "percentilX");
    const Result<ChainPlan> read = DeserializeChainPlan(other, TestFunctions());
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("percentilX"), std::string::npos) << read.error().message;
    return;
  }
  FAIL() << "no chain has the function";
}

// Whatever the bytes are: a plan or an error, never a crash.
TEST(ChainPlan, FlippedBitsNeverCrash) {
  google::protobuf::LogSilencer no_word_about_each;
  std::mt19937 random(1);
  for (const ChainPlan& chain : Chains()) {
    const std::string bytes = Serialize(chain);
    for (int round = 0; round < 2000; ++round) {
      std::string damaged = bytes;
      for (int flips = 0; flips < 3; ++flips) {
        damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
      }
      const Result<ChainPlan> read = DeserializeChainPlan(damaged, TestFunctions());
      if (read) Serialize(*read);
    }
  }
}

}  // namespace
}  // namespace flinkc
