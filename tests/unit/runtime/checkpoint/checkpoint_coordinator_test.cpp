#include "runtime/checkpoint/checkpoint_coordinator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "tests/unit/runtime/checkpoint/sample_checkpoint.h"

namespace flinkc {
namespace {

constexpr int64_t kMillis = 1'000;

// A source of two subtasks and an aggregate of one, a checkpoint each 10 ms.
class CheckpointCoordinatorTest : public ::testing::Test {
 protected:
  CheckpointCoordinatorTest() {
    for (const uint32_t parallelism : {2u, 1u}) {
      JobVertex vertex;
      vertex.id = JobVertexId(static_cast<uint32_t>(graph_.vertices.size()));
      vertex.name = "v" + std::to_string(graph_.vertices.size());
      vertex.parallelism = parallelism;
      graph_.vertices.push_back(vertex);
    }
    graph_.edges.push_back({JobVertexId(0), 0, JobVertexId(1), Partitioning::kHash});
    options_.interval_micros = 10 * kMillis;
    options_.timeout_micros = 100 * kMillis;
    options_.dir = "/ckpt";
    options_.incremental = true;
  }

  void StartAttempt(CheckpointAttempt attempt = {}) {
    if (!coordinator_) coordinator_.emplace("job", graph_, options_, "spec");
    if (attempt.attempt == 0) attempt.attempt = 1;
    last_ = coordinator_->OnAttemptStarted(std::move(attempt), Now());
  }
  CheckpointTime Now() const { return {now_, now_ / 1'000}; }
  template <typename Command>
  const Command* Find() const {
    for (const CheckpointCommand& command : last_) {
      if (const auto* found = std::get_if<Command>(&command)) return found;
    }
    return nullptr;
  }
  // Time goes on to the next deadline.
  void Tick() {
    ASSERT_TRUE(coordinator_->NextDeadline());
    now_ = std::max(now_, *coordinator_->NextDeadline());
    last_ = coordinator_->OnTimer(Now());
  }
  uint64_t Trigger() {
    Tick();
    const auto* reserve = Find<ReserveCommand>();
    if (reserve == nullptr) return 0;
    const uint64_t id = reserve->checkpoint_id;
    last_ = coordinator_->OnReserved(id, "", {}, Now());
    return id;
  }
  // The aggregate writes a file and refers to `others` as well.
  static proto::SubtaskAcknowledgement Answer(uint64_t id, SubtaskIndex index,
                                              const std::vector<std::string>& others = {}) {
    proto::SubtaskAcknowledgement answer;
    if (index.vertex == 0) return answer;
    const std::string path = StateFilePath(id, "a", false);
    answer.add_files()->set_path(path);
    answer.mutable_files(0)->set_size_bytes(400);
    *answer.mutable_snapshot()->add_states() = SampleState(path);
    for (const std::string& other : others) {
      AddSampleTable(other, 400, answer.mutable_snapshot()->mutable_states(0));
    }
    return answer;
  }
  void Acknowledge(uint64_t id, SubtaskIndex index, const std::vector<std::string>& others = {},
                   uint32_t attempt = 1) {
    last_ = coordinator_->OnAcknowledge(id, attempt, index, Answer(id, index, others), Now());
  }
  void AcknowledgeAll(uint64_t id, const std::vector<std::string>& others = {}) {
    Acknowledge(id, {0, 0});
    Acknowledge(id, {0, 1});
    Acknowledge(id, {1, 0}, others);
  }
  void Commit(uint64_t id, MetadataOutcome outcome = MetadataOutcome::kDurable) {
    MetadataWrite write{outcome, std::nullopt};
    if (outcome != MetadataOutcome::kDurable) write.error = Error{ErrorCode::kIo, "no"};
    last_ = coordinator_->OnCommitted(id, write, Now());
  }
  void Finish(SubtaskIndex index, uint64_t last_barrier = 0) {
    last_ = coordinator_->OnSubtaskFinished(1, index, {}, last_barrier, Now());
  }

  JobGraph graph_;
  CheckpointOptions options_;
  std::optional<CheckpointCoordinator> coordinator_;
  CheckpointCommands last_;
  int64_t now_ = 1'000'000;
};

TEST_F(CheckpointCoordinatorTest, TheWayOfACheckpoint) {
  StartAttempt();
  EXPECT_EQ(coordinator_->NextDeadline(), now_ + 10 * kMillis);
  const uint64_t id = Trigger();
  EXPECT_EQ(id, 1u);
  const auto* trigger = Find<TriggerCommand>();
  ASSERT_NE(trigger, nullptr);
  EXPECT_EQ(trigger->subtasks, (std::vector<SubtaskIndex>{{0, 0}, {0, 1}}));
  EXPECT_TRUE(trigger->full);
  AcknowledgeAll(id);
  const auto* commit = Find<CommitCommand>();
  ASSERT_NE(commit, nullptr);
  EXPECT_EQ(commit->metadata.checkpoint_id(), 1u);
  EXPECT_EQ(commit->metadata.files(0).path(), "shared/1-a.state");
  EXPECT_EQ(commit->metadata.files(0).created_by(), 1u);
  EXPECT_EQ(Find<NotifyCompleteCommand>(), nullptr) << "not before it is lasting";
  EXPECT_TRUE(coordinator_->commits_under_way());
  Commit(id);
  ASSERT_NE(Find<NotifyCompleteCommand>(), nullptr);
  ASSERT_NE(Find<PruneCommand>(), nullptr);
  EXPECT_EQ(Find<PruneCommand>()->request.retained, std::set<uint64_t>{1});
  const CheckpointStatistics& statistics = coordinator_->statistics();
  EXPECT_EQ(statistics.counts().completed, 1u);
  EXPECT_EQ(statistics.latest_completed()->checkpointed_size, 400u);
  EXPECT_EQ(statistics.latest_completed()->num_acknowledged_subtasks, 3u);
  // The next one may refer to its file, and counts it as state but not as written.
  const uint64_t next = Trigger();
  EXPECT_FALSE(Find<TriggerCommand>()->full);
  AcknowledgeAll(next, {"shared/1-a.state"});
  ASSERT_NE(Find<CommitCommand>(), nullptr);
  Commit(next);
  EXPECT_EQ(statistics.latest_completed()->checkpointed_size, 400u);
  EXPECT_EQ(statistics.latest_completed()->state_size, 800u);
}

TEST_F(CheckpointCoordinatorTest, WhatWasInFlightIsSummedUp) {
  StartAttempt();
  const uint64_t id = Trigger();
  for (const SubtaskIndex index : {SubtaskIndex{0, 0}, {0, 1}, {1, 0}}) {
    proto::SubtaskAcknowledgement answer = Answer(id, index);
    if (index.vertex == 1) {
      const std::string path = StateFilePath(id, "b", false);
      answer.add_files()->set_path(path);
      answer.mutable_files(1)->set_size_bytes(70);
      answer.mutable_snapshot()->mutable_in_flight()->set_file(path);
      answer.mutable_snapshot()->mutable_in_flight()->set_length(70);
      answer.mutable_snapshot()->mutable_in_flight()->set_vertex("v1");
    }
    last_ = coordinator_->OnAcknowledge(id, 1, index, answer, Now());
  }
  Commit(id);
  EXPECT_EQ(coordinator_->statistics().latest_completed()->persisted_data, 70u);
  EXPECT_EQ(coordinator_->statistics().persisted_data().max, 70);
}

TEST_F(CheckpointCoordinatorTest, ACheckpointKeepsTheParallelismThatItWasTakenWith) {
  StartAttempt();
  const uint64_t id = Trigger();
  AcknowledgeAll(id);
  Commit(id);
  last_ = coordinator_->OnAttemptEnded(Now());
  JobGraph wider = graph_;
  wider.vertices[0].parallelism = 5;
  coordinator_->SetGraph(wider);
  CheckpointAttempt second;
  second.attempt = 2;
  StartAttempt(second);
  Trigger();
  const auto& history = coordinator_->statistics().history();
  EXPECT_EQ(history[0].parallelisms, (std::vector<uint32_t>{5, 1}));
  EXPECT_EQ(history[0].num_subtasks, 6u);
  EXPECT_EQ(history[1].parallelisms, (std::vector<uint32_t>{2, 1}));
  EXPECT_EQ(history[1].num_subtasks, 3u);
}

TEST_F(CheckpointCoordinatorTest, WhileAPartIsAwayThereAreNoCheckpoints) {
  options_.tolerable_failed = 0;
  StartAttempt();
  const uint64_t id = Trigger();
  Acknowledge(id, {0, 0});
  last_ = coordinator_->OnPartFailed({{0, {1}}}, Now());
  const auto* aborted = Find<NotifyAbortedCommand>();
  ASSERT_NE(aborted, nullptr) << "the others are told";
  EXPECT_EQ(aborted->checkpoint_id, id);
  EXPECT_FALSE(aborted->failure) << "it is no failure of the checkpoint";
  EXPECT_TRUE(coordinator_->waits_for_part());
  EXPECT_EQ(coordinator_->NextDeadline(), std::nullopt);
  last_ = coordinator_->Request(7, CheckpointKind::kManual, "", Now());
  EXPECT_TRUE(last_.empty()) << "it waits";
  now_ += 1'000 * kMillis;
  EXPECT_TRUE(coordinator_->OnTimer(Now()).empty());
  last_ = coordinator_->OnPartStarted({}, std::nullopt, Now());
  const auto* reserve = Find<ReserveCommand>();
  ASSERT_NE(reserve, nullptr);
  EXPECT_EQ(reserve->checkpoint_id, id + 1);
}

TEST_F(CheckpointCoordinatorTest, ACommitThatWasUnderWayWhenAPartFailedIsOfAll) {
  StartAttempt();
  const uint64_t id = Trigger();
  AcknowledgeAll(id);
  last_ = coordinator_->OnPartFailed({{0, {1}}}, Now());
  EXPECT_TRUE(last_.empty());
  EXPECT_TRUE(coordinator_->commits_under_way());
  Commit(id);
  EXPECT_NE(Find<NotifyCompleteCommand>(), nullptr);
  EXPECT_FALSE(coordinator_->is_uncertain());
}

TEST_F(CheckpointCoordinatorTest, WhatMayBeOnTheDiskIsUncertainUntilANewerOneIs) {
  options_.tolerable_failed = 5;
  StartAttempt();
  uint64_t id = Trigger();
  AcknowledgeAll(id);
  Commit(id, MetadataOutcome::kNotWritten);
  EXPECT_FALSE(coordinator_->is_uncertain());
  id = Trigger();
  AcknowledgeAll(id);
  Commit(id, MetadataOutcome::kUnknown);
  EXPECT_TRUE(coordinator_->is_uncertain());
  id = Trigger();
  AcknowledgeAll(id);
  Commit(id);
  EXPECT_FALSE(coordinator_->is_uncertain());
}

// All have finished, and then a TaskManager is lost, with a channel that was not read.
TEST_F(CheckpointCoordinatorTest, APartThatFailsAtTheEndTakesTheEndBack) {
  StartAttempt();
  Finish({0, 0});
  Finish({0, 1});
  Finish({1, 0});
  ASSERT_NE(Find<ReserveCommand>(), nullptr) << "the last checkpoint";
  last_ = coordinator_->OnPartFailed({{1, {0}}}, Now());
  EXPECT_NE(Find<NotifyAbortedCommand>(), nullptr);
  last_ = coordinator_->OnPartStarted({{{0, 0}, {}}, {{0, 1}, {}}}, std::nullopt, Now());
  const uint64_t id = Trigger();
  ASSERT_NE(Find<TriggerCommand>(), nullptr);
  EXPECT_EQ(Find<TriggerCommand>()->subtasks, (std::vector<SubtaskIndex>{{1, 0}}));
  Finish({1, 0}, id);
  Acknowledge(id, {1, 0});
  Commit(id);
  EXPECT_EQ(Find<JobMayFinishCommand>(), nullptr);
  EXPECT_NE(Find<ReserveCommand>(), nullptr) << "the last checkpoint, again";
}

TEST_F(CheckpointCoordinatorTest, AFailedCheckpointOfARescaleIsNoneOfTheJobs) {
  options_.tolerable_failed = 0;
  StartAttempt();
  last_ = coordinator_->Request(7, CheckpointKind::kRescale, "", Now());
  const uint64_t id = Find<ReserveCommand>()->checkpoint_id;
  last_ = coordinator_->OnReserveFailed(id, {ErrorCode::kIo, "no"}, Now());
  EXPECT_TRUE(Find<RequestEndedCommand>()->error);
  EXPECT_TRUE(Find<NotifyAbortedCommand>()->failure) << "it is logged all the same";
  EXPECT_EQ(Find<FailJobCommand>(), nullptr);
}

TEST_F(CheckpointCoordinatorTest, RefusesFilesThatNobodyVouchesFor) {
  options_.tolerable_failed = 10;
  StartAttempt();
  const uint64_t first = Trigger();
  Acknowledge(first, {1, 0}, {"shared/9-z.state"});
  ASSERT_NE(Find<NotifyAbortedCommand>(), nullptr);
  EXPECT_EQ(coordinator_->statistics().latest_failed()->failure_message,
            "subtask 0 of vertex 1 answered checkpoint 1 with the file `shared/9-z.state`, which "
            "is neither new nor part of a retained checkpoint");
  // What the aborted one wrote is not known either.
  const uint64_t second = Trigger();
  Acknowledge(second, {1, 0}, {StateFilePath(first, "a", false)});
  EXPECT_NE(Find<NotifyAbortedCommand>(), nullptr);
  // A file of another checkpoint's name is not new.
  const uint64_t third = Trigger();
  last_ = coordinator_->OnAcknowledge(third, 1, {1, 0}, Answer(second, {1, 0}), Now());
  EXPECT_NE(Find<NotifyAbortedCommand>(), nullptr);
}

TEST_F(CheckpointCoordinatorTest, IgnoresFormerAttemptsAndStrangers) {
  StartAttempt();
  const uint64_t id = Trigger();
  Acknowledge(id, {0, 0}, {}, 7);
  Acknowledge(id, {0, 9});
  Acknowledge(id, {9, 0});
  Acknowledge(id + 5, {0, 0});
  last_ = coordinator_->OnDecline(id, 7, {0, 0}, DeclineReason::kAsyncFailed, {}, Now());
  EXPECT_TRUE(last_.empty());
  EXPECT_EQ(coordinator_->statistics().history()[0].num_acknowledged_subtasks, 0u);
  AcknowledgeAll(id);
  EXPECT_NE(Find<CommitCommand>(), nullptr);
}

TEST_F(CheckpointCoordinatorTest, FailuresInARowAreTolerated) {
  options_.tolerable_failed = 1;
  StartAttempt();
  auto fail = [&] {
    const uint64_t id = Trigger();
    last_ = coordinator_->OnDecline(id, 1, {0, 0}, DeclineReason::kAsyncFailed,
                                    {ErrorCode::kNoSpace, "full"}, Now());
    EXPECT_NE(Find<NotifyAbortedCommand>(), nullptr);
    return Find<FailJobCommand>() != nullptr;
  };
  EXPECT_FALSE(fail());
  const uint64_t good = Trigger();
  AcknowledgeAll(good);
  Commit(good);
  EXPECT_FALSE(fail()) << "they are counted anew";
  const uint64_t id = Trigger();
  last_ = coordinator_->OnDecline(id, 1, {0, 0}, DeclineReason::kNotReady, {}, Now());
  EXPECT_EQ(Find<FailJobCommand>(), nullptr) << "nobody's fault";
  EXPECT_TRUE(fail());
  EXPECT_EQ(Find<FailJobCommand>()->error.code, ErrorCode::kNoSpace);
}

TEST_F(CheckpointCoordinatorTest, ASlowOneIsGivenUp) {
  StartAttempt();
  const uint64_t id = Trigger();
  EXPECT_EQ(coordinator_->NextDeadline(), now_ + 100 * kMillis) << "one at a time";
  Tick();
  EXPECT_NE(Find<NotifyAbortedCommand>(), nullptr);
  EXPECT_NE(Find<FailJobCommand>(), nullptr);
  AcknowledgeAll(id);
  EXPECT_EQ(Find<CommitCommand>(), nullptr) << "too late";
}

// FLINK-22494.
TEST_F(CheckpointCoordinatorTest, AnUnknownOutcomeIsToldToNobodyAndDeletesNothing) {
  options_.tolerable_failed = 1;
  StartAttempt();
  const uint64_t first = Trigger();
  AcknowledgeAll(first);
  Commit(first);
  const uint64_t unknown = Trigger();
  AcknowledgeAll(unknown, {"shared/1-a.state"});
  Commit(unknown, MetadataOutcome::kUnknown);
  EXPECT_EQ(Find<NotifyCompleteCommand>(), nullptr);
  EXPECT_EQ(Find<PruneCommand>(), nullptr);
  const uint64_t third = Trigger();
  AcknowledgeAll(third, {"shared/1-a.state"});
  Commit(third);
  EXPECT_EQ(Find<PruneCommand>()->request.retained, std::set<uint64_t>{third});
}

TEST_F(CheckpointCoordinatorTest, APauseIsKept) {
  options_.min_pause_micros = 30 * kMillis;
  StartAttempt();
  const uint64_t id = Trigger();
  AcknowledgeAll(id);
  now_ += 5 * kMillis;
  Commit(id);
  EXPECT_EQ(coordinator_->NextDeadline(), now_ + 30 * kMillis);
}

TEST_F(CheckpointCoordinatorTest, ANewerOneOvertakesAnOlder) {
  options_.max_concurrent = 2;
  StartAttempt();
  const uint64_t first = Trigger();
  const uint64_t second = Trigger();
  ASSERT_EQ(second, first + 1);
  Acknowledge(first, {0, 0});
  AcknowledgeAll(second);
  ASSERT_NE(Find<NotifyAbortedCommand>(), nullptr);
  EXPECT_EQ(Find<NotifyAbortedCommand>()->checkpoint_id, first);
  EXPECT_EQ(Find<FailJobCommand>(), nullptr);
  Commit(second);
  EXPECT_NE(Find<NotifyCompleteCommand>(), nullptr);
}

TEST_F(CheckpointCoordinatorTest, FinishedSubtasksAreAnswersAndTheirConsumersAreTriggered) {
  StartAttempt();
  Finish({0, 0});
  const uint64_t id = Trigger();
  EXPECT_EQ(Find<TriggerCommand>()->subtasks, (std::vector<SubtaskIndex>{{0, 1}}));
  Finish({0, 1});  // before the trigger reached it
  ASSERT_NE(Find<TriggerCommand>(), nullptr);
  EXPECT_EQ(Find<TriggerCommand>()->subtasks, (std::vector<SubtaskIndex>{{1, 0}}));
  Acknowledge(id, {1, 0});
  ASSERT_NE(Find<CommitCommand>(), nullptr);
  EXPECT_TRUE(Find<CommitCommand>()->metadata.vertices(0).subtasks(1).finished());
  EXPECT_FALSE(Find<CommitCommand>()->metadata.vertices(1).subtasks(0).finished());
}

// It read a split that nobody had at the trigger, which it never got.
TEST_F(CheckpointCoordinatorTest, ASourceThatFinishesUntoldEndsTheCheckpoint) {
  StartAttempt();
  Tick();
  const uint64_t id = Find<ReserveCommand>()->checkpoint_id;
  last_ = coordinator_->OnReserved(id, "", {{0, {proto::SplitState()}}}, Now());
  Finish({0, 0});
  ASSERT_NE(Find<NotifyAbortedCommand>(), nullptr);
  EXPECT_EQ(Find<NotifyAbortedCommand>()->checkpoint_id, id);
  EXPECT_FALSE(Find<NotifyAbortedCommand>()->failure);
  // The next one has no such split any more.
  const uint64_t next = Trigger();
  Finish({0, 1});
  Acknowledge(next, {1, 0});
  EXPECT_NE(Find<CommitCommand>(), nullptr);
}

TEST_F(CheckpointCoordinatorTest, WhoPassedTheBarrierAndThenFinishedStillAnswers) {
  StartAttempt();
  const uint64_t id = Trigger();
  Acknowledge(id, {0, 0});
  Acknowledge(id, {1, 0});
  Finish({0, 1}, id);
  EXPECT_EQ(Find<CommitCommand>(), nullptr);
  Acknowledge(id, {0, 1});
  ASSERT_NE(Find<CommitCommand>(), nullptr);
  EXPECT_FALSE(Find<CommitCommand>()->metadata.vertices(0).subtasks(1).finished());
}

TEST_F(CheckpointCoordinatorTest, TheLastCheckpointLetsTheJobFinish) {
  StartAttempt();
  Finish({0, 0});
  Finish({0, 1});
  Finish({1, 0});
  EXPECT_EQ(Find<JobMayFinishCommand>(), nullptr);
  ASSERT_NE(Find<ReserveCommand>(), nullptr) << "at once, not at the next interval";
  const uint64_t id = Find<ReserveCommand>()->checkpoint_id;
  last_ = coordinator_->OnReserved(id, "", {}, Now());
  EXPECT_EQ(Find<TriggerCommand>(), nullptr);
  ASSERT_NE(Find<CommitCommand>(), nullptr);
  Commit(id);
  EXPECT_NE(Find<NotifyCompleteCommand>(), nullptr);
  EXPECT_NE(Find<JobMayFinishCommand>(), nullptr);
  last_ = coordinator_->OnAttemptEnded(Now());
  last_ = coordinator_->OnJobEnded(JobEnd::kFinished);
  EXPECT_NE(Find<DiscardAllCommand>(), nullptr);
}

TEST_F(CheckpointCoordinatorTest, ASavepointIsFullAndCommitsNothing) {
  StartAttempt();
  const uint64_t first = Trigger();
  AcknowledgeAll(first);
  Commit(first);
  last_ = coordinator_->Request(5, CheckpointKind::kSavepoint, "/saved", Now());
  ASSERT_NE(Find<ReserveCommand>(), nullptr);
  EXPECT_EQ(Find<ReserveCommand>()->savepoint_target, "/saved");
  const uint64_t id = Find<ReserveCommand>()->checkpoint_id;
  last_ = coordinator_->OnReserved(id, "/saved/savepoint-x-y", {}, Now());
  EXPECT_TRUE(Find<TriggerCommand>()->full);
  EXPECT_EQ(Find<TriggerCommand>()->savepoint_directory, "/saved/savepoint-x-y");
  Acknowledge(id, {0, 0});
  Acknowledge(id, {0, 1});
  proto::SubtaskAcknowledgement answer;
  const std::string path = StateFilePath(id, "a", true);
  answer.add_files()->set_path(path);
  answer.mutable_files(0)->set_size_bytes(400);
  *answer.mutable_snapshot()->add_states() = SampleState(path);
  last_ = coordinator_->OnAcknowledge(id, 1, {1, 0}, answer, Now());
  ASSERT_NE(Find<CommitCommand>(), nullptr);
  EXPECT_EQ(Find<CommitCommand>()->savepoint_directory, "/saved/savepoint-x-y");
  Commit(id);
  EXPECT_EQ(Find<NotifyCompleteCommand>(), nullptr);
  EXPECT_EQ(Find<PruneCommand>(), nullptr);
  ASSERT_NE(Find<RequestEndedCommand>(), nullptr);
  EXPECT_EQ(Find<RequestEndedCommand>()->request, 5u);
  EXPECT_EQ(Find<RequestEndedCommand>()->path, "/saved/savepoint-x-y");
}

TEST_F(CheckpointCoordinatorTest, AStopEndsTheJobAndADrainThatFailsFailsIt) {
  StartAttempt();
  last_ = coordinator_->Request(1, CheckpointKind::kStop, "/saved", Now());
  const uint64_t id = Find<ReserveCommand>()->checkpoint_id;
  EXPECT_EQ(coordinator_->NextDeadline(), now_ + 100 * kMillis) << "none by time any more";
  last_ = coordinator_->OnReserved(id, "/saved/savepoint-x-y", {}, Now());
  for (const SubtaskIndex index : {SubtaskIndex{0, 0}, {0, 1}, {1, 0}}) {
    last_ = coordinator_->OnAcknowledge(id, 1, index, {}, Now());
  }
  Commit(id);
  EXPECT_NE(Find<NotifyCompleteCommand>(), nullptr) << "its sinks commit";
  EXPECT_TRUE(coordinator_->stopped());
  Finish({0, 0}, id);
  Finish({0, 1}, id);
  Finish({1, 0}, id);
  EXPECT_NE(Find<JobMayFinishCommand>(), nullptr);

  last_ = coordinator_->OnAttemptEnded(Now());
  CheckpointAttempt attempt;
  attempt.attempt = 2;
  StartAttempt(std::move(attempt));
  last_ = coordinator_->Request(2, CheckpointKind::kStopDrain, "/saved", Now());
  last_ = coordinator_->OnReserveFailed(id + 1, {ErrorCode::kPermissionDenied, "no"}, Now());
  EXPECT_NE(Find<FailJobCommand>(), nullptr);
  EXPECT_EQ(Find<RequestEndedCommand>()->error->code, ErrorCode::kPermissionDenied);
}

TEST_F(CheckpointCoordinatorTest, RequestsThatCannotBeAreAnswered) {
  options_.dir = "";
  options_.interval_micros = 0;
  StartAttempt();
  EXPECT_EQ(coordinator_->NextDeadline(), std::nullopt);
  last_ = coordinator_->Request(1, CheckpointKind::kSavepoint, "/saved", Now());
  EXPECT_NE(Find<RequestEndedCommand>()->error->message.find("execution.checkpointing.dir"),
            std::string::npos);
  last_ = coordinator_->OnAttemptEnded(Now());
  last_ = coordinator_->Request(2, CheckpointKind::kManual, "", Now());
  EXPECT_EQ(Find<RequestEndedCommand>()->error->code, ErrorCode::kUnavailable);
}

TEST_F(CheckpointCoordinatorTest, IdsGoOnAfterARestart) {
  CheckpointAttempt attempt;
  attempt.attempt = 1;
  attempt.id_max = 41;
  StartAttempt(std::move(attempt));
  EXPECT_EQ(Trigger(), 42u);
  last_ = coordinator_->OnAttemptEnded(Now());
  CheckpointAttempt next;
  next.attempt = 2;
  StartAttempt(std::move(next));
  EXPECT_EQ(Trigger(), 43u) << "42 was used, complete or not";
}

TEST_F(CheckpointCoordinatorTest, TheHistoryKeepsTen) {
  StartAttempt();
  for (int i = 0; i < 15; ++i) {
    const uint64_t id = Trigger();
    AcknowledgeAll(id);
    Commit(id);
  }
  EXPECT_EQ(coordinator_->statistics().history().size(), 10u);
  EXPECT_EQ(coordinator_->statistics().history()[0].id, 15u);
  EXPECT_EQ(coordinator_->statistics().counts().total, 15u);
  EXPECT_EQ(coordinator_->statistics().checkpointed_size().p99, 400);
}

}  // namespace
}  // namespace flinkc
