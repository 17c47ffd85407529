// Offers slots and runs what is deployed to them: loads the chains for this machine, wires the
// channels, gives the subtasks to the workers, and tells the JobManager how they stand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/random_bits.h"
#include "runtime/connector/connector_runtime.h"
#include "runtime/env/log_tail.h"
#include "runtime/env/process_usage.h"
#include "runtime/env/storage.h"
#include "runtime/exchange/data_exchange.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/protocol/job_state.h"
#include "runtime/protocol/transport.h"
#include "runtime/state/local_state.h"
#include "runtime/task/subtask.h"
#include "runtime/task/task_threads.h"
#include "runtime/taskmanager/deployed_regions.h"
#include "runtime/taskmanager/placements.h"
#include "runtime/taskmanager/taps.h"
#include "runtime/taskmanager/task_rates.h"

namespace flinkc {

struct TaskManagerOptions {
  std::string id;
  uint32_t slots = 1;
  std::string job_manager = "jobmanager";  // its address
  // host:port where its peers reach it; "": it runs in the JobManager's process and is told when
  // that is there by nobody.
  std::string data_address = {};
  // Elements that fit between two subtasks; at least 2: the last words of one that is not run
  // again.
  uint32_t channel_capacity = Channel::kCapacityDefault;
};

// What it runs with; all must outlive it.
struct TaskManagerServices {
  Transport* transport = nullptr;
  ChainLoader* loader = nullptr;
  const ConnectorRuntimes* connectors = nullptr;
  OperatorFactory operators = nullptr;  // nullptr: there are no native ones
  MemoryPool* memory = nullptr;
  const Clock* clock = nullptr;
  ConsoleWriter console;
  // Any thread: what a user should know and is no error; a line without its end. May be empty.
  std::function<void(const std::string&)> log = {};
  FileSystem* files = nullptr;        // of sinks and checkpoints
  LocalState* local_state = nullptr;  // nullptr: there are no local copies
  TaskThreads* threads = nullptr;     // nullptr: threads of this process
  RandomBits random = MachineRandomBits;
  DataExchange* exchange = nullptr;  // with other TaskManagers; nullptr: there are none
  // What is shown of the process to those who ask; nullptr: nothing.
  const LogTail* log_tail = nullptr;
  const LogTail* output_tail = nullptr;  // what console sinks have printed
  ProcessUsage (*usage)() = nullptr;
  // What jobs may read and write besides `files`; nullptr: all.
  const AllowedPaths* allowed_paths = nullptr;
};

class TaskManager {
 public:
  // Starts a worker for each slot and registers with the JobManager.
  TaskManager(TaskManagerOptions options, TaskManagerServices services);
  // Cancels what still runs and joins all threads.
  ~TaskManager();
  TaskManager(const TaskManager&) = delete;
  TaskManager& operator=(const TaskManager&) = delete;

 private:
  struct Slot {
    std::shared_ptr<Worker> worker;
    std::unique_ptr<RunningWorker> running;
  };
  struct Task {
    std::shared_ptr<Subtask> subtask;
    uint32_t slot = 0;
    uint32_t region = 0;
    TaskRates rates;
  };
  using TaskKey = std::pair<uint32_t, uint32_t>;  // vertex, subtask
  using TaskKeys = std::set<TaskKey>;
  using Descriptors = std::map<TaskKey, SubtaskDescriptor>;
  // What runs here of a region of a job.
  struct Region {
    uint32_t attempt = 0;
    bool has_peers = false;
  };
  struct Job {
    std::map<uint32_t, Region> regions;  // by number
    std::map<TaskKey, Task> tasks;
    std::vector<std::shared_ptr<const CompiledChain>> chains;  // by vertex
    // Of all its tasks, as long as one of them keeps it.
    std::weak_ptr<RocksBackend> state_backend;
  };
  // What is known of a deployment while it is carried out.
  struct Deployment {
    const protocol::DeployTasks& deploy;
    const JobGraph& graph;
    const Placements& placements;
    const DeployedRegions& regions;
    TaskKeys finished;
    Descriptors descriptors;  // of those that are deployed here
    // By region; what has no channels in it is left out in the end.
    std::map<uint32_t, std::vector<PeerChannels>> peers;
  };

