// Groups that are forgotten a while after their last row: compiled chains, run at processing times
// of the test's own.
#include "tests/exec/clock_chain.h"

namespace flinkc {
namespace {

constexpr int64_t kSecond = ClockChain::kSecond;
constexpr int64_t kStart = ClockChain::kStart;

class StateTtl : public testing::TestWithParam<bool> {
 protected:
  // One chain: rows (k, v), an aggregate that keeps a group for 10 s, a sink.
  void Make(const std::string& aggregate_state, const std::string& job = "") {
    chain_.Make(
        GetParam(),
        fmt::format(
            "flinkc: 1\n"
            "job: {{name: j{}}}\n"
            "sources:\n"
            "  in: {{connector: datagen, schema: {{k: BIGINT NOT NULL, v: BIGINT NOT NULL}}, "
            "options: {{fields: {{k: {{kind: random}}, v: {{kind: random}}}}}}}}\n"
            "streams:\n"
            "  out:\n"
            "    from: in\n"
            "    aggregate:\n"
            "      by: [k]\n"
            "      compute: {{n: count(*), s: sum(v), d: count(DISTINCT v)}}\n"
            "{}"
            "sinks:\n"
            "  out: {{from: out, connector: blackhole}}\n",
            job, aggregate_state));
  }

  std::vector<std::string> Feed(int64_t seconds, int64_t k, std::vector<int64_t> values) {
    return chain_.Feed(seconds, k, std::move(values));
  }

  ClockChain chain_;
};

using Rows = std::vector<std::string>;

TEST_P(StateTtl, AGroupBeginsAnewWhenItsTimeIsOver) {
  ASSERT_NO_FATAL_FAILURE(Make("      state: {ttl: 10s}\n"));
  EXPECT_EQ(chain_.warnings(), 0u);  // the state is bounded
  EXPECT_EQ(Feed(0, 1, {5, 5}), (Rows{"+I 1 1 5 1", "+U 1 2 10 1"}));
  EXPECT_EQ(Feed(0, 2, {7}), (Rows{"+I 2 1 7 1"}));
  // Each row begins the time anew.
  EXPECT_EQ(Feed(9, 1, {6}), (Rows{"+U 1 3 16 2"}));
  EXPECT_EQ(Feed(18, 1, {6}), (Rows{"+U 1 4 22 2"}));
  // Exactly then it is over: counts, sums and distinct values.
  EXPECT_EQ(Feed(10, 2, {7}), (Rows{"+I 2 1 7 1"}));
  EXPECT_EQ(Feed(28, 1, {6}), (Rows{"+I 1 1 6 1"}));
  // A clock that goes back forgets nothing.
  EXPECT_EQ(Feed(5, 1, {6}), (Rows{"+U 1 2 12 1"}));
}

TEST_P(StateTtl, TheJobSaysItForAggregatesThatDoNot) {
  ASSERT_NO_FATAL_FAILURE(Make("", ", config: {table.exec.state.ttl: 10s}"));
  EXPECT_EQ(Feed(0, 1, {5}), (Rows{"+I 1 1 5 1"}));
  EXPECT_EQ(Feed(10, 1, {5}), (Rows{"+I 1 1 5 1"}));
  ASSERT_NO_FATAL_FAILURE(
      Make("      state: {ttl: 1h}\n", ", config: {table.exec.state.ttl: 10s}"));
  EXPECT_EQ(Feed(0, 1, {5}), (Rows{"+I 1 1 5 1"}));
  EXPECT_EQ(Feed(10, 1, {5}), (Rows{"+U 1 2 10 1"}));
}

TEST_P(StateTtl, WithoutOneGroupsStay) {
  ASSERT_NO_FATAL_FAILURE(Make(""));
  EXPECT_EQ(chain_.warnings(), 1u);
  EXPECT_EQ(chain_.executor().ForgetExpired(kStart), INT64_MAX);
  EXPECT_EQ(Feed(0, 1, {5}), (Rows{"+I 1 1 5 1"}));
  EXPECT_EQ(Feed(1'000'000'000, 1, {5}), (Rows{"+U 1 2 10 1"}));
}

TEST_P(StateTtl, ForgottenGroupsAreRemovedWhileNothingHappens) {
  ASSERT_NO_FATAL_FAILURE(Make("      state: {ttl: 10s}\n"));
  std::vector<int64_t> values;
  for (int64_t i = 0; i < 60; ++i) values.push_back(i);
  for (int64_t k = 0; k < 5'000; ++k) Feed(0, k, values);
  for (int64_t k = 5'000; k < 6'000; ++k) Feed(8, k, values);
  const size_t full = chain_.memory().used_bytes();
  ASSERT_EQ(chain_.RowCount(0), 6'000u);
  // As the worker calls it; all are visited within half of the time to live.
  int64_t now = kStart + 10 * kSecond;
  const int64_t until = now + 5 * kSecond;
  while (now < until) {
    const int64_t next = chain_.executor().ForgetExpired(now);
    ASSERT_GT(next, now);
    now = next;
  }
  EXPECT_EQ(chain_.RowCount(0), 1'000u);
  EXPECT_LT(chain_.memory().used_bytes(), full);
  EXPECT_EQ(Feed(16, 17, {3}), (Rows{"+I 17 1 3 1"}));
  EXPECT_EQ(Feed(16, 5'017, {3}), (Rows{"+U 5017 61 1773 60"}));
}

INSTANTIATE_TEST_SUITE_P(Chains, StateTtl, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

}  // namespace
}  // namespace flinkc
