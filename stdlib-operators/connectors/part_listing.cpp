#include "stdlib-operators/connectors/part_listing.h"

#include <optional>
#include <string_view>

#include "stdlib-operators/connectors/part_name.h"

namespace flinkc {

namespace {

std::string Join(const std::string& directory, std::string_view name) {
  return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

// Nothing where there is no directory.
Result<std::vector<FileInfo>> ListIfThere(FileSystem& files, const std::string& directory) {
  Result<std::vector<FileInfo>> entries = files.List(directory);
  if (!entries && entries.error().code == ErrorCode::kNotFound) return std::vector<FileInfo>();
  return entries;
}

Status FindPartsBelow(FileSystem& files, const FileSinkSettings& settings,
                      const std::string& directory, std::vector<ReplacedFile>* found) {
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries,
                   ListIfThere(files, settings.Below(directory)));
  for (const FileInfo& entry : entries) {
    const std::string_view name = FileNameOf(entry.path);
    if (name.starts_with('.')) continue;
    if (entry.kind == FileKind::kDirectory) {
      RETURN_IF_ERROR(FindPartsBelow(files, settings, Join(directory, name), found));
    } else if (ParsePartName(name)) {
      found->push_back({Join(directory, name), entry.size_bytes});
    }
  }
  return {};
}

// Goes no deeper than the sink itself does, and only where it does.
Status FindUnfinishedBelow(FileSystem& files, const FileSinkSettings& settings,
                           const std::string& directory, size_t level, const std::string& owner_tag,
                           std::vector<std::string>* found) {
  ASSIGN_OR_RETURN(const std::vector<FileInfo> entries,
                   ListIfThere(files, settings.Below(directory)));
  for (const FileInfo& entry : entries) {
    const std::string_view name = FileNameOf(entry.path);
    if (entry.kind == FileKind::kDirectory) {
      if (level < settings.partition_by.size() &&
          name.starts_with(settings.partition_by[level] + "=")) {
        RETURN_IF_ERROR(FindUnfinishedBelow(files, settings, Join(directory, name), level + 1,
                                            owner_tag, found));
      }
      continue;
    }
    const std::optional<UnfinishedName> unfinished = ParseUnfinishedName(name);
    if (unfinished && unfinished->owner == owner_tag) found->push_back(Join(directory, name));
  }
  return {};
}

}  // namespace

Result<std::vector<ReplacedFile>> FindPartFiles(FileSystem& files,
                                                const FileSinkSettings& settings) {
  std::vector<ReplacedFile> found;
  RETURN_IF_ERROR(FindPartsBelow(files, settings, "", &found));
  return found;
}

Result<std::vector<std::string>> FindUnfinishedFiles(FileSystem& files,
                                                     const FileSinkSettings& settings,
                                                     const std::string& owner_tag) {
  std::vector<std::string> found;
  RETURN_IF_ERROR(FindUnfinishedBelow(files, settings, "", 0, owner_tag, &found));
  return found;
}

std::string DirectoryOf(const std::string& relative_path) {
  const size_t slash = relative_path.rfind('/');
  return slash == std::string::npos ? "" : relative_path.substr(0, slash);
}

void RemoveEmptyPartitions(FileSystem& files, const FileSinkSettings& settings,
                           std::string relative_directory) {
  while (!relative_directory.empty()) {
    static_cast<void>(files.RemoveDirectory(settings.Below(relative_directory)));
    relative_directory = DirectoryOf(relative_directory);
  }
}

}  // namespace flinkc
