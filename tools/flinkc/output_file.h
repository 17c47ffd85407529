// Where a command's result goes: standard output, or the file of -o.
#pragma once

#include <string>
#include <string_view>

namespace flinkc {

// Writes `text` to `path` ("" or "-": standard output), whole or not at all. Returns the exit code;
// an error was printed.
int WriteOutput(const std::string& path, std::string_view text);

}  // namespace flinkc
