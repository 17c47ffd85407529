#include "runtime/taskmanager/task_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_options.h"
#include "runtime/checkpoint/recovery_options.h"
#include "runtime/checkpoint/state_backend_options.h"
#include "runtime/env/allowed_paths.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/job_state.h"
#include "runtime/taskmanager/check_chains.h"

namespace flinkc {

namespace {

constexpr int64_t kProgressIntervalMicros = 200'000;
// Until a JobManager has answered.
constexpr uint64_t kNoLeader = UINT64_MAX;
// Without an answer.
constexpr int64_t kRegisterAgainMicros = 2'000'000;

protocol::TaskId MakeTaskId(const std::string& job_id, uint32_t attempt, uint32_t vertex,
                            uint32_t subtask) {
  protocol::TaskId id;
  id.set_job_id(job_id);
  id.set_vertex(vertex);
  id.set_subtask(subtask);
  id.set_attempt(attempt);
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

protocol::TaskProgress ToProto(const protocol::TaskId& task, bool is_source,
                               const SubtaskProgress& progress) {
  protocol::TaskProgress proto;
  *proto.mutable_task() = task;
  proto.set_state(static_cast<uint32_t>(ToTaskState(progress.state)));
  proto.set_watermark(progress.watermark);
  proto.set_rows_in(progress.rows_in);
  proto.set_rows_out(progress.rows_out);
  proto.set_bytes_read(progress.bytes_read);
  proto.set_is_held_back(progress.is_held_back);
  proto.set_is_source(is_source);
  constexpr int64_t kNanosPerMilli = 1'000'000;
  protocol::TaskTimes& times = *proto.mutable_times();
  times.set_busy(progress.times.busy_nanos / kNanosPerMilli);
  times.set_idle(progress.times.idle_nanos / kNanosPerMilli);
  times.set_backpressured(progress.times.backpressured_nanos / kNanosPerMilli);
  return proto;
}

// What only a JobManager that we have registered with may say.
bool IsOfLeader(const protocol::Envelope& envelope) {
  return !envelope.has_peer_changed() && !envelope.has_register_task_manager_reply();
}

// What the former subtasks of a vertex have left.
Result<std::vector<proto::SubtaskSnapshot>> FormerSnapshots(const protocol::DeployTasks& deploy,
                                                            uint32_t vertex) {
  std::vector<proto::SubtaskSnapshot> snapshots;
  for (const protocol::DeployTasks::VertexRestore& restore : deploy.restore()) {
    if (restore.vertex() != vertex) continue;
    for (const std::string& bytes : restore.snapshots()) {
      if (!snapshots.emplace_back().ParseFromString(bytes)) {
        return MakeError(ErrorCode::kCorrupt, "a snapshot to restore from cannot be read");
      }
    }
  }
  return snapshots;
}

// Those of them that hold state or rows in flight of the subtask's key groups; nullptr: none does.
std::shared_ptr<const SubtaskRestore> RestoreFor(const std::vector<proto::SubtaskSnapshot>& former,
                                                 const std::string& directory,
                                                 std::shared_ptr<LocalCopies> copies,
                                                 const SubtaskDescriptor& descriptor) {
  const KeyGroupRange range =
      KeyGroupRange::Of(descriptor.subtask, descriptor.parallelism, descriptor.max_parallelism);
  auto restore = std::make_shared<SubtaskRestore>();
  restore->directory = directory;
  restore->copies = std::move(copies);
  for (const proto::SubtaskSnapshot& snapshot : former) {
    if ((snapshot.states_size() != 0 || snapshot.has_in_flight()) &&
        range.Overlaps(snapshot.key_group_first(), snapshot.key_group_last())) {
      restore->snapshots.push_back(snapshot);
    }
  }
  if (restore->snapshots.empty()) return nullptr;
  return restore;
}

// Of a job: as DataExchange::Add knows it.
std::string RegionName(const std::string& job_id, uint32_t region) {
  return fmt::format("{}/{}", job_id, region);
}

std::set<uint32_t> ToSet(const google::protobuf::RepeatedField<uint32_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

// Of "host:port".
std::string_view HostOf(std::string_view address) { return address.substr(0, address.rfind(':')); }

// The databases of the job's subtasks here; nullptr: they keep their state in memory, or have none.
Result<std::shared_ptr<RocksBackend>> MakeStateBackend(const JobGraph& graph, uint32_t stores,
                                                       const TaskManagerServices& services) {
  ASSIGN_OR_RETURN(const StateBackendOptions options, StateBackendOptions::Parse(graph.config));
  if (options.type != StateBackendType::kRocksDb || stores == 0) return nullptr;
  if (!options.local_directory.empty() && services.allowed_paths != nullptr) {
    const std::string used = RocksBackend::DirectoryBelow(options.local_directory);
    if (Status allowed = services.allowed_paths->Check(used); !allowed) {
      return std::unexpected(
          std::move(allowed).error().WithContext("state.backend.rocksdb.localdir"));
    }
  }
  MemoryPool* const memory = services.memory;
  RocksOptions rocks;
  rocks.local_directory = options.local_directory;
  rocks.managed_bytes = options.ManagedBytesOf(memory == nullptr ? 0 : memory->limit_bytes());
  rocks.stores = stores;
  return RocksBackend::Open(rocks, memory);
}

}  // namespace

TaskManager::TaskManager(TaskManagerOptions options, TaskManagerServices services)
    : options_(std::move(options)), services_(std::move(services)) {
  TaskThreads threads_of_process;
  TaskThreads& threads = services_.threads != nullptr ? *services_.threads : threads_of_process;
  background_ = threads.StartBackground("snapshots");
  looks_ = threads.StartBackground("taps");
  taps_.emplace(services_.loader, services_.memory, looks_.get());
  for (uint32_t i = 0; i < options_.slots; ++i) {
    Slot& slot = slots_.emplace_back();
    slot.worker = std::make_shared<Worker>();
    slot.running = threads.StartWorker(slot.worker, services_.clock, fmt::format("slot-{}", i));
  }
  service_ = services_.transport->Serve(
      "taskmanager/" + options_.id,
      [this](const protocol::Envelope& envelope) { OnMessage(envelope); }, [this] { OnTimer(); },
      kProgressIntervalMicros);
  // In its own process it registers when the JobManager can be reached.
  if (options_.data_address.empty()) Register();
}

void TaskManager::Register() {
  registered_micros_ = services_.clock->MonotonicNanos() / 1000;
  protocol::Envelope envelope;
  protocol::RegisterTaskManager& registration = *envelope.mutable_register_task_manager();
  registration.set_task_manager_id(options_.id);
  registration.set_slots(options_.slots);
  registration.set_data_address(options_.data_address);
  if (services_.memory != nullptr) {
    registration.set_memory_bytes(static_cast<int64_t>(services_.memory->limit_bytes()));
  }
  const Machine machine = ReadMachine();
  registration.set_cpu_cores(machine.cpu_cores);
  registration.set_physical_memory_bytes(machine.physical_memory_bytes);
  SendToJobManager(std::move(envelope), leader_epoch_);
}

void TaskManager::OnTimer() {
  SendProgress();
  taps_->OnTimer(services_.clock->MonotonicNanos() / 1000);
  if (options_.data_address.empty()) return;
  const int64_t now = services_.clock->MonotonicNanos() / 1000;
  // A JobManager that has just started may have had no ear for it.
  if (is_connected_ && job_manager_timeout_micros_ == 0 &&
      now - registered_micros_ > kRegisterAgainMicros) {
    Register();
  }
  if (job_manager_timeout_micros_ == 0) return;
  // While we did nothing we heard nothing.
  const int64_t away = std::exchange(timer_micros_, now);
  if (away != 0 && now - away > 5 * kProgressIntervalMicros) heard_micros_ += now - away;
  if (now - heard_micros_ <= job_manager_timeout_micros_) return;
  job_manager_timeout_micros_ = 0;
  services_.transport->Disconnect(
      options_.job_manager,
      fmt::format("the JobManager has said nothing for {} ms", (now - heard_micros_) / 1000));
}

void TaskManager::OnPeerChanged(const protocol::PeerChanged& changed) {
  if (changed.address() != options_.job_manager) return;
  job_manager_timeout_micros_ = 0;
  is_connected_ = changed.connected();
  if (changed.connected()) {
    Log(fmt::format("connected to the JobManager; {} slots", options_.slots));
    return Register();
  }
  Log(fmt::format("the JobManager is gone: {}", changed.reason()));
  leader_epoch_ = kNoLeader;
  // Nobody commits what the tasks write, and whoever comes starts them anew.
  DropAllJobs();
}

void TaskManager::OnRegistered(const protocol::RegisterTaskManagerReply& reply) {
  job_manager_timeout_micros_ = reply.heartbeat_timeout_micros();
  if (services_.exchange == nullptr) return;
  services_.exchange->WatchPeers(reply.heartbeat_interval_micros(),
                                 reply.heartbeat_timeout_micros());
}

void TaskManager::DropAllJobs() {
  std::vector<std::string> ids;
  for (const auto& [job_id, job] : jobs_) ids.push_back(job_id);
  for (const std::string& job_id : ids) {
    Cancel(job_id, {});
    Release(job_id, {});
  }
  // Also those of jobs between two attempts: whoever comes may know nothing of them.
  while (!copies_.empty()) DropCopies(copies_.begin()->first);
}

void TaskManager::DropCopies(const std::string& job_id) {
  const auto found = copies_.find(job_id);
  if (found == copies_.end()) return;
  // Behind the snapshots that are being written.
  background_->Run([copies = std::move(found->second)] { copies->Close(); });
  copies_.erase(found);
}

std::shared_ptr<LocalCopies> TaskManager::CopiesFor(const protocol::DeployTasks& deploy,
                                                    const JobGraph& graph, bool wants_them) {
  if (!wants_them || services_.local_state == nullptr || deploy.checkpoint_directory().empty()) {
    return nullptr;
  }
  std::shared_ptr<LocalCopies>& copies = copies_[deploy.job_id()];
  if (copies == nullptr) copies = services_.local_state->MakeFor(graph.name);
  if (copies == nullptr) {
    copies_.erase(deploy.job_id());
    return nullptr;
  }
  copies->BeginRestore();
  background_->Run([copies] { copies->DropUnfinished(); });
  return copies;
}

TaskManager::~TaskManager() {
  service_.reset();
  for (const auto& [job_id, job] : jobs_) {
    for (const auto& [key, task] : job.tasks) {
      Post(task, [](Subtask& subtask) { subtask.Cancel(); });
    }
  }
  // A worker runs its last commands before it goes.
  for (Slot& slot : slots_) slot.running.reset();
}

void TaskManager::OnMessage(const protocol::Envelope& envelope) {
  heard_micros_ = services_.clock->MonotonicNanos() / 1000;
  if (IsOfLeader(envelope) && envelope.leader_epoch() != leader_epoch_) return;
  switch (envelope.body_case()) {
    case protocol::Envelope::kPeerChanged:
      OnPeerChanged(envelope.peer_changed());
      break;
    case protocol::Envelope::kRegisterTaskManagerReply:
      leader_epoch_ = envelope.leader_epoch();
      OnRegistered(envelope.register_task_manager_reply());
      break;
    case protocol::Envelope::kDeployTasks:
      Deploy(envelope.deploy_tasks());
      break;
    case protocol::Envelope::kAssignSplits:
      AssignSplits(envelope.assign_splits());
      break;
    case protocol::Envelope::kNoMoreSplits:
      NoMoreSplits(envelope.no_more_splits());
      break;
    case protocol::Envelope::kLimitWatermarks:
      LimitWatermarks(envelope.limit_watermarks());
      break;
    case protocol::Envelope::kCancelTasks:
      Cancel(envelope.cancel_tasks().job_id(), ToSet(envelope.cancel_tasks().regions()));
      break;
    case protocol::Envelope::kTriggerCheckpoint:
      TriggerCheckpoint(envelope.trigger_checkpoint());
      break;
    case protocol::Envelope::kCheckpointEnded:
      CheckpointEnded(envelope.checkpoint_ended());
      break;
    case protocol::Envelope::kAskTaskManager:
      Answer(envelope.ask_task_manager());
      break;
    case protocol::Envelope::kReleaseTasks:
      Release(envelope.release_tasks().job_id(), ToSet(envelope.release_tasks().regions()));
      if (envelope.release_tasks().for_good()) DropCopies(envelope.release_tasks().job_id());
      break;
    default:
      break;  // not for a TaskManager
  }
}

void TaskManager::Deploy(const protocol::DeployTasks& deploy) {
  const Result<JobGraph> graph = DeserializeJobGraph(deploy.job_graph());
  if (!graph) return;
  const Result<DeployedRegions> regions = DeployedRegions::Read(deploy, *graph);
  const Result<Placements> placements = Placements::Read(deploy, *graph);
  const auto is_deployed = [&](const JobVertex& vertex, uint32_t subtask) {
    return (!regions || regions->Of(vertex, subtask)) &&
           (!placements || !placements->IsElsewhere(vertex, subtask, options_.id));
  };
  RegionNumbers former;
  for (const JobVertex& vertex : graph->vertices) {
    for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
      const Task* const task = Find(deploy.job_id(), {vertex.id.value(), subtask});
      if (task == nullptr || !is_deployed(vertex, subtask)) continue;
      if (AttemptOf(deploy.job_id(), *task) >= deploy.attempt()) return;  // said twice
      former.insert(task->region);
    }
  }
  if (!former.empty()) {
    // Those that the JobManager took for lost.
    Cancel(deploy.job_id(), former);
    Release(deploy.job_id(), former);
  }
  Status status;
  if (!regions) {
    status = std::unexpected(regions.error());
  } else if (!placements) {
    status = std::unexpected(placements.error());
  } else {
    status = TryDeploy({deploy, *graph, *placements, *regions, {}, {}, {}}, jobs_[deploy.job_id()]);
  }
  if (status) return;
  if (jobs_[deploy.job_id()].regions.empty()) jobs_.erase(deploy.job_id());
  // Nothing of it runs here: every subtask that is not another's has failed for the same reason.
  for (const JobVertex& vertex : graph->vertices) {
    for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
      if (!is_deployed(vertex, subtask)) continue;
      SubtaskEvent event;
      event.state = SubtaskState::kFailed;
      event.error = &status.error();
      SendState(MakeTaskId(deploy.job_id(), deploy.attempt(), vertex.id.value(), subtask),
                vertex.source.has_value(), event, leader_epoch_);
    }
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

SubtaskDescriptor TaskManager::Describe(const protocol::DeployTasks& deploy, const JobGraph& graph,
                                        const JobVertex& vertex, uint32_t subtask) {
  SubtaskDescriptor descriptor;
  descriptor.name = vertex.name;
  descriptor.subtask = subtask;
  descriptor.parallelism = vertex.parallelism;
  descriptor.max_parallelism = graph.max_parallelism;
  descriptor.connectors = services_.connectors;
  descriptor.operators = services_.operators;
  descriptor.memory = services_.memory;
  descriptor.clock = services_.clock;
  descriptor.job_name = graph.name;
  descriptor.resumed = deploy.resumed();
  descriptor.files = services_.files;
  descriptor.allowed_paths = services_.allowed_paths;
  descriptor.console = services_.console;
  descriptor.log = services_.log;
  const protocol::TaskId task =
      MakeTaskId(deploy.job_id(), deploy.attempt(), vertex.id.value(), subtask);
  descriptor.checkpoints.files = services_.files;
  descriptor.checkpoints.directory = deploy.checkpoint_directory();
  descriptor.checkpoints.make_random_name = [this] { return RandomHex(services_.random, 32); };
  descriptor.checkpoints.run_in_background = [this](std::function<void()> work) {
    background_->Run(std::move(work));
  };
  descriptor.on_snapshot = [this, task, leader = leader_epoch_](
                               uint64_t checkpoint,
                               const Result<proto::SubtaskAcknowledgement>& taken) {
    SendSnapshot(task, checkpoint, taken, leader);
  };
  descriptor.request_split = [this, task, leader = leader_epoch_] {
    protocol::Envelope envelope;
    *envelope.mutable_request_split()->mutable_task() = task;
    SendToJobManager(std::move(envelope), leader);
  };
  descriptor.report_alignment = [this, task,
                                 leader = leader_epoch_](const AlignmentReport& report) {
    protocol::Envelope envelope;
    protocol::ReportAlignment& message = *envelope.mutable_report_alignment();
    *message.mutable_task() = task;
    message.set_watermark(report.watermark);
    message.set_counts(report.counts);
    message.set_is_held_back(report.is_held_back);
    SendToJobManager(std::move(envelope), leader);
  };
  descriptor.on_state = [this, task, leader = leader_epoch_,
                         is_source = vertex.source.has_value()](const SubtaskEvent& event) {
    SendState(task, is_source, event, leader);
  };
  return descriptor;
}

Status TaskManager::CheckPlacements(const Placements& placements, const JobGraph& graph) const {
  for (const JobVertex& vertex : graph.vertices) {
    for (uint32_t i = 0; i < vertex.parallelism; ++i) {
      const std::optional<Placements::Place> place = placements.Of(vertex, i);
      if (!place) {
        return MakeError(ErrorCode::kInternal,
                         fmt::format("no slot for subtask {} of `{}`", i, vertex.name));
      }
      const bool is_here = placements.task_managers()[place->task_manager].id == options_.id;
      if (is_here && place->slot >= slots_.size()) {
        return MakeError(ErrorCode::kInternal, fmt::format("the TaskManager `{}` has no slot {}",
                                                           options_.id, place->slot));
      }
      if (!is_here && services_.exchange == nullptr) {
        return MakeError(ErrorCode::kUnsupported,
                         "jobs over several TaskManagers need a network between them");
      }
    }
  }
  return {};
}

Status TaskManager::TryDeploy(Deployment deployment, Job& job) {
  const JobGraph& graph = deployment.graph;
  RETURN_IF_ERROR(CheckPlacements(deployment.placements, graph));
  ASSIGN_OR_RETURN(auto chains, LoadChains(graph));
  RETURN_IF_ERROR(CheckChains(graph, chains));
  for (const protocol::TaskId& task : deployment.deploy.finished()) {
    deployment.finished.insert({task.vertex(), task.subtask()});
  }
  job.chains = chains;
  RETURN_IF_ERROR(DescribeTasks(chains, job, deployment));
  uint64_t channel_number = uint64_t{deployment.deploy.channel_base()} << 32;
  for (const JobEdge& edge : graph.edges) {
    const HeadLayout& head = chains[edge.target.value()]->layout().heads[edge.target_input];
    channel_number += ConnectEdge(edge, head, channel_number, deployment);
  }
  std::vector<std::pair<uint32_t, std::shared_ptr<Subtask>>> added;  // with their slots
  for (auto& [key, descriptor] : deployment.descriptors) {
    const JobVertex& vertex = graph.vertices[key.first];
    const uint32_t region = *deployment.regions.Of(vertex, key.second);
    job.regions[region].attempt = deployment.deploy.attempt();
    if (deployment.finished.contains(key)) continue;
    const uint32_t slot = deployment.placements.Of(vertex, key.second)->slot;
    const auto subtask = std::make_shared<Subtask>(std::move(descriptor));
    job.tasks[key] = {subtask, slot, region, {}};
    added.emplace_back(slot, subtask);
  }
  for (auto& [region, peers] : deployment.peers) {
    Connect(deployment, region, std::move(peers), job);
  }
  for (auto& [slot, subtask] : added) {
    slots_[slot].worker->Post(
        [subtask = std::move(subtask)](Worker& worker) { worker.Add(subtask); });
  }
  return {};
}

Status TaskManager::DescribeTasks(const std::vector<std::shared_ptr<const CompiledChain>>& chains,
                                  Job& job, Deployment& deployment) {
  const protocol::DeployTasks& deploy = deployment.deploy;
  const JobGraph& graph = deployment.graph;
  const Placements& placements = deployment.placements;
  ASSIGN_OR_RETURN(const CheckpointOptions checkpoints, CheckpointOptions::Parse(graph.config));
  ASSIGN_OR_RETURN(const RecoveryOptions recovery, RecoveryOptions::Parse(graph.config));
  const std::shared_ptr<LocalCopies> copies = CopiesFor(deploy, graph, checkpoints.local_backup);
  // What another job has written was never copied here.
  const bool from_local =
      recovery.from_local && deploy.restore_directory() == deploy.checkpoint_directory();
  uint32_t stores = 0;
  for (const JobVertex& vertex : graph.vertices) {
    ASSIGN_OR_RETURN(const std::vector<proto::SubtaskSnapshot> former,
                     FormerSnapshots(deploy, vertex.id.value()));
    for (uint32_t i = 0; i < vertex.parallelism; ++i) {
      if (!deployment.regions.Of(vertex, i)) continue;
      if (placements.IsElsewhere(vertex, i, options_.id)) continue;
      SubtaskDescriptor descriptor = Describe(deploy, graph, vertex, i);
      descriptor.chain = chains[vertex.id.value()];
      if (!descriptor.chain->layout().states.empty()) ++stores;
      descriptor.parking = slots_[placements.Of(vertex, i)->slot].worker->parking();
      descriptor.restore =
          RestoreFor(former, deploy.restore_directory(), from_local ? copies : nullptr, descriptor);
      deployment.descriptors.emplace(TaskKey{vertex.id.value(), i}, std::move(descriptor));
    }
  }
  // The databases of regions that run share their memory with those that come.
  std::shared_ptr<RocksBackend> state_backend = job.state_backend.lock();
  if (state_backend == nullptr) {
    ASSIGN_OR_RETURN(state_backend, MakeStateBackend(graph, stores, services_));
    job.state_backend = state_backend;
  }
  for (auto& [key, descriptor] : deployment.descriptors) {
    descriptor.state_backend = state_backend;
    descriptor.checkpoints.copies = copies;
    descriptor.checkpoints.overtake_after_micros = checkpoints.overtake_after_micros;
  }
  return {};
}

// The channels of an edge that begin or end here. All of them are numbered, by producer and then by
// consumer, also those that are not deployed; returns how many there are.
uint64_t TaskManager::ConnectEdge(const JobEdge& edge, const HeadLayout& head,
                                  uint64_t first_channel, Deployment& deployment) {
  const protocol::DeployTasks& deploy = deployment.deploy;
  const JobGraph& graph = deployment.graph;
  const TaskKeys& finished = deployment.finished;
  Descriptors& descriptors = deployment.descriptors;
  const JobVertex& source = graph.vertices[edge.source.value()];
  const JobVertex& target = graph.vertices[edge.target.value()];
  const bool is_forward = edge.partitioning == Partitioning::kForward;
  const auto batches =
      std::make_shared<BatchReader>(head.schema, head.row_kinds, head.key_hashes, services_.memory);
  // Of those that run here, by subtask.
  std::vector<SubtaskDescriptor*> consumers(target.parallelism);
  std::vector<uint32_t> consumers_here;
  for (uint32_t to = 0; to < target.parallelism; ++to) {
    const auto consumer = descriptors.find({target.id.value(), to});
    if (consumer == descriptors.end()) continue;
    consumers[to] = &consumer->second;
    consumers_here.push_back(to);
  }
  const auto peer_of = [&](uint32_t region, const JobVertex& vertex,
                           uint32_t subtask) -> PeerChannels& {
    std::vector<PeerChannels>& peers = deployment.peers[region];
    if (peers.empty()) {
      for (const Placements::Address& address : deployment.placements.task_managers()) {
        peers.push_back({address.id, address.data_address, {}, {}});
      }
    }
    return peers[deployment.placements.Of(vertex, subtask)->task_manager];
  };
  for (uint32_t from = 0; from < source.parallelism; ++from) {
    const std::optional<uint32_t> region = deployment.regions.Of(source, from);
    if (!region) continue;
    const std::string region_name = RegionName(deploy.job_id(), *region);
    const auto producer = descriptors.find({source.id.value(), from});
    const bool from_peer = producer == descriptors.end();
    const bool has_finished = finished.contains({source.id.value(), from});
    OutputEdge* output = nullptr;
    if (!from_peer) {
      std::vector<OutputEdge>& outputs = producer->second.outputs;
      if (outputs.size() <= edge.source_output) outputs.resize(edge.source_output + 1);
      output = &outputs[edge.source_output];
      output->partitioning = edge.partitioning;
    }
    const auto connect = [&](uint32_t to) {
      SubtaskDescriptor* const consumer = consumers[to];
      const bool to_peer = consumer == nullptr;
      const uint64_t number = is_forward ? from : uint64_t{from} * target.parallelism + to;
      const ChannelAddress address{first_channel + number, deploy.attempt()};
      auto channel = std::make_shared<Channel>(
          from_peer ? services_.exchange->parking() : producer->second.parking,
          to_peer ? services_.exchange->parking() : consumer->parking, options_.channel_capacity);
      if (has_finished && !to_peer) {
        // Its last words; it is not run again.
        channel->Push(StreamElement::Watermark(kWatermarkFinal));
        channel->Push(StreamElement::End());
        channel->AnnounceEnd();
      }
      if (!has_finished && to_peer) {
        PeerChannels& peer = peer_of(*region, target, to);
        // What does not leave the host is copied faster than it is compressed.
        const bool compress = HostOf(peer.data_address) != HostOf(options_.data_address);
        peer.senders.push_back({address, region_name, channel, head.schema, compress});
      } else if (!has_finished && from_peer) {
        peer_of(*region, source, from)
            .receivers.push_back(
                {address, region_name, channel, batches, kCreditWindowDefault, services_.memory});
      }
      if (!from_peer) output->channels.push_back(channel);
      if (to_peer) return;
      consumer->inputs.push_back({std::move(channel), edge.target_input, edge.partitioning});
    };
    if (is_forward) {
      if (from < target.parallelism && !(from_peer && consumers[from] == nullptr)) connect(from);
    } else if (from_peer) {
      std::ranges::for_each(consumers_here, connect);
    } else {
      for (uint32_t to = 0; to < target.parallelism; ++to) connect(to);
    }
  }
  return is_forward ? source.parallelism : uint64_t{source.parallelism} * target.parallelism;
}

void TaskManager::Connect(const Deployment& deployment, uint32_t region,
                          std::vector<PeerChannels> peers, Job& job) {
  std::erase_if(peers, [](const PeerChannels& channels) {
    return channels.senders.empty() && channels.receivers.empty();
  });
  // The first task of the region that runs here fails for all.
  const auto first = std::ranges::find_if(
      job.tasks, [&](const auto& entry) { return entry.second.region == region; });
  if (peers.empty() || first == job.tasks.end()) return;
  job.regions[region].has_peers = true;
  const std::string& job_id = deployment.deploy.job_id();
  const uint32_t attempt = deployment.deploy.attempt();
  const TaskKey key = first->first;
  const protocol::TaskId task = MakeTaskId(job_id, attempt, key.first, key.second);
  const bool is_source = first->second.subtask->is_source();
  services_.exchange->Add(RegionName(job_id, region), attempt, std::move(peers),
                          [this, task, is_source, leader = leader_epoch_](const Error& error) {
                            SubtaskEvent event;
                            event.state = SubtaskState::kFailed;
                            event.error = &error;
                            SendState(task, is_source, event, leader);
                          });
}

const TaskManager::Task* TaskManager::Find(const std::string& job_id, const TaskKey& key) const {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return nullptr;
  const auto task = job->second.tasks.find(key);
  return task == job->second.tasks.end() ? nullptr : &task->second;
}

uint32_t TaskManager::AttemptOf(const std::string& job_id, const Task& task) const {
  return jobs_.at(job_id).regions.at(task.region).attempt;
}

const TaskManager::Task* TaskManager::Find(const protocol::TaskId& id) const {
  const Task* const task = Find(id.job_id(), {id.vertex(), id.subtask()});
  return task != nullptr && AttemptOf(id.job_id(), *task) == id.attempt() ? task : nullptr;
}

void TaskManager::Post(const Task& task, std::function<void(Subtask&)> command) {
  slots_[task.slot].worker->Post(
      [subtask = task.subtask, command = std::move(command)](Worker&) { command(*subtask); });
}

void TaskManager::AssignSplits(const protocol::AssignSplits& assign) {
  const Task* task = Find(assign.task());
  if (task == nullptr || !task->subtask->is_source()) return;
  std::vector<Split> splits;
  for (const protocol::Split& split : assign.splits()) {
    splits.push_back({split.id(), split.payload(), split.size_bytes(), split.position(),
                      split.max_event_time()});
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

void TaskManager::LimitWatermarks(const protocol::LimitWatermarks& message) {
  const auto job = jobs_.find(message.job_id());
  if (job == jobs_.end()) return;
  for (const protocol::LimitWatermarks::Limit& limit : message.limits()) {
    const auto& tasks = job->second.tasks;
    for (auto task = tasks.lower_bound({limit.vertex(), 0});
         task != tasks.end() && task->first.first == limit.vertex(); ++task) {
      if (!task->second.subtask->is_source()) break;
      Post(task->second, [watermark = limit.watermark()](Subtask& subtask) {
        subtask.SetWatermarkLimit(watermark);
      });
    }
  }
}

void TaskManager::Cancel(const std::string& job_id, const RegionNumbers& regions) {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return;
  for (const auto& [key, task] : job->second.tasks) {
    if (!regions.empty() && !regions.contains(task.region)) continue;
    Post(task, [](Subtask& subtask) { subtask.Cancel(); });
  }
}

void TaskManager::TriggerCheckpoint(const protocol::TriggerCheckpoint& trigger) {
  if (trigger.kind() > static_cast<uint32_t>(BarrierKind::kStopWithDrain)) return;
  const auto barrier = std::make_shared<const CheckpointBarrier>(CheckpointBarrier{
      trigger.checkpoint_id(), static_cast<BarrierKind>(trigger.kind()),
      trigger.savepoint_directory(), trigger.full(), trigger.triggered_at_millis() * 1000});
  for (const protocol::TaskId& id : trigger.tasks()) {
    const Task* task = Find(id);
    if (task == nullptr) continue;
    Post(*task, [barrier](Subtask& subtask) { subtask.TriggerCheckpoint(barrier); });
  }
}

void TaskManager::CheckpointEnded(const protocol::CheckpointEnded& ended) {
  const auto copies = copies_.find(ended.job_id());
  if (copies != copies_.end()) {
    background_->Run(
        [copies = copies->second, id = ended.checkpoint_id(), complete = ended.complete()] {
          complete ? copies->OnComplete(id) : copies->OnAborted(id);
        });
  }
  const auto job = jobs_.find(ended.job_id());
  if (job == jobs_.end()) return;
  for (const auto& [key, task] : job->second.tasks) {
    Post(task, [id = ended.checkpoint_id(), complete = ended.complete()](Subtask& subtask) {
      complete ? subtask.OnCheckpointComplete(id) : subtask.OnCheckpointAborted(id);
    });
  }
}

void TaskManager::SendSnapshot(const protocol::TaskId& task, uint64_t checkpoint,
                               const Result<proto::SubtaskAcknowledgement>& taken,
                               uint64_t leader) {
  FLINKC_FAILPOINT("ack.before");
  protocol::Envelope envelope;
  protocol::AcknowledgeCheckpoint& message = *envelope.mutable_acknowledge_checkpoint();
  *message.mutable_task() = task;
  message.set_checkpoint_id(checkpoint);
  if (taken) {
    message.set_acknowledgement(taken->SerializeAsString());
  } else {
    *message.mutable_error() = ToProto(taken.error());
  }
  SendToJobManager(std::move(envelope), leader);
  FLINKC_FAILPOINT("ack.after");
}

void TaskManager::Release(const std::string& job_id, const RegionNumbers& regions) {
  const auto found = jobs_.find(job_id);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  const auto is_meant = [&](uint32_t region) {
    return regions.empty() || regions.contains(region);
  };
  std::erase_if(job.tasks, [&](const auto& entry) {
    const Task& task = entry.second;
    if (!is_meant(task.region)) return false;
    slots_[task.slot].worker->Post(
        [subtask = task.subtask](Worker& worker) { worker.Remove(subtask.get()); });
    return true;
  });
  std::erase_if(job.regions, [&](const auto& entry) {
    const auto& [number, region] = entry;
    if (!is_meant(number)) return false;
    if (region.has_peers) services_.exchange->Remove(RegionName(job_id, number), region.attempt);
    return true;
  });
  if (job.regions.empty()) jobs_.erase(found);
}

void TaskManager::SendProgress() {
  protocol::Envelope envelope;
  protocol::TaskProgressReport& report = *envelope.mutable_task_progress_report();
  report.set_task_manager_id(options_.id);
  if (services_.usage != nullptr) {
    const ProcessUsage usage = services_.usage();
    report.mutable_usage()->set_cpu_nanos(usage.cpu_nanos);
    report.mutable_usage()->set_resident_bytes(usage.resident_bytes);
  }
  if (services_.memory != nullptr) {
    report.mutable_usage()->set_managed_bytes(static_cast<int64_t>(services_.memory->used_bytes()));
  }
  if (services_.local_state != nullptr) {
    const LocalCopyCounts& counts = services_.local_state->counts();
    report.mutable_local_state()->set_read(counts.read.load());
    report.mutable_local_state()->set_passed_over(counts.passed_over.load());
    report.mutable_local_state()->set_failed(counts.failed.load());
  }
  for (auto& [job_id, job] : jobs_) {
    for (auto& [key, task] : job.tasks) {
      const SubtaskProgress progress = task.subtask->progress();
      protocol::TaskProgress& reported = *report.add_tasks();
      const uint32_t attempt = job.regions.at(task.region).attempt;
      reported = ToProto(MakeTaskId(job_id, attempt, key.first, key.second),
                         task.subtask->is_source(), progress);
      const TaskRates::PerSecond rates = task.rates.Look(
          {progress.times, progress.rows_in, progress.rows_out}, services_.clock->MonotonicNanos());
      reported.mutable_times()->set_busy_per_second(rates.busy);
      reported.mutable_times()->set_idle_per_second(rates.idle);
      reported.mutable_times()->set_backpressured_per_second(rates.backpressured);
      reported.set_rows_in_per_second(rates.rows_in);
      reported.set_rows_out_per_second(rates.rows_out);
    }
  }
  SendToJobManager(std::move(envelope), leader_epoch_);
}

void TaskManager::Answer(const protocol::AskTaskManager& ask) {
  protocol::Envelope envelope;
  protocol::TaskManagerAnswer& answer = *envelope.mutable_task_manager_answer();
  answer.set_request_id(ask.request_id());
  answer.set_client(ask.client());
  if (const Status answered = AnswerTo(ask, &answer); !answered) {
    *answer.mutable_error() = ToProto(answered.error());
  }
  SendToJobManager(std::move(envelope), leader_epoch_);
}

Status TaskManager::AnswerTo(const protocol::AskTaskManager& ask,
                             protocol::TaskManagerAnswer* answer) {
  if (ask.has_list_streams()) {
    const std::optional<TappedJob> job = FindTapped(ask.list_streams().job_id());
    if (!job) {
      return MakeError(ErrorCode::kUnavailable, "no task of the job runs here at present");
    }
    *answer->mutable_streams() = Taps::ListStreams(*job);
    return {};
  }
  if (ask.has_read_tap()) {
    const std::optional<TappedJob> job = FindTapped(ask.read_tap().job_id());
    ASSIGN_OR_RETURN(*answer->mutable_rows(),
                     taps_->Read(ask.read_tap(), job ? &*job : nullptr,
                                 services_.clock->MonotonicNanos() / 1000));
    return {};
  }
  const LogTail* const tail =
      ask.read_log().standard_output() ? services_.output_tail : services_.log_tail;
  if (!ask.has_read_log() || tail == nullptr) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("the TaskManager `{}` cannot tell that of itself", options_.id));
  }
  answer->mutable_log()->set_text(tail->Text());
  answer->mutable_log()->set_modified_millis(tail->modified_micros() / 1000);
  return {};
}

std::optional<TappedJob> TaskManager::FindTapped(const std::string& job_id) const {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return std::nullopt;
  TappedJob tapped{job->second.chains, {}};
  for (const auto& [key, task] : job->second.tasks) {
    tapped.tasks.push_back({key.first, key.second, task.subtask, slots_[task.slot].worker});
  }
  return tapped;
}

void TaskManager::SendState(const protocol::TaskId& task, bool is_source, const SubtaskEvent& event,
                            uint64_t leader) {
  protocol::Envelope envelope;
  protocol::TaskStateUpdate& update = *envelope.mutable_task_state_update();
  *update.mutable_task() = task;
  update.set_state(static_cast<uint32_t>(ToTaskState(event.state)));
  update.set_last_checkpoint(event.last_checkpoint);
  update.set_checkpoint_damaged(event.checkpoint_damaged);
  if (event.error != nullptr) *update.mutable_error() = ToProto(*event.error);
  if (event.last != nullptr) update.set_last_snapshot(event.last->SerializeAsString());
  *update.mutable_progress() = ToProto(task, is_source, event.progress);
  SendToJobManager(std::move(envelope), leader);
}

void TaskManager::SendToJobManager(protocol::Envelope envelope, uint64_t leader) {
  envelope.set_leader_epoch(leader);
  envelope.set_from("taskmanager/" + options_.id);
  envelope.set_to(options_.job_manager);
  services_.transport->Send(std::move(envelope));
}

}  // namespace flinkc
