#include "runtime/exchange/element_codec.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <lz4.h>
#include <xxhash.h>

#include <cstddef>
#include <cstring>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kCompressedFlag = 1;
// No byte of LZ4 stands for more.
constexpr uint64_t kExpansionMax = 255;
constexpr size_t kDirectoryBytesMax = size_t{32} * 1024;

struct WireHeader {
  uint64_t channel;
  uint64_t sequence;
  uint64_t payload_checksum;
  uint32_t attempt;
  uint32_t payload_bytes;
  uint32_t raw_bytes;
  uint8_t version;
  uint8_t kind;
  uint8_t flags;
  uint8_t unused;
  uint64_t checksum;
};
static_assert(sizeof(WireHeader) == kFrameHeaderBytes);

struct WireBarrier {
  uint64_t id;
  int64_t triggered_at_micros;
  uint32_t kind;
  uint32_t flags;
};
static_assert(sizeof(WireBarrier) == 24);
constexpr uint32_t kFullFlag = 1;
constexpr uint32_t kUnalignedFlag = 2;

struct WireCredit {
  uint64_t bytes;
  uint64_t batches;
  uint64_t events;
};
static_assert(sizeof(WireCredit) == 24);

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "a frame from a peer: " + std::move(message));
}

uint64_t ChecksumOf(const WireHeader& header) {
  return XXH3_64bits(&header, offsetof(WireHeader, checksum));
}

// `frame`: room for the header, then the payload.
void PutHeader(const ChannelAddress& address, FrameKind kind, uint64_t sequence, uint8_t flags,
               size_t raw_bytes, std::string* frame) {
  const size_t payload_bytes = frame->size() - kFrameHeaderBytes;
  WireHeader header{};
  header.channel = address.channel;
  header.sequence = sequence;
  header.payload_checksum = XXH3_64bits(frame->data() + kFrameHeaderBytes, payload_bytes);
  header.attempt = address.attempt;
  header.payload_bytes = static_cast<uint32_t>(payload_bytes);
  header.raw_bytes = static_cast<uint32_t>(raw_bytes);
  header.version = kVersion;
  header.kind = static_cast<uint8_t>(kind);
  header.flags = flags;
  header.checksum = ChecksumOf(header);
  std::memcpy(frame->data(), &header, sizeof(header));
}

std::string Frame(const ChannelAddress& address, FrameKind kind, uint64_t sequence,
                  std::string_view payload) {
  std::string frame(kFrameHeaderBytes, '\0');
  frame += payload;
  PutHeader(address, kind, sequence, 0, payload.size(), &frame);
  return frame;
}

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// A frame whose payload is that of `raw` compressed; empty if it does not pay.
std::string Compress(const std::string& raw) {
  const size_t raw_bytes = raw.size() - kFrameHeaderBytes;
  if (raw_bytes > LZ4_MAX_INPUT_SIZE) return "";
  const size_t bytes_max = raw_bytes - raw_bytes / 8;
  std::string frame;
  frame.resize_and_overwrite(kFrameHeaderBytes + bytes_max, [&](char* to, size_t) {
    const int bytes =
        LZ4_compress_default(raw.data() + kFrameHeaderBytes, to + kFrameHeaderBytes,
                             static_cast<int>(raw_bytes), static_cast<int>(bytes_max));
    return bytes == 0 ? size_t{0} : kFrameHeaderBytes + static_cast<size_t>(bytes);
  });
  return frame;
}

Result<std::string> EncodeBatch(const ChannelAddress& address, uint64_t sequence,
                                const Schema& schema, const RecordBatch& batch, bool compress,
                                std::string frame) {
  frame.assign(kFrameHeaderBytes, '\0');
  AppendBatch(schema, batch, &frame);
  const size_t raw_bytes = frame.size() - kFrameHeaderBytes;
  if (raw_bytes > kPayloadBytesMax) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{} rows have {} bytes; a batch between processes has at most {}",
                                 batch.row_count(), raw_bytes, kPayloadBytesMax));
  }
  uint8_t flags = 0;
  if (compress) {
    std::string compressed = Compress(frame);
    if (!compressed.empty()) {
      frame = std::move(compressed);
      flags |= kCompressedFlag;
    }
  }
  PutHeader(address, FrameKind::kBatch, sequence, flags, raw_bytes, &frame);
  return frame;
}

