#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "runtime/abi/engine_kernels.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/exchange/result_partition.h"

namespace flinkc {
namespace {

const Schema kSchema({{"n", DataType(TypeKind::kBigint).NotNull()}});

BatchPtr BatchOf(int64_t value) {
  auto batch = std::make_shared<RecordBatch>(kSchema, 64, false, false, nullptr);
  batch->Values<int64_t>(0)[0] = value;
  batch->set_row_count(1);
  return batch;
}

int64_t ValueOf(const StreamElement& element) { return element.batch->Values<int64_t>(0)[0]; }

std::shared_ptr<Channel> MakeChannel(uint32_t capacity = 4) {
  return std::make_shared<Channel>(nullptr, nullptr, capacity);
}

TEST(SpscRing, FillsToItsCapacityAndGivesBackInOrder) {
  SpscRing<int> ring(4);
  int value = 0;
  EXPECT_FALSE(ring.Pop(&value));
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(ring.HasRoom());
      ring.Push(round * 4 + i);
    }
    EXPECT_FALSE(ring.HasRoom());
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(ring.Pop(&value));
      EXPECT_EQ(value, round * 4 + i);
    }
  }
}

TEST(SpscRing, CarriesEverythingBetweenTwoThreads) {
  constexpr int kCount = 200'000;
  SpscRing<std::shared_ptr<int>> ring(8);
  std::thread producer([&ring] {
    for (int i = 0; i < kCount;) {
      if (ring.HasRoom()) {
        ring.Push(std::make_shared<int>(i++));
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::shared_ptr<int> value;
  for (int i = 0; i < kCount;) {
    if (!ring.Pop(&value)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(*value, i++);
  }
  producer.join();
}

// Two threads that sleep whenever they have nothing to do hand a token to and fro: one lost wake-up
// would stop both for ever (the test's time limit).
TEST(Parking, LosesNoWakeUp) {
  constexpr int kEchoes = 20'000;
  auto left = std::make_shared<Parking>();
  auto right = std::make_shared<Parking>();
  Channel forth(left, right, 1);
  Channel back(right, left, 1);
  const auto wait_for = [](Parking& parking, Channel& channel, StreamElement* element) {
    while (!channel.Pop(element)) {
      parking.PrepareToSleep();
      if (channel.Pop(element)) {
        parking.CancelSleep();
        return;
      }
      parking.Sleep(-1);
    }
  };
  std::thread echo([&] {
    StreamElement element;
    for (int i = 0; i < kEchoes; ++i) {
      wait_for(*right, forth, &element);
      back.Push(StreamElement::Watermark(element.watermark + 1));
    }
  });
  StreamElement element = StreamElement::Watermark(0);
  for (int i = 0; i < kEchoes; ++i) {
    forth.Push(element);
    wait_for(*left, back, &element);
    ASSERT_EQ(element.watermark, i + 1);
  }
  echo.join();
}

TEST(Parking, SleepsNoLongerThanItsTimeout) {
  Parking parking;
  parking.PrepareToSleep();
  parking.Sleep(100);
  // A wake-up before the sleep is not slept over.
  parking.PrepareToSleep();
  parking.Wake();
  parking.Sleep(-1);
}

TEST(ResultPartition, SpreadsByKeyGroupAsGeneratedCodeDoes) {
  uint64_t hash = 12345;
  for (int i = 0; i < 10'000; ++i) {
    hash = hash * 6364136223846793005ull + 1442695040888963407ull;
    for (const uint32_t parallelism : {1u, 2u, 3u, 7u, 128u}) {
      const uint32_t owner = OwnerOfHash(hash, 128, parallelism);
      ASSERT_LT(owner, parallelism);
      ASSERT_EQ(owner, flinkc_channel_of(hash, 128, parallelism));
    }
  }
}

TEST(ResultPartition, KeepsWhatFindsNoRoomInOrder) {
  const std::shared_ptr<Channel> first = MakeChannel(2);
  const std::shared_ptr<Channel> second = MakeChannel(2);
  ResultPartition partition({first, second});
  EXPECT_TRUE(partition.HasRoom());
  for (int64_t i = 0; i < 3; ++i) partition.Emit(0, BatchOf(i));
  EXPECT_FALSE(partition.HasRoom());
  EXPECT_FALSE(partition.HasRoom(0));
  EXPECT_TRUE(partition.HasRoom(1));
  partition.Broadcast(StreamElement::Watermark(7));
  EXPECT_FALSE(partition.is_drained());
  EXPECT_FALSE(partition.Drain());

  StreamElement element;
  ASSERT_TRUE(second->Pop(&element));  // the other channel did not wait
  EXPECT_EQ(element.watermark, 7);
  for (int64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(first->Pop(&element));
    EXPECT_EQ(ValueOf(element), i);
    partition.Drain();
  }
  ASSERT_TRUE(first->Pop(&element));
  EXPECT_EQ(element.kind, ElementKind::kWatermark);
  EXPECT_TRUE(partition.is_drained());
  EXPECT_TRUE(partition.HasRoom());
}

TEST(ResultPartition, TakesTurns) {
  const std::shared_ptr<Channel> first = MakeChannel();
  const std::shared_ptr<Channel> second = MakeChannel();
  ResultPartition partition({first, second});
  for (int64_t i = 0; i < 4; ++i) partition.EmitInTurn(BatchOf(i));
  StreamElement element;
  ASSERT_TRUE(first->Pop(&element));
  EXPECT_EQ(ValueOf(element), 0);
  ASSERT_TRUE(first->Pop(&element));
  EXPECT_EQ(ValueOf(element), 2);
  ASSERT_TRUE(second->Pop(&element));
  EXPECT_EQ(ValueOf(element), 1);
}

class InputGateTest : public testing::Test {
 protected:
  // What the gate gives next: "b5" a batch, "w7" a watermark, "idle", "end", "" nothing.
  std::string Next() {
    StreamElement element;
    if (!gate_.Poll(&element)) return "";
    switch (element.kind) {
      case ElementKind::kBatch:
        return "b" + std::to_string(ValueOf(element));
      case ElementKind::kWatermark:
        return element.watermark == kWatermarkFinal ? "final"
                                                    : "w" + std::to_string(element.watermark);
      case ElementKind::kBarrier:
        return "barrier";
      case ElementKind::kIdle:
        return "idle";
      case ElementKind::kEnd:
        return "end";
    }
    return "?";
  }

  std::shared_ptr<Channel> a_ = MakeChannel();
  std::shared_ptr<Channel> b_ = MakeChannel();
  InputGate gate_{{GateInput{a_}, GateInput{b_}}};
};

TEST_F(InputGateTest, TellsTheLeastWatermark) {
  a_->Push(StreamElement::Watermark(10));
  EXPECT_EQ(Next(), "");
  b_->Push(StreamElement::Watermark(5));
  EXPECT_EQ(Next(), "w5");
  b_->Push(StreamElement::Watermark(20));
  EXPECT_EQ(Next(), "w10");
  EXPECT_EQ(Next(), "");
  a_->Push(StreamElement::Watermark(8));  // never back
  EXPECT_EQ(Next(), "");
}

TEST_F(InputGateTest, GivesRowsBeforeTheWatermarkBehindThem) {
  a_->Push(StreamElement::Batch(BatchOf(1)));
  a_->Push(StreamElement::Watermark(10));
  a_->Push(StreamElement::Batch(BatchOf(2)));
  b_->Push(StreamElement::Watermark(10));
  EXPECT_EQ(Next(), "b1");
  EXPECT_EQ(Next(), "w10");
  EXPECT_EQ(Next(), "b2");
}

TEST_F(InputGateTest, TakesFromTheChannelsInTurn) {
  for (int64_t i = 0; i < 3; ++i) a_->Push(StreamElement::Batch(BatchOf(i)));
  b_->Push(StreamElement::Batch(BatchOf(100)));
  EXPECT_EQ(Next(), "b0");
  EXPECT_EQ(Next(), "b100");
  EXPECT_EQ(Next(), "b1");
}

TEST_F(InputGateTest, EndedChannelsHoldNothingBack) {
  a_->Push(StreamElement::Watermark(kWatermarkFinal));
  a_->Push(StreamElement::End());
  EXPECT_EQ(Next(), "");
  b_->Push(StreamElement::Watermark(3));
  EXPECT_EQ(Next(), "w3");
  b_->Push(StreamElement::Batch(BatchOf(1)));
  b_->Push(StreamElement::Watermark(kWatermarkFinal));
  b_->Push(StreamElement::End());
  EXPECT_EQ(Next(), "b1");
  EXPECT_EQ(Next(), "final");
  EXPECT_EQ(Next(), "end");
  EXPECT_EQ(Next(), "");
}

TEST_F(InputGateTest, IdleChannelsThatAreStoppedCloseNoWindow) {
  a_->Push(StreamElement::Idle());
  b_->Push(StreamElement::Idle());
  EXPECT_EQ(Next(), "idle");
  a_->Push(StreamElement::End());
  b_->Push(StreamElement::End());
  EXPECT_EQ(Next(), "end");
  EXPECT_EQ(Next(), "");
}

TEST_F(InputGateTest, IdleChannelsHoldNothingBackUntilTheyWake) {
  a_->Push(StreamElement::Watermark(1));
  b_->Push(StreamElement::Watermark(2));
  EXPECT_EQ(Next(), "w1");
  a_->Push(StreamElement::Idle());
  EXPECT_EQ(Next(), "w2");
  b_->Push(StreamElement::Idle());
  EXPECT_EQ(Next(), "idle");
  EXPECT_EQ(Next(), "");
  b_->Push(StreamElement::Watermark(9));
  EXPECT_EQ(Next(), "w9");
  a_->Push(StreamElement::Batch(BatchOf(4)));  // awake again, far behind
  EXPECT_EQ(Next(), "b4");
  b_->Push(StreamElement::Watermark(12));
  EXPECT_EQ(Next(), "");
  a_->Push(StreamElement::Watermark(11));
  EXPECT_EQ(Next(), "w11");
}

}  // namespace
}  // namespace flinkc
