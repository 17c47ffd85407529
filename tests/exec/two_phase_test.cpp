// Local aggregates: that rows of a group become one before the exchange, and that it makes no
// difference to what comes out.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/task/chain_executor.h"
#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

// The first chain of a job of two, whose rows are fed to it by hand.
class LocalChain {
 public:
  static constexpr int64_t kStart = 1'700'000'000'000'000;

  void Make(bool jit, const std::string& strategy) {
    const SourceBuffer spec(
        "spec.yaml",
        "flinkc: 1\n"
        "job: {parallelism: 2, config: {table.optimizer.agg-phase-strategy: " +
            strategy +
            "}}\n"
            "sources:\n"
            "  in: {connector: datagen, schema: {k: BIGINT NOT NULL, v: BIGINT NOT NULL}, "
            "options: {rows: 10, fields: {k: {kind: random}, v: {kind: random}}}}\n"
            "streams:\n"
            "  out: {from: in, aggregate: {by: [k], emit: end, compute: {n: count(*), s: "
            "sum(v)}}}\n"
            "sinks:\n"
            "  out: {from: out, connector: blackhole}\n");
    Engine& engine = SharedEngine(jit);
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
    ASSERT_TRUE(compiled.has_value());
    ASSERT_EQ(compiled->chained.graph.vertices.size(), 2u);
    Result<std::shared_ptr<const CompiledChain>> chain =
        engine.loader().Load(compiled->chained.graph.vertices[0].chain_plan);
    ASSERT_TRUE(chain) << chain.error().message;
    chain_ = *chain;
    ExecutorOptions options;
    options.chain = chain_;
    options.partitionings = {Partitioning::kHash};
    for (auto& channel : channels_) channel = std::make_shared<Channel>(nullptr, nullptr, 256);
    options.partitions.emplace_back(std::vector(channels_.begin(), channels_.end()));
    options.memory = &memory_;
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
    ASSERT_TRUE(executor_->OpenOperators({}, kStart));
  }

  // `rows` rows, of keys one after the other from `first_key` on, `keys` of them.
  void Feed(int32_t rows, int64_t first_key, int64_t keys, int64_t after_micros = 0) {
    auto batch = std::make_shared<RecordBatch>(chain_->layout().heads[0].schema, rows, false, false,
                                               nullptr);
    for (int32_t row = 0; row < rows; ++row) {
      batch->Values<int64_t>(0)[row] = first_key + row % keys;
      batch->Values<int64_t>(1)[row] = row;
    }
    batch->set_row_count(rows);
    executor_->PushBatch(std::move(batch), &progress_, kStart + after_micros);
    while (executor_->Advance() == ExecutorState::kBusy) {
    }
  }

  void Flush() {
    executor_->Flush();
    while (executor_->Advance() == ExecutorState::kBusy) {
    }
  }

  void PassWatermark() {
    executor_->PushWatermark(1, kStart);
    while (executor_->Advance() == ExecutorState::kBusy) {
    }
  }

  void PassBarrier() {
    executor_->PushBarrier(std::make_shared<CheckpointBarrier>());
    while (executor_->Advance() == ExecutorState::kBusy) {
    }
    executor_->PassBarrier();
  }

  // Rows of the first channel that come before an element of this kind.
  int64_t RowsBefore(ElementKind kind) {
    int64_t rows = 0;
    StreamElement element;
    while (channels_[0]->Pop(&element) && element.kind != kind) {
      if (element.kind == ElementKind::kBatch) rows += element.batch->row_count();
    }
    EXPECT_EQ(element.kind, kind);
    return rows;
  }

  // Rows that have left since this was last asked.
  int64_t RowsOut() {
    int64_t rows = 0;
    for (const std::shared_ptr<Channel>& channel : channels_) {
      StreamElement element;
      while (channel->Pop(&element)) {
        if (element.kind == ElementKind::kBatch) rows += element.batch->row_count();
      }
    }
    return rows;
  }

 private:
  MemoryPool memory_;
  std::shared_ptr<const CompiledChain> chain_;
  std::array<std::shared_ptr<Channel>, 2> channels_;
  SplitProgress progress_{INT64_MIN};
  std::unique_ptr<ChainExecutor> executor_;
};

class LocalAggregate : public testing::TestWithParam<bool> {
 protected:
  LocalChain chain_;
};

