#include "runtime/task/subtask.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "runtime/base/check.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/task/chain_executor.h"
#include "runtime/task/source_driver.h"

namespace flinkc {

namespace {

// Elements of input in one Poll: enough to make its own cost small, few enough for the others.
constexpr int kInputsMax = 4;

// Progress as others read it: written by the worker after each Poll.
struct PublishedProgress {
  std::atomic<SubtaskState> state{SubtaskState::kCreated};
  std::atomic<int64_t> watermark{INT64_MIN};
  std::atomic<uint64_t> rows_in{0};
  std::atomic<uint64_t> rows_out{0};
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> splits_finished{0};
  std::vector<std::atomic<uint64_t>> counters;
  std::vector<std::atomic<uint64_t>> step_errors;

  PublishedProgress(size_t counter_count, size_t step_count)
      : counters(counter_count), step_errors(step_count) {}
};

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
        published_(layout_.counters.size(), layout_.steps.size()) {
    CHECK(is_source() == descriptor_.inputs.empty());
  }

  SubtaskPoll Poll(int64_t now_micros);
  void AddSplit(Split split);
  void NoMoreSplits();
  void Cancel();
  Status Commit();
  SubtaskProgress progress() const;

  bool is_source() const { return layout_.source.has_value(); }
  SubtaskState state() const { return published_.state.load(std::memory_order_relaxed); }
  const Error& error() const { return error_; }

 private:
  Status Open(int64_t now_micros);
  Status OpenSinks();
  Status OpenSource(int64_t now_micros);
  void Work(int64_t now_micros, SubtaskPoll& poll);
  // Gives the executor one element of input. False: there is none at present.
  bool TakeInput(int64_t now_micros, SubtaskPoll& poll);
  bool TakeFromGate(int64_t now_micros);
  bool TakeFromSource(int64_t now_micros, SubtaskPoll& poll);
  void Push(const StreamElement& element, int64_t now_micros);
  void Finish();
  void Fail(Error error);
  void AbortSinks();
  void LeaveRunning(SubtaskState state);
  void PublishProgress();
  void TellState();

