// Runs one job: prepares it, gets slots, deploys its subtasks, hands out splits, takes checkpoints,
// starts it again after a failure, and ends it whole: finished with all output committed, or failed
// or canceled with none of the unfinished left.
//
// A state machine without I/O: an event in, commands out (docs/architecture.md). One thread.
//
//   INITIALIZING -> CREATED -> RUNNING -> FINISHED
//        |             |        |  ^|-> FAILING    -> FAILED
//        |             |        v  ||
//        |             |    RESTARTING
//        '-------------'----------'-> CANCELLING -> CANCELED
//
// A job whose requirements leave it a choice runs with the parallelism that its slots allow, and
// goes from RUNNING by RESTARTING and CREATED to another one (job_rescale.cpp). Of one with several
// regions only those start again that have failed; it is RESTARTING until all are deployed
// (job_regions.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/checkpoint/checkpoint_coordinator.h"
#include "runtime/checkpoint/restart_strategy.h"
#include "runtime/connector/source.h"
#include "runtime/graph/job_graph.h"
#include "runtime/jobmanager/client_heartbeat_options.h"
#include "runtime/jobmanager/execution_graph.h"
#include "runtime/jobmanager/job_record.h"
#include "runtime/jobmanager/pipelined_regions.h"
#include "runtime/jobmanager/rescale_history.h"
#include "runtime/jobmanager/resource_requirements.h"
#include "runtime/jobmanager/scheduler_options.h"
#include "runtime/jobmanager/source_alignment.h"
#include "runtime/protocol/job_state.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

struct DamagedCheckpoint {
  uint64_t checkpoint_id = 0;
  Error error;
};

// What the shell found out about the job's sources and sinks, and what it goes on from.
struct PreparedJob {
  struct Source {
    std::vector<Split> splits;
    bool assigns_all_at_start = false;
  };
  std::map<uint32_t, Source> sources;  // by vertex; with `restored` only assigns_all_at_start
  // The directory of the job's checkpoints; "": it takes none.
  std::string checkpoint_directory;
  uint64_t checkpoint_id_max = 0;  // ever used
  std::vector<RetainedCheckpoint> retained;
  // The checkpoint or savepoint to go on from. Its output is committed when all tasks have loaded
  // their state: one that they find damaged has committed nothing.
  std::optional<proto::CheckpointMetadata> restored;
  std::string restored_root;  // what the paths of its files are relative to
  bool restored_by_path = false;  // the user named it: no other will do
  // Newer checkpoints, which are damaged, and what they made visible: it will be written once more.
  std::vector<DamagedCheckpoint> given_up;
  std::vector<proto::SealedOutput> taken_back;
  // What savepoints of this job list and nobody has committed yet.
  std::vector<proto::SealedOutput> sealed_by_savepoints;
  // An earlier run came to its end, and all its output is visible: there is nothing to do.
  bool has_finished = false;
};

// What a JobMaster wants done.

