#include "runtime/env/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "runtime/env/file_system.h"

namespace flinkc {

Result<ReadableFile> ReadableFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer; regular files do not care.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return SystemError(errno, "open", path);
  ReadableFile file(descriptor, path, 0);
  struct stat info;
  if (::fstat(descriptor, &info) != 0) return SystemError(errno, "read the size of", path);
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot read {}: it is {}, not a regular file", path,
                                 S_ISDIR(info.st_mode) ? "a directory" : "a pipe or device"));
  }
  file.size_ = info.st_size;
  return file;
}

ReadableFile::ReadableFile(ReadableFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      size_(other.size_) {}

ReadableFile& ReadableFile::operator=(ReadableFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  return *this;
}

ReadableFile::~ReadableFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<size_t> ReadableFile::ReadAt(int64_t offset, std::span<char> buffer) const {
  size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = ::pread(descriptor_, buffer.data() + filled, buffer.size() - filled,
                                offset + static_cast<int64_t>(filled));
    if (got < 0) {
      if (errno == EINTR) continue;
      return SystemError(errno, "read", path_);
    }
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

void ReadableFile::ReadAhead(int64_t offset, int64_t bytes) const {
  // Only a hint: its failure changes nothing but the speed.
  static_cast<void>(::posix_fadvise(descriptor_, offset, bytes, POSIX_FADV_WILLNEED));
}

Result<WritableFile> WritableFile::Create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return SystemError(errno, "create", path);
  return WritableFile(descriptor, path);
}

WritableFile::WritableFile(WritableFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      size_(other.size_),
      is_direct_(other.is_direct_) {}

WritableFile& WritableFile::operator=(WritableFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(is_direct_, other.is_direct_);
  return *this;
}

WritableFile::~WritableFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status WritableFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      // A file system may allow it and then not do it.
      if (errno == EINVAL && is_direct_) {
        SetDirect(false);
        if (!is_direct_) continue;
      }
      return SystemError(errno, "write", path_);
    }
    size_ += written;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

void WritableFile::SetDirect(bool direct) {
  if (direct == is_direct_) return;
  if (::fcntl(descriptor_, F_SETFL, direct ? O_DIRECT : 0) == 0) is_direct_ = direct;
}

Status WritableFile::Sync() {
  if (::fsync(descriptor_) != 0) return SystemError(errno, "sync", path_);
  return {};
}

Status WritableFile::Close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0) return SystemError(errno, "close", path_);
  return {};
}

}  // namespace flinkc
