#include "runtime/taskmanager/task_manager.h"

#include <fmt/format.h>

#include <future>
#include <optional>
#include <set>
#include <utility>

#include "runtime/graph/job_graph.h"
#include "runtime/protocol/job_state.h"
#include "runtime/taskmanager/check_chains.h"

namespace flinkc {

namespace {

constexpr int64_t kProgressIntervalMicros = 200'000;

protocol::TaskId MakeTaskId(const std::string& job_id, uint32_t vertex, uint32_t subtask) {
  protocol::TaskId id;
  id.set_job_id(job_id);
  id.set_vertex(vertex);
  id.set_subtask(subtask);
  return id;
}

TaskState ToTaskState(SubtaskState state) {
  switch (state) {
    case SubtaskState::kCreated:
      return TaskState::kCreated;
    case SubtaskState::kRunning:
      return TaskState::kRunning;
    case SubtaskState::kFinished:
      return TaskState::kFinished;
    case SubtaskState::kFailed:
      return TaskState::kFailed;
    case SubtaskState::kCancelled:
      return TaskState::kCanceled;
  }
  return TaskState::kFailed;
}

// The slot of each (slot sharing group, index); nothing if the assignment names one we lack.
using SlotMap = std::map<std::pair<std::string, uint32_t>, uint32_t>;

}  // namespace

TaskManager::TaskManager(TaskManagerOptions options, TaskManagerServices services)
    : options_(std::move(options)), services_(std::move(services)) {
  for (uint32_t slot = 0; slot < options_.slots; ++slot) {
    slots_.push_back(std::make_unique<WorkerThread>(std::make_shared<Worker>(), services_.clock,
                                                    fmt::format("slot-{}", slot)));
  }
  endpoint_ = std::make_unique<Endpoint>(
      services_.transport, "taskmanager/" + options_.id,
      [this](const protocol::Envelope& envelope) { OnMessage(envelope); },
      [this] { SendProgress(); }, kProgressIntervalMicros);
  protocol::Envelope envelope;
  envelope.mutable_register_task_manager()->set_task_manager_id(options_.id);
  envelope.mutable_register_task_manager()->set_slots(options_.slots);
  SendToJobManager(std::move(envelope));
}

TaskManager::~TaskManager() {
  endpoint_.reset();
  for (const auto& [job_id, job] : jobs_) {
    for (const auto& [key, task] : job.tasks) {
      Post(task, [](Subtask& subtask) { subtask.Cancel(); });
    }
  }
  // A worker runs its last commands before its thread ends.
  for (const std::unique_ptr<WorkerThread>& slot : slots_) {
    std::promise<void> done;
    slot->worker()->Post([&done](Worker&) { done.set_value(); });
    done.get_future().wait();
  }
  slots_.clear();
}

void TaskManager::OnMessage(const protocol::Envelope& envelope) {
  switch (envelope.body_case()) {
    case protocol::Envelope::kDeployTasks:
      Deploy(envelope.deploy_tasks());
      break;
    case protocol::Envelope::kAssignSplits:
      AssignSplits(envelope.assign_splits());
      break;
    case protocol::Envelope::kNoMoreSplits:
      NoMoreSplits(envelope.no_more_splits());
      break;
    case protocol::Envelope::kCancelTasks:
      Cancel(envelope.cancel_tasks().job_id());
      break;
    case protocol::Envelope::kCommitTasks:
      Commit(envelope.commit_tasks().job_id());
      break;
    case protocol::Envelope::kReleaseJob:
      Release(envelope.release_job().job_id());
      break;
    default:
      break;  // not for a TaskManager
  }
}

void TaskManager::Deploy(const protocol::DeployTasks& deploy) {
  if (jobs_.contains(deploy.job_id())) return;  // said twice
  Job job;
  Result<JobGraph> graph = DeserializeJobGraph(deploy.job_graph());
  Status status;
  if (!graph) {
    status = std::unexpected(graph.error());
  } else {
    status = TryDeploy(deploy, *graph, job);
  }
  if (!status) {
    // Nothing runs: every subtask has failed for the same reason.
    if (!graph) return;
    for (const JobVertex& vertex : graph->vertices) {
      for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
        SendState(MakeTaskId(deploy.job_id(), vertex.id.value(), subtask), TaskState::kFailed,
                  &status.error());
      }
    }
    return;
  }
  Job& deployed = jobs_[deploy.job_id()] = std::move(job);
  for (const auto& [key, task] : deployed.tasks) {
    slots_[task.slot]->worker()->Post(
        [subtask = task.subtask](Worker& worker) { worker.Add(subtask); });
  }
}

