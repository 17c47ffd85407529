// A part of a job fails, and the rest goes on.
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
using testing::SizeIs;

// "left" (vertex 0) deals its splits out and writes them: a region each for its two subtasks, 0 and
// 1. "source" (1) hands them out and is hashed to "sink" (2): region 2. What has number 0 is on
// `a`, the rest on `b`.
class JobRegionsTest : public testing::Test {
 protected:
  JobRegionsTest() { Make(Graph()); }

  static JobGraph Graph() {
    JobGraph graph = TwoVertexGraph(2);
    JobVertex left = graph.vertices[0];
    left.name = "left";
    left.source->name = "dealt";
    graph.vertices.insert(graph.vertices.begin(), left);
    for (uint32_t i = 0; i < 3; ++i) graph.vertices[i].id = JobVertexId(i);
    graph.edges[0].source = JobVertexId(1);
    graph.edges[0].target = JobVertexId(2);
    graph.config["execution.checkpointing.interval"] = "10s";
    graph.config["execution.checkpointing.dir"] = "checkpoints";
    graph.config["restart-strategy.type"] = "fixed-delay";
    graph.config["restart-strategy.fixed-delay.attempts"] = "3";
    graph.config["restart-strategy.fixed-delay.delay"] = "1s";
    return graph;
  }

  void Make(JobGraph graph) {
    auto job = JobMaster::Make("j", std::move(graph), "bytes", "client/c", time_.environment());
    ASSERT_TRUE(job) << job.error().message;
    job_ = *std::move(job);
    attempts_ = {1, 1, 1};
  }

  static PreparedJob Prepared() {
    PreparedJob prepared;
    prepared.checkpoint_directory = "checkpoints/two";
    for (uint32_t vertex = 0; vertex < 2; ++vertex) {
      PreparedJob::Source& source = prepared.sources[vertex];
      source.assigns_all_at_start = vertex == 0;
      for (int i = 0; i < 3; ++i) {
        source.splits.push_back({std::to_string(vertex) + "-" + std::to_string(i), "", 1});
      }
    }
    return prepared;
  }
  // What the part apart goes on from in checkpoint `id`.
  static PreparedJob PreparedPart(uint64_t id, uint32_t vertex) {
    PreparedJob prepared;
    prepared.sources[vertex].assigns_all_at_start = vertex == 0;
    proto::CheckpointMetadata& metadata = prepared.restored.emplace();
    metadata.set_checkpoint_id(id);
    for (const char* source : {"dealt", "in"}) {
      proto::VertexSnapshot& stored = *metadata.add_vertices();
      stored.set_name(source == std::string("dealt") ? "left" : "source");
      stored.set_source(source);
      stored.set_parallelism(2);
      for (int i = 0; i < 2; ++i) {
        proto::SplitState& split = *stored.add_subtasks()->add_splits();
        split.set_id(source + std::to_string(i));
        split.set_position("half");
      }
    }
    return prepared;
  }
  void Run() {
    job_->Start();
    job_->OnPrepared(Prepared());
    EXPECT_THAT(WordsOf(job_->OnSlots({{"a", 0}, {"b", 0}})),
                ElementsAre("deploy:0:2@a", "deploy:1:2@b", "RUNNING", "assign:0-0:0-2>0",
                            "assign:0-1>1", "no_more>0", "no_more>1"));
    for (uint32_t region = 0; region < 3; ++region) TellAll(region, TaskState::kRunning);
  }

