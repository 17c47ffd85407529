// The bytes of SourceReader::Position: a version and some numbers. They come back from a checkpoint
// file, so nothing about them is taken for granted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace flinkc {

std::string EncodePosition(uint8_t version, std::span<const int64_t> numbers);
// Exactly `count` numbers, none of them negative. kCorrupt, naming the split.
Result<std::vector<int64_t>> DecodePosition(uint8_t version, size_t count, std::string_view bytes,
                                            std::string_view split_id);

// What a position that was read, but cannot be one of this split, is answered with.
std::unexpected<Error> BadPosition(std::string_view split_id, std::string_view reason);

}  // namespace flinkc