Result<std::string_view> PayloadOf(const FrameHeader& header, std::string_view frame) {
  const std::string_view payload = frame.substr(kFrameHeaderBytes);
  if (XXH3_64bits(payload.data(), payload.size()) != header.payload_checksum) {
    return Corrupt("the checksum of its payload does not match");
  }
  return payload;
}

// A payload that is one `T`, and what follows it.
template <typename T>
Result<T> ReadFixed(const FrameHeader& header, std::string_view frame,
                    std::string_view* rest = nullptr) {
  ASSIGN_OR_RETURN(const std::string_view payload, PayloadOf(header, frame));
  if (payload.size() < sizeof(T) || (rest == nullptr && payload.size() != sizeof(T))) {
    return Corrupt(fmt::format("a payload of {} bytes", payload.size()));
  }
  T value;
  std::memcpy(&value, payload.data(), sizeof(value));
  if (rest != nullptr) *rest = payload.substr(sizeof(T));
  return value;
}

Result<StreamElement> ReadEmpty(const FrameHeader& header, std::string_view frame,
                                StreamElement element) {
  ASSIGN_OR_RETURN(const std::string_view payload, PayloadOf(header, frame));
  if (!payload.empty()) return Corrupt(fmt::format("a payload of {} bytes", payload.size()));
  return element;
}

Result<StreamElement> ReadBatchFrame(const FrameHeader& header, std::string_view frame,
                                     BatchReader& batches) {
  ASSIGN_OR_RETURN(std::string_view payload, PayloadOf(header, frame));
  std::string raw;
  if (header.compressed) {
    if (header.raw_bytes > kPayloadBytesMax || header.raw_bytes > payload.size() * kExpansionMax) {
      return Corrupt(fmt::format("{} bytes made of {}", header.raw_bytes, payload.size()));
    }
    raw.resize_and_overwrite(header.raw_bytes, [&](char* to, size_t) {
      const int bytes = LZ4_decompress_safe(payload.data(), to, static_cast<int>(payload.size()),
                                            static_cast<int>(header.raw_bytes));
      return bytes < 0 ? size_t{0} : static_cast<size_t>(bytes);
    });
    if (raw.size() != header.raw_bytes) return Corrupt("a batch that cannot be decompressed");
    payload = raw;
  }
  ASSIGN_OR_RETURN(BatchPtr batch, batches.Read(payload));
  return StreamElement::Batch(std::move(batch));
}

Result<StreamElement> ReadBarrier(const FrameHeader& header, std::string_view frame) {
  std::string_view directory;
  ASSIGN_OR_RETURN(const WireBarrier wire, ReadFixed<WireBarrier>(header, frame, &directory));
  if (wire.kind > static_cast<uint32_t>(BarrierKind::kStopWithDrain) ||
      wire.flags > (kFullFlag | kUnalignedFlag) || directory.size() > kDirectoryBytesMax) {
    return Corrupt(fmt::format("barrier {} of kind {}", wire.id, wire.kind));
  }
  return StreamElement::Barrier(std::make_shared<const CheckpointBarrier>(
      CheckpointBarrier{wire.id, static_cast<BarrierKind>(wire.kind), std::string(directory),
                        (wire.flags & kFullFlag) != 0, wire.triggered_at_micros,
                        (wire.flags & kUnalignedFlag) != 0}));
}

}  // namespace

