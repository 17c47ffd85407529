// Frames of a channel, damaged behind their checksums: an exchange takes them, and gives rows that
// can be read, or fails the channel, whatever is in them. Bytes choose the frames and the damage.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/exchange/remote_exchange.h"
#include "tests/fuzz/choices.h"
#include "tests/support/random_batch.h"

namespace flinkc {

class FrameDamage : public FrameSink {
 public:
  explicit FrameDamage(std::string_view bytes)
      : choices_(bytes), random_(choices_.Take(2)), schema_(SomeOfAllTypes(random_())) {}

  void Run() {
    CHECK(exchange_.AddReceiver({kAddress, "job", out_, batches_}).has_value());
    CHECK(exchange_.AddSender({kAddress, "job", in_, schema_}).has_value());
    do {
      std::string frame = NextFrame();
      Damage(frame);
      if (!exchange_.OnFrame(std::move(frame))) return;
      in_->Announce({next_sequence_, true, false});
      if (in_->HasRoom()) in_->Push(StreamElement::Watermark(1));
      exchange_.Poll();
      Read();
    } while (!choices_.is_empty() && !exchange_.is_empty());
  }

  bool HasRoom() override { return true; }
  void Send(std::string frame) override { CHECK(ReadFrameHeader(frame).has_value()); }

 private:
  static constexpr ChannelAddress kAddress{1, 1};

  std::string Encode(const StreamElement& element, bool compress = false) {
    return *EncodeElement(kAddress, next_sequence_++, schema_, element, compress);
  }

  std::string NextFrame() {
    switch (const size_t kind = choices_.Below(16)) {
      case 0:
        return Encode(StreamElement::Watermark(5));
      case 1:
        return Encode(StreamElement::Idle());
      case 2:
        return Encode(StreamElement::End());
      case 3:
        return EncodeAnnouncement(kAddress, next_sequence_++, 7);
      case 4:
        return EncodeOpen(kAddress);
      case 5:
        ++next_credit_;
        return EncodeCredit(kAddress, next_credit_, {1000, 1, next_credit_});
      case 6:
        return Encode(StreamElement::Barrier(std::make_shared<CheckpointBarrier>(
            CheckpointBarrier{3, BarrierKind::kSavepoint, "there", false, 1})));
      default: {
        const auto rows = static_cast<int32_t>(random_() % 6);
        return Encode(StreamElement::Batch(RandomBatch(schema_, rows, true, true, random_)),
                      kind % 2 == 0);
      }
    }
  }

  // Some bytes of header and payload, then the length and the checksums that belong to them.
  void Damage(std::string& frame) {
    for (size_t i = choices_.Below(4); i > 0; --i) {
      char& byte = frame[choices_.Below(frame.size())];
      byte = static_cast<char>(choices_.Below(3) == 0 ? byte ^ (1 << choices_.Below(8))
                                                      : choices_.Take(1));
    }
    if (choices_.Below(8) == 0) {
      frame.resize(kFrameHeaderBytes + choices_.Below(frame.size() - kFrameHeaderBytes + 20));
    }
    if (choices_.Below(16) == 0) return;
    const auto payload_bytes = static_cast<uint32_t>(frame.size() - kFrameHeaderBytes);
    Put<uint64_t>(XXH3_64bits(frame.data() + kFrameHeaderBytes, payload_bytes), 16, frame);
    Put(payload_bytes, 28, frame);
    Put<uint64_t>(XXH3_64bits(frame.data(), 40), 40, frame);
  }
  template <typename T>
  static void Put(T number, size_t at, std::string& frame) {
    std::memcpy(frame.data() + at, &number, sizeof(number));
  }

  void Read() {
    StreamElement element;
    while (out_->Pop(&element)) {
      if (element.kind != ElementKind::kBatch) continue;
      static_cast<void>(Describe(schema_, *element.batch));
      std::string again;
      AppendBatch(schema_, *element.batch, &again);
      CHECK(batches_->Read(again).has_value());
    }
  }

  Choices choices_;
  std::mt19937_64 random_;
  const Schema schema_;
  const std::shared_ptr<Channel> in_ = std::make_shared<Channel>(nullptr, nullptr, 2);
  const std::shared_ptr<Channel> out_ = std::make_shared<Channel>(nullptr, nullptr, 2);
  const std::shared_ptr<BatchReader> batches_ =
      std::make_shared<BatchReader>(schema_, true, true, nullptr);
  FrameBuffers buffers_{nullptr};
  RemoteExchange exchange_{this, &buffers_, [](const ChannelFailure&) {}};
  uint64_t next_sequence_ = 0;
  uint64_t next_credit_ = 0;
};

}  // namespace flinkc
