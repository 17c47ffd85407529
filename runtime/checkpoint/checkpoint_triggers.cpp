// The part of the CheckpointCoordinator that says when a checkpoint starts, and with whom.
#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/checkpoint/checkpoint_coordinator.h"

namespace flinkc {

namespace {

constexpr size_t kQueueMax = 1'000;

}  // namespace

CheckpointCommands CheckpointCoordinator::Request(uint64_t request, CheckpointKind kind,
                                                  const std::string& target, CheckpointTime now,
                                                  bool full) {
  CHECK(kind != CheckpointKind::kPeriodic && kind != CheckpointKind::kFinal);
  CheckpointCommands commands;
  auto refuse = [&](ErrorCode code, std::string message) {
    commands.push_back(RequestEndedCommand{request, 0, "", Error{code, std::move(message)}});
    return commands;
  };
  if (!running_) return refuse(ErrorCode::kUnavailable, "the job is not running at present");
  if (stopping_ || stopped_ || AllFinished()) {
    return refuse(ErrorCode::kUnavailable, "the job is about to end");
  }
  if (!options_.after_tasks_finish && !finished_.empty()) {
    return refuse(ErrorCode::kUnavailable,
                  "some tasks have finished, and "
                  "`execution.checkpointing.checkpoints-after-tasks-finish` is false");
  }
  if (options_.dir.empty()) {
    return refuse(ErrorCode::kInvalidArgument,
                  "the job has no directory for checkpoints: start it with "
                  "`execution.checkpointing.dir`");
  }
  const std::string& directory = target.empty() ? options_.savepoint_dir : target;
  if (IsSavepoint(kind) && directory.empty()) {
    return refuse(ErrorCode::kInvalidArgument,
                  "no directory for the savepoint: give one, or set "
                  "`execution.checkpointing.savepoint-dir`");
  }
  if (queue_.size() >= kQueueMax) {
    return refuse(ErrorCode::kUnavailable, "too many checkpoints are asked for already");
  }
  stopping_ |= IsStop(kind);
  queue_.push_back({kind, request, IsSavepoint(kind) ? directory : "", full});
  StartWhatMay(now, commands);
  return commands;
}

std::optional<int64_t> CheckpointCoordinator::PeriodicDeadline() const {
  if (!running_ || waits_for_part_ || options_.interval_micros == 0 || stopping_ || stopped_ ||
      AllFinished() || (!options_.after_tasks_finish && !finished_.empty())) {
    return std::nullopt;
  }
  return std::max(next_periodic_micros_, pause_until_micros_);
}

bool CheckpointCoordinator::PeriodicIsDue(CheckpointTime now) const {
  const std::optional<int64_t> deadline = PeriodicDeadline();
  return deadline && *deadline <= now.monotonic_micros;
}

std::optional<int64_t> CheckpointCoordinator::NextDeadline() const {
  std::optional<int64_t> next;
  auto take = [&](int64_t deadline) { next = next ? std::min(*next, deadline) : deadline; };
  for (const auto& [id, pending] : pending_) {
    if (pending.stage != PendingCheckpoint::Stage::kCommitting) take(pending.deadline_micros);
  }
  if (pending_.size() >= options_.max_concurrent) return next;
  if (const std::optional<int64_t> periodic = PeriodicDeadline()) take(*periodic);
  if (running_ && !waits_for_part_ && !queue_.empty() &&
      queue_.front().kind == CheckpointKind::kFinal) {
    take(pause_until_micros_);
  }
  return next;
}

void CheckpointCoordinator::StartWhatMay(CheckpointTime now, CheckpointCommands& commands) {
  while (running_ && !waits_for_part_ && pending_.size() < options_.max_concurrent) {
    // A final one that has failed is not tried again at once.
    const bool queue_waits = queue_.empty() || (queue_.front().kind == CheckpointKind::kFinal &&
                                                now.monotonic_micros < pause_until_micros_);
    if (!queue_waits) {
      const Queued queued = std::move(queue_.front());
      queue_.pop_front();
      Start(queued, now, commands);
    } else if (PeriodicIsDue(now)) {
      next_periodic_micros_ += options_.interval_micros;
      if (next_periodic_micros_ <= now.monotonic_micros) {
        next_periodic_micros_ = now.monotonic_micros + options_.interval_micros;
      }
      Start({CheckpointKind::kPeriodic, std::nullopt, "", false}, now, commands);
    } else {
      return;
    }
  }
}

void CheckpointCoordinator::Start(const Queued& queued, CheckpointTime now,
                                  CheckpointCommands& commands) {
  const uint64_t id = next_id_++;
  PendingCheckpoint& pending =
      pending_.emplace(id, PendingCheckpoint(id, queued.kind)).first->second;
  pending.request = queued.request;
  pending.full = queued.full;
  pending.deadline_micros = now.monotonic_micros + options_.timeout_micros;
  pending.triggered_at_millis = now.wall_millis;
  std::vector<uint32_t> parallelisms;
  for (const JobVertex& vertex : graph_->vertices) parallelisms.push_back(vertex.parallelism);
  statistics_.OnTriggered(id, queued.kind, std::move(parallelisms), now.wall_millis);
  commands.push_back(ReserveCommand{id, queued.target});
}

bool CheckpointCoordinator::AllInputsFinished(SubtaskIndex index) const {
  for (const JobEdge& edge : graph_->edges) {
    if (edge.target.value() != index.vertex) continue;
    const uint32_t source = edge.source.value();
    if (edge.partitioning == Partitioning::kForward) {
      if (!finished_.contains({source, index.subtask})) return false;
      continue;
    }
    for (uint32_t i = 0; i < graph_->vertices[source].parallelism; ++i) {
      if (!finished_.contains({source, i})) return false;
    }
  }
  return true;  // also a source, which has no inputs
}

std::vector<SubtaskIndex> CheckpointCoordinator::TakeTargets(PendingCheckpoint& pending) const {
  std::vector<SubtaskIndex> targets;
  for (uint32_t vertex = 0; vertex < graph_->vertices.size(); ++vertex) {
    for (uint32_t subtask = 0; subtask < graph_->vertices[vertex].parallelism; ++subtask) {
      const SubtaskIndex index{vertex, subtask};
      if (finished_.contains(index) || pending.HasAcknowledged(index)) continue;
      if (!AllInputsFinished(index)) continue;
      if (pending.triggered.insert(index).second) targets.push_back(index);
    }
  }
  return targets;
}

void CheckpointCoordinator::Trigger(PendingCheckpoint& pending,
                                    CheckpointCommands& commands) const {
  TriggerCommand trigger;
  trigger.subtasks = TakeTargets(pending);
  if (trigger.subtasks.empty()) return;
  trigger.checkpoint_id = pending.id();
  trigger.kind = pending.kind();
  trigger.full = pending.full || ReferableFiles(pending.kind()).empty();
  trigger.savepoint_directory = pending.savepoint_directory;
  trigger.triggered_at_millis = pending.triggered_at_millis;
  commands.push_back(std::move(trigger));
}

KnownFiles CheckpointCoordinator::ReferableFiles(CheckpointKind kind) const {
  KnownFiles files;
  if (!options_.incremental || IsSavepoint(kind)) return files;
  for (const auto& [id, checkpoint] : retained_) {
    if (checkpoint.referable) {
      files.insert(checkpoint.files.begin(), checkpoint.files.end());
    }
  }
  return files;
}

}  // namespace flinkc
