#include "runtime/jobmanager/execution_graph.h"

#include <algorithm>

namespace flinkc {

ExecutionGraph::ExecutionGraph(const JobGraph& graph) {
  for (const JobVertex& vertex : graph.vertices) {
    vertices_.push_back({vertex.slot_sharing_group});
    states_.emplace_back(vertex.parallelism, TaskState::kCreated);
    auto group = std::ranges::find(groups_, vertex.slot_sharing_group, &GroupSlots::group);
    if (group == groups_.end()) {
      groups_.push_back({vertex.slot_sharing_group, 0});
      group = groups_.end() - 1;
    }
    group->count = std::max(group->count, vertex.parallelism);
  }
  for (const GroupSlots& group : groups_) required_slots_ += group.count;
}

void ExecutionGraph::Place(const std::string& group, uint32_t index, std::string task_manager_id) {
  places_[{group, index}] = std::move(task_manager_id);
}

const std::string& ExecutionGraph::TaskManagerOf(uint32_t vertex, uint32_t subtask) const {
  static const std::string nowhere;
  if (!Contains(vertex, subtask)) return nowhere;
  const auto place = places_.find({vertices_[vertex].group, subtask});
  return place == places_.end() ? nowhere : place->second;
}

std::set<std::string> ExecutionGraph::TaskManagers() const {
  std::set<std::string> ids;
  for (const auto& [slot, id] : places_) ids.insert(id);
  return ids;
}

bool ExecutionGraph::Contains(uint32_t vertex, uint32_t subtask) const {
  return vertex < states_.size() && subtask < states_[vertex].size();
}

bool ExecutionGraph::SetState(uint32_t vertex, uint32_t subtask, TaskState state) {
  TaskState& current = states_[vertex][subtask];
  // A finished subtask of a job that fails or is canceled is canceled too.
  const bool late_cancel = current == TaskState::kFinished && state == TaskState::kCanceled;
  if (IsTerminal(current) && !late_cancel) return false;
  current = state;
  return true;
}

bool ExecutionGraph::LoseTaskManager(const std::string& task_manager_id) {
  bool any = false;
  for (uint32_t vertex = 0; vertex < states_.size(); ++vertex) {
    for (uint32_t subtask = 0; subtask < states_[vertex].size(); ++subtask) {
      if (TaskManagerOf(vertex, subtask) != task_manager_id) continue;
      any = true;
      TaskState& state = states_[vertex][subtask];
      if (state != TaskState::kCanceled) state = TaskState::kFailed;
    }
  }
  return any;
}

bool ExecutionGraph::AllStarted() const {
  return std::ranges::all_of(states_, [](const std::vector<TaskState>& subtasks) {
    return std::ranges::find(subtasks, TaskState::kCreated) == subtasks.end();
  });
}

bool ExecutionGraph::AllTerminal() const {
  return std::ranges::all_of(states_, [](const auto& vertex) {
    return std::ranges::all_of(vertex, [](TaskState state) { return IsTerminal(state); });
  });
}

bool ExecutionGraph::AllFinished() const {
  return std::ranges::all_of(states_, [](const auto& vertex) {
    return std::ranges::all_of(vertex,
                               [](TaskState state) { return state == TaskState::kFinished; });
  });
}

}  // namespace flinkc