  void OnMessage(const protocol::Envelope& envelope);
  void OnTimer();
  void OnPeerChanged(const protocol::PeerChanged& changed);
  void OnRegistered(const protocol::RegisterTaskManagerReply& reply);
  void Register();
  void DropAllJobs();
  // Of its state; nothing of the job is to go on here.
  void DropCopies(const std::string& job_id);
  // nullptr: the job keeps none, or they cannot be kept.
  std::shared_ptr<LocalCopies> CopiesFor(const protocol::DeployTasks& deploy, const JobGraph& graph,
                                         bool wants_them);
  void Log(const std::string& line) const {
    if (services_.log) services_.log(line);
  }
  void Deploy(const protocol::DeployTasks& deploy);
  // `job`: as it runs already; what is deployed is added.
  Status TryDeploy(Deployment deployment, Job& job);
  // Each subtask is somewhere, and what is here in a slot that is here.
  Status CheckPlacements(const Placements& placements, const JobGraph& graph) const;
  Result<std::vector<std::shared_ptr<const CompiledChain>>> LoadChains(const JobGraph& graph);
  SubtaskDescriptor Describe(const protocol::DeployTasks& deploy, const JobGraph& graph,
                             const JobVertex& vertex, uint32_t subtask);
  Status DescribeTasks(const std::vector<std::shared_ptr<const CompiledChain>>& chains, Job& job,
                       Deployment& deployment);
  uint64_t ConnectEdge(const JobEdge& edge, const HeadLayout& head, uint64_t first_channel,
                       Deployment& deployment);
  // The channels of a region with peers.
  void Connect(const Deployment& deployment, uint32_t region, std::vector<PeerChannels> peers,
               Job& job);
  void AssignSplits(const protocol::AssignSplits& assign);
  void NoMoreSplits(const protocol::NoMoreSplits& message);
  void LimitWatermarks(const protocol::LimitWatermarks& message);
  // Of these regions; none: of all.
  using RegionNumbers = std::set<uint32_t>;
  void Cancel(const std::string& job_id, const RegionNumbers& regions);
  void TriggerCheckpoint(const protocol::TriggerCheckpoint& trigger);
  void CheckpointEnded(const protocol::CheckpointEnded& ended);
  // Any thread.
  void SendSnapshot(const protocol::TaskId& task, uint64_t checkpoint,
                    const Result<proto::SubtaskAcknowledgement>& taken, uint64_t leader);
  void Release(const std::string& job_id, const RegionNumbers& regions);
  void SendProgress();
  void Answer(const protocol::AskTaskManager& ask);
  Status AnswerTo(const protocol::AskTaskManager& ask, protocol::TaskManagerAnswer* answer);
  // Nothing: nothing of the job runs here.
  std::optional<TappedJob> FindTapped(const std::string& job_id) const;
  // Any thread.
  void SendState(const protocol::TaskId& task, bool is_source, const SubtaskEvent& event,
                 uint64_t leader);
  // Any thread. `leader`: the epoch of the JobManager that it is for.
  void SendToJobManager(protocol::Envelope envelope, uint64_t leader);
  const Task* Find(const protocol::TaskId& id) const;
  const Task* Find(const std::string& job_id, const TaskKey& key) const;
  uint32_t AttemptOf(const std::string& job_id, const Task& task) const;
  // Runs `command` on the worker of the task.
  void Post(const Task& task, std::function<void(Subtask&)> command);

  // Constant after construction.
  const TaskManagerOptions options_;
  const TaskManagerServices services_;
  std::vector<Slot> slots_;
  // Writes snapshots, and makes what those need who look at streams.
  std::unique_ptr<BackgroundTasks> background_;
  std::unique_ptr<BackgroundTasks> looks_;  // compiles what taps need
  // The service's thread only.
  std::optional<Taps> taps_;
  std::map<std::string, Job> jobs_;
  std::map<std::string, std::shared_ptr<LocalCopies>> copies_;  // by job, also between its attempts
  int64_t heard_micros_ = 0;                                    // of the JobManager
  bool is_connected_ = false;                                   // with the JobManager
  uint64_t leader_epoch_ = 0;  // of the JobManager that we have registered with
  int64_t registered_micros_ = 0;
  int64_t timer_micros_ = 0;                // when the timer came last
  int64_t job_manager_timeout_micros_ = 0;  // 0: it is not watched
  std::unique_ptr<Service> service_;
};

}  // namespace flinkc
