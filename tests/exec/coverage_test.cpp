// Nothing is added without a job that uses it: these tests walk the registries and fail for an
// operator, a rule, a connector or a format that no golden job, spec or case here exercises.
// (Functions and aggregates: their examples run, tests/unit/stdlib. Diagnostics: the examples of
// their pages, tests/unit/docs and tests/unit/compiler/spec.)
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "compiler/optimize/rules.h"
#include "compiler/spec/parse_spec.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/formats/registry.h"
#include "tests/exec/job_case.h"
#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void Replace(std::string& text, const std::string& what, const std::string& with) {
  for (size_t at; (at = text.find(what)) != std::string::npos;) text.replace(at, what.size(), with);
}

// The specs of all golden jobs and of specs/.
std::vector<std::string> AllSpecs() {
  std::vector<std::string> specs;
  for (const std::string& path : AllJobCases()) {
    const JobCase job = JobCase::Read(path);
    if (const std::string* spec = job.Find("spec")) specs.push_back(*spec);
    // Nothing is read, so any place will do.
    Replace(specs.back(), "${dir}", "/nowhere");
  }
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(FLINKC_SOURCE_DIR "/specs")) {
    if (entry.path().extension() == ".yaml") specs.push_back(ReadFile(entry.path()));
  }
  return specs;
}

// What of the compiler all those specs use.
struct Used {
  std::set<size_t> spec_operators;     // indexes into OperatorSpec::Variant
  std::set<size_t> logical_operators;  // indexes into OperatorVariant
  std::set<std::string> rules;
};

Used CompileAll() {
  Used used;
  Engine& engine = SharedEngine(/*jit=*/false);
  for (const std::string& text : AllSpecs()) {
    const SourceBuffer buffer("covered.yaml", text);
    DiagnosticLog log;
    if (const auto spec = ParseSpec(buffer, {}, log)) {
      for (const StreamSpec& stream : spec->streams) {
        for (const OperatorSpec& op : stream.operators) used.spec_operators.insert(op.op.index());
      }
    }
    CompileRequest request;
    request.spec = &buffer;
    DiagnosticLog compile_log;
    const std::optional<CompiledJob> job = CompileJob(request, engine.services(), compile_log);
    if (!job.has_value() || compile_log.has_errors()) continue;
    for (const LogicalPlan* plan : {&job->logical, &job->optimized}) {
      for (const LogicalOperator& op : plan->operators) {
        used.logical_operators.insert(op.op.index());
      }
    }
    for (const RuleReport& rule : job->report.rules) {
      if (rule.changes > 0) used.rules.emplace(rule.name);
    }
  }
  return used;
}

class CoverageTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { used_ = new Used(CompileAll()); }
  static void TearDownTestSuite() { delete used_; }

  static const Used* used_;
};
const Used* CoverageTest::used_ = nullptr;

TEST_F(CoverageTest, EachOperatorOfTheLanguageStandsInAJob) {
  // 0 is what could not be parsed.
  for (size_t i = 1; i < std::variant_size_v<OperatorSpec::Variant>; ++i) {
    EXPECT_TRUE(used_->spec_operators.contains(i)) << "alternative " << i;
  }
}

TEST_F(CoverageTest, EachOperatorOfAPlanStandsInAJob) {
  for (size_t i = 0; i < std::variant_size_v<OperatorVariant>; ++i) {
    EXPECT_TRUE(used_->logical_operators.contains(i)) << "alternative " << i;
  }
}

TEST_F(CoverageTest, EachRuleOfTheOptimizerChangesAJob) {
  for (const Rule& rule : AllRules()) {
    EXPECT_TRUE(used_->rules.contains(std::string(rule.name))) << rule.name;
  }
}

TEST(Coverage, EachRuleOfTheOptimizerHasAGoldenOfItsOwn) {
  std::string sections;
  for (const auto& entry : std::filesystem::directory_iterator(
           FLINKC_SOURCE_DIR "/tests/unit/compiler/optimize/cases")) {
    sections += ReadFile(entry.path());
  }
  for (const Rule& rule : AllRules()) {
    EXPECT_NE(sections.find("--- " + std::string(rule.name) + "\n"), std::string::npos)
        << rule.name << " needs a case in tests/unit/compiler/optimize/cases";
  }
}

// --- connectors ---

