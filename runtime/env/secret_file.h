// A secret that stands in a file of its own: it never stands on a command line, where every user of
// the machine could read it.
#pragma once

#include <string>

#include "runtime/base/result.h"

namespace flinkc {

// The one line of the file, without white space around it. kInvalidArgument: others than its owner
// may read it, it is shorter than `chars_min`, or holds what is not printable ASCII; kNotFound,
// kIo. No error holds any of it.
Result<std::string> ReadSecretFile(const std::string& path, size_t chars_min);

}  // namespace flinkc
