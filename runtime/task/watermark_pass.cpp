// The way of a watermark, or of the time, through a chain: pipeline by pipeline, what it causes
// leaves before it.
#include <algorithm>
#include <cstring>

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
    if (layout.native) {
      const int64_t delay = pipelines_[pipeline].watermark_delay;
      const Step step = pass_->by_clock
                            ? AdvanceNativeTime(pipeline, pass_->watermark)
                            : AdvanceNativeWatermark(pipeline, HoldBack(pass_->watermark, delay));
      if (step != Step::kNothingToDo) return step;
    }
    for (uint32_t port : layout.ports) FlushPort(ports_[port]);
    ++pass_->pipeline;
    pass_->native_done = false;
    pass_->early_end = INT64_MIN;
    if (HasQueuedBatches()) return Step::kDidWork;
  }
  // Rows that no pipeline wrote: decode errors.
  Flush();
  if (HasQueuedBatches()) return Step::kDidWork;
  ResetCursors();
  for (Edge& edge : edges_) {
    if (pass_->by_clock) break;
    const int64_t watermark = HoldBack(pass_->watermark, edge.watermark_delay);
    if (watermark != kWatermarkNone) edge.partition.Broadcast(StreamElement::Watermark(watermark));
  }
  pass_.reset();
  return Step::kDidWork;
}

// One piece of emitting what the watermark closes; kNothingToDo: there is nothing left.
ChainExecutor::Step ChainExecutor::AdvanceFiring(uint32_t pipeline) {
  const uint32_t state_index = layout_.pipelines[pipeline].input_index;
  if (!pass_->firing && !BeginFiring(pipeline)) {
    return failed_ ? Step::kFailed : Step::kNothingToDo;
  }
  Firing& firing = *pass_->firing;
  if (firing.into != nullptr && firing.merged < firing.parts.size()) {
    return MergeNextPart(state_index);
  }
  if (!HasRoomFor(pipeline)) return Step::kNoRoom;
  KeyedTable* table = firing.into != nullptr ? firing.into : firing.parts[0];
  if (firing.window_end) {
    context_.window_end = *firing.window_end;
    context_.window_begin = states_[state_index].keyed->windows()->WindowBegin(*firing.window_end);
  }
  if (table->row_count != 0) firing.next_row = Run(pipeline, table, firing.next_row, nullptr);
  if (failed_) return Step::kFailed;
  if (firing.next_row < static_cast<int64_t>(table->row_count)) return Step::kDidWork;
  if (firing.early && firing.scratch != nullptr && WriteBack(state_index) == Step::kFailed) {
    return Step::kFailed;
  }
  if (++firing.range < firing.ranges.size()) {
    firing.scratch->Clear(firing.scratch->row_count);
    firing.merged = 0;
    firing.next_row = 0;
    return Step::kDidWork;
  }
  EndFiring(pipeline);
  return Step::kDidWork;
}

// The rows of the next part, all or those of the range, into the scratch table.
ChainExecutor::Step ChainExecutor::MergeNextPart(uint32_t state_index) {
  const StateLayout& layout = layout_.states[state_index];
  Firing& firing = *pass_->firing;
  MemoryTable* part = firing.parts[firing.merged++];
  if (!firing.ranges.empty()) {
    const uint64_t first = firing.range == 0 ? 0 : firing.ranges[firing.range - 1] + 1;
    MemoryTable* to = firing.loaded != nullptr ? firing.loaded.get() : firing.scratch.get();
    if (firing.loaded != nullptr) to->Clear(to->row_count);
    if (Status copied = part->CopyRange(first, firing.ranges[firing.range], to); !copied) {
      return Fail(std::move(copied).error());
    }
    if (firing.early) FindChanged(state_index, &firing);
    if (firing.loaded == nullptr) return Step::kDidWork;
    part = to;
  }
  const MergeInput merge{firing.into, part};
  const int64_t rows = static_cast<int64_t>(merge.from->row_count);
  int64_t next = 0;
  while (next < rows && next != kPipelineFailed) {
    next = chain_->Run(*layout.merge_function, &context_, &merge, next);
  }
  if (next == kPipelineFailed && !failed_) return Fail(MemoryLimitError(layout.state_id));
  return failed_ ? Step::kFailed : Step::kDidWork;
}

