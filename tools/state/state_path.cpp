#include "tools/state/state_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/checkpoint/checkpoint_paths.h"

namespace flinkc {

namespace {

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool HasCheckpoints(const std::vector<FileInfo>& names) {
  return std::ranges::any_of(names, [](const FileInfo& file) {
    return file.kind == FileKind::kDirectory && ParseCheckpointDirectoryName(BaseName(file.path));
  });
}

std::unexpected<Error> NothingThere(const std::string& path) {
  if (ParseCheckpointDirectoryName(BaseName(path))) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("{} never became a complete checkpoint: there is no {} in it",
                                 path, kMetadataName));
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("there is no checkpoint in {}: give a chk-<n> or savepoint "
                               "directory, a job's directory of checkpoints, or what "
                               "`execution.checkpointing.dir` says",
                               path));
}

}  // namespace

Result<StateAtPath> FindState(FileSystem& files, const std::string& given) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  StateAtPath state;
  const bool is_metadata = BaseName(path) == kMetadataName;
  if (is_metadata || files.Info(fmt::format("{}/{}", path, kMetadataName))) {
    ASSIGN_OR_RETURN(state.checkpoint, ReadCheckpointAtPath(files, path));
    return state;
  }
  const Result<FileInfo> info = files.Info(path);
  if (!info) return std::unexpected(info.error());
  if (info->kind != FileKind::kDirectory) return NothingThere(path);
  ASSIGN_OR_RETURN(const std::vector<FileInfo> names, files.List(path));
  if (HasCheckpoints(names)) {
    state.kind = StateAtPath::Kind::kJob;
    ASSIGN_OR_RETURN(FoundCheckpoints found, FindCheckpoints(files, path));
    state.jobs.push_back({path, std::move(found)});
    return state;
  }
  state.kind = StateAtPath::Kind::kJobs;
  for (const FileInfo& directory : names) {
    if (directory.kind != FileKind::kDirectory) continue;
    ASSIGN_OR_RETURN(const std::vector<FileInfo> inner, files.List(directory.path));
    if (!HasCheckpoints(inner)) continue;
    ASSIGN_OR_RETURN(FoundCheckpoints found, FindCheckpoints(files, directory.path));
    state.jobs.push_back({directory.path, std::move(found)});
  }
  if (state.jobs.empty()) return NothingThere(path);
  return state;
}

Result<CheckpointAtPath> NewestOf(StateAtPath state, const std::string& path) {
  if (state.kind == StateAtPath::Kind::kCheckpoint) return std::move(state.checkpoint);
  if (state.jobs.size() > 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} holds the checkpoints of {} jobs; give the directory of one, "
                                 "such as {}",
                                 path, state.jobs.size(), state.jobs.front().directory));
  }
  StateAtPath::Job& job = state.jobs.front();
  if (!job.found.complete.empty()) {
    StoredCheckpoint& newest = job.found.complete.front();
    return CheckpointAtPath{std::move(newest.metadata), newest.path, job.directory};
  }
  if (!job.found.skipped.empty()) return std::unexpected(job.found.skipped.front().error);
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("no checkpoint in {} has become complete", path));
}

}  // namespace flinkc
