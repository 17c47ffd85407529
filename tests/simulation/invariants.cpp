#include "tests/simulation/invariants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/metadata.h"
#include "runtime/checkpoint/savepoint.h"
#include "runtime/graph/barrier_kind.h"
#include "runtime/graph/job_graph.h"
#include "stdlib-operators/connectors/part_name.h"
#include "stdlib-operators/connectors/sealed_unit.h"
#include "tests/simulation/toy_job.h"

namespace flinkc {

namespace {

constexpr std::string_view kJobDirectory = "/ckpt/toy/";
constexpr std::string_view kSharedFiles = "/ckpt/toy/shared/";
constexpr std::string_view kOutput = "/out/";
constexpr std::string_view kSavepoints = "/saved/";

uint64_t HashOf(const std::string& bytes) {
  return HashBytes(bytes.data(), static_cast<uint32_t>(bytes.size()));
}

// The id of "/ckpt/toy/chk-<id>" and of what lies in it.
std::optional<uint64_t> CheckpointIdOf(std::string_view path, std::string_view name) {
  if (!path.starts_with(kJobDirectory)) return std::nullopt;
  path.remove_prefix(kJobDirectory.size());
  const size_t slash = path.find('/');
  const std::string_view below = slash == path.npos ? "" : path.substr(slash + 1);
  if (below != name) return std::nullopt;
  return ParseCheckpointDirectoryName(path.substr(0, slash));
}

// The files that become visible with `sealed`, and what they are called until then.
std::map<std::string, std::string> FilesOf(const std::vector<proto::SealedOutput>& sealed,
                                           std::string* error) {
  std::map<std::string, std::string> files;
  for (const proto::SealedOutput& output : sealed) {
    const Result<SealedUnit> unit = DecodeSealedUnit(output.unit());
    if (!unit) {
      *error = unit.error().message;
      return files;
    }
    const std::string directory = fmt::format("{}{}/", kOutput, output.sink());
    for (const SealedFile& file : unit->files) {
      files[directory + file.final_path] = directory + file.unfinished;
    }
  }
  return files;
}

// The directory of a savepoint whose `_metadata` this is; "": it is none.
std::string SavepointOf(std::string_view path) {
  if (!path.starts_with(kSavepoints) || !path.ends_with("/_metadata")) return "";
  return std::string(path.substr(0, path.rfind('/')));
}

// The sink that a visible part file belongs to; "": it is none.
std::string SinkOfPart(const std::string& path) {
  if (!path.starts_with(kOutput) || !ParsePartName(FileNameOf(path))) return "";
  const std::string below = path.substr(kOutput.size());
  return below.substr(0, below.find('/'));
}

}  // namespace

Invariants::Invariants(const Workload* workload, SimulatedFileSystem* disk, Trace* trace)
    : workload_(*workload), disk_(*disk), trace_(*trace) {}

void Invariants::Expect(const std::string& sink, std::map<OutputRow, int64_t> rows) {
  expected_[sink] = std::move(rows);
}

void Invariants::Violate(const std::string& what) {
  if (violation_) return;
  trace_.Note("VIOLATION {}", what);
  violation_ = what;
}

void Invariants::OnLog(const std::string& line) {
  trace_.Note("log: {}", line);
  constexpr std::string_view kCheckpoint = "checkpoint ";
  if (line.contains(" is damaged") &&
      !(line.starts_with(kCheckpoint) &&
        damaged_.contains(std::stoull(line.substr(kCheckpoint.size()))))) {
    Violate("I7: " + line);
  }
  for (const std::string_view going_on :
       {"going on from checkpoint ", "going on from savepoint "}) {
    if (line.starts_with(going_on)) restored_ = std::stoull(line.substr(going_on.size()));
  }
  constexpr std::string_view kPart = "a part of the job goes on from checkpoint ";
  if (line.starts_with(kPart) && std::stoull(line.substr(kPart.size())) < newest_) {
    Violate(fmt::format("I5: {}, and {} is complete", line, newest_));
  }
  if (!calm_ && line.contains("checkpoints of the ended job could not be removed")) {
    end_failed_ = true;
  }
  if (!calm_ && line.contains("has ended could not be kept")) result_lost_ = true;
}

void Invariants::OnSend(const protocol::Envelope& envelope) {
  if (envelope.has_deploy_tasks()) {
    OnDeploy(envelope.deploy_tasks(), envelope.leader_epoch());
  } else if (envelope.has_trigger_checkpoint()) {
    OnTrigger(envelope.trigger_checkpoint(), envelope.leader_epoch());
  } else if (envelope.has_release_tasks()) {
    const protocol::ReleaseTasks& release = envelope.release_tasks();
    is_released_ |= release.job_id() == job_id_ && release.regions().empty();
  } else if (envelope.has_acknowledge_checkpoint()) {
    const protocol::AcknowledgeCheckpoint& message = envelope.acknowledge_checkpoint();
    const protocol::TaskId& task = message.task();
    trace_.Note("{}/{} of attempt {} {} checkpoint {} {}", task.vertex(), task.subtask(),
                task.attempt(), message.has_error() ? "declines" : "acknowledges",
                message.checkpoint_id(), message.error().message());
    proto::SubtaskAcknowledgement acknowledgement;
    if (message.has_error() || task.job_id() != job_id_ ||
        envelope.leader_epoch() != leader_epoch_ ||
        !acknowledgement.ParseFromString(message.acknowledgement())) {
      return;
    }
    acknowledged_[{task.attempt(), message.checkpoint_id(), task.vertex(), task.subtask()}] =
        acknowledgement.snapshot().SerializeAsString();
  } else if (envelope.has_task_state_update()) {
    const protocol::TaskStateUpdate& update = envelope.task_state_update();
    const protocol::TaskId& task = update.task();
    trace_.Note("{}/{} of attempt {} is {} {}", task.vertex(), task.subtask(), task.attempt(),
                update.state(), update.error().message());
    proto::SubtaskSnapshot last;
    if (update.last_snapshot().empty() || task.job_id() != job_id_ ||
        task.attempt() != AttemptOf({task.vertex(), task.subtask()}) ||
        envelope.leader_epoch() != leader_epoch_ || !last.ParseFromString(update.last_snapshot())) {
      return;
    }
    last.set_finished(true);
    if (finished_.contains({task.vertex(), task.subtask()})) {
      Violate(fmt::format("I14: {}/{} has finished twice", task.vertex(), task.subtask()));
    }
    finished_[{task.vertex(), task.subtask()}] = last.SerializeAsString();
  } else if (envelope.has_checkpoint_ended()) {
    const protocol::CheckpointEnded& ended = envelope.checkpoint_ended();
    trace_.Note("checkpoint {} is {}", ended.checkpoint_id(),
                ended.complete() ? "complete" : "aborted");
    if (!ended.complete()) aborted_.insert(ended.checkpoint_id());
    // Of savepoints only the one that stops the job is told.
    const bool stops = std::ranges::any_of(savepoints_, [&](const auto& entry) {
      return entry.second.lasts && entry.second.metadata.checkpoint_id() == ended.checkpoint_id();
    });
    if (ended.complete() && ended.checkpoint_id() > newest_ && !stops) {
      Violate(fmt::format("I6: checkpoint {} is told to be complete before it lasts",
                          ended.checkpoint_id()));
    }
  }
}

void Invariants::OnDeploy(const protocol::DeployTasks& deploy, uint64_t leader_epoch) {
  trace_.Note("deploy attempt {}, {} regions, {} finished", deploy.attempt(), deploy.regions_size(),
              deploy.finished_size());
  const Result<JobGraph> graph = DeserializeJobGraph(deploy.job_graph());
  if (!graph) return Violate(graph.error().message);
  const bool is_other_job = deploy.job_id() != job_id_ || leader_epoch != leader_epoch_;
  // Each TaskManager is told.
  if (is_other_job || deploy.attempt() != attempt_) {
    CheckSlots(deploy, *graph);
    leader_epoch_ = leader_epoch;
    if (is_other_job || is_released_) {
      BeginAttempt(deploy, *graph);
    } else {
      ++failovers_;
    }
    job_id_ = deploy.job_id();
    attempt_ = deploy.attempt();
    is_released_ = false;
  }
  for (const TaskIndex& task : TasksOf(deploy, *graph)) {
    uint32_t& attempt = attempts_[task];
    if (std::exchange(attempt, attempt_) == attempt_) continue;
    finished_.erase(task);
    never_run_.erase(task);
  }
  proto::SubtaskSnapshot finished;
  finished.set_finished(true);
  for (const protocol::TaskId& task : deploy.finished()) {
    finished_[{task.vertex(), task.subtask()}] = finished.SerializeAsString();
    never_run_.insert({task.vertex(), task.subtask()});
  }
  if (restored_) CheckFinishedStay(deploy, *std::exchange(restored_, std::nullopt));
}

void Invariants::BeginAttempt(const protocol::DeployTasks& deploy, const JobGraph& graph) {
  std::vector<uint32_t> parallelisms;
  for (const JobVertex& vertex : graph.vertices) parallelisms.push_back(vertex.parallelism);
  if (deploy.job_id() == job_id_ && parallelisms != parallelisms_) ++rescales_;
  parallelisms_ = std::move(parallelisms);
  if (deploy.job_id() != job_id_) acknowledged_.clear();
  whole_attempt_ = deploy.attempt();
  attempts_.clear();
  deployed_in_calm_ = calm_;
  triggered_now_.clear();
  finished_.clear();
  never_run_.clear();
  // Names of output that only checkpoints which are given up have listed are free again.
  std::erase_if(first_listed_, [&](const auto& listed) {
    return listed.second > restored_.value_or(0) && !disk_.Peek(listed.first);
  });
}

std::vector<Invariants::TaskIndex> Invariants::TasksOf(const protocol::DeployTasks& deploy,
                                                       const JobGraph& graph) {
  std::vector<TaskIndex> tasks;
  for (const protocol::DeployTasks::Region& region : deploy.regions()) {
    for (const protocol::DeployTasks::Region::Range& range : region.subtasks()) {
      for (uint32_t i = 0; i < range.count(); ++i) {
        tasks.emplace_back(range.vertex(), range.first() + i);
      }
    }
  }
  if (!deploy.regions().empty()) return tasks;
  for (const JobVertex& vertex : graph.vertices) {
    for (uint32_t i = 0; i < vertex.parallelism; ++i) tasks.emplace_back(vertex.id.value(), i);
  }
  return tasks;
}

uint32_t Invariants::AttemptOf(const TaskIndex& task) const {
  const auto attempt = attempts_.find(task);
  return attempt == attempts_.end() ? 0 : attempt->second;
}

void Invariants::CheckSlots(const protocol::DeployTasks& deploy, const JobGraph& graph) {
  std::set<std::pair<std::string, uint32_t>> slots;
  std::set<std::pair<std::string, uint32_t>> given;  // group and index
  for (const protocol::TaskPlacement& placement : deploy.placements()) {
    for (const protocol::TaskPlacement::Group& group : placement.groups()) {
      for (int i = 0; i < group.indexes_size(); ++i) {
        if (!slots.emplace(placement.task_manager_id(), group.slots(i)).second) {
          Violate(fmt::format("I13: slot {} of {} is given twice", group.slots(i),
                              placement.task_manager_id()));
        }
        const auto number = static_cast<int>(group.group());
        if (!given.emplace(deploy.slot_sharing_groups(number), group.indexes(i)).second) {
          Violate(fmt::format("I13: subtasks {} have two slots", group.indexes(i)));
        }
      }
    }
  }
  for (const JobVertex& vertex : graph.vertices) {
    for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
      if (given.contains({vertex.slot_sharing_group, subtask})) continue;
      Violate(fmt::format("I13: {}/{} has no slot", vertex.id.value(), subtask));
    }
  }
}

