#include "runtime/task/chain_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Batches that wait for one consumer before its producers stop.
constexpr size_t kQueuedBatchesMax = 2;
// A batch may pin this many times the bytes that its views show; little is not worth a copy.
constexpr int64_t kPinnedTimesMax = 4;
constexpr size_t kPinnedBytesMin = 64 * 1024;
// About how long rows wait for others of their group, as Flink's execution.buffer-timeout.
constexpr int64_t kLocalLatencyMicros = 100'000;
// Runs in one Advance, so that a cancel is not kept waiting.
constexpr int kRunsMax = 64;

}  // namespace

ChainExecutor::ChainExecutor(ExecutorOptions options)
    : chain_(std::move(options.chain)),
      layout_(chain_->layout()),
      memory_(options.memory),
      key_groups_(options.key_groups),
      store_(std::move(options.store)) {
  CHECK(options.sinks.size() == layout_.sinks.size());
  CHECK(options.partitions.size() == options.partitionings.size());
  arena_.emplace(&context_.kernel, memory_);
  for (SinkWriter* writer : options.sinks) sinks_.push_back({writer, {}});
  for (size_t i = 0; i < options.partitions.size(); ++i) {
    edges_.push_back({options.partitionings[i], std::move(options.partitions[i])});
  }
  pipelines_.resize(layout_.pipelines.size());
  head_pipelines_.resize(layout_.heads.size());
  for (uint32_t i = 0; i < layout_.pipelines.size(); ++i) {
    const PipelineLayout& pipeline = layout_.pipelines[i];
    if (pipeline.input == PipelineInput::kHead) head_pipelines_[pipeline.input_index].push_back(i);
  }
  counters_.resize(layout_.counters.size());
  step_errors_.resize(layout_.steps.size());

  BuildPorts(options.max_parallelism);
  BuildStates(options.store_numbers);
  ComputeWatermarkDelays();
  context_.executor = this;
  context_.ports = output_ports_.data();
  context_.states = chain_states_.data();
  context_.split = &no_progress_;
  context_.counters = counters_.data();
  UseCode(chain_.get());
}

void ChainExecutor::UseCode(const CompiledChain* code) {
  code_ = code;
  context_.kernel.function_states = code->function_states();
}

void ChainExecutor::AddTap(uint32_t tap, std::shared_ptr<const CompiledChain> probed,
                           std::shared_ptr<RowTap> rows) {
  taps_->Add(tap, std::move(rows));
  if (!taps_->needs_probes() || probed == nullptr) return;
  UseCode(probed.get());
  probed_ = std::move(probed);
}

ChainExecutor::~ChainExecutor() = default;

void ChainExecutor::BuildPorts(uint32_t max_parallelism) {
  for (const PortLayout& port_layout : layout_.ports) {
    uint32_t channels = 1;
    if (port_layout.target == PortTarget::kEdge) {
      CHECK(port_layout.target_index < edges_.size());
      const Edge& edge = edges_[port_layout.target_index];
      if (edge.partitioning == Partitioning::kHash) channels = edge.partition.channel_count();
    }
    Port port;
    port.builders = std::make_unique<PortBuilders>(port_layout, channels, max_parallelism, memory_);
    const uint32_t index = static_cast<uint32_t>(ports_.size());
    for (uint32_t i = 0; i < layout_.pipelines.size(); ++i) {
      const PipelineLayout& reader = layout_.pipelines[i];
      if (reader.input == PipelineInput::kPort && reader.input_index == index) {
        port.readers.push_back(i);
      }
    }
    output_ports_.push_back(port.builders->abi());
    ports_.push_back(std::move(port));
  }
  output_ports_.resize(ports_.size() + layout_.taps.size());
  taps_.emplace(layout_, std::span(output_ports_).subspan(ports_.size()), memory_);
}