  // Constant after construction.
  const SubtaskDescriptor descriptor_;
  const ChainLayout& layout_;
  // Worker only.
  std::vector<std::unique_ptr<SinkWriter>> sinks_;
  std::unique_ptr<ChainExecutor> executor_;
  std::optional<InputGate> gate_;
  std::unique_ptr<SourceDriver> driver_;
  std::vector<Split> early_splits_;  // given before the source was opened
  bool no_more_splits_ = false;
  bool split_requested_ = false;
  bool final_watermark_sent_ = false;
  bool ending_ = false;  // the last element was given to the executor
  bool committed_ = false;
  uint64_t rows_in_ = 0;
  int64_t watermark_ = INT64_MIN;
  Error error_;
  SubtaskState told_state_ = SubtaskState::kCreated;
  // Any thread.
  PublishedProgress published_;
};

SubtaskPoll Subtask::Implementation::Poll(int64_t now_micros) {
  SubtaskPoll poll;
  if (state() == SubtaskState::kCreated) {
    // Opened, and told to be running, before any row: nobody sees FINISHED without RUNNING.
    Publish(published_.state, SubtaskState::kRunning);
    poll.progressed = true;
    if (Status opened = Open(now_micros); !opened) Fail(std::move(opened).error());
  } else if (state() == SubtaskState::kRunning) {
    Work(now_micros, poll);
    PublishProgress();
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
  for (const std::unique_ptr<SinkWriter>& sink : sinks_) options.sinks.push_back(sink.get());
  executor_ = std::make_unique<ChainExecutor>(std::move(options));
  if (is_source()) return OpenSource(now_micros);
  gate_.emplace(descriptor_.inputs);
  return {};
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
  auto reader = connector->make_reader(std::move(context));
  if (!reader) return std::unexpected(std::move(reader).error().WithContext(name));
  driver_ = std::make_unique<SourceDriver>(*layout_.source, layout_.head_schema, *std::move(reader),
                                           executor_->head_pipeline_count(), descriptor_.memory);
  for (const Split& split : early_splits_) RETURN_IF_ERROR(driver_->AddSplit(split, now_micros));
  early_splits_.clear();
  if (no_more_splits_) driver_->NoMoreSplits();
  return {};
}

void Subtask::Implementation::Work(int64_t now_micros, SubtaskPoll& poll) {
  for (int inputs = 0; inputs < kInputsMax; ++inputs) {
    const ExecutorState executor_state = executor_->Advance();
    poll.progressed |= executor_->progressed();
    if (executor_state == ExecutorState::kFailed) return Fail(executor_->error());
    if (executor_state != ExecutorState::kReady) return;
    if (ending_) {
      if (executor_->is_drained()) {
        poll.progressed = true;
        Finish();
      }
      return;
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
  if (!gate_->Poll(&element)) return false;
  if (element.kind == ElementKind::kBatch) {
    rows_in_ += static_cast<uint64_t>(element.batch->row_count());
    executor_->PushBatch(std::move(element.batch), nullptr, now_micros);
  } else {
    Push(element, now_micros);
  }
  return true;
}

bool Subtask::Implementation::TakeFromSource(int64_t now_micros, SubtaskPoll& poll) {
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
      poll.wake_at_micros =
          std::min(input->next_poll_micros, driver_->next_progress_micros(now_micros));
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

void Subtask::Implementation::Push(const StreamElement& element, int64_t now_micros) {
  switch (element.kind) {
    case ElementKind::kWatermark:
      watermark_ = element.watermark;
      return executor_->PushWatermark(element.watermark, now_micros);
    case ElementKind::kIdle:
      return executor_->PushIdle();
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

void Subtask::Implementation::Finish() {
  PublishProgress();
  for (size_t i = 0; i < sinks_.size(); ++i) {
    if (Status finished = sinks_[i]->Finish(); !finished) {
      return Fail(std::move(finished).error().WithContext(
          fmt::format("sink `{}`", layout_.sinks[i].descriptor.name)));
    }
  }
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
      if (committed_) return;
      break;
    case SubtaskState::kCreated:
    case SubtaskState::kRunning:
      break;
  }
  PublishProgress();
  AbortSinks();
  LeaveRunning(SubtaskState::kCancelled);
  TellState();
}

Status Subtask::Implementation::Commit() {
  if (state() != SubtaskState::kFinished) {
    return MakeError(ErrorCode::kCancelled,
                     fmt::format("`{}` cannot commit: it is {}", descriptor_.name, Name(state())));
  }
  for (size_t i = 0; i < sinks_.size(); ++i) {
    if (Status committed = sinks_[i]->Commit(); !committed) {
      return std::unexpected(std::move(committed).error().WithContext(
          fmt::format("sink `{}`", layout_.sinks[i].descriptor.name)));
    }
  }
  committed_ = true;
  return {};
}

void Subtask::Implementation::AbortSinks() {
  for (const std::unique_ptr<SinkWriter>& sink : sinks_) sink->Abort();
}

// State, batches and readers are given back; sinks stay for Commit.
void Subtask::Implementation::LeaveRunning(SubtaskState state) {
  driver_.reset();
  executor_.reset();
  gate_.reset();
  Publish(published_.state, state);
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
  descriptor_.on_state(told_state_, told_state_ == SubtaskState::kFailed ? &error_ : nullptr);
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
  for (const auto& counter : published_.counters) progress.counters.push_back(read(counter));
  for (const auto& count : published_.step_errors) progress.step_errors.push_back(read(count));
  return progress;
}

Subtask::Subtask(SubtaskDescriptor descriptor)
    : implementation_(std::make_unique<Implementation>(std::move(descriptor))) {}
Subtask::~Subtask() = default;

SubtaskPoll Subtask::Poll(int64_t now_micros) { return implementation_->Poll(now_micros); }
void Subtask::AddSplit(Split split) { implementation_->AddSplit(std::move(split)); }
void Subtask::NoMoreSplits() { implementation_->NoMoreSplits(); }
void Subtask::Cancel() { implementation_->Cancel(); }
Status Subtask::Commit() { return implementation_->Commit(); }
bool Subtask::is_source() const { return implementation_->is_source(); }
SubtaskState Subtask::state() const { return implementation_->state(); }
const Error& Subtask::error() const { return implementation_->error(); }
SubtaskProgress Subtask::progress() const { return implementation_->progress(); }

}  // namespace flinkc
