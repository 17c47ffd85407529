// An update never overtakes the row that it replaces, however the rows travel: whoever applies the
// changelog as it comes has the right table at its end.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

constexpr int kKeys = 50;
constexpr int kRowsOfAKey = 400;

// The table that a changelog leaves: the count of each key. Every row that goes must be the one
// that is there.
std::map<int, int> Apply(const std::vector<std::string>& changelog) {
  std::map<int, int> table;
  size_t wrong = 0;
  for (const std::string& line : changelog) {
    const std::string kind = line.substr(0, 2);
    const nlohmann::json row = nlohmann::json::parse(line.substr(3));
    const int key = row.value("k", -1);
    if (kind == "-U") {
      wrong += table[key] != row["n"];
    } else {
      table[key] = row["n"];
    }
  }
  EXPECT_EQ(wrong, 0u) << "rows that replace what is not there";
  return table;
}

TEST(ChangelogOrder, HoldsWhereTheParallelismChanges) {
  const std::string path = testing::TempDir() + "/changelog_" + std::to_string(getpid()) + ".csv";
  std::ofstream file(path);
  file << "k\n";
  for (int i = 0; i < kKeys * kRowsOfAKey; ++i) file << i % kKeys << "\n";
  file.close();
  for (const bool jit : {true, false}) {
    RunSetup setup;
    setup.spec_name = "changelog.yaml";
    setup.jit = jit;
    setup.spec = R"yaml(flinkc: 1
job: {parallelism: 2}
sources:
  rows: {connector: file, options: {path: ")yaml" +
                 path + R"yaml(", split_size: 8kb}, format: csv, schema: {k: INT NOT NULL}}
streams:
  counts: {from: rows, aggregate: {by: [k], compute: {n: count(*)}}}
  spread: {from: counts, filter: k >= 0, parallelism: 3}
  total: {from: rows, aggregate: {compute: {n: count(*)}}}
  spread_total: {from: total, filter: n >= 0, parallelism: 3}
sinks:
  counts: {from: spread, connector: console, format: json}
  total: {from: spread_total, connector: console, format: json}
)yaml";
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
    const std::map<int, int> counts = Apply(outcome.outputs.at("counts"));
    EXPECT_EQ(counts.size(), static_cast<size_t>(kKeys));
    for (const auto& [key, count] : counts) EXPECT_EQ(count, kRowsOfAKey) << key;
    const std::map<int, int> total = Apply(outcome.outputs.at("total"));
    EXPECT_EQ(total, (std::map<int, int>{{-1, kKeys * kRowsOfAKey}}));
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace flinkc
