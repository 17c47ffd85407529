// What the two ends of a channel in different processes say to each other: one frame a message, a
// header and a payload. Frames of one direction arrive in the order in which they were sent.
//
//   u64 channel | u64 sequence | u64 payload_checksum | u32 attempt | u32 payload_bytes |
//   u32 raw_bytes | u8 version | u8 kind | u8 flags | u8 0 | u64 header_checksum | payload
//
//   kBatch         a batch (batch_codec.h); with flag 1 compressed by LZ4 from raw_bytes
//   kWatermark     i64
//   kBarrier       u64 id | i64 triggered_at_micros | u32 kind | u32 flags | savepoint directory
//   kAnnouncement  u64, packed (channel.h)
//   kCredit        u64 bytes | u64 batches | u64 events
//
// All numbers are little-endian. Checksums are XXH3, 64 bits; that of the header is of all before
// it, so that damage to a payload is known to be that of its channel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/exchange/batch_codec.h"
#include "runtime/exchange/credit.h"
#include "runtime/exchange/stream_element.h"

namespace flinkc {

// Numbers of the wire.
enum class FrameKind : uint8_t {
  // From the sender, numbered together from 0.
  kBatch = 1,
  kWatermark = 2,
  kIdle = 3,
  kBarrier = 4,
  kEnd = 5,
  kAnnouncement = 6,  // of a barrier, or the end, that may still wait behind batches
  // From the sender, not numbered: it is there and asks for its credit.
  kOpen = 7,
  // From the receiver, numbered from 0.
  kCredit = 8,
};

// One channel of one attempt of a job.
struct ChannelAddress {
  uint64_t channel = 0;  // as its deployer has chosen; unique among the jobs of a connection
  uint32_t attempt = 0;

  bool operator==(const ChannelAddress&) const = default;
};

inline constexpr size_t kFrameHeaderBytes = 48;
// More is an error at the sender, and refused by the receiver.
inline constexpr size_t kPayloadBytesMax = size_t{1} << 30;

struct FrameHeader {
  ChannelAddress address;
  FrameKind kind = FrameKind::kOpen;
  bool compressed = false;
  uint64_t sequence = 0;
  uint64_t payload_checksum = 0;
  uint32_t payload_bytes = 0;
  uint32_t raw_bytes = 0;  // of the payload before it was compressed
};

// `schema`: of batches. `compress`: a batch that becomes smaller by an eighth at least.
// kUnsupported if a batch is larger than a payload may be. `buffer`: its memory is used for the
// frame of a batch.
Result<std::string> EncodeElement(const ChannelAddress& address, uint64_t sequence,
                                  const Schema& schema, const StreamElement& element, bool compress,
                                  std::string buffer = {});
std::string EncodeAnnouncement(const ChannelAddress& address, uint64_t sequence, uint64_t packed);
std::string EncodeOpen(const ChannelAddress& address);
std::string EncodeCredit(const ChannelAddress& address, uint64_t sequence, const Credit& credit);

// kCorrupt if these are not the bytes of one frame; the payload is not looked at.
Result<FrameHeader> ReadFrameHeader(std::string_view frame);
// The payload of a frame whose header was read, by its kind. kCorrupt if it is damaged.
Result<StreamElement> ReadElement(const FrameHeader& header, std::string_view frame,
                                  BatchReader& batches);
Result<uint64_t> ReadAnnouncement(const FrameHeader& header, std::string_view frame);
Result<Credit> ReadCredit(const FrameHeader& header, std::string_view frame);

}  // namespace flinkc
