// The part of the JobMaster about its checkpoints: what tasks and users say of them goes to the
// CheckpointCoordinator, and what that wants is carried out.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/graph/barrier_kind.h"
#include "runtime/jobmanager/job_master.h"

namespace flinkc {

namespace {

BarrierKind ToBarrierKind(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kSavepoint:
      return BarrierKind::kSavepoint;
    case CheckpointKind::kStop:
      return BarrierKind::kStop;
    case CheckpointKind::kStopDrain:
      return BarrierKind::kStopWithDrain;
    default:
      return BarrierKind::kCheckpoint;
  }
}

}  // namespace

void JobMaster::StartCheckpoints(JobMasterCommands& commands) {
  if (prepared_.restored.has_value()) FLINKC_FAILPOINT("restore.done");
  checkpoints_started_ = coordinator_used_ = true;
  CheckpointAttempt attempt;
  attempt.attempt = whole_attempt_;
  attempt.id_max = prepared_.checkpoint_id_max;
  attempt.retained = prepared_.retained;
  attempt.finished = last_snapshots_;
  attempt.restored = RestoredNow();
  Execute(coordinator_.OnAttemptStarted(std::move(attempt), environment_.now()), commands);
}

std::optional<CheckpointStatistics::Restored> JobMaster::RestoredNow() const {
  if (!prepared_.restored.has_value()) return std::nullopt;
  CheckpointStatistics::Restored restored;
  restored.id = prepared_.restored->checkpoint_id();
  restored.restore_timestamp = environment_.now().wall_millis;
  restored.is_savepoint = prepared_.restored->savepoint();
  restored.external_path = prepared_.restored_root;
  return restored;
}

JobMasterCommands JobMaster::OnAcknowledge(const protocol::AcknowledgeCheckpoint& message) {
  JobMasterCommands commands;
  if (!IsRunning(message.task()) || !checkpoints_started_) return commands;
  const SubtaskIndex index{message.task().vertex(), message.task().subtask()};
  proto::SubtaskAcknowledgement acknowledgement;
  if (message.has_error()) {
    Execute(coordinator_.OnDecline(message.checkpoint_id(), whole_attempt_, index,
                                   DeclineReason::kAsyncFailed, FromProto(message.error()),
                                   environment_.now()),
            commands);
  } else if (acknowledgement.ParseFromString(message.acknowledgement())) {
    Execute(coordinator_.OnAcknowledge(message.checkpoint_id(), whole_attempt_, index,
                                       acknowledgement, environment_.now()),
            commands);
  }
  return commands;
}

JobMasterCommands JobMaster::OnRequestCheckpoint(const protocol::RequestCheckpoint& request,
                                                 const std::string& client) {
  JobMasterCommands commands;
  CheckpointKind kind = CheckpointKind::kManual;
  switch (static_cast<BarrierKind>(request.kind())) {
    case BarrierKind::kSavepoint:
      kind = CheckpointKind::kSavepoint;
      break;
    case BarrierKind::kStop:
      kind = CheckpointKind::kStop;
      break;
    case BarrierKind::kStopWithDrain:
      kind = CheckpointKind::kStopDrain;
      break;
    default:
      break;
  }
  const uint64_t number = next_request_++;
  requests_[number] = {client, request.request_id(), IsStop(kind)};
  if (!checkpoints_started_ || state_ != JobState::kRunning) {
    Execute(
        {RequestEndedCommand{
            number, 0, "",
            Error{ErrorCode::kUnavailable,
                  takes_checkpoints()
                      ? fmt::format("the job is {}, not all of its tasks run", Name(state_))
                      : "the job has no checkpoint directory; set `execution.checkpointing.dir`"}}},
        commands);
    return commands;
  }
  Execute(coordinator_.Request(number, kind, request.target(), environment_.now(), request.full()),
          commands);
  return commands;
}

JobMasterCommands JobMaster::OnReserved(uint64_t checkpoint_id,
                                        const std::string& savepoint_directory) {
  JobMasterCommands commands;
  Execute(
      coordinator_.OnReserved(checkpoint_id, savepoint_directory, Unassigned(), environment_.now()),
      commands);
  return commands;
}

