#include "runtime/task/subtask.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/task/chain_executor.h"
#include "runtime/task/in_flight.h"
#include "runtime/task/restore_states.h"
#include "runtime/task/snapshot_keeper.h"
#include "runtime/task/table_reader.h"

namespace flinkc {

namespace {

// Elements of input in one Poll: enough to make its own cost small, few enough for the others.
constexpr int kInputsMax = 4;
// While a snapshot is being taken, when input costs the copying of what it changes.
constexpr int kInputsMaxOfSnapshot = 1;

// Progress as others read it: written by the worker after each Poll.
struct PublishedProgress {
  std::atomic<SubtaskState> state{SubtaskState::kCreated};
  std::atomic<int64_t> watermark{INT64_MIN};
  std::atomic<uint64_t> rows_in{0};
  std::atomic<uint64_t> rows_out{0};
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> splits_finished{0};
  std::atomic<bool> is_held_back{false};
  std::vector<std::atomic<uint64_t>> counters;
  std::vector<std::atomic<uint64_t>> step_errors;

  PublishedProgress(size_t counter_count, size_t step_count)
      : counters(counter_count), step_errors(step_count) {}
};

// Of a file of a checkpoint.
bool IsDamage(const Error& error) {
  return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kNotFound;
}

template <typename T>
void Publish(std::atomic<T>& to, T value) {
  to.store(value, std::memory_order_relaxed);
}

}  // namespace

const char* Name(SubtaskState state) {
  switch (state) {
    case SubtaskState::kCreated:
      return "CREATED";
    case SubtaskState::kRunning:
      return "RUNNING";
    case SubtaskState::kFinished:
      return "FINISHED";
    case SubtaskState::kFailed:
      return "FAILED";
    case SubtaskState::kCancelled:
      return "CANCELED";
  }
  return "UNKNOWN";
}

class Subtask::Implementation {
 public:
  explicit Implementation(SubtaskDescriptor descriptor)
      : descriptor_(std::move(descriptor)),
        layout_(descriptor_.chain->layout()),
        snapshots_(descriptor_),
        published_(layout_.counters.size(), layout_.steps.size()) {
    CHECK(is_source() == descriptor_.inputs.empty());
  }

  SubtaskPoll Poll(int64_t now_micros);
  void AddSplit(Split split);
  void NoMoreSplits();
  void SetWatermarkLimit(int64_t watermark);
  void Cancel();
  void TriggerCheckpoint(BarrierPtr barrier);
  void OnCheckpointComplete(uint64_t checkpoint);
  void OnCheckpointAborted(uint64_t checkpoint);
  void AddTap(uint32_t tap, std::shared_ptr<const CompiledChain> probed,
              std::shared_ptr<RowTap> rows);
  SubtaskProgress progress() const;

  bool is_source() const { return layout_.source.has_value(); }
  SubtaskState state() const { return published_.state.load(std::memory_order_relaxed); }
  const Error& error() const { return error_; }

 private:
  // Given while barriers are to be sent: it belongs behind the last of these.
  struct HeldSplit {
    uint64_t behind = 0;
    Split split;
  };

  struct EarlyTap {
    uint32_t tap = 0;
    std::shared_ptr<const CompiledChain> probed;
    std::shared_ptr<RowTap> rows;
  };

  struct Trigger {
    BarrierPtr barrier;
    int64_t at_micros = 0;
  };

