#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/checkpoint_store.h"

namespace flinkc {

namespace {

constexpr int64_t kReasonBytesMax = 1 << 16;

Result<bool> IsKept(FileSystem& files, const std::string& job_directory, uint64_t checkpoint_id) {
  const Result<FileInfo> keep = files.Info(
      fmt::format("{}/{}/{}", job_directory, CheckpointDirectoryName(checkpoint_id), kKeepName));
  if (!keep && keep.error().code != ErrorCode::kNotFound) return std::unexpected(keep.error());
  return keep.has_value();
}

// Why the checkpoint was given up (CheckpointStore::GiveUp); "": it was not.
Result<std::string> ReasonGivenUp(FileSystem& files, const std::string& path) {
  Result<std::string> reason =
      ReadWholeFile(files, fmt::format("{}/{}", path, kDamagedName), kReasonBytesMax);
  if (!reason && reason.error().code == ErrorCode::kNotFound) return std::string();
  if (reason && reason->ends_with('\n')) reason->pop_back();
  if (reason && reason->empty()) return std::string("it was found to be so before");
  return reason;
}

// What is in the directory of a checkpoint.
struct InDirectory {
  // Nothing: no `_metadata`, or none that can be read.
  std::optional<StoredCheckpoint> stored;
  Status whole;  // kCorrupt: it is damaged
};

Result<InDirectory> ReadStored(FileSystem& files, const std::string& job_directory,
                               uint64_t checkpoint_id) {
  InDirectory found;
  StoredCheckpoint stored;
  stored.path = job_directory + "/" + CheckpointDirectoryName(checkpoint_id);
  Result<proto::CheckpointMetadata> metadata = ReadMetadata(files, stored.path);
  if (!metadata && metadata.error().code == ErrorCode::kNotFound) return found;
  if (!metadata) {
    found.whole = std::unexpected(std::move(metadata).error());
    return found;
  }
  if (metadata->checkpoint_id() != checkpoint_id || metadata->savepoint()) {
    found.whole =
        MakeError(ErrorCode::kCorrupt, stored.path + " holds the metadata of another checkpoint");
    return found;
  }
  found.whole = VerifyFiles(files, job_directory, *metadata);
  ASSIGN_OR_RETURN(std::string reason, ReasonGivenUp(files, stored.path));
  if (found.whole && !reason.empty()) {
    found.whole = MakeError(ErrorCode::kCorrupt, std::move(reason));
  }
  stored.metadata = *std::move(metadata);
  ASSIGN_OR_RETURN(stored.kept, IsKept(files, job_directory, checkpoint_id));
  found.stored = std::move(stored);
  return found;
}

}  // namespace

Result<FoundCheckpoints> FindCheckpoints(FileSystem& files, const std::string& job_directory) {
  FoundCheckpoints found;
  const Result<std::vector<FileInfo>> names = files.List(job_directory);
  if (!names && names.error().code == ErrorCode::kNotFound) return found;
  if (!names) return std::unexpected(names.error());
  std::vector<uint64_t> ids;
  for (const FileInfo& file : *names) {
    const auto id =
        ParseCheckpointDirectoryName(std::string_view(file.path).substr(file.path.rfind('/') + 1));
    if (id && file.kind == FileKind::kDirectory) ids.push_back(*id);
  }
  std::ranges::sort(ids, std::greater());
  if (!ids.empty()) found.id_max = ids.front();
  for (const uint64_t id : ids) {
    ASSIGN_OR_RETURN(InDirectory directory, ReadStored(files, job_directory, id));
    std::optional<StoredCheckpoint>& stored = directory.stored;
    if (directory.whole) {
      if (stored) found.complete.push_back(*std::move(stored));
    } else if (directory.whole.error().code == ErrorCode::kCorrupt) {
      FoundCheckpoints::Skipped& skipped = found.skipped.emplace_back();
      skipped.checkpoint_id = id;
      skipped.error = std::move(directory.whole).error();
      ASSIGN_OR_RETURN(skipped.kept, IsKept(files, job_directory, id));
      if (stored) skipped.metadata = std::move(stored->metadata);
    } else {
      return std::unexpected(std::move(directory.whole).error());
    }
  }
  return found;
}

}  // namespace flinkc
