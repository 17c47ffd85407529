#include "runtime/exchange/remote_exchange.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/exchange/input_gate.h"
#include "runtime/exchange/result_partition.h"
#include "tests/unit/runtime/exchange/exchange_pair.h"

namespace flinkc {
namespace {

const Schema kSchema({{"n", DataType(TypeKind::kBigint).NotNull()}});

BatchPtr BatchOf(int64_t value, int32_t rows = 1) {
  auto batch = std::make_shared<RecordBatch>(kSchema, rows, false, false, nullptr);
  for (int32_t row = 0; row < rows; ++row) batch->Values<int64_t>(0)[row] = value;
  batch->set_row_count(rows);
  return batch;
}

BarrierPtr BarrierOf(uint64_t id) {
  return std::make_shared<const CheckpointBarrier>(CheckpointBarrier{id, {}, ""});
}

// "b5" a batch, "w7" a watermark, "barrier3", "idle", "end".
std::string Describe(const StreamElement& element) {
  switch (element.kind) {
    case ElementKind::kBatch:
      return "b" + std::to_string(element.batch->Values<int64_t>(0)[0]);
    case ElementKind::kWatermark:
      return "w" + std::to_string(element.watermark);
    case ElementKind::kIdle:
      return "idle";
    case ElementKind::kBarrier:
      return "barrier" + std::to_string(element.barrier->id);
    case ElementKind::kEnd:
      return "end";
  }
  return "?";
}

using Seen = std::vector<std::string>;

class RemoteExchangeTest : public testing::Test {
 protected:
  // A channel from left to right.
  struct Way {
    std::shared_ptr<Channel> in = std::make_shared<Channel>(nullptr, nullptr, 64);
    std::shared_ptr<Channel> out = std::make_shared<Channel>(nullptr, nullptr, 2);

    void Push(StreamElement element) { in->Push(std::move(element)); }
    Seen Pop(size_t count_max = SIZE_MAX) {
      Seen seen;
      StreamElement element;
      while (seen.size() < count_max && out->Pop(&element)) seen.push_back(Describe(element));
      return seen;
    }
  };

  Status AddSender(uint64_t channel, const Way& way, uint32_t attempt = 1) {
    return pair_.left.exchange.AddSender({{channel, attempt}, "job", way.in, kSchema});
  }
  Status AddReceiver(uint64_t channel, const Way& way, uint32_t attempt = 1) {
    return pair_.right.exchange.AddReceiver(
        {{channel, attempt}, "job", way.out, batches_, window_, &memory_});
  }
  void Add(uint64_t channel, const Way& way, uint32_t attempt = 1) {
    ASSERT_TRUE(AddSender(channel, way, attempt).has_value());
    ASSERT_TRUE(AddReceiver(channel, way, attempt).has_value());
  }
  void Run() { pair_.Run(); }
  // All that comes while the consumer reads whatever there is.
  Seen Drain(Way& way) {
    Seen seen;
    Run();
    for (Seen more = way.Pop(); !more.empty(); more = way.Pop()) {
      seen.insert(seen.end(), more.begin(), more.end());
      Run();
    }
    return seen;
  }

