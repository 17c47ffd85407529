// `flinkc state ls`: what a checkpoint or savepoint consists of, or which checkpoints a job has.
#pragma once

#include <string>

#include "tools/state/state_path.h"

namespace flinkc {

// For people, and as one JSON document that ends in a newline.
std::string ListText(const StateAtPath& state);
std::string ListJson(const StateAtPath& state);

}  // namespace flinkc
