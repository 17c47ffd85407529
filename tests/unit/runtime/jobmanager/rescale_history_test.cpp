#include "runtime/jobmanager/rescale_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

class RescaleHistoryTest : public testing::Test {
 protected:
  void Trigger(RescaleCause cause, int64_t now, std::optional<Parallelisms> before = {}) {
    history_.OnTriggered(cause, graph_, {graph_, true}, before, JobState::kRunning, now);
  }
  protocol::RescalesDescription Describe() const {
    protocol::RescalesDescription description;
    history_.Describe(&description);
    return description;
  }

  const JobGraph graph_ = TwoVertexGraph(4);
  RescaleHistory history_{"j"};
};

TEST_F(RescaleHistoryTest, OneFromItsBeginningToItsEnd) {
  Trigger(RescaleCause::kInitialSchedule, 1000);
  history_.OnState(JobState::kCreated, 1010);
  history_.OnState(JobState::kRunning, 1030);
  EXPECT_EQ(Describe().in_progress(), 1u);
  EXPECT_EQ(Describe().history(0).end_timestamp(), 0);
  history_.OnEnded(RescaleEnd::kSucceeded, {2, 2}, 1100);
  const protocol::RescalesDescription all = Describe();
  EXPECT_EQ(all.in_progress(), 0u);
  EXPECT_EQ(all.completed(), 1u);
  EXPECT_EQ(all.completed_duration().max(), 100);
  EXPECT_EQ(all.duration().max(), 100);
  EXPECT_FALSE(all.has_latest_failed());
  const protocol::RescaleDescription& one = all.latest_completed();
  EXPECT_EQ(one.SerializeAsString(), all.history(0).SerializeAsString());
  EXPECT_EQ(one.id().size(), 32u);
  EXPECT_EQ(one.attempt(), 1u);
  EXPECT_EQ(one.trigger_cause(), "INITIAL_SCHEDULE");
  EXPECT_EQ(one.terminal_state(), "COMPLETED");
  EXPECT_EQ(one.terminated_reason(), "SUCCEEDED");
  ASSERT_EQ(one.vertices_size(), 2);
  EXPECT_EQ(one.vertices(1).desired(), 4u);
  EXPECT_EQ(one.vertices(1).sufficient(), 1u);
  EXPECT_FALSE(one.vertices(1).has_before());
  EXPECT_EQ(one.vertices(1).after(), 2u);
  EXPECT_EQ(one.slots().begin()->second.desired(), 4u);
  EXPECT_EQ(one.slots().begin()->second.after(), 2u);
  ASSERT_EQ(one.states_size(), 3);
  EXPECT_EQ(one.states(1).name(), "WaitingForResources");
  EXPECT_EQ(one.states(1).leave_timestamp(), one.states(2).enter_timestamp());
  EXPECT_EQ(one.states(2).leave_timestamp(), 1100);
}

TEST_F(RescaleHistoryTest, AnotherOneTakesThePlaceOfOneThatIsUnderWay) {
  Trigger(RescaleCause::kInitialSchedule, 1000);
  Trigger(RescaleCause::kNewResourceAvailable, 1001, Parallelisms{2, 2});
  EXPECT_EQ(Describe().latest_ignored().terminated_reason(), "NO_RESOURCES_OR_PARALLELISMS_CHANGE");
  Trigger(RescaleCause::kRecoverableFailover, 1002, Parallelisms{2, 2});
  EXPECT_EQ(Describe().latest_ignored().terminated_reason(), "JOB_FAILOVER_RESTARTING");
  EXPECT_EQ(Describe().latest_ignored().vertices(0).before(), 2u);
  EXPECT_EQ(Describe().ignored(), 2u);
  EXPECT_EQ(Describe().in_progress(), 1u);
  EXPECT_EQ(Describe().history(0).attempt(), 3u);
}

TEST_F(RescaleHistoryTest, TheFirstWithOtherBoundsIsDueToThem) {
  Trigger(RescaleCause::kInitialSchedule, 1000);
  history_.OnRequirements(1001);
  EXPECT_EQ(Describe().latest_ignored().terminated_reason(), "RESOURCE_REQUIREMENTS_UPDATED");
  Trigger(RescaleCause::kNewResourceAvailable, 1002);
  Trigger(RescaleCause::kNewResourceAvailable, 1003);
  const protocol::RescalesDescription all = Describe();
  EXPECT_EQ(all.history(1).trigger_cause(), "UPDATE_REQUIREMENT");
  EXPECT_EQ(all.history(1).attempt(), 1u);
  EXPECT_EQ(all.history(0).trigger_cause(), "NEW_RESOURCE_AVAILABLE");
  EXPECT_EQ(all.history(0).attempt(), 2u);
  EXPECT_EQ(all.history(0).requirements_id(), all.history(1).requirements_id());
  EXPECT_NE(all.history(2).requirements_id(), all.history(1).requirements_id());
}

TEST_F(RescaleHistoryTest, AnEndOfNothingIsNone) {
  history_.OnEnded(RescaleEnd::kSucceeded, {2, 2}, 1000);
  history_.OnState(JobState::kRunning, 1000);
  EXPECT_EQ(Describe().completed(), 0u);
  EXPECT_EQ(Describe().history_size(), 0);
}

TEST_F(RescaleHistoryTest, OnlyTheLastOnesAreRememberedAndAllAreCounted) {
  for (int i = 0; i < 15; ++i) {
    Trigger(RescaleCause::kInitialSchedule, 1000 + i);
    history_.OnEnded(i == 0 ? RescaleEnd::kExceptionOccurred : RescaleEnd::kSucceeded, {1, 1},
                     1000 + 2 * i);
  }
  const protocol::RescalesDescription all = Describe();
  EXPECT_EQ(all.history_size(), 10);
  EXPECT_EQ(all.completed(), 14u);
  EXPECT_EQ(all.failed(), 1u);
  EXPECT_EQ(all.latest_failed().terminal_state(), "FAILED");
  EXPECT_EQ(all.completed_duration().max(), 14);
  EXPECT_EQ(all.failed_duration().max(), 0);
}

}  // namespace
}  // namespace flinkc