  std::shared_ptr<BatchReader> batches_ =
      std::make_shared<BatchReader>(kSchema, false, false, nullptr);
  MemoryPool memory_;
  Credit window_ = kCreditWindowDefault;
  ExchangePair pair_;
};

TEST_F(RemoteExchangeTest, CarriesElementsInOrderWhicheverEndIsFirst) {
  for (const bool sender_first : {true, false}) {
    Way way;
    const uint64_t channel = sender_first ? 1 : 2;
    way.Push(StreamElement::Batch(BatchOf(1)));
    way.Push(StreamElement::Watermark(10));
    way.Push(StreamElement::Batch(BatchOf(2)));
    way.Push(StreamElement::Idle());
    way.Push(StreamElement::Barrier(BarrierOf(4)));
    way.Push(StreamElement::End());
    ASSERT_TRUE((sender_first ? AddSender(channel, way) : AddReceiver(channel, way)).has_value());
    Run();
    EXPECT_EQ(way.Pop(), Seen());
    ASSERT_TRUE((sender_first ? AddReceiver(channel, way) : AddSender(channel, way)).has_value());
    EXPECT_EQ(Drain(way), Seen({"b1", "w10", "b2", "idle", "barrier4", "end"}));
  }
  EXPECT_TRUE(pair_.left.failures.empty());
  EXPECT_TRUE(pair_.right.failures.empty());
}

TEST_F(RemoteExchangeTest, SaysAgainWhatWasSaidBeforeTheConnection) {
  Way way;
  Add(1, way);
  way.Push(StreamElement::Batch(BatchOf(1)));
  pair_.left.out.frames.clear();
  pair_.right.out.frames.clear();
  EXPECT_EQ(Drain(way), Seen());
  pair_.left.exchange.OnConnected();
  pair_.right.exchange.OnConnected();
  EXPECT_EQ(Drain(way), Seen({"b1"}));
}

TEST_F(RemoteExchangeTest, SendsNoMoreThanTheConsumerTakes) {
  Way way;
  Add(1, way);
  for (int64_t i = 0; i < 20; ++i) way.Push(StreamElement::Batch(BatchOf(i)));
  Run();
  // Two in the channel, for which there is no credit yet, as it is not half of the window.
  EXPECT_EQ(pair_.right.exchange.counts().frames_received, 1 + window_.batches);
  EXPECT_TRUE(pair_.left.exchange.is_held_back());
  EXPECT_EQ(way.Pop(), Seen({"b0", "b1"}));
  Run();
  EXPECT_EQ(pair_.right.exchange.counts().frames_received, 1 + window_.batches + 4);
  Seen seen = Drain(way);
  EXPECT_EQ(seen.size(), 18u);
  EXPECT_EQ(seen.front(), "b2");
  EXPECT_EQ(seen.back(), "b19");
  EXPECT_FALSE(pair_.left.exchange.is_held_back());
  EXPECT_EQ(memory_.used_bytes(), 0u);
}

TEST_F(RemoteExchangeTest, LetsABatchOfAnySizePassAnEmptyWindow) {
  window_ = {1000, 8, 64};
  Way way;
  Add(1, way);
  for (int64_t i = 0; i < 6; ++i) way.Push(StreamElement::Batch(BatchOf(i, 1000)));
  pair_.left.exchange.Poll();
  Run();
  // One each time: two in the channel, the third waits for the consumer.
  EXPECT_EQ(pair_.right.exchange.counts().frames_received, 1 + 3u);
  EXPECT_LT(memory_.used_bytes(), 9000u);
  EXPECT_EQ(Drain(way), Seen({"b0", "b1", "b2", "b3", "b4", "b5"}));
}

TEST_F(RemoteExchangeTest, EventsNeedNoCreditOfBatches) {
  Way way;
  Add(1, way);
  for (int64_t i = 0; i < 10; ++i) way.Push(StreamElement::Batch(BatchOf(i)));
  Run();
  EXPECT_EQ(pair_.right.exchange.counts().frames_received, 1 + 8u);
  Way other;
  Add(2, other);
  for (int64_t i = 0; i < 8; ++i) other.Push(StreamElement::Batch(BatchOf(i)));
  for (int64_t i = 0; i < 50; ++i) other.Push(StreamElement::Watermark(i));
  Run();
  EXPECT_EQ(pair_.right.exchange.counts().frames_received, 1 + 8 + 1 + 8 + 50u);
  // But there is a bound for them too.
  for (int64_t i = 0; i < 50; ++i) other.Push(StreamElement::Watermark(i));
  Run();
  EXPECT_EQ(pair_.right.exchange.counts().frames_received, 1 + 8 + 1 + 8 + 64u);
  EXPECT_EQ(Drain(other).size(), 108u);
}

TEST_F(RemoteExchangeTest, ASlowConsumerHoldsBackOnlyItsOwnChannel) {
  Way slow;
  Way fast;
  Add(1, slow);
  Add(2, fast);
  for (int64_t i = 0; i < 40; ++i) {
    slow.Push(StreamElement::Batch(BatchOf(i)));
    fast.Push(StreamElement::Batch(BatchOf(i)));
  }
  EXPECT_EQ(Drain(fast).size(), 40u);
  EXPECT_EQ(Drain(slow).size(), 40u);
}

TEST_F(RemoteExchangeTest, SendsWhatTheConnectionTakes) {
  pair_.left.out.frames_max = 1;
  Way ways[3];
  for (uint64_t i = 0; i < 3; ++i) {
    Add(i, ways[i]);
    for (int64_t j = 0; j < 5; ++j) ways[i].Push(StreamElement::Batch(BatchOf(j)));
  }
  while (!pair_.right.out.frames.empty()) {
    ASSERT_TRUE(ExchangePair::Deliver(pair_.right, pair_.left).has_value());
  }
  pair_.left.out.frames.clear();  // the questions
  pair_.left.exchange.Poll();
  EXPECT_EQ(pair_.left.out.frames.size(), 1u);
  EXPECT_TRUE(pair_.left.exchange.is_held_back());
  for (Way& way : ways) EXPECT_EQ(Drain(way).size(), 5u);
}

TEST_F(RemoteExchangeTest, ABarrierIsAnnouncedAheadOfWhatWaits) {
  Way way;
  Add(1, way);
  ResultPartition partition({way.in});
  for (int64_t i = 0; i < 20; ++i) partition.Emit(0, BatchOf(i));
  InputGate gate({GateInput{way.out}});
  Run();
  EXPECT_FALSE(gate.has_begun());
  partition.Broadcast(StreamElement::Barrier(BarrierOf(5)));
  Run();
  EXPECT_TRUE(gate.has_begun());
  StreamElement element;
  int batches = 0;
  for (; gate.Poll(&element) && element.kind == ElementKind::kBatch; ++batches) Run();
  EXPECT_EQ(batches, 20);
  EXPECT_EQ(element.kind, ElementKind::kBarrier);
  EXPECT_FALSE(gate.has_begun());
  // One that waits for nothing, or only at the receiver.
  for (int64_t i = 0; i < 5; ++i) partition.Emit(0, BatchOf(i));
  partition.Broadcast(StreamElement::Barrier(BarrierOf(6)));
  Run();
  EXPECT_TRUE(gate.has_begun());
}

TEST_F(RemoteExchangeTest, WhatIsLostDoubledOrOutOfOrderFailsItsChannel) {
  enum Fault { kLost, kDoubled, kSwapped, kDamaged };
  uint64_t channel = 0;
  for (const Fault fault : {kLost, kDoubled, kSwapped, kDamaged}) {
    for (size_t at = 0; at < 4; ++at) {
      SCOPED_TRACE(testing::Message() << fault << " at " << at);
      Way way;
      Way other;
      Add(++channel, way);
      Add(++channel, other);
      Run();
      for (int64_t i = 0; i < 5; ++i) way.Push(StreamElement::Batch(BatchOf(i)));
      pair_.left.exchange.Poll();
      std::deque<std::string>& frames = pair_.left.out.frames;
      ASSERT_EQ(frames.size(), 5u);
      const auto place = frames.begin() + static_cast<std::ptrdiff_t>(at);
      if (fault == kLost) frames.erase(place);
      if (fault == kDoubled) frames.insert(place, std::string(*place));
      if (fault == kSwapped) std::swap(*place, *(place + 1));
      if (fault == kDamaged) place->back() = static_cast<char>(place->back() ^ 1);
      other.Push(StreamElement::Batch(BatchOf(7)));
      Seen seen = Drain(way);
      EXPECT_LE(seen.size(), at + 1);
      for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], "b" + std::to_string(i));
      ASSERT_EQ(pair_.right.failures.size(), 1u);
      EXPECT_EQ(pair_.right.failures[0].region, "job");
      EXPECT_EQ(pair_.right.failures[0].address, (ChannelAddress{channel - 1, 1}));
      EXPECT_EQ(pair_.right.failures[0].error.code, ErrorCode::kCorrupt);
      pair_.right.failures.clear();
      EXPECT_EQ(Drain(other), Seen({"b7"}));
    }
  }
  EXPECT_EQ(memory_.used_bytes(), 0u);
}

