// Jobs whose parallelism follows their slots and what a user asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "runtime/graph/barrier_kind.h"
#include "runtime/jobmanager/job_master.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// "source" and "sink" of up to four subtasks each; the options are Flink's defaults.
class JobRescaleTest : public testing::Test {
 protected:
  JobRescaleTest() { Make("Adaptive"); }

  void Make(const std::string& scheduler, bool with_checkpoints = true) {
    JobGraph graph = TwoVertexGraph(4);
    graph.config["jobmanager.scheduler"] = scheduler;
    if (with_checkpoints) graph.config["execution.checkpointing.dir"] = "checkpoints";
    auto job = JobMaster::Make("j", graph, Serialize(graph), "client/c", time_.environment());
    ASSERT_TRUE(job) << job.error().message;
    owned_ = *std::move(job);
    job_manager_attempt_ = 0;
  }
  JobMaster& job() { return *owned_; }

  static PreparedJob Prepared() {
    PreparedJob prepared = WithSplits(3);
    prepared.checkpoint_directory = "checkpoints/two";
    return prepared;
  }
  Words Available(uint32_t slots, int64_t seconds = 0) {
    time_.micros += seconds * 1'000'000;
    return WordsOf(job().OnAvailableSlots(slots));
  }
  // Slots 0 to `count` - 1 of `id`.
  static std::vector<AllocatedSlot> SlotsOf(const std::string& id, uint32_t count) {
    std::vector<AllocatedSlot> slots;
    for (uint32_t i = 0; i < count; ++i) slots.push_back({id, i});
    return slots;
  }
  Words Deploy(uint32_t slots) {
    ++job_manager_attempt_;
    return WordsOf(job().OnSlots(SlotsOf("a", slots)));
  }
  void TellAll(TaskState state, uint32_t parallelism) {
    for (uint32_t task = 0; task < 2 * parallelism; ++task) {
      job().OnTaskState(StateOf("j", task % 2, task / 2, state, "", job_manager_attempt_));
    }
  }
  // With as many slots, and all tasks run.
  void Run(uint32_t slots) {
    job().Start();
    job().OnPrepared(Prepared());
    Deploy(slots);
    TellAll(TaskState::kRunning, slots);
    ASSERT_EQ(job().state(), JobState::kRunning);
  }
  // The checkpoint that was asked for becomes complete.
  void Complete(uint64_t id, uint32_t parallelism) {
    EXPECT_THAT(WordsOf(job().OnReserved(id, "")),
                ElementsAre("trigger:" + std::to_string(id) + "@a"));
    for (uint32_t task = 0; task < 2 * parallelism; ++task) {
      protocol::AcknowledgeCheckpoint message;
      *message.mutable_task() = TaskIdOf("j", task % 2, task / 2, job_manager_attempt_);
      message.set_checkpoint_id(id);
      message.set_acknowledgement(proto::SubtaskAcknowledgement().SerializeAsString());
      job().OnAcknowledge(message);
    }
    EXPECT_THAT(WordsOf(job().OnCheckpointCommitted(id, {})),
                Contains(testing::StartsWith("commit")));
    job().OnCommitted(id, {});
  }
  // From a rescale that has begun to its preparation.
  Words EndAttempt(uint32_t parallelism) {
    TellAll(TaskState::kCanceled, parallelism);
    return WordsOf(job().OnTimer());
  }
  std::vector<uint32_t> Parallelisms() {
    std::vector<uint32_t> parallelisms;
    for (const JobVertex& vertex : job().graph()->vertices) {
      parallelisms.push_back(vertex.parallelism);
    }
    return parallelisms;
  }
  Result<ResourceRequirements> Check(uint32_t lower, uint32_t upper) {
    protocol::ResourceRequirements wanted;
    for (uint32_t vertex = 0; vertex < 2; ++vertex) {
      protocol::ResourceRequirements::Range& range = *wanted.add_ranges();
      range.set_vertex(vertex);
      range.set_lower(lower);
      range.set_upper(upper);
    }
    return job().CheckRequirements(wanted);
  }
  void Require(uint32_t lower, uint32_t upper) {
    auto requirements = Check(lower, upper);
    ASSERT_TRUE(requirements) << requirements.error().message;
    last_words_ = WordsOf(job().OnRequirements(*std::move(requirements)));
  }

  TestTime time_;
  std::unique_ptr<JobMaster> owned_;
  uint32_t job_manager_attempt_ = 0;
  Words last_words_;
};

TEST_F(JobRescaleTest, StartsAtOnceWithAllSlotsThatItWants) {
  job().Start();
  EXPECT_THAT(WordsOf(job().OnPrepared(Prepared())), ElementsAre("CREATED", "slots:4"));
  Deploy(4);
  EXPECT_THAT(Parallelisms(), ElementsAre(4, 4));
}

