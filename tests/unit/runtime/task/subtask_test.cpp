// Whole subtasks: numbers from a connector of the test through fake chains to sinks that log,
// polled by hand and by worker threads.
#include "runtime/task/subtask.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>

#include "runtime/task/worker.h"
#include "runtime/task/worker_thread.h"
#include "tests/unit/runtime/task/fake_chain.h"

namespace flinkc {
namespace {

using testing::ElementsAre;

// A split "name:from:to" gives the numbers [from, to), 100 a poll; both columns are the number.
class NumberReader final : public SourceReader {
 public:
  Status AddSplit(const Split& split) override {
    Numbers numbers{};
    const std::string& range = split.position.empty() ? split.payload : split.position;
    if (std::sscanf(range.c_str(), "%ld:%ld", &numbers.next, &numbers.end) != 2) {
      return MakeError(ErrorCode::kInvalidArgument, "not a range: " + split.payload);
    }
    splits_.push_back(numbers);
    return {};
  }
  Result<SourcePoll> Poll(RecordBatch& batch) override {
    for (uint32_t i = 0; i < splits_.size(); ++i) {
      Numbers& split = splits_[i];
      if (split.next == split.end) continue;
      if (split.next == kPoison) return MakeError(ErrorCode::kIo, "the disk is gone");
      int32_t row = 0;
      for (; row < 100 && split.next < split.end; ++row, ++split.next) {
        batch.Values<int64_t>(0)[row] = split.next;
      }
      batch.set_row_count(row);
      bytes_ += row;
      return SourcePoll{SourceStatus::kRows, i, split.next == split.end};
    }
    return SourcePoll{SourceStatus::kNeedsSplit};
  }
  Result<std::string> Position(uint32_t split) const override {
    return fmt::format("{}:{}", splits_[split].next, splits_[split].end);
  }
  int64_t bytes_read() const override { return bytes_; }

  static constexpr int64_t kPoison = 666'000;

 private:
  struct Numbers {
    int64_t next;
    int64_t end;
  };
  std::vector<Numbers> splits_;
  int64_t bytes_ = 0;
};

// The sinks of a test outlive their subtasks here.
struct SinkLog {
  std::mutex mutex;
  std::vector<int64_t> numbers;
  std::vector<std::string> events;
};
SinkLog* sink_log = nullptr;

class LoggingSink final : public SinkWriter {
 public:
  Status Write(const BatchPtr& batch) override {
    std::lock_guard lock(sink_log->mutex);
    for (const Row& row : RowsOf(*batch)) sink_log->numbers.push_back(row[0]);
    return {};
  }
  Result<std::string> Seal() override {
    Log("seal");
    std::lock_guard lock(sink_log->mutex);
    return std::to_string(sink_log->numbers.size());
  }
  Status Persist() override {
    Log("persist");
    return {};
  }
  void Abort() override { Log("abort"); }

 private:
  static void Log(const char* event) {
    std::lock_guard lock(sink_log->mutex);
    sink_log->events.push_back(event);
  }
};

const ConnectorRuntimes kConnectors = {
    {"numbers", nullptr,
     [](SourceContext) -> Result<std::unique_ptr<SourceReader>> {
       return std::make_unique<NumberReader>();
     },
     nullptr, nullptr, nullptr},
    {"log", nullptr, nullptr,
     [](SinkContext) -> Result<std::unique_ptr<SinkWriter>> {
       return std::make_unique<LoggingSink>();
     },
     nullptr, nullptr},
    {"no-room", nullptr, nullptr,
     [](SinkContext) -> Result<std::unique_ptr<SinkWriter>> {
       return MakeError(ErrorCode::kNoSpace, "disk full");
     },
     nullptr, nullptr},
};

class ManualClock final : public Clock {
 public:
  int64_t NowMicros() const override { return now_; }
  int64_t MonotonicNanos() const override { return now_ * 1000; }
  int64_t now_ = 1'000'000;
};

class SubtaskTest : public testing::Test {
 protected:
  SubtaskTest() { sink_log = &log_; }

