// CheckpointCoordinator and CheckpointStore in a world where anything may fail: acknowledgements
// that are lost, doubled or late, declines, subtasks that finish, jobs that fail, full and failing
// disks, crashes between any two steps. After each step it is checked that
//   I5  ids only grow, over all restarts, and a restart finds what was complete, or newer;
//   I6  nothing is called complete before it is, and nothing aborted ever is;
//   I7  every file of every retained checkpoint is there, byte for byte;
//   I8  what belongs to none goes, in the end;
//   I11 an answer of a former attempt is in no checkpoint;
//   I14 what has finished is not triggered again;
//   I15 when the faults stop a checkpoint completes.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/checkpoint/checkpoint_coordinator.h"
#include "runtime/checkpoint/checkpoint_paths.h"
#include "tests/support/simulated_file_system.h"
#include "tests/unit/runtime/checkpoint/sample_checkpoint.h"

namespace flinkc {
namespace {

constexpr uint64_t kFileBytes = 400;
constexpr char kDirectory[] = "/ckpt/sample";

// A file that says whose it is.
std::string BytesOf(const std::string& path) {
  std::string bytes = path;
  bytes.resize(kFileBytes, '.');
  return bytes;
}

class World {
 public:
  explicit World(uint64_t seed) : random_(seed), files_(seed * 31 + 7) {
    graph_.name = "sample";
    for (const uint32_t parallelism : {2u, 2u, 1u}) {
      JobVertex vertex;
      vertex.id = JobVertexId(static_cast<uint32_t>(graph_.vertices.size()));
      vertex.name = fmt::format("v{}", graph_.vertices.size());
      vertex.parallelism = parallelism;
      graph_.vertices.push_back(vertex);
    }
    graph_.edges.push_back({JobVertexId(0), 0, JobVertexId(1), Partitioning::kHash});
    graph_.edges.push_back({JobVertexId(1), 0, JobVertexId(2), Partitioning::kHash});
    options_.dir = "/ckpt";
    options_.savepoint_dir = "/saved";
    options_.interval_micros = 1'000;
    options_.timeout_micros = Pick({5'000, 100'000});
    options_.min_pause_micros = Pick({0, 0, 3'000});
    options_.max_concurrent = options_.min_pause_micros > 0 ? 1u : Below(3) + 1;
    options_.tolerable_failed = Below(4);
    options_.num_retained = Below(3) + 1;
    options_.incremental = Below(4) != 0;
    loss_ = Pick({0, 5, 20});
    finish_ = Pick({0, 0, 1});
    if (Below(3) != 0) {
      faults_.write_fails = faults_.sync_fails = faults_.remove_fails = 0.02;
      faults_.sync_directory_fails = 0.02;
      faults_.rename_unknown = 0.1;
      faults_.read_fails = 0.01;
    }
    StartProcess();
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !done_ && !::testing::Test::HasFatalFailure(); ++i) Step();
    // Now nothing fails any more.
    loss_ = 0;
    faults_ = {};
    calm_ = true;
    files_.SetFaults({});
    if (files_.crashed()) StartProcess();
    files_.CrashAfter(INT64_MAX / 2);
    if (done_) return CheckEnd();
    const uint64_t before = durable_max_;
    for (int i = 0; i < 3'000 && durable_max_ == before && !done_; ++i) Step();
    EXPECT_TRUE(durable_max_ > before || done_) << "no checkpoint completes any more";
    if (done_) return CheckEnd();
    // Another start leaves nothing that belongs to no checkpoint.
    Do(coordinator_->OnAttemptEnded(Now()));
    while (!io_.empty()) DoIo();
    StartAttempt(true);
    CheckNoOrphans({}, UINT64_MAX);
  }
  // The last things that happened.
  std::string Trace() const { return fmt::format("{}", fmt::join(trace_, "\n")); }
  uint64_t completed() const { return completed_; }
  uint64_t restarts() const { return restarts_; }

 private:
  struct Message {
    uint64_t id = 0;
    uint32_t attempt = 0;
    SubtaskIndex index;
    bool decline = false;
    proto::SubtaskAcknowledgement acknowledgement;
  };
  struct Work {  // a barrier that a subtask has before it
    TriggerCommand trigger;
    SubtaskIndex index;
  };

  template <typename... Arguments>
  void Note(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    trace_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
    if (trace_.size() > 200) trace_.pop_front();
  }
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }
  int Pick(std::vector<int> values) { return values[Below(static_cast<uint32_t>(values.size()))]; }
  bool Percent(int chance) { return Below(100) < static_cast<uint32_t>(chance); }

  // A process starts: after a crash, or at first.
  void StartProcess() {
    coordinator_.reset();
    store_.reset();
    io_.clear();
    files_.SetFaults({});
    if (files_.crashed()) {
      ++restarts_;
      const bool loses = Percent(60);
      Note("crash{}", loses ? "" : " of the process alone");
      loses ? files_.Restart() : files_.RestartWithoutLoss();
    }
    auto store = CheckpointStore::Open(&files_, "/ckpt", "sample");
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
    coordinator_ = std::make_unique<CheckpointCoordinator>("0123456789", graph_, options_, "");
    StartAttempt(true);
  }

  void StartAttempt(bool clean_up) {
    files_.SetFaults({});
    const auto found = store_->Find();
    if (files_.crashed()) return;  // the next step starts another process
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->skipped.empty()) << found->skipped[0].error.message;
    const uint64_t newest =
        found->complete.empty() ? 0 : found->complete[0].metadata.checkpoint_id();
    EXPECT_GE(newest, durable_max_) << "I5: a complete checkpoint was lost";
    for (const StoredCheckpoint& stored : found->complete) {
      EXPECT_FALSE(aborted_.contains(stored.metadata.checkpoint_id())) << "I6";
    }
    EXPECT_GE(found->id_max, triggered_max_) << "I5: an id might be used again";
    if (clean_up) ASSERT_TRUE(store_->CleanUp());
    files_.SetFaults(faults_);
    CheckpointAttempt attempt;
    attempt.attempt = ++attempt_;
    Note("attempt {} from {}, ids up to {}", attempt_, newest, found->id_max);
    attempt.id_max = found->id_max;
    retained_.clear();
    finished_.clear();
    confirmed_.clear();
    for (const StoredCheckpoint& stored : found->complete) {
      attempt.retained.push_back(RetainedCheckpoint::From(stored.metadata));
      retained_[stored.metadata.checkpoint_id()] = stored.metadata;
    }
    if (newest > 0) Restore(found->complete[0].metadata, &attempt);
    durable_max_ = std::max(durable_max_, newest);
    work_.clear();
    passed_.clear();
    seen_.clear();
    may_finish_ = false;
    Do(coordinator_->OnAttemptStarted(std::move(attempt), Now()));
  }