Result<std::vector<std::shared_ptr<const CompiledChain>>> TaskManager::LoadChains(
    const JobGraph& graph) {
  // Compiling is most of a job's start: all chains at once.
  std::vector<std::future<Result<std::shared_ptr<const CompiledChain>>>> loading;
  for (const JobVertex& vertex : graph.vertices) {
    const auto policy = graph.vertices.size() > 1 ? std::launch::async : std::launch::deferred;
    loading.push_back(
        std::async(policy, [this, &vertex] { return services_.loader->Load(vertex.chain_plan); }));
  }
  std::vector<std::shared_ptr<const CompiledChain>> chains;
  std::optional<Error> error;
  for (size_t i = 0; i < loading.size(); ++i) {
    Result<std::shared_ptr<const CompiledChain>> chain = loading[i].get();
    if (chain) {
      chains.push_back(*std::move(chain));
    } else if (!error.has_value()) {
      error = std::move(chain).error().WithContext(
          fmt::format("loading chain `{}`", graph.vertices[i].name));
    }
  }
  if (error.has_value()) return std::unexpected(*std::move(error));
  return chains;
}

Status TaskManager::TryDeploy(const protocol::DeployTasks& deploy, const JobGraph& graph,
                              Job& job) {
  SlotMap slots;
  for (const protocol::SlotAssignment& assignment : deploy.slots()) {
    if (assignment.task_manager_id() != options_.id || assignment.slot() >= slots_.size()) {
      return MakeError(ErrorCode::kUnsupported,
                       "jobs over several TaskManagers need a network between them");
    }
    slots[{assignment.slot_sharing_group(), assignment.index()}] = assignment.slot();
  }
  ASSIGN_OR_RETURN(auto chains, LoadChains(graph));
  RETURN_IF_ERROR(CheckChains(graph, chains));

  const auto slot_of = [&](const JobVertex& vertex, uint32_t subtask) -> std::optional<uint32_t> {
    const auto slot = slots.find({vertex.slot_sharing_group, subtask});
    if (slot == slots.end()) return std::nullopt;
    return slot->second;
  };
  std::map<TaskKey, SubtaskDescriptor> descriptors;
  for (const JobVertex& vertex : graph.vertices) {
    for (uint32_t i = 0; i < vertex.parallelism; ++i) {
      const std::optional<uint32_t> slot = slot_of(vertex, i);
      if (!slot.has_value()) {
        return MakeError(ErrorCode::kInternal,
                         fmt::format("no slot for subtask {} of `{}`", i, vertex.name));
      }
      SubtaskDescriptor& descriptor = descriptors[{vertex.id.value(), i}];
      descriptor.name = vertex.name;
      descriptor.subtask = i;
      descriptor.parallelism = vertex.parallelism;
      descriptor.max_parallelism = graph.max_parallelism;
      descriptor.chain = chains[vertex.id.value()];
      descriptor.connectors = services_.connectors;
      descriptor.memory = services_.memory;
      descriptor.clock = services_.clock;
      descriptor.console = services_.console;
      descriptor.parking = slots_[*slot]->worker()->parking();
      const protocol::TaskId task = MakeTaskId(deploy.job_id(), vertex.id.value(), i);
      descriptor.request_split = [this, task] {
        protocol::Envelope envelope;
        *envelope.mutable_request_split()->mutable_task() = task;
        SendToJobManager(std::move(envelope));
      };
      descriptor.on_state = [this, task](SubtaskState state, const Error* error) {
        SendState(task, ToTaskState(state), error);
      };
    }
  }
  for (const JobEdge& edge : graph.edges) {
    const JobVertex& source = graph.vertices[edge.source.value()];
    const JobVertex& target = graph.vertices[edge.target.value()];
    const bool forward = edge.partitioning == Partitioning::kForward;
    for (uint32_t from = 0; from < source.parallelism; ++from) {
      SubtaskDescriptor& producer = descriptors[{source.id.value(), from}];
      if (producer.outputs.size() <= edge.source_output) {
        producer.outputs.resize(edge.source_output + 1);
      }
      OutputEdge& output = producer.outputs[edge.source_output];
      output.partitioning = edge.partitioning;
      for (uint32_t to = 0; to < target.parallelism; ++to) {
        if (forward && to != from) continue;
        SubtaskDescriptor& consumer = descriptors[{target.id.value(), to}];
        auto channel = std::make_shared<Channel>(producer.parking, consumer.parking);
        output.channels.push_back(channel);
        consumer.inputs.push_back(std::move(channel));
      }
    }
  }
  for (auto& [key, descriptor] : descriptors) {
    const uint32_t slot = *slot_of(graph.vertices[key.first], key.second);
    job.tasks[key] = {std::make_shared<Subtask>(std::move(descriptor)), slot};
  }
  return {};
}

