// Whether a job can be made from what a checkpoint or savepoint holds.
#pragma once

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/checkpoint/recovery_options.h"
#include "runtime/graph/job_graph.h"

namespace flinkc {

// kStateIncompatible, with the way out: it was taken with another max_parallelism, rows were on
// their way to a vertex that the job does not have, or, unless `recovery` allows that, the job has
// no use for some of its state or sources. The parallelism does not matter: a job that has changed
// its own since goes on.
Status CheckRestored(const JobGraph& graph, const RecoveryOptions& recovery,
                     const proto::CheckpointMetadata& stored);

}  // namespace flinkc
