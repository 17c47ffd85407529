// Which subtasks a new attempt leaves finished.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "runtime/jobmanager/job_master.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "source" -> "filter" by subtask -> "sink" by key, two subtasks each, and what a checkpoint says
// of them.
class JobRestoreTest : public testing::Test {
 protected:
  JobRestoreTest() {
    JobVertex filter = graph_.vertices[1];
    filter.name = "filter";
    graph_.vertices[1] = filter;
    filter.name = "sink";
    filter.id = JobVertexId(2);
    graph_.vertices.push_back(filter);
    graph_.edges = {{JobVertexId(0), 0, JobVertexId(1), Partitioning::kForward},
                    {JobVertexId(1), 0, JobVertexId(2), Partitioning::kHash}};
    restored_.set_checkpoint_id(7);
    for (const JobVertex& vertex : graph_.vertices) {
      proto::VertexSnapshot& stored = *restored_.add_vertices();
      stored.set_name(vertex.name);
      if (vertex.source) stored.set_source(vertex.source->name);
      stored.set_parallelism(2);
      stored.add_subtasks();
      stored.add_subtasks();
    }
  }
  void Finish(int vertex, int subtask) {
    restored_.mutable_vertices(vertex)->mutable_subtasks(subtask)->set_finished(true);
  }
  // "1/0": subtask 0 of vertex 1.
  Words FinishedAfterADeployment() {
    auto job = JobMaster::Make("j", graph_, Serialize(graph_), "client/c", time_.environment());
    EXPECT_TRUE(job);
    (*job)->Start();
    PreparedJob prepared = WithSplits(0);
    prepared.restored = restored_;
    (*job)->OnPrepared(std::move(prepared));
    const JobMasterCommands commands = (*job)->OnSlots({{"a", 0}, {"a", 1}});
    Words words;
    for (const protocol::TaskId& task :
         std::get<SendCommand>(commands.front()).envelope.deploy_tasks().finished()) {
      words.push_back(std::to_string(task.vertex()) + "/" + std::to_string(task.subtask()));
    }
    return words;
  }

  TestTime time_;
  JobGraph graph_ = TwoVertexGraph(2);
  proto::CheckpointMetadata restored_;
};

// The source's subtask may be given splits of the other one.
TEST_F(JobRestoreTest, WhatIsFedByOneThatRunsAgainRunsAgain) {
  Finish(0, 0);
  Finish(1, 0);
  EXPECT_THAT(FinishedAfterADeployment(), IsEmpty());
}

TEST_F(JobRestoreTest, WhatNothingCanComeToAnyMoreIsNotRunAgain) {
  Finish(0, 0);
  Finish(0, 1);
  Finish(1, 1);
  EXPECT_THAT(FinishedAfterADeployment(), ElementsAre("0/0", "0/1", "1/1"));
  Finish(1, 0);
  Finish(2, 1);
  EXPECT_THAT(FinishedAfterADeployment(), ElementsAre("0/0", "0/1", "1/0", "1/1", "2/1"));
}

// By key any subtask of the other vertex may send to any.
TEST_F(JobRestoreTest, ByKeyAllThatFeedMustHaveFinished) {
  for (const int subtask : {0, 1}) Finish(0, subtask);
  Finish(1, 1);
  Finish(2, 1);
  EXPECT_THAT(FinishedAfterADeployment(), ElementsAre("0/0", "0/1", "1/1"));
}

TEST_F(JobRestoreTest, ASourceWithSplitsThatNobodyHadIsReadOn) {
  for (const int vertex : {0, 1, 2}) {
    for (const int subtask : {0, 1}) Finish(vertex, subtask);
  }
  restored_.mutable_vertices(0)->add_unassigned_splits()->set_id("split-2");
  EXPECT_THAT(FinishedAfterADeployment(), IsEmpty());
}

// Where it is cut otherwise, all before a vertex that had finished as a whole had as well.
TEST_F(JobRestoreTest, AVertexThatIsCalledOtherwiseNowTakesNoneWithItThatHadFinishedAsAWhole) {
  restored_.mutable_vertices(0)->set_name("source, cut otherwise");
  for (const int subtask : {0, 1}) Finish(1, subtask);
  Finish(2, 1);
  EXPECT_THAT(FinishedAfterADeployment(), ElementsAre("1/0", "1/1", "2/1"));
  restored_.mutable_vertices(1)->mutable_subtasks(0)->set_finished(false);
  EXPECT_THAT(FinishedAfterADeployment(), IsEmpty());
}

TEST_F(JobRestoreTest, WhatASourceThatIsNewFeedsRunsAgain) {
  restored_.mutable_vertices(0)->set_name("source, cut otherwise");
  restored_.mutable_vertices(0)->set_source("another");
  for (const int subtask : {0, 1}) Finish(1, subtask);
  EXPECT_THAT(FinishedAfterADeployment(), IsEmpty());
}

TEST_F(JobRestoreTest, AtAnotherParallelismOnlyWholeVerticesStayFinished) {
  for (const int subtask : {0, 1}) Finish(0, subtask);
  Finish(1, 0);
  for (JobVertex& vertex : graph_.vertices) vertex.parallelism = 1;
  EXPECT_THAT(FinishedAfterADeployment(), ElementsAre("0/0"));
  Finish(1, 1);
  EXPECT_THAT(FinishedAfterADeployment(), ElementsAre("0/0", "1/0"));
}

}  // namespace
}  // namespace flinkc