void ChainExecutor::BuildStates(const std::vector<uint16_t>& store_numbers) {
  chain_states_.resize(layout_.states.size());
  for (size_t i = 0; i < layout_.states.size(); ++i) {
    State state;
    const uint16_t number = store_numbers.empty() ? static_cast<uint16_t>(i) : store_numbers[i];
    state.keyed = std::make_unique<OperatorState>(layout_.states[i], memory_, store_.get(), number);
    state.key_columns = KeyColumnsOf(i, *state.keyed);
    if (ChangingSessions* const sessions = state.keyed->changing_sessions()) {
      sessions->SetMerge([this, i](StateHeap* heap, char* into, const char* from) {
        return MergeStateRows(i, heap, into, from);
      });
    }
    chain_states_[i].table = state.keyed->table();
    chain_states_[i].watermark = INT64_MIN;
    states_.push_back(std::move(state));
  }
}

// Where the keys of a state before a store can be told from what comes in through a head.
std::optional<KeyColumns> ChainExecutor::KeyColumnsOf(size_t state, OperatorState& keyed) const {
  if (keyed.table() == nullptr || !keyed.table()->has_store()) return std::nullopt;
  for (const PipelineLayout& pipeline : layout_.pipelines) {
    if (pipeline.input != PipelineInput::kHead ||
        std::ranges::find(pipeline.states, state) == pipeline.states.end()) {
      continue;
    }
    const HeadLayout& head = layout_.heads[pipeline.input_index];
    if (head.key_hashes) return KeyColumns::Find(layout_.states[state].schema, head.schema);
  }
  return std::nullopt;
}

// A window that waits for late rows emits rows whose time lies up to its lateness behind the
// watermark; what follows sees the watermark that much later, so that those rows are not late
// there.
void ChainExecutor::ComputeWatermarkDelays() {
  std::vector<int64_t> port_delays(layout_.ports.size(), 0);
  for (size_t i = 0; i < layout_.pipelines.size(); ++i) {
    const PipelineLayout& pipeline = layout_.pipelines[i];
    int64_t delay = 0;
    if (pipeline.input == PipelineInput::kPort) delay = port_delays[pipeline.input_index];
    if (pipeline.input == PipelineInput::kState) {
      const std::optional<WindowLayout>& window = layout_.states[pipeline.input_index].window;
      delay =
          states_[pipeline.input_index].watermark_delay + (window ? window->lateness_micros : 0);
    }
    pipelines_[i].watermark_delay = delay;
    if (pipeline.native) delay += layout_.natives[pipeline.native->op].watermark_delay_micros;
    for (uint32_t port : pipeline.ports) port_delays[port] = std::max(port_delays[port], delay);
    for (uint32_t state : pipeline.states) {
      states_[state].watermark_delay = std::max(states_[state].watermark_delay, delay);
    }
  }
  for (size_t i = 0; i < layout_.ports.size(); ++i) {
    if (layout_.ports[i].target != PortTarget::kEdge) continue;
    int64_t& delay = edges_[layout_.ports[i].target_index].watermark_delay;
    delay = std::max(delay, port_delays[i]);
  }
}

void ChainExecutor::PushBatch(BatchPtr batch, SplitProgress* progress, int64_t now_micros,
                              uint32_t head) {
  context_.kernel.now_micros = now_micros;
  FlushOverdue(now_micros);
  const std::vector<uint32_t>& readers = head_pipelines_[head];
  for (size_t i = 0; i < readers.size(); ++i) {
    pipelines_[readers[i]].queue.push_back(
        {batch, 0, progress == nullptr ? nullptr : progress + i});
  }
}

