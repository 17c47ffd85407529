#include "runtime/state/state_files.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "runtime/base/failpoint.h"

namespace flinkc {

Status StateFileWriter::Append(std::string_view bytes) {
  if (writer_ == nullptr) {
    const std::string path = directory_ + "/" + path_;
    ASSIGN_OR_RETURN(writer_, files_->Create(path));
    writer_->ExpectLarge();
    if (copies_ != nullptr) copy_ = copies_->Begin(path, path_);
  }
  RETURN_IF_ERROR(writer_->Append(bytes));
  if (copy_ != nullptr) copy_->Append(bytes);
  return {};
}

Status StateFileWriter::Finish() {
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.before_sync"));
  RETURN_IF_ERROR(writer_->Sync());
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.after_sync"));
  RETURN_IF_ERROR(writer_->Close());
  const size_t slash = path_.rfind('/');
  RETURN_IF_ERROR(files_->SyncDirectory(
      slash == std::string::npos ? directory_ : directory_ + "/" + path_.substr(0, slash)));
  if (copy_ != nullptr) copy_->Finish();
  return {};
}

Status StateFileReader::Open(const std::string& file, Opened* opened) {
  if (copies_ != nullptr && !std::exchange(opened->had_copy, true)) {
    if (std::optional<LocalCopies::Copy> copy = copies_->Open(file)) {
      opened->path = std::move(copy->path);
      opened->reader = std::move(copy->reader);
      opened->is_copy = true;
      return {};
    }
  }
  opened->path = directory_ + "/" + file;
  ASSIGN_OR_RETURN(opened->reader, files_->Open(opened->path));
  return {};
}

StateFileReader::~StateFileReader() {
  for (const auto& [file, opened] : opened_) {
    if (opened.is_copy) copies_->CountRead();
  }
}

bool StateFileReader::GiveUpCopy(const std::string& file, const Error& why) {
  Opened& opened = opened_[file];
  if (!std::exchange(opened.is_copy, false)) return false;
  opened.reader.reset();
  copies_->Discard(file, why);
  return true;
}

Result<std::string> StateFileReader::Read(const std::string& file, uint64_t offset,
                                          uint64_t length) {
  Opened& opened = opened_[file];
  if (opened.reader == nullptr) RETURN_IF_ERROR(Open(file, &opened));
  const std::string& path = opened.path;
  const auto size = static_cast<uint64_t>(opened.reader->size());
  if (offset > size || length > size - offset) {
    return MakeError(ErrorCode::kCorrupt, fmt::format("{} has {} bytes; {} from {} on are missing",
                                                      path, size, length, offset));
  }
  std::string bytes(length, '\0');
  ASSIGN_OR_RETURN(const size_t read, opened.reader->ReadAt(static_cast<int64_t>(offset), bytes));
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