  // source -> edge, hashed by number
  std::shared_ptr<FakeChain> SourceChain() {
    auto chain = std::make_shared<FakeChain>();
    chain->layout_.heads[0].schema = schema_;
    ChainSource source;
    source.descriptor.name = "numbers";
    source.descriptor.connector = "numbers";
    source.descriptor.schema = schema_;
    source.event_time = event_time_;
    chain->layout_.source = source;
    chain->layout_.steps.push_back({"numbers", ErrorMode::kFail, std::nullopt, {}});
    chain->layout_.counters.push_back("rows_out:numbers");
    const uint32_t out = chain->AddPort("out", schema_, PortTarget::kEdge, 0, true);
    chain->AddPipeline(
        PipelineInput::kHead, 0, {out},
        ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
          const int64_t number = Cell(batch, 0, row);
          ++context->counters[0];
          context->split->max_event_time = std::max(context->split->max_event_time, number);
          EmitHashed(context, out, {number}, HashInteger(number));
          return true;
        }));
    return chain;
  }

  // gate -> sink
  std::shared_ptr<FakeChain> SinkChain(const std::string& connector = "log") {
    auto chain = std::make_shared<FakeChain>();
    chain->layout_.heads[0].schema = schema_;
    chain->layout_.heads[0].key_hashes = true;
    chain->AddSink("out", schema_);
    chain->layout_.sinks[0].descriptor.connector = connector;
    const uint32_t out = chain->AddPort("out", schema_, PortTarget::kSink, 0);
    chain->AddPipeline(
        PipelineInput::kHead, 0, {out},
        ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
          Emit(context, out, {Cell(batch, 0, row)});
          return true;
        }));
    return chain;
  }

  SubtaskDescriptor Describe(std::shared_ptr<FakeChain> chain, const Clock* clock,
                             std::shared_ptr<Parking> parking) {
    SubtaskDescriptor descriptor;
    descriptor.name = "test";
    descriptor.chain = std::move(chain);
    descriptor.connectors = &kConnectors;
    descriptor.memory = &memory_;
    descriptor.clock = clock;
    descriptor.parking = std::move(parking);
    descriptor.checkpoints.files = &files_;
    descriptor.checkpoints.run_in_background = [this](const std::function<void()>& task) {
      background_is_slow_ ? background_.push_back(task) : task();
    };
    descriptor.checkpoints.make_random_name = [] { return std::string("unused"); };
    return descriptor;
  }

  static Split Range(const std::string& id, int64_t from, int64_t to) {
    return {id, std::to_string(from) + ":" + std::to_string(to)};
  }

  SinkLog log_;
  MemoryPool memory_;
  LocalFileSystem files_;
  ManualClock clock_;
  std::shared_ptr<Parking> parking_ = std::make_shared<Parking>();
  const Schema schema_ = IntegerSchema({"n"});
  EventTimeDescriptor event_time_;
  bool background_is_slow_ = false;
  std::vector<std::function<void()>> background_;
};

// A source and a sink subtask over one small channel.
class PairTest : public SubtaskTest {
 protected:
  PairTest() { MakePair(); }

  // A new pair in place of the one there is.
  void MakePair() {
    channel_ = std::make_shared<Channel>(parking_, parking_, 2);
    SubtaskDescriptor source = Describe(SourceChain(), &clock_, parking_);
    source.checkpoints.overtake_after_micros = overtake_after_micros_;
    source.outputs = {{Partitioning::kHash, {channel_}}};
    source.request_split = [this] { ++requests_; };
    source.report_alignment = [this](const AlignmentReport& report) { reports_.push_back(report); };
    source.on_state = [this](const SubtaskEvent& event) {
      states_.push_back(Name(event.state));
      if (event.error != nullptr) states_.push_back(event.error->message);
    };
    source.on_snapshot = [this](uint64_t id, Result<proto::SubtaskAcknowledgement> taken) {
      source_snapshots_[id] = std::move(taken);
    };
    source_ = std::make_unique<Subtask>(std::move(source));
    SubtaskDescriptor sink = Describe(SinkChain(), &clock_, parking_);
    sink.inputs = {GateInput{channel_}};
    sink.on_state = [this](const SubtaskEvent& event) {
      if (event.last != nullptr) last_ = *event.last;
    };
    sink.on_snapshot = [this](uint64_t id, Result<proto::SubtaskAcknowledgement> taken) {
      sink_snapshots_[id] = std::move(taken);
    };
    sink_ = std::make_unique<Subtask>(std::move(sink));
  }