const TaskManager::Task* TaskManager::Find(const protocol::TaskId& id) const {
  const auto job = jobs_.find(id.job_id());
  if (job == jobs_.end()) return nullptr;
  const auto task = job->second.tasks.find({id.vertex(), id.subtask()});
  return task == job->second.tasks.end() ? nullptr : &task->second;
}

void TaskManager::Post(const Task& task, std::function<void(Subtask&)> command) {
  slots_[task.slot]->worker()->Post(
      [subtask = task.subtask, command = std::move(command)](Worker&) { command(*subtask); });
}

void TaskManager::AssignSplits(const protocol::AssignSplits& assign) {
  const Task* task = Find(assign.task());
  if (task == nullptr || !task->subtask->is_source()) return;
  std::vector<Split> splits;
  for (const protocol::Split& split : assign.splits()) {
    splits.push_back({split.id(), split.payload(), split.size_bytes()});
  }
  Post(*task, [splits = std::move(splits)](Subtask& subtask) {
    for (const Split& split : splits) subtask.AddSplit(split);
  });
}

void TaskManager::NoMoreSplits(const protocol::NoMoreSplits& message) {
  const Task* task = Find(message.task());
  if (task == nullptr || !task->subtask->is_source()) return;
  Post(*task, [](Subtask& subtask) { subtask.NoMoreSplits(); });
}

void TaskManager::Cancel(const std::string& job_id) {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return;
  for (const auto& [key, task] : job->second.tasks) {
    Post(task, [](Subtask& subtask) { subtask.Cancel(); });
  }
}

void TaskManager::Commit(const std::string& job_id) {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return;
  // On the workers, one after the other: the first failure ends it.
  Status status;
  for (const auto& [key, task] : job->second.tasks) {
    std::promise<Status> committed;
    Post(task, [&committed](Subtask& subtask) { committed.set_value(subtask.Commit()); });
    status = committed.get_future().get();
    if (!status) break;
  }
  protocol::Envelope envelope;
  protocol::TasksCommitted& committed = *envelope.mutable_tasks_committed();
  committed.set_job_id(job_id);
  committed.set_task_manager_id(options_.id);
  if (!status) *committed.mutable_error() = ToProto(status.error());
  SendProgress();
  SendToJobManager(std::move(envelope));
}

void TaskManager::Release(const std::string& job_id) {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return;
  for (const auto& [key, task] : job->second.tasks) {
    slots_[task.slot]->worker()->Post(
        [subtask = task.subtask](Worker& worker) { worker.Remove(subtask.get()); });
  }
  jobs_.erase(job);
}

void TaskManager::SendProgress() {
  protocol::Envelope envelope;
  protocol::TaskProgressReport& report = *envelope.mutable_task_progress_report();
  report.set_task_manager_id(options_.id);
  for (const auto& [job_id, job] : jobs_) {
    for (const auto& [key, task] : job.tasks) {
      const SubtaskProgress progress = task.subtask->progress();
      protocol::TaskProgress& proto = *report.add_tasks();
      *proto.mutable_task() = MakeTaskId(job_id, key.first, key.second);
      proto.set_state(static_cast<uint32_t>(ToTaskState(progress.state)));
      proto.set_watermark(progress.watermark);
      proto.set_rows_in(progress.rows_in);
      proto.set_rows_out(progress.rows_out);
      proto.set_bytes_read(progress.bytes_read);
      proto.set_is_source(task.subtask->is_source());
    }
  }
  SendToJobManager(std::move(envelope));
}

void TaskManager::SendState(const protocol::TaskId& task, TaskState state, const Error* error) {
  protocol::Envelope envelope;
  protocol::TaskStateUpdate& update = *envelope.mutable_task_state_update();
  *update.mutable_task() = task;
  update.set_state(static_cast<uint32_t>(state));
  if (error != nullptr) *update.mutable_error() = ToProto(*error);
  SendToJobManager(std::move(envelope));
}

void TaskManager::SendToJobManager(protocol::Envelope envelope) {
  envelope.set_from("taskmanager/" + options_.id);
  envelope.set_to(options_.job_manager);
  services_.transport->Send(std::move(envelope));
}

}  // namespace flinkc
