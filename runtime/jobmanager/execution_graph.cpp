#include "runtime/jobmanager/execution_graph.h"

#include <algorithm>
#include <utility>

namespace flinkc {

ExecutionGraph::ExecutionGraph(const JobGraph& graph) {
  for (const JobVertex& vertex : graph.vertices) {
    auto group = std::ranges::find(groups_, vertex.slot_sharing_group, &GroupSlots::group);
    if (group == groups_.end()) {
      groups_.push_back({vertex.slot_sharing_group, 0});
      group = groups_.end() - 1;
    }
    group->count = std::max(group->count, vertex.parallelism);
    vertices_.push_back({static_cast<size_t>(group - groups_.begin()),
                         std::vector(vertex.parallelism, TaskState::kCreated)});
    subtasks_ += vertex.parallelism;
  }
  counts_[static_cast<size_t>(TaskState::kCreated)] = subtasks_;
  for (const GroupSlots& group : groups_) {
    required_slots_ += group.count;
    places_.emplace_back(group.count);
  }
}

void ExecutionGraph::Place(const std::string& group, uint32_t index, std::string task_manager_id) {
  const auto found = std::ranges::find(groups_, group, &GroupSlots::group);
  places_[static_cast<size_t>(found - groups_.begin())][index] = std::move(task_manager_id);
}

const std::string& ExecutionGraph::TaskManagerOf(uint32_t vertex, uint32_t subtask) const {
  static const std::string nowhere;
  return Contains(vertex, subtask) ? places_[vertices_[vertex].group][subtask] : nowhere;
}

std::set<std::string> ExecutionGraph::TaskManagers() const {
  std::set<std::string> ids;
  for (const std::vector<std::string>& group : places_) ids.insert(group.begin(), group.end());
  ids.erase("");
  return ids;
}

bool ExecutionGraph::Contains(uint32_t vertex, uint32_t subtask) const {
  return vertex < vertices_.size() && subtask < vertices_[vertex].states.size();
}

void ExecutionGraph::Change(TaskState& from, TaskState to) {
  --counts_[static_cast<size_t>(from)];
  ++counts_[static_cast<size_t>(to)];
  from = to;
}

bool ExecutionGraph::SetState(uint32_t vertex, uint32_t subtask, TaskState state) {
  TaskState& current = vertices_[vertex].states[subtask];
  // A finished subtask of a job that fails or is canceled is canceled too; and one whose last rows
  // are lost on their way has failed after all.
  const bool is_late = current == TaskState::kFinished &&
                       (state == TaskState::kCanceled || state == TaskState::kFailed);
  if (IsTerminal(current) && !is_late) return false;
  Change(current, state);
  return true;
}

std::vector<SubtaskIndex> ExecutionGraph::LoseTaskManager(const std::string& task_manager_id) {
  std::vector<SubtaskIndex> lost;
  for (uint32_t vertex = 0; vertex < vertices_.size(); ++vertex) {
    std::vector<TaskState>& states = vertices_[vertex].states;
    for (uint32_t subtask = 0; subtask < states.size(); ++subtask) {
      if (places_[vertices_[vertex].group][subtask] != task_manager_id) continue;
      lost.push_back({vertex, subtask});
      if (states[subtask] != TaskState::kCanceled) Change(states[subtask], TaskState::kFailed);
    }
  }
  return lost;
}

}  // namespace flinkc
