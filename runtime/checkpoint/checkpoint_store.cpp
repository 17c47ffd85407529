#include "runtime/checkpoint/checkpoint_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/env/whole_file.h"

namespace flinkc {

namespace {

constexpr int64_t kMarkerBytesMax = 1 << 20;

std::string Join(const std::string& directory, std::string_view name) {
  return fmt::format("{}/{}", directory, name);
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<std::unique_ptr<CheckpointStore>> CheckpointStore::Open(FileSystem* files,
                                                               const std::string& dir,
                                                               std::string_view job_name) {
  const std::string directory = Join(dir, JobDirectoryName(job_name));
  // All rows of the state lie below it.
  RETURN_IF_ERROR(MakePrivateDirectory(*files, directory));
  RETURN_IF_ERROR(MakeDirectoriesOneByOne(*files, Join(directory, kSharedDirectory)));
  Result<std::unique_ptr<FileLock>> lock = files->Lock(Join(directory, ".lock"));
  if (!lock && lock.error().code == ErrorCode::kUnavailable) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("another process runs a job named `{}` with its checkpoints in "
                                 "{}; wait until it has ended, or give this one another "
                                 "pipeline.name or execution.checkpointing.dir",
                                 job_name, dir));
  }
  if (!lock) return std::unexpected(std::move(lock).error());
  return std::unique_ptr<CheckpointStore>(new CheckpointStore(files, directory, *std::move(lock)));
}

std::string CheckpointStore::PathOf(uint64_t checkpoint_id) const {
  return Join(directory_, CheckpointDirectoryName(checkpoint_id));
}

void CheckpointStore::Remember(const proto::CheckpointMetadata& metadata) {
  std::set<std::string>& paths = files_of_[metadata.checkpoint_id()];
  for (const proto::CheckpointMetadata::File& file : metadata.files()) paths.insert(file.path());
}

Result<FoundCheckpoints> CheckpointStore::Find() {
  ASSIGN_OR_RETURN(FoundCheckpoints found, FindCheckpoints(files_, directory_));
  for (const auto& [id, error] : corrupt_) {
    const auto stored = std::ranges::find(found.complete, id, [](const StoredCheckpoint& one) {
      return one.metadata.checkpoint_id();
    });
    if (stored == found.complete.end()) continue;
    found.skipped.push_back({id, error, stored->kept, std::move(stored->metadata)});
    found.complete.erase(stored);
  }
  files_of_.clear();
  kept_.clear();
  damaged_max_ = kept_damaged_max_ = 0;
  for (const StoredCheckpoint& stored : found.complete) {
    // A rename whose sync failed is seen here, and might be gone after a power cut: whoever
    // restores from it must not find an older one afterwards.
    RETURN_IF_ERROR(files_.SyncDirectory(stored.path));
    Remember(stored.metadata);
    if (stored.kept) kept_.insert(stored.metadata.checkpoint_id());
  }
  for (const FoundCheckpoints::Skipped& skipped : found.skipped) {
    damaged_max_ = std::max(damaged_max_, skipped.checkpoint_id);
    if (!skipped.kept) continue;
    kept_damaged_max_ = std::max(kept_damaged_max_, skipped.checkpoint_id);
  }
  id_max_ = std::max(id_max_, found.id_max);
  found.id_max = id_max_;
  return found;
}

Result<std::set<uint64_t>> CheckpointStore::ReservedIds() const {
  ASSIGN_OR_RETURN(const std::vector<FileInfo> names, files_.List(directory_));
  std::set<uint64_t> ids;
  for (const FileInfo& file : names) {
    if (const auto id = ParseCheckpointDirectoryName(BaseName(file.path))) ids.insert(*id);
  }
  return ids;
}

Status CheckpointStore::CleanUp() {
  // The largest id that is seen takes the place of the others only if it cannot be lost.
  RETURN_IF_ERROR(files_.SyncDirectory(directory_));
  ASSIGN_OR_RETURN(const std::set<uint64_t> ids, ReservedIds());
  for (const uint64_t id : ids) {
    if (files_of_.contains(id)) continue;
    const Result<FileInfo> metadata = files_.Info(Join(PathOf(id), kMetadataName));
    if (metadata) continue;  // damaged: it stays until a newer one is complete
    if (metadata.error().code != ErrorCode::kNotFound) return std::unexpected(metadata.error());
    // Output that a savepoint behind the newest checkpoint lists nobody will commit by himself.
    // That of one before it was; but who goes back further takes it back.
    const bool is_newer = files_of_.empty() || id > files_of_.rbegin()->first;
    const bool is_older = files_of_.empty() || id < files_of_.begin()->first;
    if (is_newer) {
      RETURN_IF_ERROR(NoteSavepoint(id));
    } else if (!is_older) {
      ASSIGN_OR_RETURN(const std::optional<OpenSavepoint> savepoint, FindOpenSavepoint(id));
      if (savepoint) continue;
    }
    RETURN_IF_ERROR(RemoveMetadata(id));
    // The largest number stays, or it might be given out again.
    RETURN_IF_ERROR(RemoveIncomplete(id, id < *ids.rbegin()));
  }
  std::set<std::string> in_use;
  for (const auto& [id, paths] : files_of_) in_use.insert(paths.begin(), paths.end());
  return RemoveSharedFiles(in_use, damaged_max_ + 1, UINT64_MAX);
}

void CheckpointStore::MarkCorrupt(uint64_t checkpoint_id, Error error) {
  corrupt_.emplace(checkpoint_id, std::move(error));
}

Status CheckpointStore::GiveUp(uint64_t checkpoint_id, const Error& error) {
  MarkCorrupt(checkpoint_id, error);
  return WriteWholeFile(files_, Join(PathOf(checkpoint_id), kDamagedName), error.message + "\n");
}

Result<proto::CheckpointMetadata> CheckpointStore::Read(uint64_t checkpoint_id) const {
  ASSIGN_OR_RETURN(proto::CheckpointMetadata metadata, ReadMetadata(files_, PathOf(checkpoint_id)));
  RETURN_IF_ERROR(VerifyFiles(files_, directory_, metadata));
  return metadata;
}

Status CheckpointStore::NoteSavepoints() {
  const uint64_t newest = files_of_.empty() ? 0 : files_of_.rbegin()->first;
  ASSIGN_OR_RETURN(const std::set<uint64_t> ids, ReservedIds());
  for (auto id = ids.upper_bound(newest); id != ids.end(); ++id) {
    RETURN_IF_ERROR(NoteSavepoint(*id));
  }
  return {};
}

Result<RestorePoint> CheckpointStore::Restore(const std::string& path, ClaimMode claim) {
  RestorePoint point;
  ASSIGN_OR_RETURN(point.checkpoint, ReadCheckpointAtPath(files_, path));
  const proto::CheckpointMetadata& metadata = point.checkpoint.metadata;
  id_max_ = std::max(id_max_, metadata.checkpoint_id());
  if (metadata.savepoint()) {
    to_claim_.clear();
    if (claim == ClaimMode::kClaim) {
      RETURN_IF_ERROR(CheckClaim(point.checkpoint.directory));
      to_claim_ = point.checkpoint.directory;
    }
    return point;
  }
  // One of this directory's own, by whatever path: it is the same if it has the same bytes. (Two
  // parsed messages with maps in them need not serialize alike.)
  const Result<std::string> own = ReadWholeFile(
      files_, Join(PathOf(metadata.checkpoint_id()), kMetadataName), kMetadataBytesMax);
  const Result<std::string> given =
      ReadWholeFile(files_, Join(point.checkpoint.directory, kMetadataName), kMetadataBytesMax);
  if (own && given && *own == *given) {
    if (claim == ClaimMode::kNoClaim) RETURN_IF_ERROR(KeepForUser(metadata.checkpoint_id()));
    point.referable = claim == ClaimMode::kClaim;
    Remember(metadata);
    return point;
  }
  if (claim == ClaimMode::kClaim) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot claim {}: a checkpoint of another job or directory may "
                                 "share its files with others; restore with the claim mode "
                                 "NO_CLAIM, or from a savepoint",
                                 path));
  }
  return point;
}

