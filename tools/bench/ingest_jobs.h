// Files to read for the bench: the flights of specs/flights many times over, and NEXMark's bids as
// JSON lines; and the jobs that read them.
#pragma once

#include <cstdint>
#include <string>

#include "tools/bench/bench_job.h"

namespace flinkc {

// A file and the jobs that read it into a blackhole.
struct IngestInput {
  std::string name;
  int64_t rows = 0;
  BenchJob all;  // every column
  BenchJob few;  // some of them
};

// The files are written below `directory`, which must exist.
IngestInput MakeCsvInput(const std::string& directory);
IngestInput MakeJsonInput(Engine& engine, const std::string& directory);

}  // namespace flinkc