// Answer: OnPrepared or OnPrepareFailed.
struct PrepareCommand {
  bool restart = false;  // from the newest checkpoint, if there is one
  // A former JobManager ran the job, and it was not prepared since: from the newest checkpoint of
  // this job, or as it was submitted.
  bool taken_over = false;
  // The newest that was complete in this run, 0: none. There must be one to start again from.
  uint64_t newest_complete = 0;
  // Found to be so by a task that was to go on from it: an older one takes its place.
  std::optional<DamagedCheckpoint> damaged;
  // Not to be removed with what else the former attempt has left: savepoints list it.
  std::vector<proto::SealedOutput> sealed_kept;
  // Only these start again, from `newest_complete`, or as the whole job has started; all else goes
  // on, and must not be touched. None: all.
  SubtasksByVertex part = {};
};
// By TaskManager.
using SlotCounts = std::map<std::string, uint32_t>;
// Answer: OnSlots or OnSlotsMissing. What the job has is given back for it, unless it `keeps` that.
struct RequestSlotsCommand {
  uint32_t slots;  // as many as it can use
  uint32_t least;  // with fewer it cannot run
  bool keeps = false;
  SlotCounts preferred = {};  // where it would rather have them
};
struct ReleaseSlotsCommand {};
struct SendCommand {
  protocol::Envelope envelope;
};
// Makes the sealed output of the sinks visible; answer: OnCommitted.
struct CommitOutputCommand {
  std::shared_ptr<const JobGraph> graph;
  std::vector<proto::SealedOutput> sealed;
  // The complete checkpoint that lists it; 0: the job has come to its end.
  uint64_t checkpoint_id = 0;
  // Whether a checkpoint or savepoint that lists it is there to go on from if it comes to nothing.
  bool is_listed = true;
};
// All tasks have loaded the checkpoint: nobody goes on from those given up any more, what they made
// visible is so no longer (but stays where `kept` lists it), what the checkpoint lists is. Answer:
// OnRestoreCommitted.
struct CommitRestoredCommand {
  std::shared_ptr<const JobGraph> graph;
  std::vector<DamagedCheckpoint> given_up;
  std::vector<proto::SealedOutput> taken_back;
  std::vector<proto::SealedOutput> kept;
  std::vector<proto::SealedOutput> sealed;
};
// Removes what the job's tasks have written and nobody will commit, but for `sealed`. No answer.
struct RemoveLeftoversCommand {
  std::shared_ptr<const JobGraph> graph;
  std::vector<proto::SealedOutput> sealed;
  SubtasksByVertex part = {};  // of these alone; none: of all
};
// What the coordinator wants of the CheckpointStore; answers: OnReserved, OnReserveFailed,
// OnCheckpointCommitted.
using StoreCommand = std::variant<ReserveCommand, CommitCommand, PruneCommand, DiscardAllCommand>;
// What the user should know and is no end of the job.
struct LogCommand {
  std::string line;
  bool is_detail = false;  // only where details are asked for
};
struct JobEndedCommand {};  // the last one
using JobMasterCommand =
    std::variant<LogCommand, PrepareCommand, RequestSlotsCommand, ReleaseSlotsCommand, SendCommand,
                 CommitOutputCommand, CommitRestoredCommand, RemoveLeftoversCommand, StoreCommand,
                 JobEndedCommand>;
using JobMasterCommands = std::vector<JobMasterCommand>;

// A slot given to the job.
struct AllocatedSlot {
  std::string task_manager_id;
  uint32_t slot = 0;
  std::string data_address = {};  // where its peers reach the TaskManager
};

// Time and chance, as the shell or a simulation has them.
struct JobMasterEnvironment {
  std::function<CheckpointTime()> now;
  std::function<double()> random;  // from 0 to below 1
  // So long a job waits for slots before it fails; 0: for ever.
  int64_t slot_wait_micros_max = 300'000'000;
  // Of this JobManager among those that take over from each other; 0: none does.
  uint64_t leader_epoch = 0;
};

class JobMaster {
 public:
  // `job_graph_bytes` is `graph`, serialized: it goes to the TaskManagers as it came.
  // kInvalidArgument: options of checkpoints or restarts that make no sense.
  static Result<std::unique_ptr<JobMaster>> Make(std::string job_id, JobGraph graph,
                                                 std::string job_graph_bytes, std::string client,
                                                 JobMasterEnvironment environment);

