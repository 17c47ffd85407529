// What a path given to `flinkc state` is: one checkpoint or savepoint, the checkpoints of a job, or
// the directory with those of several jobs. Only reads; needs no lock and no engine.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint_store.h"

namespace flinkc {

struct StateAtPath {
  enum class Kind : uint8_t { kCheckpoint, kJob, kJobs };
  Kind kind = Kind::kCheckpoint;
  CheckpointAtPath checkpoint;  // kCheckpoint
  struct Job {
    std::string directory;
    FoundCheckpoints found;
  };
  std::vector<Job> jobs;  // kJob: one
};

// kNotFound: nothing of ours is there; kCorrupt and others as ReadMetadata.
Result<StateAtPath> FindState(FileSystem& files, const std::string& path);

// The checkpoint itself, or the newest one that is whole.
Result<CheckpointAtPath> NewestOf(StateAtPath state, const std::string& path);

}  // namespace flinkc