  void PollBoth() {
    for (int i = 0; i < 1000; ++i) {
      const bool source = source_->Poll(clock_.now_).progressed;
      const bool sink = sink_->Poll(clock_.now_).progressed;
      if (!source && !sink) return;
    }
    FAIL() << "never idle";
  }

  std::optional<int64_t> overtake_after_micros_;  // of the source
  std::shared_ptr<Channel> channel_;
  int requests_ = 0;
  std::vector<AlignmentReport> reports_;
  std::vector<std::string> states_;
  std::optional<proto::SubtaskSnapshot> last_;  // of the sink
  std::map<uint64_t, Result<proto::SubtaskAcknowledgement>> source_snapshots_;
  std::map<uint64_t, Result<proto::SubtaskAcknowledgement>> sink_snapshots_;
  std::unique_ptr<Subtask> source_;
  std::unique_ptr<Subtask> sink_;
};

TEST_F(PairTest, CarriesEveryRowAndEnds) {
  EXPECT_EQ(source_->state(), SubtaskState::kCreated);
  PollBoth();
  EXPECT_EQ(source_->state(), SubtaskState::kRunning);
  EXPECT_EQ(requests_, 1);  // asked once, however often it was polled
  source_->AddSplit(Range("a", 0, 5000));
  PollBoth();
  EXPECT_EQ(requests_, 2);
  EXPECT_EQ(log_.numbers.size(), 5000u);  // nothing waits in a builder while nothing comes
  source_->AddSplit(Range("b", 5000, 5250));
  source_->NoMoreSplits();
  PollBoth();
  EXPECT_EQ(source_->state(), SubtaskState::kFinished);
  EXPECT_EQ(sink_->state(), SubtaskState::kFinished);
  std::vector<int64_t> expected(5250);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(log_.numbers, expected);
  EXPECT_THAT(log_.events, ElementsAre("seal", "persist"));
  ASSERT_TRUE(last_);
  EXPECT_TRUE(last_->finished());
  ASSERT_EQ(last_->sealed_size(), 1);
  EXPECT_EQ(last_->sealed(0).unit(), "5250");
  EXPECT_THAT(states_, ElementsAre("RUNNING", "FINISHED"));

  const SubtaskProgress progress = source_->progress();
  EXPECT_EQ(progress.rows_in, 5250u);
  EXPECT_EQ(progress.rows_out, 5250u);
  EXPECT_EQ(progress.bytes_read, 5250u);
  EXPECT_EQ(progress.splits_finished, 2u);
  EXPECT_EQ(progress.watermark, INT64_MAX);
  EXPECT_THAT(progress.counters, ElementsAre(5250u));
  EXPECT_EQ(sink_->progress().rows_in, 5250u);
  EXPECT_EQ(sink_->progress().watermark, INT64_MAX);
}

BarrierPtr Barrier(uint64_t id, BarrierKind kind = BarrierKind::kCheckpoint) {
  return std::make_shared<const CheckpointBarrier>(CheckpointBarrier{id, kind, "savepoint"});
}

