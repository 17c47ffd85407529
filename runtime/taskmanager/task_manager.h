// Offers slots and runs what is deployed to them: loads the chains for this machine, wires the
// channels, gives the subtasks to the workers, and tells the JobManager how they stand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/connector/connector_runtime.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/protocol/endpoint.h"
#include "runtime/protocol/job_state.h"
#include "runtime/protocol/transport.h"
#include "runtime/task/subtask.h"
#include "runtime/task/worker_thread.h"

namespace flinkc {

struct TaskManagerOptions {
  std::string id;
  uint32_t slots = 1;
  std::string job_manager = "jobmanager";  // its address
};

// What it runs with; all must outlive it.
struct TaskManagerServices {
  Transport* transport = nullptr;
  ChainLoader* loader = nullptr;
  const ConnectorRuntimes* connectors = nullptr;
  MemoryPool* memory = nullptr;
  const Clock* clock = nullptr;
  ConsoleWriter console;
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
  struct Task {
    std::shared_ptr<Subtask> subtask;
    uint32_t slot = 0;
  };
  using TaskKey = std::pair<uint32_t, uint32_t>;  // vertex, subtask
  struct Job {
    std::map<TaskKey, Task> tasks;
  };

  void OnMessage(const protocol::Envelope& envelope);
  void Deploy(const protocol::DeployTasks& deploy);
  Status TryDeploy(const protocol::DeployTasks& deploy, const JobGraph& graph, Job& job);
  Result<std::vector<std::shared_ptr<const CompiledChain>>> LoadChains(const JobGraph& graph);
  void AssignSplits(const protocol::AssignSplits& assign);
  void NoMoreSplits(const protocol::NoMoreSplits& message);
  void Cancel(const std::string& job_id);
  void Commit(const std::string& job_id);
  void Release(const std::string& job_id);
  void SendProgress();
  void SendState(const protocol::TaskId& task, TaskState state, const Error* error);
  void SendToJobManager(protocol::Envelope envelope);
  const Task* Find(const protocol::TaskId& id) const;
  // Runs `command` on the worker of the task.
  void Post(const Task& task, std::function<void(Subtask&)> command);

  // Constant after construction.
  const TaskManagerOptions options_;
  const TaskManagerServices services_;
  std::vector<std::unique_ptr<WorkerThread>> slots_;
  // The endpoint's thread only.
  std::map<std::string, Job> jobs_;
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace flinkc
