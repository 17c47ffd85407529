#include "tests/simulation/observed_files.h"

#include <utility>

namespace flinkc {

namespace {

class ObservedWriter final : public FileWriter {
 public:
  ObservedWriter(std::unique_ptr<FileWriter> file, std::string path, FileObserver* observer)
      : file_(std::move(file)), path_(std::move(path)), observer_(*observer) {}

  Status Append(std::string_view bytes) override {
    observer_.OnOperation();
    return file_->Append(bytes);
  }
  Status Sync() override {
    observer_.OnOperation(path_);
    return observer_.SkipsSync(path_) ? Status() : file_->Sync();
  }
  Status Close() override { return file_->Close(); }
  int64_t size() const override { return file_->size(); }

 private:
  const std::unique_ptr<FileWriter> file_;
  const std::string path_;
  FileObserver& observer_;
};

}  // namespace

Result<std::unique_ptr<FileWriter>> ObservedFiles::Create(const std::string& path) {
  observer_.OnOperation();
  auto file = disk_.Create(path);
  observer_.OnCreate(path, file.has_value());
  if (!file) return file;
  return std::make_unique<ObservedWriter>(*std::move(file), path, &observer_);
}

Result<std::unique_ptr<FileReader>> ObservedFiles::Open(const std::string& path) {
  observer_.OnOperation();
  return disk_.Open(path);
}

Status ObservedFiles::Rename(const std::string& from, const std::string& to) {
  observer_.OnOperation();
  Status status = disk_.Rename(from, to);
  observer_.OnRename(from, to, status.has_value());
  return status;
}

Status ObservedFiles::Link(const std::string& from, const std::string& to) {
  observer_.OnOperation();
  return disk_.Link(from, to);
}

Status ObservedFiles::Remove(const std::string& path) {
  observer_.OnOperation();
  Status status = disk_.Remove(path);
  observer_.OnRemove(path, status.has_value());
  return status;
}

Status ObservedFiles::RemoveDirectory(const std::string& directory) {
  observer_.OnOperation();
  return disk_.RemoveDirectory(directory);
}

Result<FileInfo> ObservedFiles::Info(const std::string& path) {
  observer_.OnOperation();
  return disk_.Info(path);
}

Result<std::vector<FileInfo>> ObservedFiles::List(const std::string& directory) {
  observer_.OnOperation();
  return disk_.List(directory);
}

Status ObservedFiles::MakeDirectories(const std::string& directory) {
  observer_.OnOperation();
  return disk_.MakeDirectories(directory);
}

Status ObservedFiles::SyncDirectory(const std::string& directory) {
  observer_.OnOperation(directory);
  Status status = disk_.SyncDirectory(directory);
  observer_.OnSyncDirectory(directory, status.has_value());
  return status;
}

Result<std::unique_ptr<FileLock>> ObservedFiles::Lock(const std::string& path) {
  observer_.OnOperation();
  return disk_.Lock(path);
}

}  // namespace flinkc
