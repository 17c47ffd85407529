#include "runtime/taskmanager/placements.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

Result<Placements> Placements::Read(const protocol::DeployTasks& deploy, const JobGraph& graph) {
  Placements placements;
  for (const JobVertex& vertex : graph.vertices) {
    auto& group = placements.groups_[vertex.slot_sharing_group];
    group.resize(std::max<size_t>(group.size(), vertex.parallelism));
  }
  for (const protocol::TaskPlacement& placement : deploy.placements()) {
    const auto task_manager = static_cast<uint32_t>(placements.task_managers_.size());
    placements.task_managers_.push_back({placement.task_manager_id(), placement.data_address()});
    for (const protocol::TaskPlacement::Group& placed : placement.groups()) {
      const auto wrong = [&](const std::string& what) {
        return MakeError(ErrorCode::kCorrupt, fmt::format("the placement on `{}` has {}",
                                                          placement.task_manager_id(), what));
      };
      if (placed.group() >= static_cast<uint32_t>(deploy.slot_sharing_groups_size())) {
        return wrong(
            fmt::format("a group {}, of {}", placed.group(), deploy.slot_sharing_groups_size()));
      }
      const std::string& name = deploy.slot_sharing_groups(static_cast<int>(placed.group()));
      const auto group = placements.groups_.find(name);
      if (group == placements.groups_.end() || placed.indexes_size() != placed.slots_size()) {
        return wrong(fmt::format("{} indexes and {} slots of the group `{}`", placed.indexes_size(),
                                 placed.slots_size(), name));
      }
      for (int i = 0; i < placed.indexes_size(); ++i) {
        if (placed.indexes(i) >= group->second.size()) {
          return wrong(fmt::format("an index {} of the group `{}`, which has {}", placed.indexes(i),
                                   name, group->second.size()));
        }
        group->second[placed.indexes(i)] = Place{task_manager, placed.slots(i)};
      }
    }
  }
  return placements;
}

std::optional<Placements::Place> Placements::Of(const JobVertex& vertex, uint32_t subtask) const {
  const auto group = groups_.find(vertex.slot_sharing_group);
  if (group == groups_.end() || subtask >= group->second.size()) return std::nullopt;
  return group->second[subtask];
}

bool Placements::IsElsewhere(const JobVertex& vertex, uint32_t subtask,
                             const std::string& id) const {
  const std::optional<Place> place = Of(vertex, subtask);
  return place && task_managers_[place->task_manager].id != id;
}

}  // namespace flinkc
