#include "runtime/jobmanager/job_master.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "runtime/graph/barrier_kind.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Two vertices of two subtasks each: subtask 0 of both is on `a`, subtask 1 on `b`.
class JobMasterTest : public testing::Test {
 protected:
  JobMasterTest() { Make(TwoVertexGraph(2)); }

  void Make(JobGraph graph) {
    auto job = JobMaster::Make("j", std::move(graph), "bytes", "client/c", time_.environment());
    ASSERT_TRUE(job) << job.error().message;
    owned_ = *std::move(job);
  }

  void Prepare(PreparedJob prepared = WithSplits(1)) {
    EXPECT_THAT(WordsOf(job().Start()), ElementsAre("prepare"));
    EXPECT_THAT(WordsOf(job().OnPrepared(std::move(prepared))), ElementsAre("CREATED", "slots:2"));
  }
  JobMasterCommands Deploy() { return job().OnSlots({{"a", 0}, {"b", 0}}); }
  void Run(PreparedJob prepared = WithSplits(1)) {
    Prepare(std::move(prepared));
    Deploy();
    ASSERT_EQ(job().state(), JobState::kRunning);
  }

  JobMasterCommands Tell(uint32_t vertex, uint32_t subtask, TaskState state,
                         const std::string& reason = "") {
    return job().OnTaskState(StateOf("j", vertex, subtask, state, reason));
  }
  // What the last of the four says is returned.
  Words TellAll(TaskState state) {
    Words words;
    for (uint32_t vertex = 0; vertex < 2; ++vertex) {
      for (uint32_t subtask = 0; subtask < 2; ++subtask) {
        words = WordsOf(Tell(vertex, subtask, state));
      }
    }
    return words;
  }
  Words Committed(const std::string& error = "") {
    return WordsOf(
        job().OnCommitted(0, error.empty() ? Status() : MakeError(ErrorCode::kNoSpace, error)));
  }
  Words RequestSplit(uint32_t vertex, uint32_t subtask) {
    protocol::RequestSplit request;
    *request.mutable_task() = TaskIdOf("j", vertex, subtask);
    return WordsOf(job().OnRequestSplit(request));
  }
  // The update of the client in `commands`.
  static protocol::JobUpdate UpdateIn(const JobMasterCommands& commands) {
    protocol::JobUpdate update;
    for (const JobMasterCommand& command : commands) {
      const auto* send = std::get_if<SendCommand>(&command);
      if (send != nullptr && send->envelope.has_job_update()) update = send->envelope.job_update();
    }
    return update;
  }

  JobMaster& job() { return *owned_; }

  TestTime time_;
  std::unique_ptr<JobMaster> owned_;
};

// A TaskManager tells of a lost channel in the name of one of its tasks.
TEST_F(JobMasterTest, AFinishedTaskWhoseRowsAreLostHasFailed) {
  Run();
  Tell(0, 0, TaskState::kRunning);
  Tell(0, 0, TaskState::kFinished);
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kFailed, "a channel is lost")), Contains("FAILING"));
}

TEST_F(JobMasterTest, WhatIsLostAfterTheLastTaskHasFinishedDoesNoHarm) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kFailed, "a channel is lost")), IsEmpty());
  EXPECT_THAT(Committed(), Contains("FINISHED"));
}

TEST_F(JobMasterTest, RunsToItsEndAndCommitsOnce) {
  Prepare();
  EXPECT_THAT(WordsOf(Deploy()), ElementsAre("deploy@a", "deploy@b", "RUNNING"));
  EXPECT_THAT(TellAll(TaskState::kRunning), IsEmpty());
  EXPECT_THAT(TellAll(TaskState::kFinished), ElementsAre("commit:2"));
  EXPECT_EQ(job().state(), JobState::kRunning) << "its output is not visible yet";
  EXPECT_THAT(Committed(),
              ElementsAre("release@a", "release@b", "clean", "release_slots", "FINISHED", "ended"));
}

TEST_F(JobMasterTest, FailsWhenATaskFailsAndNamesTheFirstReason) {
  Run();
  TellAll(TaskState::kRunning);
  EXPECT_THAT(WordsOf(Tell(0, 1, TaskState::kFailed, "first")),
              ElementsAre("FAILING", "cancel@a", "cancel@b"));
  EXPECT_THAT(WordsOf(Tell(1, 1, TaskState::kFailed, "second")), IsEmpty());
  Tell(0, 0, TaskState::kCanceled);
  const JobMasterCommands end = Tell(1, 0, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(end),
              ElementsAre("release@a", "release@b", "clean", "release_slots", "FAILED", "ended"));
  EXPECT_EQ(UpdateIn(end).error().message(), "first");
  EXPECT_FALSE(UpdateIn(end).failed_before_running());
}

TEST_F(JobMasterTest, AFailureWithoutAReasonIsToldAsOne) {
  Run();
  EXPECT_THAT(UpdateIn(Tell(0, 0, TaskState::kFailed)).error().message(), HasSubstr("reason"));
}

TEST_F(JobMasterTest, NothingIsCommittedWhenSomeTaskFailed) {
  Run();
  Tell(0, 0, TaskState::kFinished);
  Tell(0, 1, TaskState::kFinished);
  Tell(1, 0, TaskState::kFinished);
  const Words words = WordsOf(Tell(1, 1, TaskState::kFailed, "x"));
  EXPECT_THAT(words, Not(Contains(StartsWith("commit"))));
  EXPECT_THAT(words, Contains("cancel@a")) << "what has finished must be undone";
  EXPECT_EQ(job().state(), JobState::kFailed);
}