int64_t ChainExecutor::ForgetExpired(int64_t now_micros) {
  if (now_micros < forget_at_micros_) return forget_at_micros_;
  constexpr int64_t kPeriodMicrosMin = 20'000;
  constexpr int64_t kPeriodMicrosMax = 10'000'000;
  constexpr uint64_t kChunksMax = 64;  // about a millisecond
  forget_at_micros_ = INT64_MAX;
  for (size_t i = 0; i < states_.size(); ++i) {
    const int64_t ttl = layout_.states[i].ttl_micros;
    if (ttl == 0) continue;
    State& state = states_[i];
    MemoryTable& table = *state.keyed->table();
    const uint64_t chunks_in_all = table.chunk_count() + table.EstimateStoredChunks();
    const int64_t micros_a_chunk =
        ttl / 2 / static_cast<int64_t>(std::max<uint64_t>(chunks_in_all, 1));
    const int64_t period = std::clamp(micros_a_chunk, kPeriodMicrosMin, kPeriodMicrosMax);
    forget_at_micros_ = std::min(forget_at_micros_, now_micros + period);
    const uint64_t chunks = std::min<uint64_t>(
        static_cast<uint64_t>(period / std::max<int64_t>(micros_a_chunk, 1)) + 1, kChunksMax);
    for (uint64_t n = 0; n < chunks && chunks_in_all > 0; ++n) {
      if (state.next_is_stored) {
        state.next_is_stored = table.RemoveExpiredStored(now_micros);
        continue;
      }
      if (table.chunk_count() > 0) {
        // From the end, so that rows move into places that are still to come.
        if (state.next_chunk == 0) state.next_chunk = table.chunk_count();
        state.next_chunk = std::min(state.next_chunk, table.chunk_count()) - 1;
        table.RemoveExpired(state.next_chunk, now_micros);
      }
      state.next_is_stored = state.next_chunk == 0 && table.has_stored();
    }
  }
  return forget_at_micros_;
}

void ChainExecutor::PushWatermark(int64_t watermark, int64_t now_micros) {
  DCHECK(!pass_);
  context_.kernel.now_micros = now_micros;
  pass_ = WatermarkPass{false, watermark, 0, std::nullopt};
}

int64_t ChainExecutor::next_time(int64_t now_micros) {
  int64_t next = INT64_MAX;
  for (const Native& native : natives_) next = std::min(next, native.op->next_time());
  for (size_t i = 0; i < states_.size(); ++i) {
    const std::optional<WindowLayout>& window = layout_.states[i].window;
    if (!window) continue;
    OperatorState& state = *states_[i].keyed;
    if (window->early_micros != 0) {
      int64_t& early = states_[i].next_early_micros;
      const bool is_idle = state.windows() != nullptr ? state.windows()->table_count() == 0
                                                      : !state.changing_sessions()->has_changed();
      if (is_idle)
        early = INT64_MAX;
      else if (early == INT64_MAX)
        early = NextMultiple(now_micros, window->early_micros);
      next = std::min(next, early);
    } else if (window->processing_time) {
      next = std::min(next, state.windows() != nullptr ? state.windows()->next_close()
                                                       : state.sessions()->next_close());
    }
  }
  return next;
}

void ChainExecutor::PushTime(int64_t now_micros) {
  DCHECK(!pass_);
  context_.kernel.now_micros = now_micros;
  pass_ = WatermarkPass{true, now_micros, 0, std::nullopt};
}

void ChainExecutor::PushIdle() {
  Flush();
  for (Edge& edge : edges_) edge.partition.Broadcast(StreamElement::Idle());
}

void ChainExecutor::OnInFlightRead() {
  for (State& state : states_) state.keyed->OnInFlightRead();
  ResetCursors();
}

void ChainExecutor::PushEnd() {
  Flush();
  for (Edge& edge : edges_) edge.partition.Broadcast(StreamElement::End());
}

void ChainExecutor::Flush() {
  for (Port& port : ports_) FlushPort(port);
}

ExecutorState ChainExecutor::Advance() {
  progressed_ = false;
  for (int runs = 0; runs < kRunsMax; ++runs) {
    switch (AdvanceOnce()) {
      case Step::kDidWork:
        progressed_ = true;
        break;
      case Step::kNothingToDo:
        return barrier_ ? ExecutorState::kAtBarrier : ExecutorState::kReady;
      case Step::kNoRoom:
        return ExecutorState::kBlocked;
      case Step::kFailed:
        return ExecutorState::kFailed;
    }
  }
  return ExecutorState::kBusy;
}

ChainExecutor::Step ChainExecutor::AdvanceOnce() {
  if (failed_) return Step::kFailed;
  if (memory_ != nullptr && memory_->over_limit()) {
    return Fail(MemoryLimitError(layout_.name));
  }
  if (store_ != nullptr && TrimStore() == Step::kFailed) return Step::kFailed;
  const Step outputs = DrainOutputs();
  if (outputs == Step::kFailed) return outputs;
  if (outputs == Step::kDidWork) progressed_ = true;
  const Step queued = RunQueued();
  if (queued != Step::kNothingToDo) return queued;
  if (pass_) return AdvanceWatermark();
  if (barrier_) return AdvanceBarrier();
  // A full output is not ready for the next batch.
  return outputs == Step::kNoRoom && !overflows_ ? outputs : Step::kNothingToDo;
}