TEST_F(JobRescaleTest, StartsWithFewerWhenNoMoreHaveComeForAWhile) {
  job().Start();
  job().OnPrepared(Prepared());
  EXPECT_THAT(WordsOf(job().OnSlotsMissing(2)), ElementsAre("waits"));
  EXPECT_THAT(Available(2), ElementsAre("waits"));
  EXPECT_THAT(job().Describe(false).waiting_for(), HasSubstr("could start with 2 slots"));
  EXPECT_THAT(Available(2, 9), IsEmpty());
  EXPECT_THAT(Available(0), ElementsAre("waits"));
  EXPECT_THAT(job().Describe(false).waiting_for(), HasSubstr("needs 1 slots, 0 are free"));
  EXPECT_THAT(Available(2, 9), ElementsAre("waits")) << "they were gone in between";
  EXPECT_THAT(Available(3, 10), ElementsAre("slots:4/1"));
  EXPECT_THAT(Available(3, 10), IsEmpty()) << "it has asked";
  EXPECT_THAT(Deploy(3), ElementsAre("deploy@a", "RUNNING"));
  EXPECT_THAT(Parallelisms(), ElementsAre(3, 3));
  const protocol::JobDescription described = job().Describe(true);
  EXPECT_EQ(described.vertices(0).parallelism(), 3u);
  EXPECT_EQ(described.vertices(0).tasks_size(), 3);
  EXPECT_EQ(described.vertices(0).lower_bound(), 1u);
  EXPECT_EQ(described.vertices(0).upper_bound(), 4u);
  EXPECT_EQ(described.vertices(0).max_parallelism(), 128u);
}

TEST_F(JobRescaleTest, TheGraphThatIsDeployedHasTheParallelism) {
  job().Start();
  job().OnPrepared(Prepared());
  const JobMasterCommands commands = job().OnSlots(SlotsOf("a", 2));
  const auto& deploy = std::get<SendCommand>(commands.at(0)).envelope.deploy_tasks();
  const Result<JobGraph> graph = DeserializeJobGraph(deploy.job_graph());
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->vertices[0].parallelism, 2u);
  EXPECT_EQ(graph->vertices[1].parallelism, 2u);
  EXPECT_EQ(graph->config.at("jobmanager.scheduler"), "Adaptive");
  JobGraph submitted = TwoVertexGraph(4);
  submitted.config = graph->config;
  EXPECT_EQ(job().graph_hash(), JobMaster::HashOfGraph(Serialize(submitted)));
}

TEST_F(JobRescaleTest, AJobThatWaitsTooLongTakesWhatThereIs) {
  job().Start();
  job().OnPrepared(Prepared());
  job().OnSlotsMissing(0);
  time_.micros += 299'000'000;
  EXPECT_THAT(Available(1), ElementsAre("waits"));
  EXPECT_THAT(Available(1, 1), ElementsAre("slots:4/1"));
}

TEST_F(JobRescaleTest, TakesAllSlotsThatComeByWayOfACheckpoint) {
  Run(2);
  EXPECT_THAT(Available(2), IsEmpty()) << "it has just started";
  EXPECT_THAT(Available(2, 29), IsEmpty());
  EXPECT_THAT(Available(2, 1), ElementsAre("reserve:1"));
  EXPECT_THAT(Available(2, 1), IsEmpty()) << "the checkpoint is under way";
  Complete(1, 2);
  EXPECT_THAT(Available(2), ElementsAre("log", "RESTARTING", "cancel@a"));
  EXPECT_THAT(EndAttempt(2), ElementsAre("release@a", "prepare_again"));
  EXPECT_THAT(WordsOf(job().OnPrepared(Prepared())), ElementsAre("CREATED", "slots:4/1"));
  EXPECT_THAT(Deploy(4), ElementsAre("deploy@a", "RUNNING"));
  EXPECT_THAT(Parallelisms(), ElementsAre(4, 4));
  EXPECT_EQ(job().Describe(false).restarts(), 0u) << "it has not failed";
  // The next checkpoint has all of its subtasks.
  TellAll(TaskState::kRunning, 4);
  Require(1, 3);
  EXPECT_THAT(Available(0, 30), ElementsAre("reserve:2"));
  Complete(2, 4);
}