  Status Open(int64_t now_micros);
  Status OpenState(ExecutorOptions options);
  Status OpenOperators();
  Status OpenSinks();
  Status OpenSource(int64_t now_micros);
  void Work(int64_t now_micros, SubtaskPoll& poll);
  // How long a barrier waits behind rows before it overtakes them; nothing: for ever.
  std::optional<int64_t> OvertakeAfter() const;
  // Whether the next barrier may overtake what it stands behind, here and in the outputs.
  void Overtake(int64_t now_micros, SubtaskPoll& poll);
  // Gives the executor one element of input. False: there is none at present.
  bool TakeInput(int64_t now_micros, SubtaskPoll& poll);
  bool TakeFromGate(int64_t now_micros);
  bool TakeFromSource(int64_t now_micros, SubtaskPoll& poll);
  void Push(const StreamElement& element, int64_t now_micros);
  void ReportAlignment(int64_t now_micros, SubtaskPoll& poll);
  // The barrier that a source is to send next, or the end that a stop asks for. False: neither.
  bool TakeBarrier(int64_t now_micros);
  void DropTriggers(uint64_t id);
  // At a barrier, with nothing in flight.
  void TakeSnapshot();
  void GiveSplit(Split split);
  void ReleaseSplits();
  void Finish();
  void Fail(Error error);
  void AbortSinks();
  void LeaveRunning(SubtaskState state);
  void EnterPhase(TaskTimes::Phase phase);
  void PublishProgress();
  void TellState();

