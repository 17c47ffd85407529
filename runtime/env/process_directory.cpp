#include "runtime/env/process_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <utility>
#include <vector>

#include "runtime/env/file_system.h"

namespace flinkc {

namespace {

constexpr std::string_view kLockSuffix = ".lock";

// Its name can be known, and the machine's temporary directory is everybody's: what stands there
// must be this user's own, which nobody else may write to or read. kNotFound: there is nothing.
Status CheckIsOwn(const std::string& base) {
  struct stat info{};
  if (::lstat(base.c_str(), &info) != 0) return SystemError(errno, "look at", base);
  if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid()) {
    return MakeError(
        ErrorCode::kPermissionDenied,
        fmt::format("{} is not a directory of this user's: state is kept below it, "
                    "which nobody else may change; remove it or name another directory "
                    "(`state.backend.rocksdb.localdir`, "
                    "`taskmanager.state.local.root-dirs`)",
                    base));
  }
  if ((info.st_mode & 077) != 0 && ::chmod(base.c_str(), 0700) != 0) {
    return SystemError(errno, "take the rights of others to", base);
  }
  return {};
}

Status MakeOwn(const std::string& base) {
  RETURN_IF_ERROR(MakeDirectories(std::filesystem::path(base).parent_path().string()));
  if (::mkdir(base.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(errno, "create the directory", base);
  }
  return CheckIsOwn(base);
}

}  // namespace

std::string ProcessDirectory::BaseBelow(const std::string& directory, std::string_view use) {
  std::error_code error;
  std::string base = directory;
  if (base.empty()) base = std::filesystem::temp_directory_path(error).string();
  if (base.empty()) base = "/tmp";
  return fmt::format("{}/flinkc-{}-{}", base, use, getuid());
}

// Those whose lock nobody holds.
Status ProcessDirectory::RemoveLeftOvers(const std::string& base) {
  const Status is_own = CheckIsOwn(base);
  if (!is_own && is_own.error().code == ErrorCode::kNotFound) return {};
  RETURN_IF_ERROR(is_own);
  LocalFileSystem files;
  const Result<std::vector<FileInfo>> entries = ListDirectory(base);
  if (!entries) return std::unexpected(entries.error());
  for (const FileInfo& entry : *entries) {
    if (entry.kind != FileKind::kDirectory) continue;
    const std::string lock_path = entry.path + std::string(kLockSuffix);
    const Result<std::unique_ptr<FileLock>> lock = files.Lock(lock_path);
    if (!lock) continue;
    // What cannot be removed will be there the next time.
    if (RemoveTree(entry.path)) static_cast<void>(RemoveFile(lock_path));
  }
  return {};
}

Result<std::unique_ptr<ProcessDirectory>> ProcessDirectory::Make(const std::string& base) {
  LocalFileSystem files;
  RETURN_IF_ERROR(MakeOwn(base));
  RETURN_IF_ERROR(RemoveLeftOvers(base));
  // The lock is held before the directory is there, so that no living one is taken for a left-over.
  std::random_device random;
  std::string path = fmt::format("{}/{}-{:08x}{:08x}", base, getpid(), random(), random());
  ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock, files.Lock(path + std::string(kLockSuffix)));
  RETURN_IF_ERROR(MakeDirectories(path));
  return std::unique_ptr<ProcessDirectory>(new ProcessDirectory(std::move(path), std::move(lock)));
}

ProcessDirectory::~ProcessDirectory() {
  static_cast<void>(RemoveTree(path_));
  static_cast<void>(RemoveFile(path_ + std::string(kLockSuffix)));
}

}  // namespace flinkc