TEST_P(LocalAggregate, RowsOfAGroupBecomeTwo) {
  ASSERT_NO_FATAL_FAILURE(chain_.Make(GetParam(), "AUTO"));
  chain_.Feed(4000, 1, 10);
  chain_.Feed(4000, 1, 10);
  EXPECT_EQ(chain_.RowsOut(), 0);
  chain_.Flush();
  // The first row as it is, all others as one.
  EXPECT_EQ(chain_.RowsOut(), 20);
  chain_.Feed(4000, 1, 10);
  chain_.Flush();
  EXPECT_EQ(chain_.RowsOut(), 10);
}

TEST_P(LocalAggregate, NothingWaitsForEver) {
  ASSERT_NO_FATAL_FAILURE(chain_.Make(GetParam(), "AUTO"));
  chain_.Feed(100, 1, 10);
  chain_.Feed(100, 1, 10, 1'000);
  EXPECT_EQ(chain_.RowsOut(), 0);
  chain_.Feed(100, 1, 10, 200'000);
  EXPECT_EQ(chain_.RowsOut(), 20);
}

TEST_P(LocalAggregate, WatermarksAndBarriersOvertakeNoRow) {
  ASSERT_NO_FATAL_FAILURE(chain_.Make(GetParam(), "AUTO"));
  chain_.Feed(4000, 1, 10);
  chain_.PassWatermark();
  // Two of each key, then one: it was known.
  const int64_t rows = chain_.RowsBefore(ElementKind::kWatermark);
  EXPECT_GT(rows, 0);
  chain_.Feed(4000, 1, 10);
  chain_.PassBarrier();
  EXPECT_EQ(chain_.RowsBefore(ElementKind::kBarrier), rows / 2);
}

TEST_P(LocalAggregate, StopsWhereRowsDoNotBecomeFewer) {
  const auto rows_of_keys = [this] {
    int64_t rows = 0;
    for (int64_t i = 0; i < 100; ++i) {
      chain_.Feed(4000, 4000 * i, 4000);
      chain_.Flush();
      rows += chain_.RowsOut();
    }
    return rows;
  };
  ASSERT_NO_FATAL_FAILURE(chain_.Make(GetParam(), "AUTO"));
  EXPECT_EQ(rows_of_keys(), 400'000);
  // It is off now, and looks again later.
  chain_.Feed(4000, 0, 1);
  chain_.Flush();
  EXPECT_EQ(chain_.RowsOut(), 4000);
  int64_t least = 4000;
  for (int i = 0; i < 600 && least == 4000; ++i) {
    chain_.Feed(4000, 0, 1);
    chain_.Flush();
    least = chain_.RowsOut();
  }
  EXPECT_LE(least, 2);

  ASSERT_NO_FATAL_FAILURE(chain_.Make(GetParam(), "TWO_PHASE"));
  EXPECT_EQ(rows_of_keys(), 400'000);
  chain_.Feed(4000, 0, 1);
  chain_.Flush();
  EXPECT_LE(chain_.RowsOut(), 2);
}

INSTANTIATE_TEST_SUITE_P(Ways, LocalAggregate, testing::Bool(),
                         [](const auto& info) { return info.param ? "jit" : "interpreter"; });

struct InputRow {
  std::string k;  // "": NULL
  int64_t seconds;
  int64_t v;  // 0 fails
};

// One key has half of the rows; the others come in waves.
std::vector<InputRow> SkewedRows(size_t count) {
  std::mt19937_64 random(4);
  std::vector<InputRow> rows;
  for (size_t i = 0; i < count; ++i) {
    InputRow row;
    row.seconds = static_cast<int64_t>(i / 50 + random() % 3);
    row.v = static_cast<int64_t>(random() % 200);
    const uint64_t key = random() % (i % 10'000 < 5'000 ? 40 : 20'000);
    row.k = random() % 2 == 0 ? "the one that takes it all"
            : key == 7        ? ""
                              : fmt::format("{}", key);
    rows.push_back(row);
  }
  return rows;
}

std::string At(int64_t seconds) {
  return fmt::format("1970-01-01 {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                     seconds % 60);
}

std::multiset<std::string> Expected(const std::vector<InputRow>& rows, int64_t window_seconds) {
  std::map<std::pair<int64_t, std::string>, std::array<int64_t, 4>> groups;
  for (const InputRow& row : rows) {
    if (row.v == 0) continue;
    const int64_t window = window_seconds == 0 ? 0 : row.seconds / window_seconds;
    auto [found, is_new] =
        groups.try_emplace({window, row.k}, std::array<int64_t, 4>{0, 0, 1000, 0});
    auto& [n, q, least, most] = found->second;
    ++n;
    q += 100 / row.v;
    least = std::min(least, row.v);
    most = std::max(most, row.v);
  }
  std::multiset<std::string> lines;
  for (const auto& [key, group] : groups) {
    const std::string k = key.second.empty() ? "null" : fmt::format("\"{}\"", key.second);
    lines.insert(fmt::format(R"({{"k":{},"n":{},"q":{},"least":{},"most":{}}})", k, group[0],
                             group[1], group[2], group[3]));
  }
  return lines;
}

// The hidden columns of a row are nobody's business.
std::multiset<std::string> ExpectedFailures(const std::vector<InputRow>& rows) {
  std::multiset<std::string> lines;
  for (const InputRow& row : rows) {
    if (row.v != 0) continue;
    const std::string k = row.k.empty() ? "null" : fmt::format(R"(\"{}\")", row.k);
    lines.insert(
        fmt::format(R"({{"code":"DIVISION_BY_ZERO","row":"{{\"k\":{},\"at\":\"{}\",\"v\":0}}"}})",
                    k, At(row.seconds)));
  }
  return lines;
}

// What one of them has and the other has not.
std::string Difference(const std::multiset<std::string>& found,
                       const std::multiset<std::string>& expected) {
  std::vector<std::string> extra, missing;
  std::ranges::set_difference(found, expected, std::back_inserter(extra));
  std::ranges::set_difference(expected, found, std::back_inserter(missing));
  std::string text;
  for (const std::string& line : extra) text += "+ " + line + "\n";
  for (const std::string& line : missing) text += "- " + line + "\n";
  return text;
}

class TwoPhase : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "/two_phase_" + std::to_string(getpid());
    std::filesystem::create_directories(directory_);
    std::ofstream file(directory_ + "/in.csv");
    file << "k,at,v\n";
    for (const InputRow& row : rows_) {
      file << row.k << "," << At(row.seconds) << "," << row.v << "\n";
    }
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // The last results of a changelog of upserts by `k`, or the rows that only come.
  static std::multiset<std::string> TableOf(const std::vector<std::string>& lines) {
    std::multiset<std::string> rows;
    std::map<std::string, std::string> by_key;
    for (const std::string& line : lines) {
      if (line.starts_with("{")) {
        rows.insert(line);
      } else {
        by_key[line.substr(3, line.find(",\"n\"") - 3)] = line.substr(3);
      }
    }
    for (const auto& [key, line] : by_key) rows.insert(line);
    return rows;
  }

  void Check(bool jit, int parallelism, std::map<std::string, std::string> settings) {
    settings.try_emplace("table.optimizer.agg-phase-strategy", "AUTO");
    SCOPED_TRACE(fmt::format("parallelism {}, {}", parallelism,
                             settings["table.optimizer.agg-phase-strategy"]));
    RunSetup setup;
    setup.spec_name = "two_phase.yaml";
    setup.spec = fmt::format(
        R"yaml(
flinkc: 1
job: {{name: two-phase}}
sources:
  rows:
    connector: file
    options: {{path: "{}/in.csv", split_size: 64kb}}
    format: csv
    schema: {{k: STRING, at: TIMESTAMP(0) NOT NULL, v: INT NOT NULL}}
    event_time: {{column: at, out_of_order: 1h}}
streams:
  tumbled:
    from: rows
    on_error: drop
    pipe:
      - aggregate: {{window: {{tumble: 1m}}, by: [k], compute: {{n: "count(100 / v)", q: "sum(CAST(100 / v AS DECIMAL(18,0)))", least: min(v), most: max(v)}}}}
      - select: {{k: k, n: n, q: CAST(q AS BIGINT), least: least, most: most}}
  at_end:
    from: rows
    on_error: drop
    pipe:
      - aggregate: {{by: [k], emit: end, compute: {{n: "count(100 / v)", q: "sum(CAST(100 / v AS DECIMAL(18,0)))", least: min(v), most: max(v)}}}}
      - select: {{k: k, n: n, q: CAST(q AS BIGINT), least: least, most: most}}
  changes:
    from: rows
    on_error: drop
    pipe:
      - aggregate: {{by: [k], compute: {{n: "count(100 / v)", q: "sum(CAST(100 / v AS DECIMAL(18,0)))", least: min(v), most: max(v)}}}}
      - select: {{k: k, n: n, q: CAST(q AS BIGINT), least: least, most: most}}
  errors:
    from: rows
    on_error: route
    aggregate: {{by: [k], emit: end, compute: {{n: "count(100 / v)", most: max(v)}}}}
  failed: {{from: errors.errors, select: {{code: code, row: row}}}}
sinks:
  tumbled: {{from: tumbled, connector: console, format: json}}
  at_end: {{from: at_end, connector: console, format: json}}
  changes: {{from: changes, connector: console, format: json}}
  errors: {{from: errors, connector: blackhole}}
  failed: {{from: failed, connector: console, format: json}}
)yaml",
        directory_);
    setup.jit = jit;
    setup.settings = std::move(settings);
    setup.settings["parallelism.default"] = std::to_string(parallelism);
    setup.settings["table.exec.mini-batch.enabled"] = "true";
    setup.settings["table.exec.mini-batch.allow-latency"] = "1s";
    setup.settings["table.exec.mini-batch.size"] = "1000";
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished)
        << outcome.diagnostics << (outcome.error ? outcome.error->message : "");
    EXPECT_EQ(Difference(TableOf(outcome.outputs.at("tumbled")), Expected(rows_, 60)), "");
    EXPECT_EQ(Difference(TableOf(outcome.outputs.at("at_end")), Expected(rows_, 0)), "");
    EXPECT_EQ(Difference(TableOf(outcome.outputs.at("changes")), Expected(rows_, 0)), "");
    const std::vector<std::string>& failed = outcome.outputs.at("failed");
    EXPECT_EQ(Difference({failed.begin(), failed.end()}, ExpectedFailures(rows_)), "");
    const bool is_split = outcome.optimized_plan->find("local_aggregate") != std::string::npos;
    EXPECT_EQ(is_split, parallelism > 1 &&
                            setup.settings["table.optimizer.agg-phase-strategy"] != "ONE_PHASE");
  }

  const std::vector<InputRow> rows_ = SkewedRows(60'000);
  std::string directory_;
};

TEST_F(TwoPhase, MakesNoDifference) {
  Check(true, 1, {});
  Check(true, 2, {});
  for (const char* strategy : {"AUTO", "ONE_PHASE", "TWO_PHASE"}) {
    Check(true, 4, {{"table.optimizer.agg-phase-strategy", strategy}});
  }
  Check(true, 2,
        {{"state.backend.type", "rocksdb"},
         {"taskmanager.memory.managed.size", "1mb"},
         {"table.optimizer.agg-phase-strategy", "TWO_PHASE"}});
}

TEST_F(TwoPhase, MakesNoDifferenceToTheInterpreter) {
  Check(false, 4, {{"table.optimizer.agg-phase-strategy", "TWO_PHASE"}});
}

// What comes of 12,000 rows with m = 0 … 5 in turn, each 2,000 times, at parallelism 4.
RunOutcome RunSix(bool jit, const std::string& strategy, const std::string& aggregate,
                  const std::string& columns = "n") {
  RunSetup setup;
  setup.spec_name = "six.yaml";
  setup.spec = fmt::format(R"yaml(
flinkc: 1
job: {{name: six}}
sources:
  n:
    connector: datagen
    options: {{rows: 12000, fields: {{i: {{kind: sequence, min: 0, max: 1000000}}}}}}
    schema: {{i: BIGINT NOT NULL}}
streams:
  six: {{from: n, extend: {{m: i % 6}}}}
  out: {{from: six, pipe: [{{aggregate: {{{}, emit: end}}}}, {{select: [{}]}}]}}
sinks:
  out: {{from: out, connector: console, format: json}}
)yaml",
                           aggregate, columns);
  setup.jit = jit;
  setup.settings = {{"parallelism.default", "4"}, {"table.optimizer.agg-phase-strategy", strategy}};
  return RunSpec(setup);
}

class SixGroups : public testing::TestWithParam<bool> {};

TEST_P(SixGroups, ByKeysOfAllKinds) {
  for (const std::string key : {
           "a: m % 2 = 0, b: m / 2",
           "a: 'NULLIF(m, 3)'",
           "a: 'CAST(NULLIF(m, 0) AS TINYINT)'",
           "a: CAST(m AS DOUBLE) - 2, b: 'CAST(NULLIF(m, 2) AS FLOAT)'",
           "a: 'CAST(m AS DECIMAL(30, 2))'",
           "a: \"NULLIF(repeat('long text ', CAST(m AS INT)), '')\"",
           "a: \"encode(CAST(m AS STRING), 'UTF-8')\"",
           "a: 'ARRAY[NULLIF(m, 1), 7]'",
           "a: \"MAP['key', m]\"",
           "a: 'NULLIF(m % 2, 0)', b: \"NULLIF(CAST(m / 2 AS STRING), '1')\"",
       }) {
    SCOPED_TRACE(key);
    const RunOutcome outcome =
        RunSix(GetParam(), "TWO_PHASE", "by: {" + key + "}, compute: {n: count(*)}");
    ASSERT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
    EXPECT_NE(outcome.optimized_plan->find("local_aggregate"), std::string::npos);
    EXPECT_EQ(outcome.outputs.at("out"), std::vector<std::string>(6, R"({"n":2000})"));
  }
}

TEST_P(SixGroups, ZerosAreEqualAndSoIsWhatIsNoNumber) {
  const RunOutcome outcome = RunSix(
      GetParam(), "TWO_PHASE",
      "by: {k: \"CASE WHEN m < 2 THEN 0e0 WHEN m < 4 THEN -0e0 ELSE CAST('NaN' AS DOUBLE) END\"}, "
      "compute: {n: count(*)}");
  ASSERT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
  std::vector<std::string> rows = outcome.outputs.at("out");
  std::ranges::sort(rows);
  EXPECT_EQ(rows, (std::vector<std::string>{R"({"n":4000})", R"({"n":8000})"}));
}

TEST_P(SixGroups, AccumulatorsOfAllKinds) {
  const std::string columns = "n, s, t, d, f, w, a, v, x, b, q, least, most";
  const RunOutcome outcome = RunSix(GetParam(), "TWO_PHASE", R"six(by: [m], compute: {
        n: count(*), s: sum(i), t: sum(CAST(m AS TINYINT)) FILTER (WHERE i < 120),
        d: CAST(sum(CAST(i AS DOUBLE)) AS BIGINT), f: CAST(avg(CAST(m AS FLOAT)) AS BIGINT),
        w: "CAST(sum(CAST(i AS DECIMAL(38, 2))) AS BIGINT)",
        a: "CAST(avg(CAST(m AS DECIMAL(10, 1))) * 10 AS BIGINT)",
        v: CAST(ROUND(var_pop(i)) AS BIGINT), x: bit_xor(i), b: bool_and(m > 2),
        q: count_if(i % 12 < 6), least: min(i), most: CAST(max(CAST(i AS DOUBLE)) AS BIGINT)
})six",
                                    columns);
  ASSERT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
  EXPECT_NE(outcome.optimized_plan->find("local_aggregate"), std::string::npos);
  std::multiset<std::string> expected;
  for (int64_t m = 0; m < 6; ++m) {
    int64_t sum = 0, bits = 0;
    for (int64_t i = m; i < 12'000; i += 6) {
      sum += i;
      bits ^= i;
    }
    // Of 2,000 numbers six apart.
    constexpr int64_t kVariance = 36 * (2'000 * 2'000 - 1) / 12;
    expected.insert(fmt::format(
        R"({{"n":2000,"s":{},"t":{},"d":{},"f":{},"w":{},"a":{},"v":{},"x":{},"b":{},"q":1000,)"
        R"("least":{},"most":{}}})",
        sum, 20 * m, sum, m, sum, 10 * m, kVariance, bits, m > 2, m, m + 11'994));
  }
  const std::vector<std::string>& rows = outcome.outputs.at("out");
  EXPECT_EQ(Difference({rows.begin(), rows.end()}, expected), "");
}

TEST_P(SixGroups, AnOverflowIsTold) {
  for (const char* strategy : {"ONE_PHASE", "AUTO", "TWO_PHASE"}) {
    const RunOutcome outcome = RunSix(
        GetParam(), strategy, "by: [m], compute: {n: sum(CAST(1000000 AS INT) + CAST(m AS INT))}");
    EXPECT_EQ(outcome.state, JobState::kFinished) << outcome.diagnostics;
    const RunOutcome over = RunSix(
        GetParam(), strategy, "by: [m], compute: {n: sum(CAST(2000000 AS INT) + CAST(m AS INT))}");
    EXPECT_EQ(over.state, JobState::kFailed) << over.diagnostics;
    ASSERT_TRUE(over.error.has_value());
    EXPECT_NE(over.error->message.find("INTEGER_OVERFLOW"), std::string::npos)
        << over.error->message;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, SixGroups, testing::Bool(),
                         [](const auto& info) { return info.param ? "jit" : "interpreter"; });

}  // namespace
}  // namespace flinkc