const proto::CheckpointMetadata* Invariants::FindMetadata(uint64_t id) const {
  for (const auto& [directory, savepoint] : savepoints_) {
    if (savepoint.metadata.checkpoint_id() == id) return &savepoint.metadata;
  }
  const auto complete = complete_.find(id);
  return complete == complete_.end() ? nullptr : &complete->second.metadata;
}

// A vertex of which every subtask had finished is not run again.
void Invariants::CheckFinishedStay(const protocol::DeployTasks& deploy, uint64_t restored) {
  if (damaged_.contains(restored)) return;
  const proto::CheckpointMetadata* const from = FindMetadata(restored);
  const Result<JobGraph> graph = DeserializeJobGraph(deploy.job_graph());
  if (!graph || from == nullptr) {
    return Violate(fmt::format("I5: attempt {} goes on from checkpoint {}, which nobody has seen",
                               deploy.attempt(), restored));
  }
  for (const JobVertex& vertex : graph->vertices) {
    for (const proto::VertexSnapshot& stored : from->vertices()) {
      if (stored.name() != vertex.name ||
          !std::ranges::all_of(stored.subtasks(),
                               [](const auto& subtask) { return subtask.finished(); })) {
        continue;
      }
      for (uint32_t i = 0; i < vertex.parallelism; ++i) {
        if (never_run_.contains({vertex.id.value(), i})) continue;
        Violate(fmt::format("I14: {}/{} is run again, all of `{}` had finished", vertex.id.value(),
                            i, vertex.name));
      }
    }
  }
}