TEST_F(JobMasterTest, FailsBeforeItRunsIfItCannotBePrepared) {
  job().Start();
  const JobMasterCommands end = job().OnPrepareFailed({ErrorCode::kNotFound, "no input"});
  EXPECT_THAT(WordsOf(end), ElementsAre("release_slots", "FAILED", "ended"));
  EXPECT_TRUE(UpdateIn(end).failed_before_running());
  EXPECT_EQ(UpdateIn(end).error().message(), "no input");
}

TEST_F(JobMasterTest, WaitsForSlotsAndSaysSo) {
  Prepare();
  const JobMasterCommands waits = job().OnSlotsMissing(1);
  EXPECT_THAT(UpdateIn(waits).waiting_for(), HasSubstr("needs 2 slots, 1 are free"));
  EXPECT_THAT(UpdateIn(Deploy()).waiting_for(), IsEmpty());
}

TEST_F(JobMasterTest, CancelBeforeItIsPreparedEndsItAtOnce) {
  job().Start();
  EXPECT_THAT(WordsOf(job().OnCancel()), ElementsAre("release_slots", "CANCELED", "ended"));
  EXPECT_THAT(WordsOf(job().OnPrepared(WithSplits(1))), IsEmpty());
  EXPECT_THAT(WordsOf(job().OnPrepareFailed({ErrorCode::kNotFound, "x"})), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kCanceled);
}

TEST_F(JobMasterTest, CancelWhileItWaitsGivesSlotsThatComeBack) {
  Prepare();
  EXPECT_THAT(WordsOf(job().OnCancel()), ElementsAre("release_slots", "CANCELED", "ended"));
  EXPECT_THAT(WordsOf(Deploy()), ElementsAre("release_slots"));
}

TEST_F(JobMasterTest, CancelWhileDeployingReachesEveryTaskManager) {
  Run();
  EXPECT_THAT(WordsOf(job().OnCancel()), ElementsAre("CANCELLING", "cancel@a", "cancel@b"));
  EXPECT_THAT(WordsOf(job().OnCancel()), IsEmpty()) << "once is enough";
  // What was on its way when the cancel was sent.
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kRunning)), IsEmpty());
  EXPECT_THAT(WordsOf(Tell(0, 1, TaskState::kFinished)), IsEmpty());
  EXPECT_THAT(RequestSplit(0, 0), IsEmpty()) << "no more work for a job that is cancelled";
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  const JobMasterCommands end = Tell(1, 1, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(end),
              ElementsAre("release@a", "release@b", "clean", "release_slots", "CANCELED", "ended"));
  EXPECT_FALSE(UpdateIn(end).has_error());
}

TEST_F(JobMasterTest, ATaskThatFailsWhileCancellingChangesNothing) {
  Run();
  job().OnCancel();
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kFailed, "late")), IsEmpty());
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Tell(1, 1, TaskState::kCanceled);
  EXPECT_EQ(job().state(), JobState::kCanceled);
}

TEST_F(JobMasterTest, CancelComesTooLateWhenTheOutputIsBeingCommitted) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(WordsOf(job().OnCancel()), IsEmpty());
  Committed();
  EXPECT_EQ(job().state(), JobState::kFinished);
}

TEST_F(JobMasterTest, FinishingTwiceCommitsOnce) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(TellAll(TaskState::kFinished), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
  Committed();
  EXPECT_THAT(Committed(), IsEmpty()) << "it has ended";
}

TEST_F(JobMasterTest, ATaskThatHasFailedDoesNotFinish) {
  Run();
  Tell(0, 0, TaskState::kFailed, "x");
  Tell(0, 0, TaskState::kFinished);
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Tell(1, 1, TaskState::kCanceled);
  EXPECT_EQ(job().state(), JobState::kFailed);
}

TEST_F(JobMasterTest, FailsIfTheOutputCannotBeCommitted) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(Committed("disk full"), Contains("FAILED"));
}

