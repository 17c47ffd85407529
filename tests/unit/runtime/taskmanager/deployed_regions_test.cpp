// Which subtasks a deployment names, and what of it is not believed.
#include "runtime/taskmanager/deployed_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinkc {
namespace {

using testing::HasSubstr;

// "in" with three subtasks, forward to "out"; "apart" with two, hashed to "sum".
JobGraph Graph() {
  JobGraph graph;
  for (const auto& [name, parallelism] :
       {std::pair("in", 3u), {"out", 3u}, {"apart", 2u}, {"sum", 2u}}) {
    JobVertex& vertex = graph.vertices.emplace_back();
    vertex.id = JobVertexId(static_cast<uint32_t>(graph.vertices.size() - 1));
    vertex.name = name;
    vertex.parallelism = parallelism;
  }
  graph.edges.push_back({JobVertexId(0), 0, JobVertexId(1), Partitioning::kForward, 0});
  graph.edges.push_back({JobVertexId(2), 0, JobVertexId(3), Partitioning::kHash, 0});
  return graph;
}

struct Range {
  uint32_t number, vertex, first, count;
};

Result<DeployedRegions> Read(const std::vector<Range>& ranges) {
  protocol::DeployTasks deploy;
  for (const Range& one : ranges) {
    protocol::DeployTasks::Region& region = *deploy.add_regions();
    region.set_number(one.number);
    protocol::DeployTasks::Region::Range& range = *region.add_subtasks();
    range.set_vertex(one.vertex);
    range.set_first(one.first);
    range.set_count(one.count);
  }
  return DeployedRegions::Read(deploy, Graph());
}

TEST(DeployedRegions, WhereNoneIsNamedAllIsOne) {
  const auto regions = Read({});
  ASSERT_TRUE(regions);
  const JobGraph graph = Graph();
  for (const JobVertex& vertex : graph.vertices) EXPECT_EQ(regions->Of(vertex, 1), 0u);
}

TEST(DeployedRegions, WhatIsNotNamedStaysAsItIs) {
  const auto regions = Read({{5, 0, 1, 2}, {5, 1, 1, 2}, {7, 2, 0, 2}, {7, 3, 0, 2}});
  ASSERT_TRUE(regions);
  const JobGraph graph = Graph();
  EXPECT_EQ(regions->Of(graph.vertices[0], 0), std::nullopt);
  EXPECT_EQ(regions->Of(graph.vertices[1], 2), 5u);
  EXPECT_EQ(regions->Of(graph.vertices[3], 1), 7u);
}

TEST(DeployedRegions, WhatContradictsTheGraphIsRefused) {
  const std::vector<std::pair<std::vector<Range>, std::string>> cases = {
      {{{1, 4, 0, 1}}, "region 1 has a vertex 4, of 4"},
      {{{1, 0, 2, 2}}, "region 1 has 4 subtasks of `in`, which has 3"},
      {{{1, 0, UINT32_MAX, UINT32_MAX}}, "subtasks of `in`, which has 3"},
      {{{1, 0, 0, 1}, {1, 1, 0, 1}, {2, 0, 0, 1}}, "region 2 has a subtask of region 1"},
      {{{1, 0, 0, 1}}, "an edge from `in` to `out` leads out of a region"},
      {{{1, 0, 0, 1}, {2, 1, 0, 1}}, "an edge from `in` to `out` leads out of a region"},
      {{{1, 2, 0, 2}, {1, 3, 0, 1}}, "an edge from `apart` to `sum` leads out of a region"},
      {{{1, 2, 0, 1}, {2, 2, 1, 1}, {1, 3, 0, 2}}, "an edge from `apart` to `sum`"}};
  for (const auto& [ranges, reason] : cases) {
    const auto regions = Read(ranges);
    ASSERT_FALSE(regions) << reason;
    EXPECT_EQ(regions.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(regions.error().message, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace flinkc