void Invariants::OnTrigger(const protocol::TriggerCheckpoint& trigger, uint64_t leader_epoch) {
  const uint64_t id = trigger.checkpoint_id();
  trace_.Note("trigger checkpoint {} with {} tasks", id, trigger.tasks_size());
  if (trigger.job_id() != job_id_ || leader_epoch != leader_epoch_) return;
  if (triggered_now_.insert(id).second && id <= triggered_) {
    Violate(fmt::format("I5: checkpoint {} is triggered, {} was before it", id, triggered_));
  }
  triggered_ = std::max(triggered_, id);
  const auto kind = static_cast<BarrierKind>(trigger.kind());
  if (kind == BarrierKind::kStop || kind == BarrierKind::kStopWithDrain) stops_.insert(id);
  for (const protocol::TaskId& task : trigger.tasks()) {
    // Those that finish now may not have been heard of.
    if (never_run_.contains({task.vertex(), task.subtask()})) {
      Violate(
          fmt::format("I14: {}/{} has finished and is triggered", task.vertex(), task.subtask()));
    }
  }
}

void Invariants::OnCreate(const std::string& path, bool done) {
  trace_.Note("create {}{}", path, done ? "" : " FAILS");
  if (!path.starts_with(kSharedFiles)) return;
  CheckUntouched(path, "written");
  if (done && !state_files_.insert(path).second) {
    Violate(fmt::format("I8: the name {} is used twice", path));
  }
}

