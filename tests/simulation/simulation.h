// A deterministic simulation of one job from its start to its end, through crashes and faults: in
// one process, or on a cluster of a JobManager and TaskManagers with a network between them.
//
// What runs is the product: JobManager (Dispatcher, ResourceManager, JobMaster,
// CheckpointCoordinator and -Store), TaskManagers, workers, subtasks, gates, rings, channels
// between processes with their frames and credits, state tables and their snapshots, the file
// sink's writers and committers, split assignment. Toys are the loops of the chains, the source's
// reader, the network and the disk, which all processes share. Everything runs on one thread; which
// event comes next, and what goes wrong, is drawn from a seed. The same seed gives the same run.
//
// First things go wrong (safety: nothing false may be seen), then nothing does any more (liveness:
// the job must end within a bound, with all of its output).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/protocol/job_state.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/mutation.h"
#include "tests/simulation/network.h"
#include "tests/simulation/observed_files.h"
#include "tests/simulation/run_options.h"
#include "tests/simulation/toy_job.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/workload.h"

namespace flinkc {

struct RunResult {
  std::optional<std::string> violation;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t completed = 0;  // checkpoints
  uint64_t crashes = 0;
  uint64_t kills = 0;  // of one process of several
  uint64_t starts = 0;
  uint64_t rescales = 0;
  uint64_t failovers = 0;  // of a part of the job
  std::string options;
  std::string trace;  // the last lines, if they were kept
};

class Simulation final : private FileObserver {
 public:
  // `trace_lines`: how many of the last lines are kept.
  Simulation(uint64_t seed, size_t trace_lines, Mutation mutation = Mutation::kNone);
  ~Simulation() override;

  RunResult Run();

 private:
  class Calendar;
  struct Process;
  struct Manager;
  struct Worker;

  bool is_cluster() const { return options_.task_managers > 0; }
  // All that is not there is started, and the job with it.
  void StartAll();
  void StartManager();
  // Tells the JobManager of the job that the client wants to run.
  void AskForJob();
  void OnJobState(JobState state, const std::string& reason);
  void StartWorker(const std::string& id);
  ToyJobOptions DrawJob();
  // `all_new`: no process is left of those that ran the job before.
  void PrepareSubmission(ToyJobOptions job, bool all_new);
  uint32_t SlotsOfWorker() const;
  void ChooseSavepoint(std::map<std::string, std::string>* config, bool all_new);
  void SendToManager(protocol::Envelope envelope);
  // Takes all processes down; what they consisted of is gone, with what was not synced if `loses`.
  void Crash(bool loses);
  // Takes one of several processes down, and up again some time later.
  void Kill(const std::string& name);
  void StepWithFaults();
  void BreakSomething();
  void AskSomething();
  // For any parallelism that the slots allow.
  void AskForParallelism();
  // One event, and what follows from it: processes that died in it, a job that ended.
  void Step();
  std::string AnyProcess();
  Process* Find(const std::string& name);
  int64_t FaultMicros() { return 1 + chance_.Below(options_.fault_micros_max); }
  void StopFaults();
  void OnClientMessage(const protocol::Envelope& envelope);
  bool MayLose(const protocol::Envelope& envelope) const;

  bool SkipsSync(const std::string& path) override { return mutator_.SkipsSync(path); }
  void OnOperation(const std::string& synced_path) override;
  void OnCreate(const std::string& path, bool done) override;
  void OnRename(const std::string& from, const std::string& to, bool done) override;
  void OnRemove(const std::string& path, bool done) override;
  void OnSyncDirectory(const std::string& path, bool done) override;

  Chance chance_;
  Trace trace_;
  const RunOptions options_;
  const Workload workload_;
  SimulatedFileSystem disk_;
  Mutator mutator_;
  ObservedFiles mutator_files_;
  Invariants invariants_;
  EventLoop loop_;
  ToyWorld world_;
  ConnectorRuntimes connectors_;
  bool faulty_ = true;
  bool job_ended_ = false;  // and has not finished: it is to be started again
  bool finished_ = false;
  std::string job_id_;              // that was taken in
  protocol::SubmitJob submission_;  // of the job that the client wants to run
  std::optional<StartOptions> start_;
  std::string savepoint_;     // that the job goes on from; "": its newest checkpoint
  std::string stopped_with_;  // savepoint; to be gone on from next
  uint64_t newest_before_savepoint_ = 0;
  uint64_t starts_ = 0;
  uint64_t crashes_ = 0;
  uint64_t kills_ = 0;
  uint64_t requests_ = 0;
  uint64_t asked_ = 0;                // the request of which the client waits for the answer
  std::unique_ptr<Network> network_;  // of a cluster
  std::unique_ptr<Calendar> calendar_;
  std::unique_ptr<Manager> manager_;
  std::map<std::string, std::unique_ptr<Worker>> workers_;  // by id
};

}  // namespace flinkc
