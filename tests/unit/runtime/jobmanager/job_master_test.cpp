#include "runtime/jobmanager/job_master.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Two vertices of two subtasks each: subtask 0 of both is on `a`, subtask 1 on `b`.
class JobMasterTest : public testing::Test {
 protected:
  JobMasterTest() : job_("j", TwoVertexGraph(2), "bytes", "client/c") {}

  void Prepare(PreparedJob prepared = WithSplits(1)) {
    EXPECT_THAT(WordsOf(job_.Start()), ElementsAre("prepare"));
    EXPECT_THAT(WordsOf(job_.OnPrepared(std::move(prepared))), ElementsAre("CREATED", "slots:2"));
  }
  JobMasterCommands Deploy() { return job_.OnSlots({{"a", 0}, {"b", 0}}); }
  void Run(PreparedJob prepared = WithSplits(1)) {
    Prepare(std::move(prepared));
    Deploy();
    ASSERT_EQ(job_.state(), JobState::kRunning);
  }

  JobMasterCommands Tell(uint32_t vertex, uint32_t subtask, TaskState state,
                         const std::string& reason = "") {
    return job_.OnTaskState(StateOf("j", vertex, subtask, state, reason));
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
  Words Committed(const std::string& task_manager, const std::string& error = "") {
    protocol::TasksCommitted committed;
    committed.set_job_id("j");
    committed.set_task_manager_id(task_manager);
    if (!error.empty()) *committed.mutable_error() = ToProto({ErrorCode::kNoSpace, error});
    return WordsOf(job_.OnTasksCommitted(committed));
  }
  Words RequestSplit(uint32_t vertex, uint32_t subtask) {
    protocol::RequestSplit request;
    *request.mutable_task() = TaskIdOf("j", vertex, subtask);
    return WordsOf(job_.OnRequestSplit(request));
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

  JobMaster job_;
};

TEST_F(JobMasterTest, RunsToItsEndAndCommitsOnce) {
  Prepare();
  EXPECT_THAT(WordsOf(Deploy()), ElementsAre("deploy@a", "deploy@b", "RUNNING"));
  EXPECT_THAT(TellAll(TaskState::kRunning), IsEmpty());
  EXPECT_THAT(TellAll(TaskState::kFinished), ElementsAre("commit@a", "commit@b"));
  EXPECT_EQ(job_.state(), JobState::kRunning) << "its output is not visible yet";
  EXPECT_THAT(Committed("a"), IsEmpty());
  EXPECT_THAT(Committed("b"),
              ElementsAre("release@a", "release@b", "release_slots", "FINISHED", "ended"));
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
              ElementsAre("release@a", "release@b", "release_slots", "FAILED", "ended"));
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
  EXPECT_THAT(words, Not(Contains("commit@a")));
  EXPECT_THAT(words, Contains("cancel@a")) << "what has finished must be undone";
  EXPECT_EQ(job_.state(), JobState::kFailed);
}

TEST_F(JobMasterTest, FailsBeforeItRunsIfItCannotBePrepared) {
  job_.Start();
  const JobMasterCommands end = job_.OnPrepareFailed({ErrorCode::kNotFound, "no input"});
  EXPECT_THAT(WordsOf(end), ElementsAre("release_slots", "FAILED", "ended"));
  EXPECT_TRUE(UpdateIn(end).failed_before_running());
  EXPECT_EQ(UpdateIn(end).error().message(), "no input");
}

TEST_F(JobMasterTest, WaitsForSlotsAndSaysSo) {
  Prepare();
  const JobMasterCommands waits = job_.OnSlotsMissing(1);
  EXPECT_THAT(UpdateIn(waits).waiting_for(), HasSubstr("needs 2 slots, 1 are free"));
  EXPECT_THAT(UpdateIn(Deploy()).waiting_for(), IsEmpty());
}

TEST_F(JobMasterTest, CancelBeforeItIsPreparedEndsItAtOnce) {
  job_.Start();
  EXPECT_THAT(WordsOf(job_.OnCancel()), ElementsAre("release_slots", "CANCELED", "ended"));
  EXPECT_THAT(WordsOf(job_.OnPrepared(WithSplits(1))), IsEmpty());
  EXPECT_THAT(WordsOf(job_.OnPrepareFailed({ErrorCode::kNotFound, "x"})), IsEmpty());
  EXPECT_EQ(job_.state(), JobState::kCanceled);
}

TEST_F(JobMasterTest, CancelWhileItWaitsGivesSlotsThatComeBack) {
  Prepare();
  EXPECT_THAT(WordsOf(job_.OnCancel()), ElementsAre("release_slots", "CANCELED", "ended"));
  EXPECT_THAT(WordsOf(Deploy()), ElementsAre("release_slots"));
}

TEST_F(JobMasterTest, CancelWhileDeployingReachesEveryTaskManager) {
  Run();
  EXPECT_THAT(WordsOf(job_.OnCancel()), ElementsAre("CANCELLING", "cancel@a", "cancel@b"));
  EXPECT_THAT(WordsOf(job_.OnCancel()), IsEmpty()) << "once is enough";
  // What was on its way when the cancel was sent.
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kRunning)), IsEmpty());
  EXPECT_THAT(WordsOf(Tell(0, 1, TaskState::kFinished)), IsEmpty());
  EXPECT_THAT(RequestSplit(0, 0), IsEmpty()) << "no more work for a job that is cancelled";
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  const JobMasterCommands end = Tell(1, 1, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(end),
              ElementsAre("release@a", "release@b", "release_slots", "CANCELED", "ended"));
  EXPECT_FALSE(UpdateIn(end).has_error());
}