void Invariants::OnRename(const std::string& from, const std::string& to, bool done) {
  trace_.Note("rename to {}{}", to, done ? "" : " FAILS");
  if (const auto id = CheckpointIdOf(to, kMetadataName)) OnMetadata(*id, done);
  // What failed may have happened.
  if (!SinkOfPart(to).empty() && !disk_.Peek(from) && disk_.Peek(to)) TakeOutput(to);
  if (!SinkOfPart(from).empty() && !disk_.Peek(from)) ForgetOutput(from);
  const std::string savepoint = SavepointOf(to);
  if (!savepoint.empty()) OnSavepoint(savepoint, done);
  // A stop of which no task was told: all had finished.
  if (to == std::string(kJobDirectory) + "finished") {
    const auto stopped_with = savepoints_.find(StoppedWith());
    if (stopped_with != savepoints_.end()) LetCommit(stopped_with->second.metadata);
  }
}

void Invariants::OnRemove(const std::string& path, bool done) {
  trace_.Note("remove {}{}", path, done ? "" : " FAILS");
  if (!done) return;
  if (path.starts_with(kSharedFiles)) CheckUntouched(path, "removed");
  if (!SinkOfPart(path).empty()) ForgetOutput(path);
  if (const auto savepoint = savepoints_.find(SavepointOf(path)); savepoint != savepoints_.end()) {
    if (!savepoint->second.claimed)
      Violate("I8: nobody has claimed " + path + ", which is removed");
    savepoints_.erase(savepoint);
  }
  const auto id = CheckpointIdOf(path, kMetadataName);
  if (!id || !complete_.contains(*id)) return;
  complete_.at(*id).metadata_removed = true;
  const bool any_left = std::ranges::any_of(complete_, [](const auto& entry) {
    return !entry.second.metadata_removed && entry.second.lasts;
  });
  if (any_left || !complete_.at(*id).lasts || !StoppedWith().empty()) return;
  std::string missing;
  if (!AllOutputIsThere(&missing)) {
    Violate(fmt::format("I8: the last complete checkpoint {} is removed, and there is no row {}",
                        *id, missing));
  }
}

