// The lines of `bench state`: what a large state costs on each backend.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/bench/bench_job.h"
#include "tools/embedded/engine.h"

namespace flinkc {

struct StateLines {
  // NEXMark q17 over so many events, whose keys are written to for a while and then no more.
  BenchJob hot_query;
  int64_t hot_query_events = 10'000'000;
  int runs = 1;           // each way; the best counts
  std::string directory;  // for checkpoints; emptied
};

// "memory", "memory_all", …
std::span<const std::string_view> StateLineNames();
// Runs a line and prints it. A job that fails ends the program.
void PrintStateLine(Engine& engine, std::string_view name, const StateLines& lines);

}  // namespace flinkc