// Between two runs, when no generated code holds a row.
ChainExecutor::Step ChainExecutor::TrimStore() {
  if (store_->error()) return Fail(*store_->error());
  if (Status trimmed = store_->Trim(); !trimmed) return Fail(std::move(trimmed).error());
  return Step::kDidWork;
}

ChainExecutor::Step ChainExecutor::DrainOutputs() {
  Step step = Step::kNothingToDo;
  bool waits = false;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    Sink& sink = sinks_[i];
    while (!sink.queue.empty() && sink.writer->HasRoom()) {
      const Status written = sink.writer->Write(sink.queue.front());
      if (!written) {
        return Fail(Error(written.error())
                        .WithContext(fmt::format("sink `{}`", layout_.sinks[i].descriptor.name)));
      }
      sink.queue.pop_front();
      step = Step::kDidWork;
    }
    waits |= !sink.queue.empty();
  }
  for (Edge& edge : edges_) {
    if (edge.partition.Drain()) step = Step::kDidWork;
    waits |= !edge.partition.is_drained();
  }
  return waits ? Step::kNoRoom : step;
}

// The deepest loop that has input and room for what it writes.
ChainExecutor::Step ChainExecutor::RunQueued() {
  bool waits = false;
  for (size_t i = pipelines_.size(); i > 0; --i) {
    const uint32_t pipeline = static_cast<uint32_t>(i - 1);
    std::deque<QueuedBatch>& queue = pipelines_[pipeline].queue;
    if (queue.empty()) continue;
    if (!HasRoomFor(pipeline)) {
      waits = true;
      continue;
    }
    return RunPipeline(pipeline, queue.front());
  }
  return waits ? Step::kNoRoom : Step::kNothingToDo;
}

ChainExecutor::Step ChainExecutor::RunPipeline(uint32_t pipeline, QueuedBatch& input) {
  const PipelineLayout& layout = layout_.pipelines[pipeline];
  run_batch_ = input.batch.get();
  run_schema_ = layout.input == PipelineInput::kHead ? &layout_.heads[layout.input_index].schema
                                                     : &layout_.ports[layout.input_index].schema;
  const bool may_fetch =
      layout.input == PipelineInput::kHead && !layout.native && store_ != nullptr;
  if (may_fetch && input.next_row == 0) {
    if (Status fetched = FetchRows(pipeline, *run_batch_); !fetched) {
      return Fail(std::move(fetched).error());
    }
  }
  const int64_t next = layout.native
                           ? RunNative(pipeline, input)
                           : Run(pipeline, &run_batch_->layout(), input.next_row, input.progress);
  run_batch_ = nullptr;
  if (failed_) return Step::kFailed;
  input.next_row = next;
  if (next < input.batch->row_count()) return Step::kDidWork;
  if (may_fetch) ForgetFetched(pipeline, *input.batch);
  pipelines_[pipeline].queue.pop_front();
  return Step::kDidWork;
}

// What the loop will not find in memory, if that is most of it: a store gives many rows at once for
// less than one after the other.
Status ChainExecutor::FetchRows(uint32_t pipeline, const RecordBatch& batch) {
  for (const uint32_t index : layout_.pipelines[pipeline].states) {
    State& state = states_[index];
    if (!state.key_columns || batch.layout().key_hashes == nullptr) continue;
    MemoryTable& table = *state.keyed->table();
    state.lookups = table.lookups();
    if (!state.fetches) continue;
    RETURN_IF_ERROR(
        table.Prefetch({batch.layout().key_hashes, static_cast<size_t>(batch.row_count())},
                       [&](size_t row, char* key) {
                         state.key_columns->Write(batch, static_cast<int32_t>(row), key);
                       }));
  }
  return {};
}