  // Constant after construction.
  const SubtaskDescriptor descriptor_;
  const ChainLayout& layout_;
  // Worker only.
  // Shared with snapshots that are being written.
  std::vector<std::shared_ptr<SinkWriter>> sinks_;
  std::unique_ptr<ChainExecutor> executor_;
  // Kept behind the end for the snapshots that still read its tables.
  std::unique_ptr<ChainExecutor> finished_executor_;
  SnapshotKeeper snapshots_;
  std::deque<Trigger> triggered_;  // of a source: to be sent
  std::deque<HeldSplit> held_splits_;
  BarrierPtr barrier_;               // on its way through the executor
  uint64_t last_barrier_ = 0;        // aborted or passed
  uint64_t last_taken_ = 0;          // with a snapshot
  int64_t barrier_seen_micros_ = 0;  // when the first channel had announced it
  BarrierPtr stopping_;              // nothing is read behind it
  bool stop_complete_ = false;
  // The checkpoint that a stop was taken with, behind which no time passes; 0: none.
  uint64_t stopped_at_ = 0;
  std::optional<proto::SubtaskSnapshot> last_;
  std::optional<InputGate> gate_;
  std::unique_ptr<SourceDriver> driver_;
  std::vector<Split> early_splits_;   // given before the source was opened
  std::vector<EarlyTap> early_taps_;  // before there was an executor
  bool no_more_splits_ = false;
  int64_t watermark_limit_ = INT64_MAX;  // told before the source was opened
  bool split_requested_ = false;
  bool final_watermark_sent_ = false;
  bool ending_ = false;   // the last element was given to the executor
  bool blocked_ = false;  // in this Poll: by an output
  uint64_t rows_in_ = 0;
  int64_t watermark_ = INT64_MIN;
  Error error_;
  bool checkpoint_damaged_ = false;
  SubtaskState told_state_ = SubtaskState::kCreated;
  // Any thread.
  PublishedProgress published_;
  TaskTimes times_;
};

SubtaskPoll Subtask::Implementation::Poll(int64_t now_micros) {
  SubtaskPoll poll;
  if (state() == SubtaskState::kCreated) {
    // Opened, and told to be running, before any row: nobody sees FINISHED without RUNNING.
    Publish(published_.state, SubtaskState::kRunning);
    poll.progressed = true;
    EnterPhase(TaskTimes::Phase::kBusy);
    if (Status opened = Open(now_micros); !opened) Fail(std::move(opened).error());
  } else if (state() == SubtaskState::kRunning) {
    blocked_ = false;
    Work(now_micros, poll);
    if (driver_ != nullptr) ReportAlignment(now_micros, poll);
    snapshots_.OnPolled();
    PublishProgress();
    if (state() == SubtaskState::kRunning) {
      EnterPhase(poll.progressed ? TaskTimes::Phase::kBusy
                 : blocked_      ? TaskTimes::Phase::kBackpressured
                                 : TaskTimes::Phase::kIdle);
    }
  }
  TellState();
  return poll;
}

Status Subtask::Implementation::Open(int64_t now_micros) {
  RETURN_IF_ERROR(OpenSinks());
  ExecutorOptions options;
  options.chain = descriptor_.chain;
  options.max_parallelism = descriptor_.max_parallelism;
  options.memory = descriptor_.memory;
  for (const OutputEdge& edge : descriptor_.outputs) {
    options.partitionings.push_back(edge.partitioning);
    options.partitions.emplace_back(edge.channels);
  }
  for (const std::shared_ptr<SinkWriter>& sink : sinks_) options.sinks.push_back(sink.get());
  options.key_groups =
      KeyGroupRange::Of(descriptor_.subtask, descriptor_.parallelism, descriptor_.max_parallelism);
  RETURN_IF_ERROR(OpenState(std::move(options)));
  if (is_source()) {
    executor_->OnInFlightRead();  // there is none
    return OpenSource(now_micros);
  }
  gate_.emplace(descriptor_.inputs, OvertakeAfter());
  if (descriptor_.restore != nullptr) {
    Result<std::vector<InFlightChannel>> in_flight = ReadInFlight(descriptor_);
    checkpoint_damaged_ = !in_flight && IsDamage(in_flight.error());
    if (!in_flight) return std::unexpected(std::move(in_flight).error());
    gate_->Restore(*std::move(in_flight));
  }
  if (!gate_->is_restoring()) executor_->OnInFlightRead();
  return {};
}

// The executor, its state that of the checkpoint to go on from.
Status Subtask::Implementation::OpenState(ExecutorOptions options) {
  const auto restore = [&]() -> Status {
    StateStart start;
    if (descriptor_.state_backend != nullptr && !layout_.states.empty()) {
      ASSIGN_OR_RETURN(start, StartStateStore(descriptor_));
    }
    options.store = std::move(start.store);
    options.store_numbers = std::move(start.store_numbers);
    snapshots_.SetKeptFiles(std::move(start.kept_files));
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
    for (EarlyTap& early : std::exchange(early_taps_, {})) {
      executor_->AddTap(early.tap, std::move(early.probed), std::move(early.rows));
    }
    if (descriptor_.restore != nullptr) {
      RETURN_IF_ERROR(RestoreStates(descriptor_, start.adopted, executor_.get()));
    }
    return OpenOperators();
  };
  Status restored = restore();
  checkpoint_damaged_ = !restored && descriptor_.restore != nullptr && IsDamage(restored.error());
  return restored;
}

Status Subtask::Implementation::OpenOperators() {
  OperatorServices services;
  services.factory = descriptor_.operators;
  services.scan_table = [this](const SourceDescriptor& table) {
    return ScanTable(table, *descriptor_.connectors, descriptor_.memory, descriptor_.clock,
                     descriptor_.allowed_paths);
  };
  services.log = [this](const std::string& line) {
    if (descriptor_.log) descriptor_.log(line);
  };
  return executor_->OpenOperators(services, descriptor_.clock->NowMicros());
}

Status Subtask::Implementation::OpenSinks() {
  for (const ChainSink& sink : layout_.sinks) {
    const std::string name = fmt::format("sink `{}`", sink.descriptor.name);
    const ConnectorRuntime* connector =
        FindConnector(*descriptor_.connectors, sink.descriptor.connector);
    if (connector == nullptr || connector->make_writer == nullptr) {
      return MakeError(ErrorCode::kUnsupported,
                       fmt::format("{}: there is no connector `{}` that writes", name,
                                   sink.descriptor.connector));
    }
    SinkContext context;
    context.descriptor = &sink.descriptor;
    context.schema = sink.schema;
    context.row_kinds = sink.row_kinds;
    context.owner = descriptor_.job_name;
    context.resumed = descriptor_.resumed;
    context.files = descriptor_.files;
    context.subtask = descriptor_.subtask;
    context.parallelism = descriptor_.parallelism;
    context.memory = descriptor_.memory;
    context.clock = descriptor_.clock;
    context.console = descriptor_.console;
    context.wake = [parking = descriptor_.parking] { parking->Wake(); };
    auto writer = connector->make_writer(std::move(context));
    if (!writer) return std::unexpected(std::move(writer).error().WithContext(name));
    sinks_.push_back(*std::move(writer));
  }
  return {};
}

Status Subtask::Implementation::OpenSource(int64_t now_micros) {
  const SourceDescriptor& source = layout_.source->descriptor;
  const std::string name = fmt::format("source `{}`", source.name);
  const ConnectorRuntime* connector = FindConnector(*descriptor_.connectors, source.connector);
  if (connector == nullptr || connector->make_reader == nullptr) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: there is no connector `{}` that reads", name, source.connector));
  }
  SourceContext context;
  context.descriptor = &source;
  context.subtask = descriptor_.subtask;
  context.parallelism = descriptor_.parallelism;
  context.memory = descriptor_.memory;
  context.clock = descriptor_.clock;
  context.on_failure = [this](const DecodeFailure& failure) {
    return executor_->OnDecodeFailure(failure, descriptor_.clock->NowMicros());
  };
  context.wake = [parking = descriptor_.parking] { parking->Wake(); };
  context.allowed_paths = descriptor_.allowed_paths;
  auto reader = connector->make_reader(std::move(context));
  if (!reader) return std::unexpected(std::move(reader).error().WithContext(name));
  driver_ =
      std::make_unique<SourceDriver>(*layout_.source, layout_.heads[0].schema, *std::move(reader),
                                     executor_->head_pipeline_count(), descriptor_.memory);
  for (const Split& split : early_splits_) RETURN_IF_ERROR(driver_->AddSplit(split, now_micros));
  early_splits_.clear();
  if (no_more_splits_) driver_->NoMoreSplits();
  driver_->SetWatermarkLimit(watermark_limit_);
  return {};
}

