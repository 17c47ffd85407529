// Bytes that choose what a fuzzer or a random test does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flinkc {

// The bytes that choose; zero when they have come to their end.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  bool is_empty() const { return bytes_.empty(); }
  uint32_t Take(size_t byte_count) {
    uint32_t value = 0;
    for (size_t i = 0; i < byte_count && !bytes_.empty(); ++i) {
      value = value << 8 | static_cast<uint8_t>(bytes_[0]);
      bytes_.remove_prefix(1);
    }
    return value;
  }
  // Below `limit`, which is not 0.
  size_t Below(size_t limit) { return Take(limit <= 256 ? 1 : 3) % limit; }

 private:
  std::string_view bytes_;
};

}  // namespace flinkc
