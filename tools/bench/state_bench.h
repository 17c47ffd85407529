// What keeping a large state costs: updates a second without checkpoints and with one each second,
// how long a checkpoint holds the workers up, and how long it takes to start from one.
#pragma once

#include <cstdint>
#include <string>

#include "tools/embedded/engine.h"

namespace flinkc {

struct StateBench {
  std::string name;
  std::string backend;    // of state.backend.type
  int64_t rows = 0;       // of the state
  int64_t updated = 0;    // rows that updates go to, spread evenly; they stand side by side
  int64_t budget_mb = 0;  // taskmanager.memory.managed.size; 0: as it is
  int parallelism = 2;
};

struct StateBenchResult {
  double updates_a_second = 0;                // without checkpoints
  double updates_a_second_checkpointing = 0;  // with one each second
  uint64_t checkpoints = 0;
  double state_mib = 0;      // of the last checkpoint, all it refers to
  double written_mib = 0;    // by a checkpoint, the median
  double checkpoint_ms = 0;  // from its trigger to its end, the median
  double stall_ms_p99 = 0;   // the longest a worker was held up by a checkpoint
  double cpu_micros = 0;     // of all threads, an update
  double cpu_micros_checkpointing = 0;
  double restore_seconds = 0;  // from Submit to the first update
  double resident_mib = 0;     // the highest while it updates, above what the process had before
};

// The best of `runs`. `directory`: for checkpoints; emptied. A job that fails ends the program.
StateBenchResult RunStateBench(Engine& engine, const StateBench& bench, int runs,
                               const std::string& directory);

}  // namespace flinkc
