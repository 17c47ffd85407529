#include "runtime/jobmanager/job_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/planted_bug.h"
#include "runtime/checkpoint/savepoint.h"
#include "runtime/data/text_writer.h"
#include "runtime/jobmanager/check_restored.h"

namespace flinkc {

namespace {

constexpr int64_t kTimerIntervalMicros = 10'000;
constexpr int64_t kProgressIntervalMicros = 200'000;

}  // namespace

JobManager::JobManager(JobManagerServices services)
    : transport_(services.transport),
      connectors_(services.connectors),
      allowed_paths_(services.allowed_paths),
      files_(services.files),
      clock_(services.clock),
      version_(std::move(services.version)),
      log_(std::move(services.log)),
      log_details_(services.log_details),
      random_(std::move(services.random)),
      kept_jobs_(services.kept_jobs),
      on_lead_lost_(std::move(services.on_lead_lost)),
      dispatcher_([this] { return RandomHex(random_, 32); },
                  JobMasterEnvironment{[clock = services.clock] {
                                         return CheckpointTime{clock->MonotonicNanos() / 1000,
                                                               clock->NowMicros() / 1000};
                                       },
                                       [this] { return RandomShare(random_); },
                                       services.slot_wait_micros_max, LeaderEpoch()},
                  services.heartbeat) {
  TakeOver(std::move(services.former));
  service_ = transport_->Serve(
      kAddress,
      [this](const protocol::Envelope& envelope) {
        if (refuses_jobs_.load()) dispatcher_.RefuseJobs();
        Execute(dispatcher_.OnMessage(envelope));
      },
      [this] { OnTimer(); }, kTimerIntervalMicros);
}

void JobManager::OnTimer() {
  Execute(dispatcher_.OnTimer());
  if (++timers_ % (kProgressIntervalMicros / kTimerIntervalMicros) != 0) return;
  Execute(dispatcher_.OnProgressTimer());
  if (Leads()) Settle();
}

void JobManager::Execute(DispatcherCommands commands) {
  std::deque<DispatcherCommand> queue(std::move_iterator(commands.begin()),
                                      std::move_iterator(commands.end()));
  while (!queue.empty()) {
    DispatcherCommand command = std::move(queue.front());
    queue.pop_front();
    if (lead_lost_) return;
    if (auto* send = std::get_if<SendCommand>(&command)) {
      send->envelope.set_from(kAddress);
      send->envelope.set_leader_epoch(LeaderEpoch());
      transport_->Send(std::move(send->envelope));
      continue;
    }
    if (const auto* log = std::get_if<LogCommand>(&command)) {
      if (!log->is_detail || log_details_) Log(log->line);
      continue;
    }
    if (const auto* disconnect = std::get_if<DisconnectCommand>(&command)) {
      transport_->Disconnect(disconnect->address, disconnect->reason);
      continue;
    }
    if (!Leads()) return;
    for (DispatcherCommand& next : ExecuteDurable(std::move(command))) {
      queue.push_back(std::move(next));
    }
  }
}

DispatcherCommands JobManager::ExecuteDurable(DispatcherCommand command) {
  if (auto* keep = std::get_if<KeepJobCommand>(&command)) return KeepJob(std::move(*keep));
  if (const auto* requirements = std::get_if<KeepRequirementsCommand>(&command)) {
    return KeepRequirements(*requirements);
  }
  if (const auto* result = std::get_if<KeepResultCommand>(&command)) {
    KeepResult(*result);
    return {};
  }
  if (const auto* forget = std::get_if<ForgetJobCommand>(&command)) {
    stores_.erase(forget->job_id);
    ForgetJob(forget->job_id);
    return {};
  }
  if (const auto* leftovers = std::get_if<RemoveLeftoversCommand>(&command)) {
    RemoveLeftovers(*leftovers);
    return {};
  }
  if (const auto* dispose = std::get_if<DisposeSavepointCommand>(&command)) {
    const Status disposed = DisposeSavepoint(*files_, dispose->directory);
    if (disposed) Log(fmt::format("the savepoint {} was disposed of", dispose->directory));
    return {Dispatcher::DisposeReply(dispose->client, dispose->request_id, disposed)};
  }
  if (const auto* commit = std::get_if<CommitJobCommand>(&command)) {
    const CommitOutputCommand& output = commit->commit;
    Status status = output.is_listed ? Status() : KeepFinalOutput(commit->job_id, output.sealed);
    if (status) status = Commit(*output.graph, output.sealed);
    return dispatcher_.OnCommitted(commit->job_id, output.checkpoint_id, status);
  }
  if (const auto* restored = std::get_if<CommitRestoredJobCommand>(&command)) {
    return dispatcher_.OnRestoreCommitted(restored->job_id,
                                          CommitRestored(restored->job_id, restored->commit));
  }
  if (auto* store = std::get_if<StoreJobCommand>(&command)) {
    return Store(store->job_id, std::move(store->command));
  }
  const auto& prepare = std::get<PrepareJobCommand>(command);
  Result<PreparedJob> prepared = Prepare(prepare);
  return prepared ? dispatcher_.OnPrepared(prepare.job_id, *std::move(prepared))
                  : dispatcher_.OnPrepareFailed(prepare.job_id, prepared.error());
}

DispatcherCommands JobManager::Store(const std::string& job_id, StoreCommand command) {
  const auto found = stores_.find(job_id);
  if (found == stores_.end()) return {};
  CheckpointStore& store = *found->second.store;
  if (const auto* reserve = std::get_if<ReserveCommand>(&command)) {
    const uint64_t id = reserve->checkpoint_id;
    Result<std::string> directory = std::string();
    if (Status reserved = store.Reserve(id); !reserved) {
      directory = std::unexpected(std::move(reserved).error());
    } else if (!reserve->savepoint_target.empty()) {
      directory = store.MakeSavepointDirectory(id, reserve->savepoint_target, job_id,
                                               RandomHex(random_, 12));
    }
    return dispatcher_.OnReserved(job_id, id, directory);
  }
  if (auto* commit = std::get_if<CommitCommand>(&command)) {
    commit->metadata.set_version(version_);
    MetadataWrite write =
        commit->savepoint_directory.empty()
            ? store.Commit(commit->metadata)
            : store.CommitSavepoint(commit->savepoint_directory, commit->metadata);
    FLINKC_FAILPOINT("checkpoint.durable");
    if (commit->stops && write.outcome == MetadataOutcome::kDurable) {
      Status marked =
          store.MarkStopped({job_id, clock_->NowMicros() / 1000, commit->savepoint_directory});
      if (!marked) {
        write = {MetadataOutcome::kUnknown,
                 std::move(marked).error().WithContext(fmt::format(
                     "the savepoint {} is complete, but it cannot be noted that the job stops "
                     "with it",
                     commit->savepoint_directory))};
      }
    }
    return dispatcher_.OnCheckpointCommitted(job_id, commit->metadata.checkpoint_id(), write);
  }
  if (const auto* prune = std::get_if<PruneCommand>(&command)) {
    if (Status pruned = store.Prune(prune->request); !pruned) {
      Log(fmt::format("old checkpoints could not be removed, the next one tries again: {}",
                      pruned.error().message));
    }
  } else if (!unsettled_.contains(job_id)) {
    Discard(job_id, std::get<DiscardAllCommand>(command), &store);
  }
  return {};
}

void JobManager::Discard(const std::string& job_id, const DiscardAllCommand& discard,
                         CheckpointStore* store) const {
  Status done;
  if (discard.finished) {
    done = store->MarkFinished({job_id, clock_->NowMicros() / 1000, discard.savepoint});
  }
  // Without the mark the last checkpoint stays: who goes on from it has nothing left to do either.
  if (done) done = store->DiscardAll();
  if (done) return;
  Log(fmt::format("the checkpoints of the ended job could not be removed: {}",
                  done.error().message));
}

Status JobManager::LookForEnd(const JobGraph& graph, CheckpointStore* store,
                              PreparedJob* prepared) const {
  ASSIGN_OR_RETURN(const std::optional<FinishedJob> end, store->ReadFinished());
  if (!end) return {};
  if (!end->savepoint.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("the job `{}` was stopped with a savepoint and has no checkpoint "
                                 "to go on from; use --from-savepoint {}",
                                 graph.name, end->savepoint));
  }
  std::string when;
  AppendTimestamp(when, end->finished_at * 1000, 0);
  Log(
      fmt::format("the job `{}` came to its end at {} UTC, and there is nothing to go on with; "
                  "without --from-checkpoint it runs again, from the beginning",
                  graph.name, when));
  prepared->has_finished = true;
  return store->DiscardAll();
}

