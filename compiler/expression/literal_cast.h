// Literals of one type as literals of another, at compile time.
#pragma once

#include <optional>

#include "runtime/data/data_type.h"
#include "runtime/data/value.h"

namespace flinkc {

// `value` of type `from` as a value of `to`: numbers to numbers, DATE to TIMESTAMP, timestamps and
// texts to other lengths. Exact, but for DOUBLE and FLOAT, which take the nearest value. nullopt
// where it does not fit, or where only a cast that runs can tell.
std::optional<Value> ConvertLiteral(const Value& value, const DataType& from, const DataType& to);

}  // namespace flinkc