Status CheckpointStore::KeepForUser(uint64_t checkpoint_id) {
  if (kept_.contains(checkpoint_id)) return {};
  RETURN_IF_ERROR(WriteWholeFile(files_, Join(PathOf(checkpoint_id), kKeepName), ""));
  kept_.insert(checkpoint_id);
  return {};
}

Result<std::vector<std::string>> CheckpointStore::ReadPaths(std::string_view name) const {
  const Result<std::string> text = ReadWholeFile(files_, Join(directory_, name), kMarkerBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<std::string>();
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> paths;
  for (size_t from = 0; from < text->size();) {
    const size_t to = std::min(text->find('\n', from), text->size());
    paths.push_back(text->substr(from, to - from));
    from = to + 1;
  }
  return paths;
}

Status CheckpointStore::WritePaths(std::string_view name, const std::vector<std::string>& paths) {
  if (paths.empty()) return files_.Remove(Join(directory_, name));
  std::string text;
  for (const std::string& path : paths) text += path + "\n";
  return WriteWholeFile(files_, Join(directory_, name), text);
}

Status CheckpointStore::CheckClaim(const std::string& savepoint) const {
  if (!IsSavepointDirectoryName(BaseName(savepoint)) || savepoint.contains('\n')) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot claim {}: only a directory named savepoint-<job>-<random> "
                                 "is deleted later; restore with the claim mode NO_CLAIM",
                                 savepoint));
  }
  return {};
}

