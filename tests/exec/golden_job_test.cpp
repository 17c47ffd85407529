// Runs every golden job of tests/golden: as machine code and in the interpreter, which agree byte
// for byte at parallelism 1, and at parallelism 4 and with state in RocksDB, where the rows are
// compared as a multiset.
// FLINKC_UPDATE_GOLDENS=1 writes what came out into the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/exec/job_case.h"
#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> SortedLines(std::vector<std::string> lines) {
  std::ranges::sort(lines);
  return lines;
}

// The rows that are there behind a changelog that tells the old ones, sorted. A row that is taken
// back must have been there.
std::vector<std::string> TableOf(const std::vector<std::string>& changelog) {
  std::multiset<std::string> rows;
  for (const std::string& line : changelog) {
    const bool has_kind = line.starts_with("+") || line.starts_with("-");
    const std::string row = has_kind ? line.substr(3) : line;
    if (!line.starts_with("-")) {
      rows.insert(row);
      continue;
    }
    const auto found = rows.find(row);
    EXPECT_NE(found, rows.end()) << "taken back, but not there: " << row;
    if (found != rows.end()) rows.erase(found);
  }
  return {rows.begin(), rows.end()};
}

class GoldenJobTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    job_ = JobCase::Read(GetParam());
    directory_ = testing::TempDir() + "/golden_" + std::to_string(getpid()) + "_" +
                 std::filesystem::path(GetParam()).stem().string();
    std::filesystem::create_directories(directory_);
    for (const JobCase::Section& section : job_.sections) {
      if (!section.name.starts_with("file ")) continue;
      std::ofstream(directory_ + "/" + section.name.substr(5)) << section.text;
    }
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  RunSetup MakeSetup(bool jit, int parallelism) const {
    RunSetup setup;
    setup.spec_name = std::filesystem::path(GetParam()).stem().string() + ".yaml";
    setup.spec = *job_.Find("spec");
    // `${dir}` only where it stands alone: the spec declares no parameter of that name.
    for (size_t at; (at = setup.spec.find("${dir}")) != std::string::npos;) {
      setup.spec.replace(at, 6, directory_);
    }
    setup.jit = jit;
    setup.hot_calls = jit && job_.Find("hot-calls") != nullptr;
    if (parallelism != 1) setup.settings["parallelism.default"] = std::to_string(parallelism);
    setup.run = std::ranges::any_of(job_.sections, [](const JobCase::Section& section) {
      return section.name.starts_with("output ") || section.name.starts_with("table ") ||
             section.name == "error";
    });
    return setup;
  }

  std::string WithoutDirectory(std::string text) const {
    for (size_t at; (at = text.find(directory_)) != std::string::npos;) {
      text.replace(at, directory_.size(), "${dir}");
    }
    return text;
  }

  // What came out, section by section, for those that the file has.
  void Check(const RunOutcome& outcome, bool update) {
    for (const JobCase::Section& section : std::vector(job_.sections)) {
      std::optional<std::string> found;
      if (section.name == "diagnostics") found = outcome.diagnostics;
      if (section.name == "logical-plan") found = outcome.logical_plan.value_or("");
      if (section.name == "optimized-plan") found = outcome.optimized_plan.value_or("");
      if (section.name == "hot-calls") found = outcome.hot_calls.value_or("");
      if (section.name == "error") found = outcome.error ? outcome.error->message + "\n" : "none\n";
      if (section.name.starts_with("output ")) {
        const auto output = outcome.outputs.find(section.name.substr(7));
        found = output == outcome.outputs.end() ? "no such sink\n" : Lines(output->second);
      }
      if (section.name.starts_with("table ")) {
        const auto output = outcome.outputs.find(section.name.substr(6));
        found = output == outcome.outputs.end() ? "no such sink\n" : Lines(TableOf(output->second));
      }
      if (!found.has_value()) continue;
      if (update) {
        job_.Set(section.name, WithoutDirectory(*found));
      } else {
        EXPECT_EQ(WithoutDirectory(*found), section.text) << "section " << section.name;
      }
    }
    if (update) job_.Write();
  }

  // To the byte, but for sinks of which only the table is the same each time.
  void CheckSame(RunOutcome found, RunOutcome expected) {
    for (const JobCase::Section& section : job_.sections) {
      if (!section.name.starts_with("table ")) continue;
      for (RunOutcome* outcome : {&found, &expected}) {
        std::vector<std::string>& lines = outcome->outputs[section.name.substr(6)];
        lines = TableOf(lines);
      }
    }
    EXPECT_EQ(found.outputs, expected.outputs);
  }

  // `same_order`: a changelog and what depends on the order of the input are the same too.
  void CheckSameRows(const RunOutcome& found, const RunOutcome& expected, bool same_order) {
    EXPECT_EQ(found.state, JobState::kFinished) << (found.error ? found.error->message : "");
    for (const auto& [sink, lines] : expected.outputs) {
      if (job_.Find("table " + sink) != nullptr) {
        EXPECT_EQ(TableOf(found.outputs.at(sink)), TableOf(lines)) << "sink " << sink;
        continue;
      }
      const bool changelog = !lines.empty() && !lines[0].starts_with("{");
      if (!same_order && (changelog || job_.Find("depends-on-order") != nullptr)) continue;
      EXPECT_EQ(SortedLines(found.outputs.at(sink)), SortedLines(lines)) << "sink " << sink;
    }
  }

  JobCase job_;
  std::string directory_;
};

TEST_P(GoldenJobTest, GivesWhatTheFileSays) {
  ASSERT_NE(job_.Find("spec"), nullptr);
  const bool update = std::getenv("FLINKC_UPDATE_GOLDENS") != nullptr;
  const RunOutcome compiled = RunSpec(MakeSetup(/*jit=*/true, 1));
  Check(compiled, update);
  const bool fails = std::filesystem::path(GetParam()).filename().string().starts_with("fail_");
  EXPECT_EQ(fails, !compiled.logical_plan.has_value()) << compiled.diagnostics;
  if (!compiled.state.has_value()) return;
  EXPECT_EQ(job_.Find("error") == nullptr, *compiled.state == JobState::kFinished)
      << (compiled.error ? compiled.error->message : Name(*compiled.state));

  // Probes that nobody has opened change nothing.
  RunSetup interpreted_setup = MakeSetup(/*jit=*/false, 1);
  interpreted_setup.probed = true;
  const RunOutcome interpreted = RunSpec(interpreted_setup);
  CheckSame(interpreted, compiled);
  EXPECT_EQ(interpreted.state, compiled.state);
  // How far a job got when it failed depends on its parallelism.
  if (job_.Find("error") != nullptr) return;
  const RunOutcome parallel = RunSpec(MakeSetup(/*jit=*/true, 4));
  CheckSameRows(parallel, compiled, /*same_order=*/false);
  // With far too little memory for the rows.
  for (const int parallelism : {1, 2}) {
    RunSetup setup = MakeSetup(/*jit=*/true, parallelism);
    setup.settings["state.backend.type"] = "rocksdb";
    setup.settings["taskmanager.memory.managed.size"] = "1mb";
    CheckSameRows(RunSpec(setup), compiled, parallelism == 1);
  }
}

std::string CaseName(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Jobs, GoldenJobTest, testing::ValuesIn(AllJobCases()), CaseName);

}  // namespace
}  // namespace flinkc
