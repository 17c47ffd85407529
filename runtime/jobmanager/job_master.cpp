#include "runtime/jobmanager/job_master.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

JobMaster::JobMaster(std::string job_id, JobGraph graph, std::string job_graph_bytes,
                     std::string client)
    : job_id_(std::move(job_id)),
      graph_(std::move(graph)),
      job_graph_bytes_(std::move(job_graph_bytes)),
      client_(std::move(client)),
      execution_(graph_) {}

JobMasterCommands JobMaster::Start() { return {PrepareCommand{}}; }

JobMasterCommands JobMaster::OnPrepared(PreparedJob prepared) {
  JobMasterCommands commands;
  if (state_ != JobState::kInitializing) return commands;
  prepared_ = std::move(prepared.sources);
  for (const auto& [vertex, source] : prepared_) {
    for (const Split& split : source.splits) total_bytes_ += split.size_bytes;
  }
  TransitionTo(JobState::kCreated, commands);
  commands.push_back(RequestSlotsCommand{execution_.required_slots()});
  return commands;
}

JobMasterCommands JobMaster::OnPrepareFailed(const Error& error) {
  JobMasterCommands commands;
  if (state_ != JobState::kInitializing) return commands;
  error_ = error;
  End(JobState::kFailed, commands);
  return commands;
}

JobMasterCommands JobMaster::OnSlotsMissing(uint32_t free_slots) {
  JobMasterCommands commands;
  waiting_for_ = fmt::format(
      "the job needs {} slots, {} are free; start more TaskManagers or lower the parallelism",
      execution_.required_slots(), free_slots);
  SendUpdate(commands);
  return commands;
}

JobMasterCommands JobMaster::OnSlots(const std::vector<AllocatedSlot>& slots) {
  JobMasterCommands commands;
  if (state_ != JobState::kCreated) {
    commands.push_back(ReleaseSlotsCommand{});
    return commands;
  }
  CHECK(slots.size() == execution_.required_slots());
  waiting_for_.clear();
  Deploy(slots, commands);
  TransitionTo(JobState::kRunning, commands);
  AssignInitialSplits(commands);
  return commands;
}

void JobMaster::Deploy(const std::vector<AllocatedSlot>& slots, JobMasterCommands& commands) {
  protocol::Envelope envelope;
  protocol::DeployTasks& deploy = *envelope.mutable_deploy_tasks();
  deploy.set_job_id(job_id_);
  deploy.set_job_graph(job_graph_bytes_);
  size_t next = 0;
  for (const ExecutionGraph::GroupSlots& group : execution_.groups()) {
    for (uint32_t index = 0; index < group.count; ++index) {
      const AllocatedSlot& slot = slots[next++];
      execution_.Place(group.group, index, slot.task_manager_id);
      protocol::SlotAssignment& assignment = *deploy.add_slots();
      assignment.set_slot_sharing_group(group.group);
      assignment.set_index(index);
      assignment.set_task_manager_id(slot.task_manager_id);
      assignment.set_slot(slot.slot);
    }
  }
  deployed_ = true;
  SendToAllTaskManagers(envelope, commands);
}

void JobMaster::AssignInitialSplits(JobMasterCommands& commands) {
  for (auto& [vertex, source] : prepared_) {
    SourceState& state = sources_[vertex];
    const uint32_t parallelism = graph_.vertices[vertex].parallelism;
    if (!source.assigns_all_at_start) {
      // Handed out one by one, the first split first, as the readers ask.
      std::ranges::reverse(source.splits);
      state.unassigned = std::move(source.splits);
      continue;
    }
    for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
      std::vector<Split> splits;
      for (size_t i = subtask; i < source.splits.size(); i += parallelism) {
        splits.push_back(source.splits[i]);
      }
      if (!splits.empty()) Assign(vertex, subtask, std::move(splits), commands);
    }
    TellNoMoreSplits(vertex, commands);
  }
  prepared_.clear();
}