// Windows that tell of late rows know which rows have a result to be replaced by how far their
// subtask is: at another parallelism those of subtasks that are not equally far could not be told
// apart.
std::optional<int64_t> Subtask::Implementation::OvertakeAfter() const {
  const bool updates_late = std::ranges::any_of(layout_.states, [](const StateLayout& state) {
    return state.window && state.window->late_updates;
  });
  return updates_late ? std::nullopt : descriptor_.checkpoints.overtake_after_micros;
}

void Subtask::Implementation::Overtake(int64_t now_micros, SubtaskPoll& poll) {
  const std::optional<int64_t> after = OvertakeAfter();
  if (!after || barrier_ != nullptr || executor_->overflows()) return;
  std::optional<int64_t> wait;
  if (is_source()) {
    const bool may_overtake =
        !triggered_.empty() && triggered_.front().barrier->kind == BarrierKind::kCheckpoint;
    if (may_overtake) wait = after;
  } else {
    if (barrier_seen_micros_ == 0 && gate_->has_begun()) barrier_seen_micros_ = now_micros;
    wait = gate_->overtake_after_micros();
  }
  if (!wait) return;
  const int64_t begun = is_source() ? triggered_.front().at_micros : barrier_seen_micros_;
  const int64_t waited = now_micros - begun;
  if (waited < *wait) {
    poll.wake_at_micros = std::min(poll.wake_at_micros, begun + *wait);
  } else if (is_source() || gate_->Overtake(waited)) {
    executor_->SetOverflows(true);
  }
}

void Subtask::Implementation::Work(int64_t now_micros, SubtaskPoll& poll) {
  Overtake(now_micros, poll);
  const int inputs_max = snapshots_.needs_state() ? kInputsMaxOfSnapshot : kInputsMax;
  for (int inputs = 0; inputs < inputs_max; ++inputs) {
    const ExecutorState executor_state = executor_->Advance();
    poll.progressed |= executor_->progressed();
    if (executor_state == ExecutorState::kFailed) return Fail(executor_->error());
    if (executor_state == ExecutorState::kAtBarrier) {
      poll.progressed = true;
      TakeSnapshot();
      return;
    }
    if (executor_state != ExecutorState::kReady) {
      blocked_ = executor_state == ExecutorState::kBlocked;
      return;
    }
    poll.wake_at_micros = std::min(poll.wake_at_micros, executor_->ForgetExpired(now_micros));
    if (ending_) {
      if (executor_->is_drained()) {
        poll.progressed = true;
        Finish();
      }
      return;
    }
    // Nothing but the barrier is to follow what the edges take beyond their room.
    if (stopped_at_ == 0 && !executor_->overflows()) {
      const int64_t next = executor_->next_time(now_micros);
      if (next <= now_micros) {
        executor_->PushTime(now_micros);
        poll.progressed = true;
        continue;
      }
      poll.wake_at_micros = std::min(poll.wake_at_micros, next);
    }
    if (!TakeInput(now_micros, poll)) {
      if (state() != SubtaskState::kRunning || executor_->is_drained()) return;
      // Nothing comes for a while: what is in the builders should not wait for it.
      executor_->Flush();
    }
    poll.progressed = true;
  }
}

