// The part of the JobMaster about what an attempt goes on from: prepared, loaded by all tasks,
// committed; or damaged, and the one before it taken.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/checkpoint/recovery_options.h"
#include "runtime/checkpoint/savepoint.h"
#include "runtime/graph/state_schema.h"
#include "runtime/jobmanager/job_master.h"

namespace flinkc {

namespace {

const proto::VertexSnapshot* FindVertex(const proto::CheckpointMetadata& metadata,
                                        const std::string& name) {
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    if (vertex.name() == name) return &vertex;
  }
  return nullptr;
}

// By vertex and subtask.
using Marks = std::vector<std::vector<bool>>;

bool AllOf(const std::vector<bool>& marks) { return std::ranges::all_of(marks, std::identity()); }

// Which subtasks had finished by themselves. A source's subtask that had no splits left may be
// given some of the others': of a source all have, or none.
std::vector<bool> FinishedOf(const JobVertex& vertex, const proto::VertexSnapshot* stored) {
  std::vector<bool> finished(vertex.parallelism, false);
  if (stored == nullptr) return finished;
  const auto& subtasks = stored->subtasks();
  const bool all = stored->unassigned_splits().empty() &&
                   std::ranges::all_of(subtasks, &proto::SubtaskSnapshot::finished);
  const bool same = !vertex.source.has_value() && stored->parallelism() == vertex.parallelism;
  for (uint32_t i = 0; i < vertex.parallelism; ++i) {
    finished[i] = all || (same && subtasks[static_cast<int>(i)].finished());
  }
  return finished;
}

// By vertex: whether rows come to it of a source that the checkpoint has not.
std::vector<bool> HaveNewSources(const JobGraph& graph, const proto::CheckpointMetadata& restored) {
  std::vector<bool> have(graph.vertices.size(), false);
  for (const JobVertex& vertex : graph.vertices) {
    have[vertex.id.value()] =
        vertex.source &&
        std::ranges::find(restored.vertices(), vertex.source->name,
                          &proto::VertexSnapshot::source) == restored.vertices().end();
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (const JobEdge& edge : graph.edges) {
      if (!have[edge.source.value()] || have[edge.target.value()]) continue;
      have[edge.target.value()] = changed = true;
    }
  }
  return have;
}

// Those to which nothing can come any more: all that feed them are such as well. A vertex that is
// called otherwise at this parallelism is not known to be, but all before one that had finished as
// a whole had, unless the job has a source more.
Marks FinishedForGood(const JobGraph& graph, const proto::CheckpointMetadata& restored) {
  Marks finished;
  std::vector<bool> known, whole;
  const std::vector<bool> is_new = HaveNewSources(graph, restored);
  for (const JobVertex& vertex : graph.vertices) {
    const proto::VertexSnapshot* const stored = FindVertex(restored, vertex.name);
    finished.push_back(FinishedOf(vertex, stored));
    known.push_back(stored != nullptr);
    whole.push_back(AllOf(finished.back()));
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (const JobEdge& edge : graph.edges) {
      const bool is_cut_otherwise = !known[edge.source.value()] && !is_new[edge.source.value()];
      if (is_cut_otherwise && whole[edge.target.value()]) continue;
      const std::vector<bool>& feeding = finished[edge.source.value()];
      std::vector<bool>& fed = finished[edge.target.value()];
      const bool by_subtask = edge.partitioning == Partitioning::kForward;
      const bool all_have = AllOf(feeding);
      for (uint32_t i = 0; i < fed.size(); ++i) {
        if (!fed[i] || all_have || (by_subtask && feeding[i])) continue;
        fed[i] = false;
        changed = true;
      }
    }
  }
  return finished;
}

}  // namespace

bool JobMaster::MayPass(const Error& error) {
  return error.code == ErrorCode::kIo || error.code == ErrorCode::kNoSpace ||
         error.code == ErrorCode::kPermissionDenied || error.code == ErrorCode::kUnavailable;
}

