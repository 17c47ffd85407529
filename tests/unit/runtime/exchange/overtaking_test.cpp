// Barriers at a gate that overtake what stands before them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "runtime/exchange/input_gate.h"
#include "runtime/exchange/result_partition.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kAfterMicros = 100;

BarrierPtr Barrier(uint64_t id, BarrierKind kind = BarrierKind::kCheckpoint,
                   bool unaligned = false) {
  auto barrier = std::make_shared<CheckpointBarrier>(CheckpointBarrier{id, kind, "savepoint"});
  barrier->unaligned = unaligned;
  return barrier;
}

// A batch that is known by how many rows it has.
StreamElement Rows(int32_t number) {
  const Schema schema;
  auto batch = std::make_shared<RecordBatch>(schema, 64, false, false, nullptr);
  batch->set_row_count(number);
  return StreamElement::Batch(std::move(batch));
}

std::string Text(const StreamElement& element) {
  switch (element.kind) {
    case ElementKind::kBatch:
      return std::to_string(element.batch->row_count());
    case ElementKind::kWatermark:
      return "w" + std::to_string(element.watermark);
    case ElementKind::kIdle:
      return "idle";
    case ElementKind::kBarrier:
      return (element.barrier->unaligned ? "u" : "b") + std::to_string(element.barrier->id);
    case ElementKind::kEnd:
      return "end";
  }
  return "?";
}

class OvertakingTest : public testing::Test {
 protected:
  void Make(std::vector<Partitioning> partitionings) {
    std::vector<GateInput> inputs;
    for (const Partitioning partitioning : partitionings) {
      auto channel = std::make_shared<Channel>(nullptr, nullptr);
      inputs.push_back({channel, 0, partitioning});
      senders_.emplace_back(std::vector<std::shared_ptr<Channel>>{channel});
    }
    gate_.emplace(std::move(inputs), kAfterMicros);
  }
  void MakeTwo() { Make({Partitioning::kHash, Partitioning::kHash}); }
  void Send(size_t channel, const StreamElement& element) { senders_[channel].Broadcast(element); }

  std::string Next() {
    StreamElement element;
    return gate_->Poll(&element) ? Text(element) : "";
  }
  std::vector<std::string> All() {
    std::vector<std::string> all;
    for (std::string next = Next(); !next.empty(); next = Next()) all.push_back(next);
    return all;
  }
  // By channel that is open.
  std::vector<std::string> InFlight() const {
    std::vector<std::string> texts;
    for (const InFlightChannel& channel : gate_->InFlight()) {
      std::string& text = texts.emplace_back();
      for (const StreamElement& element : channel.elements) text += Text(element) + " ";
    }
    return texts;
  }

  std::vector<ResultPartition> senders_;
  std::optional<InputGate> gate_;
};

TEST_F(OvertakingTest, TakesRowsIntoTheCheckpointWhenTheTimeIsUp) {
  MakeTwo();
  for (int i = 1; i <= 3; ++i) Send(0, Rows(i));
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(0, Rows(4));
  Send(1, Rows(11));
  EXPECT_EQ(Next(), "1");
  EXPECT_EQ(gate_->overtake_after_micros(), kAfterMicros);
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));  // nothing is known of the other one yet
  Send(1, StreamElement::Barrier(Barrier(1)));
  EXPECT_FALSE(gate_->Overtake(kAfterMicros - 1));
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u1");
  EXPECT_THAT(InFlight(), ElementsAre("2 3 ", "11 "));
  EXPECT_THAT(All(), ElementsAre("11", "2", "3", "4"));
  EXPECT_FALSE(gate_->has_begun());
  EXPECT_THAT(InFlight(), IsEmpty());
}

TEST_F(OvertakingTest, TakesWhatWaitsForRoomAsItComes) {
  MakeTwo();
  int sent = 0;
  while (senders_[0].is_drained()) Send(0, Rows(++sent));
  Send(0, Rows(++sent));
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Barrier(Barrier(1)));
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));
  senders_[0].Drain();
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u1");
  std::string all;
  for (int i = 1; i <= sent; ++i) all += std::to_string(i) + " ";
  EXPECT_THAT(InFlight(), ElementsAre(all, ""));
}