JobMasterCommands JobMaster::OnRequestSplit(const protocol::RequestSplit& request) {
  JobMasterCommands commands;
  const uint32_t vertex = request.task().vertex();
  const auto source = sources_.find(vertex);
  if (state_ != JobState::kRunning || source == sources_.end() ||
      !execution_.Contains(vertex, request.task().subtask())) {
    return commands;
  }
  std::vector<Split>& unassigned = source->second.unassigned;
  if (!unassigned.empty()) {
    std::vector<Split> splits{std::move(unassigned.back())};
    unassigned.pop_back();
    Assign(vertex, request.task().subtask(), std::move(splits), commands);
  }
  // Said as soon as it is so: splits that nobody has hold the watermark back.
  if (unassigned.empty()) TellNoMoreSplits(vertex, commands);
  return commands;
}

void JobMaster::Assign(uint32_t vertex, uint32_t subtask, std::vector<Split> splits,
                       JobMasterCommands& commands) {
  protocol::Envelope envelope = ToTaskManager(execution_.TaskManagerOf(vertex, subtask));
  protocol::AssignSplits& assign = *envelope.mutable_assign_splits();
  assign.mutable_task()->set_job_id(job_id_);
  assign.mutable_task()->set_vertex(vertex);
  assign.mutable_task()->set_subtask(subtask);
  for (Split& split : splits) {
    protocol::Split& proto = *assign.add_splits();
    proto.set_id(std::move(split.id));
    proto.set_payload(std::move(split.payload));
    proto.set_size_bytes(split.size_bytes);
  }
  commands.push_back(SendCommand{std::move(envelope)});
}

void JobMaster::TellNoMoreSplits(uint32_t vertex, JobMasterCommands& commands) {
  SourceState& state = sources_[vertex];
  if (std::exchange(state.told_no_more, true)) return;
  for (uint32_t subtask = 0; subtask < graph_.vertices[vertex].parallelism; ++subtask) {
    protocol::Envelope envelope = ToTaskManager(execution_.TaskManagerOf(vertex, subtask));
    protocol::TaskId& task = *envelope.mutable_no_more_splits()->mutable_task();
    task.set_job_id(job_id_);
    task.set_vertex(vertex);
    task.set_subtask(subtask);
    commands.push_back(SendCommand{std::move(envelope)});
  }
}

JobMasterCommands JobMaster::OnTaskState(const protocol::TaskStateUpdate& update) {
  JobMasterCommands commands;
  const uint32_t vertex = update.task().vertex();
  const uint32_t subtask = update.task().subtask();
  if (!execution_.Contains(vertex, subtask) ||
      update.state() > static_cast<uint32_t>(TaskState::kCanceled)) {
    return commands;
  }
  const auto state = static_cast<TaskState>(update.state());
  if (!execution_.SetState(vertex, subtask, state)) return commands;
  if (state == TaskState::kFailed) {
    Fail(update.has_error() ? FromProto(update.error())
                            : Error{ErrorCode::kInternal, "a task failed without a reason"},
         commands);
  }
  EndIfAllTerminal(commands);
  return commands;
}

void JobMaster::Fail(const Error& error, JobMasterCommands& commands) {
  // The first failure is the cause, those after it follow from it.
  if (state_ != JobState::kRunning) return;
  error_ = error;
  TransitionTo(JobState::kFailing, commands);
  protocol::Envelope envelope;
  envelope.mutable_cancel_tasks()->set_job_id(job_id_);
  SendToAllTaskManagers(envelope, commands);
}

JobMasterCommands JobMaster::OnCancel() {
  JobMasterCommands commands;
  if (state_ == JobState::kInitializing || state_ == JobState::kCreated) {
    End(JobState::kCanceled, commands);
  } else if (state_ == JobState::kRunning && !commit_sent_) {
    TransitionTo(JobState::kCancelling, commands);
    protocol::Envelope envelope;
    envelope.mutable_cancel_tasks()->set_job_id(job_id_);
    SendToAllTaskManagers(envelope, commands);
  }
  return commands;
}

