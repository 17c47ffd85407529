#include "runtime/exchange/remote_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace flinkc {

RemoteExchange::RemoteExchange(FrameSink* sink, FrameBuffers* buffers,
                               std::function<void(const ChannelFailure&)> on_failure)
    : sink_(sink), buffers_(buffers), on_failure_(std::move(on_failure)) {}

template <typename End>
bool RemoteExchange::MakePlace(Ends<End>& ends, const ChannelAddress& address) {
  const auto end = ends.find(address.channel);
  if (end == ends.end()) return true;
  if (end->second->address().attempt >= address.attempt) return false;
  ends.erase(end);
  return true;
}

Status RemoteExchange::AddSender(RemoteSenderDescriptor descriptor) {
  const ChannelAddress address = descriptor.address;
  if (!MakePlace(senders_, address)) {
    return MakeError(ErrorCode::kAlreadyExists,
                     fmt::format("channel {:x} has a sender", address.channel));
  }
  auto sender = std::make_unique<RemoteSender>(std::move(descriptor), sink_, buffers_);
  sender->Open();
  senders_.emplace(address.channel, std::move(sender));
  return {};
}

Status RemoteExchange::AddReceiver(RemoteReceiverDescriptor descriptor) {
  const ChannelAddress address = descriptor.address;
  if (!MakePlace(receivers_, address)) {
    return MakeError(ErrorCode::kAlreadyExists,
                     fmt::format("channel {:x} has a receiver", address.channel));
  }
  auto receiver = std::make_unique<RemoteReceiver>(std::move(descriptor), sink_, buffers_);
  receiver->SendCredit();
  receivers_.emplace(address.channel, std::move(receiver));
  return {};
}

Status RemoteExchange::Add(std::vector<RemoteSenderDescriptor> senders,
                           std::vector<RemoteReceiverDescriptor> receivers) {
  for (RemoteSenderDescriptor& sender : senders) RETURN_IF_ERROR(AddSender(std::move(sender)));
  for (RemoteReceiverDescriptor& receiver : receivers) {
    RETURN_IF_ERROR(AddReceiver(std::move(receiver)));
  }
  return {};
}

void RemoteExchange::RemoveAttempts(const std::string& region, uint32_t attempt_last) {
  const auto is_over = [&](const auto& entry) {
    return entry.second->region() == region && entry.second->address().attempt <= attempt_last;
  };
  std::erase_if(senders_, is_over);
  std::erase_if(receivers_, is_over);
}

template <typename End>
typename RemoteExchange::Ends<End>::iterator RemoteExchange::Find(Ends<End>& ends,
                                                                  const ChannelAddress& address) {
  const auto end = ends.find(address.channel);
  return end != ends.end() && end->second->address() == address ? end : ends.end();
}

template <typename End>
typename RemoteExchange::Ends<End>::iterator RemoteExchange::FailEnd(
    Ends<End>& ends, typename Ends<End>::iterator end, Error error) {
  failures_.push_back({end->second->region(), end->second->address(), std::move(error)});
  return ends.erase(end);
}

Status RemoteExchange::OnFrame(std::string frame) {
  ++counts_.frames_received;
  counts_.bytes_received += frame.size();
  const Result<FrameHeader> header = ReadFrameHeader(frame);
  if (!header) {
    Fail(header.error());
    return std::unexpected(header.error());
  }
  if (header->kind == FrameKind::kCredit) {
    DeliverToSender(*header, frame);
  } else {
    DeliverToReceiver(*header, std::move(frame));
  }
  TellFailures();
  return {};
}

void RemoteExchange::DeliverToSender(const FrameHeader& header, const std::string& frame) {
  const auto end = Find(senders_, header.address);
  if (end == senders_.end()) {
    ++counts_.frames_dropped;
  } else if (Status status = end->second->OnCredit(header, frame); !status) {
    FailEnd(senders_, end, std::move(status).error());
  }
}

void RemoteExchange::DeliverToReceiver(const FrameHeader& header, std::string frame) {
  const auto end = Find(receivers_, header.address);
  if (end == receivers_.end()) {
    ++counts_.frames_dropped;
  } else if (header.kind == FrameKind::kOpen) {
    end->second->SendCredit();
  } else if (Status status = end->second->OnFrame(header, std::move(frame)); !status) {
    FailEnd(receivers_, end, std::move(status).error());
  } else {
    receiving_.insert(header.address.channel);
  }
}

bool RemoteExchange::PollReceivers() {
  bool moved = false;
  for (auto channel = receiving_.begin(); channel != receiving_.end();) {
    const auto end = receivers_.find(*channel);
    bool waits = false;
    if (end != receivers_.end()) {
      Result<bool> polled = end->second->Poll();
      if (polled) {
        moved |= *polled;
        waits = !end->second->is_empty();
      } else {
        FailEnd(receivers_, end, std::move(polled).error());
      }
    }
    channel = waits ? std::next(channel) : receiving_.erase(channel);
  }
  return moved;
}

// Once around. Who comes first finds room in the sink: each in turn.
bool RemoteExchange::PollSenders() {
  bool moved = false;
  auto end = senders_.lower_bound(first_sender_);
  for (size_t left = senders_.size(); left > 0; --left) {
    if (end == senders_.end()) end = senders_.begin();
    Result<bool> polled = end->second->Poll();
    if (polled) {
      moved |= *polled;
      ++end;
    } else {
      end = FailEnd(senders_, end, std::move(polled).error());
    }
  }
  const auto next = senders_.upper_bound(first_sender_);
  first_sender_ = next == senders_.end() ? 0 : next->first;
  return moved;
}

bool RemoteExchange::Poll() {
  bool moved = PollReceivers();
  moved |= PollSenders();
  TellFailures();
  return moved;
}

bool RemoteExchange::is_held_back() const {
  return std::ranges::any_of(senders_,
                             [](const auto& entry) { return entry.second->is_held_back(); });
}

void RemoteExchange::OnConnected() {
  for (const auto& [channel, sender] : senders_) sender->Open();
  for (const auto& [channel, receiver] : receivers_) receiver->SendCredit();
}

void RemoteExchange::Fail(const Error& error) {
  while (!senders_.empty()) FailEnd(senders_, senders_.begin(), error);
  while (!receivers_.empty()) FailEnd(receivers_, receivers_.begin(), error);
  TellFailures();
}

void RemoteExchange::TellFailures() {
  const std::vector<ChannelFailure> failures = std::exchange(failures_, {});
  for (const ChannelFailure& failure : failures) on_failure_(failure);
}

}  // namespace flinkc
