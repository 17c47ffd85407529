// A deterministic simulation of one job from its start to its end, through crashes and faults.
//
// What runs is the product: JobManager (Dispatcher, JobMaster, CheckpointCoordinator and -Store),
// TaskManager, workers, subtasks, gates, rings, state tables and their snapshots, the file sink's
// writers and committers, split assignment. Toys are the loops of the chains, the source's reader
// and the disk. Everything runs on one thread; which event comes next, and what goes wrong, is
// drawn from a seed. The same seed gives the same run.
//
// First things go wrong (safety: nothing false may be seen), then nothing does any more (liveness:
// the job must end within a bound, with all of its output).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/jobmanager/job_manager.h"
#include "runtime/taskmanager/task_manager.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/mutation.h"
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
  uint64_t starts = 0;
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
  struct Process;

  void StartProcess();
  void ChooseSavepoint(std::map<std::string, std::string>* config);
  void Submit();
  // Takes the process down; what it consisted of is gone, with what was not synced if `loses`.
  void Crash(bool loses);
  void StepWithFaults();
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
  Invariants invariants_;
  EventLoop loop_;
  ToyWorld world_;
  ConnectorRuntimes connectors_;
  bool faulty_ = true;
  bool job_ended_ = false;  // and has not finished: it is to be started again
  bool finished_ = false;
  std::string job_id_;
  std::optional<StartOptions> start_;
  std::string savepoint_;     // that the job goes on from; "": its newest checkpoint
  std::string stopped_with_;  // savepoint; to be gone on from next
  uint64_t newest_before_savepoint_ = 0;
  uint64_t starts_ = 0;
  uint64_t crashes_ = 0;
  uint64_t requests_ = 0;
  std::string starts_text_;
  std::unique_ptr<Process> process_;
};

}  // namespace flinkc
