// Takes the checkpoints of one job: says when, to whom, waits for the answers, makes the result
// complete, and tells everybody (docs/adr/0004-checkpoints.md, "The order of events").
//
// A state machine without I/O: an event in, commands out, carried out in order; the CheckpointStore
// does what touches the disk, on one thread, and its answers come back as events. One thread.
//
//   Start -> ReserveCommand -> OnReserved -> TriggerCommand -> OnAcknowledge… -> CommitCommand
//         -> OnCommitted -> NotifyCompleteCommand, PruneCommand
//
// - An id is made lasting before it is used, and is greater than any before.
// - What comes from another attempt, or to a checkpoint that has ended, is ignored.
// - A checkpoint whose commit has an unknown outcome counts as failed and is told to nobody as
//   complete; as nothing is deleted before a newer one is, a restart finds it whole or not at all.
// - Savepoints are not pruned, not restored from after a failure, and told to nobody, but for the
//   one that stops the job: what sinks commit must not get ahead of the last checkpoint.
//
// What subtasks owe:
// - a trigger or barrier of a checkpoint that the subtask has passed is ignored;
// - a subtask that is no source acts on a trigger when all its channels have ended or brought the
//   barrier, never earlier: what its finished producers sent may still be in them;
// - it refers only to files of checkpoints that it was told are complete, or restored from.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/checkpoint/checkpoint_options.h"
#include "runtime/checkpoint/checkpoint_statistics.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/pending_checkpoint.h"
#include "runtime/graph/job_graph.h"

namespace flinkc {

// What a CheckpointCoordinator wants done.

// CheckpointStore::Reserve; with a target also MakeSavepointDirectory. Answer: OnReserved or
// OnReserveFailed.
struct ReserveCommand {
  uint64_t checkpoint_id = 0;
  std::string savepoint_target;  // "": no savepoint
};
// To these subtasks; others learn of it by barriers.
struct TriggerCommand {
  uint64_t checkpoint_id = 0;
  CheckpointKind kind = CheckpointKind::kPeriodic;
  // Refer to no file of an earlier checkpoint.
  bool full = false;
  std::string savepoint_directory;  // of a savepoint: where its files go
  int64_t triggered_at_millis = 0;
  std::vector<SubtaskIndex> subtasks;
};
// CheckpointStore::Commit, or CommitSavepoint if there is a directory. Answer: OnCommitted.
// Of a savepoint that stops the job, MarkStopped in between: what it lists is made visible, and
// nobody may go on from a checkpoint before it.
struct CommitCommand {
  proto::CheckpointMetadata metadata;
  std::string savepoint_directory;
  bool stops = false;
};
// To all subtasks. Best effort: a lost one is made good by the next.
struct NotifyCompleteCommand {
  uint64_t checkpoint_id = 0;
};
// `failure`: what counts against tolerable-failed-checkpoints; nothing: it was overtaken, or given
// up with its attempt.
struct NotifyAbortedCommand {
  uint64_t checkpoint_id = 0;
  std::optional<Error> failure = std::nullopt;
};
// CheckpointStore::Prune. No answer: an error is logged, the next one tries again.
struct PruneCommand {
  CheckpointStore::PruneRequest request;
};
// CheckpointStore::DiscardAll; if the job has finished, MarkFinished before.
struct DiscardAllCommand {
  bool finished = false;
  std::string savepoint;  // that it was stopped with
};
// The answer to a Request.
struct RequestEndedCommand {
  uint64_t request = 0;
  uint64_t checkpoint_id = 0;
  std::string path;            // of a savepoint
  std::optional<Error> error;  // it failed
};
// Too many checkpoints have failed, or the job stands still: the attempt is to fail as a whole.
struct FailJobCommand {
  Error error;
};
// All subtasks have finished, and what they have sealed is part of a complete checkpoint.
struct JobMayFinishCommand {};
using CheckpointCommand =
    std::variant<ReserveCommand, TriggerCommand, CommitCommand, NotifyCompleteCommand,
                 NotifyAbortedCommand, PruneCommand, DiscardAllCommand, RequestEndedCommand,
                 FailJobCommand, JobMayFinishCommand>;
using CheckpointCommands = std::vector<CheckpointCommand>;

struct CheckpointTime {
  int64_t monotonic_micros = 0;
  int64_t wall_millis = 0;
};

enum class DeclineReason : uint8_t {
  kNotReady,     // starting, ending or canceling: no failure of the checkpoint
  kAsyncFailed,  // could not be written
};

enum class JobEnd : uint8_t { kFinished, kCanceled, kFailed };

// A complete checkpoint that the store keeps.
struct RetainedCheckpoint {
  uint64_t id = 0;
  KnownFiles files;
  // New checkpoints may refer to its files.
  bool referable = true;

