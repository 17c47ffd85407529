// The simulated disk as the process sees it: at each operation other threads may go on first, and
// what it did is told to the observer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/env/storage.h"
#include "tests/support/simulated_file_system.h"

namespace flinkc {

class FileObserver {
 public:
  virtual ~FileObserver() = default;
  // Whether a sync of the file does nothing and says that it did (mutation.h).
  virtual bool SkipsSync(const std::string& path) = 0;
  // Before the operation. `synced_path`: what it makes last.
  virtual void OnOperation(const std::string& synced_path = "") = 0;
  // After it, whether it succeeded or not.
  virtual void OnCreate(const std::string& path, bool done) = 0;
  virtual void OnRename(const std::string& from, const std::string& to, bool done) = 0;
  virtual void OnRemove(const std::string& path, bool done) = 0;
  virtual void OnSyncDirectory(const std::string& path, bool done) = 0;
};

class ObservedFiles final : public FileSystem {
 public:
  // Both must outlive it.
  ObservedFiles(SimulatedFileSystem* disk, FileObserver* observer)
      : disk_(*disk), observer_(*observer) {}

  Result<std::unique_ptr<FileWriter>> Create(const std::string& path) override;
  Result<std::unique_ptr<FileReader>> Open(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveDirectory(const std::string& directory) override;
  Result<FileInfo> Info(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& directory) override;
  Status MakeDirectories(const std::string& directory) override;
  Status SyncDirectory(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

 private:
  SimulatedFileSystem& disk_;
  FileObserver& observer_;
};

}  // namespace flinkc
