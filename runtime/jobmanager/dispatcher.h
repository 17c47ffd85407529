// Takes jobs in, gives each its JobMaster, and passes messages on to the right one. A state machine
// without I/O; one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/jobmanager/job_master.h"
#include "runtime/jobmanager/resource_manager.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

// What the shell (JobManager) has to do.

// Keeps the job for the JobManager that takes over, where there may be one; answer: OnJobKept.
struct KeepJobCommand {
  std::string job_id;
  std::string job_graph;  // serialized
  std::string client;
  int64_t submitted_at_millis = 0;
  // Of one that is taken over, where they were changed.
  std::optional<protocol::ResourceRequirements> requirements = {};
};
// Keeps what a user wants of a job, for the same; answer: OnRequirementsKept, with all of it.
struct KeepRequirementsCommand {
  protocol::UpdateRequirements update;
  std::string client;
};
// The job has ended: whoever takes over must not run it again. Comes before what removes anything
// that it could be run again from. No answer.
struct KeepResultCommand {
  protocol::JobDescription result;
  std::optional<DiscardAllCommand> discard;  // of its checkpoints, which comes next
};
struct PrepareJobCommand {
  std::string job_id;
  std::shared_ptr<const JobGraph> graph;
  PrepareCommand prepare;
};
struct CommitJobCommand {
  std::string job_id;
  CommitOutputCommand commit;
};
struct CommitRestoredJobCommand {
  std::string job_id;
  CommitRestoredCommand commit;
};
struct StoreJobCommand {
  std::string job_id;
  StoreCommand command;
};
// Nothing of the job is needed any more.
struct ForgetJobCommand {
  std::string job_id;
};
// A TaskManager was silent for too long: what connects to it is to be closed, so that it learns of
// it.
struct DisconnectCommand {
  std::string address;
  std::string reason;
};
// Answers itself: with a DisposeSavepointReply to the client.
struct DisposeSavepointCommand {
  std::string client;
  uint64_t request_id = 0;
  std::string directory;
};
using DispatcherCommand =
    std::variant<SendCommand, LogCommand, KeepJobCommand, KeepRequirementsCommand,
                 KeepResultCommand, PrepareJobCommand, CommitJobCommand, CommitRestoredJobCommand,
                 RemoveLeftoversCommand, StoreJobCommand, ForgetJobCommand, DisconnectCommand,
                 DisposeSavepointCommand>;
using DispatcherCommands = std::vector<DispatcherCommand>;

// How TaskManagers of other processes are watched, and watch us.
struct HeartbeatOptions {
  int64_t interval_micros = 1'000'000;
  int64_t timeout_micros = 5'000'000;
};

class Dispatcher {
 public:
  // Ended jobs that are remembered, for those who ask.
  static constexpr size_t kEndedMax = 100;

  // `make_job_id` gives 32 random hexadecimal digits; a simulation gives its own.
  Dispatcher(std::function<std::string()> make_job_id, JobMasterEnvironment environment,
             HeartbeatOptions heartbeat = {})
      : make_job_id_(std::move(make_job_id)),
        environment_(std::move(environment)),
        heartbeat_(heartbeat) {}

  DispatcherCommands OnMessage(const protocol::Envelope& envelope);
  DispatcherCommands OnJobKept(const std::string& job_id, const Status& status);
  DispatcherCommands OnRequirementsKept(const KeepRequirementsCommand& kept, const Status& status);
  // How a savepoint was disposed of, as the client is told.
  static SendCommand DisposeReply(const std::string& client, uint64_t request_id,
                                  const Status& status);
  // Before any message, what a former JobManager has left: results, the oldest first, and jobs. An
  // error: the job cannot be run.
  void TakeOverResult(const protocol::JobDescription& result) { Remember(result); }
  Result<DispatcherCommands> TakeOverJob(const KeepJobCommand& job);
  // The JobManager is about to end: no more jobs are taken in.
  void RefuseJobs() { refuses_jobs_ = true; }
  DispatcherCommands OnPrepared(const std::string& job_id, PreparedJob prepared);
  DispatcherCommands OnPrepareFailed(const std::string& job_id, const Error& error);
  DispatcherCommands OnCommitted(const std::string& job_id, uint64_t checkpoint_id,
                                 const Status& status);
  DispatcherCommands OnRestoreCommitted(const std::string& job_id, const Status& status);
  DispatcherCommands OnReserved(const std::string& job_id, uint64_t checkpoint_id,
                                const Result<std::string>& savepoint_directory);
  DispatcherCommands OnCheckpointCommitted(const std::string& job_id, uint64_t checkpoint_id,
                                           const MetadataWrite& write);
  // Every some milliseconds.
  DispatcherCommands OnTimer();
  DispatcherCommands OnProgressTimer();

 private:
  void Register(const protocol::RegisterTaskManager& registration, DispatcherCommands& commands);
  void LoseTaskManager(const std::string& id, const std::string& reason,
                       DispatcherCommands& commands);
  // Tells all jobs, then calls `change`, then lets the jobs act: one that is given slots must not
  // be taken for one that had those that are lost.
  void TellLost(const std::string& id, const std::string& reason,
                const std::function<void()>& change, DispatcherCommands& commands);
  void WatchTaskManagers(DispatcherCommands& commands);
  void Submit(const protocol::Envelope& envelope, DispatcherCommands& commands);
  // Of a job that was submitted before, from its id; nothing: there is none.
  std::optional<uint64_t> GraphHashOf(const std::string& job_id) const;
  void Remember(protocol::JobDescription result);
  void Describe(const protocol::Envelope& envelope, DispatcherCommands& commands) const;
  // A question to a TaskManager, and its answer.
  void Ask(const protocol::Envelope& envelope, DispatcherCommands& commands) const;
  void PassOn(const protocol::TaskManagerAnswer& answer, DispatcherCommands& commands) const;
  void DisposeSavepoint(const protocol::Envelope& envelope, DispatcherCommands& commands) const;
  void RefuseCheckpoint(const protocol::Envelope& envelope, DispatcherCommands& commands) const;
  void UpdateRequirements(const protocol::Envelope& envelope, DispatcherCommands& commands);
  // Turns a JobMaster's commands into ours.
  void Execute(const std::string& job_id, JobMasterCommands job_commands,
               DispatcherCommands& commands);
  void GrantSlots(DispatcherCommands& commands);
  JobMaster* Find(const std::string& job_id);
  std::vector<std::string> JobIds() const;

  const std::function<std::string()> make_job_id_;
  const JobMasterEnvironment environment_;
  const HeartbeatOptions heartbeat_;
  ResourceManager resources_;
  struct TaskManagerRecord {
    protocol::RegisterTaskManager registration;
    int64_t heard_micros = 0;  // when it last said something
    int64_t heard_millis = 0;  // since 1970
    int64_t told_micros = 0;   // when it was last told that we are here
    protocol::ProcessUsage usage = {};
    protocol::LocalStateCounts local_state = {};
  };
  std::map<std::string, TaskManagerRecord> task_managers_;
  int64_t watched_micros_ = 0;
  // Jobs that are being kept, and who waits for that.
  struct Submission {
    struct Asked {
      std::string client;
      uint64_t request_id = 0;
    };
    std::unique_ptr<JobMaster> job;
    std::vector<Asked> asked;
  };
  std::map<std::string, Submission> submissions_;
  bool refuses_jobs_ = false;
  std::map<std::string, std::unique_ptr<JobMaster>> jobs_;
  std::deque<protocol::JobDescription> ended_;  // the last one first
};

}  // namespace flinkc
