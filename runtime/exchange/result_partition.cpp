#include "runtime/exchange/result_partition.h"

namespace flinkc {

ResultPartition::ResultPartition(std::vector<std::shared_ptr<Channel>> channels)
    : channels_(std::move(channels)), waiting_(channels_.size()) {}

bool ResultPartition::HasRoom(uint32_t channel) {
  return waiting_[channel].empty() && channels_[channel]->HasRoom();
}

bool ResultPartition::HasRoom() {
  for (uint32_t channel = 0; channel < channel_count(); ++channel) {
    if (!HasRoom(channel)) return false;
  }
  return true;
}

void ResultPartition::Emit(uint32_t channel, BatchPtr batch) {
  Send(channel, StreamElement::Batch(std::move(batch)));
}

void ResultPartition::EmitInTurn(BatchPtr batch) {
  Emit(next_channel_, std::move(batch));
  next_channel_ = (next_channel_ + 1) % channel_count();
}

void ResultPartition::Broadcast(const StreamElement& element) {
  for (const std::shared_ptr<Channel>& channel : channels_) {
    if (element.kind == ElementKind::kBarrier) {
      channel->Announce(Announcement::Of(*element.barrier));
    } else if (element.kind == ElementKind::kEnd) {
      channel->AnnounceEnd();
    }
  }
  for (uint32_t channel = 0; channel < channel_count(); ++channel) Send(channel, element);
}

void ResultPartition::Send(uint32_t channel, StreamElement element) {
  if (HasRoom(channel)) {
    channels_[channel]->Push(std::move(element));
  } else {
    waiting_[channel].push_back(std::move(element));
    ++waiting_count_;
  }
}

bool ResultPartition::Drain() {
  if (waiting_count_ == 0) return false;
  const size_t before = waiting_count_;
  for (uint32_t channel = 0; channel < channel_count(); ++channel) {
    std::deque<StreamElement>& waiting = waiting_[channel];
    while (!waiting.empty() && channels_[channel]->HasRoom()) {
      channels_[channel]->Push(std::move(waiting.front()));
      waiting.pop_front();
      --waiting_count_;
    }
  }
  return waiting_count_ != before;
}

void ResultPartition::Clear() {
  for (std::deque<StreamElement>& waiting : waiting_) waiting.clear();
  waiting_count_ = 0;
}

}  // namespace flinkc