Status CheckpointStore::Claim(const std::string& savepoint) {
  ASSIGN_OR_RETURN(std::vector<std::string> paths, ReadPaths(kClaimedName));
  if (std::ranges::find(paths, savepoint) != paths.end()) return {};
  paths.push_back(savepoint);
  return WritePaths(kClaimedName, paths);
}

Status CheckpointStore::DropClaims() {
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, ReadPaths(kClaimedName));
  if (paths.empty()) return {};
  for (const std::string& path : paths) RETURN_IF_ERROR(RemoveSavepoint(files_, path));
  return files_.Remove(Join(directory_, kClaimedName));
}

Result<std::optional<CheckpointStore::OpenSavepoint>> CheckpointStore::FindOpenSavepoint(
    uint64_t checkpoint_id) const {
  const Result<std::string> path =
      ReadWholeFile(files_, Join(PathOf(checkpoint_id), kSavepointName), kMarkerBytesMax);
  if (!path && path.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!path) return std::unexpected(path.error());
  return ReadOpenSavepoint(*path);
}

Result<std::optional<CheckpointStore::OpenSavepoint>> CheckpointStore::ReadOpenSavepoint(
    const std::string& path) const {
  const Result<proto::CheckpointMetadata> metadata = ReadMetadata(files_, path);
  if (!metadata && (metadata.error().code == ErrorCode::kNotFound ||
                    metadata.error().code == ErrorCode::kCorrupt)) {
    return std::nullopt;
  }
  if (!metadata) return std::unexpected(metadata.error());
  OpenSavepoint savepoint{path, SealedOutputOf(*metadata)};
  if (savepoint.sealed.empty()) return std::nullopt;
  return savepoint;
}

Status CheckpointStore::NoteSavepoint(uint64_t checkpoint_id) {
  ASSIGN_OR_RETURN(const std::optional<OpenSavepoint> savepoint, FindOpenSavepoint(checkpoint_id));
  if (!savepoint) return {};
  ASSIGN_OR_RETURN(std::vector<std::string> paths, ReadPaths(kSavepointsName));
  if (std::ranges::find(paths, savepoint->path) != paths.end()) return {};
  paths.push_back(savepoint->path);
  return WritePaths(kSavepointsName, paths);
}

Result<std::vector<proto::SealedOutput>> CheckpointStore::SealedBySavepoints() {
  std::vector<proto::SealedOutput> sealed;
  const auto add = [&](const std::optional<OpenSavepoint>& savepoint) {
    if (!savepoint) return;
    sealed.insert(sealed.end(), savepoint->sealed.begin(), savepoint->sealed.end());
  };
  ASSIGN_OR_RETURN(const std::set<uint64_t> ids, ReservedIds());
  for (const uint64_t id : ids) {
    ASSIGN_OR_RETURN(const std::optional<OpenSavepoint> savepoint, FindOpenSavepoint(id));
    add(savepoint);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, ReadPaths(kSavepointsName));
  std::vector<std::string> left;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::optional<OpenSavepoint> savepoint, ReadOpenSavepoint(path));
    add(savepoint);
    if (savepoint) left.push_back(path);  // else it was deleted
  }
  if (left.size() != paths.size()) RETURN_IF_ERROR(WritePaths(kSavepointsName, left));
  return sealed;
}

Status CheckpointStore::Reserve(uint64_t checkpoint_id) {
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("checkpoint.reserve"));
  RETURN_IF_ERROR(files_.MakeDirectories(PathOf(checkpoint_id)));
  id_max_ = std::max(id_max_, checkpoint_id);
  return {};
}

Result<std::string> CheckpointStore::MakeSavepointDirectory(uint64_t checkpoint_id,
                                                            const std::string& target,
                                                            std::string_view job_id,
                                                            std::string_view random) {
  if (target.empty() || HasParentReference(target) || target.contains('\n')) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot make a savepoint in `{}`: give the path of a directory, "
                                 "without `..`",
                                 target));
  }
  std::string directory = Join(target, SavepointDirectoryName(job_id, random));
  // One that may not be looked at is not noted: every restart would fail to look for it.
  const Result<FileInfo> there = files_.Info(directory);
  if (!there && there.error().code == ErrorCode::kPermissionDenied) {
    return std::unexpected(there.error());
  }
  // Noted first, so that a crash leaves no directory that nobody knows of.
  RETURN_IF_ERROR(WriteWholeFile(files_, Join(PathOf(checkpoint_id), kSavepointName), directory));
  // The directory that savepoints are made in may be new, too, and be so no more for the next one.
  RETURN_IF_ERROR(MakePrivateDirectory(files_, directory));
  return directory;
}

