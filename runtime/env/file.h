// Open files. Every error names the path and what the system said; ErrorCode tells a missing file,
// a forbidden one and a full disk apart. Not for two threads at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

class ReadableFile {
 public:
  // A regular file; a directory, pipe or device is kInvalidArgument.
  static Result<ReadableFile> Open(const std::string& path);
  ReadableFile(ReadableFile&& other) noexcept;
  ReadableFile& operator=(ReadableFile&& other) noexcept;
  ~ReadableFile();

  // Fills `buffer` from byte `offset` on; fewer bytes only at the end of the file.
  Result<size_t> ReadAt(int64_t offset, std::span<char> buffer) const;
  // Asks the system to read these bytes ahead, in the background.
  void ReadAhead(int64_t offset, int64_t bytes) const;
  // As it was at Open.
  int64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  ReadableFile(int descriptor, std::string path, int64_t size)
      : descriptor_(descriptor), path_(std::move(path)), size_(size) {}

  int descriptor_ = -1;
  std::string path_;
  int64_t size_ = 0;
};

class WritableFile {
 public:
  // Makes the file or empties it.
  static Result<WritableFile> Create(const std::string& path);
  WritableFile(WritableFile&& other) noexcept;
  WritableFile& operator=(WritableFile&& other) noexcept;
  // Closes without an error to report: call Close for that.
  ~WritableFile();

  Status Append(std::string_view bytes);
  // Whether what is appended from now on goes around the system's page cache, if the file system
  // can. The bytes, their number and size() must then be aligned to what the disk asks for, 4096 at
  // most.
  void SetDirect(bool direct);
  // The bytes are on the disk, not only in the system's memory.
  Status Sync();
  Status Close();
  int64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  WritableFile(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_ = -1;
  std::string path_;
  int64_t size_ = 0;
  bool is_direct_ = false;
};

}  // namespace flinkc
