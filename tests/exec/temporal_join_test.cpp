// A temporal join row by row: what waits for the watermark, which version holds, what is forgotten.
// The compiled chain of the join, fed through both of its inputs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "compiler/diagnostics/renderer.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/task/chain_executor.h"
#include "stdlib-operators/operators/registry.h"
#include "tests/exec/job_runner.h"
#include "tests/exec/rows_sink.h"

namespace flinkc {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

// A row of an input: key, value and time (in seconds), and the watermark of its split before it.
struct Row {
  int64_t k = 0;
  int64_t v = 0;
  int64_t seconds = 0;
  RowKind kind = RowKind::kInsert;
  int64_t watermark_seconds = INT64_MIN;
};

class TemporalJoinRows : public testing::TestWithParam<bool> {
 protected:
  // `versions`: what the second input reads.
  void Make(const std::string& versions = "from: r, dedupe: {by: [k], keep: last}",
            const std::string& state = "") {
    Engine& engine = SharedEngine(GetParam());
    const std::string source =
        "{connector: datagen, schema: {k: BIGINT NOT NULL, v: BIGINT NOT NULL, t: TIMESTAMP(3) NOT "
        "NULL}, options: {rows: 1}, event_time: {column: t}}\n";
    const SourceBuffer spec(
        "spec.yaml",
        "flinkc: 1\nsources:\n  l: " + source + "  r: " + source + "streams:\n  versions: {" +
            versions +
            "}\n  out:\n    join: {inputs: {l: l, r: versions}, kind: left, match: l.k = r.k AND "
            "r.v <> 0, temporal: {as_of: l.t, valid_from: r.t}" +
            state +
            "}\n    select: {k: l.k, v: l.v, r: r.v}\nsinks:\n  out: {from: out, connector: "
            "blackhole}\n");
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
    ASSERT_TRUE(compiled.has_value()) << RenderDiagnostics(log, {DiagnosticFormat::kText, false});
    for (const JobVertex& vertex : compiled->chained.graph.vertices) {
      auto chain = engine.loader().Load(vertex.chain_plan);
      ASSERT_TRUE(chain) << chain.error().message;
      if ((*chain)->layout().heads.size() == 2) chain_ = *chain;
    }
    ASSERT_NE(chain_, nullptr);
    ExecutorOptions options;
    options.chain = chain_;
    options.sinks = {&sink_};
    options.memory = &memory_;
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
    OperatorServices services;
    services.factory = MakeStdOperator;
    ASSERT_TRUE(executor_->OpenOperators(services, kNow));
  }

  void Advance() {
    ExecutorState state;
    do {
      state = executor_->Advance();
    } while (state == ExecutorState::kBusy);
    ASSERT_EQ(state, ExecutorState::kReady) << executor_->error().message;
  }

  void Push(uint32_t head, const std::vector<Row>& rows) {
    const HeadLayout& layout = chain_->layout().heads[head];
    const auto count = static_cast<int32_t>(rows.size());
    auto batch =
        std::make_shared<RecordBatch>(layout.schema, count, layout.row_kinds, false, nullptr);
    const auto column = [&](const char* name) { return layout.schema.IndexOf(name); };
    for (int32_t i = 0; i < count; ++i) {
      batch->Values<int64_t>(*column("k"))[i] = rows[i].k;
      batch->Values<int64_t>(*column("v"))[i] = rows[i].v;
      batch->Values<int64_t>(*column("t"))[i] = rows[i].seconds * kSecond;
      if (const auto hidden = column(kWatermarkColumn)) {
        const int64_t seconds = rows[i].watermark_seconds;
        batch->Values<int64_t>(*hidden)[i] = seconds == INT64_MIN ? seconds : seconds * kSecond;
      }
      if (layout.row_kinds) batch->layout().row_kinds[i] = static_cast<uint8_t>(rows[i].kind);
    }
    batch->set_row_count(count);
    executor_->PushBatch(std::move(batch), nullptr, now_, head);
    Advance();
  }
  void Left(const std::vector<Row>& rows) { Push(0, rows); }
  void Right(const std::vector<Row>& rows) { Push(1, rows); }

  // What a watermark gives, in its order.
  Rows Watermark(int64_t micros) {
    executor_->PushWatermark(micros, now_);
    Advance();
    while (!executor_->is_drained()) {
      executor_->Flush();
      Advance();
    }
    return std::exchange(sink_.rows, {});
  }
  Rows WatermarkSeconds(int64_t seconds) { return Watermark(seconds * kSecond); }

  // Versions that are kept of all keys.
  size_t VersionCount() {
    size_t count = 0;
    MemoryTable* table = executor_->state(1)->table();
    table->ForEachRow([&](uint64_t row) {
      const StateSchema& schema = table->layout().schema;
      StateBlob blob;
      std::memcpy(&blob, table->Row(row) + schema.rows_offset, sizeof(blob));
      const RowsOfKey rows = RowsIn(schema, {blob.data, blob.size});
      KeyedRow kept;
      for (uint32_t at = 0; rows.Next(&at, &kept);) ++count;
    });
    return count;
  }
  uint64_t WaitingKeys() { return executor_->state(0)->table()->row_count; }
  uint64_t LateRows() {
    const std::vector<std::string>& names = chain_->layout().counters;
    const auto at = std::ranges::find(names, "late_dropped:out/join");
    return executor_->counters()[static_cast<size_t>(at - names.begin())];
  }

