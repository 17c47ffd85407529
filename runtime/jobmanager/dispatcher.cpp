#include "runtime/jobmanager/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/checkpoint/savepoint.h"

namespace flinkc {

namespace {

constexpr std::string_view kTaskManagerPrefix = "taskmanager/";
constexpr std::string_view kClientPrefix = "client/";
// Of one TaskManager; more than any job needs in one process. A damaged number is not believed.
constexpr uint32_t kSlotsMax = 1 << 20;

bool IsJobId(std::string_view id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

SendCommand SubmitReply(const std::string& client, uint64_t request_id,
                        const Result<std::string>& job_id) {
  SendCommand send;
  send.envelope.set_to(client);
  protocol::SubmitJobReply& reply = *send.envelope.mutable_submit_job_reply();
  reply.set_request_id(request_id);
  if (job_id) {
    reply.set_job_id(*job_id);
  } else {
    *reply.mutable_error() = ToProto(job_id.error());
  }
  return send;
}

SendCommand SubmitReply(const std::string& client, uint64_t request_id, const Error& error) {
  return SubmitReply(client, request_id, std::unexpected(error));
}

SendCommand RequirementsReply(const std::string& client, uint64_t request_id,
                              const Status& status) {
  SendCommand send;
  send.envelope.set_to(client);
  protocol::UpdateRequirementsReply& reply = *send.envelope.mutable_update_requirements_reply();
  reply.set_request_id(request_id);
  if (!status) *reply.mutable_error() = ToProto(status.error());
  return send;
}

// What a task says, or a TaskManager of all of its tasks.
bool IsOfTasks(const protocol::Envelope& envelope) {
  return envelope.has_task_state_update() || envelope.has_request_split() ||
         envelope.has_report_alignment() || envelope.has_acknowledge_checkpoint() ||
         envelope.has_task_progress_report();
}

}  // namespace

JobMaster* Dispatcher::Find(const std::string& job_id) {
  const auto job = jobs_.find(job_id);
  return job == jobs_.end() ? nullptr : job->second.get();
}

DispatcherCommands Dispatcher::OnMessage(const protocol::Envelope& envelope) {
  DispatcherCommands commands;
  // Its attempt is numbered as one of ours may be.
  if (IsOfTasks(envelope) && envelope.leader_epoch() != environment_.leader_epoch) return commands;
  // A message of a job that has ended, or that never was, has no effect.
  const auto with_job = [&](const std::string& job_id, auto handle) {
    if (JobMaster* job = Find(job_id)) Execute(job_id, handle(*job), commands);
  };
  switch (envelope.body_case()) {
    case protocol::Envelope::kSubmitJob:
      Submit(envelope, commands);
      break;
    case protocol::Envelope::kCancelJob:
      with_job(envelope.cancel_job().job_id(), [](JobMaster& job) { return job.OnCancel(); });
      break;
    case protocol::Envelope::kClientHeartbeat:
      if (JobMaster* job = Find(envelope.client_heartbeat().job_id())) {
        job->OnClientHeartbeat(envelope.client_heartbeat().expired_timestamp());
      }
      break;
    case protocol::Envelope::kDisposeSavepoint:
      DisposeSavepoint(envelope, commands);
      break;
    case protocol::Envelope::kDescribeJobs:
      Describe(envelope, commands);
      break;
    case protocol::Envelope::kUpdateRequirements:
      UpdateRequirements(envelope, commands);
      break;
    case protocol::Envelope::kAskTaskManager:
      Ask(envelope, commands);
      break;
    case protocol::Envelope::kTaskManagerAnswer:
      PassOn(envelope.task_manager_answer(), commands);
      break;
    case protocol::Envelope::kRequestCheckpoint:
      if (Find(envelope.request_checkpoint().job_id()) == nullptr) {
        RefuseCheckpoint(envelope, commands);
        break;
      }
      with_job(envelope.request_checkpoint().job_id(), [&](JobMaster& job) {
        return job.OnRequestCheckpoint(envelope.request_checkpoint(), envelope.from());
      });
      break;
    case protocol::Envelope::kAcknowledgeCheckpoint:
      with_job(envelope.acknowledge_checkpoint().task().job_id(), [&](JobMaster& job) {
        return job.OnAcknowledge(envelope.acknowledge_checkpoint());
      });
      break;
    case protocol::Envelope::kRegisterTaskManager:
      Register(envelope.register_task_manager(), commands);
      break;
    case protocol::Envelope::kTaskStateUpdate:
      with_job(envelope.task_state_update().task().job_id(),
               [&](JobMaster& job) { return job.OnTaskState(envelope.task_state_update()); });
      break;
    case protocol::Envelope::kRequestSplit:
      with_job(envelope.request_split().task().job_id(),
               [&](JobMaster& job) { return job.OnRequestSplit(envelope.request_split()); });
      break;
    case protocol::Envelope::kReportAlignment:
      with_job(envelope.report_alignment().task().job_id(),
               [&](JobMaster& job) { return job.OnReportAlignment(envelope.report_alignment()); });
      break;
    case protocol::Envelope::kPeerChanged:
      if (const std::string_view address = envelope.peer_changed().address();
          !envelope.peer_changed().connected() && address.starts_with(kTaskManagerPrefix)) {
        LoseTaskManager(std::string(address.substr(kTaskManagerPrefix.size())),
                        envelope.peer_changed().reason(), commands);
      }
      break;
    case protocol::Envelope::kTaskProgressReport:
      if (const auto known = task_managers_.find(envelope.task_progress_report().task_manager_id());
          known != task_managers_.end()) {
        const CheckpointTime now = environment_.now();
        known->second.heard_micros = now.monotonic_micros;
        known->second.heard_millis = now.wall_millis;
        known->second.usage = envelope.task_progress_report().usage();
        known->second.local_state = envelope.task_progress_report().local_state();
      }
      for (const protocol::TaskProgress& task : envelope.task_progress_report().tasks()) {
        with_job(task.task().job_id(), [&](JobMaster& job) { return job.OnProgress(task); });
      }
      break;
    default:
      break;  // not for a JobManager
  }
  return commands;
}

void Dispatcher::Register(const protocol::RegisterTaskManager& registration,
                          DispatcherCommands& commands) {
  const std::string& id = registration.task_manager_id();
  if (id.empty() || registration.slots() > kSlotsMax) {
    commands.push_back(
        LogCommand{fmt::format("the TaskManager `{}` offers {} slots, more than {}, "
                               "or has no name: it is not registered",
                               id, registration.slots(), kSlotsMax)});
    return;
  }
  // One that is known has started afresh and knows nothing of what it ran.
  const auto take_in = [&] {
    const CheckpointTime now = environment_.now();
    task_managers_[id] = {registration, now.monotonic_micros, now.wall_millis,
                          now.monotonic_micros};
    resources_.Register(id, registration.slots());
  };
  TellLost(id, "it has started afresh", take_in, commands);
  protocol::Envelope reply;
  reply.set_to("taskmanager/" + id);
  protocol::RegisterTaskManagerReply& body = *reply.mutable_register_task_manager_reply();
  body.set_heartbeat_timeout_micros(heartbeat_.timeout_micros);
  body.set_heartbeat_interval_micros(heartbeat_.interval_micros);
  commands.push_back(SendCommand{std::move(reply)});
  if (!registration.data_address().empty()) {
    commands.push_back(
        LogCommand{fmt::format("the TaskManager `{}` has registered: {} slots, {}", id,
                               registration.slots(), registration.data_address())});
  }
  GrantSlots(commands);
}

void Dispatcher::TellLost(const std::string& id, const std::string& reason,
                          const std::function<void()>& change, DispatcherCommands& commands) {
  std::vector<std::pair<std::string, JobMasterCommands>> told;
  for (const auto& [job_id, job] : jobs_) {
    told.emplace_back(job_id, job->OnTaskManagerLost(id, reason));
  }
  change();
  for (auto& [job_id, job_commands] : told) Execute(job_id, std::move(job_commands), commands);
}

void Dispatcher::LoseTaskManager(const std::string& id, const std::string& reason,
                                 DispatcherCommands& commands) {
  if (task_managers_.erase(id) == 0) return;
  commands.push_back(LogCommand{fmt::format("the TaskManager `{}` was lost: {}", id, reason)});
  TellLost(id, reason, [&] { resources_.Unregister(id); }, commands);
}

// Those of this process are there as long as we are.
void Dispatcher::WatchTaskManagers(DispatcherCommands& commands) {
  const int64_t now = environment_.now().monotonic_micros;
  // While we were busy nobody was heard.
  const int64_t away = watched_micros_ == 0 ? 0 : now - watched_micros_;
  watched_micros_ = now;
  std::vector<std::string> silent;
  for (auto& [id, record] : task_managers_) {
    if (record.registration.data_address().empty()) continue;
    if (away > heartbeat_.interval_micros) record.heard_micros += away;
    if (now - record.heard_micros > heartbeat_.timeout_micros) silent.push_back(id);
    if (now - record.told_micros < heartbeat_.interval_micros) continue;
    record.told_micros = now;
    protocol::Envelope envelope;
    envelope.set_to("taskmanager/" + id);
    envelope.mutable_heartbeat();
    commands.push_back(SendCommand{std::move(envelope)});
  }
  for (const std::string& id : silent) {
    const std::string reason =
        fmt::format("it has said nothing for {} ms", heartbeat_.timeout_micros / 1000);
    commands.push_back(DisconnectCommand{"taskmanager/" + id, reason});
    LoseTaskManager(id, reason, commands);
  }
}

void Dispatcher::Submit(const protocol::Envelope& envelope, DispatcherCommands& commands) {
  const protocol::SubmitJob& submit = envelope.submit_job();
  const Submission::Asked asked{envelope.from(), submit.request_id()};
  const auto refuse = [&](const Error& error) {
    commands.push_back(SubmitReply(asked.client, asked.request_id, error));
  };
  if (!submit.job_id().empty() && !IsJobId(submit.job_id())) {
    return refuse({ErrorCode::kInvalidArgument, "the id of a job is 32 digits of 0-9 and a-f"});
  }
  if (const std::optional<uint64_t> known = GraphHashOf(submit.job_id())) {
    if (*known != JobMaster::HashOfGraph(submit.job_graph())) {
      return refuse({ErrorCode::kAlreadyExists,
                     fmt::format("there is another job {}; draw a new id", submit.job_id())});
    }
    const auto submission = submissions_.find(submit.job_id());
    if (submission == submissions_.end()) {
      commands.push_back(SubmitReply(asked.client, asked.request_id, submit.job_id()));
    } else {
      submission->second.asked.push_back(asked);
    }
    return;
  }
  if (refuses_jobs_) {
    return refuse({ErrorCode::kUnavailable,
                   "the JobManager is shutting down and takes no more jobs; submit it when it has "
                   "come again"});
  }
  Result<JobGraph> graph = DeserializeJobGraph(submit.job_graph());
  if (!graph) return refuse(graph.error());
  const std::string job_id = submit.job_id().empty() ? make_job_id_() : submit.job_id();
  Result<std::unique_ptr<JobMaster>> job =
      JobMaster::Make(job_id, *std::move(graph), submit.job_graph(), envelope.from(), environment_);
  if (!job) return refuse(job.error());
  Submission& submission = submissions_[job_id];
  submission.job = *std::move(job);
  submission.asked.push_back(asked);
  commands.push_back(
      KeepJobCommand{job_id, submit.job_graph(), envelope.from(), environment_.now().wall_millis});
}

DispatcherCommands Dispatcher::OnJobKept(const std::string& job_id, const Status& status) {
  DispatcherCommands commands;
  auto submission = submissions_.extract(job_id);
  if (submission.empty()) return commands;
  for (const Submission::Asked& asked : submission.mapped().asked) {
    commands.push_back(status ? SubmitReply(asked.client, asked.request_id, job_id)
                              : SubmitReply(asked.client, asked.request_id, status.error()));
  }
  if (!status) return commands;
  JobMasterCommands started = submission.mapped().job->Start();
  jobs_[job_id] = std::move(submission.mapped().job);
  Execute(job_id, std::move(started), commands);
  return commands;
}

Result<DispatcherCommands> Dispatcher::TakeOverJob(const KeepJobCommand& job) {
  ASSIGN_OR_RETURN(JobGraph graph, DeserializeJobGraph(job.job_graph));
  ASSIGN_OR_RETURN(
      std::unique_ptr<JobMaster> master,
      JobMaster::Make(job.job_id, std::move(graph), job.job_graph, job.client, environment_));
  DispatcherCommands commands;
  JobMasterCommands started;
  if (job.requirements) {
    ASSIGN_OR_RETURN(ResourceRequirements requirements,
                     master->CheckRequirements(*job.requirements));
    started = master->OnRequirements(std::move(requirements));
  }
  for (JobMasterCommand& command : master->TakeOver(job.submitted_at_millis)) {
    started.push_back(std::move(command));
  }
  jobs_[job.job_id] = std::move(master);
  Execute(job.job_id, std::move(started), commands);
  return commands;
}

std::optional<uint64_t> Dispatcher::GraphHashOf(const std::string& job_id) const {
  if (const auto job = jobs_.find(job_id); job != jobs_.end()) return job->second->graph_hash();
  if (const auto job = submissions_.find(job_id); job != submissions_.end()) {
    return job->second.job->graph_hash();
  }
  const auto ended = std::ranges::find(ended_, job_id, &protocol::JobDescription::job_id);
  if (ended == ended_.end()) return std::nullopt;
  return ended->job_graph_hash();
}

void Dispatcher::Remember(protocol::JobDescription result) {
  ended_.push_front(std::move(result));
  if (ended_.size() > kEndedMax) ended_.pop_back();
}

void Dispatcher::Describe(const protocol::Envelope& envelope, DispatcherCommands& commands) const {
  const protocol::DescribeJobs& request = envelope.describe_jobs();
  protocol::Envelope reply;
  reply.set_to(envelope.from());
  protocol::DescribeJobsReply& body = *reply.mutable_describe_jobs_reply();
  body.set_request_id(request.request_id());
  body.set_task_managers(resources_.task_managers());
  body.set_slots_total(resources_.slots());
  body.set_slots_free(resources_.free_slots());
  for (const auto& [id, record] : task_managers_) {
    protocol::TaskManagerDescription& described = *body.add_task_manager_list();
    described.set_id(id);
    described.set_data_address(record.registration.data_address());
    described.set_slots(record.registration.slots());
    described.set_free_slots(resources_.free_slots_of(id));
    described.set_memory_bytes(record.registration.memory_bytes());
    described.set_heard_at_millis(record.heard_millis);
    described.set_cpu_cores(record.registration.cpu_cores());
    described.set_physical_memory_bytes(record.registration.physical_memory_bytes());
    *described.mutable_usage() = record.usage;
    *described.mutable_local_state() = record.local_state;
  }
  const bool all = request.job_id().empty();
  const bool details = !all || request.with_details();
  for (const auto& [job_id, job] : jobs_) {
    if (all || job_id == request.job_id()) *body.add_jobs() = job->Describe(details);
  }
  for (const protocol::JobDescription& job : ended_) {
    if (all || job.job_id() == request.job_id()) *body.add_jobs() = job;
  }
  const int64_t now = environment_.now().wall_millis;
  for (protocol::JobDescription& job : *body.mutable_jobs()) job.set_now(now);
  commands.push_back(SendCommand{std::move(reply)});
}

void Dispatcher::Ask(const protocol::Envelope& envelope, DispatcherCommands& commands) const {
  protocol::Envelope asked;
  protocol::AskTaskManager& ask = *asked.mutable_ask_task_manager();
  ask = envelope.ask_task_manager();
  ask.set_client(envelope.from());
  if (task_managers_.contains(ask.task_manager_id())) {
    asked.set_to(fmt::format("{}{}", kTaskManagerPrefix, ask.task_manager_id()));
    commands.push_back(SendCommand{std::move(asked)});
    return;
  }
  protocol::TaskManagerAnswer answer;
  answer.set_request_id(ask.request_id());
  answer.set_client(ask.client());
  *answer.mutable_error() = ToProto(Error{
      ErrorCode::kNotFound, fmt::format("no TaskManager `{}` is registered; /taskmanagers lists "
                                        "them",
                                        ask.task_manager_id())});
  PassOn(answer, commands);
}

void Dispatcher::PassOn(const protocol::TaskManagerAnswer& answer,
                        DispatcherCommands& commands) const {
  // A TaskManager has nothing to say to anybody else.
  if (!answer.client().starts_with(kClientPrefix)) return;
  protocol::Envelope envelope;
  envelope.set_to(answer.client());
  *envelope.mutable_task_manager_answer() = answer;
  commands.push_back(SendCommand{std::move(envelope)});
}

SendCommand Dispatcher::DisposeReply(const std::string& client, uint64_t request_id,
                                     const Status& status) {
  SendCommand send;
  send.envelope.set_to(client);
  protocol::DisposeSavepointReply& reply = *send.envelope.mutable_dispose_savepoint_reply();
  reply.set_request_id(request_id);
  if (!status) *reply.mutable_error() = ToProto(status.error());
  return send;
}

void Dispatcher::DisposeSavepoint(const protocol::Envelope& envelope,
                                  DispatcherCommands& commands) const {
  const protocol::DisposeSavepoint& dispose = envelope.dispose_savepoint();
  const std::string directory = SavepointDirectoryOf(dispose.path());
  for (const auto& [job_id, job] : jobs_) {
    if (!job->RestsOn(directory)) continue;
    const Error error{ErrorCode::kInvalidArgument,
                      fmt::format("the job {} goes on from {}; dispose of it when the job has a "
                                  "checkpoint of its own, or has ended",
                                  job_id, directory)};
    commands.push_back(DisposeReply(envelope.from(), dispose.request_id(), std::unexpected(error)));
    return;
  }
  commands.push_back(DisposeSavepointCommand{envelope.from(), dispose.request_id(), directory});
}

void Dispatcher::RefuseCheckpoint(const protocol::Envelope& envelope,
                                  DispatcherCommands& commands) const {
  const protocol::RequestCheckpoint& request = envelope.request_checkpoint();
  protocol::Envelope reply;
  reply.set_to(envelope.from());
  protocol::RequestCheckpointReply& body = *reply.mutable_request_checkpoint_reply();
  body.set_job_id(request.job_id());
  body.set_request_id(request.request_id());
  const Error error{ErrorCode::kNotFound,
                    "there is no job `" + request.job_id() + "` that runs; it may have ended"};
  *body.mutable_error() = ToProto(error);
  commands.push_back(SendCommand{std::move(reply)});
}

void Dispatcher::UpdateRequirements(const protocol::Envelope& envelope,
                                    DispatcherCommands& commands) {
  const protocol::UpdateRequirements& update = envelope.update_requirements();
  const JobMaster* const job = Find(update.job_id());
  if (job == nullptr) {
    commands.push_back(RequirementsReply(
        envelope.from(), update.request_id(),
        MakeError(ErrorCode::kNotFound,
                  "there is no job `" + update.job_id() + "` that runs; it may have ended")));
  } else if (const auto checked = job->CheckRequirements(update.requirements()); !checked) {
    commands.push_back(
        RequirementsReply(envelope.from(), update.request_id(), std::unexpected(checked.error())));
  } else {
    commands.push_back(KeepRequirementsCommand{update, envelope.from()});
  }
}

DispatcherCommands Dispatcher::OnRequirementsKept(const KeepRequirementsCommand& kept,
                                                  const Status& status) {
  DispatcherCommands commands;
  JobMaster* const job = Find(kept.update.job_id());
  Status done = status;
  if (done && job == nullptr) done = MakeError(ErrorCode::kNotFound, "the job has just ended");
  if (done) {
    auto requirements = job->CheckRequirements(kept.update.requirements());
    CHECK(requirements.has_value());
    Execute(kept.update.job_id(), job->OnRequirements(*std::move(requirements)), commands);
  }
  commands.push_back(RequirementsReply(kept.client, kept.update.request_id(), done));
  return commands;
}

void Dispatcher::Execute(const std::string& job_id, JobMasterCommands job_commands,
                         DispatcherCommands& commands) {
  bool slots_changed = false;
  const bool ended = std::ranges::any_of(job_commands, [](const JobMasterCommand& command) {
    return std::holds_alternative<JobEndedCommand>(command);
  });
  std::optional<protocol::JobDescription> result;
  if (ended) {
    result = jobs_.at(job_id)->Describe(true);
    KeepResultCommand keep{*result, std::nullopt};
    for (const JobMasterCommand& command : job_commands) {
      const auto* store = std::get_if<StoreCommand>(&command);
      const auto* discard = store == nullptr ? nullptr : std::get_if<DiscardAllCommand>(store);
      if (discard != nullptr) keep.discard = *discard;
    }
    commands.push_back(std::move(keep));
  }
  for (JobMasterCommand& command : job_commands) {
    if (auto* send = std::get_if<SendCommand>(&command)) {
      commands.push_back(std::move(*send));
    } else if (auto* log = std::get_if<LogCommand>(&command)) {
      commands.push_back(std::move(*log));
    } else if (const auto* prepare = std::get_if<PrepareCommand>(&command)) {
      commands.push_back(PrepareJobCommand{job_id, jobs_.at(job_id)->graph(), *prepare});
    } else if (auto* store = std::get_if<StoreCommand>(&command)) {
      commands.push_back(StoreJobCommand{job_id, std::move(*store)});
    } else if (auto* commit = std::get_if<CommitOutputCommand>(&command)) {
      commands.push_back(CommitJobCommand{job_id, std::move(*commit)});
    } else if (auto* restored = std::get_if<CommitRestoredCommand>(&command)) {
      commands.push_back(CommitRestoredJobCommand{job_id, std::move(*restored)});
    } else if (auto* leftovers = std::get_if<RemoveLeftoversCommand>(&command)) {
      commands.push_back(std::move(*leftovers));
    } else if (const auto* request = std::get_if<RequestSlotsCommand>(&command)) {
      resources_.Request(job_id, request->slots, request->least, request->keeps,
                         request->preferred);
      slots_changed = true;
    } else if (std::holds_alternative<ReleaseSlotsCommand>(command)) {
      resources_.Release(job_id);
      slots_changed = true;
    }
  }
  if (ended) {
    Remember(*std::move(result));
    jobs_.erase(job_id);
    commands.push_back(ForgetJobCommand{job_id});
  }
  if (!slots_changed) return;
  GrantSlots(commands);
  JobMaster* job = Find(job_id);
  if (job != nullptr && job->waits_for_slots()) {
    Execute(job_id, job->OnSlotsMissing(resources_.free_slots()), commands);
  }
}

void Dispatcher::GrantSlots(DispatcherCommands& commands) {
  while (auto grant = resources_.NextGrant()) {
    for (AllocatedSlot& slot : grant->slots) {
      slot.data_address = task_managers_[slot.task_manager_id].registration.data_address();
    }
    if (JobMaster* job = Find(grant->job_id)) {
      Execute(grant->job_id, job->OnSlots(grant->slots), commands);
    }
  }
}

DispatcherCommands Dispatcher::OnPrepared(const std::string& job_id, PreparedJob prepared) {
  DispatcherCommands commands;
  if (JobMaster* job = Find(job_id))
    Execute(job_id, job->OnPrepared(std::move(prepared)), commands);
  return commands;
}

DispatcherCommands Dispatcher::OnPrepareFailed(const std::string& job_id, const Error& error) {
  DispatcherCommands commands;
  if (JobMaster* job = Find(job_id)) Execute(job_id, job->OnPrepareFailed(error), commands);
  return commands;
}

DispatcherCommands Dispatcher::OnCommitted(const std::string& job_id, uint64_t checkpoint_id,
                                           const Status& status) {
  DispatcherCommands commands;
  if (JobMaster* job = Find(job_id)) {
    Execute(job_id, job->OnCommitted(checkpoint_id, status), commands);
  }
  return commands;
}

DispatcherCommands Dispatcher::OnRestoreCommitted(const std::string& job_id, const Status& status) {
  DispatcherCommands commands;
  if (JobMaster* job = Find(job_id)) Execute(job_id, job->OnRestoreCommitted(status), commands);
  return commands;
}

DispatcherCommands Dispatcher::OnReserved(const std::string& job_id, uint64_t checkpoint_id,
                                          const Result<std::string>& savepoint_directory) {
  DispatcherCommands commands;
  if (JobMaster* job = Find(job_id)) {
    Execute(job_id,
            savepoint_directory ? job->OnReserved(checkpoint_id, *savepoint_directory)
                                : job->OnReserveFailed(checkpoint_id, savepoint_directory.error()),
            commands);
  }
  return commands;
}

DispatcherCommands Dispatcher::OnCheckpointCommitted(const std::string& job_id,
                                                     uint64_t checkpoint_id,
                                                     const MetadataWrite& write) {
  DispatcherCommands commands;
  if (JobMaster* job = Find(job_id)) {
    Execute(job_id, job->OnCheckpointCommitted(checkpoint_id, write), commands);
  }
  return commands;
}

DispatcherCommands Dispatcher::OnTimer() {
  DispatcherCommands commands;
  WatchTaskManagers(commands);
  for (const std::string& job_id : JobIds()) {
    JobMaster* job = Find(job_id);
    if (job != nullptr && job->adapts()) {
      Execute(job_id, job->OnAvailableSlots(resources_.available_to(job_id)), commands);
      job = Find(job_id);
    }
    if (job != nullptr) Execute(job_id, job->OnTimer(), commands);
  }
  return commands;
}

DispatcherCommands Dispatcher::OnProgressTimer() {
  DispatcherCommands commands;
  for (const std::string& job_id : JobIds()) {
    if (JobMaster* job = Find(job_id)) Execute(job_id, job->OnProgressTimer(), commands);
  }
  return commands;
}

// A job may end while they are gone through.
std::vector<std::string> Dispatcher::JobIds() const {
  std::vector<std::string> ids;
  for (const auto& [job_id, job] : jobs_) ids.push_back(job_id);
  return ids;
}

}  // namespace flinkc
