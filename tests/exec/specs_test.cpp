// The specs that newcomers run, against results that make_expected.py computed from the inputs
// alone; and the NEXMark specs, as machine code and interpreted.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

const std::string kSource = FLINKC_SOURCE_DIR;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

RunSetup SpecSetup(const std::string& path, bool jit, int parallelism) {
  RunSetup setup;
  setup.spec_name = path;
  setup.spec = ReadFile(kSource + "/specs/" + path);
  setup.jit = jit;
  setup.settings["parallelism.default"] = std::to_string(parallelism);
  return setup;
}

// Sorted, numbers as numbers: what a row means and not how a double is written.
std::vector<nlohmann::json> Rows(std::vector<std::string> lines) {
  std::vector<nlohmann::json> rows;
  for (const std::string& line : lines) rows.push_back(nlohmann::json::parse(line));
  std::ranges::sort(rows);
  return rows;
}

std::vector<nlohmann::json> Expected(const std::string& name) {
  std::istringstream text(ReadFile(kSource + "/tests/exec/expected/" + name + ".jsonl"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty());
  return Rows(lines);
}

struct ExampleSpec {
  const char* path;
  const char* name;
  const char* input;
  std::vector<const char*> sinks;
  // Late rows depend on the splits: one for a file that one reader reads whole.
  bool any_parallelism;
};

class ExampleSpecTest : public testing::TestWithParam<ExampleSpec> {};

TEST_P(ExampleSpecTest, EqualsTheIndependentComputation) {
  for (const bool jit : {true, false}) {
    for (const int parallelism : {1, 4}) {
      RunSetup setup = SpecSetup(GetParam().path, jit, parallelism);
      setup.params["input"] = kSource + "/specs/" + GetParam().input;
      const RunOutcome outcome = RunSpec(setup);
      ASSERT_EQ(outcome.state, JobState::kFinished)
          << outcome.diagnostics << (outcome.error ? outcome.error->message : "");
      for (const char* sink : GetParam().sinks) {
        EXPECT_EQ(Rows(outcome.outputs.at(sink)),
                  Expected(std::string(GetParam().name) + "." + sink))
            << sink << " jit " << jit << " parallelism " << parallelism;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Specs, ExampleSpecTest,
    testing::Values(ExampleSpec{"flights/flights.yaml",
                                "flights",
                                "flights/flights.csv",
                                {"punctuality", "very_late"},
                                true},
                    ExampleSpec{"wordcount.yaml", "wordcount", "data/*.txt", {"out"}, true},
                    ExampleSpec{"earthquakes.yaml",
                                "earthquakes",
                                "data/earthquakes.jsonl",
                                {"strongest", "late"},
                                true}),
    [](const auto& info) { return std::string(info.param.name); });

class NexmarkSpecTest : public testing::TestWithParam<const char*> {};

TEST_P(NexmarkSpecTest, MachineCodeAndInterpreterAgree) {
  const auto run = [](bool jit, int parallelism) {
    RunSetup setup = SpecSetup(std::string("nexmark/") + GetParam() + ".yaml", jit, parallelism);
    setup.params["events"] = "5000";
    setup.params["rate"] = "100";
    const RunOutcome outcome = RunSpec(setup);
    EXPECT_EQ(outcome.state, JobState::kFinished)
        << outcome.diagnostics << (outcome.error ? outcome.error->message : "");
    return outcome;
  };
  const RunOutcome compiled = run(true, 1);
  ASSERT_TRUE(compiled.outputs.contains("out"));
  EXPECT_FALSE(compiled.outputs.at("out").empty());
  EXPECT_EQ(run(false, 1).outputs, compiled.outputs);
}

// By the clock: in which windows the bids fall is not the same twice, but each falls in one.
TEST(NexmarkSpec, Q12CountsEachBidOnce) {
  for (const int parallelism : {1, 4}) {
    RunSetup setup = SpecSetup("nexmark/q12.yaml", true, parallelism);
    setup.params["events"] = "5000";
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
    int64_t bids = 0;
    for (const nlohmann::json& row : Rows(outcome.outputs.at("out"))) {
      bids += row.at("bid_count").get<int64_t>();
    }
    EXPECT_EQ(bids, 5000 * 46 / 50);
  }
}

INSTANTIATE_TEST_SUITE_P(Queries, NexmarkSpecTest,
                         testing::Values("q0", "q1", "q2", "q5_count", "q11", "q14",
                                         "q17", "q21", "q22"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace flinkc
