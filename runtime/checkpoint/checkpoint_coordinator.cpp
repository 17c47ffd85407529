#include "runtime/checkpoint/checkpoint_coordinator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/planted_bug.h"
#include "runtime/checkpoint/check_metadata.h"

namespace flinkc {

RetainedCheckpoint RetainedCheckpoint::From(const proto::CheckpointMetadata& metadata,
                                            bool referable) {
  RetainedCheckpoint checkpoint;
  checkpoint.id = metadata.checkpoint_id();
  checkpoint.referable = referable;
  for (const proto::CheckpointMetadata::File& file : metadata.files()) {
    checkpoint.files.emplace(file.path(), KnownFile{file.size_bytes(), file.created_by()});
  }
  return checkpoint;
}

CheckpointCoordinator::CheckpointCoordinator(std::string job_id, const JobGraph& graph,
                                             CheckpointOptions options, std::string spec)
    : job_id_(std::move(job_id)), options_(std::move(options)), spec_(std::move(spec)) {
  SetGraph(graph);
}

void CheckpointCoordinator::SetGraph(const JobGraph& graph) {
  CHECK(!running_);
  graph_ = &graph;
  plan_digest_ = PlanDigest(graph);
  subtask_count_ = 0;
  for (const JobVertex& vertex : graph.vertices) subtask_count_ += vertex.parallelism;
}

CheckpointCommands CheckpointCoordinator::OnAttemptStarted(CheckpointAttempt attempt,
                                                           CheckpointTime now) {
  CHECK(pending_.empty());
  CheckpointCommands commands;
  running_ = true;
  attempt_ = attempt.attempt;
  next_id_ = std::max(next_id_, attempt.id_max + 1);
  retained_.clear();
  for (RetainedCheckpoint& checkpoint : attempt.retained) {
    const uint64_t id = checkpoint.id;
    next_id_ = std::max(next_id_, id + 1);
    retained_.emplace(id, std::move(checkpoint));
  }
  finished_ = std::move(attempt.finished);
  failures_in_a_row_ = 0;
  stopping_ = stopped_ = final_started_ = waits_for_part_ = is_uncertain_ = false;
  next_periodic_micros_ = now.monotonic_micros + options_.interval_micros;
  pause_until_micros_ = now.monotonic_micros;
  if (attempt.restored) statistics_.OnRestored(*std::move(attempt.restored));
  FinishIfAllHave(now, commands);
  StartWhatMay(now, commands);
  return commands;
}

CheckpointCommands CheckpointCoordinator::OnAttemptEnded(CheckpointTime now) {
  CheckpointCommands commands;
  running_ = false;
  const Error error = Error{ErrorCode::kCancelled, "the attempt of the job has ended"};
  GiveUpAll(error, now, commands);
  for (const Queued& queued : std::exchange(queue_, {})) {
    if (queued.request) commands.push_back(RequestEndedCommand{*queued.request, 0, "", error});
  }
  return commands;
}

void CheckpointCoordinator::GiveUpAll(const Error& error, CheckpointTime now,
                                      CheckpointCommands& commands) {
  std::vector<uint64_t> ids;
  for (const auto& [id, pending] : pending_) {
    if (pending.stage != PendingCheckpoint::Stage::kCommitting) ids.push_back(id);
  }
  for (const uint64_t id : ids) Fail(id, error, Blame::kNobody, now, commands);
}

CheckpointCommands CheckpointCoordinator::OnPartFailed(const SubtasksByVertex& subtasks,
                                                       CheckpointTime now) {
  CHECK(running_ && !stopping());
  CheckpointCommands commands;
  waits_for_part_ = true;
  std::erase_if(finished_, [&](const auto& entry) {
    const auto vertex = subtasks.find(entry.first.vertex);
    return vertex != subtasks.end() && vertex->second.contains(entry.first.subtask);
  });
  if (!Planted(PlantedBug::kKeepsCheckpoints)) {
    GiveUpAll({ErrorCode::kCancelled, "a part of the job has failed and starts again"}, now,
              commands);
  }
  // It is not at its end any more.
  final_started_ = false;
  std::erase_if(queue_, [](const Queued& queued) { return queued.kind == CheckpointKind::kFinal; });
  return commands;
}

CheckpointCommands CheckpointCoordinator::OnPartStarted(
    std::map<SubtaskIndex, proto::SubtaskSnapshot> finished,
    std::optional<CheckpointStatistics::Restored> restored, CheckpointTime now) {
  CHECK(running_ && waits_for_part_);
  CheckpointCommands commands;
  waits_for_part_ = false;
  finished_ = std::move(finished);
  if (restored) statistics_.OnRestored(*std::move(restored));
  FinishIfAllHave(now, commands);
  StartWhatMay(now, commands);
  return commands;
}

CheckpointCommands CheckpointCoordinator::OnJobEnded(JobEnd end) {
  CHECK(!running_ && pending_.empty());
  const bool discard = end == JobEnd::kFinished ||
                       options_.retention == CheckpointRetention::kNone ||
                       (end == JobEnd::kCanceled &&
                        options_.retention == CheckpointRetention::kDeleteOnCancellation);
  if (!discard || options_.dir.empty()) return {};
  retained_.clear();
  return {DiscardAllCommand{end == JobEnd::kFinished, stopped_ ? stop_savepoint_ : ""}};
}

CheckpointCommands CheckpointCoordinator::OnTimer(CheckpointTime now) {
  CheckpointCommands commands;
  std::vector<uint64_t> late;
  for (const auto& [id, pending] : pending_) {
    if (pending.stage != PendingCheckpoint::Stage::kCommitting &&
        pending.deadline_micros <= now.monotonic_micros) {
      late.push_back(id);
    }
  }
  for (const uint64_t id : late) {
    const PendingCheckpoint& pending = pending_.at(id);
    const Error error = Error{
        ErrorCode::kTimedOut,
        fmt::format("checkpoint {} took longer than {} ms: {} of {} subtasks have acknowledged; "
                    "see `execution.checkpointing.timeout`",
                    id, options_.timeout_micros / 1000, pending.acknowledged(), subtask_count_)};
    Fail(id, error, Blame::kCheckpoint, now, commands);
  }
  StartWhatMay(now, commands);
  return commands;
}

PendingCheckpoint* CheckpointCoordinator::Find(uint64_t checkpoint_id,
                                               PendingCheckpoint::Stage stage) {
  const auto found = pending_.find(checkpoint_id);
  return found == pending_.end() || found->second.stage != stage ? nullptr : &found->second;
}

CheckpointCommands CheckpointCoordinator::OnReserved(uint64_t checkpoint_id,
                                                     const std::string& savepoint_directory,
                                                     UnassignedSplits unassigned,
                                                     CheckpointTime now) {
  CheckpointCommands commands;
  PendingCheckpoint* pending = Find(checkpoint_id, PendingCheckpoint::Stage::kReserving);
  if (pending == nullptr) return commands;
  pending->stage = PendingCheckpoint::Stage::kCollecting;
  pending->savepoint_directory = savepoint_directory;
  pending->unassigned_splits = std::move(unassigned);
  for (const auto& [index, snapshot] : finished_) {
    proto::SubtaskAcknowledgement acknowledgement;
    *acknowledgement.mutable_snapshot() = snapshot;
    // Without files, it cannot be refused.
    CHECK(pending->Acknowledge(index, acknowledgement, {}).has_value());
    statistics_.OnAcknowledged(checkpoint_id, index.vertex, index.subtask, acknowledgement,
                               now.wall_millis);
  }
  Trigger(*pending, commands);
  CommitIfComplete(*pending, now, commands);
  return commands;
}

CheckpointCommands CheckpointCoordinator::OnReserveFailed(uint64_t checkpoint_id,
                                                          const Error& error, CheckpointTime now) {
  CheckpointCommands commands;
  if (Find(checkpoint_id, PendingCheckpoint::Stage::kReserving) == nullptr) return commands;
  Fail(checkpoint_id, error, Blame::kCheckpoint, now, commands);
  StartWhatMay(now, commands);
  return commands;
}

CheckpointCommands CheckpointCoordinator::OnAcknowledge(
    uint64_t checkpoint_id, uint32_t attempt, SubtaskIndex index,
    const proto::SubtaskAcknowledgement& acknowledgement, CheckpointTime now) {
  CheckpointCommands commands;
  PendingCheckpoint* pending = Find(checkpoint_id, PendingCheckpoint::Stage::kCollecting);
  if (pending == nullptr || attempt != attempt_ || index.vertex >= graph_->vertices.size() ||
      index.subtask >= graph_->vertices[index.vertex].parallelism) {
    return commands;
  }
  Accept(*pending, index, acknowledgement, now, commands);
  StartWhatMay(now, commands);
  return commands;
}

void CheckpointCoordinator::Accept(PendingCheckpoint& pending, SubtaskIndex index,
                                   const proto::SubtaskAcknowledgement& acknowledgement,
                                   CheckpointTime now, CheckpointCommands& commands) {
  if (pending.HasAcknowledged(index)) return;
  const Status status = pending.Acknowledge(index, acknowledgement, ReferableFiles(pending.kind()));
  if (!status) {
    Fail(pending.id(), status.error(), Blame::kCheckpoint, now, commands);
    return;
  }
  statistics_.OnAcknowledged(pending.id(), index.vertex, index.subtask, acknowledgement,
                             now.wall_millis);
  if (pending.acknowledged() + 1 == subtask_count_) FLINKC_FAILPOINT("coordinator.all_but_one");
  CommitIfComplete(pending, now, commands);
}

void CheckpointCoordinator::CommitIfComplete(PendingCheckpoint& pending, CheckpointTime now,
                                             CheckpointCommands& commands) {
  if (pending.acknowledged() < subtask_count_) return;
  CommitCommand commit;
  commit.savepoint_directory = pending.savepoint_directory;
  commit.stops = IsStop(pending.kind());
  proto::CheckpointMetadata& metadata = commit.metadata;
  metadata.set_checkpoint_id(pending.id());
  metadata.set_job_id(job_id_);
  metadata.set_job_name(graph_->name);
  metadata.set_attempt(attempt_);
  metadata.set_max_parallelism(graph_->max_parallelism);
  metadata.set_triggered_at(pending.triggered_at_millis);
  metadata.set_completed_at(now.wall_millis);
  metadata.set_savepoint(IsSavepoint(pending.kind()));
  for (const auto& [key, value] : graph_->config) (*metadata.mutable_config())[key] = value;
  metadata.set_spec(spec_);
  metadata.set_plan_digest(plan_digest_);
  for (const JobVertex& vertex : graph_->vertices) {
    proto::VertexSnapshot* snapshot = metadata.add_vertices();
    snapshot->set_name(vertex.name);
    if (vertex.source.has_value()) snapshot->set_source(vertex.source->name);
    snapshot->set_parallelism(vertex.parallelism);
    for (uint32_t i = 0; i < vertex.parallelism; ++i) snapshot->add_subtasks();
  }
  pending.TakeSnapshots(&metadata);
  // What nobody could read again is not to be called complete.
  if (Status status = CheckMetadata(metadata); !status) {
    Fail(pending.id(), std::move(status).error(), Blame::kCheckpoint, now, commands);
    return;
  }
  if (pending.kind() == CheckpointKind::kFinal) FLINKC_FAILPOINT("final.acknowledged");
  pending.stage = PendingCheckpoint::Stage::kCommitting;
  // An older one could now only become complete after this one; savepoints stand for themselves.
  if (!IsSavepoint(pending.kind())) FailOvertaken(pending.id(), now, commands);
  commands.push_back(std::move(commit));
}

CheckpointCommands CheckpointCoordinator::OnDecline(uint64_t checkpoint_id, uint32_t attempt,
                                                    SubtaskIndex index, DeclineReason reason,
                                                    const Error& error, CheckpointTime now) {
  CheckpointCommands commands;
  const PendingCheckpoint* pending = Find(checkpoint_id, PendingCheckpoint::Stage::kCollecting);
  if (pending == nullptr || attempt != attempt_ || pending->HasAcknowledged(index)) return commands;
  Fail(checkpoint_id, error,
       reason == DeclineReason::kAsyncFailed ? Blame::kCheckpoint : Blame::kNobody, now, commands);
  StartWhatMay(now, commands);
  return commands;
}

CheckpointCommands CheckpointCoordinator::OnSubtaskFinished(uint32_t attempt, SubtaskIndex index,
                                                            const proto::SubtaskSnapshot& last,
                                                            uint64_t last_barrier,
                                                            CheckpointTime now) {
  CheckpointCommands commands;
  if (!running_ || attempt != attempt_ || index.vertex >= graph_->vertices.size() ||
      index.subtask >= graph_->vertices[index.vertex].parallelism || finished_.contains(index)) {
    return commands;
  }
  bool has_files = false;
  VisitFiles(last, [&](const std::string&) { has_files = true; });
  if (has_files) {
    commands.push_back(FailJobCommand{
        Error{ErrorCode::kInternal,
              fmt::format("subtask {} of `{}` has finished and still refers to files",
                          index.subtask, graph_->vertices[index.vertex].name)}});
    return commands;
  }
  proto::SubtaskSnapshot& snapshot = finished_[index];
  snapshot = last;
  snapshot.set_finished(true);
  std::vector<uint64_t> ids;
  for (const auto& [id, pending] : pending_) {
    if (pending.stage == PendingCheckpoint::Stage::kCollecting) ids.push_back(id);
  }
  for (const uint64_t id : ids) {
    PendingCheckpoint& pending = pending_.at(id);
    // Splits that nobody had at the trigger come behind it. That it has finished without a barrier
    // means that the trigger was lost: it may have read some of them.
    if (last_barrier < id && pending.HasUnassigned(index.vertex)) {
      const Error error{ErrorCode::kUnavailable,
                        fmt::format("subtask {} of `{}` has finished and was not told of it",
                                    index.subtask, graph_->vertices[index.vertex].name)};
      Fail(id, error, Blame::kNobody, now, commands);
      continue;
    }
    // Subtasks whose last input this was get no barrier any more.
    Trigger(pending, commands);
    // All that it sent is before the end of its channels, which counts as the barrier. If it has
    // passed the barrier its snapshot of then counts, and is on its way.
    if (last_barrier >= id) continue;
    proto::SubtaskAcknowledgement acknowledgement;
    *acknowledgement.mutable_snapshot() = snapshot;
    Accept(pending, index, acknowledgement, now, commands);
  }
  FinishIfAllHave(now, commands);
  StartWhatMay(now, commands);
  return commands;
}

void CheckpointCoordinator::FinishIfAllHave(CheckpointTime now, CheckpointCommands& commands) {
  if (!AllFinished() || final_started_ || waits_for_part_) return;
  if (stopping_ && !stopped_) return;  // the savepoint is under way and has all it needs
  final_started_ = true;
  // Without checkpoints by time the end of the job alone commits.
  if (stopped_ || options_.interval_micros == 0 || !options_.after_tasks_finish) {
    commands.push_back(JobMayFinishCommand{});
    return;
  }
  pause_until_micros_ = std::min(pause_until_micros_, now.monotonic_micros);
  queue_.push_back({CheckpointKind::kFinal, std::nullopt, "", false});
}

CheckpointCommands CheckpointCoordinator::OnCommitted(uint64_t checkpoint_id,
                                                      const MetadataWrite& write,
                                                      CheckpointTime now) {
  CheckpointCommands commands;
  PendingCheckpoint* pending = Find(checkpoint_id, PendingCheckpoint::Stage::kCommitting);
  if (pending == nullptr) return commands;
  if (write.outcome == MetadataOutcome::kDurable) {
    PendingCheckpoint complete = std::move(*pending);
    pending_.erase(checkpoint_id);
    Complete(std::move(complete), now, commands);
  } else {
    // If nobody knows, a restart may still find it: nothing is deleted before a newer one is
    // complete.
    is_uncertain_ |= write.outcome == MetadataOutcome::kUnknown;
    Fail(checkpoint_id,
         write.error.value_or(Error{ErrorCode::kIo, "the metadata could not be written"}),
         Blame::kCheckpoint, now, commands);
  }
  StartWhatMay(now, commands);
  return commands;
}

void CheckpointCoordinator::Complete(PendingCheckpoint pending, CheckpointTime now,
                                     CheckpointCommands& commands) {
  statistics_.OnCompleted(pending.id(), pending.savepoint_directory, now.wall_millis);
  pause_until_micros_ = now.monotonic_micros + options_.min_pause_micros;
  if (!IsSavepoint(pending.kind())) {
    failures_in_a_row_ = 0;
    is_uncertain_ = false;
  }
  // A savepoint alone commits nothing, but the one that ends the job does.
  if (running_ && (!IsSavepoint(pending.kind()) || IsStop(pending.kind()))) {
    commands.push_back(NotifyCompleteCommand{pending.id()});
  }
  if (!IsSavepoint(pending.kind())) {
    Retain({pending.id(), pending.files(), true}, commands);
  }
  EndRequest(pending, std::nullopt, commands);
  if (!running_) return;
  if (IsStop(pending.kind())) {
    stopped_ = true;
    stop_savepoint_ = pending.savepoint_directory;
    FinishIfAllHave(now, commands);
  } else if (pending.kind() == CheckpointKind::kFinal) {
    commands.push_back(JobMayFinishCommand{});
  }
}

void CheckpointCoordinator::FailOvertaken(uint64_t newest, CheckpointTime now,
                                          CheckpointCommands& commands) {
  std::vector<uint64_t> overtaken;
  for (const auto& [id, pending] : pending_) {
    if (id < newest && !IsSavepoint(pending.kind()) &&
        pending.stage != PendingCheckpoint::Stage::kCommitting) {
      overtaken.push_back(id);
    }
  }
  for (const uint64_t id : overtaken) {
    Fail(id,
         Error{ErrorCode::kCancelled, fmt::format("checkpoint {} was there before {}", newest, id)},
         Blame::kNobody, now, commands);
  }
}

void CheckpointCoordinator::Retain(RetainedCheckpoint checkpoint, CheckpointCommands& commands) {
  const uint64_t newest = checkpoint.id;
  retained_.emplace(newest, std::move(checkpoint));
  while (retained_.size() > options_.num_retained) {
    statistics_.OnDiscarded(retained_.begin()->first);
    retained_.erase(retained_.begin());
  }
  PruneCommand prune;
  for (const auto& [id, one] : retained_) prune.request.retained.insert(id);
  for (const auto& [id, pending] : pending_) {
    prune.request.under_way.insert(id);
    for (const auto& [path, file] : pending.files()) prune.request.in_use.insert(path);
  }
  prune.request.drop_claimed = retained_.size() >= options_.num_retained;
  commands.push_back(std::move(prune));
}

void CheckpointCoordinator::Fail(uint64_t checkpoint_id, const Error& error, Blame blame,
                                 CheckpointTime now, CheckpointCommands& commands) {
  const auto found = pending_.find(checkpoint_id);
  CHECK(found != pending_.end());
  const PendingCheckpoint pending = std::move(found->second);
  pending_.erase(found);
  statistics_.OnFailed(checkpoint_id, error.message, now.wall_millis);
  pause_until_micros_ = now.monotonic_micros + options_.min_pause_micros;
  if (running_) {
    NotifyAbortedCommand& aborted =
        std::get<NotifyAbortedCommand>(commands.emplace_back(NotifyAbortedCommand{checkpoint_id}));
    if (blame == Blame::kCheckpoint) aborted.failure = error;
  }
  EndRequest(pending, error, commands);
  if (!running_) return;
  if (IsStop(pending.kind())) {
    stopping_ = false;
    // Closed windows do not open again: only the last checkpoint leads back.
    if (pending.kind() == CheckpointKind::kStopDrain) {
      commands.push_back(FailJobCommand{
          Error{error.code, fmt::format("the job was to stop with a savepoint, and its windows are "
                                        "closed: {}",
                                        error.message)}});
    } else {
      FinishIfAllHave(now, commands);
    }
    return;
  }
  if (pending.kind() == CheckpointKind::kFinal) {
    pause_until_micros_ = now.monotonic_micros + options_.interval_micros;
    queue_.push_back({CheckpointKind::kFinal, std::nullopt, "", false});
  }
  // Who asks for one to change the parallelism counts its failures.
  if (blame == Blame::kNobody || IsSavepoint(pending.kind()) ||
      pending.kind() == CheckpointKind::kRescale) {
    return;
  }
  if (++failures_in_a_row_ > options_.tolerable_failed) {
    commands.push_back(FailJobCommand{Error{
        error.code, fmt::format("{} checkpoints in a row have failed, {} may; the last one: {}",
                                failures_in_a_row_, options_.tolerable_failed, error.message)}});
  }
}

void CheckpointCoordinator::EndRequest(const PendingCheckpoint& pending, std::optional<Error> error,
                                       CheckpointCommands& commands) const {
  if (!pending.request) return;
  commands.push_back(RequestEndedCommand{
      *pending.request, pending.id(), error ? "" : pending.savepoint_directory, std::move(error)});
}

bool CheckpointCoordinator::commits_under_way() const {
  return std::ranges::any_of(pending_, [](const auto& entry) {
    return entry.second.stage == PendingCheckpoint::Stage::kCommitting;
  });
}

}  // namespace flinkc
