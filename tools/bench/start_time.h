// How long a small job takes from the start of the command to its first row.
#pragma once

#include <string>

namespace flinkc {

struct StartTime {
  double cold_ms = 0;    // with an empty object cache: LLVM compiles
  double cached_ms = 0;  // with the machine code of the run before
};

// `command` is the flinkc executable; `spec` must print rows to standard output. The medians of
// `runs`; `directory` holds the caches.
StartTime MeasureStart(const std::string& command, const std::string& spec,
                       const std::string& directory, int runs);

}  // namespace flinkc
