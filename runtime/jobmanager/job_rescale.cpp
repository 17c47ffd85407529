// The part of the JobMaster about a job whose parallelism may change: how many slots it asks for,
// and how it goes from one parallelism to another, by way of a checkpoint.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/checkpoint/recovery_options.h"
#include "runtime/jobmanager/job_master.h"

namespace flinkc {

namespace {

// From a checkpoint for a rescale that has failed to the next one.
constexpr int64_t kRetryMicros = 1'000'000;

}  // namespace

void JobMaster::AskForSlots(JobMasterCommands& commands) {
  // Some, or with a former JobManager all.
  const bool lost = state_ != JobState::kInitializing && (slots_.empty() || !lost_slots_.empty());
  lost_slots_.clear();
  if (!adapts_) {
    // Those that it still has are not enough, and may be on the wrong TaskManagers.
    if (lost) commands.push_back(ReleaseSlotsCommand{});
    TransitionTo(JobState::kCreated, commands);
    const uint32_t slots = execution_.required_slots();
    commands.push_back(RequestSlotsCommand{slots, slots, /*keeps=*/false, FormerSlots()});
    return;
  }
  // At a start, and after a loss, more may be about to come.
  waits_for_all_ = lost || state_ == JobState::kInitializing;
  TransitionTo(JobState::kCreated, commands);
  RequestSlots(commands);
}

void JobMaster::RequestSlots(JobMasterCommands& commands) {
  enough_since_micros_.reset();
  const uint32_t most = requirements_.most_slots();
  const uint32_t least = waits_for_all_ ? most : requirements_.least_slots();
  commands.push_back(RequestSlotsCommand{most, least, /*keeps=*/false, FormerSlots()});
}

bool JobMaster::RestoresFromLocal() const {
  const Result<RecoveryOptions> recovery = RecoveryOptions::Parse(graph_->config);
  return recovery && recovery->from_local;
}

SlotCounts JobMaster::FormerSlots() const {
  SlotCounts former;
  if (!RestoresFromLocal()) return former;
  for (const AllocatedSlot& slot : slots_) ++former[slot.task_manager_id];
  return former;
}

std::vector<AllocatedSlot> JobMaster::InFormerOrder(const std::vector<AllocatedSlot>& slots) const {
  if (slots_.empty() || !RestoresFromLocal()) return slots;
  std::map<std::string, std::vector<size_t>> given;  // by TaskManager, the first one last
  for (size_t i = slots.size(); i-- > 0;) given[slots[i].task_manager_id].push_back(i);
  std::vector<std::optional<AllocatedSlot>> places(slots.size());
  std::vector<bool> placed(slots.size());
  for (size_t i = 0; i < std::min(slots_.size(), slots.size()); ++i) {
    const auto same = given.find(slots_[i].task_manager_id);
    if (same == given.end() || same->second.empty()) continue;
    places[i] = slots[same->second.back()];
    placed[same->second.back()] = true;
    same->second.pop_back();
  }
  std::vector<AllocatedSlot> ordered;
  size_t next = 0;
  for (const std::optional<AllocatedSlot>& place : places) {
    while (!place && placed[next]) ++next;
    ordered.push_back(place ? *place : slots[next++]);
  }
  return ordered;
}

void JobMaster::ReleaseFormerTaskManagers(JobMasterCommands& commands) {
  if (!checkpoint_options().local_backup) return;
  std::set<std::string> now = execution_.TaskManagers();
  for (const std::string& id : task_managers_) {
    if (now.contains(id)) continue;
    protocol::Envelope envelope = ToTaskManager(id);
    envelope.mutable_release_tasks()->set_job_id(job_id_);
    envelope.mutable_release_tasks()->set_for_good(true);
    commands.push_back(SendCommand{std::move(envelope)});
  }
  task_managers_ = std::move(now);
}

std::optional<int64_t> JobMaster::SlotWaitMax() const {
  const int64_t of_any_job = environment_.slot_wait_micros_max;
  const int64_t max = adapts_ ? scheduler_.resource_wait_micros.value_or(of_any_job) : of_any_job;
  return max == 0 ? std::nullopt : std::optional(max);
}

JobMasterCommands JobMaster::OnAvailableSlots(uint32_t slots) {
  JobMasterCommands commands;
  if (!adapts_) return commands;
  available_slots_ = slots;
  if (state_ != JobState::kCreated) {
    ConsiderRescale(commands);
    return commands;
  }
  if (!waits_for_all_) return commands;
  const int64_t now = environment_.now().monotonic_micros;
  const bool has_enough = slots >= requirements_.least_slots();
  if (has_enough != enough_since_micros_.has_value()) {
    enough_since_micros_ = has_enough ? std::optional(now) : std::nullopt;
    commands = OnSlotsMissing(slots);
  }
  if (has_enough) {
    const std::optional<int64_t> wait_max = SlotWaitMax();
    const bool has_waited =
        wait_max && waits_since_micros_ && now - *waits_since_micros_ >= *wait_max;
    if (has_waited || now - *enough_since_micros_ >= scheduler_.submission_stabilization_micros) {
      waits_for_all_ = false;
      RequestSlots(commands);
    }
  }
  return commands;
}

Result<ResourceRequirements> JobMaster::CheckRequirements(
    const protocol::ResourceRequirements& wanted) const {
  if (checkpoint_options().dir.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the job has no checkpoint directory, so that it could only start from its "
                     "beginning; submit it with `execution.checkpointing.dir`");
  }
  return ResourceRequirements::Read(*submitted_, wanted);
}

