// A window join whose windows give more than fits between operators at once.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

TEST(WindowJoin, AWindowOfManyPairsLeavesInPieces) {
  const std::string directory = fmt::format("{}/window_join_{}", testing::TempDir(), getpid());
  std::filesystem::create_directories(directory);
  {
    std::ofstream file(directory + "/rows.csv");
    file << "k,v,t\n";
    for (int v = 0; v < 700; ++v) file << fmt::format("x,{},2026-01-01 00:00:{:02}\n", v, v % 60);
  }
  RunSetup setup;
  setup.spec_name = "window_join.yaml";
  // A row of one side matches those of the other that are more than a hundred behind it.
  setup.spec = fmt::format(
      "flinkc: 1\n"
      "sources:\n"
      "  rows:\n"
      "    connector: file\n"
      "    options: {{path: \"{}/rows.csv\"}}\n"
      "    format: csv\n"
      "    schema: {{k: STRING NOT NULL, v: INT NOT NULL, t: TIMESTAMP(3) NOT NULL}}\n"
      "    event_time: {{column: t, out_of_order: 1m}}\n"
      "streams:\n"
      "  pairs:\n"
      "    join: {{inputs: {{l: rows, r: rows}}, kind: full, match: l.k = r.k AND l.v + 100 < r.v, "
      "window: {{tumble: 1m}}}}\n"
      "    select: {{l: l.v, r: r.v}}\n"
      "  counts: {{from: pairs, aggregate: {{compute: {{n: count(*), l: count(l), r: count(r), "
      "s: sum(l)}}, emit: end}}}}\n"
      "sinks:\n"
      "  out: {{from: counts, connector: blackhole}}\n",
      directory);
  int64_t pairs = 0, left_alone = 0, right_alone = 0, sum = 0;
  for (int v = 0; v < 700; ++v) {
    const int matches = std::max(0, 699 - (v + 100));
    pairs += matches;
    left_alone += matches == 0 ? 1 : 0;
    right_alone += v - 100 <= 0 ? 1 : 0;
    sum += int64_t{v} * std::max(matches, 1);
  }
  for (const bool jit : {true, false}) {
    setup.jit = jit;
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished)
        << outcome.diagnostics << (outcome.error ? outcome.error->message : "");
    EXPECT_EQ(outcome.outputs.at("out"),
              std::vector<std::string>{fmt::format(R"({{"n":{},"l":{},"r":{},"s":{}}})",
                                                   pairs + left_alone + right_alone,
                                                   pairs + left_alone, pairs + right_alone, sum)});
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace flinkc
