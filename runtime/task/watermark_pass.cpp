// The way of a watermark through a chain: pipeline by pipeline, what it causes leaves before it.
#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/task/chain_executor.h"

namespace flinkc {

namespace {

int64_t HoldBack(int64_t watermark, int64_t delay) {
  if (watermark == kWatermarkFinal || watermark < kWatermarkNone + delay) return watermark;
  return watermark - delay;
}

}  // namespace

// Called when no pipeline has queued input: what stands before the pass's pipeline is worked off.
ChainExecutor::Step ChainExecutor::AdvanceWatermark() {
  while (pass_->pipeline < layout_.pipelines.size()) {
    const uint32_t pipeline = static_cast<uint32_t>(pass_->pipeline);
    const PipelineLayout& layout = layout_.pipelines[pipeline];
    if (layout.input == PipelineInput::kState) {
      const Step step = AdvanceFiring(pipeline);
      if (step != Step::kNothingToDo) return step;
    }
    for (uint32_t port : layout.ports) FlushPort(ports_[port]);
    ++pass_->pipeline;
    if (HasQueuedBatches()) return Step::kDidWork;
  }
  // Rows that no pipeline wrote: decode errors.
  Flush();
  if (HasQueuedBatches()) return Step::kDidWork;
  for (ChainState& state : chain_states_) state.slice = {};
  for (Edge& edge : edges_) {
    const int64_t watermark = HoldBack(pass_->watermark, edge.watermark_delay);
    if (watermark != kWatermarkNone) edge.partition.Broadcast(StreamElement::Watermark(watermark));
  }
  pass_.reset();
  return Step::kDidWork;
}

// One piece of emitting what the watermark closes; kNothingToDo: there is nothing left.
ChainExecutor::Step ChainExecutor::AdvanceFiring(uint32_t pipeline) {
  const uint32_t state_index = layout_.pipelines[pipeline].input_index;
  if (!pass_->firing && !BeginFiring(pipeline)) return Step::kNothingToDo;
  Firing& firing = *pass_->firing;
  if (firing.scratch != nullptr && firing.merged < firing.parts.size()) {
    const MergeInput merge{firing.scratch.get(), firing.parts[firing.merged++]};
    const int64_t rows = static_cast<int64_t>(merge.from->row_count);
    int64_t next = 0;
    while (next < rows && next != kPipelineFailed) {
      next = chain_->Run(*layout_.states[state_index].merge_function, &context_, &merge, next);
    }
    if (next == kPipelineFailed && !failed_) {
      return Fail(MemoryLimitError(layout_.states[state_index].state_id));
    }
    return failed_ ? Step::kFailed : Step::kDidWork;
  }
  if (!HasRoomFor(pipeline)) return Step::kNoRoom;
  KeyedTable* table = firing.scratch != nullptr ? firing.scratch.get() : firing.parts[0];
  if (firing.window_end) {
    context_.window_end = *firing.window_end;
    context_.window_begin = states_[state_index].keyed->windows()->WindowBegin(*firing.window_end);
  }
  firing.next_row = Run(pipeline, table, firing.next_row, nullptr);
  if (failed_) return Step::kFailed;
  if (firing.next_row >= static_cast<int64_t>(table->row_count)) EndFiring(pipeline);
  return Step::kDidWork;
}

bool ChainExecutor::BeginFiring(uint32_t pipeline) {
  const uint32_t state_index = layout_.pipelines[pipeline].input_index;
  const StateLayout& layout = layout_.states[state_index];
  State& state = states_[state_index];
  Firing firing;
  if (state.keyed->windows() == nullptr) {
    if (!layout.emit_at_end || pass_->watermark != kWatermarkFinal || state.emitted) return false;
    state.emitted = true;
    firing.parts.push_back(state.keyed->table());
  } else {
    firing.window_end =
        state.keyed->windows()->NextToFire(HoldBack(pass_->watermark, state.watermark_delay));
    if (!firing.window_end) return false;
    firing.parts = state.keyed->windows()->TablesOf(*firing.window_end);
    if (firing.parts.size() > 1) {
      CHECK(layout.merge_function.has_value());
      firing.scratch = state.keyed->windows()->TakeMergeTable();
    }
  }
  pass_->firing = std::move(firing);
  return true;
}

void ChainExecutor::EndFiring(uint32_t pipeline) {
  const uint32_t state_index = layout_.pipelines[pipeline].input_index;
  Firing& firing = *pass_->firing;
  if (firing.window_end) {
    WindowState& windows = *states_[state_index].keyed->windows();
    if (firing.scratch != nullptr) windows.GiveBackMergeTable(std::move(firing.scratch));
    windows.Fired(*firing.window_end);
    chain_states_[state_index].slice = {};
  }
  pass_->firing.reset();
}

}  // namespace flinkc