// "cause: reason", the newest first.
TEST_F(JobRescaleTest, TellsHowItCameToItsParallelism) {
  const auto told = [&] {
    Words words;
    for (const auto& one : job().Describe(true).rescales().history()) {
      words.push_back(one.trigger_cause() + ": " + one.terminated_reason());
    }
    return words;
  };
  Run(2);
  EXPECT_THAT(told(), ElementsAre("INITIAL_SCHEDULE: SUCCEEDED"));
  Available(2, 30);
  EXPECT_THAT(told(), ElementsAre("NEW_RESOURCE_AVAILABLE: ", "INITIAL_SCHEDULE: SUCCEEDED"));
  Available(0);
  EXPECT_THAT(told()[0], "NEW_RESOURCE_AVAILABLE: NO_RESOURCES_OR_PARALLELISMS_CHANGE");
  Complete(1, 2);
  Available(2, 30);
  Complete(2, 2);
  Available(2);
  EndAttempt(2);
  job().OnPrepared(Prepared());
  Deploy(4);
  EXPECT_THAT(told()[0], "NEW_RESOURCE_AVAILABLE: ") << "its tasks do not run yet";
  TellAll(TaskState::kRunning, 4);
  EXPECT_THAT(told()[0], "NEW_RESOURCE_AVAILABLE: SUCCEEDED");
  const protocol::RescaleDescription last = job().Describe(true).rescales().latest_completed();
  EXPECT_EQ(last.vertices(0).before(), 2u);
  EXPECT_EQ(last.vertices(0).after(), 4u);
  Require(1, 3);
  EXPECT_THAT(told().size(), 3u) << "nothing changes before the cooldown";
  Available(0, 30);
  EXPECT_THAT(told()[0], "UPDATE_REQUIREMENT: ");
  Require(1, 2);
  EXPECT_THAT(told()[0], "UPDATE_REQUIREMENT: ");
  EXPECT_THAT(told()[1], "UPDATE_REQUIREMENT: RESOURCE_REQUIREMENTS_UPDATED");
  job().OnCancel();
  Available(0);
  TellAll(TaskState::kCanceled, 4);
  ASSERT_EQ(job().state(), JobState::kCanceled);
  EXPECT_THAT(told()[0], "UPDATE_REQUIREMENT: JOB_CANCELING");
}

TEST_F(JobRescaleTest, AJobThatDoesNotAdaptHasNoRescales) {
  Make("Default");
  Run(4);
  EXPECT_EQ(job().Describe(true).rescales().history_size(), 0);
}

TEST_F(JobRescaleTest, FewerThanItWantsAreTakenWhenNoMoreHaveComeForAWhile) {
  Run(1);
  EXPECT_THAT(Available(0, 100), IsEmpty());
  EXPECT_THAT(Available(1), IsEmpty());
  EXPECT_THAT(Available(1, 59), IsEmpty());
  EXPECT_THAT(Available(1, 1), ElementsAre("reserve:1"));
}

