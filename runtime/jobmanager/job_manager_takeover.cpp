// The part of the JobManager about what outlives it: jobs that are kept for the one that takes
// over, and what that one makes of them.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "runtime/jobmanager/job_manager.h"

namespace flinkc {

void JobManager::TakeOver(FormerJobs former) {
  if (kept_jobs_ == nullptr) return;
  for (const std::string& damaged : former.damaged) Log(damaged);
  std::map<std::string, const proto::StoredResult*> results;
  for (const proto::StoredResult& result : former.results) {
    results[result.description().job_id()] = &result;
    dispatcher_.TakeOverResult(result.description());
  }
  for (proto::StoredJob& job : former.jobs) {
    const std::string job_id = job.job_id();
    if (const auto ended = results.find(job_id); ended != results.end()) {
      CleanUpAfter(job, *ended->second);
      ForgetJob(job_id);
      continue;
    }
    const proto::StoredJob& stored = stored_[job_id] = std::move(job);
    Log(fmt::format("the job {} of a former JobManager is taken over", job_id));
    KeepJobCommand taken{job_id, stored.job_graph(), stored.client(), stored.submitted_at()};
    if (stored.has_requirements()) taken.requirements = stored.requirements();
    Result<DispatcherCommands> commands = dispatcher_.TakeOverJob(taken);
    if (commands) {
      Execute(*std::move(commands));
      continue;
    }
    stored_.erase(job_id);
    const Status aside = kept_jobs_->SetAside(job_id);
    Log(fmt::format("the job {} of a former JobManager cannot be run and is {}: {}", job_id,
                    aside ? "set aside in `damaged`" : aside.error().message,
                    commands.error().message));
  }
}

void JobManager::CleanUpAfter(const proto::StoredJob& job, const proto::StoredResult& result) {
  const auto clean_up = [&]() -> Status {
    ASSIGN_OR_RETURN(JobGraph read, DeserializeJobGraph(job.job_graph()));
    const auto graph = std::make_shared<const JobGraph>(std::move(read));
    ASSIGN_OR_RETURN(const CheckpointOptions options, CheckpointOptions::Parse(graph->config));
    std::vector<proto::SealedOutput> sealed;
    if (!options.dir.empty()) {
      ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointStore> store,
                       CheckpointStore::Open(files_, options.dir, graph->name));
      ASSIGN_OR_RETURN(const FoundCheckpoints found, store->Find());
      RETURN_IF_ERROR(store->CleanUp());
      ASSIGN_OR_RETURN(sealed, store->SealedBySavepoints());
      if (result.has_discard()) {
        Discard(job.job_id(), {result.discard().finished(), result.discard().savepoint()},
                store.get());
      } else {
        for (const StoredCheckpoint& checkpoint : found.complete) {
          const std::vector<proto::SealedOutput> listed = SealedOutputOf(checkpoint.metadata);
          sealed.insert(sealed.end(), listed.begin(), listed.end());
        }
      }
    }
    if (result.description().state() != static_cast<uint32_t>(JobState::kFinished)) {
      RemoveLeftovers({graph, std::move(sealed)});
    }
    return {};
  };
  if (Status status = clean_up(); !status) {
    Log(fmt::format("what the ended job {} has left could not be removed: {}", job.job_id(),
                    status.error().message));
  }
}

bool JobManager::Leads() {
  if (lead_lost_ || kept_jobs_ == nullptr) return !lead_lost_;
  const Status leads = kept_jobs_->CheckLeads();
  if (leads || leads.error().code != ErrorCode::kUnavailable) return true;
  lead_lost_ = true;
  Log(fmt::format("{}; this one does nothing any more", leads.error().message));
  if (on_lead_lost_) on_lead_lost_(leads.error());
  return false;
}

DispatcherCommands JobManager::KeepJob(KeepJobCommand command) {
  Status status;
  if (kept_jobs_ != nullptr) {
    proto::StoredJob job;
    job.set_job_id(command.job_id);
    job.set_job_graph(std::move(command.job_graph));
    job.set_submitted_at(command.submitted_at_millis);
    job.set_client(std::move(command.client));
    status = kept_jobs_->Keep(job);
    if (status) {
      stored_[command.job_id] = std::move(job);
      // It may have been refused before.
      unsettled_.erase(command.job_id);
    } else {
      // Who is told that it was refused must not find it running one day.
      ForgetJob(command.job_id);
      status = std::unexpected(std::move(status).error().WithContext("the job cannot be kept"));
    }
  }
  return dispatcher_.OnJobKept(command.job_id, status);
}

DispatcherCommands JobManager::KeepRequirements(const KeepRequirementsCommand& command) {
  const auto stored = stored_.find(command.update.job_id());
  Status status;
  if (stored != stored_.end()) {
    proto::StoredJob job = stored->second;
    *job.mutable_requirements() = command.update.requirements();
    status = kept_jobs_->Keep(job);
    if (status) {
      stored->second = std::move(job);
    } else {
      status = std::unexpected(std::move(status).error().WithContext(
          "the requirements cannot be kept for the next JobManager, and are not taken"));
    }
  }
  return dispatcher_.OnRequirementsKept(command, status);
}

