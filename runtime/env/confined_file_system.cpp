#include "runtime/env/confined_file_system.h"

namespace flinkc {

Result<std::unique_ptr<FileWriter>> ConfinedFileSystem::Create(const std::string& path) {
  RETURN_IF_ERROR(allowed_.Check(path));
  return files_.Create(path);
}

Result<std::unique_ptr<FileReader>> ConfinedFileSystem::Open(const std::string& path) {
  RETURN_IF_ERROR(allowed_.Check(path));
  return files_.Open(path);
}

Status ConfinedFileSystem::Rename(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(allowed_.Check(from));
  RETURN_IF_ERROR(allowed_.Check(to));
  return files_.Rename(from, to);
}

Status ConfinedFileSystem::Link(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(allowed_.Check(to));
  return files_.Link(from, to);
}

Status ConfinedFileSystem::Remove(const std::string& path) {
  RETURN_IF_ERROR(allowed_.Check(path));
  return files_.Remove(path);
}

Status ConfinedFileSystem::RemoveDirectory(const std::string& directory) {
  RETURN_IF_ERROR(allowed_.Check(directory));
  return files_.RemoveDirectory(directory);
}

Result<FileInfo> ConfinedFileSystem::Info(const std::string& path) {
  RETURN_IF_ERROR(allowed_.Check(path));
  return files_.Info(path);
}

Result<std::vector<FileInfo>> ConfinedFileSystem::List(const std::string& directory) {
  RETURN_IF_ERROR(allowed_.Check(directory));
  return files_.List(directory);
}

Status ConfinedFileSystem::MakeDirectories(const std::string& directory) {
  // Who makes a directory and its parents, the outermost first, begins with some that are there.
  if (allowed_.IsOnTheWay(directory)) return {};
  RETURN_IF_ERROR(allowed_.Check(directory));
  return files_.MakeDirectories(directory);
}

Status ConfinedFileSystem::MakePrivate(const std::string& directory) {
  RETURN_IF_ERROR(allowed_.Check(directory));
  return files_.MakePrivate(directory);
}

Status ConfinedFileSystem::SyncDirectory(const std::string& directory) {
  RETURN_IF_ERROR(allowed_.Check(directory));
  return files_.SyncDirectory(directory);
}

Result<std::unique_ptr<FileLock>> ConfinedFileSystem::Lock(const std::string& path) {
  RETURN_IF_ERROR(allowed_.Check(path));
  return files_.Lock(path);
}

}  // namespace flinkc
