// The lines of `bench phases`: what local aggregates before an exchange gain where rows become
// fewer, and cost where they do not.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/bench/bench_job.h"
#include "tools/embedded/engine.h"

namespace flinkc {

struct PhaseLines {
  int64_t rows = 0;  // of each job
  int runs = 1;      // each way, in turn; the best counts
  // Besides those over groups of several sizes.
  std::vector<BenchJob> queries;
};

// Runs all lines at parallelism 2, with ONE_PHASE and with AUTO, and prints them as a table. A job
// that fails ends the program.
void PrintPhaseLines(Engine& engine, const PhaseLines& lines);

}  // namespace flinkc
