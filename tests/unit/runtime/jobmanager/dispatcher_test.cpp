#include "runtime/jobmanager/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest()
      : dispatcher_([this] { return "job" + std::to_string(++jobs_); }, time_.environment()) {}

  Words Register(const std::string& id, uint32_t slots) {
    protocol::Envelope envelope;
    envelope.mutable_register_task_manager()->set_task_manager_id(id);
    envelope.mutable_register_task_manager()->set_slots(slots);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  Words Submit(const std::string& graph) {
    protocol::Envelope envelope;
    envelope.set_from("client/c");
    envelope.mutable_submit_job()->set_job_graph(graph);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  Words SubmitAndPrepare(uint32_t parallelism) {
    Submit(Serialize(TwoVertexGraph(parallelism)));
    return WordsOf(dispatcher_.OnPrepared("job" + std::to_string(jobs_), WithSplits(1)));
  }
  Words Cancel(const std::string& job_id) {
    protocol::Envelope envelope;
    envelope.mutable_cancel_job()->set_job_id(job_id);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  Words Tell(const std::string& job_id, uint32_t vertex, TaskState state) {
    protocol::Envelope envelope;
    *envelope.mutable_task_state_update() = StateOf(job_id, vertex, 0, state);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  // Of a job with one subtask a vertex.
  Words Finish(const std::string& job_id) {
    Tell(job_id, 0, TaskState::kFinished);
    Tell(job_id, 1, TaskState::kFinished);
    return WordsOf(dispatcher_.OnCommitted(job_id, 0, {}));
  }

  int jobs_ = 0;
  TestTime time_;
  Dispatcher dispatcher_;
};

TEST_F(DispatcherTest, TakesAJobAndRunsIt) {
  Register("a", 1);
  EXPECT_THAT(Submit(Serialize(TwoVertexGraph(1))), ElementsAre("accepted", "prepare:job1"));
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepared("job1", WithSplits(1))),
              ElementsAre("CREATED", "deploy@a", "RUNNING"));
  EXPECT_THAT(Finish("job1"), ElementsAre("release@a", "FINISHED", "forget:job1"));
}

TEST_F(DispatcherTest, RefusesWhatIsNoJobGraph) {
  EXPECT_THAT(Submit("garbage"), ElementsAre("refused"));
  EXPECT_EQ(jobs_, 0);
}

TEST_F(DispatcherTest, AJobWaitsUntilThereAreSlots) {
  Register("a", 1);
  EXPECT_THAT(SubmitAndPrepare(2), ElementsAre("CREATED", "waits"));
  EXPECT_THAT(Register("b", 1), ElementsAre("deploy@a", "deploy@b", "RUNNING"));
}

TEST_F(DispatcherTest, JobsGetSlotsInTheOrderInWhichTheyCame) {
  Register("a", 1);
  SubmitAndPrepare(1);
  EXPECT_THAT(SubmitAndPrepare(2), ElementsAre("CREATED", "waits"));
  EXPECT_THAT(SubmitAndPrepare(1), ElementsAre("CREATED", "waits"));
  // One slot is free, enough for the third job; but the second one came first.
  EXPECT_THAT(Finish("job1"), ElementsAre("release@a", "FINISHED", "forget:job1"));
  EXPECT_THAT(Cancel("job2"), ElementsAre("CANCELED", "forget:job2", "deploy@a", "RUNNING"));
}

TEST_F(DispatcherTest, MessagesOfUnknownOrEndedJobsHaveNoEffect) {
  Register("a", 1);
  EXPECT_THAT(Cancel("none"), IsEmpty());
  EXPECT_THAT(Tell("none", 0, TaskState::kFailed), IsEmpty());
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepared("none", {})), IsEmpty());
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepareFailed("none", {})), IsEmpty());
  SubmitAndPrepare(1);
  Finish("job1");
  EXPECT_THAT(Finish("job1"), IsEmpty());
  EXPECT_THAT(Cancel("job1"), IsEmpty());
  EXPECT_THAT(WordsOf(dispatcher_.OnProgressTimer()), IsEmpty());
}

TEST_F(DispatcherTest, MessagesThatAreNotForAJobManagerHaveNoEffect) {
  protocol::Envelope envelope;
  EXPECT_THAT(WordsOf(dispatcher_.OnMessage(envelope)), IsEmpty());
  envelope.mutable_deploy_tasks();
  EXPECT_THAT(WordsOf(dispatcher_.OnMessage(envelope)), IsEmpty());
}

TEST_F(DispatcherTest, AJobThatCannotBePreparedFreesNothingAndBlocksNobody) {
  Register("a", 1);
  Submit(Serialize(TwoVertexGraph(1)));
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepareFailed("job1", {ErrorCode::kNotFound, "x"})),
              ElementsAre("FAILED", "forget:job1"));
  EXPECT_THAT(SubmitAndPrepare(1), Contains("RUNNING"));
}

TEST_F(DispatcherTest, ATaskManagerThatStartsAfreshFailsItsJobsAndTakesNewOnes) {
  Register("a", 1);
  SubmitAndPrepare(1);
  SubmitAndPrepare(1);
  const Words words = Register("a", 1);
  EXPECT_THAT(words, Contains("FAILED"));
  EXPECT_THAT(words, Contains("deploy@a"));
  EXPECT_EQ(words.back(), "RUNNING") << "the second job has the new slot";
  EXPECT_THAT(Cancel("job1"), IsEmpty());
  EXPECT_THAT(SubmitAndPrepare(1), ElementsAre("CREATED", "waits")) << "the slot is taken";
  EXPECT_THAT(Finish("job2"), Contains("RUNNING"));
}

TEST_F(DispatcherTest, AnotherTaskManagerFailsNoJob) {
  Register("a", 1);
  SubmitAndPrepare(1);
  EXPECT_THAT(Register("b", 1), Not(Contains("FAILING")));
  EXPECT_THAT(Finish("job1"), Contains("FINISHED"));
}

}  // namespace
}  // namespace flinkc