TEST_F(JobMasterTest, ATaskThatFailsWhileCancellingChangesNothing) {
  Run();
  job_.OnCancel();
  EXPECT_THAT(WordsOf(Tell(0, 0, TaskState::kFailed, "late")), IsEmpty());
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Tell(1, 1, TaskState::kCanceled);
  EXPECT_EQ(job_.state(), JobState::kCanceled);
}

TEST_F(JobMasterTest, CancelComesTooLateWhenTheOutputIsBeingCommitted) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(WordsOf(job_.OnCancel()), IsEmpty());
  Committed("a");
  Committed("b");
  EXPECT_EQ(job_.state(), JobState::kFinished);
}

TEST_F(JobMasterTest, FinishingTwiceCommitsOnce) {
  Run();
  TellAll(TaskState::kFinished);
  EXPECT_THAT(TellAll(TaskState::kFinished), IsEmpty());
  EXPECT_THAT(Committed("a"), IsEmpty());
  EXPECT_THAT(Committed("a"), IsEmpty()) << "`b` has not answered";
  EXPECT_EQ(job_.state(), JobState::kRunning);
  Committed("b");
  EXPECT_THAT(Committed("b"), IsEmpty()) << "it has ended";
}

TEST_F(JobMasterTest, ATaskThatHasFailedDoesNotFinish) {
  Run();
  Tell(0, 0, TaskState::kFailed, "x");
  Tell(0, 0, TaskState::kFinished);
  Tell(0, 1, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  Tell(1, 1, TaskState::kCanceled);
  EXPECT_EQ(job_.state(), JobState::kFailed);
}

TEST_F(JobMasterTest, FailsIfTheOutputCannotBeCommitted) {
  Run();
  TellAll(TaskState::kFinished);
  Committed("a", "disk full");
  EXPECT_THAT(Committed("b"), Contains("FAILED"));
}

TEST_F(JobMasterTest, ACommitNobodyAskedForHasNoEffect) {
  Run();
  EXPECT_THAT(Committed("a"), IsEmpty());
  EXPECT_THAT(Committed("b"), IsEmpty());
  EXPECT_EQ(job_.state(), JobState::kRunning);
}

TEST_F(JobMasterTest, UnknownTasksAndStatesHaveNoEffect) {
  Run();
  EXPECT_THAT(WordsOf(Tell(2, 0, TaskState::kFailed, "x")), IsEmpty());
  EXPECT_THAT(WordsOf(Tell(0, 2, TaskState::kFailed, "x")), IsEmpty());
  EXPECT_THAT(WordsOf(Tell(0, 0, static_cast<TaskState>(99))), IsEmpty());
  EXPECT_THAT(RequestSplit(1, 0), IsEmpty()) << "not a source";
  EXPECT_THAT(RequestSplit(0, 7), IsEmpty());
  EXPECT_THAT(RequestSplit(7, 0), IsEmpty());
  EXPECT_EQ(job_.state(), JobState::kRunning);

  protocol::TaskProgress progress;
  *progress.mutable_task() = TaskIdOf("j", 5, 5);
  job_.OnProgress(progress);
  EXPECT_EQ(UpdateIn(job_.OnProgressTimer()).tasks_size(), 0);
  *progress.mutable_task() = TaskIdOf("j", 1, 1);
  job_.OnProgress(progress);
  EXPECT_EQ(UpdateIn(job_.OnProgressTimer()).tasks_size(), 1);
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
  EXPECT_EQ(UpdateIn(job_.OnProgressTimer()).total_bytes(), 30);
}

TEST_F(JobMasterTest, FailsWhenATaskManagerIsLost) {
  Run();
  EXPECT_THAT(WordsOf(job_.OnTaskManagerLost("elsewhere")), IsEmpty());
  Tell(0, 1, TaskState::kFinished);
  const JobMasterCommands failing = job_.OnTaskManagerLost("b");
  EXPECT_THAT(WordsOf(failing), ElementsAre("FAILING", "cancel@a", "cancel@b"));
  EXPECT_THAT(UpdateIn(failing).error().message(), HasSubstr("`b` was lost"));
  // Only what runs on `a` has still to answer.
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  EXPECT_EQ(job_.state(), JobState::kFailed);
}

TEST_F(JobMasterTest, ATaskManagerLostWhileCancellingNeedNotAnswer) {
  Run();
  job_.OnCancel();
  Tell(0, 0, TaskState::kCanceled);
  Tell(1, 0, TaskState::kCanceled);
  EXPECT_THAT(WordsOf(job_.OnTaskManagerLost("b")), Contains("CANCELED"));
}

TEST_F(JobMasterTest, OutputThatWasLostBeforeItsCommitFailsTheJob) {
  Run();
  TellAll(TaskState::kFinished);
  Committed("a");
  EXPECT_THAT(WordsOf(job_.OnTaskManagerLost("b")), Contains("FAILED"));
}

}  // namespace
}  // namespace flinkc
