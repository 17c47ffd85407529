#include "runtime/taskmanager/deployed_regions.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

DeployedRegions::DeployedRegions(const JobGraph& graph) {
  for (const JobVertex& vertex : graph.vertices) regions_.emplace_back(vertex.parallelism);
}

Result<DeployedRegions> DeployedRegions::Read(const protocol::DeployTasks& deploy,
                                              const JobGraph& graph) {
  DeployedRegions deployed(graph);
  if (deploy.regions().empty()) {
    for (auto& subtasks : deployed.regions_) std::ranges::fill(subtasks, 0);
    return deployed;
  }
  for (const protocol::DeployTasks::Region& region : deploy.regions()) {
    RETURN_IF_ERROR(deployed.Add(region, graph));
  }
  RETURN_IF_ERROR(deployed.CheckEdges(graph));
  return deployed;
}

Status DeployedRegions::Add(const protocol::DeployTasks::Region& region, const JobGraph& graph) {
  for (const protocol::DeployTasks::Region::Range& range : region.subtasks()) {
    const auto wrong = [&](const std::string& what) {
      return MakeError(ErrorCode::kCorrupt, fmt::format("region {} has {}", region.number(), what));
    };
    if (range.vertex() >= regions_.size()) {
      return wrong(fmt::format("a vertex {}, of {}", range.vertex(), regions_.size()));
    }
    auto& subtasks = regions_[range.vertex()];
    const uint64_t end = uint64_t{range.first()} + range.count();
    if (end > subtasks.size()) {
      return wrong(fmt::format("{} subtasks of `{}`, which has {}", end,
                               graph.vertices[range.vertex()].name, subtasks.size()));
    }
    for (uint64_t i = range.first(); i < end; ++i) {
      if (subtasks[i]) return wrong(fmt::format("a subtask of region {}", *subtasks[i]));
      subtasks[i] = region.number();
    }
  }
  return {};
}

Status DeployedRegions::CheckEdges(const JobGraph& graph) const {
  for (const JobEdge& edge : graph.edges) {
    const auto& from = regions_[edge.source.value()];
    const auto& to = regions_[edge.target.value()];
    const bool fits =
        edge.partitioning == Partitioning::kForward
            ? from == to
            : std::ranges::all_of(from, [&](const auto& one) { return one == from[0]; }) &&
                  std::ranges::all_of(to, [&](const auto& one) { return one == from[0]; });
    if (fits) continue;
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("an edge from `{}` to `{}` leads out of a region",
                                 graph.vertices[edge.source.value()].name,
                                 graph.vertices[edge.target.value()].name));
  }
  return {};
}

}  // namespace flinkc
