// The end of a channel at the process of its producer: pops what the producer's worker pushes into
// a local Channel, and sends it as frames as far as the receiver has given credit. Until its first
// credit has come, nothing is sent but the question for it: whichever end is made later finds the
// other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/data/schema.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/element_codec.h"
#include "runtime/exchange/frame_buffers.h"
#include "runtime/exchange/frame_sink.h"

namespace flinkc {

struct RemoteSenderDescriptor {
  ChannelAddress address;
  std::string region;  // as in DataExchange::Add
  // Its consumer is the exchange: the parking on that side belongs to the thread that polls it.
  std::shared_ptr<Channel> channel;
  Schema schema;          // of the batches
  bool compress = false;  // batches, by LZ4, where it pays
};

// The exchange's thread only.
class RemoteSender {
 public:
  // `sink` and `buffers` must outlive the sender.
  RemoteSender(RemoteSenderDescriptor descriptor, FrameSink* sink, FrameBuffers* buffers);

  const ChannelAddress& address() const { return descriptor_.address; }
  const std::string& region() const { return descriptor_.region; }
  // Asks the receiver for its credit.
  void Open();
  // `frame`: a kCredit of this address.
  Status OnCredit(const FrameHeader& header, std::string_view frame);
  // Sends what may be sent. True: something was.
  Result<bool> Poll();
  // An element waits for credit or for the sink. Then what the producer says beside the channel (a
  // barrier's announcement) wakes nobody: poll again soon.
  bool is_held_back() const { return held_.has_value(); }

 private:
  bool MaySend(const StreamElement& element);
  Status Send(const StreamElement& element);
  bool Announce(Announcement announcement);

  // Constant after construction.
  const RemoteSenderDescriptor descriptor_;
  FrameSink* const sink_;
  FrameBuffers* const buffers_;
  // The way to the receiver.
  uint64_t next_sequence_ = 0;
  Credit sent_;
  uint64_t announced_ = 0;             // packed
  std::optional<StreamElement> held_;  // popped, not sent
  bool ended_ = false;
  // The way back.
  std::optional<uint64_t> next_credit_;  // its number; none: not open
  Credit granted_;
};

}  // namespace flinkc
