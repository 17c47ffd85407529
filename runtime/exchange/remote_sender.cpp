#include "runtime/exchange/remote_sender.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

RemoteSender::RemoteSender(RemoteSenderDescriptor descriptor, FrameSink* sink,
                           FrameBuffers* buffers)
    : descriptor_(std::move(descriptor)), sink_(sink), buffers_(buffers) {}

void RemoteSender::Open() { sink_->Send(EncodeOpen(descriptor_.address)); }

Status RemoteSender::OnCredit(const FrameHeader& header, std::string_view frame) {
  ASSIGN_OR_RETURN(const Credit credit, ReadCredit(header, frame));
  // Those before the first one came when this sender was not there yet.
  if (next_credit_ && header.sequence != *next_credit_) {
    return MakeError(ErrorCode::kCorrupt, fmt::format("credit {} came where {} was expected",
                                                      header.sequence, *next_credit_));
  }
  if (credit.bytes < granted_.bytes || credit.batches < granted_.batches ||
      credit.events < granted_.events) {
    return MakeError(ErrorCode::kCorrupt, "credit was taken back");
  }
  next_credit_ = header.sequence + 1;
  granted_ = credit;
  return {};
}

Result<bool> RemoteSender::Poll() {
  if (!next_credit_) return false;
  bool moved = Announce(descriptor_.channel->announced());
  while (!ended_) {
    if (!held_) {
      StreamElement element;
      if (!descriptor_.channel->Pop(&element)) break;
      held_ = std::move(element);
    }
    if (!MaySend(*held_)) break;
    RETURN_IF_ERROR(Send(*held_));
    held_.reset();
    moved = true;
  }
  return moved;
}

bool RemoteSender::MaySend(const StreamElement& element) {
  if (element.kind != ElementKind::kBatch) return granted_.AllowsEvent(sent_);
  return granted_.AllowsBatch(sent_) && sink_->HasRoom();
}

Status RemoteSender::Send(const StreamElement& element) {
  std::string buffer;
  if (element.kind == ElementKind::kBatch) buffer = buffers_->Take();
  ASSIGN_OR_RETURN(std::string frame,
                   EncodeElement(descriptor_.address, next_sequence_, descriptor_.schema, element,
                                 descriptor_.compress, std::move(buffer)));
  ++next_sequence_;
  switch (element.kind) {
    case ElementKind::kBatch:
      ++sent_.batches;
      sent_.bytes += frame.size() - kFrameHeaderBytes;
      break;
    case ElementKind::kBarrier:
      // The receiver announces a barrier that it holds, and the end.
      announced_ = std::max(announced_, Announcement::Of(*element.barrier).Pack());
      ++sent_.events;
      break;
    case ElementKind::kEnd:
      announced_ = Announcement::Unpack(announced_).Ended().Pack();
      ended_ = true;
      ++sent_.events;
      break;
    default:
      ++sent_.events;
  }
  sink_->Send(std::move(frame));
  return {};
}

bool RemoteSender::Announce(Announcement announcement) {
  if (announcement.Pack() <= announced_) return false;
  announced_ = announcement.Pack();
  sink_->Send(EncodeAnnouncement(descriptor_.address, next_sequence_++, announced_));
  return true;
}

}  // namespace flinkc
