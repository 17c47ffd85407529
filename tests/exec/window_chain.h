// Aggregates in windows as compiled chains, which are fed with rows, watermarks and the time by
// hand.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/renderer.h"
#include "runtime/task/chain_executor.h"
#include "tests/exec/job_runner.h"

namespace flinkc {

inline constexpr int64_t kMilli = 1'000;
inline constexpr int64_t kSecond = 1'000'000;
inline constexpr int64_t kStart = 1'700'000'000 * kSecond;
inline constexpr int64_t kOutOfOrder = 3 * kSecond;  // of the source

struct WindowEvent {
  int64_t key;
  int64_t time;
  int64_t value;
};

// Rows (k, at, v), an aggregate (k, window, n, s, d), a sink; the parameter: as machine code.
class WindowChainTest : public testing::TestWithParam<bool> {
 protected:
  // `window`: its value; `extra`: further keys of the aggregate. Without `retracts` the sink gets
  // upserts.
  void MakeChain(const std::string& window, const std::string& extra, bool retracts) {
    Engine& engine = SharedEngine(GetParam());
    const SourceBuffer spec(
        "spec.yaml",
        fmt::format("flinkc: 1\n"
                    "job: {{name: j}}\n"
                    "sources:\n"
                    "  in: {{connector: datagen, event_time: {{column: at, out_of_order: 3s}}, "
                    "schema: {{k: "
                    "BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL, v: BIGINT NOT NULL}}, "
                    "options: {{fields: {{k: {{kind: random}}, at: {{kind: random}}, v: {{kind: "
                    "random}}}}}}}}\n"
                    "streams:\n"
                    "  out:\n"
                    "    from: in\n"
                    "    aggregate: {{window: {}, by: [k], compute: {{n: count(*), s: sum(v), d: "
                    "count(DISTINCT v)}}{}}}\n"
                    "sinks:\n"
                    "  out: {{from: out, {}}}\n",
                    window, extra,
                    retracts ? "connector: console, format: json" : "connector: blackhole"));
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
    ASSERT_TRUE(compiled.has_value()) << RenderDiagnostics(log, {DiagnosticFormat::kText, false});
    const JobGraph& graph = compiled->chained.graph;
    ASSERT_EQ(graph.vertices.size(), 1u);
    Result<std::shared_ptr<const CompiledChain>> chain =
        engine.loader().Load(graph.vertices[0].chain_plan);
    ASSERT_TRUE(chain) << chain.error().message;
    executor_.reset();
    chain_ = *chain;
    ExecutorOptions options;
    options.chain = chain_;
    options.sinks = {&sink_};
    options.memory = &memory_;
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
    progress_ = {INT64_MIN};
    sink_.rows.clear();
  }

  void Advance() {
    ExecutorState state;
    do {
      state = executor_->Advance();
    } while (state == ExecutorState::kBusy);
    ASSERT_EQ(state, ExecutorState::kReady) << executor_->error().message;
  }

  // Updates pass a port between two loops.
  void Drain() {
    while (!executor_->is_drained()) {
      executor_->Flush();
      Advance();
    }
  }

  void Feed(const std::vector<WindowEvent>& events, int64_t now = kStart) {
    auto batch =
        std::make_shared<RecordBatch>(chain_->layout().heads[0].schema, 64, false, false, nullptr);
    const Schema& schema = chain_->layout().heads[0].schema;
    for (size_t i = 0; i < events.size(); ++i) {
      for (uint32_t column = 0; column < schema.size(); ++column) {
        batch->Values<int64_t>(column)[i] = schema[column].name == "k"    ? events[i].key
                                            : schema[column].name == "at" ? events[i].time
                                                                          : events[i].value;
      }
    }
    batch->set_row_count(static_cast<int32_t>(events.size()));
    executor_->PushBatch(std::move(batch), &progress_, now);
    Advance();
    Drain();
  }

  void Watermark(int64_t watermark, int64_t now = kStart) {
    executor_->PushWatermark(watermark, now);
    Advance();
  }

  // As a subtask does between two elements of its input.
  void Time(int64_t now) {
    if (executor_->next_time(now) > now) return;
    executor_->PushTime(now);
    Advance();
    Drain();
    EXPECT_GT(executor_->next_time(now), now);
  }

  std::vector<std::string> Rows() { return std::exchange(sink_.rows, {}); }

 private:
  class RowsSink final : public SinkWriter {
   public:
    // "+I 1 2 30": kind and columns, all 64 bits.
    Status Write(const BatchPtr& batch) override {
      static constexpr const char* kKinds[] = {"+I", "-U", "+U", "-D"};
      const bool has_kinds = batch->layout().row_kinds != nullptr;
      for (int32_t row = 0; row < batch->row_count(); ++row) {
        std::string text = has_kinds ? kKinds[static_cast<size_t>(batch->kind(row))] : "+I";
        for (size_t column = 0; column < batch->column_count(); ++column) {
          text += fmt::format(" {}", batch->Values<int64_t>(column)[row]);
        }
        rows.push_back(text);
      }
      return {};
    }
    std::vector<std::string> rows;
  };

 protected:
  MemoryPool memory_;
  std::shared_ptr<const CompiledChain> chain_;
  RowsSink sink_;
  SplitProgress progress_{INT64_MIN};
  std::unique_ptr<ChainExecutor> executor_;
};

}  // namespace flinkc
