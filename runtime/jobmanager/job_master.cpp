#include "runtime/jobmanager/job_master.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/abi/hash.h"
#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/split_proto.h"

namespace flinkc {

namespace {

// How often tasks are told again how the savepoint that stops them has ended.
constexpr int64_t kStopToldMicros = 1'000'000;

// What a new start would only meet again: the same state, the same rows, the same memory.
bool IsBeyondRestart(const Error& error) {
  return error.code == ErrorCode::kStateIncompatible || error.code == ErrorCode::kMemoryLimit;
}

}  // namespace

Result<std::unique_ptr<JobMaster>> JobMaster::Make(std::string job_id, JobGraph graph,
                                                   std::string job_graph_bytes, std::string client,
                                                   JobMasterEnvironment environment) {
  ASSIGN_OR_RETURN(CheckpointOptions checkpoints, CheckpointOptions::Parse(graph.config));
  ASSIGN_OR_RETURN(const RestartOptions restarts,
                   RestartOptions::Parse(graph.config, checkpoints.interval_micros != 0));
  ASSIGN_OR_RETURN(const SchedulerOptions scheduler, SchedulerOptions::Parse(graph.config));
  ASSIGN_OR_RETURN(const ClientHeartbeatOptions client_heartbeat,
                   ClientHeartbeatOptions::Parse(graph.config));
  return std::unique_ptr<JobMaster>(new JobMaster(
      std::move(job_id), std::move(graph), std::move(job_graph_bytes), std::move(client),
      std::move(environment), std::move(checkpoints), restarts, scheduler, client_heartbeat));
}

JobMaster::JobMaster(std::string job_id, JobGraph graph, std::string job_graph_bytes,
                     std::string client, JobMasterEnvironment environment,
                     CheckpointOptions checkpoints, const RestartOptions& restarts,
                     const SchedulerOptions& scheduler,
                     const ClientHeartbeatOptions& client_heartbeat)
    : job_id_(std::move(job_id)),
      graph_hash_(HashOfGraph(job_graph_bytes)),
      client_(std::move(client)),
      environment_(std::move(environment)),
      submitted_(std::make_shared<const JobGraph>(std::move(graph))),
      scheduler_(scheduler),
      client_heartbeat_(client_heartbeat),
      graph_(submitted_),
      job_graph_bytes_(std::move(job_graph_bytes)),
      requirements_(*submitted_, scheduler.adaptive),
      adapts_(scheduler.adaptive),
      rescales_(job_id_),
      execution_(*graph_),
      coordinator_(job_id_, *graph_, std::move(checkpoints), graph_->spec),
      restart_(restarts, environment_.random),
      regions_(PipelinedRegions::Whole(*graph_)),
      region_attempts_{0} {
  record_.OnState(state_, environment_.now().wall_millis);
}

uint64_t JobMaster::HashOfGraph(const std::string& bytes) {
  return HashBytes(bytes.data(), static_cast<uint32_t>(bytes.size()));
}

JobMasterCommands JobMaster::Start() {
  WatchClient();
  NoteRescale(RescaleCause::kInitialSchedule);
  return {PrepareCommand{}};
}

JobMasterCommands JobMaster::TakeOver(int64_t submitted_at_millis) {
  WatchClient();
  record_.OnSubmitted(submitted_at_millis);
  NoteRescale(RescaleCause::kInitialSchedule);
  taken_over_ = true;
  PrepareCommand prepare;
  prepare.taken_over = true;
  return {prepare};
}

// The splits of what was prepared: found by the enumerators, or those that the checkpoint has.
void JobMaster::FindSplits() {
  int64_t total = 0;
  for (auto& [vertex, source] : prepared_.sources) {
    sources_[vertex] = {};
    if (prepared_.restored.has_value()) {
      source.splits.clear();
      for (const proto::VertexSnapshot& stored : prepared_.restored->vertices()) {
        if (stored.source() != graph_->vertices[vertex].source->name) continue;
        for (const proto::SubtaskSnapshot& subtask : stored.subtasks()) {
          for (const proto::SplitState& split : subtask.splits()) {
            source.splits.push_back(ToSplit(split));
          }
        }
        for (const proto::SplitState& split : stored.unassigned_splits()) {
          source.splits.push_back(ToSplit(split));
        }
      }
      std::ranges::sort(source.splits, {}, &Split::id);
    }
    for (const Split& split : source.splits) total += split.size_bytes;
  }
  if (attempt_ == 0) total_bytes_ = total;
}

JobMasterCommands JobMaster::OnSlotsMissing(uint32_t free_slots) {
  JobMasterCommands commands;
  if (!waits_since_micros_) waits_since_micros_ = environment_.now().monotonic_micros;
  const uint32_t least = adapts_ ? requirements_.least_slots() : execution_.required_slots();
  if (is_partly_failed()) {
    waiting_for_ = fmt::format(
        "a part of the job needs {} slots to go on, {} are free; start more TaskManagers",
        lost_slots_.size(), free_slots);
  } else if (free_slots < least || !adapts_) {
    waiting_for_ = fmt::format(
        "the job needs {} slots, {} are free; start more TaskManagers or lower the parallelism",
        least, free_slots);
  } else {
    waiting_for_ = fmt::format("the job could start with {} slots, and waits for all of {}",
                               free_slots, requirements_.most_slots());
  }
  SendUpdate(commands);
  return commands;
}

JobMasterCommands JobMaster::OnSlots(const std::vector<AllocatedSlot>& slots) {
  JobMasterCommands commands;
  if (is_partly_failed()) return OnMoreSlots(slots);
  if (state_ != JobState::kCreated) {
    // While tasks run they come too late for a part of them, and are given back with the others.
    if (IsTerminal(state_)) commands.push_back(ReleaseSlotsCommand{});
    return commands;
  }
  waits_since_micros_.reset();
  waiting_for_.clear();
  slots_ = InFormerOrder(slots);
  lost_slots_.clear();
  if (adapts_) {
    const auto parallelisms = requirements_.Fit(static_cast<uint32_t>(slots.size()));
    CHECK(parallelisms.has_value());
    TakeParallelisms(*parallelisms);
  }
  Deploy(commands);
  return commands;
}

void JobMaster::Deploy(JobMasterCommands& commands) {
  std::set<uint32_t> handed_out;
  for (const auto& [vertex, source] : prepared_.sources) {
    if (!source.assigns_all_at_start) handed_out.insert(vertex);
  }
  regions_ = adapts_ || !scheduler_.restarts_regions ? PipelinedRegions::Whole(*graph_)
                                                     : PipelinedRegions::Find(*graph_, handed_out);
  region_attempts_.assign(regions_.count(), attempt_);
  whole_attempt_ = attempt_;
  execution_ = ExecutionGraph(*graph_);
  record_.OnDeployed();
  CHECK(execution_.required_slots() <= slots_.size());
  last_snapshots_.clear();
  alignment_ = SourceAlignment(*graph_);
  checkpoints_started_ = false;
  newest_of_attempt_ = 0;
  stop_.reset();
  rescale_.reset();
  better_since_micros_.reset();
  deployed_at_micros_ = environment_.now().monotonic_micros;
  deployed_ = true;
  DeployRegions(regions_.All(), commands);
}

void JobMaster::DeployRegions(const std::set<uint32_t>& regions, JobMasterCommands& commands) {
  protocol::Envelope envelope;
  protocol::DeployTasks& deploy = *envelope.mutable_deploy_tasks();
  deploy.set_job_id(job_id_);
  deploy.set_attempt(attempt_);
  deploy.set_job_graph(job_graph_bytes_);
  deploy.set_checkpoint_directory(prepared_.checkpoint_directory);
  deploy.set_resumed(prepared_.restored.has_value());
  // Channels of two deployments that share a connection are not to be taken for each other.
  const uint64_t job_hash = HashBytes(job_id_.data(), static_cast<uint32_t>(job_id_.size()));
  deploy.set_channel_base(static_cast<uint32_t>(
      CombineHash(CombineHash(job_hash, attempt_), environment_.leader_epoch)));
  Place(&deploy);
  ReleaseFormerTaskManagers(commands);
  RestoresByTaskManager restores;
  if (prepared_.restored.has_value()) restores = AddRestore(regions, &deploy);
  for (const protocol::TaskId& task : deploy.finished()) {
    execution_.SetState(task.vertex(), task.subtask(), TaskState::kFinished);
    alignment_.OnFinished(task.vertex(), task.subtask());
    last_snapshots_[{task.vertex(), task.subtask()}].set_finished(true);
  }
  for (const auto& [id, there] : TaskManagersOf(regions)) {
    protocol::Envelope told = envelope;
    told.set_to("taskmanager/" + id);
    for (auto& [vertex, restore] : restores[id]) {
      *told.mutable_deploy_tasks()->add_restore() = std::move(restore);
    }
    if (regions_.count() > 1) {
      for (const uint32_t region : there) {
        regions_.Describe(region, told.mutable_deploy_tasks()->add_regions());
      }
    }
    commands.push_back(SendCommand{std::move(told)});
  }
  TransitionTo(JobState::kRunning, commands);
  AssignInitialSplits(regions, commands);
  EndIfAllTerminal(commands);
}

// Each slot sharing group takes its slots one after the other.
void JobMaster::Place(protocol::DeployTasks* deploy) {
  std::map<std::string, protocol::TaskPlacement> placements;  // by TaskManager
  size_t next = 0;
  for (const ExecutionGraph::GroupSlots& group : execution_.groups()) {
    const auto number = static_cast<uint32_t>(deploy->slot_sharing_groups_size());
    deploy->add_slot_sharing_groups(group.group);
    for (uint32_t index = 0; index < group.count; ++index) {
      const AllocatedSlot& slot = slots_[next++];
      execution_.Place(group.group, index, slot.task_manager_id);
      protocol::TaskPlacement& placement = placements[slot.task_manager_id];
      placement.set_data_address(slot.data_address);
      if (placement.groups().empty() || placement.groups().rbegin()->group() != number) {
        placement.add_groups()->set_group(number);
      }
      protocol::TaskPlacement::Group& placed = *placement.mutable_groups()->rbegin();
      placed.add_indexes(index);
      placed.add_slots(slot.slot);
    }
  }
  for (auto& [id, placement] : placements) {
    placement.set_task_manager_id(id);
    *deploy->add_placements() = std::move(placement);
  }
}

// A part that starts again must get what it had, since the others keep theirs: where the checkpoint
// was taken at this parallelism, each subtask has its own.
std::vector<std::vector<Split>> JobMaster::Deal(uint32_t vertex, std::vector<Split> splits) const {
  const uint32_t parallelism = graph_->vertices[vertex].parallelism;
  std::vector<std::vector<Split>> dealt(parallelism);
  if (prepared_.restored.has_value()) {
    for (const proto::VertexSnapshot& stored : prepared_.restored->vertices()) {
      if (stored.source() != graph_->vertices[vertex].source->name ||
          stored.parallelism() != parallelism || !stored.unassigned_splits().empty()) {
        continue;
      }
      for (uint32_t subtask = 0; subtask < parallelism; ++subtask) {
        for (const proto::SplitState& split : stored.subtasks(static_cast<int>(subtask)).splits()) {
          dealt[subtask].push_back(ToSplit(split));
        }
      }
      return dealt;
    }
  }
  for (size_t i = 0; i < splits.size(); ++i) {
    dealt[i % parallelism].push_back(std::move(splits[i]));
  }
  return dealt;
}

void JobMaster::AssignInitialSplits(const std::set<uint32_t>& regions,
                                    JobMasterCommands& commands) {
  for (auto& [vertex, source] : prepared_.sources) {
    if (!source.assigns_all_at_start) {
      // Handed out one by one, the first split first, as the readers ask.
      std::ranges::reverse(source.splits);
      sources_[vertex].unassigned = std::move(source.splits);
      continue;
    }
    std::vector<std::vector<Split>> dealt = Deal(vertex, std::move(source.splits));
    for (uint32_t subtask = 0; subtask < dealt.size(); ++subtask) {
      if (dealt[subtask].empty() || !regions.contains(regions_.Of(vertex, subtask))) continue;
      Assign(vertex, subtask, std::move(dealt[subtask]), commands);
    }
    TellNoMoreSplits(vertex, regions, commands);
  }
}

JobMasterCommands JobMaster::OnRequestSplit(const protocol::RequestSplit& request) {
  JobMasterCommands commands;
  const uint32_t vertex = request.task().vertex();
  const auto source = sources_.find(vertex);
  if (source == sources_.end() || !IsRunning(request.task())) return commands;
  std::vector<Split>& unassigned = source->second.unassigned;
  if (!unassigned.empty()) {
    std::vector<Split> splits{std::move(unassigned.back())};
    unassigned.pop_back();
    Assign(vertex, request.task().subtask(), std::move(splits), commands);
  }
  // Said as soon as it is so: splits that nobody has hold the watermark back.
  if (unassigned.empty()) TellNoMoreSplits(vertex, {RegionOf(request.task())}, commands);
  return commands;
}

void JobMaster::Assign(uint32_t vertex, uint32_t subtask, std::vector<Split> splits,
                       JobMasterCommands& commands) {
  protocol::Envelope envelope = ToTaskManager(execution_.TaskManagerOf(vertex, subtask));
  protocol::AssignSplits& assign = *envelope.mutable_assign_splits();
  *assign.mutable_task() = MakeTaskId(vertex, subtask);
  for (Split& split : splits) {
    protocol::Split& proto = *assign.add_splits();
    proto.set_id(std::move(split.id));
    proto.set_payload(std::move(split.payload));
    proto.set_size_bytes(split.size_bytes);
    proto.set_position(std::move(split.position));
    proto.set_max_event_time(split.max_event_time);
  }
  commands.push_back(SendCommand{std::move(envelope)});
}

void JobMaster::TellNoMoreSplits(uint32_t vertex, const std::set<uint32_t>& regions,
                                 JobMasterCommands& commands) {
  SourceState& state = sources_[vertex];
  if (std::exchange(state.told_no_more, true)) return;
  for (uint32_t subtask = 0; subtask < graph_->vertices[vertex].parallelism; ++subtask) {
    if (!regions.contains(regions_.Of(vertex, subtask))) continue;
    protocol::Envelope envelope = ToTaskManager(execution_.TaskManagerOf(vertex, subtask));
    *envelope.mutable_no_more_splits()->mutable_task() = MakeTaskId(vertex, subtask);
    commands.push_back(SendCommand{std::move(envelope)});
  }
}

// The next one first.
UnassignedSplits JobMaster::Unassigned() const {
  UnassignedSplits unassigned;
  for (const auto& [vertex, source] : sources_) {
    std::vector<proto::SplitState>& splits = unassigned[vertex];
    for (auto split = source.unassigned.rbegin(); split != source.unassigned.rend(); ++split) {
      splits.push_back(ToProto(*split));
    }
  }
  return unassigned;
}

JobMasterCommands JobMaster::OnTaskState(const protocol::TaskStateUpdate& update) {
  JobMasterCommands commands;
  const uint32_t vertex = update.task().vertex();
  const uint32_t subtask = update.task().subtask();
  if (!IsCurrent(update.task()) || update.state() > static_cast<uint32_t>(TaskState::kCanceled)) {
    return commands;
  }
  const auto state = static_cast<TaskState>(update.state());
  // All have finished, and what they have sealed is on the disk.
  if (committing_ && state == TaskState::kFailed) return commands;
  if (!execution_.SetState(vertex, subtask, state)) return commands;
  record_.OnTaskState(vertex, subtask, state, environment_.now().wall_millis);
  if (update.has_progress()) OnProgress(update.progress());
  const uint32_t region = regions_.Of(vertex, subtask);
  // What it still says is of no use to the next attempt.
  if (failed_regions_.contains(region)) return commands;
  if (state == TaskState::kRunning) OnAllStarted(commands);
  if (state == TaskState::kFinished) {
    alignment_.OnFinished(vertex, subtask);
    proto::SubtaskSnapshot& last = last_snapshots_[{vertex, subtask}];
    if (!last.ParseFromString(update.last_snapshot())) {
      FailRegions({region}, {ErrorCode::kInternal, "a task's last snapshot cannot be read"},
                  &update.task(), commands);
    } else if (checkpoints_started_) {
      Execute(coordinator_.OnSubtaskFinished(whole_attempt_, {vertex, subtask}, last,
                                             update.last_checkpoint(), environment_.now()),
              commands);
    }
  }
  if (state == TaskState::kFailed) {
    const Error error = update.has_error()
                            ? FromProto(update.error())
                            : Error{ErrorCode::kInternal, "a task failed without a reason"};
    const bool damaged = update.checkpoint_damaged() && prepared_.restored.has_value();
    damaged ? GoBack(error, commands) : FailRegions({region}, error, &update.task(), commands);
  }
  EndIfAllTerminal(commands);
  return commands;
}

JobMasterCommands JobMaster::OnTaskManagerLost(const std::string& task_manager_id,
                                               const std::string& reason) {
  JobMasterCommands commands;
  // What is sealed is on the disk.
  if (committing_) return commands;
  const size_t lost_before = lost_slots_.size();
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].task_manager_id == task_manager_id) lost_slots_.insert(i);
  }
  std::set<uint32_t> regions;
  for (const SubtaskIndex& index : execution_.LoseTaskManager(task_manager_id)) {
    regions.insert(regions_.Of(index.vertex, index.subtask));
  }
  FailRegions(std::move(regions),
              {ErrorCode::kUnavailable,
               fmt::format("the TaskManager `{}` was lost, and with it what it ran{}{}",
                           task_manager_id, reason.empty() ? "" : ": ", reason)},
              nullptr, commands);
  // Slots that were given to a part, before it could use them.
  if (part_is_prepared_ && lost_slots_.size() > lost_before) RequestLostSlots(commands);
  EndIfAllTerminal(commands);
  return commands;
}