Result<std::string> EncodeElement(const ChannelAddress& address, uint64_t sequence,
                                  const Schema& schema, const StreamElement& element, bool compress,
                                  std::string buffer) {
  switch (element.kind) {
    case ElementKind::kBatch:
      return EncodeBatch(address, sequence, schema, *element.batch, compress, std::move(buffer));
    case ElementKind::kWatermark:
      return Frame(address, FrameKind::kWatermark, sequence, BytesOf(element.watermark));
    case ElementKind::kIdle:
      return Frame(address, FrameKind::kIdle, sequence, "");
    case ElementKind::kBarrier: {
      const CheckpointBarrier& barrier = *element.barrier;
      const uint32_t flags =
          (barrier.full ? kFullFlag : 0) | (barrier.unaligned ? kUnalignedFlag : 0);
      const WireBarrier wire{barrier.id, barrier.triggered_at_micros,
                             static_cast<uint32_t>(barrier.kind), flags};
      return Frame(address, FrameKind::kBarrier, sequence,
                   std::string(BytesOf(wire)) + barrier.savepoint_directory);
    }
    case ElementKind::kEnd:
      return Frame(address, FrameKind::kEnd, sequence, "");
  }
  CHECK(false);
}

std::string EncodeAnnouncement(const ChannelAddress& address, uint64_t sequence, uint64_t packed) {
  return Frame(address, FrameKind::kAnnouncement, sequence, BytesOf(packed));
}

std::string EncodeOpen(const ChannelAddress& address) {
  return Frame(address, FrameKind::kOpen, 0, "");
}

std::string EncodeCredit(const ChannelAddress& address, uint64_t sequence, const Credit& credit) {
  const WireCredit wire{credit.bytes, credit.batches, credit.events};
  return Frame(address, FrameKind::kCredit, sequence, BytesOf(wire));
}

Result<FrameHeader> ReadFrameHeader(std::string_view frame) {
  WireHeader wire;
  if (frame.size() < sizeof(wire)) return Corrupt(fmt::format("{} bytes", frame.size()));
  std::memcpy(&wire, frame.data(), sizeof(wire));
  if (wire.checksum != ChecksumOf(wire)) {
    return Corrupt("the checksum of its header does not match");
  }
  if (wire.version != kVersion) {
    return Corrupt(fmt::format("version {}, expected {}", wire.version, kVersion));
  }
  if (wire.payload_bytes != frame.size() - sizeof(wire) || wire.payload_bytes > kPayloadBytesMax) {
    return Corrupt(fmt::format("{} bytes with a payload of {}", frame.size(), wire.payload_bytes));
  }
  const auto kind = static_cast<FrameKind>(wire.kind);
  const uint8_t flags_known = kind == FrameKind::kBatch ? kCompressedFlag : 0;
  if (kind < FrameKind::kBatch || kind > FrameKind::kCredit || (wire.flags & ~flags_known) != 0 ||
      wire.unused != 0) {
    return Corrupt(fmt::format("kind {} with flags {}", wire.kind, wire.flags));
  }
  return FrameHeader{{wire.channel, wire.attempt},
                     kind,
                     (wire.flags & kCompressedFlag) != 0,
                     wire.sequence,
                     wire.payload_checksum,
                     wire.payload_bytes,
                     wire.raw_bytes};
}

Result<StreamElement> ReadElement(const FrameHeader& header, std::string_view frame,
                                  BatchReader& batches) {
  switch (header.kind) {
    case FrameKind::kBatch:
      return ReadBatchFrame(header, frame, batches);
    case FrameKind::kWatermark: {
      ASSIGN_OR_RETURN(const int64_t watermark, ReadFixed<int64_t>(header, frame));
      return StreamElement::Watermark(watermark);
    }
    case FrameKind::kIdle:
      return ReadEmpty(header, frame, StreamElement::Idle());
    case FrameKind::kBarrier:
      return ReadBarrier(header, frame);
    case FrameKind::kEnd:
      return ReadEmpty(header, frame, StreamElement::End());
    default:
      return Corrupt("no element");
  }
}

Result<uint64_t> ReadAnnouncement(const FrameHeader& header, std::string_view frame) {
  return ReadFixed<uint64_t>(header, frame);
}

Result<Credit> ReadCredit(const FrameHeader& header, std::string_view frame) {
  ASSIGN_OR_RETURN(const WireCredit wire, ReadFixed<WireCredit>(header, frame));
  return Credit{wire.bytes, wire.batches, wire.events};
}

}  // namespace flinkc
