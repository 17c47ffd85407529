// What a name may be.
#pragma once

#include <string>
#include <string_view>

namespace flinkc {

// [A-Za-z_][A-Za-z0-9_]*, at most 128 characters: the rule for everything a spec gives a name, so
// that it can stand in expressions, in `stream.output` and in file names without quotes. Not for
// columns, whose names the data decides.
bool IsIdentifier(std::string_view name);

// The nearest identifier, as in per_minute for per-minute, or "" if there is none.
std::string ToIdentifier(std::string_view name);

// Why `name` cannot be a column's name, or "".
std::string_view WhyNoColumnName(std::string_view name);

}  // namespace flinkc
