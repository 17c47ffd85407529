// Savepoints as directories: `_metadata` beside the files that it lists, in one place that may be
// moved as a whole. They belong to the user and are deleted only when asked for.
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/env/storage.h"

namespace flinkc {

// What was read from a path that the user gave, and where its files are.
struct CheckpointAtPath {
  proto::CheckpointMetadata metadata;
  // The directory of `_metadata`.
  std::string directory;
  // What the paths of files are relative to: a savepoint's own directory, the parent of chk-<n>.
  std::string root;
};
// `path`: a savepoint, a chk-<n>, or the `_metadata` in one. All files are there, as long as they
// should be. kInvalidArgument: the path is empty or holds `..`; other errors as ReadMetadata.
Result<CheckpointAtPath> ReadCheckpointAtPath(FileSystem& files, const std::string& path);

// The directory that a path of a savepoint names: without slashes at its end and `_metadata`.
std::string SavepointDirectoryOf(std::string path);

// Removes a finished savepoint that the user wants no more, damaged or whole. kNotFound: there is
// none; other errors as RemoveSavepoint.
Status DisposeSavepoint(FileSystem& files, const std::string& directory);

// Removes a savepoint, finished or not: `_metadata` first, lastingly, then the state files. Nothing
// else in the directory is touched. kInvalidArgument: the directory is not named as savepoints are,
// or its path holds `..`. No error if it is not there.
Status RemoveSavepoint(FileSystem& files, const std::string& directory);

}  // namespace flinkc