bool Subtask::Implementation::TakeInput(int64_t now_micros, SubtaskPoll& poll) {
  return is_source() ? TakeFromSource(now_micros, poll) : TakeFromGate(now_micros);
}

bool Subtask::Implementation::TakeFromGate(int64_t now_micros) {
  StreamElement element;
  const bool was_restoring = gate_->is_restoring();
  const bool found = gate_->Poll(&element);
  if (was_restoring && !gate_->is_restoring()) executor_->OnInFlightRead();
  if (barrier_seen_micros_ == 0 && gate_->has_begun()) barrier_seen_micros_ = now_micros;
  if (!found) return false;
  if (Status passed = FLINKC_FAILPOINT_STATUS("task.input"); !passed) {
    Fail(std::move(passed).error());
    return false;
  }
  if (element.kind == ElementKind::kBatch) {
    rows_in_ += static_cast<uint64_t>(element.batch->row_count());
    executor_->PushBatch(std::move(element.batch), nullptr, now_micros, gate_->head());
  } else {
    Push(element, now_micros);
  }
  return true;
}

bool Subtask::Implementation::TakeBarrier(int64_t now_micros) {
  if (stopping_ != nullptr) {
    if (!stop_complete_) return false;
    Push(StreamElement::End(), now_micros);
    return true;
  }
  if (triggered_.empty()) return false;
  BarrierPtr barrier = triggered_.front().barrier;
  if (barrier->kind == BarrierKind::kStopWithDrain && !final_watermark_sent_) {
    final_watermark_sent_ = true;
    Push(StreamElement::Watermark(kWatermarkFinal), now_micros);
    return true;
  }
  triggered_.pop_front();
  if (barrier->stops()) stopping_ = barrier;
  if (executor_->overflows()) {
    auto unaligned = std::make_shared<CheckpointBarrier>(*barrier);
    unaligned->unaligned = true;
    barrier = std::move(unaligned);
  }
  Push(StreamElement::Barrier(std::move(barrier)), now_micros);
  return true;
}

// Those of checkpoints up to `id`, which will not complete.
void Subtask::Implementation::DropTriggers(uint64_t id) {
  while (!triggered_.empty() && triggered_.front().barrier->id <= id) {
    triggered_.pop_front();
  }
  ReleaseSplits();
}

bool Subtask::Implementation::TakeFromSource(int64_t now_micros, SubtaskPoll& poll) {
  if (TakeBarrier(now_micros)) return true;
  if (stopping_ != nullptr) return false;
  if (const std::optional<StreamElement> element = driver_->TakeProgress(now_micros)) {
    Push(*element, now_micros);
    return true;
  }
  Result<SourceInput> input = driver_->Poll(now_micros);
  if (!input) {
    Fail(std::move(input).error().WithContext(
        fmt::format("source `{}`", layout_.source->descriptor.name)));
    return false;
  }
  switch (input->kind) {
    case SourceInput::Kind::kBatch:
      rows_in_ += static_cast<uint64_t>(input->batch->row_count());
      executor_->PushBatch(std::move(input->batch), input->progress, now_micros);
      return true;
    case SourceInput::Kind::kNothing:
      poll.wake_at_micros = std::min({poll.wake_at_micros, input->next_poll_micros,
                                      driver_->next_progress_micros(now_micros)});
      return false;
    case SourceInput::Kind::kNeedsSplit:
      if (!split_requested_ && descriptor_.request_split) descriptor_.request_split();
      split_requested_ = true;
      return false;
    case SourceInput::Kind::kEnd:
      Push(final_watermark_sent_ ? StreamElement::End() : StreamElement::Watermark(kWatermarkFinal),
           now_micros);
      final_watermark_sent_ = true;
      return true;
  }
  CHECK(false);
}

