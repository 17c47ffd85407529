// The bytes of a file that nobody vouches for:
//
//   head | u32 version | u64 length | body | u64 checksum | tail
//
// Numbers are little-endian; the checksum is XXH3, 64 bits, of all that stands before it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

struct RecordFormat {
  std::string_view head;  // 4 bytes
  std::string_view tail;  // 4 bytes
  uint32_t version = 1;   // the newest that is read, and the one that is written
  std::string_view what;  // for errors: "metadata of a checkpoint"
  uint32_t oldest = 1;    // that is read
};

std::string EncodeRecord(const RecordFormat& format, std::string_view body);
// The body, a part of `bytes`. kCorrupt: damaged, or something else; kUnsupported: of another
// version.
Result<std::string_view> DecodeRecord(const RecordFormat& format, std::string_view bytes);

}  // namespace flinkc
