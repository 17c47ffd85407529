// `flinkc state ls`: what a checkpoint or savepoint consists of, or which checkpoints a job has.
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "tools/state/state_path.h"

namespace flinkc {

// For people, and as one JSON document that ends in a newline. An error: the database of a
// checkpoint that is listed by itself cannot be opened.
Result<std::string> ListText(const StateAtPath& state);
Result<std::string> ListJson(const StateAtPath& state);

}  // namespace flinkc