  JobMasterCommands Start();
  // In place of Start, of a job that a former JobManager has taken in at that time.
  JobMasterCommands TakeOver(int64_t submitted_at_millis);
  JobMasterCommands OnPrepared(PreparedJob prepared);
  JobMasterCommands OnPrepareFailed(const Error& error);
  JobMasterCommands OnSlots(const std::vector<AllocatedSlot>& slots);
  // Not enough slots at present: the job waits, and says so.
  JobMasterCommands OnSlotsMissing(uint32_t free_slots);
  // Every some milliseconds, to one that adapts: how many slots it could have besides its own.
  JobMasterCommands OnAvailableSlots(uint32_t slots);
  // Whether the job could run so; kInvalidArgument says why not, and what it could.
  Result<ResourceRequirements> CheckRequirements(
      const protocol::ResourceRequirements& wanted) const;
  // From now on, and whenever it starts again.
  JobMasterCommands OnRequirements(ResourceRequirements requirements);
  JobMasterCommands OnTaskState(const protocol::TaskStateUpdate& update);
  JobMasterCommands OnRequestSplit(const protocol::RequestSplit& request);
  JobMasterCommands OnReportAlignment(const protocol::ReportAlignment& report);
  JobMasterCommands OnAcknowledge(const protocol::AcknowledgeCheckpoint& message);
  JobMasterCommands OnRequestCheckpoint(const protocol::RequestCheckpoint& request,
                                        const std::string& client);
  JobMasterCommands OnReserved(uint64_t checkpoint_id, const std::string& savepoint_directory);
  JobMasterCommands OnReserveFailed(uint64_t checkpoint_id, const Error& error);
  JobMasterCommands OnCheckpointCommitted(uint64_t checkpoint_id, const MetadataWrite& write);
  JobMasterCommands OnCommitted(uint64_t checkpoint_id, const Status& status);
  JobMasterCommands OnRestoreCommitted(const Status& status);
  JobMasterCommands OnProgress(const protocol::TaskProgress& progress);
  JobMasterCommands OnCancel();
  // Its client is there until then (milliseconds since 1970); of a job that does not go with its
  // client it means nothing.
  void OnClientHeartbeat(int64_t expired_timestamp);
  // It is gone, or has started afresh: what it ran for this job is lost.
  JobMasterCommands OnTaskManagerLost(const std::string& task_manager_id,
                                      const std::string& reason = "");
  // Every some milliseconds: deadlines of checkpoints and restarts.
  JobMasterCommands OnTimer();
  // Tells the client how far the job is.
  JobMasterCommands OnProgressTimer();

  JobState state() const { return state_; }
  const std::string& job_id() const { return job_id_; }
  const std::shared_ptr<const JobGraph>& graph() const { return graph_; }
  // Of a serialized graph: whether a submission is the same again.
  static uint64_t HashOfGraph(const std::string& bytes);
  uint64_t graph_hash() const { return graph_hash_; }
  const CheckpointStatistics& checkpoint_statistics() const { return coordinator_.statistics(); }
  const CheckpointOptions& checkpoint_options() const { return coordinator_.options(); }
  uint32_t attempt() const { return attempt_; }
  bool waits_for_slots() const {
    return state_ == JobState::kCreated || (part_is_prepared_ && !lost_slots_.empty());
  }
  // Whether its parallelism may differ from what it was compiled for.
  bool adapts() const { return adapts_; }
  // Whether it would miss this savepoint: it goes on from it, and has no checkpoint of its own yet,
  // or has made it its own.
  bool RestsOn(const std::string& savepoint) const;
  // With details: also tasks, failures, configuration and checkpoints.
  protocol::JobDescription Describe(bool with_details) const;

 private:
  struct SourceState {
    std::vector<Split> unassigned;  // the next one last
    bool told_no_more = false;
  };
  struct CheckpointRequest {
    std::string client;
    uint64_t request_id = 0;
    bool stops = false;
  };

  JobMaster(std::string job_id, JobGraph graph, std::string job_graph_bytes, std::string client,
            JobMasterEnvironment environment, CheckpointOptions checkpoints,
            const RestartOptions& restarts, const SchedulerOptions& scheduler,
            const ClientHeartbeatOptions& client_heartbeat);

