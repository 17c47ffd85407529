#include "runtime/exchange/element_codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/support/random_batch.h"

namespace flinkc {
namespace {

constexpr ChannelAddress kAddress{0x123456789abcdef0, 7};

class ElementCodecTest : public testing::Test {
 protected:
  std::string Encode(const StreamElement& element, bool compress = false) {
    Result<std::string> frame = EncodeElement(kAddress, 42, schema_, element, compress);
    EXPECT_TRUE(frame.has_value());
    return *std::move(frame);
  }
  Result<StreamElement> Decode(std::string_view frame) {
    ASSIGN_OR_RETURN(const FrameHeader header, ReadFrameHeader(frame));
    EXPECT_EQ(header.address, kAddress);
    EXPECT_EQ(header.sequence, 42u);
    return ReadElement(header, frame, reader_);
  }
  StreamElement There(const StreamElement& element) {
    Result<StreamElement> read = Decode(Encode(element));
    EXPECT_TRUE(read.has_value()) << read.error().message;
    return *std::move(read);
  }
  std::vector<StreamElement> Samples() {
    const CheckpointBarrier barrier{7, BarrierKind::kStopWithDrain, "savepoints/one", true, -5};
    return {StreamElement::Batch(RandomBatch(schema_, 3, true, true, random_)),
            StreamElement::Watermark(kWatermarkFinal), StreamElement::Idle(),
            StreamElement::Barrier(std::make_shared<const CheckpointBarrier>(barrier)),
            StreamElement::End()};
  }

  const Schema schema_ = SomeOfAllTypes(0x00f0f0c0ff);
  BatchReader reader_{schema_, true, true, nullptr};
  std::mt19937_64 random_{1};
};

TEST_F(ElementCodecTest, GivesBackWhatWasSent) {
  for (const StreamElement& element : Samples()) {
    const StreamElement there = There(element);
    EXPECT_EQ(there.kind, element.kind);
    EXPECT_EQ(there.watermark, element.watermark);
    if (element.batch != nullptr) {
      EXPECT_EQ(Describe(schema_, *there.batch), Describe(schema_, *element.batch));
    }
    if (element.barrier == nullptr) continue;
    EXPECT_EQ(there.barrier->id, 7u);
    EXPECT_EQ(there.barrier->kind, BarrierKind::kStopWithDrain);
    EXPECT_EQ(there.barrier->savepoint_directory, "savepoints/one");
    EXPECT_TRUE(there.barrier->full);
    EXPECT_EQ(there.barrier->triggered_at_micros, -5);
  }
}

TEST_F(ElementCodecTest, GivesBackAnnouncementsAndCredits) {
  const std::string announcement = EncodeAnnouncement(kAddress, 3, 99);
  Result<FrameHeader> header = ReadFrameHeader(announcement);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->kind, FrameKind::kAnnouncement);
  EXPECT_EQ(ReadAnnouncement(*header, announcement).value(), 99u);
  EXPECT_FALSE(ReadElement(*header, announcement, reader_).has_value());

  const Credit credit{1, 2, uint64_t{1} << 40};
  const std::string frame = EncodeCredit(kAddress, 4, credit);
  header = ReadFrameHeader(frame);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->kind, FrameKind::kCredit);
  EXPECT_EQ(header->sequence, 4u);
  EXPECT_EQ(ReadCredit(*header, frame).value(), credit);

  header = ReadFrameHeader(EncodeOpen(kAddress));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->kind, FrameKind::kOpen);
  EXPECT_EQ(header->address, kAddress);
}

TEST_F(ElementCodecTest, CompressesWhatBecomesSmaller) {
  const Schema numbers({{"n", DataType(TypeKind::kBigint).NotNull()}});
  BatchReader reader(numbers, false, false, nullptr);
  for (const bool random : {false, true}) {
    auto batch = std::make_shared<RecordBatch>(numbers, 1000, false, false, nullptr);
    for (int row = 0; row < 1000; ++row) {
      batch->Values<int64_t>(0)[row] = random ? static_cast<int64_t>(random_()) : 5;
    }
    batch->set_row_count(1000);
    const Result<std::string> frame =
        EncodeElement(kAddress, 0, numbers, StreamElement::Batch(batch), true);
    ASSERT_TRUE(frame.has_value());
    const Result<FrameHeader> header = ReadFrameHeader(*frame);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->compressed, !random);
    EXPECT_EQ(frame->size() < 500, !random);
    const Result<StreamElement> read = ReadElement(*header, *frame, reader);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(Describe(numbers, *read->batch), Describe(numbers, *batch));
  }
}

TEST_F(ElementCodecTest, RefusesDamagedFrames) {
  for (const bool compress : {false, true}) {
    for (const StreamElement& element : Samples()) {
      const std::string frame = Encode(element, compress);
      for (size_t at = 0; at < frame.size(); ++at) {
        std::string damaged = frame;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        const Result<FrameHeader> header = ReadFrameHeader(damaged);
        // Damage to a payload is known to be that of its channel.
        ASSERT_EQ(header.has_value(), at >= kFrameHeaderBytes);
        if (!header.has_value()) continue;
        const Result<StreamElement> read = ReadElement(*header, damaged, reader_);
        ASSERT_FALSE(read.has_value());
        EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
      }
      for (size_t size = 0; size < frame.size(); ++size) {
        EXPECT_FALSE(ReadFrameHeader(frame.substr(0, size)).has_value());
      }
      EXPECT_FALSE(ReadFrameHeader(frame + "x").has_value());
    }
  }
}

// What a peer might say whose checksums are right.
TEST_F(ElementCodecTest, BelievesNoNumbers) {
  const std::string batch = Encode(Samples()[0]);
  FrameHeader header = ReadFrameHeader(batch).value();
  header.compressed = true;
  for (const uint32_t raw_bytes : {0u, 10u, header.payload_bytes * 200, UINT32_MAX}) {
    header.raw_bytes = raw_bytes;
    EXPECT_FALSE(ReadElement(header, batch, reader_).has_value()) << raw_bytes;
  }
  // Any payload read as that of another kind.
  const std::vector<StreamElement> samples = Samples();
  for (const StreamElement& element : samples) {
    const std::string frame = Encode(element);
    for (const StreamElement& other : samples) {
      const bool empty = element.kind == ElementKind::kIdle || element.kind == ElementKind::kEnd;
      if (other.kind == element.kind || empty) continue;
      header = ReadFrameHeader(frame).value();
      header.kind = ReadFrameHeader(Encode(other)).value().kind;
      const Result<StreamElement> read = ReadElement(header, frame, reader_);
      if (read.has_value()) {
        EXPECT_EQ(read->kind, other.kind);
      }
    }
  }
  CheckpointBarrier barrier{1, static_cast<BarrierKind>(4), "", false, 0};
  const auto is_read = [this](const CheckpointBarrier& sent) {
    return Decode(Encode(StreamElement::Barrier(std::make_shared<CheckpointBarrier>(sent))))
        .has_value();
  };
  EXPECT_FALSE(is_read(barrier));
  barrier.kind = BarrierKind::kSavepoint;
  EXPECT_TRUE(is_read(barrier));
  barrier.savepoint_directory.assign(40'000, 'd');
  EXPECT_FALSE(is_read(barrier));
}

}  // namespace
}  // namespace flinkc