JobMasterCommands JobMaster::OnReserveFailed(uint64_t checkpoint_id, const Error& error) {
  JobMasterCommands commands;
  Execute(coordinator_.OnReserveFailed(checkpoint_id, error, environment_.now()), commands);
  return commands;
}

JobMasterCommands JobMaster::OnCheckpointCommitted(uint64_t checkpoint_id,
                                                   const MetadataWrite& write) {
  JobMasterCommands commands;
  if (write.outcome == MetadataOutcome::kUnknown) {
    const std::vector<proto::SealedOutput>& sealed = sealed_[checkpoint_id];
    uncertain_sealed_.insert(uncertain_sealed_.end(), sealed.begin(), sealed.end());
  }
  Execute(coordinator_.OnCommitted(checkpoint_id, write, environment_.now()), commands);
  if (write.outcome == MetadataOutcome::kDurable) LogComplete(checkpoint_id, commands);
  if (!coordinator_.commits_under_way()) EndIfAllTerminal(commands);
  return commands;
}

void JobMaster::Execute(CheckpointCommands wanted, JobMasterCommands& commands) {
  for (CheckpointCommand& command : wanted) {
    if (auto* reserve = std::get_if<ReserveCommand>(&command)) {
      commands.push_back(StoreCommand(std::move(*reserve)));
    } else if (auto* commit = std::get_if<CommitCommand>(&command)) {
      sealed_[commit->metadata.checkpoint_id()] = SealedOutputOf(commit->metadata);
      commands.push_back(StoreCommand(std::move(*commit)));
    } else if (auto* prune = std::get_if<PruneCommand>(&command)) {
      commands.push_back(StoreCommand(std::move(*prune)));
    } else if (auto* discard = std::get_if<DiscardAllCommand>(&command)) {
      commands.push_back(StoreCommand(std::move(*discard)));
    } else if (const auto* trigger = std::get_if<TriggerCommand>(&command)) {
      Trigger(*trigger, commands);
    } else if (const auto* complete = std::get_if<NotifyCompleteCommand>(&command)) {
      // Output first: once subtasks have forgotten it nobody else lists it.
      newest_complete_ = newest_of_attempt_ = complete->checkpoint_id;
      if (rescale_) rescale_->has_checkpoint = true;
      if (const uint32_t failed = std::exchange(failed_checkpoints_, 0); failed != 0) {
        commands.push_back(LogCommand{fmt::format("checkpoint {} is complete, after {} that failed",
                                                  complete->checkpoint_id, failed)});
      }
      complete_sealed_ = std::move(sealed_[complete->checkpoint_id]);
      // It lists all that older ones did and that was not committed.
      sealed_.erase(sealed_.begin(), sealed_.upper_bound(complete->checkpoint_id));
      savepoint_sealed_.erase(savepoint_sealed_.begin(),
                              savepoint_sealed_.upper_bound(complete->checkpoint_id));
      uncertain_sealed_.clear();
      commands.push_back(
          CommitOutputCommand{graph_, complete_sealed_, complete->checkpoint_id, true});
    } else if (const auto* aborted = std::get_if<NotifyAbortedCommand>(&command)) {
      sealed_.erase(aborted->checkpoint_id);
      if (aborted->failure.has_value()) {
        // Ever more seldom as it goes on: the first, the second, the fourth.
        const bool is_detail = !std::has_single_bit(++failed_checkpoints_);
        commands.push_back(LogCommand{
            fmt::format("checkpoint {} has failed, {} in a row: {}", aborted->checkpoint_id,
                        failed_checkpoints_, aborted->failure->message),
            is_detail});
      }
      TellCheckpointEnded(aborted->checkpoint_id, false, commands);
    } else if (const auto* ended = std::get_if<RequestEndedCommand>(&command)) {
      AnswerRequest(*ended, commands);
    } else if (const auto* fail = std::get_if<FailJobCommand>(&command)) {
      Fail(fail->error, commands);
      EndIfAllTerminal(commands);
    } else {
      CHECK(std::holds_alternative<JobMayFinishCommand>(command));
      CommitLast(commands);
    }
  }
}