void JobMaster::RecordFailure(const Error& error, const protocol::TaskId* task) {
  const int64_t now = environment_.now().wall_millis;
  if (task == nullptr) return record_.OnFailure(error, "", "", now);
  const JobVertex& vertex = graph_->vertices[task->vertex()];
  record_.OnFailure(error,
                    fmt::format("{} ({}/{})", vertex.name, task->subtask() + 1, vertex.parallelism),
                    execution_.TaskManagerOf(task->vertex(), task->subtask()), now);
}

void JobMaster::Fail(const Error& error, JobMasterCommands& commands) {
  FailRegions(regions_.All(), error, nullptr, commands);
}

void JobMaster::FailRegions(std::set<uint32_t> regions, const Error& error,
                            const protocol::TaskId* task, JobMasterCommands& commands) {
  // The first failure is the cause, those after it follow from it.
  for (const uint32_t region : failed_regions_) regions.erase(region);
  if (!is_active() || regions.empty()) return;
  error_ = error;
  RecordFailure(error, task);
  const CheckpointTime now = environment_.now();
  // What the savepoint of a stop lists is committed: an older checkpoint would write it again.
  const bool stopped = checkpoints_started_ && coordinator_.stopped();
  keeps_checkpoints_ = stopped || IsBeyondRestart(error);
  const bool alone = MayRestartAlone(regions);
  std::optional<int64_t> delay;
  if (!keeps_checkpoints_) {
    // It is part of the same failure while others wait for their start.
    const bool joins = alone && is_partly_failed();
    delay = joins ? std::optional<int64_t>(0) : restart_.OnFailure(now.monotonic_micros);
  }
  if (alone && delay.has_value()) return RestartRegions(regions, *delay, commands);
  if (checkpoints_started_) Execute(coordinator_.OnAttemptEnded(now), commands);
  if (delay.has_value()) {
    NoteRescale(RescaleCause::kRecoverableFailover);
    commands.push_back(LogCommand{fmt::format("the job has failed and starts again in {} ms: {}",
                                              *delay / 1000, error.message)});
  }
  EndAttempt(delay, commands);
}