JobMasterCommands JobMaster::OnRequirements(ResourceRequirements requirements) {
  JobMasterCommands commands;
  if (IsTerminal(state_)) return commands;
  requirements_ = std::move(requirements);
  rescales_.OnRequirements(environment_.now().wall_millis);
  better_since_micros_.reset();
  if (!std::exchange(adapts_, true)) waits_for_all_ = true;
  commands.push_back(
      LogCommand{fmt::format("the job may run with {} to {} slots from now on",
                             requirements_.least_slots(), requirements_.most_slots())});
  if (is_partly_failed()) RestartWhole("its parallelism may be another one", commands);
  // Else it goes on as it is, until it may have other slots.
  if (rescale_ || (state_ != JobState::kRunning && state_ != JobState::kCancelling)) {
    NoteRescale(RescaleCause::kUpdateRequirement);
  }
  if (state_ == JobState::kCreated) RequestSlots(commands);
  return commands;
}

void JobMaster::NoteRescale(RescaleCause cause) {
  if (!adapts_) return;
  const std::optional<Parallelisms> before =
      deployed_ ? std::optional(CurrentParallelisms()) : std::nullopt;
  rescales_.OnTriggered(cause, *submitted_, requirements_, before, state_,
                        environment_.now().wall_millis);
}

void JobMaster::NoteRescaleEnd(RescaleEnd end) {
  const bool runs = end == RescaleEnd::kSucceeded;
  rescales_.OnEnded(end, runs ? CurrentParallelisms() : Parallelisms(),
                    environment_.now().wall_millis);
}

Parallelisms JobMaster::CurrentParallelisms() const {
  Parallelisms parallelisms;
  for (const JobVertex& vertex : graph_->vertices) parallelisms.push_back(vertex.parallelism);
  return parallelisms;
}

void JobMaster::TakeParallelisms(const Parallelisms& parallelisms) {
  if (parallelisms == CurrentParallelisms()) return;
  JobGraph graph = *submitted_;
  for (JobVertex& vertex : graph.vertices) vertex.parallelism = parallelisms[vertex.id.value()];
  job_graph_bytes_ = Serialize(graph);
  auto changed = std::make_shared<const JobGraph>(std::move(graph));
  coordinator_.SetGraph(*changed);
  graph_ = std::move(changed);
  std::erase_if(progress_, [&](const auto& entry) {
    return entry.first.second >= parallelisms[entry.first.first];
  });
}

