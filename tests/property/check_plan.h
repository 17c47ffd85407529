// Runs a random plan as machine code and in the interpreter and compares what its sinks got.
#pragma once

#include <string>

#include "tests/property/random_plan.h"

namespace flinkc::property {

// "" if all is as it must be. `directory` is for the input files, and is emptied.
std::string CheckPlan(const RandomPlan& plan, const std::string& directory);

}  // namespace flinkc::property
