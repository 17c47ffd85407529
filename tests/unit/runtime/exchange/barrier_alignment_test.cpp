// Barriers of checkpoints at a gate with several channels.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/exchange/input_gate.h"
#include "runtime/exchange/result_partition.h"

namespace flinkc {
namespace {

BarrierPtr Barrier(uint64_t id) {
  return std::make_shared<const CheckpointBarrier>(CheckpointBarrier{id, {}, ""});
}

class GateTest : public testing::Test {
 protected:
  GateTest() {
    for (int i = 0; i < 3; ++i) channels_.push_back(std::make_shared<Channel>(nullptr, nullptr));
    gate_.emplace(Inputs());
  }

  std::vector<GateInput> Inputs() const {
    std::vector<GateInput> inputs;
    for (const std::shared_ptr<Channel>& channel : channels_) inputs.push_back({channel});
    return inputs;
  }
  void Send(size_t channel, StreamElement element) { channels_[channel]->Push(std::move(element)); }

  // What the gate gives: "w5" for a watermark, "b1" for a barrier, "end".
  std::vector<std::string> Drain() {
    std::vector<std::string> seen;
    StreamElement element;
    while (gate_->Poll(&element)) {
      switch (element.kind) {
        case ElementKind::kWatermark:
          seen.push_back(element.watermark == kWatermarkFinal
                             ? "final"
                             : "w" + std::to_string(element.watermark));
          break;
        case ElementKind::kBarrier:
          seen.push_back("b" + std::to_string(element.barrier->id));
          break;
        case ElementKind::kEnd:
          seen.push_back("end");
          break;
        default:
          seen.push_back("?");
      }
    }
    return seen;
  }

  using Seen = std::vector<std::string>;
  std::vector<std::shared_ptr<Channel>> channels_;
  std::optional<InputGate> gate_;
};

TEST_F(GateTest, HoldsChannelsBackUntilAllBarriersHaveCome) {
  for (size_t i = 0; i < 3; ++i) Send(i, StreamElement::Watermark(1));
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(0, StreamElement::Watermark(9));
  Send(1, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Watermark(9));
  EXPECT_EQ(Drain(), Seen({"w1"}));
  EXPECT_TRUE(gate_->has_begun());
  Send(2, StreamElement::Watermark(5));
  EXPECT_EQ(Drain(), Seen());  // channels 0 and 1 stand at 1
  Send(2, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Drain(), Seen({"b1", "w5"}));
  EXPECT_FALSE(gate_->has_begun());
}

TEST_F(GateTest, ABarrierIsKnownBeforeTheRowsAheadOfItAreRead) {
  Channel* const first = channels_[0].get();
  ResultPartition partition({channels_[0]});
  partition.Broadcast(StreamElement::Watermark(1));
  EXPECT_FALSE(gate_->has_begun());
  // No room for the barrier itself.
  while (first->HasRoom()) first->Push(StreamElement::Watermark(1));
  partition.Broadcast(StreamElement::Barrier(Barrier(1)));
  EXPECT_FALSE(partition.is_drained());
  EXPECT_TRUE(gate_->has_begun());
  EXPECT_EQ(Drain(), Seen());
  partition.Drain();
  Send(1, StreamElement::Barrier(Barrier(1)));
  Send(2, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Drain(), Seen({"b1"}));
  EXPECT_FALSE(gate_->has_begun());
  // One that is given up begins nothing.
  partition.Broadcast(StreamElement::Barrier(Barrier(2)));
  EXPECT_TRUE(gate_->has_begun());
  gate_->AbortUpTo(2);
  EXPECT_FALSE(gate_->has_begun());
}

TEST_F(GateTest, AnEndedChannelCountsAsAligned) {
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Watermark(kWatermarkFinal));
  Send(1, StreamElement::End());
  EXPECT_EQ(Drain(), Seen());
  Send(2, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Drain(), Seen({"b1"}));
  for (const size_t i : {0, 2}) {
    Send(i, StreamElement::Watermark(kWatermarkFinal));
    Send(i, StreamElement::End());
  }
  EXPECT_EQ(Drain(), Seen({"final", "end"}));
}

TEST_F(GateTest, StoppedStreamsEndWithTheirWindowsOpen) {
  for (size_t i = 0; i < 3; ++i) Send(i, StreamElement::Watermark(4));
  Send(2, StreamElement::Idle());
  for (size_t i = 0; i < 3; ++i) Send(i, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Drain(), Seen({"w4", "b1"}));
  for (size_t i = 0; i < 3; ++i) Send(i, StreamElement::End());
  EXPECT_EQ(Drain(), Seen({"end"}));
}

TEST_F(GateTest, TheLastChannelMayEndInsteadOfSendingItsBarrier) {
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Barrier(Barrier(1)));
  Send(2, StreamElement::End());
  EXPECT_EQ(Drain(), Seen({"b1"}));
}

TEST_F(GateTest, AnAbortReleasesTheChannelsAndDropsLateBarriers) {
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(0, StreamElement::Watermark(3));
  EXPECT_EQ(Drain(), Seen());
  gate_->AbortUpTo(1);
  EXPECT_FALSE(gate_->has_begun());
  Send(1, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Watermark(3));
  Send(2, StreamElement::Watermark(3));
  EXPECT_EQ(Drain(), Seen({"w3"}));
  for (size_t i = 0; i < 3; ++i) Send(i, StreamElement::Barrier(Barrier(2)));
  EXPECT_EQ(Drain(), Seen({"b2"}));
}

TEST_F(GateTest, ALaterBarrierGivesUpTheEarlier) {
  Send(0, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Drain(), Seen());
  Send(1, StreamElement::Barrier(Barrier(2)));
  EXPECT_EQ(Drain(), Seen());
  // Channel 0 is read on: its barrier 2 comes, and 1 is over.
  Send(0, StreamElement::Barrier(Barrier(2)));
  Send(2, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Drain(), Seen());
  Send(2, StreamElement::Barrier(Barrier(2)));
  EXPECT_EQ(Drain(), Seen({"b2"}));
}

}  // namespace
}  // namespace flinkc
