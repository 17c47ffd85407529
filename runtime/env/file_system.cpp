#include "runtime/env/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "runtime/base/failpoint.h"

namespace flinkc {

namespace {

ErrorCode CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kNoSpace;
    case ENAMETOOLONG:
    case EINVAL:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kIo;
  }
}

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

std::unexpected<Error> SystemError(int error_number, std::string_view what,
                                   const std::string& path) {
  return MakeError(
      CodeOf(error_number),
      fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error_number)));
}

Result<FileInfo> GetFileInfo(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return SystemError(errno, "open", path);
  FileInfo file{path, FileKind::kOther, info.st_size};
  if (S_ISREG(info.st_mode)) file.kind = FileKind::kFile;
  if (S_ISDIR(info.st_mode)) file.kind = FileKind::kDirectory;
  return file;
}

Result<std::vector<FileInfo>> ListDirectory(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return SystemError(errno, "list", directory);
  std::vector<FileInfo> files;
  const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    // What vanished since, or a dangling link, is not there.
    if (Result<FileInfo> file = GetFileInfo(prefix + std::string(name))) {
      files.push_back(*std::move(file));
    }
    errno = 0;
  }
  const int error_number = errno;
  ::closedir(stream);
  if (error_number != 0) return SystemError(error_number, "list", directory);
  std::sort(files.begin(), files.end(),
            [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
  return files;
}

bool IsGlob(std::string_view path) { return path.find_first_of("*?[") != std::string_view::npos; }

Result<std::vector<FileInfo>> Glob(const std::string& pattern) {
  glob_t matches{};
  const int outcome = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
  std::vector<FileInfo> files;
  for (size_t i = 0; outcome == 0 && i < matches.gl_pathc; ++i) {
    if (Result<FileInfo> file = GetFileInfo(matches.gl_pathv[i])) {
      files.push_back(*std::move(file));
    }
  }
  ::globfree(&matches);
  if (outcome != 0 && outcome != GLOB_NOMATCH) {
    return MakeError(ErrorCode::kIo, fmt::format("cannot expand the pattern {}", pattern));
  }
  std::sort(files.begin(), files.end(),
            [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
  return files;
}

Status MakeDirectories(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return SystemError(error.value(), "create the directory", directory);
  return {};
}

Status CheckFilesCanBeMade(const std::string& directory) {
  // Without a name: nothing is left if the process dies here.
  const int nameless = ::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (nameless >= 0) {
    ::close(nameless);
    return {};
  }
  const std::string probe = directory + "/.flinkc-probe";
  const int named = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (named < 0) return SystemError(errno, "create", probe);
  ::close(named);
  return RemoveFile(probe);
}

Status RenameDurably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return SystemError(errno, fmt::format("rename {} to", from), to);
  }
  FLINKC_FAILPOINT("file.renamed");
  return SyncDirectory(ParentOf(to));
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError(errno, "remove", path);
  return {};
}

Status RemoveEmptyDirectory(const std::string& directory) {
  if (::rmdir(directory.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST) {
    return SystemError(errno, "remove the directory", directory);
  }
  return {};
}

Status RemoveTree(const std::string& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  if (error) return SystemError(error.value(), "remove", directory);
  return {};
}

Status SyncFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(errno, "open", path);
  const int outcome = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  if (outcome != 0) return SystemError(error_number, "sync", path);
  return {};
}

Status SyncDirectory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(errno, "open the directory", directory);
  const int outcome = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  // Some file systems cannot sync a directory; they say EINVAL.
  if (outcome != 0 && error_number != EINVAL) {
    return SystemError(error_number, "sync the directory", directory);
  }
  return {};
}

}  // namespace flinkc
