// The parallel form of a JobGraph: which subtask of which vertex runs where, and how it stands.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "runtime/checkpoint/pending_checkpoint.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/job_state.h"

namespace flinkc {

class ExecutionGraph {
 public:
  explicit ExecutionGraph(const JobGraph& graph);

  // Slots of a job: for each slot sharing group, as many as its widest vertex has subtasks.
  uint32_t required_slots() const { return required_slots_; }
  struct GroupSlots {
    std::string group;
    uint32_t count = 0;
  };
  const std::vector<GroupSlots>& groups() const { return groups_; }
  uint32_t subtasks() const { return subtasks_; }

  // Slot `index` of `group` is on this TaskManager.
  void Place(const std::string& group, uint32_t index, std::string task_manager_id);
  // Where a subtask runs; "" before it was placed or for an unknown one.
  const std::string& TaskManagerOf(uint32_t vertex, uint32_t subtask) const;
  std::set<std::string> TaskManagers() const;

  bool Contains(uint32_t vertex, uint32_t subtask) const;
  TaskState state(uint32_t vertex, uint32_t subtask) const {
    return vertices_[vertex].states[subtask];
  }
  // False: a terminal state does not change, the update is old.
  bool SetState(uint32_t vertex, uint32_t subtask, TaskState state);
  // A subtask that has ended is to run once more.
  void Restart(uint32_t vertex, uint32_t subtask) {
    Change(vertices_[vertex].states[subtask], TaskState::kCreated);
  }
  // What ran on this TaskManager has failed, finished subtasks too: their output is not committed.
  // Returns what was there.
  std::vector<SubtaskIndex> LoseTaskManager(const std::string& task_manager_id);
  // Subtasks in this state.
  uint32_t Count(TaskState state) const { return counts_[static_cast<size_t>(state)]; }
  bool AllTerminal() const { return Count(TaskState::kCreated) + Count(TaskState::kRunning) == 0; }
  // Every subtask runs or has run.
  bool AllStarted() const { return Count(TaskState::kCreated) == 0; }
  bool AllFinished() const { return Count(TaskState::kFinished) == subtasks_; }

 private:
  struct Vertex {
    size_t group = 0;
    std::vector<TaskState> states;
  };
  void Change(TaskState& from, TaskState to);

  // Constant after construction.
  std::vector<GroupSlots> groups_;
  uint32_t required_slots_ = 0;
  uint32_t subtasks_ = 0;
  std::vector<Vertex> vertices_;
  // How many subtasks are in each state.
  std::array<uint32_t, kTaskStates> counts_{};
  // By group and index.
  std::vector<std::vector<std::string>> places_;
};

}  // namespace flinkc