// Also of one that is held up by its outputs: others wait for what it has read.
void Subtask::Implementation::ReportAlignment(int64_t now_micros, SubtaskPoll& poll) {
  if (const std::optional<AlignmentReport> report = driver_->TakeReport(now_micros)) {
    if (descriptor_.report_alignment) descriptor_.report_alignment(*report);
  }
  if (poll.progressed) return;
  poll.wake_at_micros = std::min(poll.wake_at_micros, driver_->next_report_micros(now_micros));
}

void Subtask::Implementation::Push(const StreamElement& element, int64_t now_micros) {
  switch (element.kind) {
    case ElementKind::kWatermark:
      watermark_ = element.watermark;
      return executor_->PushWatermark(element.watermark, now_micros);
    case ElementKind::kIdle:
      return executor_->PushIdle();
    case ElementKind::kBarrier:
      barrier_ = element.barrier;
      return executor_->PushBarrier(element.barrier);
    case ElementKind::kEnd:
      ending_ = true;
      return executor_->PushEnd();
    case ElementKind::kBatch:
      break;
  }
  CHECK(false);
}

void Subtask::Implementation::AddSplit(Split split) {
  split_requested_ = false;
  // A split that is given behind a trigger belongs to the next checkpoint: the enumerator's state
  // was taken with the trigger.
  if (!triggered_.empty() || barrier_ != nullptr) {
    const uint64_t behind = triggered_.empty() ? barrier_->id : triggered_.back().barrier->id;
    held_splits_.push_back({behind, std::move(split)});
    return;
  }
  GiveSplit(std::move(split));
}

void Subtask::Implementation::GiveSplit(Split split) {
  if (state() == SubtaskState::kCreated) {
    early_splits_.push_back(std::move(split));
  } else if (state() == SubtaskState::kRunning) {
    Status added = driver_->AddSplit(split, descriptor_.clock->NowMicros());
    if (!added) {
      Fail(std::move(added).error().WithContext(
          fmt::format("source `{}`", layout_.source->descriptor.name)));
      TellState();
    }
  }
}

void Subtask::Implementation::NoMoreSplits() {
  no_more_splits_ = true;
  if (driver_ != nullptr) driver_->NoMoreSplits();
}

void Subtask::Implementation::SetWatermarkLimit(int64_t watermark) {
  watermark_limit_ = watermark;
  if (driver_ != nullptr) driver_->SetWatermarkLimit(watermark);
}

void Subtask::Implementation::AddTap(uint32_t tap, std::shared_ptr<const CompiledChain> probed,
                                     std::shared_ptr<RowTap> rows) {
  if (executor_ != nullptr) {
    executor_->AddTap(tap, std::move(probed), std::move(rows));
  } else if (state() == SubtaskState::kCreated) {
    std::erase_if(early_taps_, [](const EarlyTap& early) { return early.rows->is_closed(); });
    early_taps_.push_back({tap, std::move(probed), std::move(rows)});
  }
}

void Subtask::Implementation::TakeSnapshot() {
  const BarrierPtr barrier = std::exchange(barrier_, nullptr);
  const int64_t seen = std::exchange(barrier_seen_micros_, 0);
  const int64_t now = descriptor_.clock->NowMicros();
  const int64_t alignment = seen == 0 ? 0 : now - seen;
  const int64_t start_delay =
      std::max<int64_t>((seen == 0 ? now : seen) - barrier->triggered_at_micros, 0);
  if (barrier->id > last_barrier_) {
    last_barrier_ = last_taken_ = barrier->id;
    if (barrier->stops()) stopped_at_ = barrier->id;
    if (Status taken = snapshots_.Take(*barrier, executor_.get(), driver_.get(), sinks_,
                                       gate_ ? gate_->InFlight() : std::vector<InFlightChannel>(),
                                       start_delay, alignment);
        !taken) {
      return Fail(std::move(taken).error());
    }
  }
  executor_->PassBarrier();
  ReleaseSplits();
}

