#include "stdlib-operators/connectors/source_position.h"

#include <fmt/format.h>

namespace flinkc {

namespace {

constexpr size_t kNumberBytes = 8;

}  // namespace

std::string EncodePosition(uint8_t version, std::span<const int64_t> numbers) {
  std::string bytes(1, static_cast<char>(version));
  for (const int64_t number : numbers) {
    const auto bits = static_cast<uint64_t>(number);
    for (size_t i = 0; i < kNumberBytes; ++i) bytes += static_cast<char>(bits >> (8 * i) & 0xFF);
  }
  return bytes;
}

std::unexpected<Error> BadPosition(std::string_view split_id, std::string_view reason) {
  return MakeError(
      ErrorCode::kCorrupt,
      fmt::format("the position of split {} cannot be gone on from: {}", split_id, reason));
}

Result<std::vector<int64_t>> DecodePosition(uint8_t version, size_t count, std::string_view bytes,
                                            std::string_view split_id) {
  if (bytes.empty()) return BadPosition(split_id, "it is empty");
  const auto found = static_cast<uint8_t>(bytes[0]);
  if (found != version) {
    return BadPosition(split_id,
                       fmt::format("it has version {}, this flinkc reads {}", found, version));
  }
  bytes.remove_prefix(1);
  if (bytes.size() != count * kNumberBytes) {
    return BadPosition(split_id, fmt::format("it has {} bytes, not {}", bytes.size() + 1,
                                             count * kNumberBytes + 1));
  }
  std::vector<int64_t> numbers;
  for (size_t at = 0; at < bytes.size(); at += kNumberBytes) {
    uint64_t bits = 0;
    for (size_t i = 0; i < kNumberBytes; ++i) {
      bits |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
    }
    if (bits > static_cast<uint64_t>(INT64_MAX)) {
      return BadPosition(split_id, "one of its numbers is negative");
    }
    numbers.push_back(static_cast<int64_t>(bits));
  }
  return numbers;
}

}  // namespace flinkc