void ChainExecutor::ForgetFetched(uint32_t pipeline, const RecordBatch& batch) {
  constexpr uint64_t kRowsALookup = 8;
  for (const uint32_t index : layout_.pipelines[pipeline].states) {
    State& state = states_[index];
    if (!state.key_columns) continue;
    MemoryTable& table = *state.keyed->table();
    table.ForgetPrefetched();
    state.fetches =
        (table.lookups() - state.lookups) * kRowsALookup > static_cast<uint64_t>(batch.row_count());
  }
}

int64_t ChainExecutor::Run(uint32_t pipeline, const void* input, int64_t start_row,
                           SplitProgress* progress) {
  BeginRun(pipeline);
  context_.split = progress != nullptr ? progress : &no_progress_;
  run_first_row_ = start_row;
  const int64_t next = code_->Run(pipeline, &context_, input, start_row);
  if (next == kPipelineFailed) {
    if (!failed_) {
      Fail(Error{ErrorCode::kInternal,
                 fmt::format("`{}` failed without saying why", layout_.pipelines[pipeline].name)});
    }
    return next;
  }
  EndRun(pipeline);
  return next;
}

bool ChainExecutor::HasRoom(const Port& port) {
  const PortLayout& layout = port.builders->layout();
  switch (layout.target) {
    case PortTarget::kPipelines:
      return std::all_of(port.readers.begin(), port.readers.end(), [this](uint32_t reader) {
        return pipelines_[reader].queue.size() < kQueuedBatchesMax;
      });
    case PortTarget::kSink:
      return sinks_[layout.target_index].queue.size() < kQueuedBatchesMax;
    case PortTarget::kEdge:
      return overflows_ || edges_[layout.target_index].partition.HasRoom();
  }
  CHECK(false);
}

bool ChainExecutor::HasRoomFor(uint32_t pipeline) {
  for (uint32_t port : layout_.pipelines[pipeline].ports) {
    if (!HasRoom(ports_[port])) return false;
  }
  return true;
}

void ChainExecutor::FlushChannel(uint32_t port_index, uint32_t channel) {
  if (port_index >= ports_.size()) {
    return taps_->FlushProbe(port_index - static_cast<uint32_t>(ports_.size()),
                             context_.kernel.now_micros);
  }
  Port& port = ports_[port_index];
  const bool copy_input = port.builders->channel_count() == 1 && PinsTooMuch(port);
  AttachArenas(port, channel, copy_input);
  HandOn(port, channel);
  if (!HasRoom(port)) context_.blocked = 1;
}

void ChainExecutor::FlushPort(Port& port) {
  for (uint32_t channel = 0; channel < port.builders->channel_count(); ++channel) {
    HandOn(port, channel);
  }
}

// A batch in which rows become one may never fill, and must not wait for ever.
void ChainExecutor::FlushOverdue(int64_t now_micros) {
  for (Port& port : ports_) {
    const PortLayout& layout = port.builders->layout();
    if (!layout.fold && !layout.local) continue;
    if (port.builders->is_empty()) {
      port.flush_at_micros = 0;
    } else if (port.flush_at_micros == 0) {
      port.flush_at_micros =
          now_micros + (layout.fold ? layout.fold->latency_micros : kLocalLatencyMicros);
    } else if (now_micros >= port.flush_at_micros) {
      FlushPort(port);
      port.flush_at_micros = 0;
    }
  }
}

void ChainExecutor::HandOn(Port& port, uint32_t channel) {
  if (port.builders->builder(channel).row_count() == 0) return;
  BatchPtr batch = port.builders->Take(channel);
  if (batch->row_count() == 0) return;  // all of its rows were dropped
  if (!taps_->empty()) {
    taps_->OnBatch(static_cast<uint32_t>(&port - ports_.data()), *batch,
                   context_.kernel.now_micros);
  }
  const PortLayout& layout = port.builders->layout();
  switch (layout.target) {
    case PortTarget::kPipelines:
      for (uint32_t reader : port.readers) pipelines_[reader].queue.push_back({batch, 0, nullptr});
      return;
    case PortTarget::kSink:
      rows_out_ += static_cast<uint64_t>(batch->row_count());
      sinks_[layout.target_index].queue.push_back(std::move(batch));
      return;
    case PortTarget::kEdge: {
      rows_out_ += static_cast<uint64_t>(batch->row_count());
      Edge& edge = edges_[layout.target_index];
      if (edge.partitioning == Partitioning::kHash) {
        edge.partition.Emit(channel, std::move(batch));
      } else {
        edge.partition.EmitInTurn(std::move(batch));
      }
      return;
    }
  }
}