void JobMaster::EndAttempt(std::optional<int64_t> restart_in_micros, JobMasterCommands& commands) {
  rescale_.reset();
  failed_regions_.clear();
  part_is_prepared_ = false;
  waits_since_micros_.reset();
  waiting_for_.clear();
  restart_at_micros_.reset();
  if (restart_in_micros.has_value()) {
    restart_at_micros_ = environment_.now().monotonic_micros + *restart_in_micros;
  }
  TransitionTo(restart_in_micros.has_value() ? JobState::kRestarting : JobState::kFailing,
               commands);
  CancelTasks(commands);
}

void JobMaster::CancelTasks(JobMasterCommands& commands) {
  protocol::Envelope envelope;
  envelope.mutable_cancel_tasks()->set_job_id(job_id_);
  SendToAllTaskManagers(envelope, commands);
}

JobMasterCommands JobMaster::OnCancel() {
  JobMasterCommands commands;
  if (state_ == JobState::kInitializing || state_ == JobState::kCreated) {
    End(JobState::kCanceled, commands);
  } else if ((state_ == JobState::kRunning && !committing_) || state_ == JobState::kRestarting) {
    if (checkpoints_started_ && is_active()) {
      Execute(coordinator_.OnAttemptEnded(environment_.now()), commands);
    }
    restart_at_micros_.reset();
    failed_regions_.clear();
    part_is_prepared_ = false;
    waiting_for_.clear();
    TransitionTo(JobState::kCancelling, commands);
    CancelTasks(commands);
    EndIfAllTerminal(commands);
  }
  return commands;
}

