// The part of the JobMaster about regions that fail while the others go on: what comes of their
// tasks, from what and in which slots they start again, and when it needs the whole job to.
#include <fmt/format.h>

#include <utility>

#include "runtime/jobmanager/job_master.h"

namespace flinkc {

uint32_t JobMaster::RegionOf(const protocol::TaskId& task) const {
  return regions_.Of(task.vertex(), task.subtask());
}

// Not where it must first be known what the whole job goes on from, or whether it ends.
bool JobMaster::MayRestartAlone(const std::set<uint32_t>& regions) const {
  return !adapts_ && !restore_pending_ && !coordinator_.stopping() &&
         !coordinator_.is_uncertain() && failed_regions_.size() + regions.size() < regions_.count();
}

void JobMaster::RestartRegions(const std::set<uint32_t>& regions, int64_t delay_micros,
                               JobMasterCommands& commands) {
  const int64_t now = environment_.now().monotonic_micros;
  // Those that wait already have waited for a part of it.
  if (!is_partly_failed()) restart_at_micros_ = now + delay_micros;
  if (!restart_at_micros_) restart_at_micros_ = now;
  failed_regions_.insert(regions.begin(), regions.end());
  part_is_prepared_ = false;
  const SubtasksByVertex subtasks = regions_.SubtasksOf(regions);
  size_t count = 0;
  for (const auto& [vertex, of_vertex] : subtasks) {
    count += of_vertex.size();
    for (const uint32_t subtask : of_vertex) last_snapshots_.erase({vertex, subtask});
  }
  commands.push_back(LogCommand{fmt::format(
      "a part of the job has failed, {} of {} tasks, and starts again in {} ms: {}", count,
      execution_.subtasks(), (*restart_at_micros_ - now) / 1000, error_->message)});
  TransitionTo(JobState::kRestarting, commands);
  if (checkpoints_started_) {
    Execute(coordinator_.OnPartFailed(subtasks, environment_.now()), commands);
  }
  for (const auto& [id, there] : TaskManagersOf(regions)) {
    protocol::Envelope envelope = ToTaskManager(id);
    protocol::CancelTasks& cancel = *envelope.mutable_cancel_tasks();
    cancel.set_job_id(job_id_);
    cancel.mutable_regions()->Assign(there.begin(), there.end());
    commands.push_back(SendCommand{std::move(envelope)});
  }
}

void JobMaster::RestartWhole(const std::string& reason, JobMasterCommands& commands) {
  commands.push_back(
      LogCommand{fmt::format("all of the job starts again, not only a part of it: {}", reason)});
  if (checkpoints_started_) Execute(coordinator_.OnAttemptEnded(environment_.now()), commands);
  EndAttempt(0, commands);
}

bool JobMaster::RegionsEnded() const {
  for (const uint32_t region : failed_regions_) {
    for (const SubtaskIndex& index : regions_.SubtasksOf(region)) {
      if (!IsTerminal(execution_.state(index.vertex, index.subtask))) return false;
    }
  }
  return true;
}

void JobMaster::PrepareRegions(JobMasterCommands& commands) {
  restart_at_micros_.reset();
  // A checkpoint whose commit was under way.
  if (coordinator_.is_uncertain()) {
    return RestartWhole("it is not known which checkpoint is the newest", commands);
  }
  preparing_ = preparing_part_ = true;
  for (const auto& [id, there] : TaskManagersOf(failed_regions_)) {
    protocol::Envelope envelope = ToTaskManager(id);
    protocol::ReleaseTasks& release = *envelope.mutable_release_tasks();
    release.set_job_id(job_id_);
    release.mutable_regions()->Assign(there.begin(), there.end());
    commands.push_back(SendCommand{std::move(envelope)});
  }
  PrepareCommand prepare;
  prepare.restart = true;
  prepare.newest_complete = newest_of_attempt_;
  prepare.sealed_kept = SealedForLater();
  prepare.part = regions_.SubtasksOf(failed_regions_);
  commands.push_back(std::move(prepare));
}

JobMasterCommands JobMaster::OnRegionsPrepared(PreparedJob prepared) {
  JobMasterCommands commands;
  if (!is_partly_failed()) EndIfAllTerminal(commands);
  // More has failed since, or all has.
  if (!is_partly_failed() || restart_at_micros_) return commands;
  prepared_.sources = std::move(prepared.sources);
  prepared_.sealed_by_savepoints = std::move(prepared.sealed_by_savepoints);
  // Else they start as the whole job has.
  if (prepared.restored.has_value()) {
    prepared_.restored = std::move(prepared.restored);
    prepared_.restored_root = std::move(prepared.restored_root);
    prepared_.restored_by_path = false;
  }
  FindSplits();
  part_is_prepared_ = true;
  lost_slots_.empty() ? DeployFailedRegions(commands) : RequestLostSlots(commands);
  return commands;
}

JobMasterCommands JobMaster::OnRegionsNotPrepared(const Error& error) {
  JobMasterCommands commands;
  if (!is_partly_failed()) EndIfAllTerminal(commands);
  if (!is_partly_failed() || restart_at_micros_) return commands;
  if (!MayPass(error)) {
    RestartWhole(error.message, commands);
    return commands;
  }
  error_ = error;
  RecordFailure(error, nullptr);
  const int64_t now = environment_.now().monotonic_micros;
  const std::optional<int64_t> delay = restart_.OnFailure(now);
  if (delay.has_value()) {
    restart_at_micros_ = now + *delay;
    commands.push_back(
        LogCommand{fmt::format("a part of the job cannot start again and tries in {} ms: {}",
                               *delay / 1000, error.message)});
    return commands;
  }
  keeps_checkpoints_ = true;
  if (checkpoints_started_) Execute(coordinator_.OnAttemptEnded(environment_.now()), commands);
  EndAttempt(std::nullopt, commands);
  // The others may have finished before the job was started: nobody runs them, or tells.
  EndIfAllTerminal(commands);
  return commands;
}

void JobMaster::RequestLostSlots(JobMasterCommands& commands) {
  const auto slots = static_cast<uint32_t>(lost_slots_.size());
  commands.push_back(RequestSlotsCommand{slots, slots, /*keeps=*/true});
}

JobMasterCommands JobMaster::OnMoreSlots(const std::vector<AllocatedSlot>& slots) {
  JobMasterCommands commands;
  for (const AllocatedSlot& slot : slots) {
    if (lost_slots_.empty()) break;
    slots_[*lost_slots_.begin()] = slot;
    lost_slots_.erase(lost_slots_.begin());
  }
  if (lost_slots_.empty()) {
    waits_since_micros_.reset();
    waiting_for_.clear();
  }
  if (!part_is_prepared_) return commands;
  lost_slots_.empty() ? DeployFailedRegions(commands) : RequestLostSlots(commands);
  return commands;
}

void JobMaster::DeployFailedRegions(JobMasterCommands& commands) {
  const std::set<uint32_t> regions = std::exchange(failed_regions_, {});
  part_is_prepared_ = false;
  waits_since_micros_.reset();
  waiting_for_.clear();
  ++attempt_;
  for (const uint32_t region : regions) {
    region_attempts_[region] = attempt_;
    for (const SubtaskIndex& index : regions_.SubtasksOf(region)) {
      execution_.Restart(index.vertex, index.subtask);
      record_.OnTaskDeployed(index.vertex, index.subtask);
      alignment_.Restart(index.vertex, index.subtask);
    }
  }
  DeployRegions(regions, commands);
  // All of them may have finished before the checkpoint.
  OnAllStarted(commands);
}

std::map<std::string, std::set<uint32_t>> JobMaster::TaskManagersOf(
    const std::set<uint32_t>& regions) const {
  std::map<std::string, std::set<uint32_t>> task_managers;
  for (const uint32_t region : regions) {
    for (const SubtaskIndex& index : regions_.SubtasksOf(region)) {
      task_managers[execution_.TaskManagerOf(index.vertex, index.subtask)].insert(region);
    }
  }
  return task_managers;
}

}  // namespace flinkc