void Invariants::OnSyncDirectory(const std::string& path, bool done) {
  trace_.Note("sync {}{}", path, done ? "" : " FAILS");
  if (const auto savepoint = savepoints_.find(path); done && savepoint != savepoints_.end()) {
    savepoint->second.lasts = true;
  }
  const auto id = CheckpointIdOf(path, "");
  if (!done || !id || !complete_.contains(*id)) return;
  if (complete_.at(*id).metadata_removed) {
    complete_.erase(*id);
  } else {
    // One whose rename had an unknown outcome: newer ones may be complete.
    OnLasting(*id);
  }
}

void Invariants::OnMetadata(uint64_t id, bool done) {
  const std::string path = fmt::format("{}chk-{}/_metadata", kJobDirectory, id);
  const std::optional<std::string> bytes = disk_.Peek(path);
  if (!bytes) return;
  Result<proto::CheckpointMetadata> metadata = DecodeMetadata(*bytes);
  if (!metadata) return Violate(fmt::format("I6: {}: {}", path, metadata.error().message));
  if (complete_.contains(id)) return Violate(fmt::format("I6: {} is written twice", path));
  Complete& complete = complete_[id];
  complete.metadata = *std::move(metadata);
  CheckContents(complete.metadata);
  complete.files = HashFiles(complete.metadata, std::string(kJobDirectory));
  CheckCut(complete.metadata, std::string(kJobDirectory));
  if (!done) return;
  if (id < newest_) Violate(fmt::format("I5: checkpoint {} completes after {}", id, newest_));
  OnLasting(id);
}

std::map<std::string, uint64_t> Invariants::HashFiles(const proto::CheckpointMetadata& metadata,
                                                      const std::string& root) {
  std::map<std::string, uint64_t> files;
  for (const proto::CheckpointMetadata::File& file : metadata.files()) {
    const std::optional<std::string> content = disk_.Peek(root + file.path());
    if (!content || content->size() != file.size_bytes()) {
      Violate(fmt::format("I7: {} of checkpoint {} is not as long as it should be", file.path(),
                          metadata.checkpoint_id()));
      return files;
    }
    files[file.path()] = HashOf(*content);
  }
  return files;
}

void Invariants::OnSavepoint(const std::string& directory, bool done) {
  const std::optional<std::string> bytes = disk_.Peek(directory + "/_metadata");
  if (!bytes) return;
  Result<proto::CheckpointMetadata> metadata = DecodeMetadata(*bytes);
  if (!metadata) return Violate(fmt::format("I6: {}: {}", directory, metadata.error().message));
  if (!metadata->savepoint()) return Violate("I6: " + directory + " holds no savepoint");
  trace_.Note("savepoint {} in {}", metadata->checkpoint_id(), directory);
  Savepoint& savepoint = savepoints_[directory];
  savepoint.metadata = *std::move(metadata);
  savepoint.lasts = done;
  CheckContents(savepoint.metadata);
  savepoint.files = HashFiles(savepoint.metadata, directory + "/");
  CheckCut(savepoint.metadata, directory + "/");
  if (stops_.contains(savepoint.metadata.checkpoint_id())) LetCommit(savepoint.metadata);
}

