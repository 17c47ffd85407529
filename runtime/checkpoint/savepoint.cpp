#include "runtime/checkpoint/savepoint.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/metadata.h"

namespace flinkc {

namespace {

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

std::string SavepointDirectoryOf(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return BaseName(path) == kMetadataName ? ParentOf(path) : path;
}

Status DisposeSavepoint(FileSystem& files, const std::string& directory) {
  const Result<FileInfo> metadata = files.Info(fmt::format("{}/{}", directory, kMetadataName));
  if (!metadata && metadata.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("there is no finished savepoint in {}", directory));
  }
  if (!metadata) return std::unexpected(metadata.error());
  return RemoveSavepoint(files, directory);
}

Result<CheckpointAtPath> ReadCheckpointAtPath(FileSystem& files, const std::string& path) {
  CheckpointAtPath found;
  found.directory = SavepointDirectoryOf(path);
  if (path.empty() || HasParentReference(path)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot restore from `{}`: give the path of a savepoint or a "
                                 "chk-<n> directory, without `..`",
                                 path));
  }
  const Result<FileInfo> directory = files.Info(found.directory);
  if (!directory && directory.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("cannot restore from {}: there is no such directory", path));
  }
  Result<proto::CheckpointMetadata> metadata = ReadMetadata(files, found.directory);
  if (!metadata && metadata.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("cannot restore from {}: there is no {} in it; a directory "
                                 "without one is no savepoint, or an incomplete one",
                                 found.directory, kMetadataName));
  }
  if (!metadata) return std::unexpected(std::move(metadata).error());
  found.metadata = *std::move(metadata);
  found.root = found.metadata.savepoint() ? found.directory : ParentOf(found.directory);
  RETURN_IF_ERROR(VerifyFiles(files, found.root, found.metadata));
  return found;
}

Status RemoveSavepoint(FileSystem& files, const std::string& directory) {
  if (!IsSavepointDirectoryName(BaseName(directory)) || HasParentReference(directory)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("will not remove {}: it is not named savepoint-<job>-<random>", directory));
  }
  const Result<std::vector<FileInfo>> names = files.List(directory);
  if (!names && names.error().code == ErrorCode::kNotFound) return {};
  if (!names) return std::unexpected(names.error());
  const std::string metadata = fmt::format("{}/{}", directory, kMetadataName);
  RETURN_IF_ERROR(files.Remove(metadata));
  RETURN_IF_ERROR(files.Remove(metadata + ".tmp"));
  RETURN_IF_ERROR(files.SyncDirectory(directory));
  for (const FileInfo& file : *names) {
    if (CreatorOfStateFile(file.path)) RETURN_IF_ERROR(files.Remove(file.path));
  }
  RETURN_IF_ERROR(files.RemoveDirectory(directory));
  return files.SyncDirectory(ParentOf(directory));
}

}  // namespace flinkc
