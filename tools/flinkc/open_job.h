// The job that `run` and `submit` are given: a spec, or what `flinkc compile` has made of one.
#pragma once

#include <memory>
#include <optional>

#include "runtime/graph/job_graph.h"
#include "tools/embedded/engine.h"
#include "tools/flinkc/recovery_flags.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

struct OpenedJob {
  std::unique_ptr<Engine> engine;
  std::optional<JobGraph> graph;
  int exit_code = 0;  // without a graph: already told why
};

OpenedJob OpenJob(SpecOptions options, const RecoveryFlags& recovery);

}  // namespace flinkc
