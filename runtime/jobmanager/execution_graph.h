// The parallel form of a JobGraph: which subtask of which vertex runs where, and how it stands.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

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

  // Slot `index` of `group` is on this TaskManager.
  void Place(const std::string& group, uint32_t index, std::string task_manager_id);
  // Where a subtask runs; "" before it was placed or for an unknown one.
  const std::string& TaskManagerOf(uint32_t vertex, uint32_t subtask) const;
  std::set<std::string> TaskManagers() const;

  bool Contains(uint32_t vertex, uint32_t subtask) const;
  TaskState state(uint32_t vertex, uint32_t subtask) const { return states_[vertex][subtask]; }
  // False: a terminal state does not change, the update is old.
  bool SetState(uint32_t vertex, uint32_t subtask, TaskState state);
  // What ran on this TaskManager has failed, finished subtasks too: their output is not committed.
  // Returns whether any subtask was there.
  bool LoseTaskManager(const std::string& task_manager_id);
  bool AllTerminal() const;
  // Every subtask runs or has run.
  bool AllStarted() const;
  bool AllFinished() const;

 private:
  struct Vertex {
    std::string group;
  };
  std::vector<Vertex> vertices_;
  std::vector<std::vector<TaskState>> states_;
  std::vector<GroupSlots> groups_;
  uint32_t required_slots_ = 0;
  std::map<std::pair<std::string, uint32_t>, std::string> places_;
};

}  // namespace flinkc
