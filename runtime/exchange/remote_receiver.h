// The end of a channel at the process of its consumer: holds the frames that have come, bounded by
// the credit it has given for them, and pushes them as elements into a local Channel when that has
// room. Credit is given back when an element has gone there.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/element_codec.h"
#include "runtime/exchange/frame_buffers.h"
#include "runtime/exchange/frame_sink.h"

namespace flinkc {

// What a receiver holds at most, but for one batch that may be larger.
inline constexpr Credit kCreditWindowDefault{2 * 1024 * 1024, 8, 64};

struct RemoteReceiverDescriptor {
  ChannelAddress address;
  std::string region;  // as in DataExchange::Add
  // Its producer is the exchange: the parking on that side belongs to the thread that polls it. Few
  // elements suffice, as more wait here.
  std::shared_ptr<Channel> channel;
  // Of the consumer's input; may be shared by its channels.
  std::shared_ptr<BatchReader> batches;
  Credit window = kCreditWindowDefault;
  MemoryPool* memory = nullptr;  // for what is held; nullptr: not accounted
};

// The exchange's thread only.
class RemoteReceiver {
 public:
  // `sink` and `buffers` must outlive the receiver.
  RemoteReceiver(RemoteReceiverDescriptor descriptor, FrameSink* sink, FrameBuffers* buffers);
  ~RemoteReceiver();

  const ChannelAddress& address() const { return descriptor_.address; }
  const std::string& region() const { return descriptor_.region; }
  // Says all that was granted so far, the first time and whenever the sender asks.
  void SendCredit();
  // A frame from the sender of this address, not kOpen. An error if it is not the next one, is
  // damaged, or came without credit.
  Status OnFrame(const FrameHeader& header, std::string frame);
  // Pushes what the local channel has room for. True: something was.
  Result<bool> Poll();
  // Nothing waits: there is nothing to poll for until the next frame.
  bool is_empty() const { return held_.empty(); }

 private:
  struct Held {
    FrameHeader header;
    std::string frame;
  };

  Status Take(const FrameHeader& header);
  void Announce(Announcement announcement);
  void Release(const Held& held);

  // Constant after construction.
  const RemoteReceiverDescriptor descriptor_;
  FrameSink* const sink_;
  FrameBuffers* const buffers_;
  // What has come.
  uint64_t next_sequence_ = 0;
  Credit received_;
  uint64_t announced_ = 0;  // packed
  bool ended_ = false;
  std::deque<Held> held_;
  // What has gone to the channel, and the credit for it.
  Credit granted_;
  Credit told_;
  uint64_t next_credit_ = 0;
};

}  // namespace flinkc
