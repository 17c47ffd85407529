#include "runtime/jobmanager/check_restored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

// Of TwoVertexGraph(2), with rows on their way to the sink.
class CheckRestoredTest : public testing::Test {
 protected:
  CheckRestoredTest() {
    stored_.set_checkpoint_id(7);
    stored_.set_job_name("two");
    stored_.set_max_parallelism(TwoVertexGraph(2).max_parallelism);
    for (const char* name : {"source", "sink"}) {
      proto::VertexSnapshot& vertex = *stored_.add_vertices();
      vertex.set_name(name);
      vertex.set_parallelism(2);
      vertex.add_subtasks();
      vertex.add_subtasks();
    }
    stored_.mutable_vertices(0)->set_source("in");
    stored_.mutable_vertices(1)->mutable_subtasks(1)->mutable_in_flight()->set_vertex("sink");
  }
  std::string Check(const JobGraph& graph) const {
    const Status status = CheckRestored(graph, recovery_, stored_);
    if (status) return "";
    EXPECT_EQ(status.error().code, ErrorCode::kStateIncompatible);
    return status.error().message;
  }

  RecoveryOptions recovery_;
  proto::CheckpointMetadata stored_;
};

TEST_F(CheckRestoredTest, AnyParallelismGoesOnFromIt) {
  for (const uint32_t parallelism : {1u, 2u, 5u}) {
    EXPECT_EQ(Check(TwoVertexGraph(parallelism)), "") << parallelism;
  }
}

TEST_F(CheckRestoredTest, RowsOnTheirWayToAVertexThatIsNotThereAreNotLeftBehind) {
  JobGraph graph = TwoVertexGraph(2);
  graph.vertices[1].name = "another";
  EXPECT_THAT(Check(graph), HasSubstr("checkpoint 7 holds rows that were on their way to `sink`"));
  recovery_.allow_non_restored = true;
  EXPECT_THAT(Check(graph), HasSubstr("start from a savepoint"));
}

// Who restores goes by the name beside the rows.
TEST_F(CheckRestoredTest, WhereTheRowsWereGoingIsWhatTheySay) {
  proto::SubtaskSnapshot& subtask = *stored_.mutable_vertices(1)->mutable_subtasks(1);
  subtask.mutable_in_flight()->set_vertex("gone");
  EXPECT_THAT(Check(TwoVertexGraph(2)), HasSubstr("on their way to `gone`"));
}

TEST_F(CheckRestoredTest, StateAndSourcesWithoutAUserNeedPermission) {
  proto::SubtaskSnapshot& subtask = *stored_.mutable_vertices(1)->mutable_subtasks(0);
  subtask.add_states()->set_state_id("sums/aggregate");
  EXPECT_THAT(Check(TwoVertexGraph(2)), HasSubstr("holds the state `sums/aggregate`"));
  JobGraph graph = TwoVertexGraph(2);
  graph.vertices[1].state_ids = {"sums/aggregate"};
  EXPECT_EQ(Check(graph), "");
  graph.vertices[0].source->name = "other";
  EXPECT_THAT(Check(graph), HasSubstr("how far the source `in` was read"));
  recovery_.allow_non_restored = true;
  EXPECT_EQ(Check(graph), "");
}

TEST_F(CheckRestoredTest, KeysAreInTheSameGroups) {
  stored_.set_max_parallelism(7);
  EXPECT_THAT(Check(TwoVertexGraph(2)), HasSubstr("set `job.max_parallelism: 7`"));
}

}  // namespace
}  // namespace flinkc
