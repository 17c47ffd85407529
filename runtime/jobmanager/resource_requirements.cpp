#include "runtime/jobmanager/resource_requirements.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace flinkc {

namespace {

std::unexpected<Error> Wrong(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

// The first vertex of those that forward edges join, by vertex.
std::vector<uint32_t> FindAlike(const JobGraph& graph) {
  std::vector<uint32_t> alike(graph.vertices.size());
  std::iota(alike.begin(), alike.end(), 0u);
  for (const JobEdge& edge : graph.edges) {
    if (edge.partitioning != Partitioning::kForward) continue;
    const uint32_t one = alike[edge.source.value()];
    const uint32_t other = alike[edge.target.value()];
    std::ranges::replace(alike, std::max(one, other), std::min(one, other));
  }
  return alike;
}

Status CheckRange(const JobGraph& graph, uint32_t vertex, ResourceRequirements::Range range) {
  const std::string& name = graph.vertices[vertex].name;
  const uint32_t max = ResourceRequirements::ParallelismMax(graph, vertex);
  if (range.lower == 0) {
    return Wrong(fmt::format("the lowerBound of `{}` is 0; it must be 1 or more", name));
  }
  if (range.lower > range.upper) {
    return Wrong(fmt::format("the lowerBound of `{}`, {}, is above its upperBound, {}", name,
                             range.lower, range.upper));
  }
  if (range.upper <= max) return {};
  if (max == 1) {
    return Wrong(fmt::format(
        "the upperBound of `{}` is {}, but it was compiled for one subtask and cannot be spread; "
        "keep it at 1, or submit the job anew with a parallelism of 2 or more",
        name, range.upper));
  }
  return Wrong(
      fmt::format("the upperBound of `{}`, {}, is above the job's max_parallelism, {}; "
                  "lower it",
                  name, range.upper, max));
}

}  // namespace

uint32_t ResourceRequirements::ParallelismMax(const JobGraph& graph, uint32_t vertex) {
  return graph.vertices[vertex].parallelism == 1 ? 1 : graph.max_parallelism;
}

ResourceRequirements::ResourceRequirements(const JobGraph& graph, bool adaptive) {
  for (const JobVertex& vertex : graph.vertices) {
    ranges_.push_back({adaptive ? 1 : vertex.parallelism, vertex.parallelism});
  }
  FindGroups(graph);
}

Result<ResourceRequirements> ResourceRequirements::Read(
    const JobGraph& graph, const protocol::ResourceRequirements& wanted) {
  std::vector<std::optional<Range>> ranges(graph.vertices.size());
  for (const protocol::ResourceRequirements::Range& range : wanted.ranges()) {
    if (range.vertex() >= ranges.size()) {
      return Wrong(
          fmt::format("the job has no vertex {}, only {} of them", range.vertex(), ranges.size()));
    }
    if (ranges[range.vertex()]) {
      return Wrong(fmt::format("`{}` stands twice", graph.vertices[range.vertex()].name));
    }
    ranges[range.vertex()] = {range.lower(), range.upper()};
  }
  ResourceRequirements requirements;
  for (uint32_t vertex = 0; vertex < ranges.size(); ++vertex) {
    if (!ranges[vertex]) {
      return Wrong(fmt::format("`{}` is missing; name every vertex of the job",
                               graph.vertices[vertex].name));
    }
    RETURN_IF_ERROR(CheckRange(graph, vertex, *ranges[vertex]));
    requirements.ranges_.push_back(*ranges[vertex]);
  }
  requirements.FindGroups(graph);
  for (uint32_t vertex = 0; vertex < ranges.size(); ++vertex) {
    const uint32_t first = requirements.alike_[vertex];
    if (requirements.ranges_[vertex] == requirements.ranges_[first]) continue;
    return Wrong(
        fmt::format("`{}` hands each row on to the subtask of `{}` with the same number: "
                    "give both the same bounds",
                    graph.vertices[first].name, graph.vertices[vertex].name));
  }
  return requirements;
}

void ResourceRequirements::FindGroups(const JobGraph& graph) {
  alike_ = FindAlike(graph);
  std::map<std::string, size_t> numbers;
  for (uint32_t vertex = 0; vertex < ranges_.size(); ++vertex) {
    const auto [number, is_new] =
        numbers.emplace(graph.vertices[vertex].slot_sharing_group, groups_.size());
    if (is_new) groups_.emplace_back();
    Group& group = groups_[number->second];
    group.vertices.push_back(vertex);
    group.range.lower = std::max(group.range.lower, ranges_[vertex].lower);
    group.range.upper = std::max(group.range.upper, ranges_[vertex].upper);
  }
  for (const Group& group : groups_) {
    least_slots_ += group.range.lower;
    most_slots_ += group.range.upper;
  }
}

std::optional<Parallelisms> ResourceRequirements::Fit(uint32_t slots) const {
  if (slots < least_slots_) return std::nullopt;
  std::vector<uint32_t> given;
  for (const Group& group : groups_) given.push_back(group.range.lower);
  for (uint32_t left = std::min(slots, most_slots_) - least_slots_; left > 0;) {
    for (size_t i = 0; i < groups_.size() && left > 0; ++i) {
      if (given[i] == groups_[i].range.upper) continue;
      ++given[i];
      --left;
    }
  }
  Parallelisms parallelisms(ranges_.size());
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (const uint32_t vertex : groups_[i].vertices) {
      parallelisms[vertex] = std::min(ranges_[vertex].upper, given[i]);
    }
  }
  // Those that run alike may be of different groups.
  for (uint32_t vertex = 0; vertex < parallelisms.size(); ++vertex) {
    uint32_t& first = parallelisms[alike_[vertex]];
    first = std::min(first, parallelisms[vertex]);
  }
  for (uint32_t vertex = 0; vertex < parallelisms.size(); ++vertex) {
    parallelisms[vertex] = parallelisms[alike_[vertex]];
  }
  return parallelisms;
}

}  // namespace flinkc