void ChainExecutor::EndRun(uint32_t pipeline) {
  if (!taps_->empty()) taps_->EndRun(context_.kernel.now_micros);
  for (uint32_t index : layout_.pipelines[pipeline].ports) {
    Port& port = ports_[index];
    if (!port.builders->has_views()) continue;
    if (port.builders->RowsOfRun() == 0 && !port.builders->was_rewritten()) continue;
    const bool copy_input = PinsTooMuch(port);
    for (uint32_t channel = 0; channel < port.builders->channel_count(); ++channel) {
      AttachArenas(port, channel, copy_input);
    }
  }
}

// A few survivors of a large batch, or one short column of many, would pin all of its bytes.
bool ChainExecutor::PinsTooMuch(const Port& port) const {
  if (run_batch_ == nullptr || run_batch_->arenas().empty()) return false;
  size_t pinned = 0;
  for (const std::shared_ptr<const Arena>& arena : run_batch_->arenas()) {
    pinned += arena->pinned_bytes();
  }
  if (pinned == 0) return false;
  const int64_t rows_in = run_batch_->row_count() - run_first_row_;
  if (port.builders->RowsOfRun() * kPinnedTimesMax < rows_in) return true;
  if (port.builders->layout().target == PortTarget::kPipelines) return false;  // read at once
  return pinned > kPinnedBytesMin &&
         port.builders->EstimateViewBytesOfRun() * kPinnedTimesMax < pinned;
}

void ChainExecutor::AttachArenas(Port& port, uint32_t channel, bool copy_input) {
  RecordBatch& builder = port.builders->builder(channel);
  const int32_t first_row = port.builders->run_start(channel);
  // Views may have been written over those of earlier rows, then all is kept.
  const bool was_rewritten = port.builders->was_rewritten();
  if (!port.builders->has_views() || (builder.row_count() == first_row && !was_rewritten)) return;
  const bool shows_input = !port.builders->view_columns().empty();
  if (shows_input && run_batch_ != nullptr && !run_batch_->arenas().empty()) {
    if (copy_input && !was_rewritten) {
      CopyViews(builder, first_row, port.builders->view_columns());
    } else {
      for (const std::shared_ptr<const Arena>& arena : run_batch_->arenas())
        builder.KeepAlive(arena);
    }
  }
  if (arena_->WasUsed()) builder.KeepAlive(arena_->Share());
}

void ChainExecutor::CopyViews(RecordBatch& batch, int32_t first_row,
                              const std::vector<uint32_t>& columns) {
  for (uint32_t column : columns) {
    StringValue* values = batch.Values<StringValue>(column);
    for (int32_t row = first_row; row < batch.row_count(); ++row) {
      if (batch.IsNull(column, row) || values[row].size <= StringValue::kInlineBytes) continue;
      values[row] = arena_->Copy(values[row].view());
    }
  }
}

bool ChainExecutor::HasQueuedBatches() const {
  return std::any_of(pipelines_.begin(), pipelines_.end(),
                     [](const Pipeline& pipeline) { return !pipeline.queue.empty(); });
}

bool ChainExecutor::is_drained() const {
  if (pass_ || barrier_ || HasQueuedBatches()) return false;
  for (const Sink& sink : sinks_) {
    if (!sink.queue.empty()) return false;
  }
  for (const Edge& edge : edges_) {
    if (!edge.partition.is_drained()) return false;
  }
  for (const Port& port : ports_) {
    if (!port.builders->is_empty()) return false;
  }
  return true;
}

ChainExecutor::Step ChainExecutor::Fail(Error error) {
  if (!failed_) error_ = std::move(error);
  failed_ = true;
  return Step::kFailed;
}

ChainExecutor* ChainExecutor::Of(ChainContext* context) {
  return static_cast<Context*>(context)->executor;
}

KeyedTable* ChainExecutor::SelectSlice(uint32_t state, int64_t event_time, int64_t watermark) {
  return states_[state].keyed->windows()->Select(event_time, watermark,
                                                 &chain_states_[state].slice);
}

