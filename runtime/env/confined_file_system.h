// A FileSystem that keeps to some folders: what checkpoints, savepoints and sinks of jobs see of
// the disk where a cluster confines them.
#pragma once

#include "runtime/env/allowed_paths.h"
#include "runtime/env/storage.h"

namespace flinkc {

// kPermissionDenied for each path that `allowed` does not; all else is done by `files`. What is
// linked from is not looked at: no job says what that is, but the process, of its own databases.
class ConfinedFileSystem final : public FileSystem {
 public:
  // Both must outlive it.
  ConfinedFileSystem(FileSystem* files, const AllowedPaths* allowed)
      : files_(*files), allowed_(*allowed) {}

  Result<std::unique_ptr<FileWriter>> Create(const std::string& path) override;
  Result<std::unique_ptr<FileReader>> Open(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveDirectory(const std::string& directory) override;
  Result<FileInfo> Info(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& directory) override;
  Status MakeDirectories(const std::string& directory) override;
  Status MakePrivate(const std::string& directory) override;
  Status SyncDirectory(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

 private:
  FileSystem& files_;
  const AllowedPaths& allowed_;
};

}  // namespace flinkc
