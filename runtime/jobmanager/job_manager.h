// The shell around Dispatcher, JobMasters and ResourceManager: their thread, their messages, and
// the files that preparing a job looks at.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/random_bits.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/recovery_options.h"
#include "runtime/connector/connector_runtime.h"
#include "runtime/env/storage.h"
#include "runtime/jobmanager/dispatcher.h"
#include "runtime/jobmanager/high_availability_store.h"
#include "runtime/protocol/transport.h"

namespace flinkc {

// What it runs with; all must outlive it.
struct JobManagerServices {
  Transport* transport = nullptr;
  const ConnectorRuntimes* connectors = nullptr;
  FileSystem* files = nullptr;  // of checkpoints, and where sinks commit
  const Clock* clock = nullptr;
  std::string version = {};  // of flinkc, for what is stored
  // Any thread: what a user should know and is no error; a line without its end. May be empty.
  std::function<void(const std::string&)> log;
  bool log_details = false;  // a line for each checkpoint
  RandomBits random = MachineRandomBits;
  HeartbeatOptions heartbeat = {};
  int64_t slot_wait_micros_max = 300'000'000;  // 0: a job waits for slots for ever
  // Where jobs are kept for the JobManager that takes over; nullptr: they end with this one.
  HighAvailabilityStore* kept_jobs = nullptr;
  FormerJobs former = {};  // what was found there
  // Its thread, once: another JobManager has taken over, and this one does nothing any more. May be
  // empty.
  std::function<void(const Error&)> on_lead_lost = {};
  // What jobs may read and write besides `files`; nullptr: all.
  const AllowedPaths* allowed_paths = nullptr;
};

class JobManager {
 public:
  static constexpr const char* kAddress = "jobmanager";

  // Takes over what a former one has left, then listens.
  explicit JobManager(JobManagerServices services);

  // Any thread. It is about to end: jobs that are submitted from now on are refused.
  void RefuseJobs() { refuses_jobs_.store(true); }

 private:
  // The committers of the sinks of a job, each with its units of `sealed`.
  struct Committer {
    std::string sink;
    uint32_t vertex = 0;
    std::unique_ptr<SinkCommitter> committer;
    std::vector<std::string> sealed;
  };

  void Execute(DispatcherCommands commands);
  // What is done to files; only while this one leads.
  DispatcherCommands ExecuteDurable(DispatcherCommand command);
  void OnTimer();
  // Below: the part about what outlives it (job_manager_takeover.cpp).
  void TakeOver(FormerJobs former);
  // A job that had ended, and that its JobManager could not forget any more.
  void CleanUpAfter(const proto::StoredJob& job, const proto::StoredResult& result);
  // False: another one does, and this one must change nothing any more.
  bool Leads();
  DispatcherCommands KeepJob(KeepJobCommand command);
  DispatcherCommands KeepRequirements(const KeepRequirementsCommand& command);
  void KeepResult(const KeepResultCommand& command);
  void ForgetJob(const std::string& job_id);
  // Tries again to forget the jobs that it could not.
  void Settle();
  uint64_t LeaderEpoch() const { return kept_jobs_ == nullptr ? 0 : kept_jobs_->epoch(); }
  // The job may run from now on: who takes it over looks for its checkpoints.
  Status KeepPrepared(const std::string& job_id);
  // Before it is made visible.
  Status KeepFinalOutput(const std::string& job_id, const std::vector<proto::SealedOutput>& sealed);
  // As the former JobManager knew the job once it was prepared; nullptr: there was none, or it was
  // not.
  const proto::StoredJob* FormerOf(const PrepareJobCommand& command) const;
  // All tasks had finished: what the former JobManager was about to make visible, now is.
  Result<PreparedJob> FinishFormer(const PrepareJobCommand& command,
                                   const std::vector<proto::SealedOutput>& sealed);
  // Whether the job had come to its end, which is made up for.
  Result<bool> LookForFormerEnd(const PrepareJobCommand& command, const FoundCheckpoints& found,
                                CheckpointStore* store);

  // Finds what to go on from, the splits of the sources, and whether the sinks can be written.
  Result<PreparedJob> Prepare(const PrepareJobCommand& command);
  // The same for a part of a job that runs. `restored` only if that is a checkpoint of the run.
  Result<PreparedJob> PreparePart(const PrepareJobCommand& command);
  Result<PreparedJob::Source> FindSplits(const SourceDescriptor& source,
                                         uint32_t parallelism) const;
  // The checkpoints of one job.
  struct JobStore {
    std::unique_ptr<CheckpointStore> store;
    // Those before it are of other runs of a job of this name: none goes on from them.
    uint64_t id_min = 0;

    void LeaveOut(FoundCheckpoints* found) const;
  };
  Status PrepareCheckpoints(const PrepareJobCommand& command, PreparedJob* prepared);
  // Notes what newer checkpoints than the one to go on from have made visible.
  void GoBack(const FoundCheckpoints& found, uint64_t restored, uint64_t newest_complete,
              PreparedJob* prepared) const;
  // Without a directory of checkpoints.
  Status PrepareFromPath(const PrepareJobCommand& command, const RecoveryOptions& recovery,
                         PreparedJob* prepared);
  // For a start that asks for the newest checkpoint.
  Status LookForEnd(const JobGraph& graph, CheckpointStore* store, PreparedJob* prepared) const;
  void Discard(const std::string& job_id, const DiscardAllCommand& discard,
               CheckpointStore* store) const;
  DispatcherCommands Store(const std::string& job_id, StoreCommand command);
  Status Commit(const JobGraph& graph, const std::vector<proto::SealedOutput>& sealed) const;
  Status CheckSealed(const JobGraph& graph, const std::vector<proto::SealedOutput>& sealed) const;
  Status CommitRestored(const std::string& job_id, const CommitRestoredCommand& restored);
  Status TakeBack(const CommitRestoredCommand& restored) const;
  void RemoveLeftovers(const RemoveLeftoversCommand& leftovers) const;
  Result<std::vector<Committer>> MakeCommitters(
      const JobGraph& graph, const std::vector<proto::SealedOutput>& sealed) const;
  void Log(const std::string& line) const {
    if (log_) log_(line);
  }

  // Constant after construction.
  Transport* const transport_;
  const ConnectorRuntimes* const connectors_;
  const AllowedPaths* const allowed_paths_;
  FileSystem* const files_;
  const Clock* const clock_;
  const std::string version_;
  const std::function<void(const std::string&)> log_;
  const bool log_details_;
  const RandomBits random_;
  HighAvailabilityStore* const kept_jobs_;  // may be nullptr
  const std::function<void(const Error&)> on_lead_lost_;
  std::atomic<bool> refuses_jobs_{false};
  // The service's thread only.
  Dispatcher dispatcher_;
  std::map<std::string, JobStore> stores_;          // by job
  std::map<std::string, proto::StoredJob> stored_;  // as kept, by job
  std::set<std::string> unsettled_;                 // to be forgotten, which has failed so far
  bool lead_lost_ = false;
  int64_t timers_ = 0;
  std::unique_ptr<Service> service_;
};

}  // namespace flinkc