Status JobManager::PrepareFromPath(const PrepareJobCommand& command,
                                   const RecoveryOptions& recovery, PreparedJob* prepared) {
  if (recovery.from_latest() || recovery.claim == ClaimMode::kClaim) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} the job needs a directory of checkpoints; set `dir` of "
                                 "`job.checkpoint` (`execution.checkpointing.dir`)",
                                 recovery.from_latest() ? "to go on from its newest checkpoint"
                                                        : "to claim what it goes on from"));
  }
  ASSIGN_OR_RETURN(CheckpointAtPath point, ReadCheckpointAtPath(*files_, recovery.path));
  prepared->restored_root = std::move(point.root);
  prepared->restored = std::move(point.metadata);
  prepared->restored_by_path = true;
  Log(fmt::format("going on from {} {}",
                  prepared->restored->savepoint() ? "savepoint" : "checkpoint",
                  prepared->restored->checkpoint_id()));
  return CheckRestored(*command.graph, recovery, *prepared->restored);
}

void JobManager::JobStore::LeaveOut(FoundCheckpoints* found) const {
  std::erase_if(found->complete, [this](const StoredCheckpoint& stored) {
    return stored.metadata.checkpoint_id() < id_min;
  });
  std::erase_if(found->skipped, [this](const FoundCheckpoints::Skipped& skipped) {
    return skipped.checkpoint_id < id_min;
  });
}

