// The console sink's way out: the only place of the runtime that prints.
#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

// Thread-safe: one call is one uninterrupted piece of text on standard output. A closed pipe is
// kIo, not a signal.
Status WriteStandardOutput(std::string_view text);

}  // namespace flinkc
