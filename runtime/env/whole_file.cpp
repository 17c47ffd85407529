#include "runtime/env/whole_file.h"

#include <memory>

namespace flinkc {

Status WriteWholeFile(FileSystem& files, const std::string& path, std::string_view bytes) {
  const std::string aside = path + std::string(kAsideSuffix);
  // One whose sync has failed may never reach the disk, whatever is written to it later.
  RETURN_IF_ERROR(files.Remove(aside));
  ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file, files.Create(aside));
  RETURN_IF_ERROR(file->Append(bytes));
  RETURN_IF_ERROR(file->Sync());
  RETURN_IF_ERROR(file->Close());
  return files.Rename(aside, path);
}

}  // namespace flinkc
