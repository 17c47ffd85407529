// Many channels in both directions between two exchanges, in an order drawn from a seed: frames are
// delayed, consumers are slow, attempts are aborted and begun anew, frames get lost. Whatever
// happens, a consumer sees the beginning of what its producer has sent, all of it unless something
// was lost; no more is held than was granted; and nothing stands still.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/exchange/result_partition.h"
#include "tests/support/random_batch.h"
#include "tests/unit/runtime/exchange/exchange_pair.h"

namespace flinkc {
namespace {

const Schema kSchema({{"n", DataType(TypeKind::kBigint).NotNull()}, {"s", DataType::String()}});
constexpr Credit kWindow{20'000, 4, 16};
constexpr int32_t kRowsMax = 40;
// No encoded batch is larger.
constexpr size_t kBatchBytesMax = 40 * (16 + 8 + 300) + 200;
constexpr size_t kEventBytesMax = 200;

struct Faults {
  bool aborts = false;
  bool losses = false;
};

// A way from a producer to a consumer, and what went over it.
class SimulatedChannel {
 public:
  SimulatedChannel(uint64_t id, bool to_right, std::mt19937_64* random)
      : id_(id), to_right_(to_right), random_(random) {}

  void Begin(uint32_t attempt) {
    attempt_ = attempt;
    in_ = std::make_shared<Channel>(nullptr, nullptr, 1 + (*random_)() % 8);
    out_ = std::make_shared<Channel>(nullptr, nullptr, 1 + (*random_)() % 4);
    partition_.emplace(std::vector<std::shared_ptr<Channel>>{in_});
    sent_.clear();
    seen_count_ = 0;
    barrier_ = 0;
    left_ = (*random_)() % 60;
    over_ = false;
  }

  void AddSender(ExchangePair& pair) {
    ExchangeEnd& end = to_right_ ? pair.left : pair.right;
    RemoteSenderDescriptor sender{address(), "job", in_, kSchema, id_ % 3 == 0};
    ASSERT_TRUE(end.exchange.AddSender(std::move(sender)).has_value());
  }
  void AddReceiver(ExchangePair& pair, MemoryPool* memory) {
    ExchangeEnd& end = to_right_ ? pair.right : pair.left;
    RemoteReceiverDescriptor receiver{address(), "job", out_, batches_, kWindow, memory};
    ASSERT_TRUE(end.exchange.AddReceiver(std::move(receiver)).has_value());
  }

  // One element, or what waits.
  void Produce() {
    if (over_) return;
    partition_->Drain();
    if (!partition_->HasRoom()) return;
    if (left_ == 0) {
      over_ = true;
      return Send(StreamElement::End());
    }
    --left_;
    switch ((*random_)() % 8) {
      case 0:
        return Send(StreamElement::Watermark(static_cast<int64_t>((*random_)())));
      case 1:
        return Send(StreamElement::Idle());
      case 2:
        return Send(StreamElement::Barrier(std::make_shared<CheckpointBarrier>(
            CheckpointBarrier{++barrier_, BarrierKind::kSavepoint, "a/directory", true, 5})));
      default:
        return Send(StreamElement::Batch(RandomBatch(
            kSchema, static_cast<int32_t>(1 + (*random_)() % kRowsMax), false, true, *random_)));
    }
  }

  void Consume() {
    StreamElement element;
    if (!out_->Pop(&element)) return;
    ASSERT_LT(seen_count_, sent_.size());
    ASSERT_EQ(Text(element), sent_[seen_count_]);
    ++seen_count_;
    ASSERT_LE(out_->announced().id, barrier_);
    if (element.kind == ElementKind::kBarrier) {
      ASSERT_GE(out_->announced().id, element.barrier->id);
    }
  }

  ChannelAddress address() const { return {id_, attempt_}; }
  bool is_complete() const { return over_ && seen_count_ == sent_.size(); }

 private:
  void Send(const StreamElement& element) {
    sent_.push_back(Text(element));
    partition_->Broadcast(element);
  }
  static std::string Text(const StreamElement& element) {
    switch (element.kind) {
      case ElementKind::kBatch:
        return Describe(kSchema, *element.batch);
      case ElementKind::kWatermark:
        return "watermark " + std::to_string(element.watermark);
      case ElementKind::kIdle:
        return "idle";
      case ElementKind::kBarrier:
        return "barrier " + std::to_string(element.barrier->id) +
               element.barrier->savepoint_directory;
      case ElementKind::kEnd:
        return "end";
    }
    return "?";
  }

  const uint64_t id_;
  const bool to_right_;
  std::mt19937_64* const random_;
  const std::shared_ptr<BatchReader> batches_ =
      std::make_shared<BatchReader>(kSchema, false, true, nullptr);
  uint32_t attempt_ = 0;
  std::shared_ptr<Channel> in_;
  std::shared_ptr<Channel> out_;
  std::optional<ResultPartition> partition_;
  std::vector<std::string> sent_;
  size_t seen_count_ = 0;
  uint64_t barrier_ = 0;
  uint64_t left_ = 0;
  bool over_ = false;
};

class Simulation {
 public:
  Simulation(uint64_t seed, Faults faults) : random_(seed), faults_(faults) {
    const uint64_t count = 1 + random_() % 30;
    for (uint64_t id = 0; id < count; ++id) {
      channels_.push_back(std::make_unique<SimulatedChannel>(id, random_() % 2 == 0, &random_));
    }
    pair_.left.out.frames_max = 1 + random_() % 20;
    pair_.right.out.frames_max = 1 + random_() % 20;
    aborts_left_ = faults.aborts ? 1 + random_() % 3 : 0;
    BeginAttempt();
  }

  void Run() {
    while (!testing::Test::HasFatalFailure()) {
      const size_t steps = 200 + random_() % 2000;
      for (size_t i = 0; i < steps; ++i) Step();
      if (aborts_left_ == 0) break;
      --aborts_left_;
      Abort();
    }
    Finish();
  }

 private:
  void BeginAttempt() {
    ++attempt_;
    for (const auto& channel : channels_) {
      channel->Begin(attempt_);
      to_add_.push_back({channel.get(), true});
      to_add_.push_back({channel.get(), false});
    }
    std::shuffle(to_add_.begin(), to_add_.end(), random_);
  }

  // Which end is told first is open, and frames of the attempt are still under way.
  void Abort() {
    to_add_.clear();
    BeginAttempt();
    ExchangeEnd* ends[] = {&pair_.left, &pair_.right};
    if (random_() % 2 == 0) std::swap(ends[0], ends[1]);
    for (ExchangeEnd* end : ends) {
      if (random_() % 2 == 0) end->exchange.RemoveAttempts("job", attempt_ - 1);
      for (uint64_t i = random_() % 30; i > 0; --i) Step();
    }
    for (ExchangeEnd* end : ends) end->exchange.RemoveAttempts("job", attempt_ - 1);
  }

  void Add() {
    if (to_add_.empty()) return;
    const ToAdd next = to_add_.back();
    to_add_.pop_back();
    if (next.sender) {
      next.channel->AddSender(pair_);
    } else {
      next.channel->AddReceiver(pair_, &memory_);
    }
  }

  void Step() {
    SimulatedChannel& channel = *channels_[random_() % channels_.size()];
    switch (random_() % 8) {
      case 0:
        Add();
        break;
      case 1:
      case 2:
        channel.Produce();
        break;
      case 3:
        channel.Consume();
        break;
      case 4:
        pair_.left.exchange.Poll();
        break;
      case 5:
        pair_.right.exchange.Poll();
        break;
      case 6:
        Deliver(pair_.left, pair_.right);
        break;
      default:
        Deliver(pair_.right, pair_.left);
        break;
    }
    ASSERT_LE(memory_.used_bytes(), channels_.size() * (kWindow.bytes + kBatchBytesMax +
                                                        kWindow.events * kEventBytesMax));
  }

  bool Deliver(ExchangeEnd& from, ExchangeEnd& to) {
    std::deque<std::string>& frames = from.out.frames;
    if (frames.empty()) return false;
    if (faults_.losses && lost_.size() < 2 && random_() % 64 == 0) {
      const Result<FrameHeader> header = ReadFrameHeader(frames.front());
      // The loss of the last frame is not to be seen, nor that of a question.
      if (header->kind != FrameKind::kEnd && header->kind <= FrameKind::kAnnouncement) {
        lost_.insert(header->address.channel);
        frames.pop_front();
        return true;
      }
    }
    EXPECT_TRUE(ExchangePair::Deliver(from, to).has_value());
    return true;
  }

  // Everything that has begun comes to its end.
  void Finish() {
    while (!to_add_.empty()) Add();
    bool moved = true;
    while (moved && !testing::Test::HasFatalFailure()) {
      moved = false;
      for (int i = 0; i < 100; ++i) {
        for (const auto& channel : channels_) {
          channel->Produce();
          channel->Consume();
        }
        moved |= pair_.left.exchange.Poll();
        moved |= pair_.right.exchange.Poll();
        while (Deliver(pair_.left, pair_.right) || Deliver(pair_.right, pair_.left)) moved = true;
      }
    }
    std::set<uint64_t> failed;
    for (const ExchangeEnd* end : {&pair_.left, &pair_.right}) {
      for (const ChannelFailure& failure : end->failures) failed.insert(failure.address.channel);
    }
    EXPECT_EQ(failed, lost_);
    for (const auto& channel : channels_) {
      EXPECT_NE(channel->is_complete(), lost_.contains(channel->address().channel))
          << channel->address().channel;
    }
    EXPECT_EQ(memory_.used_bytes(), 0u);
  }

  struct ToAdd {
    SimulatedChannel* channel;
    bool sender;
  };

  std::mt19937_64 random_;
  const Faults faults_;
  MemoryPool memory_;
  ExchangePair pair_;
  std::vector<std::unique_ptr<SimulatedChannel>> channels_;
  std::vector<ToAdd> to_add_;
  uint32_t attempt_ = 0;
  uint64_t aborts_left_ = 0;
  std::set<uint64_t> lost_;  // channels of which a frame was lost
};

class RemoteSimulation : public testing::TestWithParam<uint64_t> {
 protected:
  void Run(Faults faults) {
    for (uint64_t i = 0; i < kSeeds; ++i) {
      const uint64_t seed = GetParam() * kSeeds + i;
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      Simulation(seed, faults).Run();
      if (HasFailure()) return;
    }
  }
  static constexpr uint64_t kSeeds = 50;
};

TEST_P(RemoteSimulation, DelaysChangeNothing) { Run({}); }
TEST_P(RemoteSimulation, AbortedAttemptsLeaveNothing) { Run({.aborts = true}); }
TEST_P(RemoteSimulation, LossesFailTheirChannel) { Run({.losses = true}); }

INSTANTIATE_TEST_SUITE_P(Seeds, RemoteSimulation, testing::Range(uint64_t{0}, uint64_t{4}));

}  // namespace
}  // namespace flinkc
