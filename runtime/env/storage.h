// Where checkpoints are kept: files in directories, behind an interface, so that another storage,
// or one that fails as a test wishes, can stand in for the local disk. Everything that belongs to a
// checkpoint is read, written, renamed and removed through a FileSystem.
//
// What lasts: bytes of a file after its Sync, names in a directory after its SyncDirectory (Rename
// and MakeDirectories do that themselves). All else may be lost or half there after a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/env/file_system.h"

namespace flinkc {

// A file that is being written. One thread at a time. Without Close it is closed when it goes, and
// its last error is lost.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  // Before the first Append: the file will be large, and nobody reads it soon. What is appended may
  // be held back until Sync or Close, with its errors.
  virtual void ExpectLarge() {}
  virtual Status Append(std::string_view bytes) = 0;
  // After an error nothing is known of the bytes appended so far: the file is to be given up, not
  // synced again.
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
  // Bytes appended.
  virtual int64_t size() const = 0;
};

// Thread-safe.
class FileReader {
 public:
  virtual ~FileReader() = default;
  // Fills `buffer` from byte `offset` on; fewer bytes only at the end of the file.
  virtual Result<size_t> ReadAt(int64_t offset, std::span<char> buffer) const = 0;
  // Bytes, as it was when it was opened.
  virtual int64_t size() const = 0;
};

// A lock that is held until it goes or its process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Thread-safe. Errors name the path; kNotFound, kPermissionDenied and kNoSpace are told apart.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Makes the file or empties it.
  virtual Result<std::unique_ptr<FileWriter>> Create(const std::string& path) = 0;
  virtual Result<std::unique_ptr<FileReader>> Open(const std::string& path) = 0;
  // Gives the file, or empty directory, another name, in place of what had it, and makes that last.
  // After an error it may have happened or not, or have happened and not last: whoever must know
  // looks.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  // A second name for the same bytes; kAlreadyExists if `to` is there.
  virtual Status Link(const std::string& from, const std::string& to) = 0;
  // No error if it is not there.
  virtual Status Remove(const std::string& path) = 0;
  // No error if it is not there or not empty.
  virtual Status RemoveDirectory(const std::string& directory) = 0;
  virtual Result<FileInfo> Info(const std::string& path) = 0;
  // Without `.` and `..`, sorted by path.
  virtual Result<std::vector<FileInfo>> List(const std::string& directory) = 0;
  // With all parents, lasting; no error if it is there already, which is then made to last too: a
  // crash may have come between its making and its sync.
  virtual Status MakeDirectories(const std::string& directory) = 0;
  // From now on the directory is its owner's alone, where directories have owners.
  virtual Status MakePrivate(const std::string& directory) { return {}; }
  virtual Status SyncDirectory(const std::string& directory) = 0;
  // Makes the file if need be. kUnavailable: another holder has it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

// The machine's own files.
class LocalFileSystem final : public FileSystem {
 public:
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
};

// MakeDirectories for `directory` and each one on the way to it from `base`, which it begins with
// ("": the root, or the working directory), the outermost first. A directory that is there may have
// been made by a process that died, or by a call that failed, before it was made to last; what is
// made below it would go with it.
Status MakeDirectoriesOneByOne(FileSystem& files, const std::string& directory,
                               const std::string& base = "");

// The same; a `directory` that was not there is made private.
Status MakePrivateDirectory(FileSystem& files, const std::string& directory);

// The whole file. kInvalidArgument if it is longer than `bytes_max`.
Result<std::string> ReadWholeFile(FileSystem& files, const std::string& path, int64_t bytes_max);

}  // namespace flinkc
