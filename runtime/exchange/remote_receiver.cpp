#include "runtime/exchange/remote_receiver.h"

#include <fmt/format.h>

namespace flinkc {

namespace {

std::unexpected<Error> Unexpected(std::string message) {
  return MakeError(ErrorCode::kCorrupt, std::move(message));
}

}  // namespace

RemoteReceiver::RemoteReceiver(RemoteReceiverDescriptor descriptor, FrameSink* sink,
                               FrameBuffers* buffers)
    : descriptor_(std::move(descriptor)),
      sink_(sink),
      buffers_(buffers),
      granted_(descriptor_.window) {}

RemoteReceiver::~RemoteReceiver() {
  for (const Held& held : held_) Release(held);
}

void RemoteReceiver::SendCredit() {
  told_ = granted_;
  sink_->Send(EncodeCredit(descriptor_.address, next_credit_++, told_));
}

Status RemoteReceiver::OnFrame(const FrameHeader& header, std::string frame) {
  if (header.sequence != next_sequence_) {
    return Unexpected(
        fmt::format("frame {} came where {} was expected", header.sequence, next_sequence_));
  }
  ++next_sequence_;
  if (ended_) return Unexpected("a frame came behind the end");
  if (header.kind == FrameKind::kAnnouncement) {
    ASSIGN_OR_RETURN(const uint64_t packed, ReadAnnouncement(header, frame));
    Announce(Announcement::Unpack(packed));
    return {};
  }
  RETURN_IF_ERROR(Take(header));
  if (header.kind == FrameKind::kBarrier) {
    ASSIGN_OR_RETURN(const StreamElement barrier, ReadElement(header, frame, *descriptor_.batches));
    Announce(Announcement::Of(*barrier.barrier));
  }
  ended_ = header.kind == FrameKind::kEnd;
  if (ended_) Announce(Announcement::Unpack(announced_).Ended());
  if (descriptor_.memory != nullptr) descriptor_.memory->ForceReserve(frame.size());
  held_.push_back({header, std::move(frame)});
  return {};
}

// Counts an element that has come; an error if its sender had no credit for it.
Status RemoteReceiver::Take(const FrameHeader& header) {
  const bool is_batch = header.kind == FrameKind::kBatch;
  if (is_batch ? !told_.AllowsBatch(received_) : !told_.AllowsEvent(received_)) {
    return Unexpected("the sender had no credit for a frame");
  }
  if (is_batch) {
    ++received_.batches;
    received_.bytes += header.payload_bytes;
  } else {
    ++received_.events;
  }
  return {};
}

void RemoteReceiver::Announce(Announcement announcement) {
  if (announcement.Pack() <= announced_) return;
  announced_ = announcement.Pack();
  descriptor_.channel->Announce(announcement);
}

void RemoteReceiver::Release(const Held& held) {
  if (descriptor_.memory != nullptr) descriptor_.memory->Release(held.frame.size());
}

Result<bool> RemoteReceiver::Poll() {
  bool moved = false;
  while (!held_.empty() && descriptor_.channel->HasRoom()) {
    Held held = std::move(held_.front());
    held_.pop_front();
    Release(held);
    ASSIGN_OR_RETURN(StreamElement element,
                     ReadElement(held.header, held.frame, *descriptor_.batches));
    if (element.kind == ElementKind::kBatch) {
      ++granted_.batches;
      granted_.bytes += held.header.payload_bytes;
    } else {
      ++granted_.events;
    }
    descriptor_.channel->Push(std::move(element));
    buffers_->Give(std::move(held.frame));
    moved = true;
  }
  const Credit& window = descriptor_.window;
  if ((granted_.bytes - told_.bytes) * 2 >= window.bytes ||
      (granted_.batches - told_.batches) * 2 >= window.batches ||
      (granted_.events - told_.events) * 2 >= window.events) {
    SendCredit();
  }
  return moved;
}

}  // namespace flinkc
