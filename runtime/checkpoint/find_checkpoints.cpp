#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/checkpoint_store.h"

namespace flinkc {

namespace {

Result<bool> IsKept(FileSystem& files, const std::string& job_directory, uint64_t checkpoint_id) {
  const Result<FileInfo> keep = files.Info(
      fmt::format("{}/{}/{}", job_directory, CheckpointDirectoryName(checkpoint_id), kKeepName));
  if (!keep && keep.error().code != ErrorCode::kNotFound) return std::unexpected(keep.error());
  return keep.has_value();
}

// What is in the directory of a checkpoint; nothing: no `_metadata`.
Result<std::optional<StoredCheckpoint>> ReadStored(FileSystem& files,
                                                   const std::string& job_directory,
                                                   uint64_t checkpoint_id) {
  StoredCheckpoint stored;
  stored.path = job_directory + "/" + CheckpointDirectoryName(checkpoint_id);
  Result<proto::CheckpointMetadata> metadata = ReadMetadata(files, stored.path);
  if (!metadata && metadata.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!metadata) return std::unexpected(std::move(metadata).error());
  if (metadata->checkpoint_id() != checkpoint_id || metadata->savepoint()) {
    return MakeError(ErrorCode::kCorrupt,
                     stored.path + " holds the metadata of another checkpoint");
  }
  RETURN_IF_ERROR(VerifyFiles(files, job_directory, *metadata));
  stored.metadata = *std::move(metadata);
  ASSIGN_OR_RETURN(stored.kept, IsKept(files, job_directory, checkpoint_id));
  return stored;
}

}  // namespace

Result<FoundCheckpoints> FindCheckpoints(FileSystem& files, const std::string& job_directory) {
  FoundCheckpoints found;
  const Result<std::vector<FileInfo>> names = files.List(job_directory);
  if (!names && names.error().code == ErrorCode::kNotFound) return found;
  if (!names) return std::unexpected(names.error());
  std::vector<uint64_t> ids;
  for (const FileInfo& file : *names) {
    const auto id = ParseCheckpointDirectoryName(
        std::string_view(file.path).substr(file.path.rfind('/') + 1));
    if (id && file.kind == FileKind::kDirectory) ids.push_back(*id);
  }
  std::ranges::sort(ids, std::greater());
  if (!ids.empty()) found.id_max = ids.front();
  for (const uint64_t id : ids) {
    Result<std::optional<StoredCheckpoint>> stored = ReadStored(files, job_directory, id);
    if (stored) {
      if (stored->has_value()) found.complete.push_back(**std::move(stored));
    } else if (stored.error().code == ErrorCode::kCorrupt) {
      ASSIGN_OR_RETURN(const bool kept, IsKept(files, job_directory, id));
      found.skipped.push_back({id, std::move(stored).error(), kept});
    } else {
      return std::unexpected(std::move(stored).error());
    }
  }
  return found;
}

}  // namespace flinkc