TEST_F(RemoteExchangeTest, ALostCreditIsSeenByTheNext) {
  Way way;
  Add(1, way);
  Run();
  pair_.right.exchange.OnConnected();
  pair_.right.exchange.OnConnected();
  pair_.right.out.frames.pop_front();
  Run();
  ASSERT_EQ(pair_.left.failures.size(), 1u);
  EXPECT_EQ(pair_.left.failures[0].error.message, "credit 3 came where 2 was expected");
}

TEST_F(RemoteExchangeTest, ADamagedHeaderFailsTheConnection) {
  Way ways[2];
  Add(1, ways[0]);
  Add(2, ways[1]);
  Run();
  ways[0].Push(StreamElement::Batch(BatchOf(1)));
  pair_.left.exchange.Poll();
  pair_.left.out.frames.front()[0] ^= 1;
  EXPECT_FALSE(ExchangePair::Deliver(pair_.left, pair_.right).has_value());
  EXPECT_EQ(pair_.right.failures.size(), 2u);
  EXPECT_TRUE(pair_.right.exchange.is_empty());
  pair_.left.exchange.Fail({ErrorCode::kUnavailable, "the connection was closed"});
  EXPECT_EQ(pair_.left.failures.size(), 2u);
  EXPECT_TRUE(pair_.left.exchange.is_empty());
}