void Invariants::LetCommit(const proto::CheckpointMetadata& metadata) {
  std::string error;
  for (const auto& [path, unfinished] : FilesOf(SealedOutputOf(metadata), &error)) {
    may_commit_.insert(path);
    first_listed_.emplace(path, metadata.checkpoint_id());
  }
}

std::vector<std::string> Invariants::Savepoints() const {
  std::vector<std::string> directories;
  for (const auto& [directory, savepoint] : savepoints_) directories.push_back(directory);
  return directories;
}

void Invariants::GoBackTo(const std::string& directory, bool claims, bool stopped) {
  const auto found = savepoints_.find(directory);
  if (found == savepoints_.end()) {
    return Violate("I8: the savepoint " + directory + " was complete and is gone");
  }
  found->second.claimed |= claims;
  before_savepoint_ = triggered_;
  const uint64_t id = found->second.metadata.checkpoint_id();
  trace_.Note("---- back to savepoint {}{}", id, claims ? ", claimed" : "");
  // A job that has ended has deleted its checkpoints, and their numbers are forgotten with them.
  if (disk_.Peek(std::string(kJobDirectory) + "finished")) {
    triggered_ = id;
    newest_ = std::min(newest_, id);
    std::erase_if(stops_, [&](uint64_t stop) { return stop > id; });
    std::erase_if(damaged_, [&](uint64_t damaged) { return damaged > id; });
  }
  std::string error;
  const std::map<std::string, std::string> listed =
      FilesOf(SealedOutputOf(found->second.metadata), &error);
  for (const auto& [path, unfinished] : listed) {
    may_commit_.insert(path);
    uint64_t& first = first_listed_.try_emplace(path, id).first->second;
    first = std::min(first, id);
  }
  for (const auto& [path, bytes] : disk_.Files()) {
    if (SinkOfPart(path).empty() || listed.contains(path)) continue;
    const auto first = first_listed_.find(path);
    if (first != first_listed_.end() && first->second < id) continue;
    if (stopped) {
      return Violate(fmt::format(
          "I9: the job was stopped with savepoint {}, which does not list {}", id, path));
    }
    static_cast<void>(disk_.Remove(path));
    static_cast<void>(disk_.SyncDirectory(path.substr(0, path.rfind('/'))));
    first_listed_.erase(path);
  }
  std::erase_if(savepoints_, [&](const auto& entry) {
    if (entry.second.metadata.checkpoint_id() <= id) return false;
    static_cast<void>(RemoveSavepoint(disk_, entry.first));
    return true;
  });
  CountOutput();
}

void Invariants::DamageNewest(Chance* chance) {
  if (complete_.size() < 2) return;
  const auto newest = std::prev(complete_.end());
  const auto before = std::prev(newest);
  if (newest->second.metadata_removed || before->second.metadata_removed || !before->second.lasts ||
      before->first <= before_savepoint_) {
    return;
  }
  const uint64_t id = newest->first;
  std::vector<std::string> own;
  for (const auto& [path, hash] : newest->second.files) {
    if (CreatorOfStateFile(path) == id) own.push_back(path);
  }
  if (own.empty()) return;
  const std::string path =
      std::string(kJobDirectory) +
      own[static_cast<size_t>(chance->Below(static_cast<int64_t>(own.size())))];
  const auto bytes = static_cast<int64_t>(disk_.Peek(path)->size());
  if (bytes == 0) return;
  trace_.Note("---- checkpoint {} is damaged: {}", id, path);
  disk_.FlipBits(path, chance->Below(bytes), static_cast<uint8_t>(1 << chance->Below(8)));
  damaged_.insert(id);
  complete_.erase(newest);
}

std::string Invariants::StoppedWith() const {
  std::optional<std::string> mark = disk_.Peek(std::string(kJobDirectory) + "finished");
  if (!mark || mark->empty()) return "";
  mark->pop_back();
  return mark->substr(mark->rfind('\n') + 1);
}

void Invariants::ForgetOutput(const std::string& path) {
  first_listed_.erase(path);
  CountOutput();
}