void Subtask::Implementation::ReleaseSplits() {
  uint64_t next = UINT64_MAX;
  if (!triggered_.empty()) next = triggered_.front().barrier->id;
  if (barrier_ != nullptr) next = barrier_->id;
  // The state of the enumerator that goes with a later trigger no longer has it.
  while (!held_splits_.empty() && held_splits_.front().behind < next) {
    Split split = std::move(held_splits_.front().split);
    held_splits_.pop_front();
    GiveSplit(std::move(split));
  }
}

void Subtask::Implementation::TriggerCheckpoint(BarrierPtr barrier) {
  if (state() == SubtaskState::kCreated || state() == SubtaskState::kRunning) {
    if (barrier->id <= last_barrier_) return;
    triggered_.push_back({std::move(barrier), descriptor_.clock->NowMicros()});
  }
}

void Subtask::Implementation::OnCheckpointComplete(uint64_t checkpoint) {
  ChainExecutor* executor = executor_ != nullptr ? executor_.get() : finished_executor_.get();
  snapshots_.OnComplete(checkpoint, executor);
  if (stopping_ != nullptr && stopping_->id == checkpoint) stop_complete_ = true;
  if (!snapshots_.needs_state()) finished_executor_.reset();
}

void Subtask::Implementation::OnCheckpointAborted(uint64_t checkpoint) {
  ChainExecutor* executor = executor_ != nullptr ? executor_.get() : finished_executor_.get();
  snapshots_.OnAborted(checkpoint, executor);
  if (barrier_ == nullptr || barrier_->id > checkpoint) {
    last_barrier_ = std::max(last_barrier_, checkpoint);
  }
  DropTriggers(checkpoint);
  // The barrier that was to come next may be none any more.
  if (barrier_ == nullptr && executor_ != nullptr) executor_->SetOverflows(false);
  if (stopped_at_ <= checkpoint) stopped_at_ = 0;
  if (gate_) gate_->AbortUpTo(checkpoint);
  if (gate_ && !gate_->has_begun()) barrier_seen_micros_ = 0;
  // A stop that cannot be taken is none: reading goes on.
  if (stopping_ != nullptr && stopping_->id <= checkpoint && !final_watermark_sent_) {
    stopping_.reset();
  }
  if (!snapshots_.needs_state()) finished_executor_.reset();
}

void Subtask::Implementation::Finish() {
  PublishProgress();
  Result<proto::SubtaskSnapshot> last = snapshots_.TakeLast(sinks_);
  if (!last) return Fail(std::move(last).error());
  last_ = *std::move(last);
  if (snapshots_.needs_state()) finished_executor_ = std::move(executor_);
  LeaveRunning(SubtaskState::kFinished);
}

void Subtask::Implementation::Fail(Error error) {
  PublishProgress();
  error_ = std::move(error);
  AbortSinks();
  LeaveRunning(SubtaskState::kFailed);
}

void Subtask::Implementation::Cancel() {
  switch (state()) {
    case SubtaskState::kFailed:
    case SubtaskState::kCancelled:
      return;
    case SubtaskState::kFinished:
    case SubtaskState::kCreated:
    case SubtaskState::kRunning:
      break;
  }
  PublishProgress();
  AbortSinks();
  finished_executor_.reset();
  LeaveRunning(SubtaskState::kCancelled);
  TellState();
}

void Subtask::Implementation::AbortSinks() {
  for (const std::shared_ptr<SinkWriter>& sink : sinks_) sink->Abort();
}

// State, batches and readers are given back.
void Subtask::Implementation::LeaveRunning(SubtaskState state) {
  driver_.reset();
  executor_.reset();
  gate_.reset();
  EnterPhase(TaskTimes::Phase::kNone);
  Publish(published_.state, state);
}

