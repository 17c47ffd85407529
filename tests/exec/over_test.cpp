// `over`: keys that are forgotten, by a clock of the test's own; and so many rows of one key that
// they do not leave at once.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/exec/clock_chain.h"

namespace flinkc {
namespace {

using Rows = std::vector<std::string>;

class OverByTheClock : public testing::TestWithParam<bool> {
 protected:
  void Make(const std::string& over) {
    chain_.Make(GetParam(),
                fmt::format("flinkc: 1\n"
                            "sources:\n"
                            "  in: {{connector: datagen, schema: {{k: BIGINT NOT NULL, v: BIGINT "
                            "NOT NULL}}, options: {{fields: {{k: {{kind: random}}, v: {{kind: "
                            "random}}}}}}}}\n"
                            "streams:\n"
                            "  out: {{from: in, over: {{by: [k], on: processing_time, {}}}}}\n"
                            "sinks:\n"
                            "  out: {{from: out, connector: blackhole}}\n",
                            over));
  }
  // How many keys the frame and the accumulators have.
  std::vector<uint64_t> KeyCounts() {
    std::vector<uint64_t> counts;
    for (size_t i = 0; i < chain_.executor().state_count(); ++i) {
      counts.push_back(chain_.RowCount(i));
    }
    std::ranges::sort(counts);
    return counts;
  }