void JobMaster::WatchClient() {
  timer_micros_ = environment_.now().monotonic_micros;
  if (!client_heartbeat_.is_watched()) return;
  client_expires_micros_ = timer_micros_ + client_heartbeat_.timeout_micros;
}

void JobMaster::OnClientHeartbeat(int64_t expired_timestamp) {
  if (!client_expires_micros_) return;
  // What the clock on the wall does from here on does not matter.
  constexpr int64_t kMillisMax = int64_t{365} * 24 * 3'600'000;
  const CheckpointTime now = environment_.now();
  const int64_t left =
      std::clamp<int64_t>(expired_timestamp, now.wall_millis, now.wall_millis + kMillisMax) -
      now.wall_millis;
  client_expires_micros_ = now.monotonic_micros + left * 1000;
}

JobMasterCommands JobMaster::OnTimer() {
  JobMasterCommands commands;
  const CheckpointTime now = environment_.now();
  // While we stood still nobody was heard.
  const int64_t away = now.monotonic_micros - std::exchange(timer_micros_, now.monotonic_micros);
  if (client_expires_micros_ && away > client_heartbeat_.interval_micros) {
    *client_expires_micros_ += away;
  }
  if (client_expires_micros_ && now.monotonic_micros >= *client_expires_micros_) {
    client_expires_micros_.reset();
    commands = OnCancel();
    commands.insert(
        commands.begin(),
        LogCommand{fmt::format("job `{}`: its client is gone, and was to take it along "
                               "({}): it is cancelled",
                               graph_->name, ClientHeartbeatOptions::kShutdownOnAttachedExit)});
    return commands;
  }
  const std::optional<int64_t> wait_max = SlotWaitMax();
  if (waits_for_slots() && waits_since_micros_ && wait_max &&
      now.monotonic_micros - *waits_since_micros_ >= *wait_max) {
    error_ = Error{ErrorCode::kUnavailable,
                   fmt::format("{}; it has waited for {} s", waiting_for_, *wait_max / 1'000'000)};
    record_.OnFailure(*error_, "", "", now.wall_millis);
    keeps_checkpoints_ = true;
    if (is_partly_failed()) {
      if (checkpoints_started_) Execute(coordinator_.OnAttemptEnded(now), commands);
      EndAttempt(std::nullopt, commands);
      EndIfAllTerminal(commands);
    } else {
      End(JobState::kFailed, commands);
    }
    return commands;
  }
  if (is_active()) TellLimits(commands);
  if (is_active() && checkpoints_started_) {
    Execute(coordinator_.OnTimer(now), commands);
    // A source that is to stop reads nothing until it has heard what became of it.
    if (is_active() && stop_ && stop_->told_micros &&
        now.monotonic_micros - *stop_->told_micros >= kStopToldMicros) {
      TellCheckpointEnded(stop_->checkpoint_id, stop_->complete, commands);
    }
  }
  if (state_ != JobState::kRestarting || !restart_at_micros_ ||
      now.monotonic_micros < *restart_at_micros_ || coordinator_.commits_under_way() ||
      preparing_) {
    return commands;
  }
  if (is_partly_failed()) {
    if (RegionsEnded()) PrepareRegions(commands);
  } else if (AllTasksEnded()) {
    restart_at_micros_.reset();
    preparing_ = true;
    protocol::Envelope envelope;
    envelope.mutable_release_tasks()->set_job_id(job_id_);
    SendToAllTaskManagers(envelope, commands);
    commands.push_back(PrepareCommand{true, taken_over_, newest_complete_,
                                      std::exchange(damaged_, {}), SealedForLater()});
  }
  return commands;
}