TEST_F(JobMasterTest, ACommitNobodyAskedForHasNoEffect) {
  Run();
  EXPECT_THAT(Committed(), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
}

TEST_F(JobMasterTest, UnknownTasksAndStatesHaveNoEffect) {
  Run();
  EXPECT_THAT(WordsOf(Tell(2, 0, TaskState::kFailed, "x")), IsEmpty());
  EXPECT_THAT(WordsOf(Tell(0, 2, TaskState::kFailed, "x")), IsEmpty());
  EXPECT_THAT(WordsOf(Tell(0, 0, static_cast<TaskState>(99))), IsEmpty());
  EXPECT_THAT(RequestSplit(1, 0), IsEmpty()) << "not a source";
  EXPECT_THAT(RequestSplit(0, 7), IsEmpty());
  EXPECT_THAT(RequestSplit(7, 0), IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);

  protocol::TaskProgress progress;
  *progress.mutable_task() = TaskIdOf("j", 5, 5);
  job().OnProgress(progress);
  EXPECT_EQ(UpdateIn(job().OnProgressTimer()).tasks_size(), 0);
  *progress.mutable_task() = TaskIdOf("j", 1, 1);
  job().OnProgress(progress);
  EXPECT_EQ(UpdateIn(job().OnProgressTimer()).tasks_size(), 1);
}

TEST_F(JobMasterTest, HandsOutSplitsInOrderAndSaysOnceThatThereAreNoMore) {
  Run(WithSplits(3));
  EXPECT_THAT(RequestSplit(0, 1), ElementsAre("assign:split-0>1"));
  EXPECT_THAT(RequestSplit(0, 0), ElementsAre("assign:split-1>0"));
  EXPECT_THAT(RequestSplit(0, 0), ElementsAre("assign:split-2>0", "no_more>0", "no_more>1"));
  EXPECT_THAT(RequestSplit(0, 1), IsEmpty());
}

TEST_F(JobMasterTest, ASourceWithoutSplitsIsToldWhenItAsks) {
  Run(WithSplits(0));
  EXPECT_THAT(RequestSplit(0, 1), ElementsAre("no_more>0", "no_more>1"));
}

TEST_F(JobMasterTest, SpreadsSplitsThatAreAssignedAtTheStart) {
  Prepare(WithSplits(3, /*assigns_all_at_start=*/true));
  EXPECT_THAT(WordsOf(Deploy()),
              ElementsAre("deploy@a", "deploy@b", "RUNNING", "assign:split-0:split-2>0",
                          "assign:split-1>1", "no_more>0", "no_more>1"));
}

TEST_F(JobMasterTest, TellsHowMuchThereIsToRead) {
  Run(WithSplits(3));
  EXPECT_EQ(UpdateIn(job().OnProgressTimer()).total_bytes(), 30);
}

TEST_F(JobMasterTest, FailsWhenATaskManagerIsLost) {
  Run();
  EXPECT_THAT(WordsOf(job().OnTaskManagerLost("elsewhere")), IsEmpty());
  Tell(0, 1, TaskState::kFinished);
  const JobMasterCommands failing = job().OnTaskManagerLost("b");
  EXPECT_THAT(WordsOf(failing), ElementsAre("FAILING", "cancel@a", "cancel@b"));
  EXPECT_THAT(UpdateIn(failing).error().message(), HasSubstr("`b` was lost"));
  // Only what runs on `a` has still to answer.
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  EXPECT_EQ(job().state(), JobState::kFailed);
}

TEST_F(JobMasterTest, ATaskManagerLostWhileCancellingNeedNotAnswer) {
  Run();
  job().OnCancel();
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(job().OnTaskManagerLost("b")), Contains("CANCELED"));
}

TEST_F(JobMasterTest, WhatIsSealedIsNotLostWithItsTaskManager) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(WordsOf(job().OnTaskManagerLost("b")), IsEmpty());
  EXPECT_THAT(Committed(), Contains("FINISHED"));
}

TEST_F(JobMasterTest, MessagesOfAnotherAttemptHaveNoEffect) {
  Run();
  EXPECT_THAT(WordsOf(job().OnTaskState(StateOf("j", 0, 0, TaskState::kFailed, "old", 0))),
              IsEmpty());
  EXPECT_EQ(job().state(), JobState::kRunning);
}

// The same job with checkpoints.
class CheckpointedJobTest : public JobMasterTest {
 protected:
  CheckpointedJobTest() {
    JobGraph graph = TwoVertexGraph(2);
    graph.vertices[1].state_ids = {"sums/aggregate"};
    graph.config["execution.checkpointing.interval"] = "10s";
    graph.config["execution.checkpointing.dir"] = "checkpoints";
    graph.config["restart-strategy.type"] = "fixed-delay";
    graph.config["restart-strategy.fixed-delay.attempts"] = "2";
    graph.config["restart-strategy.fixed-delay.delay"] = "1s";
    Make(std::move(graph));
  }

  void MakeWithStrategy(const std::string& type) {
    JobGraph graph = TwoVertexGraph(2);
    graph.config["execution.checkpointing.interval"] = "10s";
    graph.config["execution.checkpointing.dir"] = "checkpoints";
    graph.config["restart-strategy.type"] = type;
    Make(std::move(graph));
  }
  // What the job ends with when a task fails so behind checkpoint 1, and no new start is allowed.
  JobMasterCommands FailBehindCheckpoint(ErrorCode code) {
    JobGraph graph = TwoVertexGraph(2);
    graph.config["execution.checkpointing.interval"] = "10s";
    graph.config["execution.checkpointing.dir"] = "checkpoints";
    if (code == ErrorCode::kInvalidData) graph.config["restart-strategy.type"] = "none";
    Make(std::move(graph));
    Run(Prepared());
    TellAll(TaskState::kRunning);
    TakeUpToTheLast(1);
    Acknowledge(1, 1, 1);
    job().OnCheckpointCommitted(1, {});
    protocol::TaskStateUpdate failed = StateOf("j", 0, 0, TaskState::kFailed, "reason");
    failed.mutable_error()->set_code(static_cast<uint32_t>(code));
    EXPECT_THAT(WordsOf(job().OnTaskState(failed)), Contains("FAILING")) << Name(code);
    Tell(0, 1, TaskState::kCanceled);
    Tell(1, 0, TaskState::kCanceled);
    return Tell(1, 1, TaskState::kCanceled);
  }