  static std::vector<SubtaskIndex> SubtasksOf(uint32_t region) {
    if (region < 2) return {{0, region}};
    return {{1, 0}, {1, 1}, {2, 0}, {2, 1}};
  }
  Words Tell(uint32_t region, SubtaskIndex index, TaskState state, const std::string& why = "") {
    return WordsOf(job_->OnTaskState(
        StateOf("j", index.vertex, index.subtask, state, why, attempts_[region])));
  }
  Words TellAll(uint32_t region, TaskState state) {
    Words words;
    for (const SubtaskIndex& index : SubtasksOf(region)) {
      for (const std::string& word : Tell(region, index, state)) words.push_back(word);
    }
    return words;
  }
  Words Fail(uint32_t region) {
    return Tell(region, SubtasksOf(region)[0], TaskState::kFailed, "x");
  }
  // All that did not fail; region 2 has four subtasks.
  void CancelRest(uint32_t region) {
    for (size_t i = 1; i < SubtasksOf(region).size(); ++i) {
      Tell(region, SubtasksOf(region)[i], TaskState::kCanceled);
    }
  }
  Words Pass(int64_t micros) {
    time_.micros += micros;
    return WordsOf(job_->OnTimer());
  }
  Words Acknowledge(uint64_t checkpoint, uint32_t region) {
    Words words;
    for (const SubtaskIndex& index : SubtasksOf(region)) {
      protocol::AcknowledgeCheckpoint message;
      *message.mutable_task() = TaskIdOf("j", index.vertex, index.subtask, attempts_[region]);
      message.set_checkpoint_id(checkpoint);
      message.set_acknowledgement(proto::SubtaskAcknowledgement().SerializeAsString());
      for (const std::string& word : WordsOf(job_->OnAcknowledge(message))) words.push_back(word);
    }
    return words;
  }
  void Trigger(uint64_t id) {
    EXPECT_THAT(Pass(10'000'000), ElementsAre("reserve:" + std::to_string(id)));
    const std::string trigger = "trigger:" + std::to_string(id);
    EXPECT_THAT(WordsOf(job_->OnReserved(id, "")), ElementsAre(trigger + "@a", trigger + "@b"));
  }
  Words TakeCheckpoint(uint64_t id) {
    Trigger(id);
    Acknowledge(id, 0);
    Acknowledge(id, 1);
    EXPECT_THAT(Acknowledge(id, 2), ElementsAre("write:" + std::to_string(id)));
    job_->OnCheckpointCommitted(id, {});
    return WordsOf(job_->OnCommitted(id, {}));
  }
  std::string AttemptsToldOf() const {
    std::string attempts;
    const protocol::JobDescription described = job_->Describe(true);
    for (const protocol::VertexDescription& vertex : described.vertices()) {
      for (const auto& task : vertex.tasks()) attempts += std::to_string(task.attempt());
    }
    return attempts;
  }

  TestTime time_;
  std::unique_ptr<JobMaster> job_;
  std::vector<uint32_t> attempts_;  // by region
};