JobMasterCommands JobMaster::OnPrepared(PreparedJob prepared) {
  JobMasterCommands commands;
  preparing_ = false;
  if (std::exchange(preparing_part_, false)) return OnRegionsPrepared(std::move(prepared));
  if (state_ != JobState::kInitializing && state_ != JobState::kRestarting) return commands;
  taken_over_ = false;
  prepared_ = std::move(prepared);
  if (prepared_.has_finished) {
    End(JobState::kFinished, commands);
    return commands;
  }
  restore_pending_ = prepared_.restored.has_value();
  restore_committing_ = false;
  restored_sealed_.clear();
  if (restore_pending_) {
    restored_sealed_ = SealedOutputOf(*prepared_.restored);
    if (prepared_.restored->checkpoint_id() < newest_complete_) {
      // It went on from an older one: what newer ones list is nobody's any more.
      prepared_.taken_back.insert(prepared_.taken_back.end(), complete_sealed_.begin(),
                                  complete_sealed_.end());
      complete_sealed_.clear();
    }
  }
  sources_.clear();
  FindSplits();
  ++attempt_;
  const bool has_slots = !slots_.empty() && lost_slots_.empty();
  if (state_ == JobState::kRestarting && has_slots && !adapts_) {
    Deploy(commands);
  } else {
    AskForSlots(commands);
  }
  return commands;
}

JobMasterCommands JobMaster::OnPrepareFailed(const Error& error) {
  JobMasterCommands commands;
  preparing_ = false;
  if (std::exchange(preparing_part_, false)) return OnRegionsNotPrepared(error);
  if (state_ == JobState::kCancelling) {
    End(JobState::kCanceled, commands);
  } else if (state_ == JobState::kInitializing || state_ == JobState::kRestarting) {
    error_ = error;
    record_.OnFailure(error, "", "", environment_.now().wall_millis);
    const int64_t now = environment_.now().monotonic_micros;
    const bool has_run = state_ == JobState::kRestarting || taken_over_;
    const std::optional<int64_t> delay =
        has_run && MayPass(error) ? restart_.OnFailure(now) : std::nullopt;
    if (delay.has_value()) {
      if (state_ == JobState::kInitializing) TransitionTo(JobState::kRestarting, commands);
      restart_at_micros_ = now + *delay;
      commands.push_back(LogCommand{fmt::format("the job cannot start again and tries in {} ms: {}",
                                                *delay / 1000, error.message)});
      return commands;
    }
    keeps_checkpoints_ = true;
    End(JobState::kFailed, commands);
  }
  return commands;
}

// By vertex, the former snapshots that hold one of its states, or rows on their way to it; and
// which subtasks are not run again.
JobMaster::RestoresByTaskManager JobMaster::AddRestore(const std::set<uint32_t>& regions,
                                                       protocol::DeployTasks* deploy) const {
  deploy->set_restore_directory(prepared_.restored_root);
  RestoresByTaskManager restores;
  const Marks finished = FinishedForGood(*graph_, *prepared_.restored);
  for (const JobVertex& vertex : graph_->vertices) {
    const auto is_of_vertex = [&](const proto::StateSnapshot& state) {
      return std::ranges::find(vertex.state_ids, state.state_id()) != vertex.state_ids.end();
    };
    for (const proto::VertexSnapshot& stored : prepared_.restored->vertices()) {
      for (const proto::SubtaskSnapshot& subtask : stored.subtasks()) {
        const bool has_in_flight =
            subtask.has_in_flight() && subtask.in_flight().vertex() == vertex.name;
        if (!has_in_flight && std::ranges::none_of(subtask.states(), is_of_vertex)) continue;
        const std::string bytes = subtask.SerializeAsString();
        std::set<std::string> told;
        // From the one that owns the first of its key groups on.
        auto i = static_cast<uint32_t>(uint64_t{subtask.key_group_first()} * vertex.parallelism /
                                       graph_->max_parallelism);
        for (; i < vertex.parallelism; ++i) {
          const KeyGroupRange range =
              KeyGroupRange::Of(i, vertex.parallelism, graph_->max_parallelism);
          if (range.first > subtask.key_group_last()) break;
          if (!regions.contains(regions_.Of(vertex.id.value(), i))) continue;
          const std::string& id = execution_.TaskManagerOf(vertex.id.value(), i);
          if (!told.insert(id).second) continue;
          protocol::DeployTasks::VertexRestore& restore = restores[id][vertex.id.value()];
          restore.set_vertex(vertex.id.value());
          restore.add_snapshots(bytes);
        }
      }
    }
    for (uint32_t i = 0; i < vertex.parallelism; ++i) {
      if (!finished[vertex.id.value()][i]) continue;
      if (!regions.contains(regions_.Of(vertex.id.value(), i))) continue;
      protocol::TaskId& task = *deploy->add_finished();
      task.set_vertex(vertex.id.value());
      task.set_subtask(i);
    }
  }
  return restores;
}

