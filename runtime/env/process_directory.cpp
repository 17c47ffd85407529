#include "runtime/env/process_directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <utility>
#include <vector>

#include "runtime/env/file_system.h"

namespace flinkc {

namespace {

constexpr std::string_view kLockSuffix = ".lock";

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
  LocalFileSystem files;
  const Result<std::vector<FileInfo>> entries = ListDirectory(base);
  if (!entries && entries.error().code == ErrorCode::kNotFound) return {};
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
  RETURN_IF_ERROR(MakeDirectories(base));
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