// Opens the job's checkpoint directory and finds what to go on from.
Status JobManager::PrepareCheckpoints(const PrepareJobCommand& command, PreparedJob* prepared) {
  ASSIGN_OR_RETURN(const CheckpointOptions options,
                   CheckpointOptions::Parse(command.graph->config));
  ASSIGN_OR_RETURN(const RecoveryOptions recovery, RecoveryOptions::Parse(command.graph->config));
  if (options.dir.empty()) {
    return recovery.path.empty() ? Status() : PrepareFromPath(command, recovery, prepared);
  }
  JobStore& job = stores_[command.job_id];
  std::unique_ptr<CheckpointStore>& store = job.store;
  const PrepareCommand& prepare = command.prepare;
  if (store == nullptr) {
    ASSIGN_OR_RETURN(store, CheckpointStore::Open(files_, options.dir, command.graph->name));
  }
  prepared->checkpoint_directory = store->directory();
  if (prepare.damaged.has_value()) {
    store->MarkCorrupt(prepare.damaged->checkpoint_id, prepare.damaged->error);
  }
  ASSIGN_OR_RETURN(FoundCheckpoints found, store->Find());
  const proto::StoredJob* const former = FormerOf(command);
  const bool has_run = prepare.taken_over ? former != nullptr : prepare.restart;
  if (former != nullptr) {
    job.id_min = former->checkpoint_id_min();
    ASSIGN_OR_RETURN(prepared->has_finished, LookForFormerEnd(command, found, store.get()));
  } else if (!has_run && recovery.from_latest()) {
    RETURN_IF_ERROR(LookForEnd(*command.graph, store.get(), prepared));
  } else if (!has_run) {
    job.id_min = found.id_max + 1;
  }
  if (prepared->has_finished) return {};
  job.LeaveOut(&found);
  for (const FoundCheckpoints::Skipped& skipped : found.skipped) {
    Log(fmt::format("checkpoint {} is damaged and is not used: {}", skipped.checkpoint_id,
                    skipped.error.message));
  }
  const bool newest = has_run || recovery.from_latest();
  if (newest && !found.complete.empty()) {
    prepared->restored = found.complete.front().metadata;
    prepared->restored_root = store->directory();
  } else if (!recovery.path.empty() && !recovery.from_latest()) {
    ASSIGN_OR_RETURN(RestorePoint point, store->Restore(recovery.path, recovery.claim));
    prepared->restored = std::move(point.checkpoint.metadata);
    prepared->restored_root = point.checkpoint.root;
    prepared->restored_by_path = true;
    ASSIGN_OR_RETURN(found, store->Find());
    job.LeaveOut(&found);
  } else if (newest && !found.skipped.empty()) {
    // To start again would write everything a second time, and replace what could be mended.
    return MakeError(
        ErrorCode::kCorrupt,
        fmt::format("no checkpoint of the job `{}` in {} is whole; repair one, go on from a "
                    "savepoint, or remove the directory to start from the beginning. {}",
                    command.graph->name, store->directory(), found.skipped.front().error.message));
  } else if (prepare.newest_complete != 0) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("checkpoint {} of the job `{}` was complete and is gone from {}, "
                                 "and there is no other to start again from",
                                 prepare.newest_complete, command.graph->name, store->directory()));
  } else if (newest) {
    Log(
        fmt::format("there is no complete checkpoint of the job `{}` in {}; it starts from the "
                    "beginning",
                    command.graph->name, options.dir));
  }
  if (prepared->restored.has_value()) RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.found"));
  RETURN_IF_ERROR(store->CleanUp());
  if (prepared->restored.has_value()) RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.cleaned"));
  prepared->checkpoint_id_max = found.id_max;
  for (const StoredCheckpoint& checkpoint : found.complete) {
    if (!checkpoint.kept) {
      prepared->retained.push_back(RetainedCheckpoint::From(checkpoint.metadata));
    }
  }
  if (prepared->restored.has_value()) {
    prepared->checkpoint_id_max =
        std::max(prepared->checkpoint_id_max, prepared->restored->checkpoint_id());
    const uint64_t id = prepared->restored->checkpoint_id();
    Log(fmt::format("going on from {} {}",
                    prepared->restored->savepoint() ? "savepoint" : "checkpoint", id));
    if (newest) GoBack(found, id, prepare.newest_complete, prepared);
  }
  ASSIGN_OR_RETURN(prepared->sealed_by_savepoints, store->SealedBySavepoints());
  if (!prepared->restored.has_value()) return {};
  return CheckRestored(*command.graph, recovery, *prepared->restored);
}