// What came before belongs to the phase before: a Poll with something to do ends one without.
void Subtask::Implementation::EnterPhase(TaskTimes::Phase phase) {
  if (phase != times_.phase()) times_.Enter(phase, descriptor_.clock->MonotonicNanos());
}

void Subtask::Implementation::PublishProgress() {
  if (executor_ == nullptr) return;
  Publish(published_.watermark, watermark_);
  Publish(published_.rows_in, rows_in_);
  Publish(published_.rows_out, executor_->rows_out());
  if (driver_ != nullptr) {
    Publish(published_.bytes_read, static_cast<uint64_t>(driver_->bytes_read()));
    Publish(published_.splits_finished, driver_->splits_finished());
  }
  Publish(published_.is_held_back, driver_ != nullptr && driver_->is_held_back());
  const std::vector<uint64_t>& counters = executor_->counters();
  for (size_t i = 0; i < counters.size(); ++i) Publish(published_.counters[i], counters[i]);
  const std::vector<uint64_t>& step_errors = executor_->step_errors();
  for (size_t i = 0; i < step_errors.size(); ++i) {
    Publish(published_.step_errors[i], step_errors[i]);
  }
}

void Subtask::Implementation::TellState() {
  if (state() == told_state_) return;
  told_state_ = state();
  if (!descriptor_.on_state) return;
  SubtaskEvent event;
  event.state = told_state_;
  if (told_state_ == SubtaskState::kFailed) event.error = &error_;
  event.checkpoint_damaged = checkpoint_damaged_;
  if (told_state_ == SubtaskState::kFinished) event.last = &*last_;
  event.last_checkpoint = last_taken_;
  event.progress = progress();
  descriptor_.on_state(event);
}

SubtaskProgress Subtask::Implementation::progress() const {
  SubtaskProgress progress;
  const auto read = [](const auto& from) { return from.load(std::memory_order_relaxed); };
  progress.state = read(published_.state);
  progress.watermark = read(published_.watermark);
  progress.rows_in = read(published_.rows_in);
  progress.rows_out = read(published_.rows_out);
  progress.bytes_read = read(published_.bytes_read);
  progress.splits_finished = read(published_.splits_finished);
  progress.is_held_back = read(published_.is_held_back) && progress.state == SubtaskState::kRunning;
  progress.times = times_.Read(descriptor_.clock->MonotonicNanos());
  for (const auto& counter : published_.counters) progress.counters.push_back(read(counter));
  for (const auto& count : published_.step_errors) progress.step_errors.push_back(read(count));
  return progress;
}

Subtask::Subtask(SubtaskDescriptor descriptor)
    : implementation_(std::make_unique<Implementation>(std::move(descriptor))) {}
Subtask::~Subtask() = default;

void Subtask::AddTap(uint32_t tap, std::shared_ptr<const CompiledChain> probed,
                     std::shared_ptr<RowTap> rows) {
  implementation_->AddTap(tap, std::move(probed), std::move(rows));
}

SubtaskPoll Subtask::Poll(int64_t now_micros) { return implementation_->Poll(now_micros); }
void Subtask::AddSplit(Split split) { implementation_->AddSplit(std::move(split)); }
void Subtask::NoMoreSplits() { implementation_->NoMoreSplits(); }
void Subtask::SetWatermarkLimit(int64_t watermark) {
  implementation_->SetWatermarkLimit(watermark);
}
void Subtask::Cancel() { implementation_->Cancel(); }
void Subtask::TriggerCheckpoint(BarrierPtr barrier) {
  implementation_->TriggerCheckpoint(std::move(barrier));
}
void Subtask::OnCheckpointComplete(uint64_t checkpoint) {
  implementation_->OnCheckpointComplete(checkpoint);
}
void Subtask::OnCheckpointAborted(uint64_t checkpoint) {
  implementation_->OnCheckpointAborted(checkpoint);
}
bool Subtask::is_source() const { return implementation_->is_source(); }
SubtaskState Subtask::state() const { return implementation_->state(); }
const Error& Subtask::error() const { return implementation_->error(); }
SubtaskProgress Subtask::progress() const { return implementation_->progress(); }

}  // namespace flinkc
