// A compiled chain whose processing time is the test's own: rows are fed to it by hand.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/renderer.h"
#include "runtime/task/chain_executor.h"
#include "stdlib-operators/operators/registry.h"
#include "tests/exec/job_runner.h"

namespace flinkc {

class ClockChain {
 public:
  static constexpr int64_t kSecond = 1'000'000;
  static constexpr int64_t kStart = 1'700'000'000 * kSecond;

  // Of a spec that is one chain with one sink, whose columns are BIGINTs, as are those of its
  // source, which are not NULL.
  void Make(bool jit, const std::string& text) {
    Engine& engine = SharedEngine(jit);
    const SourceBuffer spec("spec.yaml", text);
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
    const Status opened = executor_->OpenOperators({.factory = MakeStdOperator}, kStart);
    ASSERT_TRUE(opened) << opened.error().message;
  }

  // What rows of key `k` give at `seconds` after the start: "+I 1 2 30", kind and columns.
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
    // Each loop of the chain fills the builder of the next.
    while (!executor_->is_drained()) {
      executor_->Flush();
      Advance();
    }
    return std::exchange(sink_.rows, {});
  }

  // What is to happen by then, happens.
  void PassTime(int64_t seconds) {
    executor_->PushTime(kStart + seconds * kSecond);
    Advance();
  }

  uint64_t RowCount(size_t state) { return executor_->state(state)->table()->row_count; }
  size_t warnings() const { return warnings_; }
  MemoryPool& memory() { return memory_; }
  ChainExecutor& executor() { return *executor_; }

 private:
  class RowsSink final : public SinkWriter {
   public:
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

  void Advance() {
    ExecutorState state;
    do {
      state = executor_->Advance();
    } while (state == ExecutorState::kBusy);
    ASSERT_EQ(state, ExecutorState::kReady);
  }

  MemoryPool memory_;
  size_t warnings_ = 0;
  std::shared_ptr<const CompiledChain> chain_;
  RowsSink sink_;
  SplitProgress progress_{INT64_MIN};
  std::unique_ptr<ChainExecutor> executor_;
};

}  // namespace flinkc
