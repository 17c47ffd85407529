#include "runtime/env/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <utility>

#include "runtime/env/file.h"

namespace flinkc {

namespace {

// Whole buffers of a large file go to the disk around the system's page cache, where it allows
// that: copying them into pages and writing those back costs several times as much of a core. Only
// the end of the file goes through the cache.
class LocalWriter final : public FileWriter {
 public:
  explicit LocalWriter(WritableFile file) : file_(std::move(file)) {}

  void ExpectLarge() override { is_large_ = true; }
  Status Append(std::string_view bytes) override {
    if (!is_large_) return file_.Append(bytes);
    while (!bytes.empty()) {
      if (buffer_ == nullptr) buffer_.reset(new (kAlignment) char[kBufferBytes]);
      const size_t count = std::min(bytes.size(), kBufferBytes - buffered_);
      std::memcpy(buffer_.get() + buffered_, bytes.data(), count);
      buffered_ += count;
      bytes.remove_prefix(count);
      if (buffered_ == kBufferBytes) RETURN_IF_ERROR(WriteBuffer(true));
    }
    return {};
  }
  Status Sync() override {
    RETURN_IF_ERROR(WriteBuffer(false));
    return file_.Sync();
  }
  Status Close() override {
    RETURN_IF_ERROR(WriteBuffer(false));
    return file_.Close();
  }
  int64_t size() const override { return file_.size() + static_cast<int64_t>(buffered_); }

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 20;
  // Of memory and of offsets, enough for any disk.
  static constexpr std::align_val_t kAlignment{4096};
  struct Free {
    void operator()(char* buffer) const { ::operator delete[](buffer, kAlignment); }
  };

  Status WriteBuffer(bool whole) {
    if (buffered_ == 0) return {};
    // After a Sync in between, offsets are those of whole buffers no more.
    const bool direct = whole && file_.size() % static_cast<int64_t>(kBufferBytes) == 0;
    file_.SetDirect(direct);
    RETURN_IF_ERROR(file_.Append({buffer_.get(), std::exchange(buffered_, 0)}));
    return {};
  }

  WritableFile file_;
  bool is_large_ = false;
  std::unique_ptr<char[], Free> buffer_;
  size_t buffered_ = 0;
};

class LocalReader final : public FileReader {
 public:
  explicit LocalReader(ReadableFile file) : file_(std::move(file)) {}
  Result<size_t> ReadAt(int64_t offset, std::span<char> buffer) const override {
    return file_.ReadAt(offset, buffer);
  }
  int64_t size() const override { return file_.size(); }

 private:
  const ReadableFile file_;
};

// flock: held by the open file, so also between two of one process; the kernel lets go of it when
// the process dies, however it dies.
class LocalLock final : public FileLock {
 public:
  explicit LocalLock(int descriptor) : descriptor_(descriptor) {}
  ~LocalLock() override { ::close(descriptor_); }

 private:
  const int descriptor_;
};

}  // namespace

Result<std::unique_ptr<FileWriter>> LocalFileSystem::Create(const std::string& path) {
  ASSIGN_OR_RETURN(WritableFile file, WritableFile::Create(path));
  return std::make_unique<LocalWriter>(std::move(file));
}

Result<std::unique_ptr<FileReader>> LocalFileSystem::Open(const std::string& path) {
  ASSIGN_OR_RETURN(ReadableFile file, ReadableFile::Open(path));
  return std::make_unique<LocalReader>(std::move(file));
}

Status LocalFileSystem::Rename(const std::string& from, const std::string& to) {
  return RenameDurably(from, to);
}

Status LocalFileSystem::Link(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) {
    return SystemError(errno, fmt::format("link {} as", from), to);
  }
  return {};
}

Status LocalFileSystem::Remove(const std::string& path) { return RemoveFile(path); }

Status LocalFileSystem::RemoveDirectory(const std::string& directory) {
  return RemoveEmptyDirectory(directory);
}

Result<FileInfo> LocalFileSystem::Info(const std::string& path) { return GetFileInfo(path); }

Result<std::vector<FileInfo>> LocalFileSystem::List(const std::string& directory) {
  return ListDirectory(directory);
}

Status LocalFileSystem::MakeDirectories(const std::string& directory) {
  // The parents whose list of names changes: those of every directory that is not there yet.
  std::vector<std::string> parents;
  std::filesystem::path path(directory);
  if (!path.has_filename()) path = path.parent_path();  // "a/b/"
  std::error_code error;
  while (!path.empty() && !std::filesystem::exists(path, error) && !error) {
    parents.push_back(path.has_parent_path() ? path.parent_path().string() : ".");
    path = path.parent_path();
  }
  RETURN_IF_ERROR(flinkc::MakeDirectories(directory));
  for (const std::string& parent : parents) RETURN_IF_ERROR(flinkc::SyncDirectory(parent));
  if (!parents.empty()) return {};
  Status synced = flinkc::SyncDirectory(path.has_parent_path() ? path.parent_path().string() : ".");
  // A directory that may not be read was not made by us.
  if (!synced && synced.error().code == ErrorCode::kPermissionDenied) return {};
  return synced;
}

Status LocalFileSystem::MakePrivate(const std::string& directory) {
  if (::chmod(directory.c_str(), 0700) == 0) return {};
  return SystemError(errno, "take the rights of others to", directory);
}

Status LocalFileSystem::SyncDirectory(const std::string& directory) {
  return flinkc::SyncDirectory(directory);
}

Result<std::unique_ptr<FileLock>> LocalFileSystem::Lock(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return SystemError(errno, "open the lock", path);
  auto lock = std::make_unique<LocalLock>(descriptor);
  int outcome = 0;
  do {
    outcome = ::flock(descriptor, LOCK_EX | LOCK_NB);
  } while (outcome != 0 && errno == EINTR);
  if (outcome != 0 && errno == EWOULDBLOCK) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("cannot lock {}: another process holds it", path));
  }
  if (outcome != 0) return SystemError(errno, "lock", path);
  return lock;
}

Status MakeDirectoriesOneByOne(FileSystem& files, const std::string& directory,
                               const std::string& base) {
  size_t end = base.size() + 1;
  for (; (end = directory.find('/', end)) != std::string::npos; ++end) {
    if (Status made = files.MakeDirectories(directory.substr(0, end)); !made) {
      return std::unexpected(std::move(made).error().WithContext(directory));
    }
  }
  return files.MakeDirectories(directory);
}

Status MakePrivateDirectory(FileSystem& files, const std::string& directory) {
  const bool is_there = files.Info(directory).has_value();
  RETURN_IF_ERROR(MakeDirectoriesOneByOne(files, directory));
  return is_there ? Status() : files.MakePrivate(directory);
}

Result<std::string> ReadWholeFile(FileSystem& files, const std::string& path, int64_t bytes_max) {
  ASSIGN_OR_RETURN(const std::unique_ptr<FileReader> file, files.Open(path));
  if (file->size() > bytes_max) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot read {}: it has {} bytes, more than the {} allowed", path,
                                 file->size(), bytes_max));
  }
  std::string bytes(static_cast<size_t>(file->size()), '\0');
  ASSIGN_OR_RETURN(const size_t got, file->ReadAt(0, bytes));
  bytes.resize(got);
  return bytes;
}

}  // namespace flinkc