void JobManager::GoBack(const FoundCheckpoints& found, uint64_t restored, uint64_t newest_complete,
                        PreparedJob* prepared) const {
  uint64_t known = restored;
  bool all_are_known = true;
  for (const FoundCheckpoints::Skipped& skipped : found.skipped) {
    if (skipped.checkpoint_id < restored) continue;
    known = std::max(known, skipped.checkpoint_id);
    if (!skipped.metadata.has_value()) {
      all_are_known = false;
      continue;
    }
    prepared->given_up.push_back({skipped.checkpoint_id, skipped.error});
    for (proto::SealedOutput& sealed : SealedOutputOf(*skipped.metadata)) {
      prepared->taken_back.push_back(std::move(sealed));
    }
  }
  if (!all_are_known || newest_complete > known) {
    Log(
        fmt::format("newer checkpoints than {} are damaged or gone, and what they list is not "
                    "known: what sinks have committed since then is written once more",
                    restored));
  } else if (known > restored) {
    Log(
        fmt::format("newer checkpoints than {} are damaged: what file sinks have committed with "
                    "them is taken back, and written anew",
                    restored));
  }
}

Result<std::vector<JobManager::Committer>> JobManager::MakeCommitters(
    const JobGraph& graph, const std::vector<proto::SealedOutput>& sealed) const {
  std::vector<Committer> committers;
  for (const JobVertex& vertex : graph.vertices) {
    for (const SinkDescriptor& sink : vertex.sinks) {
      const ConnectorRuntime* connector = FindConnector(*connectors_, sink.connector);
      if (connector == nullptr || connector->make_committer == nullptr) continue;
      Committer& committer = committers.emplace_back();
      committer.sink = sink.name;
      committer.vertex = vertex.id.value();
      auto made = connector->make_committer({&sink, graph.name, files_});
      if (!made) {
        return std::unexpected(
            std::move(made).error().WithContext(fmt::format("sink `{}`", sink.name)));
      }
      committer.committer = *std::move(made);
      for (const proto::SealedOutput& output : sealed) {
        if (output.sink() == sink.name) committer.sealed.push_back(output.unit());
      }
    }
  }
  return committers;
}

Status JobManager::Commit(const JobGraph& graph,
                          const std::vector<proto::SealedOutput>& sealed) const {
  ASSIGN_OR_RETURN(const std::vector<Committer> committers, MakeCommitters(graph, sealed));
  for (const Committer& committer : committers) {
    if (Status status = committer.committer->Commit(committer.sealed); !status) {
      return std::unexpected(
          std::move(status).error().WithContext(fmt::format("sink `{}`", committer.sink)));
    }
  }
  return {};
}