  MemoryPool memory_;
  std::shared_ptr<const CompiledChain> chain_;
  RowsSink sink_;
  int64_t now_ = kNow;
  std::unique_ptr<ChainExecutor> executor_;
};

TEST_P(TemporalJoinRows, EachMeetsTheVersionThatHeldAtItsTime) {
  ASSERT_NO_FATAL_FAILURE(Make());
  // In any order; the one that comes last counts of two of one time.
  Right({{1, 30, 30}, {1, 10, 10}, {1, 20, 20}, {1, 21, 20}, {2, 99, 1}});
  Left({{1, 1, 9}, {1, 2, 10}, {1, 3, 19}, {1, 4, 20}, {1, 5, 31}, {3, 6, 15}});
  EXPECT_EQ(WatermarkSeconds(100),
            (Rows{"1 1 NULL", "1 2 10", "1 3 10", "1 4 21", "1 5 30", "3 6 NULL"}));
  EXPECT_EQ(WaitingKeys(), 0u);
}

TEST_P(TemporalJoinRows, RowsWaitUntilTheWatermarkIsPastTheirTime) {
  ASSERT_NO_FATAL_FAILURE(Make());
  Left({{1, 1, 10}, {1, 2, 11}});
  EXPECT_EQ(WatermarkSeconds(9), Rows());
  Right({{1, 10, 10}});
  // Another version of just this time may still come.
  EXPECT_EQ(WatermarkSeconds(10), Rows());
  Right({{1, 12, 10}});
  EXPECT_EQ(Watermark(10 * kSecond + 1), Rows{"1 1 12"});
  EXPECT_EQ(WaitingKeys(), 1u);
  EXPECT_EQ(Watermark(INT64_MAX), Rows{"1 2 12"});
  EXPECT_EQ(WaitingKeys(), 0u);
}

TEST_P(TemporalJoinRows, AKeyThatIsDeletedHasNoVersionUntilItComesAgain) {
  ASSERT_NO_FATAL_FAILURE(Make());
  Right({{1, 10, 10},
         {1, 10, 20, RowKind::kDelete},
         {1, 10, 30, RowKind::kUpdateBefore},
         {1, 30, 30, RowKind::kUpdateAfter}});
  Left({{1, 1, 15}, {1, 2, 20}, {1, 3, 29}, {1, 4, 30}});
  EXPECT_EQ(WatermarkSeconds(40), (Rows{"1 1 10", "1 2 NULL", "1 3 NULL", "1 4 30"}));
  EXPECT_EQ(VersionCount(), 1u);
  Right({{1, 30, 50, RowKind::kDelete}});
  EXPECT_EQ(VersionCount(), 2u);
  // Nothing is kept of a key that is gone.
  EXPECT_EQ(WatermarkSeconds(50), Rows());
  EXPECT_EQ(VersionCount(), 0u);
}

TEST_P(TemporalJoinRows, TheConditionLooksAtTheVersionAlone) {
  ASSERT_NO_FATAL_FAILURE(Make());
  // Where it does not hold, no older version does.
  Right({{1, 10, 10}, {1, 0, 20}});
  Left({{1, 1, 19}, {1, 2, 21}});
  EXPECT_EQ(WatermarkSeconds(40), (Rows{"1 1 10", "1 2 NULL"}));
}

TEST_P(TemporalJoinRows, OldVersionsAreForgottenButForTheNewest) {
  ASSERT_NO_FATAL_FAILURE(Make());
  for (int64_t second = 1; second <= 100; ++second) Right({{1, second, second}});
  EXPECT_EQ(VersionCount(), 100u);
  EXPECT_EQ(WatermarkSeconds(40), Rows());
  EXPECT_EQ(VersionCount(), 61u);
  // At the watermark a row is not late yet.
  Left({{1, 7, 40, RowKind::kInsert, 40}});
  EXPECT_EQ(Watermark(40 * kSecond + 1), Rows{"1 7 40"});
  EXPECT_EQ(Watermark(INT64_MAX), Rows());
  EXPECT_EQ(VersionCount(), 1u);
}

TEST_P(TemporalJoinRows, WhatIsBehindItsOwnWatermarkIsLate) {
  ASSERT_NO_FATAL_FAILURE(Make("from: r, filter: v > 0"));
  Right({{1, 10, 10, RowKind::kInsert, 10}, {1, 11, 9, RowKind::kInsert, 10}});
  Left({{1, 1, 9, RowKind::kInsert, 9}, {1, 2, 12, RowKind::kInsert, 13}});
  EXPECT_EQ(WatermarkSeconds(20), Rows{"1 1 NULL"});
  EXPECT_EQ(LateRows(), 2u);
}

TEST_P(TemporalJoinRows, AKeyWithoutANewVersionIsForgottenWhenItsTimeIsOver) {
  ASSERT_NO_FATAL_FAILURE(Make("from: r, dedupe: {by: [k], keep: last}", ", state: {ttl: 10s}"));
  Right({{1, 10, 10}});
  Left({{1, 1, 11}});
  now_ += 9 * kSecond;
  EXPECT_EQ(WatermarkSeconds(20), Rows{"1 1 10"});
  Left({{1, 2, 21}});
  now_ += kSecond;
  EXPECT_EQ(WatermarkSeconds(30), Rows{"1 2 NULL"});
}

INSTANTIATE_TEST_SUITE_P(Chains, TemporalJoinRows, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

}  // namespace
}  // namespace flinkc
