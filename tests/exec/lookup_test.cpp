// The side table of a lookup join while it changes on the disk: compiled chains, run at processing
// times of the test's own.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "compiler/diagnostics/renderer.h"
#include "runtime/task/chain_executor.h"
#include "runtime/task/table_reader.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/operators/registry.h"
#include "tests/exec/job_runner.h"
#include "tests/exec/rows_sink.h"

namespace flinkc {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kStart = 1'700'000'000 * kSecond;

class Lookup : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    directory_ = fmt::format("{}/lookup_{}", testing::TempDir(), getpid());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override {
    executor_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string table_path() const { return directory_ + "/table.csv"; }
  void WriteTable(const std::string& text) const {
    // As whoever replaces a table should: nobody sees a part of it.
    std::ofstream(directory_ + "/.new") << text;
    std::filesystem::rename(directory_ + "/.new", table_path());
  }

  // One chain: rows (k), a lookup of them in the table (k, v), a sink. What opening it says.
  Status Open(const std::string& lookup = "{refresh: 10s}") {
    Engine& engine = SharedEngine(GetParam());
    const SourceBuffer spec(
        "spec.yaml",
        fmt::format("flinkc: 1\n"
                    "sources:\n"
                    "  in: {{connector: datagen, schema: {{k: BIGINT}}, options: {{fields: {{k: "
                    "{{kind: random}}}}}}}}\n"
                    "  table: {{connector: file, options: {{path: \"{}\"}}, format: csv, schema: "
                    "{{k: BIGINT NOT NULL, v: BIGINT}}}}\n"
                    "streams:\n"
                    "  out:\n"
                    "    join: {{inputs: {{i: in, t: table}}, kind: left, match: i.k = t.k AND "
                    "t.v <> 0, lookup: {}}}\n"
                    "    select: {{k: i.k, v: t.v}}\n"
                    "sinks:\n"
                    "  out: {{from: out, connector: blackhole}}\n",
                    table_path(), lookup));
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
    if (!compiled) {
      return MakeError(ErrorCode::kInternal,
                       RenderDiagnostics(log, {DiagnosticFormat::kText, false}));
    }
    const JobGraph& graph = compiled->chained.graph;
    EXPECT_EQ(graph.vertices.size(), 1u);
    EXPECT_EQ(graph.vertices[0].tables.size(), 1u);
    ASSIGN_OR_RETURN(chain_, engine.loader().Load(graph.vertices[0].chain_plan));
    ExecutorOptions options;
    options.chain = chain_;
    options.sinks = {&sink_};
    options.memory = &memory_;
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
    OperatorServices services;
    services.factory = MakeStdOperator;
    services.scan_table = [this](const SourceDescriptor& table) {
      return ScanTable(table, StdConnectors(), &memory_, &clock_);
    };
    services.log = [this](const std::string& line) { log_.push_back(line); };
    return executor_->OpenOperators(services, kStart);
  }

  void Advance() {
    ExecutorState state;
    do {
      state = executor_->Advance();
    } while (state == ExecutorState::kBusy);
    ASSERT_EQ(state, ExecutorState::kReady);
  }

  // What rows of these keys give; 0 stands for NULL.
  Rows Feed(const std::vector<int64_t>& keys) {
    const auto rows = static_cast<int32_t>(keys.size());
    auto batch = std::make_shared<RecordBatch>(chain_->layout().heads[0].schema, rows, false, false,
                                               nullptr);
    for (int32_t i = 0; i < rows; ++i) {
      batch->Values<int64_t>(0)[i] = keys[i];
      keys[i] == 0 ? batch->SetNull(0, i) : batch->SetValid(0, i);
    }
    batch->set_row_count(rows);
    executor_->PushBatch(std::move(batch), &progress_, now_);
    Advance();
    while (!executor_->is_drained()) {
      executor_->Flush();
      Advance();
    }
    return std::exchange(sink_.rows, {});
  }

