// An executor over a FakeChain, with collecting sinks and channels that the test reads.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "runtime/task/chain_executor.h"
#include "tests/unit/runtime/task/fake_chain.h"

namespace flinkc {

class ExecutorFixture : public testing::Test {
 protected:
  struct Edge {
    Partitioning partitioning;
    std::vector<std::shared_ptr<Channel>> channels;
  };

  void Make(const std::vector<Edge>& edges = {}, MemoryPool* memory = nullptr) {
    ExecutorOptions options;
    options.chain = chain_;
    options.memory = memory;
    for (const Edge& edge : edges) {
      options.partitionings.push_back(edge.partitioning);
      options.partitions.emplace_back(edge.channels);
    }
    for (size_t i = 0; i < chain_->layout_.sinks.size(); ++i) {
      sinks_.push_back(std::make_unique<CollectingSink>());
      options.sinks.push_back(sinks_.back().get());
    }
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
  }

  // Until the executor is ready or cannot go on.
  ExecutorState Advance() {
    ExecutorState state;
    do {
      state = executor_->Advance();
    } while (state == ExecutorState::kBusy);
    return state;
  }
  // Gives a batch and works it off.
  ExecutorState Feed(BatchPtr batch, SplitProgress* progress = nullptr) {
    executor_->PushBatch(std::move(batch), progress, 0);
    return Advance();
  }
  ExecutorState Watermark(int64_t watermark) {
    executor_->PushWatermark(watermark, 0);
    return Advance();
  }

  static std::shared_ptr<Channel> MakeChannel(uint32_t capacity) {
    return std::make_shared<Channel>(nullptr, nullptr, capacity);
  }
  static std::vector<Row> Numbers(int64_t from, int64_t to) {
    std::vector<Row> rows;
    for (int64_t i = from; i < to; ++i) rows.push_back({i});
    return rows;
  }

  std::optional<MemoryPool> memory_;  // outlives what is accounted to it
  const Schema number_ = IntegerSchema({"n"});
  std::shared_ptr<FakeChain> chain_ = std::make_shared<FakeChain>();
  std::vector<std::unique_ptr<CollectingSink>> sinks_;
  std::unique_ptr<ChainExecutor> executor_;
};

}  // namespace flinkc