  void Restore(const proto::CheckpointMetadata& metadata, CheckpointAttempt* attempt) {
    for (uint32_t vertex = 0; vertex < 3; ++vertex) {
      const proto::VertexSnapshot& snapshot = metadata.vertices(static_cast<int>(vertex));
      for (uint32_t i = 0; i < graph_.vertices[vertex].parallelism; ++i) {
        const proto::SubtaskSnapshot& subtask = snapshot.subtasks(static_cast<int>(i));
        if (subtask.finished()) {
          attempt->finished[{vertex, i}] = subtask;
          finished_.insert({vertex, i});
        } else {
          confirmed_[{vertex, i}] = subtask;
        }
      }
    }
  }

  CheckpointTime Now() const { return {now_, now_ / 1'000}; }

  void Step() {
    if (files_.crashed()) return StartProcess();
    now_ += Below(200);
    switch (Below(12)) {
      case 0: case 1: case 2:
        DoIo();
        break;
      case 3: case 4: case 5:
        Snapshot();
        break;
      case 6: case 7: case 8:
        Deliver();
        break;
      case 9:
        Do(coordinator_->OnTimer(Now()));
        break;
      case 10:
        if (Percent(10)) Do(coordinator_->Request(++requests_, Pick({0, 1}) == 0
                                ? CheckpointKind::kSavepoint : CheckpointKind::kManual, "", Now()));
        break;
      case 11:
        Mishap();
        break;
    }
    CheckRetained();
  }

  void Mishap() {
    if (calm_) return;
    if (Percent(15)) files_.CrashAfter(Below(25));
    if (Percent(5)) FailJob();
    if (Percent(finish_ * 10)) FinishOne();
  }

  void FailJob() {
    Do(coordinator_->OnAttemptEnded(Now()));
    // A new attempt waits for what may still become complete.
    while (!io_.empty() && !files_.crashed()) DoIo();
    if (!files_.crashed()) StartAttempt(false);
  }

  void FinishOne() {
    for (uint32_t vertex = 0; vertex < 3; ++vertex) {
      for (uint32_t i = 0; i < graph_.vertices[vertex].parallelism; ++i) {
        if (finished_.contains({vertex, i})) continue;
        finished_.insert({vertex, i});
        std::erase_if(work_, [&](const Work& work) {
          return work.index == SubtaskIndex{vertex, i};
        });
        return Do(coordinator_->OnSubtaskFinished(attempt_, {vertex, i}, {},
                                                  passed_[{vertex, i}], Now()));
      }
    }
  }

  // A subtask comes to a barrier.
  void Snapshot() {
    if (work_.empty()) return;
    const size_t at = Below(static_cast<uint32_t>(work_.size()));
    const Work work = work_[at];
    // Barriers stay in order.
    for (size_t i = 0; i < at; ++i) {
      if (work_[i].index == work.index) return;
    }
    work_.erase(work_.begin() + static_cast<int64_t>(at));
    const uint64_t id = work.trigger.checkpoint_id;
    passed_[work.index] = id;
    Message message{id, attempt_, work.index, Percent(loss_ / 5), {}};
    proto::SubtaskSnapshot& snapshot = *message.acknowledgement.mutable_snapshot();
    if (work.index.vertex == 1) {
      const uint32_t first = work.index.subtask * 64;
      snapshot.set_key_group_first(first);
      snapshot.set_key_group_last(first + 63);
      const std::string random = fmt::format("{}x{}", attempt_, ++file_count_);
      const bool savepoint = !work.trigger.savepoint_directory.empty();
      const std::string path = StateFilePath(id, random, savepoint);
      const std::string root = savepoint ? work.trigger.savepoint_directory : kDirectory;
      auto file = files_.Create(root + "/" + path);
      if (!file || !(*file)->Append(BytesOf(path)) || !(*file)->Sync()) message.decline = true;
      *snapshot.add_states() = SampleState(path, kFileBytes);
      const proto::SubtaskSnapshot& old = confirmed_[work.index];
      if (!work.trigger.full && old.states_size() > 0) {
        for (const std::string& kept : old.states(0).segment_files()) {
          if (Percent(50)) AddSampleTable(kept, kFileBytes, snapshot.mutable_states(0));
        }
      }
      auto* written = message.acknowledgement.add_files();
      written->set_path(path);
      written->set_size_bytes(kFileBytes);
    }
    taken_[{attempt_, id, work.index}] = snapshot;
    if (Percent(loss_)) return;
    if (Percent(loss_)) messages_.push_back(message);
    messages_.push_back(std::move(message));
  }

  void Deliver() {
    if (messages_.empty()) return;
    const size_t at = Below(static_cast<uint32_t>(messages_.size()));
    const Message message = std::move(messages_[at]);
    messages_.erase(messages_.begin() + static_cast<int64_t>(at));
    if (message.decline) {
      return Do(coordinator_->OnDecline(message.id, message.attempt, message.index,
                                        Pick({0, 1}) == 0 ? DeclineReason::kNotReady
                                                          : DeclineReason::kAsyncFailed,
                                        {ErrorCode::kIo, "declined"}, Now()));
    }
    Do(coordinator_->OnAcknowledge(message.id, message.attempt, message.index,
                                   message.acknowledgement, Now()));
  }

  void DoIo() {
    if (io_.empty()) return;
    const CheckpointCommand command = std::move(io_.front());
    io_.pop_front();
    if (const auto* reserve = std::get_if<ReserveCommand>(&command)) {
      const uint64_t id = reserve->checkpoint_id;
      Status status = store_->Reserve(id);
      std::string directory;
      if (status && !reserve->savepoint_target.empty()) {
        auto made = store_->MakeSavepointDirectory(id, reserve->savepoint_target, "0123456789",
                                                   fmt::format("{}x{}", attempt_, id));
        if (made) directory = *made;
        else status = std::unexpected(made.error());
      }
      Note("reserve {}: {}", id, status ? "ok" : status.error().message);
      if (files_.crashed()) return;
      Do(status ? coordinator_->OnReserved(id, directory, {}, Now())
                : coordinator_->OnReserveFailed(id, status.error(), Now()));
    } else if (const auto* commit = std::get_if<CommitCommand>(&command)) {
      Commit(*commit);
    } else if (const auto* prune = std::get_if<PruneCommand>(&command)) {
      std::erase_if(retained_, [&](const auto& entry) {
        return entry.first < *prune->request.retained.rbegin() &&
               !prune->request.retained.contains(entry.first);
      });
      const Status status = store_->Prune(prune->request);
      Note("prune to {}: {}", fmt::join(prune->request.retained, ","),
           status ? "ok" : status.error().message);
      if (status) CheckNoOrphans(prune->request.in_use, *prune->request.retained.rbegin());
    } else if (std::holds_alternative<DiscardAllCommand>(command)) {
      retained_.clear();
      EXPECT_TRUE(store_->DiscardAll() || !calm_);
    }
  }

  void Commit(const CommitCommand& commit) {
    const proto::CheckpointMetadata& metadata = commit.metadata;
    const uint64_t id = metadata.checkpoint_id();
    CheckContents(metadata);
    const MetadataWrite write =
        commit.savepoint_directory.empty()
            ? store_->Commit(metadata)
            : store_->CommitSavepoint(commit.savepoint_directory, metadata);
    std::string names;
    for (const auto& file : metadata.files()) names += " " + file.path().substr(7);
    Note("commit {}: {}, of{}", id, static_cast<int>(write.outcome), names);
    if (write.outcome == MetadataOutcome::kNotWritten) aborted_.insert(id);
    if (write.outcome == MetadataOutcome::kDurable && !metadata.savepoint()) {
      EXPECT_GT(id, durable_max_) << "I5";
      durable_max_ = id;
      retained_[id] = metadata;
      ++completed_;
    }
    if (!files_.crashed()) Do(coordinator_->OnCommitted(id, write, Now()));
  }

  // What is about to become complete is what this attempt's subtasks have said.
  void CheckContents(const proto::CheckpointMetadata& metadata) {
    EXPECT_EQ(metadata.attempt(), attempt_);
    for (const auto& file : metadata.files()) {
      if (file.created_by() == metadata.checkpoint_id()) {
        EXPECT_NE(file.path().find(fmt::format("-{}x", attempt_)), std::string::npos) << "I11";
      }
    }
    for (uint32_t vertex = 0; vertex < 3; ++vertex) {
      for (uint32_t i = 0; i < graph_.vertices[vertex].parallelism; ++i) {
        const proto::SubtaskSnapshot& subtask =
            metadata.vertices(static_cast<int>(vertex)).subtasks(static_cast<int>(i));
        if (subtask.finished()) {
          EXPECT_TRUE(finished_.contains({vertex, i})) << "I14";
        } else {
          const auto taken = taken_.find({attempt_, metadata.checkpoint_id(), {vertex, i}});
          ASSERT_TRUE(taken != taken_.end()) << "I6: a subtask has not taken part";
          EXPECT_EQ(subtask.SerializeAsString(), taken->second.SerializeAsString());
        }
      }
    }
  }

  void Do(const CheckpointCommands& commands) {
    bool fail = false;
    for (const CheckpointCommand& command : commands) {
      if (const auto* trigger = std::get_if<TriggerCommand>(&command)) {
        TakeTrigger(*trigger);
      } else if (const auto* notify = std::get_if<NotifyCompleteCommand>(&command)) {
        EXPECT_TRUE(retained_.contains(notify->checkpoint_id)) << "I6: told too early";
        if (!Percent(loss_)) Confirm(notify->checkpoint_id);
      } else if (const auto* aborted = std::get_if<NotifyAbortedCommand>(&command)) {
        EXPECT_FALSE(retained_.contains(aborted->checkpoint_id));
      } else if (std::holds_alternative<FailJobCommand>(command)) {
        fail = true;
      } else if (std::holds_alternative<JobMayFinishCommand>(command)) {
        EXPECT_EQ(finished_.size(), 5u);
        may_finish_ = true;
      } else if (!std::holds_alternative<RequestEndedCommand>(command)) {
        io_.push_back(command);
      }
    }
    if (fail && !files_.crashed()) return FailJob();
    if (may_finish_ && !done_) {
      done_ = true;
      Do(coordinator_->OnAttemptEnded(Now()));
    }
  }

  void TakeTrigger(const TriggerCommand& trigger) {
    for (const SubtaskIndex& index : trigger.subtasks) {
      EXPECT_FALSE(finished_.contains(index)) << "I14";
    }
    if (!seen_.insert(trigger.checkpoint_id).second) return;
    EXPECT_GT(trigger.checkpoint_id, triggered_max_) << "I5";
    triggered_max_ = trigger.checkpoint_id;
    for (uint32_t vertex = 0; vertex < 3; ++vertex) {
      for (uint32_t i = 0; i < graph_.vertices[vertex].parallelism; ++i) {
        if (!finished_.contains({vertex, i})) work_.push_back({trigger, {vertex, i}});
      }
    }
  }

  void Confirm(uint64_t id) {
    for (uint32_t vertex = 0; vertex < 3; ++vertex) {
      for (uint32_t i = 0; i < graph_.vertices[vertex].parallelism; ++i) {
        const auto taken = taken_.find({attempt_, id, {vertex, i}});
        if (taken != taken_.end() && Percent(90)) confirmed_[{vertex, i}] = taken->second;
      }
    }
  }

  void CheckRetained() {
    const std::map<std::string, std::string> all = files_.Files();
    for (const auto& [id, metadata] : retained_) {
      const auto found = all.find(fmt::format("{}/chk-{}/_metadata", kDirectory, id));
      ASSERT_TRUE(found != all.end()) << "I7: checkpoint " << id << " is gone";
      for (const auto& file : metadata.files()) {
        const auto bytes = all.find(fmt::format("{}/{}", kDirectory, file.path()));
        ASSERT_TRUE(bytes != all.end()) << "I7: " << file.path() << " of checkpoint " << id;
        ASSERT_EQ(bytes->second, BytesOf(file.path())) << "I7";
      }
    }
  }

  void CheckNoOrphans(const std::set<std::string>& in_use, uint64_t creator_max) {
    Note("check orphans up to {}, in use {}", creator_max, fmt::join(in_use, " "));
    std::set<std::string> wanted = in_use;
    for (const auto& [id, metadata] : retained_) {
      for (const auto& file : metadata.files()) wanted.insert(file.path());
    }
    for (const auto& [path, bytes] : files_.Files()) {
      const auto creator = CreatorOfStateFile(path);
      if (!creator || !path.starts_with(kDirectory) || *creator > creator_max) continue;
      EXPECT_TRUE(wanted.contains(path.substr(sizeof(kDirectory)))) << "I8: " << path;
    }
  }

  void CheckEnd() {
    if (files_.crashed()) return;
    while (!io_.empty()) DoIo();
    Do(coordinator_->OnJobEnded(JobEnd::kFinished));
    while (!io_.empty()) DoIo();
    for (const auto& [path, bytes] : files_.Files()) {
      EXPECT_TRUE(path.starts_with("/saved/") || path.ends_with("/.lock")) << "I8: " << path;
    }
  }

  std::mt19937_64 random_;
  SimulatedFileSystem files_;
  JobGraph graph_;
  CheckpointOptions options_;
  SimulatedFaults faults_;
  int loss_ = 0, finish_ = 0;
  bool calm_ = false, done_ = false, may_finish_ = false;
  int64_t now_ = 0;

  // The process.
  std::unique_ptr<CheckpointStore> store_;
  std::unique_ptr<CheckpointCoordinator> coordinator_;
  std::deque<CheckpointCommand> io_;
  // The attempt.
  uint32_t attempt_ = 0;
  std::vector<Work> work_;
  std::map<SubtaskIndex, uint64_t> passed_;
  std::set<uint64_t> seen_;
  std::set<SubtaskIndex> finished_;
  std::map<SubtaskIndex, proto::SubtaskSnapshot> confirmed_;
  // The wire, which outlives attempts.
  std::vector<Message> messages_;
  std::deque<std::string> trace_;
  // What is known from outside.
  std::map<std::tuple<uint32_t, uint64_t, SubtaskIndex>, proto::SubtaskSnapshot> taken_;
  std::map<uint64_t, proto::CheckpointMetadata> retained_;
  std::set<uint64_t> aborted_;
  uint64_t durable_max_ = 0, triggered_max_ = 0, requests_ = 0, file_count_ = 0;
  uint64_t completed_ = 0, restarts_ = 0;
};

TEST(CheckpointSimulation, InvariantsHoldWhateverFails) {
  const char* given = std::getenv("FLINKC_CHECKPOINT_SEEDS");
  const uint64_t seeds = given == nullptr ? 600 : std::strtoull(given, nullptr, 10);
  uint64_t completed = 0, restarts = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    World world(seed);
    if (!HasFatalFailure()) world.Run(600);
    completed += world.completed();
    restarts += world.restarts();
    if (HasFailure()) {
      ADD_FAILURE() << world.Trace();
      break;
    }
  }
  // The world is no desert: much succeeds and much fails.
  EXPECT_GT(completed, seeds * 3);
  EXPECT_GT(restarts, seeds);
}

}  // namespace
}  // namespace flinkc