void JobMaster::EndIfAllTerminal(JobMasterCommands& commands) {
  if (!AllTasksEnded() || coordinator_.commits_under_way() || preparing_) return;
  if (state_ == JobState::kFailing) {
    End(JobState::kFailed, commands);
  } else if (state_ == JobState::kCancelling) {
    End(JobState::kCanceled, commands);
  } else if (state_ == JobState::kRunning && execution_.AllFinished() && !committing_) {
    // With checkpoints, the coordinator says when.
    restore_pending_ || takes_checkpoints() ? OnAllStarted(commands) : CommitLast(commands);
  }
}

// Every row has left; now the output becomes visible, all of it.
void JobMaster::CommitLast(JobMasterCommands& commands) {
  committing_ = true;
  if (takes_checkpoints()) FLINKC_FAILPOINT("final.durable");
  CommitOutputCommand commit{graph_, {}, 0, IsEndListed()};
  for (const auto& [task, last] : last_snapshots_) {
    commit.sealed.insert(commit.sealed.end(), last.sealed().begin(), last.sealed().end());
  }
  commands.push_back(std::move(commit));
}

JobMasterCommands JobMaster::OnCommitted(uint64_t checkpoint_id, const Status& status) {
  JobMasterCommands commands;
  if (IsTerminal(state_)) return commands;
  if (checkpoint_id != 0) {
    status ? TellCheckpointEnded(checkpoint_id, true, commands)
           : FailToCommit(status.error(), commands);
    return commands;
  }
  if (!committing_) return commands;
  if (!status && IsEndListed() && !coordinator_.stopped()) {
    FailToCommit(status.error(), commands);
    return commands;
  }
  // A savepoint that the job was stopped with lists it, to be committed by who goes on from there.
  keeps_checkpoints_ |= coordinator_.stopped();
  if (!status) error_ = status.error();
  End(status ? JobState::kFinished : JobState::kFailed, commands);
  return commands;
}