TEST_F(RemoteExchangeTest, ASenderWithoutCreditIsRefused) {
  window_ = {1000, 2, 2};
  Way way;
  const auto send = [this](uint64_t sequence, const StreamElement& element) {
    Result<std::string> frame = EncodeElement({1, 1}, sequence, kSchema, element, false);
    ASSERT_TRUE(frame.has_value());
    ASSERT_TRUE(pair_.right.exchange.OnFrame(*std::move(frame)).has_value());
  };
  for (const StreamElement& element :
       {StreamElement::Batch(BatchOf(1)), StreamElement::Watermark(1)}) {
    ASSERT_TRUE(AddReceiver(1, way).has_value());
    send(0, element);
    send(1, element);
    EXPECT_TRUE(pair_.right.failures.empty());
    send(2, element);
    ASSERT_EQ(pair_.right.failures.size(), 1u);
    EXPECT_EQ(pair_.right.failures[0].error.message, "the sender had no credit for a frame");
    pair_.right.failures.clear();
  }
}

TEST_F(RemoteExchangeTest, FramesOfFormerAttemptsAreDropped) {
  Way former;
  Way way;
  Add(1, former);
  Run();
  for (int64_t i = 0; i < 5; ++i) former.Push(StreamElement::Batch(BatchOf(i)));
  pair_.left.exchange.Poll();  // five under way
  EXPECT_FALSE(AddReceiver(1, former).has_value());
  ASSERT_TRUE(AddReceiver(1, way, 2).has_value());
  EXPECT_FALSE(AddReceiver(1, former, 1).has_value());
  // The former sender is told of the new attempt's credit, and does not take it for its own.
  Run();
  EXPECT_EQ(pair_.right.exchange.counts().frames_dropped, 5u);
  EXPECT_EQ(pair_.left.exchange.counts().frames_dropped, 1u);
  ASSERT_TRUE(AddSender(1, way, 2).has_value());
  way.Push(StreamElement::Batch(BatchOf(7)));
  EXPECT_EQ(Drain(way), Seen({"b7"}));
  EXPECT_EQ(former.Pop(), Seen());
  EXPECT_TRUE(pair_.left.failures.empty());
  EXPECT_TRUE(pair_.right.failures.empty());
}