void Invariants::OnLasting(uint64_t id) {
  Complete& complete = complete_.at(id);
  if (std::exchange(complete.lasts, true)) return;
  newest_ = std::max(newest_, id);
  ++completed_;
  std::string error;
  for (const auto& [path, unfinished] : FilesOf(SealedOutputOf(complete.metadata), &error)) {
    may_commit_.insert(path);
    first_listed_.emplace(path, id);
  }
  if (!error.empty()) Violate("I9: a sealed unit cannot be read: " + error);
}

// It consists of what the subtasks of this attempt have said, all of them.
void Invariants::CheckContents(const proto::CheckpointMetadata& metadata) {
  const uint64_t id = metadata.checkpoint_id();
  if (metadata.attempt() != whole_attempt_ || metadata.job_id() != job_id_) {
    Violate(fmt::format("I11: checkpoint {} is of another attempt", id));
  }
  for (int vertex = 0; vertex < metadata.vertices_size(); ++vertex) {
    for (int i = 0; i < metadata.vertices(vertex).subtasks_size(); ++i) {
      const proto::SubtaskSnapshot& subtask = metadata.vertices(vertex).subtasks(i);
      const auto v = static_cast<uint32_t>(vertex), s = static_cast<uint32_t>(i);
      if (subtask.finished()) {
        const auto finished = finished_.find({v, s});
        if (finished == finished_.end() || finished->second != subtask.SerializeAsString()) {
          Violate(fmt::format("I14: checkpoint {} has {}/{} as finished", id, v, s));
        }
        continue;
      }
      const auto acknowledged = acknowledged_.find({AttemptOf({v, s}), id, v, s});
      if (acknowledged == acknowledged_.end()) {
        Violate(fmt::format("I6: {}/{} has not acknowledged checkpoint {}", v, s, id));
      } else if (acknowledged->second != subtask.SerializeAsString()) {
        Violate(fmt::format("I11: checkpoint {} holds for {}/{} what it has not said", id, v, s));
      }
    }
  }
}

// A file of a complete checkpoint is not touched while that may be found again.
void Invariants::CheckUntouched(const std::string& path, const char* what) {
  const std::string relative = path.substr(kJobDirectory.size());
  for (const auto& [id, complete] : complete_) {
    if (complete.files.contains(relative)) {
      Violate(fmt::format("I7, I8: {} is {} while checkpoint {} refers to it", path, what, id));
    }
  }
}

void Invariants::OnRestart(bool lost) {
  trace_.Note("---- the process has died{}", lost ? ", the machine with it" : "");
  end_failed_ = false;
  for (auto entry = complete_.begin(); entry != complete_.end();) {
    const auto& [id, complete] = *entry;
    const bool there = disk_.Peek(fmt::format("{}chk-{}/_metadata", kJobDirectory, id)).has_value();
    if (!there && complete.lasts && !complete.metadata_removed) {
      Violate(fmt::format("I5: checkpoint {} was complete and is gone", id));
    }
    if (!there) {
      entry = complete_.erase(entry);
      continue;
    }
    entry->second.metadata_removed = false;
    CheckFiles(id, complete.files, std::string(kJobDirectory));
    ++entry;
  }
  CheckSavepoints();
  CountOutput();
}

void Invariants::CheckSavepoints() {
  for (auto entry = savepoints_.begin(); entry != savepoints_.end();) {
    const auto& [directory, savepoint] = *entry;
    const uint64_t id = savepoint.metadata.checkpoint_id();
    if (!disk_.Peek(directory + "/_metadata")) {
      if (savepoint.lasts && !savepoint.claimed) {
        Violate(fmt::format("I8: savepoint {} was complete and is gone", id));
      }
      entry = savepoints_.erase(entry);
      continue;
    }
    CheckFiles(id, savepoint.files, directory + "/");
    std::string error;
    for (const auto& [path, unfinished] : FilesOf(SealedOutputOf(savepoint.metadata), &error)) {
      if (disk_.Peek(path) || disk_.Peek(unfinished)) continue;
      Violate(fmt::format("I9: savepoint {} lists {}, of which nothing is there", id, path));
    }
    ++entry;
  }
}