// The last hashes of ranges of which each has few enough rows to be merged at once.
std::vector<uint64_t> ChainExecutor::HashRanges(const std::vector<MemoryTable*>& parts) const {
  if (std::ranges::all_of(parts, [](MemoryTable* part) { return part->is_dense(); })) return {};
  uint64_t bytes = 0;
  for (const MemoryTable* part : parts) bytes += part->EstimateBytes();
  const uint64_t count =
      std::clamp<uint64_t>(bytes / std::max<uint64_t>(store_->cache_bytes() / 4, 1), 1, 1 << 16);
  const auto first_hash = [this](uint64_t group) {
    return ((group << 32) + key_groups_.max_parallelism - 1) / key_groups_.max_parallelism << 32;
  };
  const uint64_t begin = first_hash(key_groups_.first);
  const uint64_t end = key_groups_.last + 1 == key_groups_.max_parallelism
                           ? UINT64_MAX
                           : first_hash(uint64_t{key_groups_.last} + 1);
  std::vector<uint64_t> ranges;
  for (uint64_t i = 1; i < count; ++i) ranges.push_back(begin + (end - begin) / count * i);
  ranges.push_back(UINT64_MAX);
  return ranges;
}

// How far the time has come by which the state's windows go; nothing: the pass does not say.
std::optional<int64_t> ChainExecutor::ProgressOf(uint32_t state) const {
  if (!layout_.states[state].window->processing_time) {
    if (pass_->by_clock) return std::nullopt;
    return HoldBack(pass_->watermark, states_[state].watermark_delay);
  }
  // What has been read when the input ends is not lost: docs/deviations.md.
  if (pass_->by_clock || pass_->watermark == kWatermarkFinal) return pass_->watermark;
  return std::nullopt;
}

bool ChainExecutor::BeginFiring(uint32_t pipeline) {
  const uint32_t state_index = layout_.pipelines[pipeline].input_index;
  const StateLayout& layout = layout_.states[state_index];
  State& state = states_[state_index];
  Firing firing;
  if (state.keyed->sessions() != nullptr) {
    if (!BeginSessionFiring(state_index, &firing)) return false;
  } else if (state.keyed->changing_sessions() != nullptr) {
    if (!BeginChangingSessions(state_index, &firing)) return false;
  } else if (state.keyed->windows() != nullptr) {
    if (!BeginEarly(state_index, &firing) && !BeginWindow(state_index, &firing)) return false;
  } else {
    if (!layout.emit_at_end || pass_->by_clock || pass_->watermark != kWatermarkFinal ||
        state.emitted) {
      return false;
    }
    state.emitted = true;
    firing.parts.push_back(state.keyed->table());
    firing.ranges = HashRanges(firing.parts);
    if (!firing.ranges.empty()) firing.scratch = std::make_unique<MemoryTable>(layout, memory_);
    firing.into = firing.scratch.get();
  }
  pass_->firing = std::move(firing);
  return true;
}

bool ChainExecutor::IsEarlyDue(uint32_t state) const {
  return layout_.states[state].window->early_micros != 0 && pass_->by_clock &&
         states_[state].next_early_micros <= pass_->watermark;
}

// The next window whose results so far are due.
bool ChainExecutor::BeginEarly(uint32_t state_index, Firing* firing) {
  const WindowLayout& window = *layout_.states[state_index].window;
  State& state = states_[state_index];
  if (!IsEarlyDue(state_index)) return false;
  WindowState& windows = *state.keyed->windows();
  firing->window_end = windows.NextOpen(pass_->early_end);
  if (!firing->window_end) {
    state.next_early_micros = NextMultiple(pass_->watermark, window.early_micros);
    return false;
  }
  pass_->early_end = *firing->window_end;
  firing->early = true;
  firing->parts = windows.TablesOf(*firing->window_end);
  firing->ranges = HashRanges(firing->parts);
  if (firing->ranges.empty()) {
    firing->parts[0]->TouchAll();
  } else {
    firing->scratch = windows.TakeMergeTable();
    firing->into = firing->scratch.get();
  }
  return true;
}

// The rows of the scratch table that are about to be emitted.
void ChainExecutor::FindChanged(uint32_t state, Firing* firing) const {
  const uint32_t flags_offset = layout_.states[state].schema.accumulators.at(0).offset;
  firing->changed.clear();
  firing->scratch->ForEachRow([&](uint64_t row) {
    int64_t flags;
    std::memcpy(&flags, firing->scratch->Row(row) + flags_offset, sizeof(flags));
    if ((flags & kRowChanged) != 0) firing->changed.push_back(row);
  });
}

