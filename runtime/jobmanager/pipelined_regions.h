// The parts of a job that have nothing to do with each other: what runs in one of them goes on when
// another one fails (docs/adr/0021-pipelined-regions.md). Joined are subtasks with an exchange
// between them, those of a source whose splits are handed out as they are asked for, and those of
// sources that are read in step. Plain data, kept by the JobMaster.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "runtime/checkpoint/pending_checkpoint.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

class PipelinedRegions {
 public:
  // One that has all subtasks.
  static PipelinedRegions Whole(const JobGraph& graph);
  // As many as there are. `handed_out`: the vertices of sources whose subtasks share their splits.
  static PipelinedRegions Find(const JobGraph& graph, const std::set<uint32_t>& handed_out);

  uint32_t count() const { return static_cast<uint32_t>(subtasks_.size()); }
  uint32_t Of(uint32_t vertex, uint32_t subtask) const { return regions_[vertex][subtask]; }
  // In their order.
  const std::vector<SubtaskIndex>& SubtasksOf(uint32_t region) const { return subtasks_[region]; }
  SubtasksByVertex SubtasksOf(const std::set<uint32_t>& regions) const;
  std::set<uint32_t> All() const;
  // As TaskManagers are told.
  void Describe(uint32_t region, protocol::DeployTasks::Region* described) const;

 private:
  PipelinedRegions() = default;

  std::vector<std::vector<uint32_t>> regions_;  // by vertex and subtask
  std::vector<std::vector<SubtaskIndex>> subtasks_;
};

}  // namespace flinkc