  // From now on, of a job that goes with its client.
  void WatchClient();
  // Of what the job commits at its end.
  bool IsEndListed() const;
  bool takes_checkpoints() const { return !prepared_.checkpoint_directory.empty(); }
  void TransitionTo(JobState state, JobMasterCommands& commands);
  // All of the job.
  void Deploy(JobMasterCommands& commands);
  void DeployRegions(const std::set<uint32_t>& regions, JobMasterCommands& commands);
  // As many as the job was compiled for, or as its requirements say.
  void AskForSlots(JobMasterCommands& commands);
  void RequestSlots(JobMasterCommands& commands);
  // Whether it goes on from what TaskManagers have kept of its state.
  bool RestoresFromLocal() const;
  // Where its slots were, if it does.
  SlotCounts FormerSlots() const;
  // These slots, each in the place of one that was on the same TaskManager, if it does.
  std::vector<AllocatedSlot> InFormerOrder(const std::vector<AllocatedSlot>& slots) const;
  // Those that have tasks of it no more keep nothing for it.
  void ReleaseFormerTaskManagers(JobMasterCommands& commands);
  // Of one that adapts, before it is deployed.
  void TakeParallelisms(const Parallelisms& parallelisms);
  Parallelisms CurrentParallelisms() const;
  // Nothing: it waits for ever.
  std::optional<int64_t> SlotWaitMax() const;
  bool MayRescale() const;
  // What the job is to run with for the slots that it can have; nothing: as it does.
  std::optional<Parallelisms> BetterParallelisms() const;
  void ConsiderRescale(JobMasterCommands& commands);
  int64_t RescaleDelayMax() const;
  void OnRescaleCheckpoint(const RequestEndedCommand& ended);
  void Rescale(JobMasterCommands& commands);
  // Of a job that adapts: one begins, or what has begun has ended so.
  void NoteRescale(RescaleCause cause);
  void NoteRescaleEnd(RescaleEnd end);
  // Says which subtask runs where.
  void Place(protocol::DeployTasks* deploy);
  // What the subtasks on each TaskManager go on from, by vertex.
  using RestoresByTaskManager =
      std::map<std::string, std::map<uint32_t, protocol::DeployTasks::VertexRestore>>;
  RestoresByTaskManager AddRestore(const std::set<uint32_t>& regions,
                                   protocol::DeployTasks* deploy) const;
  void FindSplits();
  // By subtask: the splits of a source that gives all of them away at the start.
  std::vector<std::vector<Split>> Deal(uint32_t vertex, std::vector<Split> splits) const;
  void AssignInitialSplits(const std::set<uint32_t>& regions, JobMasterCommands& commands);
  void Assign(uint32_t vertex, uint32_t subtask, std::vector<Split> splits,
              JobMasterCommands& commands);
  // The subtasks in these regions.
  void TellNoMoreSplits(uint32_t vertex, const std::set<uint32_t>& regions,
                        JobMasterCommands& commands);
  UnassignedSplits Unassigned() const;
  // Tells the aligned sources for which it is time how far they may read (job_alignment.cpp).
  void TellLimits(JobMasterCommands& commands);
  // When the last subtask of an attempt runs.
  void OnAllStarted(JobMasterCommands& commands);
  void StartCheckpoints(JobMasterCommands& commands);
  // What tasks went on from when they were deployed last.
  std::optional<CheckpointStatistics::Restored> RestoredNow() const;
  // Turns what the coordinator wants into commands of ours.
  void Execute(CheckpointCommands wanted, JobMasterCommands& commands);
  void Trigger(const TriggerCommand& trigger, JobMasterCommands& commands);
  void TellCheckpointEnded(uint64_t checkpoint_id, bool complete, JobMasterCommands& commands);
  // The job as a whole.
  void Fail(const Error& error, JobMasterCommands& commands);
  // `task`: whose failure it is, if it is that of one.
  void FailRegions(std::set<uint32_t> regions, const Error& error, const protocol::TaskId* task,
                   JobMasterCommands& commands);
  void RecordFailure(const Error& error, const protocol::TaskId* task);
  // Below: regions that start again while the others go on (job_regions.cpp).
  bool is_partly_failed() const { return !failed_regions_.empty(); }
  // Tasks run, all or those of some regions.
  bool is_active() const { return state_ == JobState::kRunning || is_partly_failed(); }
  uint32_t RegionOf(const protocol::TaskId& task) const;
  bool MayRestartAlone(const std::set<uint32_t>& regions) const;
  void RestartRegions(const std::set<uint32_t>& regions, int64_t delay_micros,
                      JobMasterCommands& commands);
  // What was to be a restart of a part becomes one of the whole job.
  void RestartWhole(const std::string& reason, JobMasterCommands& commands);
  bool RegionsEnded() const;
  void PrepareRegions(JobMasterCommands& commands);
  JobMasterCommands OnRegionsPrepared(PreparedJob prepared);
  JobMasterCommands OnRegionsNotPrepared(const Error& error);
  void RequestLostSlots(JobMasterCommands& commands);
  JobMasterCommands OnMoreSlots(const std::vector<AllocatedSlot>& slots);
  void DeployFailedRegions(JobMasterCommands& commands);
  // Which of these regions each TaskManager has tasks of.
  std::map<std::string, std::set<uint32_t>> TaskManagersOf(const std::set<uint32_t>& regions) const;
  // A line for the one that has just become complete.
  void LogComplete(uint64_t checkpoint_id, JobMasterCommands& commands) const;
  void AnswerRequest(const RequestEndedCommand& ended, JobMasterCommands& commands);
  // To those who have stopped the job with a savepoint that is complete: it has ended, or not.
  void AnswerStops(const std::optional<Error>& error, JobMasterCommands& commands);
  void FailToCommit(const Error& error, JobMasterCommands& commands);
  // A checkpoint that tasks go on from cannot be read: the one before it is to be taken.
  void GoBack(const Error& error, JobMasterCommands& commands);
  // Of the whole job.
  void EndAttempt(std::optional<int64_t> restart_in_micros, JobMasterCommands& commands);
  void CancelTasks(JobMasterCommands& commands);
  // Of this attempt, if there was one.
  bool AllTasksEnded() const { return !deployed_ || execution_.AllTerminal(); }
  void CommitLast(JobMasterCommands& commands);
  void EndIfAllTerminal(JobMasterCommands& commands);
  void End(JobState state, JobMasterCommands& commands);
  std::vector<proto::SealedOutput> SealedForLater() const;
  // Whether what goes wrong with the disk may be otherwise the next time, and not what lies on it.
  static bool MayPass(const Error& error);
  protocol::Envelope ToTaskManager(const std::string& task_manager_id) const;
  protocol::Envelope ToClient() const;
  protocol::TaskId MakeTaskId(uint32_t vertex, uint32_t subtask) const;
  // Whether a message of this task is of its last attempt; and whether that is not over.
  bool IsCurrent(const protocol::TaskId& task) const;
  bool IsRunning(const protocol::TaskId& task) const;
  void SendToAllTaskManagers(const protocol::Envelope& message, JobMasterCommands& commands) const;
  void SendUpdate(JobMasterCommands& commands) const;
  void DescribeVertex(const JobVertex& vertex, protocol::JobDescription* description) const;