class ConnectorCoverage : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "/coverage_" + std::to_string(getpid());
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ + "/in.csv") << "a\n1\n2\n3\n";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(ConnectorCoverage, EachSourceFeedsAJob) {
  // Each gives three rows.
  const std::map<std::string, std::string> sources = {
      {"file", "options: {path: \"" + directory_ + "/in.csv\"}, format: csv, schema: {a: INT}"},
      {"datagen", "options: {rows: 3}, schema: {a: INT}"},
      {"nexmark", "options: {events.num: 3}"},
  };
  for (const ConnectorRecord& record : StdConnectorRecords()) {
    if (!record.source.declared) continue;
    const auto source = sources.find(std::string(record.name));
    ASSERT_NE(source, sources.end()) << record.name << " needs a case";
    for (const bool jit : {true, false}) {
      RunSetup setup;
      setup.spec_name = "source.yaml";
      setup.spec = "flinkc: 1\nsources:\n  in: {connector: " + source->first + ", " +
                   source->second + "}\nsinks:\n  out: {from: in, connector: console}\n";
      setup.jit = jit;
      const RunOutcome outcome = RunSpec(setup);
      ASSERT_EQ(outcome.state, JobState::kFinished) << record.name << outcome.diagnostics;
      EXPECT_EQ(outcome.outputs.at("out").size(), 3u) << record.name;
    }
  }
}

TEST_F(ConnectorCoverage, EachSinkEndsAJob) {
  const std::map<std::string, std::string> sinks = {
      {"file", "options: {path: \"" + directory_ + "/out\"}, format: csv"},
      {"console", "format: json"},
      {"blackhole", ""},
  };
  for (const ConnectorRecord& record : StdConnectorRecords()) {
    if (!record.sink.declared) continue;
    const auto sink = sinks.find(std::string(record.name));
    ASSERT_NE(sink, sinks.end()) << record.name << " needs a case";
    RunSetup setup;
    setup.spec_name = "sink.yaml";
    setup.spec =
        "flinkc: 1\nsources:\n  in: {connector: datagen, options: {rows: 3}, schema: {a: "
        "INT}}\nsinks:\n  out: {from: in, connector: " +
        sink->first + (sink->second.empty() ? "" : ", " + sink->second) + "}\n";
    setup.keep_sinks = true;
    const RunOutcome outcome = RunSpec(setup);
    EXPECT_EQ(outcome.state, JobState::kFinished) << record.name << outcome.diagnostics;
    if (sink->first == "console") {
      EXPECT_EQ(std::ranges::count(outcome.console, '\n'), 3) << outcome.console;
    }
    if (sink->first == "file") {
      EXPECT_TRUE(std::filesystem::exists(directory_ + "/out/part-0-0.csv"));
    }
  }
}

TEST_F(ConnectorCoverage, WhatAFormatWritesItReads) {
  for (const FormatRecord& format : StdFormatRecords()) {
    ASSERT_TRUE(format.decodes || format.encodes) << format.name;
    if (!format.decodes || !format.encodes) {
      ADD_FAILURE() << format.name << " needs a case: it cannot read what it writes";
      continue;
    }
    const std::string name(format.name);
    const std::string directory = directory_ + "/" + name;
    // `text` fixes its one column.
    const std::string schema = name == "text" ? "" : ", schema: {line: STRING NOT NULL}";
    const std::string source = "flinkc: 1\nsources:\n  in: {connector: ";
    RunSetup setup;
    setup.spec_name = "format.yaml";
    setup.spec =
        source +
        "datagen, options: {rows: 50, seed: 1, fields: {line: {kind: random, length: 9}}}, "
        "schema: {line: STRING NOT NULL}}\nsinks:\n  out: {from: in, connector: file, "
        "options: {path: \"" +
        directory + "\"}, format: " + name + "}\n";
    setup.keep_sinks = true;
    ASSERT_EQ(RunSpec(setup).state, JobState::kFinished) << name;
    setup.keep_sinks = false;
    const RunOutcome made = RunSpec(setup);
    setup.spec = source + "file, options: {path: \"" + directory + "\"}, format: " + name + schema +
                 "}\nsinks:\n  out: {from: in, connector: console}\n";
    const RunOutcome read = RunSpec(setup);
    ASSERT_EQ(read.state, JobState::kFinished) << name << read.diagnostics;
    EXPECT_EQ(read.outputs.at("out").size(), 50u) << name;
    EXPECT_EQ(read.outputs.at("out"), made.outputs.at("out")) << name;
  }
}

}  // namespace
}  // namespace flinkc