TEST_F(JobRescaleTest, ASlotThatGoesAgainChangesNothing) {
  Run(2);
  EXPECT_THAT(Available(2, 30), ElementsAre("reserve:1"));
  EXPECT_THAT(Available(0), IsEmpty());
  Complete(1, 2);
  EXPECT_THAT(Available(0), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
}

TEST_F(JobRescaleTest, ACheckpointThatFailsIsAskedForAgain) {
  Run(2);
  EXPECT_THAT(Available(2, 30), ElementsAre("reserve:1"));
  job().OnReserveFailed(1, {ErrorCode::kNoSpace, "the disk is full"});
  EXPECT_EQ(job().state(), JobState::kRunning) << "no failure of the job's";
  EXPECT_THAT(Available(2), IsEmpty());
  EXPECT_THAT(Available(2, 1), ElementsAre("reserve:2"));
  EXPECT_THAT(Available(2, 1000), IsEmpty()) << "there is no older one";
  Complete(2, 2);
  EXPECT_THAT(Available(2), Contains("RESTARTING"));
}

TEST_F(JobRescaleTest, AnOlderCheckpointWillDoWhenTooManyHaveFailed) {
  Run(2);
  protocol::RequestCheckpoint request;
  request.set_job_id("j");
  EXPECT_THAT(WordsOf(job().OnRequestCheckpoint(request, "client/rest")), ElementsAre("reserve:1"));
  Complete(1, 2);
  time_.micros += 30'000'000;
  for (uint64_t id = 2; id < 5; ++id) {
    EXPECT_THAT(Available(2, 1), ElementsAre("reserve:" + std::to_string(id)));
    job().OnReserveFailed(id, {ErrorCode::kNoSpace, "the disk is full"});
    EXPECT_EQ(job().state(), JobState::kRunning);
  }
  EXPECT_THAT(Available(2), Contains("RESTARTING"));
}

TEST_F(JobRescaleTest, ASavepointThatAUserWaitsForIsTakenFirst) {
  Run(2);
  protocol::RequestCheckpoint request;
  request.set_job_id("j");
  request.set_kind(static_cast<uint32_t>(BarrierKind::kSavepoint));
  request.set_target("/sp");
  EXPECT_THAT(Available(2, 30), ElementsAre("reserve:1"));
  EXPECT_THAT(WordsOf(job().OnRequestCheckpoint(request, "client/rest")), IsEmpty());
  Complete(1, 2);
  EXPECT_THAT(Available(2), IsEmpty()) << "the savepoint is under way";
  job().OnReserveFailed(2, {ErrorCode::kNoSpace, "the disk is full"});
  EXPECT_THAT(Available(2), Contains("RESTARTING"));
}

TEST_F(JobRescaleTest, WhatAUserAsksForIsTakenAtOnceBehindTheCooldown) {
  Run(4);
  Require(1, 2);
  EXPECT_THAT(last_words_, ElementsAre("log"));
  EXPECT_THAT(Available(0, 29), IsEmpty());
  EXPECT_THAT(Available(0, 1), ElementsAre("reserve:1"));
  Complete(1, 4);
  EXPECT_THAT(Available(0), Contains("RESTARTING"));
  EndAttempt(4);
  EXPECT_THAT(WordsOf(job().OnPrepared(Prepared())), ElementsAre("CREATED", "slots:2/1"));
  Deploy(2);
  EXPECT_THAT(Parallelisms(), ElementsAre(2, 2));
}

TEST_F(JobRescaleTest, AJobThatDoesNotAdaptDoesWhenAUserAsksForIt) {
  Make("Default");
  EXPECT_FALSE(job().adapts());
  job().Start();
  EXPECT_THAT(WordsOf(job().OnPrepared(Prepared())), ElementsAre("CREATED", "slots:4"));
  EXPECT_THAT(Available(2, 1000), IsEmpty());
  Require(2, 8);
  EXPECT_TRUE(job().adapts());
  EXPECT_THAT(last_words_, ElementsAre("log", "slots:8"));
  EXPECT_THAT(Available(2), ElementsAre("waits"));
  EXPECT_THAT(Available(2, 10), ElementsAre("slots:8/2"));
  Deploy(2);
  EXPECT_THAT(Parallelisms(), ElementsAre(2, 2));
}

TEST_F(JobRescaleTest, WithMoreThanThereIsItRunsOnAsItDoes) {
  Run(2);
  Require(6, 8);
  EXPECT_THAT(Available(2, 1000), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
  EXPECT_THAT(Available(4, 1000), IsEmpty()) << "six are enough, and may become more";
  EXPECT_THAT(Available(4, 60), ElementsAre("reserve:1"));
}

TEST_F(JobRescaleTest, AfterALossItGoesOnWithFewer) {
  JobGraph graph = TwoVertexGraph(4);
  graph.config = job().graph()->config;
  graph.config["restart-strategy.type"] = "fixed-delay";
  owned_ = *JobMaster::Make("j", graph, Serialize(graph), "client/c", time_.environment());
  job().Start();
  job().OnPrepared(Prepared());
  ++job_manager_attempt_;
  job().OnSlots({{"a", 0}, {"a", 1}, {"b", 0}, {"b", 1}});
  TellAll(TaskState::kRunning, 4);
  EXPECT_THAT(WordsOf(job().OnTaskManagerLost("b")), Contains("RESTARTING"));
  time_.micros += 1'000'000;
  EXPECT_THAT(EndAttempt(4), Contains("prepare_again"));
  EXPECT_THAT(WordsOf(job().OnPrepared(Prepared())), ElementsAre("CREATED", "slots:4"))
      << "another may come in its place";
  EXPECT_THAT(Available(2), ElementsAre("waits"));
  EXPECT_THAT(Available(2, 10), ElementsAre("slots:4/1"));
  Deploy(2);
  EXPECT_THAT(Parallelisms(), ElementsAre(2, 2));
}

TEST_F(JobRescaleTest, AJobThatIsBeingStoppedIsLeftInPeace) {
  Run(2);
  protocol::RequestCheckpoint stop;
  stop.set_job_id("j");
  stop.set_kind(static_cast<uint32_t>(BarrierKind::kStop));
  stop.set_target("/sp");
  EXPECT_THAT(WordsOf(job().OnRequestCheckpoint(stop, "client/rest")), ElementsAre("reserve:1"));
  EXPECT_THAT(Available(2, 1000), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
}

TEST_F(JobRescaleTest, WithoutCheckpointsItOnlyStartsWithWhatThereIs) {
  Make("Adaptive", false);
  EXPECT_THAT(Check(1, 2).error().message, HasSubstr("`execution.checkpointing.dir`"));
  job().Start();
  job().OnPrepared(WithSplits(3));
  Available(2);
  EXPECT_THAT(Available(2, 10), ElementsAre("slots:4/1"));
  Deploy(2);
  TellAll(TaskState::kRunning, 2);
  EXPECT_THAT(Available(2, 1000), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
}

}  // namespace
}  // namespace flinkc