TEST_F(RemoteExchangeTest, RemovesAttemptsThatAreOver) {
  Way ways[2];
  Add(1, ways[0], 1);
  Add(2, ways[1], 2);
  pair_.left.exchange.RemoveAttempts("other", 9);
  pair_.left.exchange.RemoveAttempts("job", 1);
  EXPECT_FALSE(pair_.left.exchange.is_empty());
  pair_.left.exchange.RemoveAttempts("job", 2);
  EXPECT_TRUE(pair_.left.exchange.is_empty());
  EXPECT_TRUE(pair_.left.failures.empty());
}

// An exchange on a thread of its own, which sleeps when it has nothing to do.
class DrivenExchange : public FrameSink {
 public:
  explicit DrivenExchange(bool* failed)
      : exchange_(this, &buffers_, [failed](const ChannelFailure&) { *failed = true; }) {}

  void set_peer(DrivenExchange* peer) { peer_ = peer; }
  void Start() {
    thread_ = std::thread([this] { Drive(); });
  }
  void Stop() {
    stopped_ = true;
    parking_->Wake();
    thread_.join();
  }
  const std::shared_ptr<Parking>& parking() const { return parking_; }
  RemoteExchange& exchange() { return exchange_; }

  bool HasRoom() override { return true; }
  void Send(std::string frame) override {
    {
      std::lock_guard lock(peer_->mutex_);
      peer_->frames_.push_back(std::move(frame));
    }
    peer_->parking_->Wake();
  }

 private:
  bool Work() {
    std::deque<std::string> frames;
    {
      std::lock_guard lock(mutex_);
      frames.swap(frames_);
    }
    for (std::string& frame : frames) static_cast<void>(exchange_.OnFrame(std::move(frame)));
    return exchange_.Poll() || !frames.empty();
  }
  void Drive() {
    while (!stopped_) {
      if (Work()) continue;
      parking_->PrepareToSleep();
      if (stopped_ || Work()) {
        parking_->CancelSleep();
      } else {
        parking_->Sleep(-1);
      }
    }
  }

  const std::shared_ptr<Parking> parking_ = std::make_shared<Parking>();
  FrameBuffers buffers_{nullptr};
  RemoteExchange exchange_;
  DrivenExchange* peer_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::deque<std::string> frames_;  // guarded by mutex_
};

// Producer, both exchanges and consumer sleep whenever they have nothing to do: one lost wake-up
// would stop all for ever (the test's time limit).
TEST(RemoteExchangeThreads, LosesNoWakeUp) {
  constexpr int64_t kBatches = 20'000;
  bool failed = false;
  DrivenExchange left(&failed);
  DrivenExchange right(&failed);
  left.set_peer(&right);
  right.set_peer(&left);
  auto producer = std::make_shared<Parking>();
  auto consumer = std::make_shared<Parking>();
  auto in = std::make_shared<Channel>(producer, left.parking(), 2);
  auto out = std::make_shared<Channel>(right.parking(), consumer, 1);
  auto batches = std::make_shared<BatchReader>(kSchema, false, false, nullptr);
  ASSERT_TRUE(left.exchange().AddSender({{1, 1}, "job", in, kSchema}).has_value());
  ASSERT_TRUE(right.exchange().AddReceiver({{1, 1}, "job", out, batches}).has_value());
  left.Start();
  right.Start();
  const auto wait_for = [](Parking& parking, const auto& is_there) {
    while (!is_there()) {
      parking.PrepareToSleep();
      if (is_there()) return parking.CancelSleep();
      parking.Sleep(-1);
    }
  };
  std::thread source([&] {
    for (int64_t i = 0; i < kBatches; ++i) {
      wait_for(*producer, [&] { return in->HasRoom(); });
      in->Push(StreamElement::Batch(BatchOf(i)));
    }
  });
  StreamElement element;
  int64_t wrong = 0;
  for (int64_t i = 0; i < kBatches; ++i) {
    bool popped = false;
    wait_for(*consumer, [&] { return popped = popped || out->Pop(&element); });
    if (element.batch->Values<int64_t>(0)[0] != i) ++wrong;
  }
  EXPECT_EQ(wrong, 0);
  source.join();
  left.Stop();
  right.Stop();
  EXPECT_FALSE(failed);
}

}  // namespace
}  // namespace flinkc
