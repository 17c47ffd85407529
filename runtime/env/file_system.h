// Names of files and directories: the door through which sources, sinks and the object cache reach
// the disk. Thread-safe. Errors as in file.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace flinkc {

enum class FileKind : uint8_t { kFile, kDirectory, kOther };

struct FileInfo {
  std::string path;
  FileKind kind = FileKind::kFile;
  int64_t size_bytes = 0;
};

// Follows links. kNotFound if there is nothing.
Result<FileInfo> GetFileInfo(const std::string& path);
// What lies in the directory, without `.` and `..`, sorted by path.
Result<std::vector<FileInfo>> ListDirectory(const std::string& directory);
// Whether the path holds a pattern: `*`, `?` or `[`.
bool IsGlob(std::string_view path);
// All that match the pattern (`*` never matches a `/` or a leading dot), sorted. May be empty.
Result<std::vector<FileInfo>> Glob(const std::string& pattern);

// With all parents; no error if it is there already.
Status MakeDirectories(const std::string& directory);
// Makes a file in the directory and removes it.
Status CheckFilesCanBeMade(const std::string& directory);
// Replaces `to` at once and makes it last: the directory is synced as well. Both names must lie on
// one file system.
Status RenameDurably(const std::string& from, const std::string& to);
// No error if it is not there.
Status RemoveFile(const std::string& path);
// No error if it is not there or not empty.
Status RemoveEmptyDirectory(const std::string& directory);
Status RemoveTree(const std::string& directory);
// What was written to the file is on the disk, not only in the system's memory.
Status SyncFile(const std::string& path);
// The names made or removed in this directory are on the disk.
Status SyncDirectory(const std::string& directory);

// The Error of a failed system call on `path`, by errno: "cannot open a.csv: No such file or
// directory".
std::unexpected<Error> SystemError(int error_number, std::string_view what,
                                   const std::string& path);

}  // namespace flinkc
