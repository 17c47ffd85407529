#include "runtime/jobmanager/check_restored.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace flinkc {

namespace {

// Rows on their way to a chain can be read by that chain alone, whatever its parallelism.
Status CheckInFlight(const JobGraph& graph, const proto::CheckpointMetadata& stored) {
  for (const proto::VertexSnapshot& vertex : stored.vertices()) {
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      const std::string& reader = subtask.in_flight().vertex();
      if (!subtask.has_in_flight() ||
          std::ranges::find(graph.vertices, reader, &JobVertex::name) != graph.vertices.end()) {
        continue;
      }
      return MakeError(
          ErrorCode::kStateIncompatible,
          fmt::format("checkpoint {} holds rows that were on their way to `{}`, and the job is not "
                      "cut into the same chains any more; start from a savepoint, or from a "
                      "checkpoint without rows in flight "
                      "(execution.checkpointing.unaligned.enabled: false)",
                      stored.checkpoint_id(), reader));
    }
  }
  return {};
}

}  // namespace

Status CheckRestored(const JobGraph& graph, const RecoveryOptions& recovery,
                     const proto::CheckpointMetadata& stored) {
  if (stored.max_parallelism() != graph.max_parallelism) {
    return MakeError(
        ErrorCode::kStateIncompatible,
        fmt::format("the checkpoint was taken with max_parallelism {}, the job has {}; "
                    "set `job.max_parallelism: {}`",
                    stored.max_parallelism(), graph.max_parallelism, stored.max_parallelism()));
  }
  RETURN_IF_ERROR(CheckInFlight(graph, stored));
  if (recovery.allow_non_restored) return {};
  constexpr std::string_view kAllow =
      "--allow-non-restored-state (execution.state-recovery.ignore-unclaimed-state: true)";
  const std::string other_job = stored.job_name() == graph.name
                                    ? ""
                                    : fmt::format("it is one of the job `{}`; ", stored.job_name());
  std::set<std::string> wanted;
  std::set<std::string> sources;
  for (const JobVertex& vertex : graph.vertices) {
    wanted.insert(vertex.state_ids.begin(), vertex.state_ids.end());
    if (vertex.source.has_value()) sources.insert(vertex.source->name);
  }
  for (const proto::VertexSnapshot& vertex : stored.vertices()) {
    if (!vertex.source().empty() && !sources.contains(vertex.source())) {
      return MakeError(ErrorCode::kStateIncompatible,
                       fmt::format("the checkpoint holds how far the source `{}` was read, which "
                                   "the job `{}` does not have; {}name it so again, or leave it "
                                   "behind with {}",
                                   vertex.source(), graph.name, other_job, kAllow));
    }
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      for (const proto::StateSnapshot& state : subtask.states()) {
        if (wanted.contains(state.state_id())) continue;
        return MakeError(
            ErrorCode::kStateIncompatible,
            fmt::format("the checkpoint holds the state `{}`, which the job `{}` has no operator "
                        "for; {}give that operator the same `id:`, or leave the state behind with "
                        "{}",
                        state.state_id(), graph.name, other_job, kAllow));
      }
    }
  }
  return {};
}

}  // namespace flinkc
