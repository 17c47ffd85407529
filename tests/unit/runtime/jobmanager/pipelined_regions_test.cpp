// Which subtasks are joined.
#include "runtime/jobmanager/pipelined_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/graph/job_graph.h"

namespace flinkc {
namespace {

using testing::ElementsAre;

// As "0.0 0.1|1.0": regions, each with vertex and number of its subtasks.
std::string Words(const PipelinedRegions& regions) {
  std::string words;
  for (uint32_t region = 0; region < regions.count(); ++region) {
    if (region != 0) words += "|";
    std::string separator;
    for (const SubtaskIndex& index : regions.SubtasksOf(region)) {
      EXPECT_EQ(regions.Of(index.vertex, index.subtask), region);
      words += separator + std::to_string(index.vertex) + "." + std::to_string(index.subtask);
      separator = " ";
    }
  }
  return words;
}

class PipelinedRegionsTest : public testing::Test {
 protected:
  uint32_t Vertex(uint32_t parallelism) {
    JobVertex& vertex = graph_.vertices.emplace_back();
    vertex.id = JobVertexId(static_cast<uint32_t>(graph_.vertices.size() - 1));
    vertex.parallelism = parallelism;
    return vertex.id.value();
  }
  void Edge(uint32_t from, uint32_t to, Partitioning partitioning) {
    graph_.edges.push_back({JobVertexId(from), 0, JobVertexId(to), partitioning, 0});
  }
  std::string Find(const std::set<uint32_t>& handed_out = {}) {
    return Words(PipelinedRegions::Find(graph_, handed_out));
  }

  JobGraph graph_;
};

TEST_F(PipelinedRegionsTest, ForwardEdgesJoinSubtaskBySubtask) {
  Vertex(3);
  Vertex(3);
  EXPECT_EQ(Find(), "0.0|0.1|0.2|1.0|1.1|1.2");
  Edge(0, 1, Partitioning::kForward);
  EXPECT_EQ(Find(), "0.0 1.0|0.1 1.1|0.2 1.2");
}

TEST_F(PipelinedRegionsTest, OtherExchangesJoinAllOfBothVertices) {
  Vertex(2);
  Vertex(3);
  Vertex(3);
  Edge(0, 1, Partitioning::kHash);
  EXPECT_EQ(Find(), "0.0 0.1 1.0 1.1 1.2|2.0|2.1|2.2");
  graph_.edges.clear();
  Edge(0, 2, Partitioning::kRebalance);
  EXPECT_EQ(Find(), "0.0 0.1 2.0 2.1 2.2|1.0|1.1|1.2");
}

TEST_F(PipelinedRegionsTest, WhatIsJoinedByWayOfOthersIsJoined) {
  for (int i = 0; i < 4; ++i) Vertex(2);
  Edge(0, 2, Partitioning::kForward);
  Edge(1, 2, Partitioning::kForward);
  Edge(3, 1, Partitioning::kHash);
  EXPECT_EQ(Find(), "0.0 0.1 1.0 1.1 2.0 2.1 3.0 3.1");
}

TEST_F(PipelinedRegionsTest, SplitsThatAreHandedOutJoinTheirSource) {
  Vertex(2);
  Vertex(2);
  Vertex(2);
  Edge(0, 1, Partitioning::kForward);
  EXPECT_EQ(Find({0}), "0.0 0.1 1.0 1.1|2.0|2.1");
}

TEST_F(PipelinedRegionsTest, SourcesThatAreReadInStepAreJoined) {
  for (int i = 0; i < 4; ++i) Vertex(2);
  const auto align = [&](uint32_t vertex, const std::string& group) {
    graph_.vertices[vertex].event_time.emplace().align = WatermarkAlignment{group, 1, 1};
  };
  align(0, "g");
  align(2, "g");
  align(3, "h");
  EXPECT_EQ(Find(), "0.0 0.1 2.0 2.1|1.0|1.1|3.0 3.1");
}

TEST_F(PipelinedRegionsTest, TheWholeIsOne) {
  Vertex(2);
  Vertex(1);
  EXPECT_EQ(Words(PipelinedRegions::Whole(graph_)), "0.0 0.1 1.0");
}

TEST_F(PipelinedRegionsTest, AreToldByRangesOfSubtasks) {
  Vertex(3);
  Vertex(2);
  Vertex(1);
  Edge(0, 2, Partitioning::kRebalance);
  const PipelinedRegions regions = PipelinedRegions::Find(graph_, {});
  EXPECT_THAT(regions.All(), ElementsAre(0, 1, 2));
  protocol::DeployTasks::Region first, last;
  regions.Describe(0, &first);
  EXPECT_EQ(first.ShortDebugString(), "subtasks { count: 3 } subtasks { vertex: 2 count: 1 }");
  regions.Describe(2, &last);
  EXPECT_EQ(last.ShortDebugString(), "number: 2 subtasks { vertex: 1 first: 1 count: 1 }");
  EXPECT_THAT(regions.SubtasksOf(std::set<uint32_t>{0, 2}),
              ElementsAre(testing::Pair(0, ElementsAre(0, 1, 2)), testing::Pair(1, ElementsAre(1)),
                          testing::Pair(2, ElementsAre(0))));
}

}  // namespace
}  // namespace flinkc