TEST_F(JobRegionsTest, OnlyWhatHasFailedStartsAgain) {
  Run();
  EXPECT_THAT(Fail(1), ElementsAre("log", "RESTARTING", "cancel:1@b"));
  EXPECT_EQ(job_->state(), JobState::kRestarting);
  EXPECT_THAT(Pass(999'999), IsEmpty());
  EXPECT_THAT(Pass(1), ElementsAre("release:1@b", "prepare_part"));
  EXPECT_THAT(WordsOf(job_->OnPrepared(Prepared())),
              ElementsAre("deploy:1@b", "RUNNING", "assign:0-1>1", "no_more>1"));
  EXPECT_EQ(AttemptsToldOf(), "121111");
  attempts_[1] = 2;
  EXPECT_THAT(TellAll(1, TaskState::kRunning), IsEmpty());
  EXPECT_THAT(TakeCheckpoint(1), ElementsAre("complete:1@a", "complete:1@b"));
  EXPECT_EQ(job_->Describe(false).restarts(), 1u);
}

TEST_F(JobRegionsTest, ItWaitsForAllOfItsTasksAndNotForOthers) {
  Run();
  EXPECT_THAT(Fail(2), ElementsAre("log", "RESTARTING", "cancel:2@a", "cancel:2@b"));
  EXPECT_THAT(Pass(1'000'000), IsEmpty()) << "three of its tasks still run";
  CancelRest(2);
  EXPECT_THAT(Pass(1), ElementsAre("release:2@a", "release:2@b", "prepare_part"));
  const JobMasterCommands deployed = job_->OnPrepared(PreparedPart(1, 1));
  EXPECT_THAT(WordsOf(deployed), ElementsAre("deploy:2@a", "deploy:2@b", "RUNNING"));
}

TEST_F(JobRegionsTest, TheOthersGoOnInTheMeantime) {
  Run();
  Fail(1);
  protocol::RequestSplit request;
  *request.mutable_task() = TaskIdOf("j", 1, 0);
  EXPECT_THAT(WordsOf(job_->OnRequestSplit(request)), ElementsAre("assign:1-0>0"));
  EXPECT_THAT(TellAll(0, TaskState::kFinished), IsEmpty());
  protocol::RequestCheckpoint asked;
  EXPECT_THAT(WordsOf(job_->OnRequestCheckpoint(asked, "client/u")), ElementsAre("no_checkpoint"));
  EXPECT_THAT(Pass(60'000'000), Not(Contains("reserve:1"))) << "no checkpoint without it";
}

TEST_F(JobRegionsTest, CheckpointsUnderWayAreGivenUpAndTheOthersToldSo) {
  Run();
  Trigger(1);
  EXPECT_THAT(Acknowledge(1, 0), IsEmpty());
  EXPECT_THAT(Acknowledge(1, 1), IsEmpty());
  EXPECT_THAT(Fail(1),
              ElementsAre("log", "RESTARTING", "aborted:1@a", "aborted:1@b", "cancel:1@b"));
  EXPECT_THAT(Acknowledge(1, 2), IsEmpty());
  const protocol::CheckpointDescription last = job_->Describe(true).checkpoints().latest_failed();
  EXPECT_THAT(last.failure_message(), HasSubstr("a part of the job"));
}

TEST_F(JobRegionsTest, WhatItsFormerAttemptSaysHasNoEffect) {
  Run();
  Fail(1);
  Pass(1'000'000);
  job_->OnPrepared(Prepared());
  EXPECT_THAT(Fail(1), IsEmpty()) << "of attempt 1";
  EXPECT_EQ(job_->state(), JobState::kRunning);
  attempts_[1] = 2;
  TellAll(1, TaskState::kRunning);
  Trigger(1);
  Acknowledge(1, 0);
  Acknowledge(1, 2);
  attempts_[1] = 1;
  EXPECT_THAT(Acknowledge(1, 1), IsEmpty());
  attempts_[1] = 2;
  EXPECT_THAT(Acknowledge(1, 1), ElementsAre("write:1"));
}

TEST_F(JobRegionsTest, EachGoesOnFromTheNewestCheckpointWithItsOwnSplits) {
  Run();
  TakeCheckpoint(1);
  Fail(1);
  time_.micros += 1'000'000;
  const JobMasterCommands preparing = job_->OnTimer();
  const auto& prepare = std::get<PrepareCommand>(preparing.back());
  EXPECT_EQ(prepare.newest_complete, 1u);
  EXPECT_THAT(prepare.part, ElementsAre(testing::Pair(0, ElementsAre(1))));
  EXPECT_THAT(WordsOf(job_->OnPrepared(PreparedPart(1, 0))),
              ElementsAre("deploy:1@b", "RUNNING", "assign:dealt1>1", "no_more>1"));
  EXPECT_EQ(job_->Describe(true).checkpoints().restored(), 0u) << "it does not run yet";
  attempts_[1] = 2;
  TellAll(1, TaskState::kRunning);
  EXPECT_EQ(job_->Describe(true).checkpoints().restored(), 1u);
}

TEST_F(JobRegionsTest, ALostTaskManagerTakesItsRegionsAlongAndTheOthersKeepTheirSlots) {
  Run();
  EXPECT_THAT(WordsOf(job_->OnTaskManagerLost("b")),
              ElementsAre("log", "RESTARTING", "cancel:2@a", "cancel:1:2@b"));
  Tell(2, {1, 0}, TaskState::kCanceled);
  Tell(2, {2, 0}, TaskState::kCanceled);
  EXPECT_THAT(Pass(1'000'000), Contains("prepare_part"));
  EXPECT_THAT(WordsOf(job_->OnPrepared(Prepared())), ElementsAre("more_slots:1"));
  EXPECT_TRUE(job_->waits_for_slots());
  const JobMasterCommands waiting = job_->OnSlotsMissing(0);
  EXPECT_THAT(WordsOf(waiting), ElementsAre("waits"));
  EXPECT_THAT(job_->Describe(false).waiting_for(), HasSubstr("a part of the job needs 1 slots"));
  // So long as it is away, it may be another one that is lost, or one that was given.
  EXPECT_THAT(WordsOf(job_->OnSlots({{"c", 3}})),
              ElementsAre("deploy:2@a", "deploy:1:2@c", "RUNNING", "assign:0-1>1", "no_more>1"));
  EXPECT_EQ(AttemptsToldOf(), "122222");
  EXPECT_FALSE(job_->waits_for_slots());
}

TEST_F(JobRegionsTest, APartThatWaitsForSlotsTooLongFailsTheJob) {
  Run();
  job_->OnTaskManagerLost("b");
  Tell(2, {1, 0}, TaskState::kCanceled);
  Tell(2, {2, 0}, TaskState::kCanceled);
  Pass(1'000'000);
  job_->OnPrepared(Prepared());
  job_->OnSlotsMissing(0);
  EXPECT_THAT(Pass(299'000'000), IsEmpty());
  EXPECT_THAT(Pass(1'000'000), ElementsAre("FAILING", "cancel@a", "cancel@b"));
  EXPECT_THAT(WordsOf(job_->OnSlots({{"c", 0}})), IsEmpty()) << "too late";
  EXPECT_THAT(Tell(0, {0, 0}, TaskState::kCanceled), Contains("FAILED"));
}

TEST_F(JobRegionsTest, WhatFailsInTheMeantimeJoins) {
  Run();
  Fail(1);
  EXPECT_THAT(Fail(0), ElementsAre("log", "RESTARTING", "cancel:0@a"));
  EXPECT_THAT(Pass(999'999), IsEmpty());
  EXPECT_THAT(Pass(1), ElementsAre("release:0@a", "release:1@b", "prepare_part"));
  // Also while it is prepared; then all is prepared anew, and here all of the job fails.
  EXPECT_THAT(Fail(2), ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b"));
  EXPECT_THAT(WordsOf(job_->OnPrepared(Prepared())), IsEmpty());
  CancelRest(2);
  EXPECT_THAT(Pass(1'000'000), ElementsAre("release@a", "release@b", "prepare_again"));
  EXPECT_EQ(job_->Describe(false).restarts(), 2u);
}

TEST_F(JobRegionsTest, APartThatIsPreparedBeforeAnotherFailsIsPreparedAgain) {
  Run();
  Fail(1);
  EXPECT_THAT(Pass(1'000'000), ElementsAre("release:1@b", "prepare_part"));
  EXPECT_THAT(Fail(0), ElementsAre("log", "RESTARTING", "cancel:0@a"));
  EXPECT_THAT(WordsOf(job_->OnPrepared(Prepared())), IsEmpty());
  EXPECT_THAT(Pass(0), ElementsAre("release:0@a", "release:1@b", "prepare_part"));
  EXPECT_THAT(WordsOf(job_->OnPrepared(Prepared())),
              ElementsAre("deploy:0@a", "deploy:1@b", "RUNNING", "assign:0-0:0-2>0", "assign:0-1>1",
                          "no_more>0", "no_more>1"));
  EXPECT_EQ(job_->Describe(false).restarts(), 1u) << "of one failure";
}

TEST_F(JobRegionsTest, AFailureOfTheJobAsAWholeTakesAllAlong) {
  Run();
  TakeCheckpoint(1);
  Fail(1);
  // What it lists is to be committed when the job goes on from it.
  EXPECT_THAT(WordsOf(job_->OnCommitted(1, MakeError(ErrorCode::kIo, "the disk"))),
              ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b"));
  TellAll(0, TaskState::kCanceled);
  Tell(2, {1, 0}, TaskState::kCanceled);
  CancelRest(2);
  EXPECT_THAT(Pass(1'000'000), ElementsAre("release@a", "release@b", "prepare_again"));
}

TEST_F(JobRegionsTest, ACheckpointThatCannotBeReadAnyMoreTakesAllBack) {
  Run();
  TakeCheckpoint(1);
  Fail(1);
  Pass(1'000'000);
  EXPECT_THAT(WordsOf(job_->OnPrepareFailed({ErrorCode::kCorrupt, "damaged"})),
              ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b"));
  EXPECT_EQ(job_->Describe(false).restarts(), 1u);
}

TEST_F(JobRegionsTest, ADamagedSegmentTakesAllBackToTheCheckpointBefore) {
  Run();
  TakeCheckpoint(1);
  Fail(1);
  Pass(1'000'000);
  job_->OnPrepared(PreparedPart(1, 0));
  attempts_[1] = 2;
  protocol::TaskStateUpdate update = StateOf("j", 0, 1, TaskState::kFailed, "wrong checksum", 2);
  update.set_checkpoint_damaged(true);
  EXPECT_THAT(WordsOf(job_->OnTaskState(update)),
              ElementsAre("RESTARTING", "cancel@a", "cancel@b"));
  TellAll(0, TaskState::kCanceled);
  Tell(2, {1, 0}, TaskState::kCanceled);
  CancelRest(2);
  const JobMasterCommands preparing = job_->OnTimer();
  const auto& prepare = std::get<PrepareCommand>(preparing.back());
  ASSERT_TRUE(prepare.damaged.has_value());
  EXPECT_EQ(prepare.damaged->checkpoint_id, 1u);
  EXPECT_THAT(prepare.part, IsEmpty());
}

TEST_F(JobRegionsTest, ADiskThatFailsIsTriedAgain) {
  Run();
  Fail(1);
  Pass(1'000'000);
  EXPECT_THAT(WordsOf(job_->OnPrepareFailed({ErrorCode::kIo, "the disk"})), ElementsAre("log"));
  EXPECT_THAT(Pass(999'999), IsEmpty());
  EXPECT_THAT(Pass(1), ElementsAre("release:1@b", "prepare_part"));
}

TEST_F(JobRegionsTest, ACheckpointWithAnUnknownOutcomeTakesAllAlong) {
  Run();
  Trigger(1);
  for (uint32_t region = 0; region < 3; ++region) Acknowledge(1, region);
  job_->OnCheckpointCommitted(1, {MetadataOutcome::kUnknown, Error{ErrorCode::kIo, "the disk"}});
  // Since no failed checkpoint is tolerated, nor is it any task's failure.
  EXPECT_EQ(job_->state(), JobState::kRestarting);
  EXPECT_THAT(Fail(1), IsEmpty()) << "what follows from the first";
}

TEST_F(JobRegionsTest, AfterACommitThatWasUnderWayNobodyKnowsWhatToGoOnFrom) {
  JobGraph graph = Graph();
  graph.config["execution.checkpointing.tolerable-failed-checkpoints"] = "5";
  Make(std::move(graph));
  Run();
  Trigger(1);
  for (uint32_t region = 0; region < 3; ++region) Acknowledge(1, region);
  EXPECT_THAT(Fail(1), ElementsAre("log", "RESTARTING", "cancel:1@b"));
  EXPECT_THAT(Pass(1'000'000), IsEmpty()) << "it may yet become complete";
  job_->OnCheckpointCommitted(1, {MetadataOutcome::kUnknown, Error{ErrorCode::kIo, "the disk"}});
  EXPECT_THAT(Pass(0), ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b"));
}

TEST_F(JobRegionsTest, AJobThatIsAboutToStopStartsAgainAsAWhole) {
  Run();
  protocol::RequestCheckpoint request;
  request.set_kind(static_cast<uint32_t>(BarrierKind::kStop));
  request.set_target("/savepoints");
  job_->OnRequestCheckpoint(request, "client/u");
  EXPECT_THAT(Fail(1), ElementsAre("no_checkpoint", "log", "RESTARTING", "cancel@a", "cancel@b"));
}

TEST_F(JobRegionsTest, BeforeAllHasLoadedWhatItGoesOnFromTheWholeJobStartsAgain) {
  job_->Start();
  PreparedJob prepared = Prepared();
  prepared.restored = PreparedPart(7, 0).restored;
  job_->OnPrepared(std::move(prepared));
  job_->OnSlots({{"a", 0}, {"b", 0}});
  TellAll(0, TaskState::kRunning);
  EXPECT_THAT(Fail(1), ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b"));
}

TEST_F(JobRegionsTest, APartThatFailsBeforeAllRunDoesNotHoldTheOthersUp) {
  job_->Start();
  job_->OnPrepared(Prepared());
  job_->OnSlots({{"a", 0}, {"b", 0}});
  TellAll(0, TaskState::kRunning);
  EXPECT_THAT(Fail(1), ElementsAre("log", "RESTARTING", "cancel:1@b"));
  TellAll(2, TaskState::kRunning);
  Pass(1'000'000);
  job_->OnPrepared(Prepared());
  attempts_[1] = 2;
  TellAll(1, TaskState::kRunning);
  TakeCheckpoint(1);
}

TEST_F(JobRegionsTest, WhatHadFinishedWithTheRegionIsForgottenAndNothingElse) {
  Run();
  TellAll(0, TaskState::kFinished);
  Tell(2, {1, 0}, TaskState::kFinished);
  Fail(2);  // a channel of that task is lost
  CancelRest(2);
  EXPECT_THAT(TellAll(1, TaskState::kFinished), IsEmpty()) << "not all of the job has";
  Pass(1'000'000);
  job_->OnPrepared(Prepared());
  attempts_[2] = 2;
  TellAll(2, TaskState::kRunning);
  EXPECT_THAT(TellAll(2, TaskState::kFinished), ElementsAre("reserve:1")) << "the last checkpoint";
}

TEST_F(JobRegionsTest, ARestartStrategyThatGivesUpEndsTheJob) {
  Run();
  for (int i = 0; i < 3; ++i) {
    Fail(1);
    Pass(1'000'000);
    job_->OnPrepared(Prepared());
    attempts_[1] += 1;
    TellAll(1, TaskState::kRunning);
  }
  EXPECT_THAT(Fail(1), ElementsAre("FAILING", "cancel@a", "cancel@b"));
}

TEST_F(JobRegionsTest, AJobEndsWhoseOtherPartsHadFinishedBeforeItsStart) {
  JobGraph graph = Graph();
  graph.config["restart-strategy.fixed-delay.attempts"] = "1";
  Make(std::move(graph));
  job_->Start();
  PreparedJob prepared = Prepared();
  proto::CheckpointMetadata& metadata = prepared.restored.emplace();
  metadata.set_checkpoint_id(7);
  for (const char* name : {"left", "source", "sink"}) {
    proto::VertexSnapshot& stored = *metadata.add_vertices();
    stored.set_name(name);
    stored.set_parallelism(2);
    if (name == std::string("left")) stored.set_source("dealt");
    if (name == std::string("source")) stored.set_source("in");
    for (int i = 0; i < 2; ++i) stored.add_subtasks()->set_finished(name != std::string("left"));
  }
  prepared.sources[1].splits.clear();
  job_->OnPrepared(std::move(prepared));
  job_->OnSlots({{"a", 0}, {"b", 0}});
  TellAll(0, TaskState::kRunning);
  TellAll(1, TaskState::kRunning);
  job_->OnRestoreCommitted({});
  Fail(0);
  Fail(1);
  ASSERT_EQ(job_->state(), JobState::kRestarting);
  EXPECT_THAT(Pass(1'000'000), Contains("prepare_part"));
  EXPECT_THAT(WordsOf(job_->OnPrepareFailed({ErrorCode::kIo, "the disk"})), Contains("FAILED"));
}

TEST_F(JobRegionsTest, ACancelTakesAllDown) {
  Run();
  Fail(1);
  EXPECT_THAT(WordsOf(job_->OnCancel()), ElementsAre("CANCELLING", "cancel@a", "cancel@b"));
  TellAll(0, TaskState::kCanceled);
  EXPECT_THAT(TellAll(2, TaskState::kCanceled), Contains("CANCELED"));
}

TEST_F(JobRegionsTest, ByItsOptionAndWhenItAdaptsTheJobIsOneRegion) {
  for (const auto& [name, value] : {std::pair("jobmanager.execution.failover-strategy", "full"),
                                    std::pair("jobmanager.scheduler", "Adaptive")}) {
    JobGraph graph = Graph();
    graph.config[name] = value;
    Make(std::move(graph));
    job_->Start();
    job_->OnPrepared(Prepared());
    EXPECT_THAT(WordsOf(job_->OnSlots({{"a", 0}, {"b", 0}})), Contains("deploy@a"));
    EXPECT_THAT(Fail(1), ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b")) << name;
  }
  JobGraph graph = Graph();
  graph.config["jobmanager.execution.failover-strategy"] = "some";
  const auto refused = JobMaster::Make("j", graph, "", "client/c", time_.environment());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("failover-strategy"));
}

}  // namespace
}  // namespace flinkc
