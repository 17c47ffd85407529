// Random input files and the source that reads them.
#pragma once

#include <string>
#include <vector>

#include "tests/property/random_plan.h"

namespace flinkc::property {

struct RandomInput {
  std::vector<RandomPlan::File> files;
  std::string source;   // its entry in `sources:`
  RandomStream stream;  // its rows
};

// Rows with NULLs, repetitions, a value that most rows have, times that go back now and then.
RandomInput DrawInput(Chance& chance, const std::string& name);

}  // namespace flinkc::property
