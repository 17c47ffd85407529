// What lies in a file sink's directory.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/env/storage.h"
#include "stdlib-operators/connectors/file_sink_settings.h"
#include "stdlib-operators/connectors/sealed_unit.h"

namespace flinkc {

// All part files in the directory and below it, with relative paths; names that begin with a dot
// are passed over. A directory that is not there has none.
Result<std::vector<ReplacedFile>> FindPartFiles(FileSystem& files,
                                                const FileSinkSettings& settings);
// The unfinished files of this owner in the directory and its partitions: relative paths.
Result<std::vector<std::string>> FindUnfinishedFiles(FileSystem& files,
                                                     const FileSinkSettings& settings,
                                                     const std::string& owner_tag);

// The directory of a path, "" at the top.
std::string DirectoryOf(const std::string& relative_path);
// Removes the partition directory and those above it, as far as they are empty; what cannot be
// removed does no harm.
void RemoveEmptyPartitions(FileSystem& files, const FileSinkSettings& settings,
                           std::string relative_directory);

}  // namespace flinkc