  static PreparedJob Prepared() {
    PreparedJob prepared = WithSplits(3);
    prepared.checkpoint_directory = "checkpoints/two";
    return prepared;
  }
  Words Pass(int64_t micros) {
    time_.micros += micros;
    return WordsOf(job().OnTimer());
  }
  Words Acknowledge(uint64_t checkpoint, uint32_t vertex, uint32_t subtask, uint32_t attempt = 1) {
    protocol::AcknowledgeCheckpoint message;
    *message.mutable_task() = TaskIdOf("j", vertex, subtask, attempt);
    message.set_checkpoint_id(checkpoint);
    proto::SubtaskAcknowledgement acknowledgement;
    if (vertex == 1) acknowledgement.mutable_snapshot()->add_sealed()->set_sink("out");
    message.set_acknowledgement(acknowledgement.SerializeAsString());
    return WordsOf(job().OnAcknowledge(message));
  }
  static void AddSealed(const std::string& unit, proto::CheckpointMetadata& metadata) {
    proto::SealedOutput& sealed = *metadata.add_vertices()->add_subtasks()->add_sealed();
    sealed.set_sink("out");
    sealed.set_unit(unit);
  }
  // The first subtask fails, the others are canceled.
  void CancelOthers(uint32_t attempt, const std::string& reason = "") {
    const auto tell = [&](uint32_t vertex, uint32_t subtask, TaskState state,
                          const std::string& why) {
      job().OnTaskState(StateOf("j", vertex, subtask, state, why, attempt));
    };
    if (!reason.empty()) tell(0, 0, TaskState::kFailed, reason);
    tell(0, 1, TaskState::kCanceled, "");
    tell(1, 0, TaskState::kCanceled, "");
    tell(1, 1, TaskState::kCanceled, "");
  }
  Words FailToRestore() {
    protocol::TaskStateUpdate update = StateOf("j", 0, 0, TaskState::kFailed, "wrong checksum");
    update.set_checkpoint_damaged(true);
    return WordsOf(job().OnTaskState(update));
  }
  // Checkpoint `id` up to its `_metadata`.
  void TakeUpToTheLast(uint64_t id) {
    EXPECT_THAT(Pass(10'000'000), ElementsAre("reserve:" + std::to_string(id)));
    EXPECT_THAT(WordsOf(job().OnReserved(id, "")),
                ElementsAre("trigger:" + std::to_string(id) + "@a",
                            "trigger:" + std::to_string(id) + "@b"));
    EXPECT_THAT(Acknowledge(id, 0, 0), IsEmpty());
    EXPECT_THAT(Acknowledge(id, 0, 1), IsEmpty());
    EXPECT_THAT(Acknowledge(id, 1, 0), IsEmpty());
  }
};

TEST_F(CheckpointedJobTest, AfterTheLossOfATaskManagerItAsksForSlotsAgain) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  EXPECT_THAT(WordsOf(job().OnTaskManagerLost("b", "the connection is over")),
              ElementsAre("log", "RESTARTING", "cancel@a", "cancel@b"));
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  EXPECT_THAT(Pass(1'000'000), ElementsAre("release@a", "release@b", "prepare_again"));
  EXPECT_THAT(WordsOf(job().OnPrepared(Prepared())),
              ElementsAre("release_slots", "CREATED", "slots:2"));
  EXPECT_THAT(WordsOf(job().OnSlotsMissing(1)), ElementsAre("waits"));
  EXPECT_THAT(Pass(299'000'000), IsEmpty());
  EXPECT_THAT(WordsOf(job().OnSlots({{"a", 0}, {"c", 0}})),
              ElementsAre("deploy@a", "deploy@c", "RUNNING"));
  EXPECT_EQ(job().state(), JobState::kRunning);
}

TEST_F(CheckpointedJobTest, AJobThatWaitsForSlotsTooLongFailsAndKeepsItsCheckpoints) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  job().OnTaskManagerLost("b", "");
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Pass(1'000'000);
  job().OnPrepared(Prepared());
  job().OnSlotsMissing(1);
  const Words words = Pass(300'000'000);
  EXPECT_THAT(words, Contains("FAILED"));
  EXPECT_THAT(words, Not(Contains("discard")));
}

// A savepoint that is asked for, up to its `_metadata`; its answer goes to client/rest.
class SavepointTest : public CheckpointedJobTest {
 protected:
  void TakeSavepoint(BarrierKind kind) {
    Run(Prepared());
    TellAll(TaskState::kRunning);
    protocol::RequestCheckpoint request;
    request.set_job_id("j");
    request.set_request_id(7);
    request.set_kind(static_cast<uint32_t>(kind));
    request.set_target("/sp");
    EXPECT_THAT(WordsOf(job().OnRequestCheckpoint(request, "client/rest")),
                ElementsAre("reserve:1"));
    job().OnReserved(1, "/sp/savepoint-j-1");
    for (uint32_t vertex = 0; vertex < 2; ++vertex) {
      for (uint32_t subtask = 0; subtask < 2; ++subtask) Acknowledge(1, vertex, subtask);
    }
  }
  // The answer in `commands`, if it is there.
  static std::optional<protocol::RequestCheckpointReply> ReplyIn(
      const JobMasterCommands& commands) {
    for (const JobMasterCommand& command : commands) {
      const auto* send = std::get_if<SendCommand>(&command);
      if (send == nullptr || !send->envelope.has_request_checkpoint_reply()) continue;
      EXPECT_EQ(send->envelope.to(), "client/rest");
      EXPECT_EQ(send->envelope.request_checkpoint_reply().request_id(), 7u);
      return send->envelope.request_checkpoint_reply();
    }
    return std::nullopt;
  }
  static size_t KeptIn(const JobMasterCommands& commands) {
    for (const JobMasterCommand& command : commands) {
      const auto* leftovers = std::get_if<RemoveLeftoversCommand>(&command);
      if (leftovers != nullptr) return leftovers->sealed.size();
    }
    return SIZE_MAX;
  }
};