JobMasterCommands JobMaster::OnTaskManagerLost(const std::string& task_manager_id) {
  JobMasterCommands commands;
  if (!execution_.LoseTaskManager(task_manager_id)) return commands;
  Fail({ErrorCode::kUnavailable,
        fmt::format("the TaskManager `{}` was lost, and with it what it ran", task_manager_id)},
       commands);
  EndIfAllTerminal(commands);
  return commands;
}

void JobMaster::EndIfAllTerminal(JobMasterCommands& commands) {
  if (!execution_.AllTerminal()) return;
  if (state_ == JobState::kFailing) {
    End(JobState::kFailed, commands);
  } else if (state_ == JobState::kCancelling) {
    End(JobState::kCanceled, commands);
  } else if (state_ == JobState::kRunning && execution_.AllFinished() && !commit_sent_) {
    // Every row has left; now the output becomes visible, all of it.
    commit_sent_ = true;
    committing_ = execution_.TaskManagers();
    protocol::Envelope envelope;
    envelope.mutable_commit_tasks()->set_job_id(job_id_);
    SendToAllTaskManagers(envelope, commands);
  }
}

JobMasterCommands JobMaster::OnTasksCommitted(const protocol::TasksCommitted& committed) {
  JobMasterCommands commands;
  if (!commit_sent_ || IsTerminal(state_)) return commands;
  if (committed.has_error() && !error_.has_value()) error_ = FromProto(committed.error());
  committing_.erase(committed.task_manager_id());
  if (committing_.empty()) {
    End(error_.has_value() ? JobState::kFailed : JobState::kFinished, commands);
  }
  return commands;
}

JobMasterCommands JobMaster::OnProgress(const protocol::TaskProgress& progress) {
  if (!execution_.Contains(progress.task().vertex(), progress.task().subtask())) return {};
  progress_[{progress.task().vertex(), progress.task().subtask()}] = progress;
  return {};
}

JobMasterCommands JobMaster::OnProgressTimer() {
  JobMasterCommands commands;
  if (state_ == JobState::kRunning) SendUpdate(commands);
  return commands;
}

void JobMaster::TransitionTo(JobState state, JobMasterCommands& commands) {
  state_ = state;
  SendUpdate(commands);
}

void JobMaster::End(JobState state, JobMasterCommands& commands) {
  waiting_for_.clear();
  if (deployed_) {
    protocol::Envelope envelope;
    envelope.mutable_release_job()->set_job_id(job_id_);
    SendToAllTaskManagers(envelope, commands);
  }
  commands.push_back(ReleaseSlotsCommand{});
  TransitionTo(state, commands);
  commands.push_back(JobEndedCommand{});
}

protocol::Envelope JobMaster::ToTaskManager(const std::string& task_manager_id) const {
  protocol::Envelope envelope;
  envelope.set_to("taskmanager/" + task_manager_id);
  return envelope;
}

protocol::Envelope JobMaster::ToClient() const {
  protocol::Envelope envelope;
  envelope.set_to(client_);
  return envelope;
}

void JobMaster::SendToAllTaskManagers(const protocol::Envelope& message,
                                      JobMasterCommands& commands) const {
  for (const std::string& id : execution_.TaskManagers()) {
    protocol::Envelope envelope = message;
    envelope.set_to("taskmanager/" + id);
    commands.push_back(SendCommand{std::move(envelope)});
  }
}

void JobMaster::SendUpdate(JobMasterCommands& commands) const {
  protocol::Envelope envelope = ToClient();
  protocol::JobUpdate& update = *envelope.mutable_job_update();
  update.set_job_id(job_id_);
  update.set_state(static_cast<uint32_t>(state_));
  update.set_waiting_for(waiting_for_);
  update.set_total_bytes(total_bytes_);
  update.set_failed_before_running(!deployed_);
  if (error_.has_value()) *update.mutable_error() = ToProto(*error_);
  for (const auto& [id, task] : progress_) *update.add_tasks() = task;
  commands.push_back(SendCommand{std::move(envelope)});
}

}  // namespace flinkc