// What the loop noted in copies of the rows is for the rows themselves.
ChainExecutor::Step ChainExecutor::WriteBack(uint32_t state) {
  Firing& firing = *pass_->firing;
  MemoryTable& table = *firing.parts[0];
  for (const uint64_t changed : firing.changed) {
    const char* const from = firing.scratch->Row(changed);
    uint64_t hash;
    std::memcpy(&hash, from, sizeof(hash));
    char* row = nullptr;
    if (FindOrInsert(&table, hash, from + KeyedTable::kHashBytes, table.key_bytes, &row) ==
            ProbeResult::kMemoryLimit ||
        table.ReplaceRow(row, from) == ProbeResult::kMemoryLimit) {
      return Fail(store_->error() ? *store_->error()
                                  : MemoryLimitError(layout_.states[state].state_id));
    }
  }
  return Step::kDidWork;
}

// The next window that is over.
bool ChainExecutor::BeginWindow(uint32_t state_index, Firing* firing) {
  const StateLayout& layout = layout_.states[state_index];
  const std::optional<int64_t> progress = ProgressOf(state_index);
  if (!progress) return false;
  WindowState& windows = *states_[state_index].keyed->windows();
  firing->window_end = windows.NextToFire(*progress);
  // Of these every result has left.
  while (layout.window->each_row && firing->window_end) {
    windows.Fired(*firing->window_end);
    firing->window_end = windows.NextToFire(*progress);
  }
  if (!firing->window_end) return false;
  firing->into = windows.CumulationOf(*firing->window_end);
  firing->parts = windows.TablesOf(*firing->window_end);
  std::erase(firing->parts, firing->into);
  firing->ranges = HashRanges(firing->parts);
  if (layout.window->early_micros != 0 && firing->ranges.empty()) firing->parts[0]->TouchAll();
  CHECK(firing->parts.size() < 2 || layout.merge_function.has_value());
  if (firing->into == nullptr && (firing->parts.size() > 1 || !firing->ranges.empty())) {
    firing->scratch = windows.TakeMergeTable();
    firing->into = firing->scratch.get();
  }
  if (firing->parts.size() > 1 && !firing->ranges.empty()) {
    firing->loaded = std::make_unique<MemoryTable>(layout, memory_);
  }
  return true;
}

bool ChainExecutor::BeginSessionFiring(uint32_t state, Firing* firing) {
  const std::optional<int64_t> progress = ProgressOf(state);
  if (!progress) return false;
  Result<MemoryTable*> closed = states_[state].keyed->sessions()->TakeClosed(*progress);
  if (!closed) {
    Fail(std::move(closed).error());
    return false;
  }
  firing->into = *closed;
  return *closed != nullptr;
}

// Sessions whose results so far are due, or those that the watermark has reached.
bool ChainExecutor::BeginChangingSessions(uint32_t state, Firing* firing) {
  ChangingSessions& sessions = *states_[state].keyed->changing_sessions();
  const bool is_early = IsEarlyDue(state);
  const std::optional<int64_t> progress = ProgressOf(state);
  if (!is_early && !progress) return false;
  Result<MemoryTable*> rows = is_early ? sessions.TakeChanged() : sessions.TakeDue(*progress);
  if (!rows) {
    Fail(std::move(rows).error());
    return false;
  }
  firing->into = *rows;
  if (is_early && *rows == nullptr) {
    states_[state].next_early_micros =
        NextMultiple(pass_->watermark, layout_.states[state].window->early_micros);
  }
  return *rows != nullptr;
}

void ChainExecutor::EndFiring(uint32_t pipeline) {
  const uint32_t state_index = layout_.pipelines[pipeline].input_index;
  Firing& firing = *pass_->firing;
  if (firing.early) {
    if (firing.scratch != nullptr) {
      states_[state_index].keyed->windows()->GiveBackMergeTable(std::move(firing.scratch));
    }
  } else if (firing.window_end) {
    WindowState& windows = *states_[state_index].keyed->windows();
    if (firing.scratch != nullptr) {
      windows.GiveBackMergeTable(std::move(firing.scratch));
    } else if (firing.into != nullptr) {
      windows.Cumulated(*firing.window_end);
    }
    windows.Fired(*firing.window_end);
    chain_states_[state_index].slice = {};
  }
  pass_->firing.reset();
}

}  // namespace flinkc
