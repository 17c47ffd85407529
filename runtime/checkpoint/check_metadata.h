// Whether a CheckpointMetadata makes sense: what everybody who restores from it, reads it or
// deletes by it may rely on.
#pragma once

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"

namespace flinkc {

// kCorrupt, with the vertex, subtask and state it is about. After it is OK:
// - ids, names, counts: as many subtasks as the parallelism, key groups disjoint and within
//   max_parallelism, vertex names and (within a subtask) state ids given and unique;
// - schemas: all fields inside their row, aligned, none over another; types that exist;
// - files: safe relative paths, each once, none made by a later checkpoint;
// - segments: inside files that are listed, long enough for their rows;
// - every file listed is referred to.
Status CheckMetadata(const proto::CheckpointMetadata& metadata);
// The part about one schema.
Status CheckStateSchema(const proto::StateSchema& schema);

}  // namespace flinkc
