// All channels between this process and one peer, in both directions, over one connection. It is a
// state machine: it is told what has come and polled, and gives frames to a FrameSink; it knows
// neither sockets nor threads nor clocks.
//
// Each channel has its own credit, so a consumer that is slow holds back only its producer. Nothing
// is sent again: a frame that is lost, damaged or out of order is an error of its channel, and so
// of the attempt that it belongs to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/exchange/remote_receiver.h"
#include "runtime/exchange/remote_sender.h"

namespace flinkc {

// An end of a channel that has failed, and with it the attempt. It is removed already.
struct ChannelFailure {
  std::string region;
  ChannelAddress address;
  Error error;
};

// One thread drives an exchange; it may drive those of all peers. What is thread-safe are the local
// channels: a worker's push or pop wakes the parking given to them for this side, on which that
// thread may sleep when Poll has moved nothing.
class RemoteExchange {
 public:
  struct Counts {
    uint64_t frames_received = 0;
    uint64_t bytes_received = 0;
    uint64_t frames_dropped = 0;  // of channels or attempts that are not there (any more)
  };

  // `sink` and `buffers` must outlive the exchange. Who has sent a frame gives its memory to
  // `buffers`, and who reads one takes it there. `on_failure` is called at the end of OnFrame, Poll
  // and Fail; it may add and remove channels.
  RemoteExchange(FrameSink* sink, FrameBuffers* buffers,
                 std::function<void(const ChannelFailure&)> on_failure);

  // Channels of a newer attempt take the place of an older one's. kAlreadyExists: this attempt's or
  // a newer one is there.
  Status AddSender(RemoteSenderDescriptor descriptor);
  Status AddReceiver(RemoteReceiverDescriptor descriptor);
  // All of them, up to the first that cannot be added.
  Status Add(std::vector<RemoteSenderDescriptor> senders,
             std::vector<RemoteReceiverDescriptor> receivers);
  // The channels of the region's attempts up to this one, without a word.
  void RemoveAttempts(const std::string& region, uint32_t attempt_last);
  bool is_empty() const { return senders_.empty() && receivers_.empty(); }

  // One whole frame from the peer. An error: nothing can be believed of the connection any more,
  // and all channels have failed; it is to be closed.
  Status OnFrame(std::string frame);
  // Moves what can be moved in both directions. True: something was.
  bool Poll();
  // A sender waits for credit or for the sink: poll again within some milliseconds even if nothing
  // wakes this side, so that barriers are announced ahead of what waits.
  bool is_held_back() const;
  // The connection is there: says again what channels that were added before it had to say.
  void OnConnected();
  // The connection is lost: all channels fail.
  void Fail(const Error& error);

  const Counts& counts() const { return counts_; }

 private:
  template <typename End>
  using Ends = std::map<uint64_t, std::unique_ptr<End>>;  // by channel

  template <typename End>
  static bool MakePlace(Ends<End>& ends, const ChannelAddress& address);
  // The end with this very attempt, or end().
  template <typename End>
  typename Ends<End>::iterator Find(Ends<End>& ends, const ChannelAddress& address);
  template <typename End>
  typename Ends<End>::iterator FailEnd(Ends<End>& ends, typename Ends<End>::iterator end,
                                       Error error);
  bool PollReceivers();
  bool PollSenders();
  void DeliverToReceiver(const FrameHeader& header, std::string frame);
  void DeliverToSender(const FrameHeader& header, const std::string& frame);
  void TellFailures();

  // Constant after construction.
  FrameSink* const sink_;
  FrameBuffers* const buffers_;
  const std::function<void(const ChannelFailure&)> on_failure_;
  // The driving thread only.
  Ends<RemoteSender> senders_;
  Ends<RemoteReceiver> receivers_;
  std::set<uint64_t> receiving_;          // channels whose receivers hold something
  uint64_t first_sender_ = 0;             // which is polled first, in turn
  std::vector<ChannelFailure> failures_;  // not told yet
  Counts counts_;
};

}  // namespace flinkc
