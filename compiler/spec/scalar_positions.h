// Where in the file each byte of a scalar's value stands. The YAML library gives the value and the
// place of its first character; quotes, escapes, folding and block indentation are walked again
// here, so that an error within an expression points at the very characters.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace flinkc {

enum class ScalarStyle : uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kBlock };

struct ScalarPositions {
  // One for each byte of the value and one for its end. Empty: value[i] stands at begin + i.
  std::vector<uint32_t> offsets;
  uint32_t end = 0;        // of the whole scalar, with its closing quote
  bool is_closed = true;   // false: the closing quote is missing
  bool is_aligned = true;  // false: the walk lost its way; all offsets are the beginning
};

// `begin` is the offset of the scalar's first character in `source`: its quote, `|` or `>`, or its
// first letter.
ScalarPositions LocateScalar(std::string_view source, uint32_t begin, std::string_view value,
                             ScalarStyle style);

}  // namespace flinkc