TEST_F(PairTest, WhatASnapshotHoldsAndWhatFollowsItIsEverythingOnce) {
  source_->AddSplit(Range("a", 0, 1000));
  source_->AddSplit(Range("b", 1000, 3000));
  source_->NoMoreSplits();
  source_->Poll(clock_.now_);
  source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1));
  // The barrier stands behind what was read, and the sink has not yet seen it.
  while (!source_snapshots_.contains(1)) {
    source_->Poll(clock_.now_);
    sink_->Poll(clock_.now_);
  }
  while (!sink_snapshots_.contains(1)) sink_->Poll(clock_.now_);
  ASSERT_TRUE(source_snapshots_.at(1));
  ASSERT_TRUE(sink_snapshots_.at(1));
  const proto::SubtaskSnapshot& sink = sink_snapshots_.at(1)->snapshot();
  ASSERT_EQ(sink.sealed_size(), 1);
  const size_t sealed = std::stoul(sink.sealed(0).unit());
  EXPECT_GT(sealed, 0u);
  EXPECT_LT(sealed, 3000u);
  EXPECT_THAT(log_.events, ElementsAre("seal", "persist"));

  // The process dies; what was written after the barrier is lost.
  PollBoth();
  const proto::SubtaskSnapshot source = source_snapshots_.at(1)->snapshot();
  log_.numbers.resize(sealed);
  MakePair();
  for (const proto::SplitState& split : source.splits()) {
    source_->AddSplit({split.id(), split.payload(), split.size_bytes(), split.position(),
                       split.max_event_time()});
  }
  source_->NoMoreSplits();
  PollBoth();
  std::vector<int64_t> expected(3000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(log_.numbers, expected);
}

TEST_F(PairTest, ASnapshotTellsHowLateItsBarrierCameAndHowLongItAligned) {
  source_->AddSplit(Range("a", 0, 1000));
  source_->Poll(clock_.now_);
  auto barrier = std::make_shared<CheckpointBarrier>(CheckpointBarrier{1, {}, ""});
  barrier->triggered_at_micros = clock_.now_;
  source_->TriggerCheckpoint(barrier);
  clock_.now_ += 3000;
  while (!source_snapshots_.contains(1)) source_->Poll(clock_.now_);
  clock_.now_ += 4000;
  while (!sink_snapshots_.contains(1)) sink_->Poll(clock_.now_);
  EXPECT_EQ(source_snapshots_.at(1)->start_delay_micros(), 3000);
  EXPECT_EQ(sink_snapshots_.at(1)->start_delay_micros(), 7000);
  EXPECT_EQ(sink_snapshots_.at(1)->alignment_micros(), 0) << "it has one channel";
}

TEST_F(PairTest, ASplitGivenBehindTheTriggerIsNoneOfTheCheckpoint) {
  source_->AddSplit(Range("a", 0, 1000));
  source_->Poll(clock_.now_);
  source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1));
  source_->AddSplit(Range("b", 1000, 1100));
  source_->NoMoreSplits();
  PollBoth();
  ASSERT_TRUE(source_snapshots_.contains(1));
  const auto& splits = source_snapshots_.at(1)->snapshot().splits();
  ASSERT_EQ(splits.size(), 1);
  EXPECT_EQ(splits[0].id(), "a");
  EXPECT_EQ(log_.numbers.size(), 1100u) << "and it is read";
}

// With several checkpoints under way: what the enumerator's state of each of them no longer has is
// in the subtask's.
TEST_F(PairTest, ASplitGivenBetweenTwoTriggersIsPartOfTheSecondCheckpoint) {
  source_->AddSplit(Range("a", 0, 1000));
  source_->Poll(clock_.now_);
  source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1));
  source_->AddSplit(Range("b", 1000, 1100));
  source_->TriggerCheckpoint(Barrier(2));
  source_->AddSplit(Range("c", 1100, 1200));
  source_->NoMoreSplits();
  PollBoth();
  const auto splits_of = [this](uint64_t checkpoint) {
    std::vector<std::string> ids;
    for (const proto::SplitState& split : source_snapshots_.at(checkpoint)->snapshot().splits()) {
      ids.push_back(split.id());
    }
    return ids;
  };
  EXPECT_THAT(splits_of(1), ElementsAre("a"));
  EXPECT_THAT(splits_of(2), ElementsAre("a", "b"));
  EXPECT_EQ(log_.numbers.size(), 1200u);
}