Status JobManager::CheckSealed(const JobGraph& graph,
                               const std::vector<proto::SealedOutput>& sealed) const {
  ASSIGN_OR_RETURN(const std::vector<Committer> committers, MakeCommitters(graph, sealed));
  for (const Committer& committer : committers) {
    if (Status status = committer.committer->Check(committer.sealed); !status) {
      return std::unexpected(
          std::move(status).error().WithContext(fmt::format("sink `{}`", committer.sink)));
    }
  }
  return {};
}

// That nobody goes on from the damaged ones any more must last before anything of theirs is taken
// back: they list what is then gone.
Status JobManager::CommitRestored(const std::string& job_id,
                                  const CommitRestoredCommand& restored) {
  const auto store = stores_.find(job_id);
  for (const DamagedCheckpoint& damaged : restored.given_up) {
    CHECK(store != stores_.end());
    RETURN_IF_ERROR(store->second.store->GiveUp(damaged.checkpoint_id, damaged.error));
  }
  RETURN_IF_ERROR(TakeBack(restored));
  RETURN_IF_ERROR(Commit(*restored.graph, restored.sealed));
  return FLINKC_FAILPOINT_STATUS("restore.committed");
}

Status JobManager::TakeBack(const CommitRestoredCommand& restored) const {
  if (restored.taken_back.empty()) return {};
  ASSIGN_OR_RETURN(const std::vector<Committer> committers,
                   MakeCommitters(*restored.graph, restored.taken_back));
  ASSIGN_OR_RETURN(const std::vector<Committer> kept,
                   MakeCommitters(*restored.graph, restored.kept));
  for (size_t i = 0; i < committers.size(); ++i) {
    const Committer& one = committers[i];
    if (Status status = one.committer->TakeBack(one.sealed, kept[i].sealed); !status) {
      return std::unexpected(
          std::move(status).error().WithContext(fmt::format("sink `{}`", one.sink)));
    }
  }
  return {};
}

void JobManager::RemoveLeftovers(const RemoveLeftoversCommand& leftovers) const {
  const Result<std::vector<Committer>> committers =
      MakeCommitters(*leftovers.graph, leftovers.sealed);
  if (!committers) return;
  for (const Committer& committer : *committers) {
    const auto subtasks = leftovers.part.find(committer.vertex);
    const bool is_meant = subtasks != leftovers.part.end() && !Planted(PlantedBug::kPreparesAll);
    if (!is_meant && !leftovers.part.empty() && !Planted(PlantedBug::kPreparesAll)) continue;
    // What cannot be removed now does no harm, and goes when the job is started again or ends.
    static_cast<void>(committer.committer->RemoveLeftovers(committer.sealed,
                                                           is_meant ? &subtasks->second : nullptr));
  }
}

Result<PreparedJob::Source> JobManager::FindSplits(const SourceDescriptor& source,
                                                   uint32_t parallelism) const {
  const std::string context = fmt::format("source `{}`", source.name);
  const ConnectorRuntime* connector = FindConnector(*connectors_, source.connector);
  if (connector == nullptr || connector->make_enumerator == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: this build has no connector `{}` that can read", context,
                                 source.connector));
  }
  if (allowed_paths_ != nullptr && connector->check_source_paths != nullptr) {
    if (Status allowed = connector->check_source_paths(source.options, *allowed_paths_); !allowed) {
      return std::unexpected(std::move(allowed).error().WithContext(context));
    }
  }
  auto enumerator = connector->make_enumerator(source);
  if (!enumerator) return std::unexpected(std::move(enumerator).error().WithContext(context));
  auto splits = (*enumerator)->Enumerate(parallelism);
  if (!splits) return std::unexpected(std::move(splits).error().WithContext(context));
  return PreparedJob::Source{*std::move(splits), (*enumerator)->assigns_all_at_start()};
}