bool JobMaster::RestsOn(const std::string& savepoint) const {
  const Result<RecoveryOptions> recovery = RecoveryOptions::Parse(graph_->config);
  if (!recovery || SavepointDirectoryOf(recovery->path) != savepoint) return false;
  return recovery->claim == ClaimMode::kClaim || newest_complete_ == 0;
}

void JobMaster::OnAllStarted(JobMasterCommands& commands) {
  if (state_ != JobState::kRunning || !execution_.AllStarted()) return;
  if (!restore_pending_) {
    if (!rescale_) NoteRescaleEnd(RescaleEnd::kSucceeded);
    if (takes_checkpoints() && !checkpoints_started_) StartCheckpoints(commands);
    if (checkpoints_started_ && coordinator_.waits_for_part()) {
      Execute(coordinator_.OnPartStarted(last_snapshots_, RestoredNow(), environment_.now()),
              commands);
    }
    return;
  }
  if (std::exchange(restore_committing_, true)) return;
  CommitRestoredCommand commit{
      graph_, prepared_.given_up, {}, prepared_.sealed_by_savepoints, restored_sealed_};
  // What was not yet made visible when the older one was taken belongs to both.
  std::set<std::pair<std::string, std::string>> of_both;
  for (const proto::SealedOutput& sealed : restored_sealed_) {
    of_both.emplace(sealed.sink(), sealed.unit());
  }
  for (const proto::SealedOutput& sealed : prepared_.taken_back) {
    if (!of_both.contains({sealed.sink(), sealed.unit()})) commit.taken_back.push_back(sealed);
  }
  for (const auto& [id, sealed] : savepoint_sealed_) {
    commit.kept.insert(commit.kept.end(), sealed.begin(), sealed.end());
  }
  commands.push_back(std::move(commit));
}

JobMasterCommands JobMaster::OnRestoreCommitted(const Status& status) {
  JobMasterCommands commands;
  if (state_ != JobState::kRunning || !std::exchange(restore_committing_, false)) return commands;
  if (status) {
    restore_pending_ = false;
    restored_sealed_.clear();
    prepared_.given_up.clear();
    prepared_.taken_back.clear();
    OnAllStarted(commands);
    EndIfAllTerminal(commands);
  } else if (MayPass(status.error())) {
    FailToCommit(status.error(), commands);
  } else {
    error_ = status.error();
    keeps_checkpoints_ = true;
    record_.OnFailure(*error_, "", "", environment_.now().wall_millis);
    EndAttempt(std::nullopt, commands);
    EndIfAllTerminal(commands);
  }
  return commands;
}

// It is not the job that has failed: its restart strategy is not asked. Each time there is one
// checkpoint less.
void JobMaster::GoBack(const Error& error, JobMasterCommands& commands) {
  const bool has_loaded = checkpoints_started_ && !coordinator_.waits_for_part();
  if (!is_active() || has_loaded) return Fail(error, commands);
  if (checkpoints_started_) Execute(coordinator_.OnAttemptEnded(environment_.now()), commands);
  const uint64_t id = prepared_.restored->checkpoint_id();
  const std::string_view kind = prepared_.restored->savepoint() ? "savepoint" : "checkpoint";
  error_ = error;
  if (prepared_.restored_by_path) {
    keeps_checkpoints_ = true;
    error_->message =
        fmt::format("cannot go on from {} {} in {}: {}; name another checkpoint or savepoint", kind,
                    id, prepared_.restored_root, error.message);
    record_.OnFailure(*error_, "", "", environment_.now().wall_millis);
    return EndAttempt(std::nullopt, commands);
  }
  record_.OnFailure(error, "", "", environment_.now().wall_millis);
  damaged_ = {id, error};
  EndAttempt(0, commands);
}

// What a checkpoint lists, or may list, that somebody goes on from after this job's end.
std::vector<proto::SealedOutput> JobMaster::SealedForLater() const {
  std::vector<proto::SealedOutput> kept = complete_sealed_;
  for (const auto* more : {&uncertain_sealed_, &restored_sealed_, &prepared_.taken_back,
                           &prepared_.sealed_by_savepoints}) {
    kept.insert(kept.end(), more->begin(), more->end());
  }
  for (const auto* by_id : {&sealed_, &savepoint_sealed_}) {
    for (const auto& [id, sealed] : *by_id) kept.insert(kept.end(), sealed.begin(), sealed.end());
  }
  return kept;
}

}  // namespace flinkc
