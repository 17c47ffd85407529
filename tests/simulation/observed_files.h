// The simulated disk as one process sees it: at each operation other threads may go on first, and
// what it did is told to the observer. A process that has died does nothing any more.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
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
  // The first two must outlive it. `on_death`: when the process dies at an operation.
  ObservedFiles(SimulatedFileSystem* disk, FileObserver* observer, std::function<void()> on_death)
      : disk_(*disk), observer_(*observer) {
    life_->on_death = std::move(on_death);
  }

  // The process dies, now or at one of its operations, the `operations`th from now on.
  void Die() { life_->operations_left = 0; }
  void DieAfter(int64_t operations) { life_->operations_left = operations; }
  bool is_dead() const { return life_->operations_left == 0; }

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
  friend class ObservedWriter;
  struct Life {
    int64_t operations_left = INT64_MAX;  // 0: it is dead
    std::function<void()> on_death;

    bool Count();
  };

  // False: the process is dead.
  bool Begin(const std::string& synced_path = "");

  SimulatedFileSystem& disk_;
  FileObserver& observer_;
  // Of its writers as well, which may outlive it.
  const std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace flinkc
