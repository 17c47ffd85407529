// A job whose TaskManagers keep copies of its state: which slots its tasks get after a loss, and
// who is told to keep nothing any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "runtime/jobmanager/job_master.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class LocalRecoveryTest : public testing::Test {
 protected:
  void Make(bool keeps_copies, bool from_local) {
    JobGraph graph = TwoVertexGraph(4);
    graph.config["execution.checkpointing.interval"] = "10s";
    graph.config["execution.checkpointing.dir"] = "checkpoints";
    graph.config["execution.checkpointing.local-backup.enabled"] = keeps_copies ? "true" : "false";
    graph.config["execution.state-recovery.from-local"] = from_local ? "true" : "false";
    auto job = JobMaster::Make("j", graph, Serialize(graph), "client/c", time_.environment());
    ASSERT_TRUE(job) << job.error().message;
    job_ = *std::move(job);
  }
  static PreparedJob Prepared() {
    PreparedJob prepared = WithSplits(3);
    prepared.checkpoint_directory = "checkpoints/two";
    return prepared;
  }
  void Tell(const std::vector<uint32_t>& subtasks, TaskState state) {
    for (const uint32_t subtask : subtasks) {
      job_->OnTaskState(StateOf("j", 0, subtask, state));
      job_->OnTaskState(StateOf("j", 1, subtask, state));
    }
  }
  // Runs, loses `b`, and asks for slots anew.
  RequestSlotsCommand LoseB() {
    job_->Start();
    first_asked_ = job_->OnPrepared(Prepared());
    job_->OnSlots({{"a", 0}, {"b", 0}, {"c", 0}, {"a", 1}});
    Tell({0, 1, 2, 3}, TaskState::kRunning);
    job_->OnTaskManagerLost("b");
    Tell({0, 2, 3}, TaskState::kCanceled);
    time_.micros += 10'000'000;
    job_->OnTimer();
    const JobMasterCommands asked = job_->OnPrepared(Prepared());
    return std::get<RequestSlotsCommand>(asked.back());
  }
  Words TaskManagers() const {
    Words ids;
    for (const auto& task : job_->Describe(true).vertices(0).tasks()) {
      ids.push_back(task.task_manager_id());
    }
    return ids;
  }

  TestTime time_;
  std::unique_ptr<JobMaster> job_;
  JobMasterCommands first_asked_;
  const std::vector<AllocatedSlot> given_ = {{"a", 0}, {"a", 1}, {"c", 0}, {"d", 1}};
};

TEST_F(LocalRecoveryTest, TasksGoBackToWhereTheyWere) {
  Make(true, true);
  const RequestSlotsCommand request = LoseB();
  EXPECT_THAT(std::get<RequestSlotsCommand>(first_asked_.back()).preferred, IsEmpty());
  EXPECT_EQ(request.preferred, (SlotCounts{{"a", 2}, {"b", 1}, {"c", 1}}));
  const JobMasterCommands deployed = job_->OnSlots(given_);
  EXPECT_THAT(TaskManagers(), ElementsAre("a", "d", "c", "a"));
  // `b` has none of them any more, should it be there still.
  EXPECT_THAT(WordsOf(deployed),
              ElementsAre("release@b", "deploy@a", "deploy@c", "deploy@d", "RUNNING"));
  EXPECT_TRUE(std::get<SendCommand>(deployed.front()).envelope.release_tasks().for_good());
}

TEST_F(LocalRecoveryTest, WithoutItTheyGoWhereverThereIsRoom) {
  Make(true, false);
  EXPECT_THAT(LoseB().preferred, IsEmpty());
  job_->OnSlots(given_);
  EXPECT_THAT(TaskManagers(), ElementsAre("a", "a", "c", "d"));
}

TEST_F(LocalRecoveryTest, WhereNothingIsKeptNobodyIsTold) {
  Make(false, true);
  LoseB();
  EXPECT_THAT(WordsOf(job_->OnSlots(given_)),
              ElementsAre("deploy@a", "deploy@c", "deploy@d", "RUNNING"));
}

TEST_F(LocalRecoveryTest, WhatIsKeptOutlivesTheAttemptAndNotTheJob) {
  Make(true, true);
  job_->Start();
  job_->OnPrepared(Prepared());
  job_->OnSlots({{"a", 0}, {"a", 1}, {"a", 2}, {"a", 3}});
  Tell({0, 1, 2, 3}, TaskState::kRunning);
  const auto for_good = [](const JobMasterCommands& commands) {
    std::vector<bool> releases;
    for (const JobMasterCommand& command : commands) {
      const auto* send = std::get_if<SendCommand>(&command);
      if (send == nullptr || !send->envelope.has_release_tasks()) continue;
      releases.push_back(send->envelope.release_tasks().for_good());
    }
    return releases;
  };
  job_->OnTaskState(StateOf("j", 0, 0, TaskState::kFailed, "a reason"));
  Tell({0, 1, 2, 3}, TaskState::kCanceled);
  time_.micros += 10'000'000;
  EXPECT_THAT(for_good(job_->OnTimer()), ElementsAre(false));
  EXPECT_THAT(for_good(job_->OnPrepared(Prepared())), IsEmpty());
  job_->OnCancel();
  JobMasterCommands ended;
  for (uint32_t task = 0; task < 8; ++task) {
    ended = job_->OnTaskState(StateOf("j", task % 2, task / 2, TaskState::kCanceled, "", 2));
  }
  EXPECT_THAT(WordsOf(ended), Contains("CANCELED"));
  EXPECT_THAT(for_good(ended), ElementsAre(true));
}

}  // namespace
}  // namespace flinkc