MetadataWrite CheckpointStore::Commit(const proto::CheckpointMetadata& metadata) {
  if (may_be_marked_) {
    if (Status forgotten = ForgetFinished(); !forgotten) {
      return {MetadataOutcome::kNotWritten, std::move(forgotten).error()};
    }
  }
  // The bytes were synced by those who wrote them, their names are here.
  if (Status synced = files_.SyncDirectory(Join(directory_, kSharedDirectory)); !synced) {
    return {MetadataOutcome::kNotWritten, std::move(synced).error()};
  }
  MetadataWrite write = WriteMetadata(files_, PathOf(metadata.checkpoint_id()), metadata);
  if (write.outcome != MetadataOutcome::kNotWritten) Remember(metadata);
  // If it cannot be noted now the next checkpoint does; until then it is not deleted.
  if (write.outcome == MetadataOutcome::kDurable && !to_claim_.empty() && Claim(to_claim_)) {
    to_claim_.clear();
  }
  return write;
}

MetadataWrite CheckpointStore::CommitSavepoint(const std::string& directory,
                                               const proto::CheckpointMetadata& metadata) {
  if (Status synced = files_.SyncDirectory(directory); !synced) {
    return {MetadataOutcome::kNotWritten, std::move(synced).error()};
  }
  return WriteMetadata(files_, directory, metadata);
}

Status CheckpointStore::Prune(const PruneRequest& request) {
  CHECK(!request.retained.empty());
  const uint64_t newest = *request.retained.rbegin();
  std::set<std::string> in_use = request.in_use;
  for (const uint64_t id : request.retained) {
    const auto paths = files_of_.find(id);
    CHECK(paths != files_of_.end());
    in_use.insert(paths->second.begin(), paths->second.end());
  }
  for (const uint64_t id : kept_) {
    const auto paths = files_of_.find(id);
    CHECK(paths != files_of_.end());
    in_use.insert(paths->second.begin(), paths->second.end());
  }
  ASSIGN_OR_RETURN(const std::set<uint64_t> ids, ReservedIds());
  std::vector<uint64_t> gone;
  for (const uint64_t id : ids) {
    if (id >= newest || request.retained.contains(id) || request.under_way.contains(id)) continue;
    const Result<FileInfo> keep = files_.Info(Join(PathOf(id), kKeepName));
    if (keep) continue;
    if (keep.error().code != ErrorCode::kNotFound) return std::unexpected(keep.error());
    // As in CleanUp.
    if (id > *request.retained.begin()) {
      ASSIGN_OR_RETURN(const std::optional<OpenSavepoint> savepoint, FindOpenSavepoint(id));
      if (savepoint) continue;
    }
    gone.push_back(id);
  }
  for (const uint64_t id : gone) {
    RETURN_IF_ERROR(RemoveMetadata(id));
    files_of_.erase(id);
    RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("prune.metadata_removed"));
  }
  RETURN_IF_ERROR(RemoveSharedFiles(in_use, kept_damaged_max_ + 1, newest));
  for (const uint64_t id : gone) RETURN_IF_ERROR(RemoveIncomplete(id, true));
  if (request.drop_claimed) RETURN_IF_ERROR(DropClaims());
  return {};
}

Status CheckpointStore::DiscardAll() {
  ASSIGN_OR_RETURN(const std::set<uint64_t> ids, ReservedIds());
  std::set<std::string> in_use;
  for (const uint64_t id : kept_) {
    const auto paths = files_of_.find(id);
    CHECK(paths != files_of_.end());
    in_use.insert(paths->second.begin(), paths->second.end());
  }
  // The oldest first: a crash in between leaves the newest.
  for (const uint64_t id : ids) {
    if (kept_.contains(id)) continue;
    RETURN_IF_ERROR(RemoveMetadata(id));
    files_of_.erase(id);
    RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("discard.metadata_removed"));
  }
  RETURN_IF_ERROR(RemoveSharedFiles(in_use, kept_damaged_max_ + 1, UINT64_MAX));
  // A job that has finished has made all visible that its savepoints list.
  const Result<FileInfo> finished = files_.Info(Join(directory_, kFinishedName));
  for (const uint64_t id : ids) {
    if (!finished) RETURN_IF_ERROR(NoteSavepoint(id));
    if (!kept_.contains(id)) RETURN_IF_ERROR(RemoveIncomplete(id, true));
  }
  return DropClaims();
}