KeyedTable* ChainExecutor::SelectWindow(uint32_t state, int64_t event_time, int64_t watermark,
                                        int64_t n, bool* emits) {
  WindowState& windows = *states_[state].keyed->windows();
  const auto window = windows.SelectWindow(event_time, watermark, n);
  if (!window) return nullptr;
  context_.window_begin = windows.WindowBegin(window->end);
  context_.window_end = window->end;
  *emits = window->emits;
  return window->table;
}

bool ChainExecutor::MergeStateRows(size_t state, StateHeap* heap, char* into, const char* from) {
  const MergeRowsInput rows{heap, into, from};
  return code_->Run(*layout_.states[state].merge_function, &context_, &rows, 0) != kPipelineFailed;
}

void ChainExecutor::BeginSessions(uint32_t state, uint64_t hash, const char* key, int64_t time,
                                  int64_t watermark, int32_t flags) {
  states_[state].keyed->changing_sessions()->Begin(hash, key, time, watermark, flags);
}

char* ChainExecutor::NextSession(uint32_t state, SessionStep* step) {
  return states_[state].keyed->changing_sessions()->Next(step);
}

char* ChainExecutor::SelectSession(uint32_t state, uint64_t hash, const char* key, bool is_new,
                                   int64_t time, int64_t watermark, RowStatus* status) {
  const auto merge = [&](char* into, const char* from) {
    return MergeStateRows(state, chain_states_[state].table->heap, into, from);
  };
  return states_[state].keyed->sessions()->Select(hash, key, is_new, time, watermark, merge,
                                                  status);
}

void ChainExecutor::ResetCursors() {
  for (size_t i = 0; i < states_.size(); ++i) {
    chain_states_[i].slice = {};
    if (const SessionState* sessions = states_[i].keyed->sessions()) {
      chain_states_[i].watermark = sessions->watermark();
    }
  }
}

extern "C" {

void flinkc_rt_flush_channel(ChainContext* context, uint32_t port, uint32_t channel) {
  ChainExecutor::Of(context)->FlushChannel(port, channel);
}

int32_t flinkc_rt_report_error(ChainContext* context, uint32_t step, int32_t status, int32_t column,
                               int64_t row) {
  return static_cast<int32_t>(
      ChainExecutor::Of(context)->ReportError(step, static_cast<RowStatus>(status), column, row));
}

KeyedTable* flinkc_rt_select_slice(ChainContext* context, uint32_t state, int64_t event_time,
                                   int64_t watermark, int32_t* status) {
  *status = static_cast<int32_t>(RowStatus::kOk);
  return ChainExecutor::Of(context)->SelectSlice(state, event_time, watermark);
}

KeyedTable* flinkc_rt_select_window(ChainContext* context, uint32_t state, int64_t event_time,
                                    int64_t watermark, int64_t n, int32_t* emits) {
  bool at_once = false;
  KeyedTable* const table =
      ChainExecutor::Of(context)->SelectWindow(state, event_time, watermark, n, &at_once);
  *emits = at_once ? 1 : 0;
  return table;
}

char* flinkc_rt_select_session(ChainContext* context, uint32_t state, uint64_t hash,
                               const char* key, int32_t probed, int64_t time, int64_t watermark,
                               int32_t* status) {
  RowStatus answer;
  char* const row = ChainExecutor::Of(context)->SelectSession(
      state, hash, key, probed == static_cast<int32_t>(ProbeResult::kInserted), time, watermark,
      &answer);
  *status = static_cast<int32_t>(answer);
  return row;
}

void flinkc_rt_begin_sessions(ChainContext* context, uint32_t state, uint64_t hash, const char* key,
                              int64_t time, int64_t watermark, int32_t flags) {
  ChainExecutor::Of(context)->BeginSessions(state, hash, key, time, watermark, flags);
}

char* flinkc_rt_next_session(ChainContext* context, uint32_t state, int8_t* step) {
  SessionStep next;
  char* const row = ChainExecutor::Of(context)->NextSession(state, &next);
  *step = static_cast<int8_t>(next);
  return row;
}
}

}  // namespace flinkc
