// Runs a job in this process and says how long it took.
#pragma once

#include <map>
#include <string>

#include "tools/embedded/engine.h"

namespace flinkc {

struct BenchJob {
  std::string name;  // in error messages
  std::string spec;  // YAML
  std::map<std::string, std::string> params;
  std::map<std::string, std::string> settings;  // options under Flink's names
};

struct JobRun {
  double seconds = 0;      // from Submit to the job's end; compiled before
  double cpu_seconds = 0;  // of all threads
  double peak_mib = 0;     // of what the job accounts for
  int checkpoints = 0;     // complete ones
  double state_mib = 0;    // of the largest of them
};

// A job that fails ends the program, with what it says on standard error.
JobRun RunJob(Engine& engine, const BenchJob& job, int parallelism);
// The fastest of `runs`: what else runs on the machine only ever adds.
JobRun FastestRun(Engine& engine, const BenchJob& job, int parallelism, int runs);

// Processor time of all threads of this process.
double CpuSeconds();

// Ends the program.
[[noreturn]] void Die(const std::string& why);

}  // namespace flinkc