Status CheckpointStore::MarkFinished(const FinishedJob& job) {
  return WriteWholeFile(files_, Join(directory_, kFinishedName),
                        fmt::format("{}\n{}\n{}\n", job.finished_at, job.job_id, job.savepoint));
}

Status CheckpointStore::MarkStopped(const FinishedJob& job) {
  Status marked = MarkFinished(job);
  may_be_marked_ = !marked;
  if (may_be_marked_) static_cast<void>(ForgetFinished());
  return marked;
}

Result<std::optional<FinishedJob>> CheckpointStore::ReadFinished() const {
  const std::string path = Join(directory_, kFinishedName);
  const Result<std::string> text = ReadWholeFile(files_, path, kMarkerBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  FinishedJob job;
  const char* end = text->data() + text->size();
  const auto [time_end, error] = std::from_chars(text->data(), end, job.finished_at);
  const size_t id = text->find('\n');
  const size_t savepoint = id == std::string::npos ? id : text->find('\n', id + 1);
  if (error != std::errc() || savepoint == std::string::npos || !text->ends_with('\n') ||
      time_end != text->data() + id) {
    return MakeError(
        ErrorCode::kCorrupt,
        fmt::format("{} is damaged; remove it to start the job from the beginning", path));
  }
  job.job_id = text->substr(id + 1, savepoint - id - 1);
  if (savepoint + 1 < text->size()) {
    job.savepoint = text->substr(savepoint + 1, text->size() - savepoint - 2);
  }
  return job;
}

Status CheckpointStore::ForgetFinished() {
  RETURN_IF_ERROR(files_.Remove(Join(directory_, kFinishedName)));
  RETURN_IF_ERROR(files_.SyncDirectory(directory_));
  may_be_marked_ = false;
  return {};
}

Status CheckpointStore::RemoveMetadata(uint64_t checkpoint_id) {
  RETURN_IF_ERROR(files_.Remove(Join(PathOf(checkpoint_id), kMetadataName)));
  // Only when it cannot come back may a file go that it refers to; that it is not there to be seen
  // may be the work of a process that died before this line.
  return files_.SyncDirectory(PathOf(checkpoint_id));
}

Status CheckpointStore::RemoveIncomplete(uint64_t checkpoint_id, bool with_directory) {
  const std::string path = PathOf(checkpoint_id);
  const Result<std::string> savepoint =
      ReadWholeFile(files_, Join(path, kSavepointName), kMarkerBytesMax);
  if (!savepoint && savepoint.error().code != ErrorCode::kNotFound) {
    return std::unexpected(savepoint.error());
  }
  if (savepoint && IsSavepointDirectoryName(BaseName(*savepoint))) {
    const Result<FileInfo> metadata = files_.Info(Join(*savepoint, kMetadataName));
    // A finished one is the user's.
    if (!metadata && metadata.error().code == ErrorCode::kNotFound) {
      RETURN_IF_ERROR(RemoveSavepoint(files_, *savepoint));
    } else if (!metadata) {
      return std::unexpected(metadata.error());
    }
  }
  for (const std::string_view name : {kMetadataName, kKeepName, kDamagedName, kSavepointName}) {
    RETURN_IF_ERROR(files_.Remove(Join(path, name) + ".tmp"));
  }
  for (const std::string_view name : {kKeepName, kDamagedName, kSavepointName}) {
    RETURN_IF_ERROR(files_.Remove(Join(path, name)));
  }
  return with_directory ? files_.RemoveDirectory(path) : Status();
}

Status CheckpointStore::RemoveSharedFiles(const std::set<std::string>& in_use, uint64_t creator_min,
                                          uint64_t creator_max) {
  ASSIGN_OR_RETURN(const std::vector<FileInfo> files,
                   files_.List(Join(directory_, kSharedDirectory)));
  for (const FileInfo& file : files) {
    const std::optional<uint64_t> creator = CreatorOfStateFile(file.path);
    if (!creator || *creator < creator_min || *creator > creator_max) continue;
    const std::string path = fmt::format("{}/{}", kSharedDirectory, BaseName(file.path));
    if (in_use.contains(path)) continue;
    RETURN_IF_ERROR(files_.Remove(file.path));
    RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("prune.file_removed"));
  }
  return {};
}

}  // namespace flinkc
