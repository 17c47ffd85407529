// Groups that are forgotten a while after their last row: compiled chains, run at processing times
// of the test's own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "compiler/diagnostics/renderer.h"
#include "runtime/task/chain_executor.h"
#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kStart = 1'700'000'000 * kSecond;

class RowsSink final : public SinkWriter {
 public:
  // "+I 1 2 30": kind and columns, all BIGINT.
  Status Write(const BatchPtr& batch) override {
    static constexpr const char* kKinds[] = {"+I", "-U", "+U", "-D"};
    for (int32_t row = 0; row < batch->row_count(); ++row) {
      std::string text = kKinds[static_cast<size_t>(batch->kind(row))];
      for (size_t column = 0; column < batch->column_count(); ++column) {
        text += batch->IsNull(column, row)
                    ? " NULL"
                    : fmt::format(" {}", batch->Values<int64_t>(column)[row]);
      }
      rows.push_back(text);
    }
    return {};
  }
  std::vector<std::string> rows;
};

class StateTtl : public testing::TestWithParam<bool> {
 protected:
  // One chain: rows (k, v), an aggregate that keeps a group for 10 s, a sink.
  void Make(const std::string& aggregate_state, const std::string& job = "") {
    Engine& engine = SharedEngine(GetParam());
    const SourceBuffer spec(
        "spec.yaml",
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
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
    ASSERT_TRUE(compiled.has_value()) << RenderDiagnostics(log, {DiagnosticFormat::kText, false});
    warnings_ = log.diagnostics().size();
    const JobGraph& graph = compiled->chained.graph;
    ASSERT_EQ(graph.vertices.size(), 1u);
    Result<std::shared_ptr<const CompiledChain>> chain =
        engine.loader().Load(graph.vertices[0].chain_plan);
    ASSERT_TRUE(chain) << chain.error().message;
    chain_ = *chain;
    ExecutorOptions options;
    options.chain = chain_;
    options.sinks = {&sink_};
    options.memory = &memory_;
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
  }

  void Advance() {
    ExecutorState state;
    do {
      state = executor_->Advance();
    } while (state == ExecutorState::kBusy);
    ASSERT_EQ(state, ExecutorState::kReady);
  }

  // What rows of key `k` from `from` on give at `seconds` after the start.
  std::vector<std::string> Feed(int64_t seconds, int64_t k, std::vector<int64_t> values) {
    auto batch =
        std::make_shared<RecordBatch>(chain_->layout().heads[0].schema, 64, false, false, nullptr);
    for (size_t i = 0; i < values.size(); ++i) {
      batch->Values<int64_t>(0)[i] = k;
      batch->Values<int64_t>(1)[i] = values[i];
    }
    batch->set_row_count(static_cast<int32_t>(values.size()));
    executor_->PushBatch(std::move(batch), &progress_, kStart + seconds * kSecond);
    Advance();
    executor_->Flush();
    Advance();
    return std::exchange(sink_.rows, {});
  }

  uint64_t GroupCount() { return executor_->state(0)->table()->row_count; }

  MemoryPool memory_;
  size_t warnings_ = 0;
  std::shared_ptr<const CompiledChain> chain_;
  RowsSink sink_;
  SplitProgress progress_{INT64_MIN};
  std::unique_ptr<ChainExecutor> executor_;
};

using Rows = std::vector<std::string>;

TEST_P(StateTtl, AGroupBeginsAnewWhenItsTimeIsOver) {
  ASSERT_NO_FATAL_FAILURE(Make("      state: {ttl: 10s}\n"));
  EXPECT_EQ(warnings_, 0u);  // the state is bounded
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
  EXPECT_EQ(warnings_, 1u);
  EXPECT_EQ(executor_->ForgetExpired(kStart), INT64_MAX);
  EXPECT_EQ(Feed(0, 1, {5}), (Rows{"+I 1 1 5 1"}));
  EXPECT_EQ(Feed(1'000'000'000, 1, {5}), (Rows{"+U 1 2 10 1"}));
}

TEST_P(StateTtl, ForgottenGroupsAreRemovedWhileNothingHappens) {
  ASSERT_NO_FATAL_FAILURE(Make("      state: {ttl: 10s}\n"));
  std::vector<int64_t> values;
  for (int64_t i = 0; i < 60; ++i) values.push_back(i);
  for (int64_t k = 0; k < 5'000; ++k) Feed(0, k, values);
  for (int64_t k = 5'000; k < 6'000; ++k) Feed(8, k, values);
  const size_t full = memory_.used_bytes();
  ASSERT_EQ(GroupCount(), 6'000u);
  // As the worker calls it; all are visited within half of the time to live.
  int64_t now = kStart + 10 * kSecond;
  const int64_t until = now + 5 * kSecond;
  while (now < until) {
    const int64_t next = executor_->ForgetExpired(now);
    ASSERT_GT(next, now);
    now = next;
  }
  EXPECT_EQ(GroupCount(), 1'000u);
  EXPECT_LT(memory_.used_bytes(), full);
  EXPECT_EQ(Feed(16, 17, {3}), (Rows{"+I 17 1 3 1"}));
  EXPECT_EQ(Feed(16, 5'017, {3}), (Rows{"+U 5017 61 1773 60"}));
}

INSTANTIATE_TEST_SUITE_P(Chains, StateTtl, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

}  // namespace
}  // namespace flinkc