void Invariants::CheckFiles(uint64_t id, const std::map<std::string, uint64_t>& files,
                            const std::string& root) {
  for (const auto& [path, hash] : files) {
    const std::optional<std::string> bytes = disk_.Peek(root + path);
    if (!bytes || HashOf(*bytes) != hash) {
      Violate(fmt::format("I7: {} of the complete checkpoint {} is {}", path, id,
                          bytes ? "damaged" : "gone"));
    }
  }
}

void Invariants::TakeOutput(const std::string& path) {
  if (!may_commit_.contains(path)) {
    return Violate(fmt::format("I9: {} is committed, and no complete checkpoint lists it", path));
  }
  const std::string sink = SinkOfPart(path);
  std::map<OutputRow, int64_t>& rows = visible_[sink];
  const std::string bytes = *disk_.Peek(path);
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    if (end == bytes.npos) return Violate(fmt::format("I9: {} ends within a row", path));
    OutputRow row;
    int64_t number = 0;
    for (const char* from = bytes.data() + at; from < bytes.data() + end;) {
      const auto read = std::from_chars(from, bytes.data() + end, number);
      if (read.ec != std::errc()) break;  // the header
      row.push_back(number);
      from = read.ptr + 1;
    }
    at = end + 1;
    if (row.empty()) continue;
    row.pop_back();  // the fifth column says nothing
    const auto wanted = expected_[sink].find(row);
    if (wanted == expected_[sink].end()) {
      const auto next = expected_[sink].lower_bound(row);
      return Violate(fmt::format(
          "I1: {} has the row {}, which must not be; the next is {}", path, fmt::join(row, ","),
          next == expected_[sink].end() ? "none" : fmt::format("{}", fmt::join(next->first, ","))));
    }
    if (++rows[row] > wanted->second) {
      return Violate(fmt::format("I2: {} has the row {} once more", path, fmt::join(row, ",")));
    }
  }
}

void Invariants::CountOutput() {
  visible_.clear();
  for (const auto& [path, bytes] : disk_.Files()) {
    if (!SinkOfPart(path).empty()) TakeOutput(path);
  }
}

bool Invariants::AllOutputIsThere(std::string* missing) const {
  for (const auto& [sink, rows] : expected_) {
    const auto visible = visible_.find(sink);
    for (const auto& [row, count] : rows) {
      if (visible != visible_.end() && visible->second.contains(row) &&
          visible->second.at(row) == count) {
        continue;
      }
      *missing = fmt::format("{} of `{}`", fmt::join(row, ","), sink);
      return false;
    }
  }
  return true;
}

void Invariants::OnFinished() {
  trace_.Note("---- the job has finished");
  CheckAllOutput();
  if (!calm_ || end_failed_ || had_zombies_) return;
  // What a savepoint lists stays for who goes on from it.
  std::set<std::string> listed;
  for (const auto& [directory, savepoint] : savepoints_) {
    std::string error;
    for (const auto& [path, unfinished] : FilesOf(SealedOutputOf(savepoint.metadata), &error)) {
      listed.insert(unfinished);
    }
  }
  for (const auto& [path, bytes] : disk_.Files()) {
    if (listed.contains(path)) continue;
    const bool state = path.starts_with(kJobDirectory) && !path.ends_with("/.lock") &&
                       !path.ends_with("/finished") && !path.ends_with("/savepoints");
    // What a task is writing while it is told goes when the job is started again.
    const std::optional<uint64_t> creator = CreatorOfStateFile(path);
    if (creator && aborted_.contains(*creator)) continue;
    if (state || (deployed_in_calm_ && path.ends_with(".inprogress"))) {
      Violate(fmt::format("I8: the job has finished and has left {}", path));
    }
  }
}

void Invariants::CheckAllOutput() {
  std::string missing;
  if (AllOutputIsThere(&missing)) return;
  Violate(fmt::format("I1, I14: the job has finished without the row {}", missing));
}

}  // namespace flinkc