void JobMaster::LogComplete(uint64_t checkpoint_id, JobMasterCommands& commands) const {
  const auto& history = coordinator_.statistics().history();
  const auto record = std::ranges::find(history, checkpoint_id, &CheckpointRecord::id);
  if (record == history.end()) return;
  commands.push_back(LogCommand{
      fmt::format("{} {} is complete after {} ms: {} bytes written of {}, the workers held for at "
                  "most {} us",
                  record->is_savepoint() ? "savepoint" : "checkpoint", checkpoint_id,
                  record->end_to_end_duration, record->checkpointed_size, record->state_size,
                  record->stall_micros),
      /*is_detail=*/true});
}

void JobMaster::AnswerRequest(const RequestEndedCommand& ended, JobMasterCommands& commands) {
  if (rescale_ && rescale_->request == ended.request) return OnRescaleCheckpoint(ended);
  // A savepoint that does not end the job is told to nobody, and outlives the job's checkpoints.
  const auto sealed = sealed_.find(ended.checkpoint_id);
  if (sealed != sealed_.end() && !ended.path.empty()) {
    savepoint_sealed_.insert(sealed_.extract(sealed));
  }
  const auto request = requests_.find(ended.request);
  if (request == requests_.end()) return;
  protocol::Envelope envelope;
  envelope.set_to(request->second.client);
  protocol::RequestCheckpointReply& reply = *envelope.mutable_request_checkpoint_reply();
  reply.set_job_id(job_id_);
  reply.set_request_id(request->second.request_id);
  reply.set_checkpoint_id(ended.checkpoint_id);
  reply.set_path(ended.path);
  const bool waits = request->second.stops && !ended.error.has_value();
  if (ended.error.has_value()) *reply.mutable_error() = ToProto(*ended.error);
  requests_.erase(request);
  if (waits) {
    stop_replies_.push_back(std::move(envelope));
  } else {
    commands.push_back(SendCommand{std::move(envelope)});
  }
}

void JobMaster::AnswerStops(const std::optional<Error>& error, JobMasterCommands& commands) {
  for (protocol::Envelope& envelope : std::exchange(stop_replies_, {})) {
    protocol::RequestCheckpointReply& reply = *envelope.mutable_request_checkpoint_reply();
    if (error.has_value()) {
      *reply.mutable_error() = ToProto(
          Error{error->code, fmt::format("the savepoint {} is complete, but the job has not "
                                         "finished after it: {}",
                                         reply.path(), error->message)});
    }
    commands.push_back(SendCommand{std::move(envelope)});
  }
}

void JobMaster::Trigger(const TriggerCommand& trigger, JobMasterCommands& commands) {
  FLINKC_FAILPOINT("checkpoint.triggered");
  if (IsStop(trigger.kind)) stop_ = Stop{trigger.checkpoint_id, false, std::nullopt};
  std::map<std::string, protocol::Envelope> envelopes;
  for (const SubtaskIndex& index : trigger.subtasks) {
    const std::string& id = execution_.TaskManagerOf(index.vertex, index.subtask);
    protocol::Envelope& envelope = envelopes.try_emplace(id, ToTaskManager(id)).first->second;
    protocol::TriggerCheckpoint& message = *envelope.mutable_trigger_checkpoint();
    message.set_job_id(job_id_);
    message.set_checkpoint_id(trigger.checkpoint_id);
    message.set_kind(static_cast<uint32_t>(ToBarrierKind(trigger.kind)));
    message.set_savepoint_directory(trigger.savepoint_directory);
    message.set_full(trigger.full);
    message.set_triggered_at_millis(trigger.triggered_at_millis);
    *message.add_tasks() = MakeTaskId(index.vertex, index.subtask);
  }
  for (auto& [id, envelope] : envelopes) commands.push_back(SendCommand{std::move(envelope)});
}

void JobMaster::TellCheckpointEnded(uint64_t checkpoint_id, bool complete,
                                    JobMasterCommands& commands) {
  if (stop_.has_value() && checkpoint_id >= stop_->checkpoint_id) {
    if (checkpoint_id == stop_->checkpoint_id) {
      stop_->complete = complete;
      stop_->told_micros = environment_.now().monotonic_micros;
    } else if (complete) {
      stop_.reset();
    }
  }
  protocol::Envelope envelope;
  protocol::CheckpointEnded& ended = *envelope.mutable_checkpoint_ended();
  ended.set_job_id(job_id_);
  ended.set_checkpoint_id(checkpoint_id);
  ended.set_complete(complete);
  SendToAllTaskManagers(envelope, commands);
}

}  // namespace flinkc
