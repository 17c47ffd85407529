// Between which parallelisms the vertices of a job may run, and what slots make of that. Plain
// data, kept by the JobMaster.
//
// A vertex that was compiled for one subtask stays one: the compiler leaves out exchanges where
// nothing is spread. Vertices joined by a forward edge run alike, subtask to subtask.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/job_description.pb.h"

namespace flinkc {

// By vertex.
using Parallelisms = std::vector<uint32_t>;

class ResourceRequirements {
 public:
  struct Range {
    uint32_t lower = 1;
    uint32_t upper = 1;
    bool operator==(const Range&) const = default;
  };

  // `graph`: as it was compiled. Up to that, and from it (Flink's default scheduler) or from 1.
  ResourceRequirements(const JobGraph& graph, bool adaptive);
  // kInvalidArgument names what the graph does not allow, and what it does.
  static Result<ResourceRequirements> Read(const JobGraph& graph,
                                           const protocol::ResourceRequirements& wanted);

  const Range& of(uint32_t vertex) const { return ranges_[vertex]; }
  // The largest that any requirement may ask for.
  static uint32_t ParallelismMax(const JobGraph& graph, uint32_t vertex);

  // Slots that the job needs to run at all, and all that it can use.
  uint32_t least_slots() const { return least_slots_; }
  uint32_t most_slots() const { return most_slots_; }
  // The parallelism of each vertex with `slots`; nothing: they are too few. Each slot sharing group
  // gets what it needs, then the groups are given one more in turn.
  std::optional<Parallelisms> Fit(uint32_t slots) const;

 private:
  ResourceRequirements() = default;
  void FindGroups(const JobGraph& graph);

  std::vector<Range> ranges_;  // by vertex
  // The first vertex of those that run alike, by vertex.
  std::vector<uint32_t> alike_;
  struct Group {
    std::vector<uint32_t> vertices;
    Range range;  // of its slots
  };
  std::vector<Group> groups_;
  uint32_t least_slots_ = 0;
  uint32_t most_slots_ = 0;
};

}  // namespace flinkc