TEST_F(SavepointTest, IsAnsweredAtOnceAndCommitsNothing) {
  TakeSavepoint(BarrierKind::kSavepoint);
  const JobMasterCommands commands = job().OnCheckpointCommitted(1, {});
  EXPECT_THAT(WordsOf(commands), ElementsAre("checkpoint"));
  EXPECT_EQ(ReplyIn(commands)->path(), "/sp/savepoint-j-1");
  EXPECT_EQ(job().state(), JobState::kRunning);
}

TEST_F(SavepointTest, WhatItListsStaysUntilALaterCheckpointHasCommittedIt) {
  TakeSavepoint(BarrierKind::kSavepoint);
  job().OnCheckpointCommitted(1, {});
  TakeUpToTheLast(2);
  Acknowledge(2, 1, 1);
  job().OnCheckpointCommitted(2, {});
  job().OnCommitted(2, {});
  job().OnCancel();
  Tell(0, 0, TaskState::kCanceled);
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  // What the newest checkpoint lists.
  EXPECT_EQ(KeptIn(Tell(1, 1, TaskState::kCanceled)), 2u);
}

TEST_F(SavepointTest, OutputOfASavepointIsKeptByACancel) {
  TakeSavepoint(BarrierKind::kSavepoint);
  job().OnCheckpointCommitted(1, {});
  job().OnCancel();
  Tell(0, 0, TaskState::kCanceled);
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  // One of each subtask of the sink, although the job's checkpoints are discarded.
  EXPECT_EQ(KeptIn(Tell(1, 1, TaskState::kCanceled)), 2u);
}

TEST_F(SavepointTest, AStopIsAnsweredWhenTheJobHasEnded) {
  TakeSavepoint(BarrierKind::kStop);
  const JobMasterCommands complete = job().OnCheckpointCommitted(1, {});
  EXPECT_THAT(WordsOf(complete), ElementsAre("commit:2"));
  EXPECT_THAT(WordsOf(job().OnCommitted(1, {})), ElementsAre("complete:1@a", "complete:1@b"));
  EXPECT_THAT(TellAll(TaskState::kFinished), ElementsAre("commit:2"));
  const JobMasterCommands end = job().OnCommitted(0, {});
  EXPECT_THAT(WordsOf(end), Contains("FINISHED"));
  ASSERT_TRUE(ReplyIn(end).has_value());
  EXPECT_FALSE(ReplyIn(end)->has_error());
  EXPECT_EQ(ReplyIn(end)->path(), "/sp/savepoint-j-1");
}

TEST_F(SavepointTest, AFailureBehindAStopStartsNothingAgain) {
  TakeSavepoint(BarrierKind::kStop);
  job().OnCheckpointCommitted(1, {});
  // A new start from an older checkpoint would write once more what the savepoint has committed.
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kFailed, "too bad")), Contains("FAILING"));
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  const JobMasterCommands end = Tell(1, 1, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(end), Contains("FAILED"));
  ASSERT_TRUE(ReplyIn(end).has_value());
  EXPECT_THAT(ReplyIn(end)->error().message(), HasSubstr("/sp/savepoint-j-1 is complete"));
  EXPECT_THAT(ReplyIn(end)->error().message(), HasSubstr("too bad"));
}

TEST_F(SavepointTest, WithoutADirectoryForCheckpointsThereIsNone) {
  Make(TwoVertexGraph(2));
  Run();
  TellAll(TaskState::kRunning);
  protocol::RequestCheckpoint request;
  request.set_request_id(7);
  const JobMasterCommands refused = job().OnRequestCheckpoint(request, "client/rest");
  ASSERT_TRUE(ReplyIn(refused).has_value());
  EXPECT_THAT(ReplyIn(refused)->error().message(), HasSubstr("execution.checkpointing.dir"));
}

TEST_F(CheckpointedJobTest, EachCheckpointIsADetailOfTheLog) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  TakeUpToTheLast(1);
  Acknowledge(1, 1, 1);
  std::vector<std::string> lines;
  for (const JobMasterCommand& command : job().OnCheckpointCommitted(1, {})) {
    const auto* log = std::get_if<LogCommand>(&command);
    if (log != nullptr && log->is_detail) lines.push_back(log->line);
  }
  EXPECT_THAT(lines, ElementsAre(StartsWith("checkpoint 1 is complete after 0 ms: ")));
}

TEST_F(CheckpointedJobTest, TellsHowItStands) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  TakeUpToTheLast(1);
  Acknowledge(1, 1, 1);
  job().OnCheckpointCommitted(1, {});
  time_.micros += 1'000'000;
  Tell(1, 0, TaskState::kFailed, "bad row");
  const protocol::JobDescription told = job().Describe(true);
  EXPECT_EQ(told.state(), static_cast<uint32_t>(JobState::kRestarting));
  EXPECT_EQ(told.restarts(), 1u);
  EXPECT_EQ(told.timestamps().at(static_cast<uint32_t>(JobState::kRestarting)),
            time_.micros / 1000);
  EXPECT_EQ(told.end_time(), 0);
  ASSERT_EQ(told.failures_size(), 1);
  EXPECT_EQ(told.failures(0).message(), "bad row");
  EXPECT_EQ(told.failures(0).task_name(), "sink (1/2)");
  EXPECT_EQ(told.failures(0).task_manager_id(), "a");
  EXPECT_EQ(told.failures(0).timestamp(), time_.micros / 1000);
  EXPECT_EQ(told.checkpoints().completed(), 1u);
  EXPECT_EQ(told.checkpoints().latest_completed().external_path(), "checkpoints/two/chk-1");
  EXPECT_EQ(told.checkpoints().latest_completed().subtasks_size(), 4);
  EXPECT_EQ(told.checkpoint_config().interval(), 10'000);
  ASSERT_EQ(told.vertices_size(), 2);
  EXPECT_EQ(told.vertices(1).inputs(0).partitioning(), "HASH");
  EXPECT_EQ(told.vertices(1).tasks(0).end_time(), time_.micros / 1000);
  EXPECT_EQ(told.vertices(1).tasks(0).start_time(), 1000);
  EXPECT_EQ(job().Describe(false).vertices_size(), 0);
}

