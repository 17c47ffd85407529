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

  Words PeerChanged(const std::string& address, bool connected) {
    protocol::Envelope envelope;
    envelope.mutable_peer_changed()->set_address(address);
    envelope.mutable_peer_changed()->set_connected(connected);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  Words Register(const std::string& id, uint32_t slots, const std::string& data_address = "") {
    protocol::Envelope envelope;
    envelope.mutable_register_task_manager()->set_data_address(data_address);
    envelope.mutable_register_task_manager()->set_task_manager_id(id);
    envelope.mutable_register_task_manager()->set_slots(slots);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  // Only asks.
  Words Ask(const std::string& graph, const std::string& job_id = "") {
    protocol::Envelope envelope;
    envelope.set_from("client/c");
    envelope.mutable_submit_job()->set_job_graph(graph);
    envelope.mutable_submit_job()->set_job_id(job_id);
    return WordsOf(dispatcher_.OnMessage(envelope));
  }
  // And the job is kept.
  Words Submit(const std::string& graph) {
    Words words = Ask(graph);
    if (words != Words{"keep:job" + std::to_string(jobs_)}) return words;
    return WordsOf(dispatcher_.OnJobKept("job" + std::to_string(jobs_), {}));
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

  protocol::DescribeJobsReply Describe(const std::string& job_id = "") {
    protocol::Envelope envelope;
    envelope.set_from("client/rest");
    envelope.mutable_describe_jobs()->set_job_id(job_id);
    const DispatcherCommands commands = dispatcher_.OnMessage(envelope);
    return std::get<SendCommand>(commands.at(0)).envelope.describe_jobs_reply();
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
  EXPECT_THAT(Finish("job1"), ElementsAre("release@a", "clean", "FINISHED", "forget:job1"));
}

TEST_F(DispatcherTest, TellsOfTheJobsThatRunAndOfThoseThatHaveEnded) {
  Register("a", 3);
  SubmitAndPrepare(1);
  SubmitAndPrepare(2);
  Finish("job1");
  const protocol::DescribeJobsReply all = Describe();
  EXPECT_EQ(all.task_managers(), 1u);
  EXPECT_EQ(all.slots_total(), 3u);
  EXPECT_EQ(all.slots_free(), 1u);
  ASSERT_EQ(all.jobs_size(), 2);
  EXPECT_EQ(all.jobs(0).job_id(), "job2");
  EXPECT_EQ(all.jobs(0).vertices_size(), 0) << "without details";
  EXPECT_EQ(all.jobs(1).job_id(), "job1");
  EXPECT_EQ(all.jobs(1).state(), static_cast<uint32_t>(JobState::kFinished));
  EXPECT_EQ(Describe("job1").jobs(0).vertices_size(), 2);
  EXPECT_EQ(Describe("job3").jobs_size(), 0);
}

TEST_F(DispatcherTest, RemembersSomeEndedJobs) {
  Register("a", 1);
  for (size_t i = 0; i < Dispatcher::kEndedMax + 5; ++i) {
    SubmitAndPrepare(1);
    Finish("job" + std::to_string(jobs_));
  }
  const protocol::DescribeJobsReply all = Describe();
  EXPECT_EQ(all.jobs_size(), static_cast<int>(Dispatcher::kEndedMax));
  EXPECT_EQ(all.jobs(0).job_id(), "job" + std::to_string(jobs_));
}

TEST_F(DispatcherTest, ASavepointIsDisposedOfUnlessAJobGoesOnFromIt) {
  const auto dispose = [this](const std::string& path) {
    protocol::Envelope envelope;
    envelope.set_from("client/rest");
    envelope.mutable_dispose_savepoint()->set_path(path);
    return WordsOf(dispatcher_.OnMessage(envelope));
  };
  Register("a", 1);
  JobGraph graph = TwoVertexGraph(1);
  graph.config["execution.state-recovery.path"] = "/sp/savepoint-1";
  Submit(Serialize(graph));
  EXPECT_THAT(dispose("/sp/savepoint-1/"), ElementsAre("not_disposed"));
  EXPECT_THAT(dispose("/sp/savepoint-1/_metadata"), ElementsAre("not_disposed"));
  EXPECT_THAT(dispose("/sp/savepoint-2/"), ElementsAre("dispose:/sp/savepoint-2"));
}

TEST_F(DispatcherTest, AClientsHeartbeatIsForItsJob) {
  Register("a", 1);
  JobGraph graph = TwoVertexGraph(1);
  graph.config["execution.attached"] = "true";
  graph.config["execution.shutdown-on-attached-exit"] = "true";
  Submit(Serialize(graph));
  protocol::Envelope envelope;
  envelope.mutable_client_heartbeat()->set_job_id("job2");
  EXPECT_THAT(WordsOf(dispatcher_.OnMessage(envelope)), IsEmpty());
  EXPECT_THAT(WordsOf(dispatcher_.OnTimer()), IsEmpty());
  envelope.mutable_client_heartbeat()->set_job_id("job1");
  EXPECT_THAT(WordsOf(dispatcher_.OnMessage(envelope)), IsEmpty());
  EXPECT_THAT(WordsOf(dispatcher_.OnTimer()), ElementsAre("log", "CANCELED", "forget:job1"));
}

TEST_F(DispatcherTest, ASavepointOfAJobThatIsNotThereIsRefused) {
  protocol::Envelope envelope;
  envelope.set_from("client/rest");
  envelope.mutable_request_checkpoint()->set_job_id("nobody");
  envelope.mutable_request_checkpoint()->set_request_id(5);
  const DispatcherCommands commands = dispatcher_.OnMessage(envelope);
  const protocol::Envelope& reply = std::get<SendCommand>(commands.at(0)).envelope;
  EXPECT_EQ(reply.to(), "client/rest");
  EXPECT_EQ(reply.request_checkpoint_reply().request_id(), 5u);
  EXPECT_EQ(reply.request_checkpoint_reply().error().code(),
            static_cast<uint32_t>(ErrorCode::kNotFound));
}

TEST_F(DispatcherTest, RefusesWhatIsNoJobGraph) {
  EXPECT_THAT(Submit("garbage"), ElementsAre("refused"));
  EXPECT_EQ(jobs_, 0);
}

TEST_F(DispatcherTest, AJobWaitsUntilThereAreSlots) {
  Register("a", 1);
  EXPECT_THAT(SubmitAndPrepare(2), ElementsAre("CREATED", "waits"));
  EXPECT_THAT(Register("b", 1), ElementsAre("registered@b", "deploy@a", "deploy@b", "RUNNING"));
}

TEST_F(DispatcherTest, JobsGetSlotsInTheOrderInWhichTheyCame) {
  Register("a", 1);
  SubmitAndPrepare(1);
  EXPECT_THAT(SubmitAndPrepare(2), ElementsAre("CREATED", "waits"));
  EXPECT_THAT(SubmitAndPrepare(1), ElementsAre("CREATED", "waits"));
  // One slot is free, enough for the third job; but the second one came first.
  EXPECT_THAT(Finish("job1"), ElementsAre("release@a", "clean", "FINISHED", "forget:job1"));
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
  EXPECT_THAT(words, Contains("RUNNING")) << "the second job has the new slot";
  EXPECT_THAT(Cancel("job1"), IsEmpty());
  EXPECT_THAT(SubmitAndPrepare(1), ElementsAre("CREATED", "waits")) << "the slot is taken";
  EXPECT_THAT(Finish("job2"), Contains("RUNNING"));
}

TEST_F(DispatcherTest, ATaskManagerThatCannotBeReachedIsLostWithItsSlots) {
  Register("a", 1);
  SubmitAndPrepare(1);
  EXPECT_THAT(SubmitAndPrepare(1), ElementsAre("CREATED", "waits"));
  EXPECT_THAT(PeerChanged("taskmanager/b", false), IsEmpty());
  EXPECT_THAT(PeerChanged("taskmanager/a", true), IsEmpty());
  const Words words = PeerChanged("taskmanager/a", false);
  EXPECT_THAT(words, Contains("FAILED"));
  EXPECT_THAT(words, Not(Contains("deploy@a"))) << "its slot is gone too";
  EXPECT_EQ(Describe().task_managers(), 0u);
  EXPECT_THAT(Register("b", 1), Contains("RUNNING"));
}

TEST_F(DispatcherTest, WhoRegistersIsToldHowToWatch) {
  protocol::Envelope envelope;
  envelope.mutable_register_task_manager()->set_task_manager_id("a");
  const DispatcherCommands commands = dispatcher_.OnMessage(envelope);
  const protocol::RegisterTaskManagerReply& reply =
      std::get<SendCommand>(commands.at(0)).envelope.register_task_manager_reply();
  EXPECT_EQ(reply.heartbeat_interval_micros(), 1'000'000);
  EXPECT_EQ(reply.heartbeat_timeout_micros(), 5'000'000);
}

TEST_F(DispatcherTest, ASilentTaskManagerIsDisconnected) {
  Register("a", 1, "10.0.0.1:6122");
  Register("here", 1);
  const auto pass = [this](int64_t micros) {
    time_.micros += micros;
    return WordsOf(dispatcher_.OnTimer());
  };
  const auto report = [this] {
    protocol::Envelope envelope;
    envelope.mutable_task_progress_report()->set_task_manager_id("a");
    dispatcher_.OnMessage(envelope);
  };
  EXPECT_THAT(pass(1'000'000), ElementsAre("heartbeat@a")) << "not to the one in our process";
  EXPECT_THAT(pass(500'000), IsEmpty());
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(pass(500'000), Contains("heartbeat@a"));
    EXPECT_THAT(pass(500'000), IsEmpty());
    report();
  }
  for (int i = 0; i < 9; ++i) EXPECT_THAT(pass(500'000), Not(Contains("disconnect@a")));
  // A minute in which nobody asked: nobody was heard either.
  EXPECT_THAT(pass(60'000'000), Not(Contains("disconnect@a")));
  pass(500'000);
  EXPECT_THAT(pass(500'000), Contains("disconnect@a"));
  EXPECT_EQ(Describe().task_managers(), 1u);
}

TEST_F(DispatcherTest, AnotherTaskManagerFailsNoJob) {
  Register("a", 1);
  SubmitAndPrepare(1);
  EXPECT_THAT(Register("b", 1), Not(Contains("FAILING")));
  EXPECT_THAT(Finish("job1"), Contains("FINISHED"));
}

constexpr char kId[] = "0123456789abcdef0123456789abcdef";

TEST_F(DispatcherTest, TheSameSubmissionAgainIsNoSecondJob) {
  Register("a", 2);
  const std::string graph = Serialize(TwoVertexGraph(1));
  EXPECT_THAT(Ask(graph, kId), ElementsAre(std::string("keep:") + kId));
  EXPECT_THAT(Ask(graph, kId), IsEmpty()) << "answered when it is kept";
  EXPECT_THAT(WordsOf(dispatcher_.OnJobKept(kId, {})),
              ElementsAre("accepted", "accepted", std::string("prepare:") + kId));
  EXPECT_THAT(Ask(graph, kId), ElementsAre("accepted"));
  EXPECT_THAT(Ask(Serialize(TwoVertexGraph(2)), kId), ElementsAre("refused")) << "another one";
  Cancel(kId);
  EXPECT_THAT(Ask(graph, kId), ElementsAre("accepted")) << "it has ended, and is told of";
  EXPECT_EQ(Describe().jobs_size(), 1);
  EXPECT_EQ(jobs_, 0) << "no id was drawn";
}

TEST_F(DispatcherTest, AnIdIsNoPath) {
  const std::string graph = Serialize(TwoVertexGraph(1));
  for (const char* id : {"a", "../../../../../../../../etc/passwd",
                         "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdef0"}) {
    EXPECT_THAT(Ask(graph, id), ElementsAre("refused")) << id;
  }
}

TEST_F(DispatcherTest, AJobThatCannotBeKeptIsRefused) {
  Register("a", 1);
  EXPECT_THAT(Ask(Serialize(TwoVertexGraph(1))), ElementsAre("keep:job1"));
  EXPECT_THAT(WordsOf(dispatcher_.OnJobKept("job1", MakeError(ErrorCode::kNoSpace, "full"))),
              ElementsAre("refused"));
  EXPECT_EQ(Describe().jobs_size(), 0);
  EXPECT_THAT(WordsOf(dispatcher_.OnJobKept("job1", {})), IsEmpty());
}

protocol::Envelope UpdateOf(const std::string& job_id, uint32_t lower, uint32_t upper) {
  protocol::Envelope envelope;
  envelope.set_from("client/rest");
  envelope.mutable_update_requirements()->set_job_id(job_id);
  for (uint32_t vertex = 0; vertex < 2; ++vertex) {
    protocol::ResourceRequirements::Range& range =
        *envelope.mutable_update_requirements()->mutable_requirements()->add_ranges();
    range.set_vertex(vertex);
    range.set_lower(lower);
    range.set_upper(upper);
  }
  return envelope;
}

TEST_F(DispatcherTest, RequirementsAreCheckedThenKeptThenTaken) {
  JobGraph graph = TwoVertexGraph(4);
  graph.config["execution.checkpointing.dir"] = "checkpoints";
  Register("a", 2);
  Submit(Serialize(graph));
  EXPECT_THAT(WordsOf(dispatcher_.OnMessage(UpdateOf("nobody", 1, 2))),
              ElementsAre("no_requirements"));
  EXPECT_THAT(WordsOf(dispatcher_.OnMessage(UpdateOf("job1", 2, 1))),
              ElementsAre("no_requirements"));
  const DispatcherCommands commands = dispatcher_.OnMessage(UpdateOf("job1", 1, 6));
  EXPECT_THAT(WordsOf(commands), ElementsAre("keep_requirements:job1"));
  EXPECT_EQ(Describe("job1").jobs(0).vertices(0).upper_bound(), 4u) << "not before it is kept";
  const auto& keep = std::get<KeepRequirementsCommand>(commands.at(0));
  EXPECT_THAT(WordsOf(dispatcher_.OnRequirementsKept(
                  keep, MakeError(ErrorCode::kNoSpace, "the disk is full"))),
              ElementsAre("no_requirements"));
  EXPECT_EQ(Describe("job1").jobs(0).vertices(0).upper_bound(), 4u);
  EXPECT_THAT(WordsOf(dispatcher_.OnRequirementsKept(keep, {})),
              ElementsAre("log", "requirements"));
  EXPECT_EQ(Describe("job1").jobs(0).vertices(0).upper_bound(), 6u);
  // It has what it needs, and starts when no more slots have come for a while.
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepared("job1", WithSplits(1))),
              ElementsAre("CREATED", "waits"));
  EXPECT_THAT(WordsOf(dispatcher_.OnTimer()), ElementsAre("waits"));
  time_.micros += 10'000'000;
  EXPECT_THAT(WordsOf(dispatcher_.OnTimer()), ElementsAre("deploy@a", "RUNNING"));
  EXPECT_EQ(Describe("job1").jobs(0).vertices(1).parallelism(), 2u);
  Cancel("job1");
  EXPECT_THAT(WordsOf(dispatcher_.OnRequirementsKept(keep, {})), Contains("requirements"));
}

TEST_F(DispatcherTest, ATakenOverJobHasTheRequirementsThatWereKept) {
  JobGraph graph = TwoVertexGraph(4);
  graph.config["execution.checkpointing.dir"] = "checkpoints";
  KeepJobCommand job{"old", Serialize(graph), "client/c", 1};
  job.requirements = UpdateOf("old", 2, 9).update_requirements().requirements();
  ASSERT_TRUE(dispatcher_.TakeOverJob(job));
  EXPECT_EQ(Describe("old").jobs(0).vertices(0).lower_bound(), 2u);
  EXPECT_EQ(Describe("old").jobs(0).vertices(0).upper_bound(), 9u);
  job.job_id = "other";
  job.requirements->mutable_ranges(0)->set_upper(1'000'000);
  EXPECT_FALSE(dispatcher_.TakeOverJob(job)) << "what it holds is no requirement of this job";
}

TEST_F(DispatcherTest, WhoIsAboutToEndTakesNoMoreJobs) {
  Register("a", 1);
  const std::string graph = Serialize(TwoVertexGraph(1));
  Ask(graph, kId);
  dispatcher_.OnJobKept(kId, {});
  dispatcher_.RefuseJobs();
  EXPECT_THAT(Ask(graph, kId), ElementsAre("accepted")) << "that was before";
  protocol::Envelope envelope;
  envelope.mutable_submit_job()->set_job_graph(graph);
  const DispatcherCommands commands = dispatcher_.OnMessage(envelope);
  const auto& reply = std::get<SendCommand>(commands.at(0)).envelope.submit_job_reply();
  EXPECT_EQ(reply.error().code(), static_cast<uint32_t>(ErrorCode::kUnavailable));
  EXPECT_THAT(reply.error().message(), testing::HasSubstr("shutting down"));
}

// The result is kept before anything goes that the job could be run again from.
TEST_F(DispatcherTest, AnEndIsKeptFirst) {
  Register("a", 1);
  SubmitAndPrepare(1);
  protocol::Envelope envelope;
  envelope.mutable_cancel_job()->set_job_id("job1");
  dispatcher_.OnMessage(envelope);
  Tell("job1", 0, TaskState::kCanceled);
  envelope.Clear();
  *envelope.mutable_task_state_update() = StateOf("job1", 1, 0, TaskState::kCanceled);
  const DispatcherCommands commands = dispatcher_.OnMessage(envelope);
  ASSERT_TRUE(std::holds_alternative<KeepResultCommand>(commands.front()));
  const auto& keep = std::get<KeepResultCommand>(commands.front());
  EXPECT_EQ(keep.result.job_id(), "job1");
  EXPECT_EQ(keep.result.state(), static_cast<uint32_t>(JobState::kCanceled));
  EXPECT_TRUE(std::holds_alternative<ForgetJobCommand>(commands.back()));
}

TEST_F(DispatcherTest, TakesOverWhatAFormerOneHasLeft) {
  protocol::JobDescription result;
  for (const char* id : {"first", "last"}) {
    result.set_job_id(id);
    dispatcher_.TakeOverResult(result);
  }
  EXPECT_FALSE(dispatcher_.TakeOverJob({"bad", "garbage", "client/c", 5}));
  const auto taken = dispatcher_.TakeOverJob({"j", Serialize(TwoVertexGraph(1)), "client/c", 5});
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_THAT(WordsOf(*taken), ElementsAre("prepare:j"));
  EXPECT_TRUE(std::get<PrepareJobCommand>(taken->at(0)).prepare.taken_over);
  const protocol::DescribeJobsReply all = Describe();
  ASSERT_EQ(all.jobs_size(), 3);
  EXPECT_EQ(all.jobs(0).job_id(), "j");
  EXPECT_EQ(all.jobs(0).start_time(), 5);
  EXPECT_EQ(all.jobs(1).job_id(), "last");
  Register("a", 1);
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepared("j", WithSplits(1))),
              ElementsAre("CREATED", "deploy@a", "RUNNING"));
}

// The disk may be back in a moment; the job has run before.
TEST_F(DispatcherTest, AJobThatCannotBeTakenOverAtOnceIsTriedAgain) {
  JobGraph graph = TwoVertexGraph(1);
  graph.config["restart-strategy.type"] = "fixed-delay";
  graph.config["restart-strategy.fixed-delay.attempts"] = "2";
  graph.config["restart-strategy.fixed-delay.delay"] = "1s";
  Register("a", 1);
  ASSERT_TRUE(dispatcher_.TakeOverJob({"j", Serialize(graph), "client/c", 5}));
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepareFailed("j", {ErrorCode::kIo, "x"})),
              ElementsAre("RESTARTING", "log"));
  EXPECT_THAT(WordsOf(dispatcher_.OnTimer()), IsEmpty());
  time_.micros += 1'000'000;
  const DispatcherCommands again = dispatcher_.OnTimer();
  EXPECT_THAT(WordsOf(again), ElementsAre("prepare:j"));
  EXPECT_TRUE(std::get<PrepareJobCommand>(again.at(0)).prepare.taken_over);
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepared("j", WithSplits(1))), Contains("deploy@a"));
}

TEST_F(DispatcherTest, AJobThatCannotBeTakenOverAtOnceCanBeCancelled) {
  JobGraph graph = TwoVertexGraph(1);
  graph.config["restart-strategy.type"] = "fixed-delay";
  ASSERT_TRUE(dispatcher_.TakeOverJob({"j", Serialize(graph), "client/c", 5}));
  EXPECT_THAT(WordsOf(dispatcher_.OnPrepareFailed("j", {ErrorCode::kIo, "x"})),
              ElementsAre("RESTARTING", "log"));
  EXPECT_THAT(Cancel("j"), ElementsAre("CANCELLING", "CANCELED", "forget:j"));
}

TEST_F(DispatcherTest, WhatTasksOfAFormerLeaderSayHasNoEffect) {
  JobMasterEnvironment environment = time_.environment();
  environment.leader_epoch = 2;
  Dispatcher dispatcher([] { return "j"; }, environment);
  const auto tell = [&](protocol::Envelope envelope, uint64_t epoch) {
    envelope.set_leader_epoch(epoch);
    return WordsOf(dispatcher.OnMessage(envelope));
  };
  protocol::Envelope envelope;
  envelope.mutable_register_task_manager()->set_task_manager_id("a");
  envelope.mutable_register_task_manager()->set_slots(1);
  EXPECT_THAT(tell(envelope, 1), ElementsAre("registered@a")) << "it comes from a former one";
  envelope.mutable_submit_job()->set_job_graph(Serialize(TwoVertexGraph(1)));
  tell(envelope, 0);
  dispatcher.OnJobKept("j", {});
  dispatcher.OnPrepared("j", WithSplits(1));
  *envelope.mutable_request_split()->mutable_task() = TaskIdOf("j", 0, 0);
  EXPECT_THAT(tell(envelope, 1), IsEmpty());
  EXPECT_THAT(tell(envelope, 0), IsEmpty());
  EXPECT_THAT(tell(envelope, 2), Contains("assign:split-0>0"));
  *envelope.mutable_task_state_update() = StateOf("j", 0, 0, TaskState::kFailed, "x");
  EXPECT_THAT(tell(envelope, 1), IsEmpty());
  EXPECT_THAT(tell(envelope, 3), IsEmpty());
  EXPECT_THAT(tell(envelope, 2), Contains("cancel@a"));
}

}  // namespace
}  // namespace flinkc
