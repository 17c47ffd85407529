#include "runtime/state/state_files.h"

#include <fmt/format.h>

#include "runtime/base/failpoint.h"

namespace flinkc {

Status StateFileWriter::Append(std::string_view bytes) {
  if (writer_ == nullptr) {
    ASSIGN_OR_RETURN(writer_, files_->Create(directory_ + "/" + path_));
    writer_->ExpectLarge();
  }
  return writer_->Append(bytes);
}

Status StateFileWriter::Finish() {
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.before_sync"));
  RETURN_IF_ERROR(writer_->Sync());
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.after_sync"));
  RETURN_IF_ERROR(writer_->Close());
  const size_t slash = path_.rfind('/');
  return files_->SyncDirectory(
      slash == std::string::npos ? directory_ : directory_ + "/" + path_.substr(0, slash));
}

Result<std::string> StateFileReader::Read(const std::string& file, uint64_t offset,
                                          uint64_t length) {
  std::unique_ptr<FileReader>& reader = opened_[file].reader;
  const std::string path = directory_ + "/" + file;
  if (reader == nullptr) {
    ASSIGN_OR_RETURN(reader, files_->Open(path));
  }
  const auto size = static_cast<uint64_t>(reader->size());
  if (offset > size || length > size - offset) {
    return MakeError(ErrorCode::kCorrupt, fmt::format("{} has {} bytes; {} from {} on are missing",
                                                      path, size, length, offset));
  }
  std::string bytes(length, '\0');
  ASSIGN_OR_RETURN(const size_t read, reader->ReadAt(static_cast<int64_t>(offset), bytes));
  if (read != length) {
    return MakeError(ErrorCode::kCorrupt, fmt::format("{} became shorter while it was read", path));
  }
  return bytes;
}

std::shared_ptr<const StateFile> StateFileReader::FileOf(const std::string& file) {
  const auto opened = opened_.find(file);
  if (!referable_ || opened == opened_.end() || opened->second.reader == nullptr) return nullptr;
  std::shared_ptr<StateFile>& known = opened->second.file;
  if (known == nullptr) {
    known = std::make_shared<StateFile>(
        StateFile{file, static_cast<uint64_t>(opened->second.reader->size())});
  }
  return known;
}

}  // namespace flinkc