TEST_F(CheckpointedJobTest, OutputIsCommittedBeforeTheTasksHearOfACompleteCheckpoint) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  TakeUpToTheLast(1);
  EXPECT_THAT(Acknowledge(1, 1, 1), ElementsAre("write:1"));
  EXPECT_THAT(WordsOf(job().OnCheckpointCommitted(1, {})), Contains("commit:2"));
  EXPECT_THAT(WordsOf(job().OnCommitted(1, {})), ElementsAre("complete:1@a", "complete:1@b"));
}

TEST_F(CheckpointedJobTest, StartsAgainFromTheNewestCheckpointAsOftenAsItsStrategyAllows) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  for (uint32_t attempt = 1; attempt <= 3; ++attempt) {
    const auto tell = [&](uint32_t vertex, uint32_t subtask, TaskState state) {
      return WordsOf(job().OnTaskState(StateOf("j", vertex, subtask, state, "x", attempt)));
    };
    const Words failing = tell(0, 0, TaskState::kFailed);
    if (attempt == 3) {
      EXPECT_THAT(failing, Contains("FAILING"));
      break;
    }
    EXPECT_THAT(failing, Contains("RESTARTING"));
    EXPECT_THAT(Pass(2'000'000), IsEmpty()) << "tasks of the old attempt still run";
    tell(0, 1, TaskState::kCanceled);
    tell(1, 0, TaskState::kCanceled);
    tell(1, 1, TaskState::kCanceled);
    EXPECT_THAT(Pass(0), ElementsAre("release@a", "release@b", "prepare_again"));
    EXPECT_THAT(Pass(0), IsEmpty());
    const JobMasterCommands deployed = job().OnPrepared(Prepared());
    EXPECT_THAT(WordsOf(deployed), ElementsAre("deploy@a", "deploy@b", "RUNNING"));
    const auto& deploy = std::get<SendCommand>(deployed.front()).envelope.deploy_tasks();
    EXPECT_FALSE(deploy.resumed()) << "from the beginning: nothing there is its own";
    EXPECT_EQ(job().attempt(), attempt + 1);
  }
}

TEST_F(CheckpointedJobTest, WhatNoNewStartMendsEndsItAndLeavesItsCheckpoints) {
  EXPECT_THAT(WordsOf(FailBehindCheckpoint(ErrorCode::kInvalidData)), Contains("discard"));
  for (const ErrorCode code : {ErrorCode::kStateIncompatible, ErrorCode::kMemoryLimit}) {
    const JobMasterCommands end = FailBehindCheckpoint(code);
    EXPECT_THAT(WordsOf(end), Contains("FAILED"));
    EXPECT_THAT(WordsOf(end), Not(Contains("discard"))) << Name(code);
    EXPECT_EQ(UpdateIn(end).error().code(), static_cast<uint32_t>(code));
  }
}

TEST_F(CheckpointedJobTest, WhatHasComeToItsEndIsNotRunAgain) {
  job().Start();
  PreparedJob prepared = Prepared();
  prepared.has_finished = true;
  EXPECT_THAT(WordsOf(job().OnPrepared(std::move(prepared))),
              ElementsAre("release_slots", "FINISHED", "ended"));
}

TEST_F(CheckpointedJobTest, ANewStartThatCannotBePreparedLeavesTheCheckpoints) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  Tell(0, 0, TaskState::kFailed, "x");
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Tell(1, 1, TaskState::kCanceled);
  EXPECT_THAT(Pass(2'000'000), Contains("prepare_again"));
  const Words end = WordsOf(job().OnPrepareFailed({ErrorCode::kCorrupt, "none is whole"}));
  EXPECT_THAT(end, Contains("FAILED"));
  EXPECT_THAT(end, Not(Contains("discard")));
}