  const std::string job_id_;
  const uint64_t graph_hash_;
  const std::string client_;
  const JobMasterEnvironment environment_;
  const std::shared_ptr<const JobGraph> submitted_;
  const SchedulerOptions scheduler_;
  const ClientHeartbeatOptions client_heartbeat_;

  std::shared_ptr<const JobGraph> graph_;  // at the parallelism of this attempt
  std::string job_graph_bytes_;            // of it
  ResourceRequirements requirements_;
  bool adapts_ = false;
  // When the client is taken for gone; nothing: the job does not go with it, or is cancelled.
  std::optional<int64_t> client_expires_micros_;
  int64_t timer_micros_ = 0;  // when OnTimer came last
  JobState state_ = JobState::kInitializing;
  JobRecord record_;
  RescaleHistory rescales_;
  std::optional<Error> error_;
  std::string waiting_for_;
  ExecutionGraph execution_;
  CheckpointCoordinator coordinator_;
  RestartStrategy restart_;
  PipelinedRegions regions_;               // of what was deployed last
  uint32_t attempt_ = 0;                   // deployments, of the whole job or a part of it
  uint32_t whole_attempt_ = 0;             // the last one of the whole job
  std::vector<uint32_t> region_attempts_;  // the last one of each region
  std::set<uint32_t> failed_regions_;      // that start again while the others go on
  bool preparing_part_ = false;
  bool part_is_prepared_ = false;  // and waits for slots
  PreparedJob prepared_;           // the last one
  // In the order of the slot sharing groups; and which of them went with their TaskManagers.
  std::vector<AllocatedSlot> slots_;
  std::set<size_t> lost_slots_;
  std::set<std::string> task_managers_;  // that may have copies of its state
  std::map<uint32_t, SourceState> sources_;
  SourceAlignment alignment_;
  // What this attempt goes on from lists, until it is committed; and whether it is being.
  std::vector<proto::SealedOutput> restored_sealed_;
  bool restore_pending_ = false;
  bool restore_committing_ = false;
  bool checkpoints_started_ = false;  // in this attempt
  bool coordinator_used_ = false;     // in any attempt
  bool preparing_ = false;            // a restart
  bool taken_over_ = false;           // and not prepared since
  bool committing_ = false;
  bool deployed_ = false;
  // The last savepoint of this attempt that is to stop it, until a later checkpoint is complete.
  struct Stop {
    uint64_t checkpoint_id = 0;
    bool complete = false;
    std::optional<int64_t> told_micros;  // when the tasks were last told how it has ended
  };
  std::optional<Stop> stop_;
  std::optional<int64_t> waits_since_micros_;  // for slots
  // Of a job that adapts: how many slots it could have besides its own, since when those were
  // enough to start with, whether it has asked for no fewer than it wants, when its tasks were
  // deployed, and since when it could run better.
  uint32_t available_slots_ = 0;
  std::optional<int64_t> enough_since_micros_;
  bool waits_for_all_ = false;
  int64_t deployed_at_micros_ = 0;
  std::optional<int64_t> better_since_micros_;
  // A change of the parallelism that waits for its checkpoint.
  struct PendingRescale {
    int64_t since_micros = 0;
    uint64_t request = 0;       // of the checkpoint; 0: none is asked for at present
    int64_t ask_at_micros = 0;  // for one, at the earliest
    int64_t failures = 0;
    bool has_checkpoint = false;
  };
  std::optional<PendingRescale> rescale_;
  // It has failed for a reason that the user is to mend, who then goes on from its checkpoints.
  bool keeps_checkpoints_ = false;
  std::optional<int64_t> restart_at_micros_;
  std::map<SubtaskIndex, proto::SubtaskSnapshot> last_snapshots_;  // of finished subtasks
  // What checkpoints whose commit is under way list, and what the newest complete one lists.
  std::map<uint64_t, std::vector<proto::SealedOutput>> sealed_;
  std::vector<proto::SealedOutput> complete_sealed_;
  // What complete savepoints list and no later checkpoint has committed.
  std::map<uint64_t, std::vector<proto::SealedOutput>> savepoint_sealed_;
  // What those list whose commit has an unknown outcome.
  std::vector<proto::SealedOutput> uncertain_sealed_;
  uint64_t newest_complete_ = 0;
  uint64_t newest_of_attempt_ = 0;   // of the whole job; 0: none is complete since it began
  uint32_t failed_checkpoints_ = 0;  // in a row
  std::optional<DamagedCheckpoint> damaged_;
  std::map<uint64_t, CheckpointRequest> requests_;
  std::vector<protocol::Envelope> stop_replies_;  // wait for the end of the job
  uint64_t next_request_ = 1;
  int64_t total_bytes_ = 0;
  std::map<std::pair<uint32_t, uint32_t>, protocol::TaskProgress> progress_;
};

}  // namespace flinkc