  ClockChain chain_;
};

TEST_P(OverByTheClock, AKeyBeginsAnewWhenItsTimeIsOver) {
  ASSERT_NO_FATAL_FAILURE(Make(
      "rows: 1 preceding, compute: {n: count(*), s: sum(v), p: row_number(), l: lag(v)}, state: "
      "{ttl: 10s}"));
  EXPECT_EQ(chain_.warnings(), 0u);
  EXPECT_EQ(chain_.Feed(0, 1, {5, 6, 7}),
            (Rows{"+I 1 5 1 5 1 NULL", "+I 1 6 2 11 2 5", "+I 1 7 2 13 3 6"}));
  EXPECT_EQ(chain_.Feed(0, 2, {1}), (Rows{"+I 2 1 1 1 1 NULL"}));
  // Each row begins the time anew.
  EXPECT_EQ(chain_.Feed(9, 1, {8}), (Rows{"+I 1 8 2 15 4 7"}));
  EXPECT_EQ(chain_.Feed(18, 1, {9}), (Rows{"+I 1 9 2 17 5 8"}));
  EXPECT_EQ(chain_.Feed(10, 2, {2}), (Rows{"+I 2 2 1 2 1 NULL"}));
  EXPECT_EQ(chain_.Feed(28, 1, {1, 2}), (Rows{"+I 1 1 1 1 1 NULL", "+I 1 2 2 3 2 1"}));
}

TEST_P(OverByTheClock, OfAllRowsTheAccumulatorsHaveTheTimeToLive) {
  ASSERT_NO_FATAL_FAILURE(
      Make("rows: unbounded preceding, compute: {n: count(*)}, state: {ttl: 10s}"));
  EXPECT_EQ(chain_.Feed(0, 1, {5, 6}), (Rows{"+I 1 5 1", "+I 1 6 2"}));
  EXPECT_EQ(chain_.Feed(9, 1, {7}), (Rows{"+I 1 7 3"}));
  EXPECT_EQ(chain_.Feed(19, 1, {8}), (Rows{"+I 1 8 1"}));
}

TEST_P(OverByTheClock, RowsLeaveARangeAndTheirKeyIsForgotten) {
  ASSERT_NO_FATAL_FAILURE(Make("range: 10s preceding, compute: {n: count(*), m: min(v)}"));
  EXPECT_EQ(chain_.warnings(), 0u);  // the state is bounded
  EXPECT_EQ(chain_.executor().next_time(ClockChain::kStart), INT64_MAX);
  EXPECT_EQ(chain_.Feed(0, 1, {3}), (Rows{"+I 1 3 1 3"}));
  EXPECT_EQ(chain_.Feed(6, 1, {5}), (Rows{"+I 1 5 2 3"}));
  // What is exactly so old still counts.
  EXPECT_EQ(chain_.Feed(10, 1, {7}), (Rows{"+I 1 7 3 3"}));
  EXPECT_EQ(chain_.Feed(11, 1, {9}), (Rows{"+I 1 9 3 5"}));
  EXPECT_EQ(chain_.Feed(30, 1, {8}), (Rows{"+I 1 8 1 8"}));
  EXPECT_EQ(chain_.Feed(30, 2, {1}), (Rows{"+I 2 1 1 1"}));
  const int64_t next = chain_.executor().next_time(ClockChain::kStart);
  EXPECT_LT(next, ClockChain::kStart + 45 * ClockChain::kSecond);
  chain_.PassTime(39);
  EXPECT_EQ(chain_.RowCount(0), 2u);
  chain_.PassTime(45);
  EXPECT_EQ(KeyCounts(), (std::vector<uint64_t>{0, 0, 0}));
  EXPECT_EQ(chain_.Feed(46, 1, {4}), (Rows{"+I 1 4 1 4"}));
}

TEST_P(OverByTheClock, ARowNumberGoesOnWhenAllRowsHaveLeft) {
  ASSERT_NO_FATAL_FAILURE(
      Make("range: 10s preceding, compute: {n: count(*), p: row_number(), l: \"lag(v, 2, -1)\"}"));
  EXPECT_EQ(chain_.warnings(), 1u);  // the state is not bounded
  EXPECT_EQ(chain_.Feed(0, 1, {3, 4}), (Rows{"+I 1 3 1 1 -1", "+I 1 4 2 2 -1"}));
  chain_.PassTime(60);
  EXPECT_EQ(chain_.Feed(60, 1, {5}), (Rows{"+I 1 5 1 3 3"}));
}

INSTANTIATE_TEST_SUITE_P(Chains, OverByTheClock, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

// All rows are due at the end of the input, in the opposite order.
TEST(OverManyRows, LeaveAsThereIsRoom) {
  constexpr int64_t kRows = 40'000;
  const std::string directory = testing::TempDir() + "/over_many_" + std::to_string(getpid());
  std::filesystem::create_directories(directory);
  {
    std::ofstream file(directory + "/in.csv");
    file << "v,at\n";
    for (int64_t i = kRows; i > 0; --i) {
      file << i << ",2026-01-01 10:"
           << fmt::format("{:02}:{:02}.{:03}", i / 60'000, i / 1'000 % 60, i % 1'000) << "\n";
    }
  }
  for (const char* frame : {"rows: 2 preceding", "range: 2ms preceding"}) {
    SCOPED_TRACE(frame);
    RunSetup setup;
    setup.spec_name = "many.yaml";
    setup.spec = fmt::format(
        "flinkc: 1\nsources:\n  in: {{connector: file, format: csv, options: {{path: {}/in.csv}}, "
        "schema: {{v: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL}}, event_time: {{column: at, "
        "out_of_order: 1h}}}}\nstreams:\n  out: {{from: in, over: {{order_by: at, {}, compute: "
        "{{s: "
        "sum(v), p: row_number()}}}}}}\nsinks:\n  out: {{from: out, connector: console, format: "
        "json}}\n",
        directory, frame);
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
    const std::vector<std::string>& rows = outcome.outputs.at("out");
    ASSERT_EQ(rows.size(), static_cast<size_t>(kRows));
    for (int64_t i = 1; i <= kRows; ++i) {
      const int64_t sum = i + std::max<int64_t>(i - 1, 0) + std::max<int64_t>(i - 2, 0);
      const std::string& row = rows[static_cast<size_t>(i - 1)];
      ASSERT_TRUE(row.starts_with(fmt::format("{{\"v\":{},", i))) << row;
      ASSERT_TRUE(row.ends_with(fmt::format(",\"s\":{},\"p\":{}}}", sum, i))) << row;
    }
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace flinkc
