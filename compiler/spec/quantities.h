// Durations and sizes as specs write them: `5s`, `500ms`, `1h 30m`, `16mb`. The units are those of
// Flink's options.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace flinkc {

// What is wrong with a quantity, and which bytes of its text are.
struct QuantityError {
  std::string message;  // "the unit `x` is unknown"
  size_t begin = 0;
  size_t end = 0;
};

// In microseconds: a number and a unit (us, ms, s, m or min, h, d, w, and their long names), or a
// sum of such, the larger first; a sign before it; or 0. A number without a unit is refused, since
// seconds and milliseconds are equally often meant.
std::expected<int64_t, QuantityError> ParseDuration(std::string_view text);

// In bytes: a number and a unit (b, kb, mb, gb, tb: powers of 1024, as in Flink); without a unit
// bytes are meant.
std::expected<int64_t, QuantityError> ParseSize(std::string_view text);

// The shortest text that ParseDuration reads as `micros`: "1h30m".
std::string PrintDuration(int64_t micros);

}  // namespace flinkc
