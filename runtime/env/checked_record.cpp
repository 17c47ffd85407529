#include "runtime/env/checked_record.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

namespace flinkc {

namespace {

constexpr size_t kHeadBytes = 16;
constexpr size_t kTailBytes = 12;

template <typename Number>
void AppendNumber(Number value, std::string* bytes) {
  for (size_t i = 0; i < sizeof(Number); ++i) {
    bytes->push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  }
}

template <typename Number>
Number NumberAt(std::string_view bytes, size_t offset) {
  Number value = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) {
    value |= static_cast<Number>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  }
  return value;
}

}  // namespace

std::string EncodeRecord(const RecordFormat& format, std::string_view body) {
  std::string bytes(format.head);
  bytes.reserve(kHeadBytes + body.size() + kTailBytes);
  AppendNumber(format.version, &bytes);
  AppendNumber(uint64_t{body.size()}, &bytes);
  bytes += body;
  AppendNumber(uint64_t{XXH3_64bits(bytes.data(), bytes.size())}, &bytes);
  bytes += format.tail;
  return bytes;
}

Result<std::string_view> DecodeRecord(const RecordFormat& format, std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(format.head)) {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("it is no {}, or its beginning is damaged", format.what));
  }
  const uint32_t version = NumberAt<uint32_t>(bytes, 4);
  if (version > format.version) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("it has format version {}, this flinkc reads up to {}; use the "
                                 "flinkc that wrote it, or a newer one",
                                 version, format.version));
  }
  const uint64_t length = NumberAt<uint64_t>(bytes, 8);
  if (bytes.size() < kHeadBytes + kTailBytes || length != bytes.size() - kHeadBytes - kTailBytes) {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("it has {} bytes and not the {} that it should: it is cut off or "
                                 "damaged",
                                 bytes.size(), length + kHeadBytes + kTailBytes));
  }
  const std::string_view checked = bytes.substr(0, kHeadBytes + length);
  if (NumberAt<uint64_t>(bytes, checked.size()) != XXH3_64bits(checked.data(), checked.size()) ||
      !bytes.ends_with(format.tail)) {
    return MakeError(ErrorCode::kCorrupt, "its checksum is wrong: it is damaged");
  }
  if (version == 0) {
    return MakeError(ErrorCode::kCorrupt, "it has format version 0, which there never was");
  }
  if (version < format.oldest) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("it has format version {}, this flinkc reads from {} on; use the "
                                 "flinkc that wrote it",
                                 version, format.oldest));
  }
  return checked.substr(kHeadBytes);
}

}  // namespace flinkc
