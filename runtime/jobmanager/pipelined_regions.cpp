#include "runtime/jobmanager/pipelined_regions.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

namespace flinkc {

namespace {

// Subtasks, numbered vertex by vertex, in sets that become fewer.
class DisjointSubtasks {
 public:
  explicit DisjointSubtasks(const JobGraph& graph) {
    size_t count = 0;
    for (const JobVertex& vertex : graph.vertices) {
      first_.push_back(count);
      count += vertex.parallelism;
    }
    parent_.resize(count);
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }

  size_t SetOf(uint32_t vertex, uint32_t subtask) { return RootOf(first_[vertex] + subtask); }
  void Join(uint32_t vertex, uint32_t subtask, uint32_t other_vertex, uint32_t other_subtask) {
    const size_t set = SetOf(vertex, subtask), other = SetOf(other_vertex, other_subtask);
    // All point to the smallest, more or less directly.
    parent_[std::max(set, other)] = std::min(set, other);
  }
  void JoinAll(const JobVertex& vertex) {
    for (uint32_t i = 1; i < vertex.parallelism; ++i) {
      Join(vertex.id.value(), 0, vertex.id.value(), i);
    }
  }

 private:
  size_t RootOf(size_t subtask) {
    while (parent_[subtask] != subtask) {
      parent_[subtask] = parent_[parent_[subtask]];
      subtask = parent_[subtask];
    }
    return subtask;
  }

  std::vector<size_t> first_;  // by vertex
  std::vector<size_t> parent_;
};

}  // namespace

PipelinedRegions PipelinedRegions::Whole(const JobGraph& graph) {
  PipelinedRegions whole;
  whole.subtasks_.emplace_back();
  for (const JobVertex& vertex : graph.vertices) {
    whole.regions_.emplace_back(vertex.parallelism, 0);
    for (uint32_t i = 0; i < vertex.parallelism; ++i) {
      whole.subtasks_[0].push_back({vertex.id.value(), i});
    }
  }
  return whole;
}

PipelinedRegions PipelinedRegions::Find(const JobGraph& graph,
                                        const std::set<uint32_t>& handed_out) {
  DisjointSubtasks sets(graph);
  std::map<std::string, uint32_t> in_step;  // a vertex of each group
  for (const JobVertex& vertex : graph.vertices) {
    const uint32_t id = vertex.id.value();
    if (handed_out.contains(id)) sets.JoinAll(vertex);
    if (!vertex.event_time || !vertex.event_time->align) continue;
    sets.JoinAll(vertex);
    sets.Join(in_step.emplace(vertex.event_time->align->group, id).first->second, 0, id, 0);
  }
  for (const JobEdge& edge : graph.edges) {
    const JobVertex& source = graph.vertices[edge.source.value()];
    const JobVertex& target = graph.vertices[edge.target.value()];
    if (edge.partitioning == Partitioning::kForward) {
      for (uint32_t i = 0; i < source.parallelism; ++i) {
        sets.Join(source.id.value(), i, target.id.value(), i);
      }
    } else {
      sets.JoinAll(source);
      sets.JoinAll(target);
      sets.Join(source.id.value(), 0, target.id.value(), 0);
    }
  }
  PipelinedRegions found;
  std::map<size_t, uint32_t> numbers;  // by set
  for (const JobVertex& vertex : graph.vertices) {
    std::vector<uint32_t>& regions = found.regions_.emplace_back();
    for (uint32_t i = 0; i < vertex.parallelism; ++i) {
      const auto [number, is_new] =
          numbers.emplace(sets.SetOf(vertex.id.value(), i), found.count());
      if (is_new) found.subtasks_.emplace_back();
      found.subtasks_[number->second].push_back({vertex.id.value(), i});
      regions.push_back(number->second);
    }
  }
  return found;
}

SubtasksByVertex PipelinedRegions::SubtasksOf(const std::set<uint32_t>& regions) const {
  SubtasksByVertex subtasks;
  for (const uint32_t region : regions) {
    for (const SubtaskIndex& index : subtasks_[region]) {
      subtasks[index.vertex].insert(index.subtask);
    }
  }
  return subtasks;
}

void PipelinedRegions::Describe(uint32_t region, protocol::DeployTasks::Region* described) const {
  described->set_number(region);
  protocol::DeployTasks::Region::Range* range = nullptr;
  for (const SubtaskIndex& index : subtasks_[region]) {
    if (range == nullptr || range->vertex() != index.vertex ||
        range->first() + range->count() != index.subtask) {
      range = described->add_subtasks();
      range->set_vertex(index.vertex);
      range->set_first(index.subtask);
    }
    range->set_count(range->count() + 1);
  }
}

std::set<uint32_t> PipelinedRegions::All() const {
  std::set<uint32_t> all;
  for (uint32_t region = 0; region < count(); ++region) all.insert(region);
  return all;
}

}  // namespace flinkc