void JobManager::KeepResult(const KeepResultCommand& command) {
  if (kept_jobs_ == nullptr) return;
  proto::StoredResult result;
  *result.mutable_description() = command.result;
  if (command.discard) {
    result.mutable_discard()->set_finished(command.discard->finished);
    result.mutable_discard()->set_savepoint(command.discard->savepoint);
  }
  const std::string& job_id = command.result.job_id();
  const Status kept = kept_jobs_->KeepResult(result);
  if (kept) return;
  Log(fmt::format("how the job {} has ended could not be kept: {}", job_id, kept.error().message));
  // One that is not known is not run again either.
  ForgetJob(job_id);
}

void JobManager::ForgetJob(const std::string& job_id) {
  stored_.erase(job_id);
  if (kept_jobs_ == nullptr) return;
  const Status forgotten = kept_jobs_->Forget(job_id);
  if (forgotten) {
    unsettled_.erase(job_id);
  } else if (unsettled_.insert(job_id).second) {
    Log(fmt::format("the job {} could not be forgotten, which is tried again: {}", job_id,
                    forgotten.error().message));
  }
}

void JobManager::Settle() {
  if (unsettled_.empty()) return;
  const std::set<std::string> unsettled = unsettled_;
  for (const std::string& job_id : unsettled) ForgetJob(job_id);
}

Status JobManager::KeepPrepared(const std::string& job_id) {
  const auto stored = stored_.find(job_id);
  if (stored == stored_.end() || stored->second.has_checkpoint_id_min()) return {};
  const auto store = stores_.find(job_id);
  proto::StoredJob job = stored->second;
  job.set_checkpoint_id_min(store == stores_.end() ? 0 : store->second.id_min);
  RETURN_IF_ERROR(kept_jobs_->Keep(job));
  stored->second = std::move(job);
  return {};
}

Status JobManager::KeepFinalOutput(const std::string& job_id,
                                   const std::vector<proto::SealedOutput>& sealed) {
  const auto stored = stored_.find(job_id);
  if (stored == stored_.end()) return {};
  auto& kept = *stored->second.mutable_final_output()->mutable_sealed();
  kept.Assign(sealed.begin(), sealed.end());
  Status status = kept_jobs_->Keep(stored->second);
  if (status) return status;
  return std::unexpected(std::move(status).error().WithContext(
      "what the job is about to make visible at its end cannot be kept"));
}

const proto::StoredJob* JobManager::FormerOf(const PrepareJobCommand& command) const {
  if (!command.prepare.taken_over) return nullptr;
  const auto stored = stored_.find(command.job_id);
  const bool was_prepared = stored != stored_.end() && stored->second.has_checkpoint_id_min();
  return was_prepared ? &stored->second : nullptr;
}

Result<PreparedJob> JobManager::FinishFormer(const PrepareJobCommand& command,
                                             const std::vector<proto::SealedOutput>& sealed) {
  RETURN_IF_ERROR(Commit(*command.graph, sealed));
  ASSIGN_OR_RETURN(const CheckpointOptions options,
                   CheckpointOptions::Parse(command.graph->config));
  PreparedJob prepared;
  prepared.has_finished = true;
  if (!options.dir.empty()) {
    ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointStore> store,
                     CheckpointStore::Open(files_, options.dir, command.graph->name));
    RETURN_IF_ERROR(store->Find());
    prepared.checkpoint_directory = store->directory();
    Discard(command.job_id, {true, ""}, store.get());
  }
  Log(fmt::format("job `{}`: it had come to its end, and all of its output is visible now",
                  command.graph->name));
  return prepared;
}

Result<bool> JobManager::LookForFormerEnd(const PrepareJobCommand& command,
                                          const FoundCheckpoints& found, CheckpointStore* store) {
  ASSIGN_OR_RETURN(const std::optional<FinishedJob> end, store->ReadFinished());
  if (!end || end->job_id != command.job_id) return false;
  if (!end->savepoint.empty()) {
    ASSIGN_OR_RETURN(const CheckpointAtPath stopped_with,
                     ReadCheckpointAtPath(*files_, end->savepoint));
    // It may have gone on, where nobody knew whether the mark was written.
    if (!found.complete.empty() &&
        found.complete.front().metadata.checkpoint_id() > stopped_with.metadata.checkpoint_id()) {
      return false;
    }
    RETURN_IF_ERROR(Commit(*command.graph, SealedOutputOf(stopped_with.metadata)));
  }
  Discard(command.job_id, {true, end->savepoint}, store);
  Log(fmt::format(
      "job `{}`: it had come to its end{}", command.graph->name,
      end->savepoint.empty() ? "" : fmt::format(" with the savepoint {}", end->savepoint)));
  return true;
}

}  // namespace flinkc