std::optional<Parallelisms> JobMaster::BetterParallelisms() const {
  const auto slots =
      std::min(requirements_.most_slots(), static_cast<uint32_t>(slots_.size()) + available_slots_);
  std::optional<Parallelisms> parallelisms = requirements_.Fit(slots);
  if (parallelisms == CurrentParallelisms()) return std::nullopt;
  return parallelisms;
}

// Without checkpoints it would start from its beginning; and a job that is about to end is left in
// peace.
bool JobMaster::MayRescale() const {
  return state_ == JobState::kRunning && checkpoints_started_ && !committing_ &&
         !coordinator_.stopping() && !execution_.AllFinished();
}

void JobMaster::ConsiderRescale(JobMasterCommands& commands) {
  if (!MayRescale() || !BetterParallelisms()) {
    // What a failure or a user has ended was told of already.
    if (rescale_ && state_ == JobState::kRunning) {
      NoteRescaleEnd(RescaleEnd::kNoResourcesOrParallelismsChange);
    }
    rescale_.reset();
    better_since_micros_.reset();
    return;
  }
  const int64_t now = environment_.now().monotonic_micros;
  if (!better_since_micros_) better_since_micros_ = now;
  if (!rescale_) {
    const int64_t cool_micros = deployed_at_micros_ + scheduler_.cooldown_micros;
    if (now < cool_micros) return;
    const bool has_all = slots_.size() + available_slots_ >= requirements_.most_slots();
    const int64_t stable_micros =
        std::max(*better_since_micros_, cool_micros) + scheduler_.executing_stabilization_micros;
    if (!has_all && now < stable_micros) return;
    rescale_ = PendingRescale{now};
    NoteRescale(RescaleCause::kNewResourceAvailable);
  }
  const bool has_older = newest_complete_ != 0 || prepared_.restored.has_value();
  const bool waits_no_longer = rescale_->failures > scheduler_.max_checkpoint_failures ||
                               now - rescale_->since_micros >= RescaleDelayMax();
  if (rescale_->has_checkpoint || (has_older && waits_no_longer)) {
    // A savepoint that a user waits for is let be taken.
    if (requests_.empty()) Rescale(commands);
  } else if (rescale_->request == 0 && now >= rescale_->ask_at_micros) {
    rescale_->request = next_request_++;
    Execute(
        coordinator_.Request(rescale_->request, CheckpointKind::kRescale, "", environment_.now()),
        commands);
  }
}

int64_t JobMaster::RescaleDelayMax() const {
  if (scheduler_.max_delay_micros) return *scheduler_.max_delay_micros;
  const int64_t interval = checkpoint_options().interval_micros;
  const int64_t checkpoints = std::min<int64_t>(scheduler_.max_checkpoint_failures, 1'000'000) + 1;
  return interval == 0 || interval > INT64_MAX / checkpoints ? INT64_MAX : interval * checkpoints;
}

void JobMaster::OnRescaleCheckpoint(const RequestEndedCommand& ended) {
  rescale_->request = 0;
  if (!ended.error.has_value()) {
    rescale_->has_checkpoint = true;
  } else {
    ++rescale_->failures;
    rescale_->ask_at_micros = environment_.now().monotonic_micros + kRetryMicros;
  }
}

void JobMaster::Rescale(JobMasterCommands& commands) {
  rescale_.reset();
  commands.push_back(LogCommand{
      fmt::format("the job has {} slots and may have {} more of {}: it goes on with another "
                  "parallelism",
                  slots_.size(), available_slots_, requirements_.most_slots())});
  Execute(coordinator_.OnAttemptEnded(environment_.now()), commands);
  EndAttempt(0, commands);
}

}  // namespace flinkc