TEST_F(OvertakingTest, ABarrierThatWaitsIsKnownBesideTheEndBehindIt) {
  MakeTwo();
  for (size_t channel = 0; channel < 2; ++channel) {
    for (int32_t row = 1; row <= 9; ++row) Send(channel, Rows(row));
    Send(channel, StreamElement::Barrier(Barrier(1)));
    Send(channel, StreamElement::End());
  }
  EXPECT_TRUE(gate_->has_begun());
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));
  for (ResultPartition& sender : senders_) sender.Drain();
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u1");
  EXPECT_THAT(InFlight(), ElementsAre("1 2 3 4 5 6 7 8 9 ", "1 2 3 4 5 6 7 8 9 "));
}

TEST_F(OvertakingTest, OvertakesAtOnceBehindOneThatHas) {
  MakeTwo();
  for (size_t channel = 0; channel < 2; ++channel) {
    Send(channel, Rows(1));
    Send(channel, StreamElement::Barrier(Barrier(1, BarrierKind::kCheckpoint, true)));
  }
  EXPECT_EQ(gate_->overtake_after_micros(), 0);
  EXPECT_TRUE(gate_->Overtake(0));
  EXPECT_EQ(Next(), "u1");
}

TEST_F(OvertakingTest, SavepointsStayBehindAllRows) {
  MakeTwo();
  for (size_t channel = 0; channel < 2; ++channel) {
    Send(channel, Rows(1));
    Send(channel, StreamElement::Barrier(Barrier(1, BarrierKind::kSavepoint)));
  }
  EXPECT_EQ(gate_->overtake_after_micros(), std::nullopt);
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));
  EXPECT_THAT(All(), ElementsAre("1", "1", "b1"));
}

TEST_F(OvertakingTest, ForwardChannelsAreReadToTheirBarrier) {
  Make({Partitioning::kHash, Partitioning::kForward});
  for (const int32_t number : {1, 3, 5}) Send(0, Rows(number));
  Send(1, Rows(2));
  for (size_t channel = 0; channel < 2; ++channel) {
    Send(channel, StreamElement::Barrier(Barrier(1)));
  }
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "1");
  EXPECT_EQ(Next(), "2");
  EXPECT_EQ(Next(), "3");
  EXPECT_EQ(Next(), "u1");
  EXPECT_THAT(InFlight(), ElementsAre("5 ", ""));
  EXPECT_THAT(All(), ElementsAre("5"));
}

TEST_F(OvertakingTest, AnEndIsInFlightToo) {
  MakeTwo();
  Send(0, Rows(1));
  Send(0, StreamElement::Watermark(kWatermarkFinal));
  Send(0, StreamElement::End());
  Send(1, StreamElement::Barrier(Barrier(1)));
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u1");
  EXPECT_THAT(InFlight(), ElementsAre("1 w" + std::to_string(kWatermarkFinal) + " end ", ""));
  EXPECT_EQ(Next(), "1");
  // It was taken out for the checkpoint, and is read before a savepoint.
  Send(1, StreamElement::Barrier(Barrier(2, BarrierKind::kSavepoint)));
  EXPECT_THAT(All(), ElementsAre("b2"));
}

TEST_F(OvertakingTest, AnAbortLosesNothing) {
  MakeTwo();
  for (size_t channel = 0; channel < 2; ++channel) {
    Send(channel, Rows(static_cast<int32_t>(channel) + 1));
    Send(channel, StreamElement::Barrier(Barrier(1)));
    Send(channel, Rows(static_cast<int32_t>(channel) + 3));
  }
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  gate_->AbortUpTo(1);
  for (size_t channel = 0; channel < 2; ++channel) {
    Send(channel, StreamElement::Barrier(Barrier(2)));
  }
  EXPECT_EQ(Next(), "1");
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u2");
  EXPECT_THAT(InFlight(), ElementsAre("3 ", "2 4 "));
  EXPECT_THAT(All(), ElementsAre("2", "3", "4"));
}

TEST_F(OvertakingTest, DoesNotWaitForWhatAWatermarkCauses) {
  MakeTwo();
  Send(0, StreamElement::Watermark(20));
  EXPECT_EQ(Next(), "");
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Watermark(10));
  Send(1, Rows(1));
  Send(1, StreamElement::Barrier(Barrier(1)));
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u1");
  EXPECT_THAT(InFlight(), ElementsAre("", "w10 1 "));
  EXPECT_THAT(All(), ElementsAre("w10", "1"));
}