TEST_F(PairTest, SealedOutputIsListedUntilACheckpointIsComplete) {
  source_->AddSplit(Range("a", 0, 10'000));
  const auto take = [&](uint64_t id) {
    source_->TriggerCheckpoint(Barrier(id));
    while (!sink_snapshots_.contains(id)) {
      source_->Poll(clock_.now_);
      sink_->Poll(clock_.now_);
    }
    return sink_snapshots_.at(id)->snapshot().sealed_size();
  };
  EXPECT_EQ(take(1), 1);
  sink_->OnCheckpointAborted(1);
  EXPECT_EQ(take(2), 2);
  EXPECT_EQ(take(3), 3);
  sink_->OnCheckpointComplete(2);
  EXPECT_EQ(take(4), 2);
  source_->NoMoreSplits();
  sink_->OnCheckpointComplete(4);
  PollBoth();
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->sealed_size(), 1);
}

TEST_F(PairTest, ASnapshotThatIsOverBeforeItsTurnIsNotWritten) {
  source_->AddSplit(Range("a", 0, 10'000));
  background_is_slow_ = true;
  for (const uint64_t id : {1, 2, 3}) source_->TriggerCheckpoint(Barrier(id));
  while (background_.size() < 6) {
    source_->Poll(clock_.now_);
    sink_->Poll(clock_.now_);
  }
  sink_->OnCheckpointAborted(1);
  sink_->OnCheckpointComplete(3);
  log_.events.clear();
  for (const std::function<void()>& task : background_) task();
  EXPECT_EQ(sink_snapshots_.at(1).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(sink_snapshots_.at(2).error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(sink_snapshots_.at(3));
  EXPECT_THAT(log_.events, ElementsAre("persist"));
  EXPECT_TRUE(source_snapshots_.at(1)) << "it was told of nothing";
}

TEST_F(PairTest, AStopReadsNothingBehindItsBarrierAndEndsWhenItIsComplete) {
  source_->AddSplit(Range("a", 0, 100'000));
  source_->NoMoreSplits();
  source_->Poll(clock_.now_);
  source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1, BarrierKind::kStop));
  PollBoth();
  const size_t written = log_.numbers.size();
  EXPECT_LT(written, 100'000u);
  EXPECT_EQ(source_->state(), SubtaskState::kRunning);
  EXPECT_LT(source_->progress().watermark, INT64_MAX);
  source_->OnCheckpointComplete(1);
  sink_->OnCheckpointComplete(1);
  PollBoth();
  EXPECT_EQ(source_->state(), SubtaskState::kFinished);
  EXPECT_EQ(sink_->state(), SubtaskState::kFinished);
  EXPECT_EQ(log_.numbers.size(), written);
}

TEST_F(PairTest, AStopWithDrainSendsTheFinalWatermarkFirst) {
  source_->AddSplit(Range("a", 0, 100'000));
  source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1, BarrierKind::kStopWithDrain));
  PollBoth();
  EXPECT_EQ(sink_->progress().watermark, INT64_MAX);
  EXPECT_TRUE(sink_snapshots_.contains(1));
}

class AlignedPairTest : public PairTest {
 protected:
  AlignedPairTest() {
    event_time_.align = {"g", 10, 1'000'000};
    MakePair();
    source_->SetWatermarkLimit(500);
    source_->AddSplit(Range("a", 0, 1000));
    source_->NoMoreSplits();
    PollBoth();
  }
};

TEST_F(AlignedPairTest, WaitsAtItsLimitSaysSoAndGoesOn) {
  EXPECT_EQ(log_.numbers.size(), 600u);  // the batch that passed the limit comes on top
  EXPECT_TRUE(source_->progress().is_held_back);
  ASSERT_EQ(reports_.size(), 1u);
  const SubtaskPoll poll = source_->Poll(clock_.now_);
  EXPECT_FALSE(poll.progressed);
  EXPECT_EQ(poll.wake_at_micros, clock_.now_ + 10'000);  // it is to be told that it waits
  clock_.now_ += 10'000;
  PollBoth();
  EXPECT_EQ(reports_.back(), (AlignmentReport{599, true, true}));
  source_->SetWatermarkLimit(650);
  PollBoth();
  EXPECT_EQ(log_.numbers.size(), 700u);
  source_->SetWatermarkLimit(INT64_MAX);
  PollBoth();
  EXPECT_EQ(log_.numbers.size(), 1000u);
  EXPECT_EQ(source_->state(), SubtaskState::kFinished);
  EXPECT_FALSE(source_->progress().is_held_back);
}

TEST_F(AlignedPairTest, BarriersPassWhileItWaits) {
  source_->TriggerCheckpoint(Barrier(1));
  PollBoth();
  ASSERT_TRUE(source_snapshots_.contains(1) && source_snapshots_.at(1));
  ASSERT_TRUE(sink_snapshots_.contains(1));
  ASSERT_EQ(source_snapshots_.at(1)->snapshot().splits_size(), 1);
  EXPECT_EQ(source_snapshots_.at(1)->snapshot().splits(0).position(), "600:1000");
  EXPECT_TRUE(source_->progress().is_held_back);
}

TEST_F(AlignedPairTest, DrainsWhileItWaits) {
  source_->TriggerCheckpoint(Barrier(1, BarrierKind::kStopWithDrain));
  PollBoth();
  EXPECT_EQ(sink_->progress().watermark, INT64_MAX);
  ASSERT_TRUE(sink_snapshots_.contains(1));
  source_->OnCheckpointComplete(1);
  sink_->OnCheckpointComplete(1);
  PollBoth();
  EXPECT_EQ(source_->state(), SubtaskState::kFinished);
  EXPECT_EQ(sink_->state(), SubtaskState::kFinished);
  EXPECT_EQ(log_.numbers.size(), 600u);
}

TEST_F(PairTest, ABlockedSourceDoesNotRunAhead) {
  source_->AddSplit(Range("a", 0, 100'000));
  source_->NoMoreSplits();
  for (int i = 0; i < 2000; ++i) source_->Poll(clock_.now_);
  EXPECT_LT(source_->progress().rows_in, 5u * 4096);
  EXPECT_FALSE(source_->Poll(clock_.now_).progressed);
  PollBoth();
  EXPECT_EQ(log_.numbers.size(), 100'000u);
}

TEST_F(PairTest, ABlockedSourceSendsTheBarrierThatFollowsOneThatWasAborted) {
  overtake_after_micros_ = 1000;
  MakePair();
  source_->AddSplit(Range("a", 0, 100'000));
  for (int i = 0; i < 2000; ++i) source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1));
  source_->Poll(clock_.now_);
  source_->OnCheckpointAborted(1);
  clock_.now_ += 1000;
  source_->TriggerCheckpoint(Barrier(2));
  source_->Poll(clock_.now_);
  EXPECT_EQ(channel_->announced().id, 0u);
  clock_.now_ += 1000;
  for (int i = 0; i < 10; ++i) source_->Poll(clock_.now_);
  EXPECT_EQ(channel_->announced().id, 2u);
  EXPECT_TRUE(channel_->announced().overtakes);
}

TEST_F(PairTest, AStopThatIsAbortedBehindABarrierThatIsStuckStopsNothing) {
  source_->AddSplit(Range("a", 0, 100'000));
  source_->NoMoreSplits();
  source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(1));
  for (int i = 0; i < 2000; ++i) source_->Poll(clock_.now_);
  source_->TriggerCheckpoint(Barrier(2, BarrierKind::kStop));
  source_->OnCheckpointAborted(1);
  source_->OnCheckpointAborted(2);
  PollBoth();
  EXPECT_EQ(log_.numbers.size(), 100'000u);
  EXPECT_EQ(sink_->state(), SubtaskState::kFinished);
}

TEST_F(PairTest, CancelAbortsTheSinks) {
  source_->AddSplit(Range("a", 0, 100'000));
  for (int i = 0; i < 10; ++i) {
    source_->Poll(clock_.now_);
    sink_->Poll(clock_.now_);
  }
  source_->Cancel();
  sink_->Cancel();
  sink_->Cancel();
  PollBoth();
  EXPECT_EQ(source_->state(), SubtaskState::kCancelled);
  EXPECT_EQ(sink_->state(), SubtaskState::kCancelled);
  EXPECT_THAT(log_.events, ElementsAre("abort"));
  EXPECT_THAT(states_, ElementsAre("RUNNING", "CANCELED"));
}

TEST_F(PairTest, AFailingReaderFailsTheSubtask) {
  source_->AddSplit(Range("a", 665'900, 667'000));
  PollBoth();
  EXPECT_EQ(source_->state(), SubtaskState::kFailed);
  EXPECT_EQ(source_->error().code, ErrorCode::kIo);
  EXPECT_THAT(states_, ElementsAre("RUNNING", "FAILED", "source `numbers`: the disk is gone"));
  EXPECT_EQ(sink_->state(), SubtaskState::kRunning);  // the job will cancel it
}

TEST_F(PairTest, ABrokenSplitFailsTheSubtask) {
  PollBoth();
  source_->AddSplit({"x", "nonsense"});
  EXPECT_EQ(source_->state(), SubtaskState::kFailed);
  EXPECT_EQ(states_.back(), "source `numbers`: not a range: nonsense");
}

TEST_F(SubtaskTest, ASinkThatCannotBeOpenedFailsTheSubtask) {
  SubtaskDescriptor descriptor = Describe(SinkChain("no-room"), &clock_, parking_);
  descriptor.inputs = {GateInput{std::make_shared<Channel>(nullptr, nullptr)}};
  Subtask subtask(std::move(descriptor));
  subtask.Poll(0);
  EXPECT_EQ(subtask.state(), SubtaskState::kFailed);
  EXPECT_EQ(subtask.error().message, "sink `out`: disk full");
}

TEST_F(SubtaskTest, AnUnknownConnectorFailsTheSubtask) {
  SubtaskDescriptor descriptor = Describe(SinkChain("carrier-pigeon"), &clock_, parking_);
  descriptor.inputs = {GateInput{std::make_shared<Channel>(nullptr, nullptr)}};
  Subtask subtask(std::move(descriptor));
  subtask.Poll(0);
  EXPECT_EQ(subtask.error().code, ErrorCode::kUnsupported);
}

TEST_F(SubtaskTest, WorkersPollGatesBeforeSources) {
  Worker worker;
  auto channel = std::make_shared<Channel>(nullptr, nullptr, 1);
  std::vector<std::string> order;
  SubtaskDescriptor source = Describe(SourceChain(), &clock_, worker.parking());
  source.outputs = {{Partitioning::kHash, {channel}}};
  source.on_state = [&](const SubtaskEvent&) { order.push_back("source"); };
  SubtaskDescriptor sink = Describe(SinkChain(), &clock_, worker.parking());
  sink.inputs = {GateInput{channel}};
  sink.on_state = [&](const SubtaskEvent&) { order.push_back("sink"); };
  worker.Add(std::make_shared<Subtask>(std::move(source)));
  auto sink_subtask = std::make_shared<Subtask>(std::move(sink));
  worker.Post([&](Worker& own) { own.Add(sink_subtask); });
  worker.Poll(0);
  EXPECT_THAT(order, ElementsAre("sink", "source"));
  worker.Remove(sink_subtask.get());
  EXPECT_EQ(sink_subtask.use_count(), 1);
}

// Two workers, each with a source and a sink subtask, all to all.
TEST_F(SubtaskTest, TwoWorkerThreadsExchangeAllRows) {
  constexpr int64_t kNumbers = 300'000;
  const SystemClock clock;
  std::vector<std::shared_ptr<Worker>> workers = {std::make_shared<Worker>(),
                                                  std::make_shared<Worker>()};
  std::vector<std::vector<std::shared_ptr<Channel>>> channels(2);  // [source][sink]
  for (size_t from = 0; from < 2; ++from) {
    for (size_t to = 0; to < 2; ++to) {
      channels[from].push_back(
          std::make_shared<Channel>(workers[from]->parking(), workers[to]->parking(), 4));
    }
  }
  std::mutex mutex;
  std::condition_variable finished;
  int running = 4;
  const auto on_state = [&](const SubtaskEvent& event) {
    if (event.state == SubtaskState::kRunning) return;
    std::lock_guard lock(mutex);
    EXPECT_EQ(event.state, SubtaskState::kFinished);
    --running;
    finished.notify_one();
  };
  std::vector<std::shared_ptr<Subtask>> sources, sinks;
  for (uint32_t i = 0; i < 2; ++i) {
    SubtaskDescriptor source = Describe(SourceChain(), &clock, workers[i]->parking());
    source.subtask = i;
    source.parallelism = 2;
    source.outputs = {{Partitioning::kHash, channels[i]}};
    source.on_state = on_state;
    sources.push_back(std::make_shared<Subtask>(std::move(source)));
    SubtaskDescriptor sink = Describe(SinkChain(), &clock, workers[i]->parking());
    sink.inputs = {GateInput{channels[0][i]}, GateInput{channels[1][i]}};
    sink.on_state = on_state;
    sinks.push_back(std::make_shared<Subtask>(std::move(sink)));
    workers[i]->Add(sources[i]);
    workers[i]->Add(sinks[i]);
  }
  {
    WorkerThread first(workers[0], &clock, "worker 0");
    WorkerThread second(workers[1], &clock, "worker 1 with a long name");
    // Splits come while the workers run, or sleep.
    for (uint32_t i = 0; i < 20; ++i) {
      workers[i % 2]->Post([source = sources[i % 2], i](Worker&) {
        constexpr int64_t kPart = kNumbers / 20;
        source->AddSplit(Range("split" + std::to_string(i), i * kPart, (i + 1) * kPart));
      });
      static_cast<void>(sinks[0]->progress());
    }
    for (uint32_t i = 0; i < 2; ++i) {
      workers[i]->Post([source = sources[i]](Worker&) { source->NoMoreSplits(); });
    }
    std::unique_lock lock(mutex);
    ASSERT_TRUE(finished.wait_for(lock, std::chrono::seconds(60), [&] { return running == 0; }));
  }
  std::sort(log_.numbers.begin(), log_.numbers.end());
  ASSERT_EQ(log_.numbers.size(), static_cast<size_t>(kNumbers));
  for (int64_t i = 0; i < kNumbers; ++i) ASSERT_EQ(log_.numbers[static_cast<size_t>(i)], i);
  EXPECT_EQ(sinks[0]->progress().rows_in + sinks[1]->progress().rows_in,
            static_cast<uint64_t>(kNumbers));
}

TEST_F(SubtaskTest, AWorkerThreadThatSleepsIsWokenByACommandAndStopped) {
  const SystemClock clock;
  auto worker = std::make_shared<Worker>();
  std::atomic<int> ran{0};
  {
    WorkerThread thread(worker, &clock, "worker");
    for (int i = 0; i < 200; ++i) {
      worker->Post([&ran](Worker&) {
        ran.fetch_add(1);
        ran.notify_one();
      });
      ran.wait(i);
    }
  }
  EXPECT_EQ(ran.load(), 200);
}

}  // namespace
}  // namespace flinkc