// In the last checkpoint, or the savepoint that it was stopped with.
bool JobMaster::IsEndListed() const {
  const CheckpointOptions& options = checkpoint_options();
  return takes_checkpoints() &&
         (coordinator_.stopped() || (options.interval_micros != 0 && options.after_tasks_finish));
}

// What the checkpoint lists is committed when the job goes on from it.
void JobMaster::FailToCommit(const Error& error, JobMasterCommands& commands) {
  if (!is_active()) return;
  committing_ = false;
  Fail(error, commands);
  if (state_ == JobState::kFailing) keeps_checkpoints_ = true;
  EndIfAllTerminal(commands);
}

JobMasterCommands JobMaster::OnProgress(const protocol::TaskProgress& progress) {
  if (!IsCurrent(progress.task())) return {};
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
  record_.OnState(state, environment_.now().wall_millis);
  rescales_.OnState(state, environment_.now().wall_millis);
  SendUpdate(commands);
}

void JobMaster::End(JobState state, JobMasterCommands& commands) {
  failed_regions_.clear();
  waiting_for_.clear();
  if (state == JobState::kFinished) error_.reset();
  NoteRescaleEnd(state == JobState::kFinished   ? RescaleEnd::kJobFinished
                 : state == JobState::kCanceled ? RescaleEnd::kJobCanceling
                 : state_ == JobState::kCreated ? RescaleEnd::kExceptionOccurred
                                                : RescaleEnd::kJobFailing);
  if (std::exchange(coordinator_used_, false)) {
    const JobEnd end = state == JobState::kFinished   ? JobEnd::kFinished
                       : state == JobState::kCanceled ? JobEnd::kCanceled
                                                      : JobEnd::kFailed;
    state_ = state;  // nothing that comes of it starts anything
    Execute(coordinator_.OnAttemptEnded(environment_.now()), commands);
    if (state != JobState::kFailed || !keeps_checkpoints_) {
      CheckpointCommands wanted = coordinator_.OnJobEnded(end);
      if (!wanted.empty()) {
        // Nobody goes on from what they list; savepoints stay.
        sealed_.clear();
        uncertain_sealed_.clear();
        if (!prepared_.restored_by_path) restored_sealed_.clear();
        prepared_.taken_back.clear();
        const bool had_some =
            coordinator_.statistics().counts().completed != 0 || prepared_.restored.has_value();
        if (state != JobState::kFinished && had_some) {
          commands.push_back(
              LogCommand{fmt::format("the checkpoints of the {} job in {} are deleted; "
                                     "`execution.checkpointing.externalized-checkpoint-retention: "
                                     "RETAIN_ON_CANCELLATION` keeps them",
                                     state == JobState::kCanceled ? "canceled" : "failed",
                                     prepared_.checkpoint_directory)});
        }
      }
      Execute(std::move(wanted), commands);
    }
  }
  if (deployed_) {
    protocol::Envelope envelope;
    envelope.mutable_release_tasks()->set_job_id(job_id_);
    envelope.mutable_release_tasks()->set_for_good(true);
    SendToAllTaskManagers(envelope, commands);
    // Of a job that has finished: what could not be removed when it was started.
    commands.push_back(RemoveLeftoversCommand{graph_, SealedForLater()});
  }
  AnswerStops(state == JobState::kFinished
                  ? std::nullopt
                  : std::optional(error_.value_or(
                        Error{ErrorCode::kCancelled, fmt::format("the job is {}", Name(state))})),
              commands);
  commands.push_back(ReleaseSlotsCommand{});
  TransitionTo(state, commands);
  commands.push_back(JobEndedCommand{});
}

protocol::TaskId JobMaster::MakeTaskId(uint32_t vertex, uint32_t subtask) const {
  protocol::TaskId task;
  task.set_job_id(job_id_);
  task.set_vertex(vertex);
  task.set_subtask(subtask);
  task.set_attempt(region_attempts_[regions_.Of(vertex, subtask)]);
  return task;
}

bool JobMaster::IsCurrent(const protocol::TaskId& task) const {
  return execution_.Contains(task.vertex(), task.subtask()) &&
         task.attempt() == region_attempts_[RegionOf(task)];
}

bool JobMaster::IsRunning(const protocol::TaskId& task) const {
  return is_active() && IsCurrent(task) && !failed_regions_.contains(RegionOf(task));
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