TEST_F(CheckpointedJobTest, ADiskThatFailsANewStartIsAFailureAsAnyOther) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  CancelOthers(1, "x");
  EXPECT_THAT(Pass(2'000'000), Contains("prepare_again"));
  EXPECT_THAT(WordsOf(job().OnPrepareFailed({ErrorCode::kIo, "no such device"})),
              ElementsAre("log"));
  EXPECT_THAT(Pass(500'000), IsEmpty()) << "the strategy's delay";
  EXPECT_THAT(Pass(500'000), Contains("prepare_again"));
  EXPECT_THAT(WordsOf(job().OnPrepareFailed({ErrorCode::kIo, "no such device"})),
              Contains("FAILED"))
      << "two attempts";
}

TEST_F(CheckpointedJobTest, ADamagedCheckpointGivesWayToTheOneBeforeWhateverTheStrategy) {
  MakeWithStrategy("none");
  PreparedJob prepared = Prepared();
  prepared.restored.emplace().set_checkpoint_id(7);
  Run(std::move(prepared));
  EXPECT_THAT(FailToRestore(), Contains("RESTARTING"));
  EXPECT_THAT(FailToRestore(), IsEmpty()) << "a second task says the same";
  CancelOthers(1);
  const JobMasterCommands commands = job().OnTimer();
  const auto* prepare = std::get_if<PrepareCommand>(&commands.back());
  ASSERT_NE(prepare, nullptr) << "at once";
  EXPECT_TRUE(prepare->restart);
  ASSERT_TRUE(prepare->damaged.has_value());
  EXPECT_EQ(prepare->damaged->checkpoint_id, 7u);
  EXPECT_EQ(prepare->damaged->error.message, "wrong checksum");
}

TEST_F(CheckpointedJobTest, NoOtherCheckpointDoesForOneThatTheUserNamed) {
  PreparedJob prepared = Prepared();
  prepared.restored.emplace().set_checkpoint_id(7);
  prepared.restored_root = "elsewhere";
  prepared.restored_by_path = true;
  Run(std::move(prepared));
  EXPECT_THAT(FailToRestore(), Contains("FAILING"));
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  const JobMasterCommands end = Tell(1, 1, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(end), Contains("FAILED"));
  EXPECT_THAT(WordsOf(end), Not(Contains("discard")));
  EXPECT_EQ(UpdateIn(end).error().message(),
            "cannot go on from checkpoint 7 in elsewhere: wrong checksum; name another checkpoint "
            "or savepoint");
}

TEST_F(CheckpointedJobTest, WhatACheckpointListsIsCommittedWhenAllTasksHaveLoadedIt) {
  PreparedJob prepared = Prepared();
  AddSealed("3", prepared.restored.emplace());
  prepared.restored->set_checkpoint_id(7);
  prepared.checkpoint_id_max = 8;
  // Both list what was not visible when the older one was taken.
  prepared.given_up.push_back({8, {ErrorCode::kCorrupt, "wrong checksum"}});
  proto::CheckpointMetadata newer;
  AddSealed("3", newer);
  AddSealed("4", newer);
  prepared.taken_back = SealedOutputOf(newer);
  Run(std::move(prepared));
  Tell(0, 0, TaskState::kRunning);
  Tell(0, 1, TaskState::kRunning);
  EXPECT_THAT(WordsOf(Tell(1, 0, TaskState::kRunning)), IsEmpty());
  const JobMasterCommands commands = Tell(1, 1, TaskState::kRunning);
  EXPECT_THAT(WordsOf(commands), ElementsAre("commit_restored:1"));
  const auto& commit = std::get<CommitRestoredCommand>(commands.front());
  ASSERT_EQ(commit.given_up.size(), 1u);
  EXPECT_EQ(commit.given_up[0].checkpoint_id, 8u);
  ASSERT_EQ(commit.taken_back.size(), 1u);
  EXPECT_EQ(commit.taken_back[0].unit(), "4");
  EXPECT_THAT(Pass(20'000'000), IsEmpty()) << "no checkpoint before it is committed";
  EXPECT_THAT(WordsOf(job().OnRestoreCommitted({})), IsEmpty());
  EXPECT_THAT(Pass(20'000'000), ElementsAre("reserve:9"));
}

TEST_F(CheckpointedJobTest, ADiskThatFailsTheCommitOfWhatWasLoadedIsAFailureAsAnyOther) {
  PreparedJob prepared = Prepared();
  AddSealed("3", prepared.restored.emplace());
  prepared.restored->set_checkpoint_id(7);
  Run(std::move(prepared));
  TellAll(TaskState::kRunning);
  EXPECT_THAT(WordsOf(job().OnRestoreCommitted(MakeError(ErrorCode::kIo, "no such device"))),
              Contains("RESTARTING"));
  Tell(0, 0, TaskState::kCanceled);
  CancelOthers(1);
  time_.micros += 2'000'000;
  const JobMasterCommands commands = job().OnTimer();
  const auto* prepare = std::get_if<PrepareCommand>(&commands.back());
  ASSERT_NE(prepare, nullptr);
  EXPECT_EQ(prepare->sealed_kept.size(), 1u) << "it is to be committed yet";
}

TEST_F(CheckpointedJobTest, OutputThatIsNotThereAnyMoreEndsTheJobAndNotItsCheckpoints) {
  PreparedJob prepared = Prepared();
  AddSealed("3", prepared.restored.emplace());
  prepared.restored->set_checkpoint_id(7);
  Run(std::move(prepared));
  TellAll(TaskState::kRunning);
  EXPECT_THAT(WordsOf(job().OnRestoreCommitted(MakeError(ErrorCode::kNotFound, "gone"))),
              Contains("FAILING"));
  Tell(0, 0, TaskState::kCanceled);
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  const Words end = WordsOf(Tell(1, 1, TaskState::kCanceled));
  EXPECT_THAT(end, Contains("FAILED"));
  EXPECT_THAT(end, Not(Contains("discard")));
}

// Its `_metadata` was on its way to the disk when a task failed for good.
TEST_F(CheckpointedJobTest, WhatACheckpointListsThatNobodyWasToldOfIsNotRemoved) {
  for (const MetadataOutcome outcome : {MetadataOutcome::kDurable, MetadataOutcome::kUnknown}) {
    for (const bool retained : {true, false}) {
      JobGraph graph = TwoVertexGraph(2);
      graph.config["execution.checkpointing.interval"] = "10s";
      graph.config["execution.checkpointing.dir"] = "checkpoints";
      graph.config["restart-strategy.type"] = "none";
      if (retained) {
        graph.config["execution.checkpointing.externalized-checkpoint-retention"] =
            "RETAIN_ON_CANCELLATION";
      }
      Make(std::move(graph));
      Run(Prepared());
      TellAll(TaskState::kRunning);
      TakeUpToTheLast(1);
      Acknowledge(1, 1, 1);
      CancelOthers(1, "x");
      const JobMasterCommands end = job().OnCheckpointCommitted(1, {outcome, std::nullopt});
      EXPECT_THAT(WordsOf(end), Contains("FAILED"));
      size_t kept = 0;
      for (const JobMasterCommand& command : end) {
        const auto* leftovers = std::get_if<RemoveLeftoversCommand>(&command);
        if (leftovers != nullptr) kept = leftovers->sealed.size();
      }
      EXPECT_EQ(kept != 0, retained) << static_cast<int>(outcome);
    }
  }
}

TEST_F(CheckpointedJobTest, ACancelWhileItWaitsToStartAgainEndsIt) {
  Run(Prepared());
  Tell(0, 0, TaskState::kFailed, "x");
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Tell(1, 1, TaskState::kCanceled);
  ASSERT_EQ(job().state(), JobState::kRestarting);
  EXPECT_THAT(WordsOf(job().OnCancel()), Contains("CANCELED"));
  EXPECT_THAT(Pass(5'000'000), IsEmpty());
}

TEST_F(CheckpointedJobTest, GoesOnFromTheSplitsOfItsCheckpoint) {
  PreparedJob prepared = Prepared();
  proto::CheckpointMetadata metadata;
  metadata.set_checkpoint_id(7);
  proto::VertexSnapshot& source = *metadata.add_vertices();
  source.set_name("named otherwise at another parallelism");
  source.set_source("in");
  source.set_parallelism(2);
  proto::SplitState& read = *source.add_subtasks()->add_splits();
  read.set_id("split-1");
  read.set_position("half way");
  source.add_subtasks()->set_finished(true);
  source.add_unassigned_splits()->set_id("split-2");
  proto::VertexSnapshot& sink = *metadata.add_vertices();
  sink.set_name("sink");
  sink.set_parallelism(2);
  sink.add_subtasks()->add_states()->set_state_id("sums/aggregate");
  sink.add_subtasks();
  prepared.restored = metadata;
  prepared.restored_root = "checkpoints/two";
  Prepare(std::move(prepared));
  const JobMasterCommands commands = Deploy();
  const auto* send = std::get_if<SendCommand>(&commands.front());
  ASSERT_NE(send, nullptr);
  const protocol::DeployTasks& deploy = send->envelope.deploy_tasks();
  ASSERT_EQ(deploy.restore_size(), 1);
  EXPECT_EQ(deploy.restore(0).vertex(), 1u);
  EXPECT_EQ(deploy.restore(0).snapshots_size(), 1);
  EXPECT_EQ(deploy.finished_size(), 0) << "the source's second subtask may get one of the splits";
  EXPECT_TRUE(deploy.resumed());
  EXPECT_THAT(RequestSplit(0, 0), ElementsAre("assign:split-1>0"));
  EXPECT_THAT(RequestSplit(0, 0), ElementsAre("assign:split-2>0", "no_more>0", "no_more>1"));
}

TEST_F(CheckpointedJobTest, ALastCheckpointIsTakenBeforeItEnds) {
  Run(Prepared());
  TellAll(TaskState::kRunning);
  EXPECT_THAT(TellAll(TaskState::kFinished), ElementsAre("reserve:1"));
  EXPECT_EQ(job().state(), JobState::kRunning);
  EXPECT_THAT(WordsOf(job().OnReserved(1, "")), ElementsAre("write:1"));
  EXPECT_THAT(WordsOf(job().OnCheckpointCommitted(1, {})), Contains("commit:2"));
  EXPECT_THAT(Committed(), Contains("FINISHED"));
}

// Its last checkpoint lists the output: it is committed by who goes on from there.
TEST_F(CheckpointedJobTest, AFailedLastCommitIsMadeGoodByANewStart) {
  for (const bool last : {false, true}) {
    Run(Prepared());
    TellAll(TaskState::kRunning);
    TellAll(TaskState::kFinished);
    job().OnReserved(1, "");
    EXPECT_THAT(WordsOf(job().OnCheckpointCommitted(1, {})),
                ElementsAre("commit:2", "prune", "commit:2"));
    const Status full = MakeError(ErrorCode::kNoSpace, "disk full");
    EXPECT_THAT(WordsOf(job().OnCommitted(1, last ? Status() : full)),
                last ? Contains("complete:1@a") : Contains("RESTARTING"));
    EXPECT_THAT(WordsOf(job().OnCommitted(0, full)),
                last ? testing::Matcher<Words>(Contains("RESTARTING")) : IsEmpty());
    EXPECT_THAT(Pass(2'000'000), Contains("prepare_again"));
    MakeWithStrategy(last ? "none" : "fixed-delay");
  }
  Run(Prepared());
  TellAll(TaskState::kRunning);
  TellAll(TaskState::kFinished);
  job().OnReserved(1, "");
  job().OnCheckpointCommitted(1, {});
  const Words end = WordsOf(job().OnCommitted(1, MakeError(ErrorCode::kNoSpace, "disk full")));
  EXPECT_THAT(end, Contains("FAILED"));
  EXPECT_THAT(end, Not(Contains("discard"))) << "the output is in the checkpoint alone";
}

TEST_F(CheckpointedJobTest, RefusesOptionsThatMakeNoSense) {
  JobGraph graph = TwoVertexGraph(1);
  graph.config["execution.checkpointing.num-retained"] = "0";
  EXPECT_FALSE(JobMaster::Make("j", std::move(graph), "", "client/c", time_.environment()));
}

}  // namespace
}  // namespace flinkc
