// The open batches of one output port of a chain, one a channel, and what makes fresh ones. Knows
// which rows of each were written by the current run of a pipeline, since those rows show views
// into that run's input and arena.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/abi/chain_context.h"
#include "runtime/data/record_batch.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// The worker of the chain only.
class PortBuilders {
 public:
  // `layout` and `memory` must outlive the builders.
  PortBuilders(const PortLayout& layout, uint32_t channel_count, uint32_t max_parallelism,
               MemoryPool* memory);

  // As generated code sees it; valid as long as this object.
  OutputPort abi() {
    return {layouts_.data(), static_cast<uint32_t>(layouts_.size()), max_parallelism_,
            layout_.fold ? &fold_ : nullptr, layout_.local ? &local_ : nullptr};
  }
  const PortLayout& layout() const { return layout_; }
  uint32_t channel_count() const { return static_cast<uint32_t>(builders_.size()); }
  RecordBatch& builder(uint32_t channel) { return *builders_[channel]; }
  // No row waits to be handed on.
  bool is_empty() const;
  // Where its builder is found after each Take, too.
  const BatchPtr* open(uint32_t channel) const { return &builders_[channel]; }

  // The batch of a channel, without the rows that were dropped from it; a fresh one takes its
  // place.
  BatchPtr Take(uint32_t channel);
  // With FoldLayout: the current run has written views over those of earlier runs.
  bool was_rewritten() const { return fold_.rewritten != 0; }

  void BeginRun();
  // Rows of the channel's builder from here on were written by the current run.
  int32_t run_start(uint32_t channel) const { return run_starts_[channel]; }
  // Rows written by the current run that are still here.
  int64_t RowsOfRun() const;
  // About how many bytes outside of the batch those rows show.
  size_t EstimateViewBytesOfRun() const;
  // Columns whose values may point outside of the batch: to bytes of the run's input, or of the
  // output arena. Accumulators are in that arena alone.
  const std::vector<uint32_t>& view_columns() const { return view_columns_; }
  bool has_views() const { return !view_columns_.empty() || layout_.local; }

 private:
  // Constant after construction.
  const PortLayout& layout_;
  const uint32_t max_parallelism_;
  std::vector<uint32_t> view_columns_;
  // By channel.
  BatchPool pool_;
  std::vector<BatchPtr> builders_;
  std::vector<BatchLayout*> layouts_;
  std::vector<int32_t> run_starts_;
  // With FoldLayout.
  FoldSlots fold_{};
  std::vector<FoldSlot> fold_slots_;
  // With LocalAggregateLayout.
  LocalSlots local_{};
  std::vector<LocalSlot> local_slots_;
  std::vector<uint32_t> local_batches_;  // by channel
};

}  // namespace flinkc