  static RetainedCheckpoint From(const proto::CheckpointMetadata& metadata, bool referable = true);
};

// All that a new attempt of the job starts from, as found by the store.
struct CheckpointAttempt {
  uint32_t attempt = 0;
  // FoundCheckpoints::id_max, or the id restored from if that is greater.
  uint64_t id_max = 0;
  // The complete ones but those kept for the user.
  std::vector<RetainedCheckpoint> retained;
  // Subtasks that had finished in the checkpoint restored from; they are not run again. Without
  // files.
  std::map<SubtaskIndex, proto::SubtaskSnapshot> finished;
  std::optional<CheckpointStatistics::Restored> restored;
};

using UnassignedSplits = std::map<uint32_t, std::vector<proto::SplitState>>;

class CheckpointCoordinator {
 public:
  // `graph` must outlive the coordinator. `spec` goes into each checkpoint.
  CheckpointCoordinator(std::string job_id, const JobGraph& graph, CheckpointOptions options,
                        std::string spec);

  // The job's, at another parallelism; it must outlive the coordinator. Only between two attempts.
  void SetGraph(const JobGraph& graph);

  // All subtasks run. The former attempt must have ended and none of its commits be under way.
  CheckpointCommands OnAttemptStarted(CheckpointAttempt attempt, CheckpointTime now);
  // The attempt fails, is canceled or has ended: what is under way is given up, but for commits.
  CheckpointCommands OnAttemptEnded(CheckpointTime now);
  // These subtasks have failed and are to start again; the rest of the attempt goes on, and is told
  // that what is under way is given up, but for commits. None is triggered until all run. The job
  // must not be `stopping`.
  CheckpointCommands OnPartFailed(const SubtasksByVertex& subtasks, CheckpointTime now);
  // All run. `finished`: of the whole job, as in CheckpointAttempt; `restored`: what the part has
  // gone on from.
  CheckpointCommands OnPartStarted(std::map<SubtaskIndex, proto::SubtaskSnapshot> finished,
                                   std::optional<CheckpointStatistics::Restored> restored,
                                   CheckpointTime now);
  // The job has reached its end, its last attempt as well, and no commit is under way.
  CheckpointCommands OnJobEnded(JobEnd end);

  // Asks for a checkpoint or savepoint (kManual, kRescale, kSavepoint, kStop, kStopDrain).
  // `target`: where savepoints go; "": execution.checkpointing.savepoint-dir. `full`: it is to
  // refer to no file of an earlier one. Ends with a RequestEndedCommand of the same number.
  CheckpointCommands Request(uint64_t request, CheckpointKind kind, const std::string& target,
                             CheckpointTime now, bool full = false);

  // To be called when NextDeadline has passed; harmless at other times.
  CheckpointCommands OnTimer(CheckpointTime now);
  // Monotonic microseconds.
  std::optional<int64_t> NextDeadline() const;

  // `unassigned`: the splits that no subtask has, taken in the same step in which the triggers that
  // come of this are sent, so that a split assigned later is behind the trigger.
  CheckpointCommands OnReserved(uint64_t checkpoint_id, const std::string& savepoint_directory,
                                UnassignedSplits unassigned, CheckpointTime now);
  CheckpointCommands OnReserveFailed(uint64_t checkpoint_id, const Error& error,
                                     CheckpointTime now);
  CheckpointCommands OnAcknowledge(uint64_t checkpoint_id, uint32_t attempt, SubtaskIndex index,
                                   const proto::SubtaskAcknowledgement& acknowledgement,
                                   CheckpointTime now);
  CheckpointCommands OnDecline(uint64_t checkpoint_id, uint32_t attempt, SubtaskIndex index,
                               DeclineReason reason, const Error& error, CheckpointTime now);
  // `last`: its last snapshot, without files; `last_barrier`: the last checkpoint that it has taken
  // part in, whose acknowledgement or decline still comes if it has not yet.
  CheckpointCommands OnSubtaskFinished(uint32_t attempt, SubtaskIndex index,
                                       const proto::SubtaskSnapshot& last, uint64_t last_barrier,
                                       CheckpointTime now);
  CheckpointCommands OnCommitted(uint64_t checkpoint_id, const MetadataWrite& write,
                                 CheckpointTime now);

