// Values of literals from their text: numbers, dates, timestamps, intervals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/data/data_type.h"
#include "runtime/data/value.h"

namespace flinkc {

struct TypedValue {
  Value value;
  DataType type;  // NOT NULL
};

// Digits with a point or without, perhaps signed. As in Flink SQL 1 is INT, 3000000000 BIGINT,
// longer ones and those with a fraction DECIMAL with the digits that are written: 0.908 is
// DECIMAL(4, 3). nullopt: more than 38 digits.
std::optional<TypedValue> ParseNumber(std::string_view text);
// "1e3": DOUBLE. nullopt: out of its range.
std::optional<TypedValue> ParseDouble(std::string_view text);

// "2020-02-29", the years 1 to 9999.
std::optional<TypedValue> ParseDate(std::string_view text);
// "2020-02-29 23:59:59.123": TIMESTAMP with the digits that are written, at most 6. The time may be
// absent, and `T` may stand between the two.
std::optional<TypedValue> ParseTimestamp(std::string_view text);

enum class IntervalUnit : uint8_t { kYear, kMonth, kDay, kHour, kMinute, kSecond };

// "1-2" from kYear to kMonth; "1 02:03:04.5" from kDay to kSecond; "90" from and to kMinute, times
// `scale` (a quarter is 3 months). The units are both of months or both of days and smaller.
std::optional<TypedValue> ParseInterval(std::string_view text, IntervalUnit from, IntervalUnit to,
                                        int64_t scale);

}  // namespace flinkc
