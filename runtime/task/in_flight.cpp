#include "runtime/task/in_flight.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/exchange/element_codec.h"
#include "runtime/graph/state_schema.h"
#include "runtime/state/state_files.h"

namespace flinkc {

namespace {

// The same for inputs whose batches are the same bytes.
uint64_t ShapeOf(const HeadLayout& head) {
  std::string text = fmt::format("{} {}", head.row_kinds, head.key_hashes);
  for (const Field& field : head.schema.fields()) {
    text += fmt::format("\n{} {}", field.name, field.type.ToString());
  }
  return XXH3_64bits(text.data(), text.size());
}

Status AppendFrame(std::string_view frame, StateFileSink* sink, uint64_t* length) {
  const auto bytes = static_cast<uint32_t>(frame.size());
  char prefix[sizeof(bytes)];
  std::memcpy(prefix, &bytes, sizeof(bytes));
  RETURN_IF_ERROR(sink->Append({prefix, sizeof(prefix)}));
  RETURN_IF_ERROR(sink->Append(frame));
  *length += sizeof(prefix) + frame.size();
  return {};
}

// Leaves the rows whose keys lie in `range`; whether there are any.
bool KeepRowsOf(const KeyGroupRange& range, const Schema& schema, RecordBatch* batch) {
  const uint64_t* hashes = batch->layout().key_hashes;
  int32_t kept = 0;
  for (int32_t row = 0; row < batch->row_count(); ++row) {
    if (!range.ContainsHash(hashes[row])) continue;
    if (kept != row) batch->MoveRow(schema, row, kept);
    ++kept;
  }
  batch->set_row_count(kept);
  return kept != 0;
}

// Of one former subtask.
class InFlightReader {
 public:
  InFlightReader(const SubtaskDescriptor& descriptor, const proto::SubtaskSnapshot& snapshot)
      : descriptor_(descriptor),
        stored_(snapshot.in_flight()),
        range_(KeyGroupRange::Of(descriptor.subtask, descriptor.parallelism,
                                 descriptor.max_parallelism)),
        has_all_keys_(snapshot.key_group_first() >= range_.first &&
                      snapshot.key_group_last() <= range_.last),
        has_first_key_(snapshot.key_group_first() >= range_.first &&
                       snapshot.key_group_first() <= range_.last) {}

  Status AppendTo(std::vector<InFlightChannel>* channels) {
    RETURN_IF_ERROR(Begin());
    StateFileReader files(descriptor_.checkpoints.files, descriptor_.restore->directory);
    ASSIGN_OR_RETURN(const std::string bytes, files.Read(stored_.file(), 0, stored_.length()));
    std::string_view rest = bytes;
    while (!rest.empty()) RETURN_IF_ERROR(ReadNext(&rest));
    for (size_t i = 0; i < channels_.size(); ++i) {
      if (read_[i] != stored_.channels(static_cast<int>(i)).elements()) {
        return Corrupt(fmt::format("channel {} has {} elements", i, read_[i]));
      }
      channels->push_back(std::move(channels_[i]));
    }
    return {};
  }

 private:
  static std::unexpected<Error> Corrupt(std::string message) {
    return MakeError(ErrorCode::kCorrupt, std::move(message));
  }

  Status Begin() {
    const std::vector<HeadLayout>& heads = descriptor_.chain->layout().heads;
    for (const HeadLayout& head : heads) {
      readers_.push_back(std::make_unique<BatchReader>(head.schema, head.row_kinds, head.key_hashes,
                                                       descriptor_.memory));
    }
    for (const proto::InFlight::Channel& stored : stored_.channels()) {
      if (stored.head() >= heads.size() || stored.shape() != ShapeOf(heads[stored.head()])) {
        return MakeError(
            ErrorCode::kStateIncompatible,
            fmt::format("the checkpoint has rows that were on their way to `{}`, which "
                        "now reads other columns; start from a savepoint, or from a "
                        "checkpoint without rows in flight",
                        descriptor_.name));
      }
      InFlightChannel& channel = channels_.emplace_back();
      channel.head = stored.head();
      channel.partitioning = static_cast<Partitioning>(stored.partitioning());
      if (channel.partitioning == Partitioning::kHash && !heads[stored.head()].key_hashes) {
        return Corrupt("rows by key without keys");
      }
      channel.watermark = stored.watermark();
      channel.idle = stored.idle();
    }
    read_.resize(channels_.size());
    return {};
  }