  // A new attempt must not start while this is true.
  bool commits_under_way() const;
  // The job was stopped with a savepoint that is complete: it ends without another checkpoint.
  bool stopped() const { return stopped_; }
  // So it was, or is about to be.
  bool stopping() const { return stopping_ || stopped_; }
  // A part of the attempt does not run.
  bool waits_for_part() const { return waits_for_part_; }
  // Nobody knows whether a checkpoint behind the newest complete one is on the disk.
  bool is_uncertain() const { return is_uncertain_; }
  const CheckpointStatistics& statistics() const { return statistics_; }
  const CheckpointOptions& options() const { return options_; }

 private:
  struct Queued {
    CheckpointKind kind = CheckpointKind::kManual;
    std::optional<uint64_t> request;
    std::string target;
    bool full = false;
  };
  // Why a checkpoint has come to nothing.
  enum class Blame : uint8_t {
    kCheckpoint,  // counts against tolerable-failed-checkpoints
    kNobody,
  };

  void StartWhatMay(CheckpointTime now, CheckpointCommands& commands);
  bool PeriodicIsDue(CheckpointTime now) const;
  std::optional<int64_t> PeriodicDeadline() const;
  void Start(const Queued& queued, CheckpointTime now, CheckpointCommands& commands);
  PendingCheckpoint* Find(uint64_t checkpoint_id, PendingCheckpoint::Stage stage);
  // Running subtasks that no barrier will reach by itself and that were not triggered yet.
  std::vector<SubtaskIndex> TakeTargets(PendingCheckpoint& pending) const;
  bool AllInputsFinished(SubtaskIndex index) const;
  void Trigger(PendingCheckpoint& pending, CheckpointCommands& commands) const;
  void Accept(PendingCheckpoint& pending, SubtaskIndex index,
              const proto::SubtaskAcknowledgement& acknowledgement, CheckpointTime now,
              CheckpointCommands& commands);
  void CommitIfComplete(PendingCheckpoint& pending, CheckpointTime now,
                        CheckpointCommands& commands);
  void Complete(PendingCheckpoint pending, CheckpointTime now, CheckpointCommands& commands);
  void GiveUpAll(const Error& error, CheckpointTime now, CheckpointCommands& commands);
  void FailOvertaken(uint64_t newest, CheckpointTime now, CheckpointCommands& commands);
  void Retain(RetainedCheckpoint checkpoint, CheckpointCommands& commands);
  void Fail(uint64_t checkpoint_id, const Error& error, Blame blame, CheckpointTime now,
            CheckpointCommands& commands);
  void EndRequest(const PendingCheckpoint& pending, std::optional<Error> error,
                  CheckpointCommands& commands) const;
  KnownFiles ReferableFiles(CheckpointKind kind) const;
  bool AllFinished() const { return finished_.size() == subtask_count_; }
  void FinishIfAllHave(CheckpointTime now, CheckpointCommands& commands);

  // Constant after construction.
  const std::string job_id_;
  const CheckpointOptions options_;
  const std::string spec_;

  // Constant within an attempt.
  const JobGraph* graph_ = nullptr;
  std::string plan_digest_;
  size_t subtask_count_ = 0;
  bool running_ = false;
  bool waits_for_part_ = false;
  bool is_uncertain_ = false;
  uint32_t attempt_ = 0;
  uint64_t next_id_ = 1;
  std::map<uint64_t, PendingCheckpoint> pending_;
  std::deque<Queued> queue_;
  std::map<uint64_t, RetainedCheckpoint> retained_;
  std::map<SubtaskIndex, proto::SubtaskSnapshot> finished_;
  int64_t next_periodic_micros_ = 0;
  int64_t pause_until_micros_ = 0;
  uint32_t failures_in_a_row_ = 0;
  // A stop is queued or under way: time triggers no more checkpoints.
  bool stopping_ = false;
  bool stopped_ = false;
  std::string stop_savepoint_;
  bool final_started_ = false;
  CheckpointStatistics statistics_;
};

}  // namespace flinkc
