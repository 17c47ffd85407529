#include "tests/simulation/observed_files.h"

#include <utility>

namespace flinkc {

namespace {

std::unexpected<Error> IsDead() { return MakeError(ErrorCode::kIo, "the process is dead"); }

}  // namespace

class ObservedWriter final : public FileWriter {
 public:
  ObservedWriter(std::unique_ptr<FileWriter> file, std::string path, FileObserver* observer,
                 std::shared_ptr<ObservedFiles::Life> life)
      : file_(std::move(file)),
        path_(std::move(path)),
        observer_(*observer),
        life_(std::move(life)) {}

  Status Append(std::string_view bytes) override {
    if (!life_->Count()) return IsDead();
    observer_.OnOperation();
    return is_dead() ? IsDead() : file_->Append(bytes);
  }
  Status Sync() override {
    if (!life_->Count()) return IsDead();
    observer_.OnOperation(path_);
    if (is_dead()) return IsDead();
    return observer_.SkipsSync(path_) ? Status() : file_->Sync();
  }
  Status Close() override { return is_dead() ? IsDead() : file_->Close(); }
  int64_t size() const override { return file_->size(); }

 private:
  bool is_dead() const { return life_->operations_left == 0; }

  const std::unique_ptr<FileWriter> file_;
  const std::string path_;
  FileObserver& observer_;
  const std::shared_ptr<ObservedFiles::Life> life_;
};

// Whether the process lives on behind one more operation.
bool ObservedFiles::Life::Count() {
  if (operations_left == 0) return false;
  if (operations_left == INT64_MAX || --operations_left > 0) return true;
  if (on_death) on_death();
  return false;
}

// The others may go on before the operation, and what kills the process with them.
bool ObservedFiles::Begin(const std::string& synced_path) {
  if (!life_->Count()) return false;
  observer_.OnOperation(synced_path);
  return !is_dead();
}

Result<std::unique_ptr<FileWriter>> ObservedFiles::Create(const std::string& path) {
  if (!Begin()) return IsDead();
  auto file = disk_.Create(path);
  observer_.OnCreate(path, file.has_value());
  if (!file) return file;
  return std::make_unique<ObservedWriter>(*std::move(file), path, &observer_, life_);
}

Result<std::unique_ptr<FileReader>> ObservedFiles::Open(const std::string& path) {
  if (!Begin()) return IsDead();
  return disk_.Open(path);
}

Status ObservedFiles::Rename(const std::string& from, const std::string& to) {
  if (!Begin()) return IsDead();
  Status status = disk_.Rename(from, to);
  observer_.OnRename(from, to, status.has_value());
  return status;
}

Status ObservedFiles::Link(const std::string& from, const std::string& to) {
  if (!Begin()) return IsDead();
  return disk_.Link(from, to);
}

Status ObservedFiles::Remove(const std::string& path) {
  if (!Begin()) return IsDead();
  Status status = disk_.Remove(path);
  observer_.OnRemove(path, status.has_value());
  return status;
}

Status ObservedFiles::RemoveDirectory(const std::string& directory) {
  if (!Begin()) return IsDead();
  return disk_.RemoveDirectory(directory);
}

Result<FileInfo> ObservedFiles::Info(const std::string& path) {
  if (!Begin()) return IsDead();
  return disk_.Info(path);
}

Result<std::vector<FileInfo>> ObservedFiles::List(const std::string& directory) {
  if (!Begin()) return IsDead();
  return disk_.List(directory);
}

Status ObservedFiles::MakeDirectories(const std::string& directory) {
  if (!Begin()) return IsDead();
  return disk_.MakeDirectories(directory);
}

Status ObservedFiles::SyncDirectory(const std::string& directory) {
  if (!Begin(directory)) return IsDead();
  Status status = disk_.SyncDirectory(directory);
  observer_.OnSyncDirectory(directory, status.has_value());
  return status;
}

Result<std::unique_ptr<FileLock>> ObservedFiles::Lock(const std::string& path) {
  if (!Begin()) return IsDead();
  return disk_.Lock(path);
}

}  // namespace flinkc
