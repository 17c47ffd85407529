// Which subtasks of a job a deployment starts, and to which of its regions each belongs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

class DeployedRegions {
 public:
  // kCorrupt: the graph has no such subtasks, one is in two regions, or an edge leads from one
  // region to another.
  static Result<DeployedRegions> Read(const protocol::DeployTasks& deploy, const JobGraph& graph);

  // Nothing: the deployment leaves the subtask as it is.
  std::optional<uint32_t> Of(const JobVertex& vertex, uint32_t subtask) const {
    return regions_[vertex.id.value()][subtask];
  }

 private:
  explicit DeployedRegions(const JobGraph& graph);
  Status Add(const protocol::DeployTasks::Region& region, const JobGraph& graph);
  Status CheckEdges(const JobGraph& graph) const;

  // By vertex and subtask.
  std::vector<std::vector<std::optional<uint32_t>>> regions_;
};

}  // namespace flinkc