Result<PreparedJob> JobManager::Prepare(const PrepareJobCommand& command) {
  if (!command.prepare.part.empty()) return PreparePart(command);
  const JobGraph& graph = *command.graph;
  if (const proto::StoredJob* former = FormerOf(command);
      former != nullptr && former->has_final_output()) {
    const auto& sealed = former->final_output().sealed();
    return FinishFormer(command, {sealed.begin(), sealed.end()});
  }
  PreparedJob prepared;
  RETURN_IF_ERROR(PrepareCheckpoints(command, &prepared));
  if (prepared.has_finished) return prepared;
  std::vector<proto::SealedOutput> sealed;
  if (prepared.restored.has_value()) {
    sealed = SealedOutputOf(*prepared.restored);
    RETURN_IF_ERROR(CheckSealed(graph, sealed));
  }
  // One that was taken over and has no checkpoint has made nothing visible yet.
  const bool goes_on =
      (command.prepare.restart && !command.prepare.taken_over) || prepared.restored.has_value();
  if (command.prepare.taken_over && !goes_on && prepared.checkpoint_directory.empty()) {
    Log(fmt::format("the job `{}` takes no checkpoints and starts from its beginning", graph.name));
  }
  for (const JobVertex& vertex : graph.vertices) {
    for (const SinkDescriptor& sink : vertex.sinks) {
      const ConnectorRuntime* connector = FindConnector(*connectors_, sink.connector);
      if (connector == nullptr || connector->make_writer == nullptr) {
        return MakeError(ErrorCode::kInvalidArgument,
                         fmt::format("sink `{}`: this build has no connector `{}` that can write",
                                     sink.name, sink.connector));
      }
      Status status;
      if (allowed_paths_ != nullptr && connector->check_sink_paths != nullptr) {
        status = connector->check_sink_paths(sink.options, *allowed_paths_);
      }
      if (status && connector->prepare_sink != nullptr && !goes_on) {
        status = connector->prepare_sink(sink);
      }
      if (!status) {
        return std::unexpected(
            std::move(status).error().WithContext(fmt::format("sink `{}`", sink.name)));
      }
    }
    // Who looks rows up reads the table itself.
    for (const SourceDescriptor& table : vertex.tables) {
      RETURN_IF_ERROR(FindSplits(table, vertex.parallelism));
    }
    if (!vertex.source.has_value()) continue;
    ASSIGN_OR_RETURN(prepared.sources[vertex.id.value()],
                     FindSplits(*vertex.source, vertex.parallelism));
  }
  // Also one that was about to stop, and failed before anybody knew.
  if (!prepared.checkpoint_directory.empty()) {
    RETURN_IF_ERROR(stores_[command.job_id].store->ForgetFinished());
  }
  // What a former process has left behind. What damaged checkpoints list stays until it is known
  // that the older one is whole: they may be mended.
  const auto keep = [&](const std::vector<proto::SealedOutput>& kept) {
    sealed.insert(sealed.end(), kept.begin(), kept.end());
  };
  keep(command.prepare.sealed_kept);
  keep(prepared.taken_back);
  keep(prepared.sealed_by_savepoints);
  RemoveLeftovers({command.graph, std::move(sealed)});
  RETURN_IF_ERROR(KeepPrepared(command.job_id));
  return prepared;
}

// Nothing in the directory of checkpoints is removed: those that run are writing there.
Result<PreparedJob> JobManager::PreparePart(const PrepareJobCommand& command) {
  const PrepareCommand& prepare = command.prepare;
  const JobGraph& graph = *command.graph;
  PreparedJob prepared;
  if (const auto job = stores_.find(command.job_id); job != stores_.end()) {
    CheckpointStore& store = *job->second.store;
    if (prepare.newest_complete != 0) {
      ASSIGN_OR_RETURN(prepared.restored, store.Read(prepare.newest_complete));
      prepared.restored_root = store.directory();
      RETURN_IF_ERROR(CheckSealed(graph, SealedOutputOf(*prepared.restored)));
      RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.found"));
      Log(fmt::format("a part of the job goes on from checkpoint {}", prepare.newest_complete));
    }
    RETURN_IF_ERROR(store.NoteSavepoints());
    ASSIGN_OR_RETURN(prepared.sealed_by_savepoints, store.SealedBySavepoints());
  }
  for (const auto& [vertex, subtasks] : prepare.part) {
    const std::optional<SourceDescriptor>& source = graph.vertices[vertex].source;
    if (!source.has_value()) continue;
    ASSIGN_OR_RETURN(prepared.sources[vertex],
                     FindSplits(*source, graph.vertices[vertex].parallelism));
  }
  std::vector<proto::SealedOutput> sealed = prepare.sealed_kept;
  sealed.insert(sealed.end(), prepared.sealed_by_savepoints.begin(),
                prepared.sealed_by_savepoints.end());
  RemoveLeftovers({command.graph, std::move(sealed), prepare.part});
  return prepared;
}

}  // namespace flinkc