  Status ReadNext(std::string_view* rest) {
    uint32_t length = 0;
    if (rest->size() < sizeof(length)) return Corrupt("it ends within a length");
    std::memcpy(&length, rest->data(), sizeof(length));
    rest->remove_prefix(sizeof(length));
    if (length > rest->size()) return Corrupt("it ends within an element");
    const std::string_view frame = rest->substr(0, length);
    rest->remove_prefix(length);
    ASSIGN_OR_RETURN(const FrameHeader header, ReadFrameHeader(frame));
    const uint64_t at = header.address.channel;
    if (at >= channels_.size() || header.sequence != read_[at]) {
      return Corrupt("an element is out of its place");
    }
    ++read_[at];
    InFlightChannel& channel = channels_[at];
    ASSIGN_OR_RETURN(StreamElement element, ReadElement(header, frame, *readers_[channel.head]));
    if (element.kind == ElementKind::kBarrier) return Corrupt("a barrier");
    if (element.kind == ElementKind::kBatch && !Keep(channel, element.batch.get())) return {};
    channel.elements.push_back(std::move(element));
    return {};
  }

  // Whether rows of the batch belong to this subtask; the others are taken out of it.
  bool Keep(const InFlightChannel& channel, RecordBatch* batch) const {
    if (channel.partitioning != Partitioning::kHash) return has_first_key_;
    return has_all_keys_ ||
           KeepRowsOf(range_, descriptor_.chain->layout().heads[channel.head].schema, batch);
  }

  const SubtaskDescriptor& descriptor_;
  const proto::InFlight& stored_;
  const KeyGroupRange range_;
  const bool has_all_keys_;
  const bool has_first_key_;
  std::vector<std::unique_ptr<BatchReader>> readers_;  // by head
  std::vector<InFlightChannel> channels_;
  std::vector<uint64_t> read_;  // elements, by channel
};

}  // namespace

Result<proto::InFlight> WriteInFlight(const std::vector<InFlightChannel>& channels,
                                      const std::vector<HeadLayout>& heads, StateFileSink* sink) {
  proto::InFlight written;
  written.set_file(sink->path());
  uint64_t length = 0;
  std::string frame;
  for (size_t i = 0; i < channels.size(); ++i) {
    const InFlightChannel& channel = channels[i];
    proto::InFlight::Channel* const stored = written.add_channels();
    stored->set_head(channel.head);
    stored->set_shape(ShapeOf(heads[channel.head]));
    stored->set_partitioning(static_cast<uint32_t>(channel.partitioning));
    stored->set_watermark(channel.watermark);
    stored->set_idle(channel.idle);
    stored->set_elements(channel.elements.size());
    uint64_t sequence = 0;
    for (const StreamElement& element : channel.elements) {
      ASSIGN_OR_RETURN(frame, EncodeElement({i, 0}, sequence++, heads[channel.head].schema, element,
                                            /*compress=*/true, std::move(frame)));
      RETURN_IF_ERROR(AppendFrame(frame, sink, &length));
    }
  }
  RETURN_IF_ERROR(sink->Finish());
  written.set_length(length);
  return written;
}

Result<std::vector<InFlightChannel>> ReadInFlight(const SubtaskDescriptor& descriptor) {
  std::vector<InFlightChannel> channels;
  for (const proto::SubtaskSnapshot& snapshot : descriptor.restore->snapshots) {
    if (!snapshot.has_in_flight() || snapshot.in_flight().vertex() != descriptor.name) continue;
    if (Status read = InFlightReader(descriptor, snapshot).AppendTo(&channels); !read) {
      return std::unexpected(std::move(read).error().WithContext(snapshot.in_flight().file()));
    }
  }
  return channels;
}

}  // namespace flinkc