TEST_F(OvertakingTest, ReadsRowsOfAChannelThatHadBeenIdleFirst) {
  MakeTwo();
  Send(0, StreamElement::Idle());
  Send(1, StreamElement::Watermark(20));
  EXPECT_THAT(All(), ElementsAre("w20"));
  Send(0, Rows(1));
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(1, Rows(2));
  Send(1, Rows(3));
  Send(1, StreamElement::Barrier(Barrier(1)));
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "1");
  EXPECT_TRUE(gate_->Overtake(kAfterMicros));
  EXPECT_EQ(Next(), "u1");
  EXPECT_THAT(InFlight(), ElementsAre("", "2 3 "));
  EXPECT_THAT(All(), ElementsAre("2", "3"));
}

TEST_F(OvertakingTest, ReadsWhatWasInFlightBeforeItsChannels) {
  MakeTwo();
  std::vector<InFlightChannel> channels(3);
  for (size_t i = 0; i < 3; ++i) channels[i].watermark = 10 + static_cast<int64_t>(i);
  channels[0].elements = {Rows(1), StreamElement::Watermark(20)};
  channels[1].elements = {Rows(2), StreamElement::Watermark(30)};
  gate_->Restore(std::move(channels));
  Send(0, Rows(7));
  Send(0, StreamElement::Barrier(Barrier(1)));
  Send(1, StreamElement::Barrier(Barrier(1)));
  EXPECT_EQ(Next(), "w10");
  EXPECT_FALSE(gate_->Overtake(kAfterMicros));
  EXPECT_THAT(All(), ElementsAre("1", "2", "w11", "w12", "7", "b1"));
}

// Whatever is sent, and whenever barriers overtake: each channel's rows are read, or in flight, as
// they were sent, and what is in flight at a barrier stands between it and what was read.
TEST_F(OvertakingTest, NoRowIsLostDoubledOrOutOfItsPlace) {
  std::mt19937_64 random(1);
  const auto below = [&](uint64_t end) { return static_cast<int>(random() % end); };
  int overtaken = 0;
  for (int round = 0; round < 300; ++round) {
    senders_.clear();
    Make({Partitioning::kHash, Partitioning::kRebalance, Partitioning::kHash});
    std::vector<int32_t> sent(3), read(3);
    std::vector<std::map<uint64_t, int32_t>> before(3);  // by barrier: the last row sent before it
    std::vector<uint64_t> barriers(3);
    uint64_t aborted = 0;
    for (int step = 0; step < 200; ++step) {
      const auto channel = static_cast<size_t>(below(3));
      switch (below(8)) {
        case 0:
          Send(channel, StreamElement::Barrier(Barrier(++barriers[channel])));
          before[channel][barriers[channel]] = sent[channel];
          break;
        case 1:
        case 2:
          // Rows say which channel they are of, and their number modulo 16.
          ++sent[channel];
          Send(channel, Rows(static_cast<int32_t>(channel) * 16 + sent[channel] % 16));
          break;
        case 3:
          if (below(10) == 0) gate_->AbortUpTo(aborted = std::max(aborted, barriers[channel]));
          break;
        case 4:
          gate_->Overtake(below(2) * kAfterMicros);
          break;
        default:
          for (ResultPartition& sender : senders_) sender.Drain();
          StreamElement element;
          if (!gate_->Poll(&element)) break;
          if (element.kind == ElementKind::kBatch) {
            const int32_t of = element.batch->row_count() / 16;
            ASSERT_EQ(element.batch->row_count() % 16, ++read[static_cast<size_t>(of)] % 16);
            break;
          }
          ASSERT_EQ(element.kind, ElementKind::kBarrier);
          const std::vector<InFlightChannel> in_flight = gate_->InFlight();
          ASSERT_EQ(!in_flight.empty(), element.barrier->unaligned);
          for (size_t i = 0; i < 3; ++i) {
            int32_t last = read[i];
            if (!in_flight.empty()) {
              for (const StreamElement& row : in_flight[i].elements) {
                ASSERT_EQ(row.batch->row_count(), static_cast<int32_t>(i) * 16 + ++last % 16);
                ++overtaken;
              }
            }
            ASSERT_EQ(last, before[i].at(element.barrier->id));
          }
      }
    }
  }
  EXPECT_GT(overtaken, 100);
}

}  // namespace
}  // namespace flinkc