  // As the worker does it: the time of the next step has come.
  void PassTime(int64_t now) {
    now_ = now;
    executor_->PushTime(now);
    Advance();
  }
  // Until nothing is on its way in; how many steps that took.
  int Refresh() {
    int steps = 0;
    for (int64_t now = executor_->next_time(now_); now < next_refresh(); ++steps) {
      PassTime(now);
      now = executor_->next_time(now_);
    }
    return steps;
  }
  // A time that is behind all steps of a refresh that begins now.
  int64_t next_refresh() const { return now_ + 5 * kSecond; }

  std::string directory_;
  MemoryPool memory_;
  const SystemClock clock_;
  std::shared_ptr<const CompiledChain> chain_;
  RowsSink sink_;
  Rows log_;
  SplitProgress progress_{INT64_MIN};
  int64_t now_ = kStart;
  std::unique_ptr<ChainExecutor> executor_;
};

TEST_P(Lookup, GivesAllRowsOfTheKeyForWhichTheConditionHolds) {
  WriteTable("k,v\n1,10\n2,0\n1,11\n3,\n");
  const Status opened = Open("once");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(Feed({1, 2, 0, 3, 4, 1}),
            (Rows{"1 10", "1 11", "2 NULL", "NULL NULL", "3 NULL", "4 NULL", "1 10", "1 11"}));
  // It is never read again.
  EXPECT_EQ(executor_->next_time(now_), INT64_MAX);
}

TEST_P(Lookup, MoreRowsOfAKeyThanAreLookedAtAtOnce) {
  std::string table = "k,v\n";
  for (int i = 1; i <= 5'000; ++i) table += fmt::format("7,{}\n8,0\n", i);
  WriteTable(table);
  ASSERT_TRUE(Open("once"));
  const Rows rows = Feed({8, 7, 8, 9});
  ASSERT_EQ(rows.size(), 5'003u);
  EXPECT_EQ(rows[0], "8 NULL");
  for (int i = 1; i <= 5'000; ++i) ASSERT_EQ(rows[i], fmt::format("7 {}", i));
  EXPECT_EQ(rows[5'001], "8 NULL");
  EXPECT_EQ(rows[5'002], "9 NULL");
}

TEST_P(Lookup, IsReadAgainWhenItsTimeHasCome) {
  WriteTable("k,v\n1,10\n");
  ASSERT_TRUE(Open());
  WriteTable("k,v\n1,11\n2,20\n");
  EXPECT_EQ(executor_->next_time(now_), kStart + 10 * kSecond);
  PassTime(kStart + 10 * kSecond - 1);
  EXPECT_EQ(Feed({1, 2}), (Rows{"1 10", "2 NULL"}));
  PassTime(kStart + 10 * kSecond);
  Refresh();
  EXPECT_EQ(Feed({1, 2}), (Rows{"1 11", "2 20"}));
  // Counted from when it was read.
  EXPECT_EQ(executor_->next_time(now_), now_ + 10 * kSecond);
  EXPECT_EQ(log_, Rows());
}

TEST_P(Lookup, RowsThatComeMeanwhileSeeTheTableAsItWas) {
  std::string before = "k,v\n";
  std::string after = before;
  for (int i = 1; i <= 50'000; ++i) {
    before += fmt::format("{},1\n", i);
    after += fmt::format("{},2\n", i);
  }
  WriteTable(before);
  ASSERT_TRUE(Open());
  const size_t one_version = memory_.used_bytes();
  WriteTable(after);
  PassTime(kStart + 10 * kSecond);
  int steps = 0;
  while (executor_->next_time(now_) < next_refresh()) {
    ASSERT_EQ(Feed({1, 50'000}), (Rows{"1 1", "50000 1"})) << steps;
    PassTime(executor_->next_time(now_));
    ++steps;
  }
  // None of them was long: a batch of rows each.
  EXPECT_GE(steps, 50'000 / RecordBatch::kRowsMax);
  EXPECT_EQ(Feed({1, 50'000}), (Rows{"1 2", "50000 2"}));
  // The version before is gone.
  EXPECT_LT(memory_.used_bytes(), one_version * 3 / 2);
}

TEST_P(Lookup, GoesOnWithWhatItHasWhenTheTableCannotBeRead) {
  WriteTable("k,v\n1,10\n");
  ASSERT_TRUE(Open());
  const auto refresh = [this] {
    PassTime(executor_->next_time(now_));
    Refresh();
  };
  // It is not there: said once.
  std::filesystem::remove(table_path());
  refresh();
  refresh();
  EXPECT_EQ(Feed({1}), (Rows{"1 10"}));
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_TRUE(
      log_[0].starts_with("`out/lookup` goes on with the table as it was: source `table`: "))
      << log_[0];
  EXPECT_NE(log_[0].find(table_path()), std::string::npos) << log_[0];
  // It has no column `k` any more, which is NOT NULL.
  WriteTable("key,v\n1,11\n");
  refresh();
  EXPECT_EQ(Feed({1}), (Rows{"1 10"}));
  ASSERT_EQ(log_.size(), 2u);
  EXPECT_NE(log_[1].find("`k`"), std::string::npos) << log_[1];
  // A value of it cannot be read, behind many that can.
  std::string text = "k,v\n";
  for (int i = 0; i < 10'000; ++i) text += "1,12\n";
  WriteTable(text + "1,many\n");
  refresh();
  EXPECT_EQ(Feed({1}), (Rows{"1 10"}));
  ASSERT_EQ(log_.size(), 3u);
  EXPECT_NE(log_[2].find("table.csv:10002: column `v`"), std::string::npos) << log_[2];
  // The next time is as far away as ever.
  EXPECT_EQ(executor_->next_time(now_), now_ + 10 * kSecond);
  WriteTable("k,v\n1,13\n");
  refresh();
  EXPECT_EQ(Feed({1}), (Rows{"1 13"}));
  ASSERT_EQ(log_.size(), 4u);
  EXPECT_EQ(log_[3], "source `table` could be read again");
  const auto counter = [this](const std::string& name) {
    const std::vector<std::string>& names = chain_->layout().counters;
    return executor_
        ->counters()[static_cast<size_t>(std::ranges::find(names, name) - names.begin())];
  };
  EXPECT_EQ(counter("failed_refreshes:out/lookup"), 4u);
  EXPECT_EQ(counter("refreshes:out/lookup"), 1u);
}

TEST_P(Lookup, AJobDoesNotBeginWithoutItsTable) {
  const Status missing = Open();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(missing.error().message.starts_with("source `table`: ")) << missing.error().message;
  WriteTable("k,v\n1,10\n2,many\n");
  const Status bad = Open();
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidData);
  EXPECT_NE(bad.error().message.find("table.csv:3: column `v`"), std::string::npos)
      << bad.error().message;
}

INSTANTIATE_TEST_SUITE_P(Chains, Lookup, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

TEST(LookupMemory, TheTableCountsAgainstTheLimit) {
  const std::string directory = fmt::format("{}/lookup_memory_{}", testing::TempDir(), getpid());
  std::filesystem::create_directories(directory);
  std::ofstream table(directory + "/table.csv");
  table << "k,v\n";
  for (int i = 0; i < 400'000; ++i) table << i << "," << i << "\n";
  table.close();
  RunSetup setup;
  setup.spec_name = "lookup.yaml";
  setup.spec = fmt::format(
      "flinkc: 1\nsources:\n"
      "  in: {{connector: datagen, options: {{rows: 1}}, schema: {{k: BIGINT}}}}\n"
      "  table: {{connector: file, options: {{path: \"{}/table.csv\"}}, format: csv, schema: {{k: "
      "BIGINT, v: BIGINT}}}}\n"
      "streams:\n  out: {{join: {{inputs: {{i: in, t: table}}, match: i.k = t.k, lookup: once}}, "
      "select: {{v: t.v}}}}\n"
      "sinks:\n  out: {{from: out, connector: blackhole}}\n",
      directory);
  setup.settings["taskmanager.memory.process.size"] = "16mb";
  const RunOutcome outcome = RunSpec(setup);
  std::filesystem::remove_all(directory);
  ASSERT_EQ(outcome.state, JobState::kFailed) << outcome.diagnostics;
  EXPECT_EQ(outcome.error->code, ErrorCode::kMemoryLimit) << outcome.error->message;
}

}  // namespace
}  // namespace flinkc
