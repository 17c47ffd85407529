#include "stdlib-operators/connectors/part_file.h"

namespace flinkc {

Result<std::unique_ptr<PartFile>> PartFile::Create(FileSystem* files, std::string path,
                                                   Compression compression) {
  std::unique_ptr<PartFile> part(new PartFile(files, std::move(path)));
  ASSIGN_OR_RETURN(part->file_, files->Create(part->path_));
  part->compressor_ = MakeCompressor(compression);
  return part;
}

Status PartFile::Append(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status PartFile::Flush() {
  if (compressor_ == nullptr) {
    RETURN_IF_ERROR(file_->Append(buffer_));
  } else {
    compressed_.clear();
    compressor_->Append(buffer_, compressed_);
    RETURN_IF_ERROR(file_->Append(compressed_));
  }
  written_ = file_->size();
  buffer_.clear();
  return {};
}

Status PartFile::End() {
  RETURN_IF_ERROR(Flush());
  if (compressor_ != nullptr) {
    compressed_.clear();
    compressor_->Finish(compressed_);
    RETURN_IF_ERROR(file_->Append(compressed_));
    compressor_.reset();
    compressed_ = {};
    written_ = file_->size();
  }
  buffer_ = {};
  return {};
}

Status PartFile::Sync() {
  if (is_synced()) return {};
  RETURN_IF_ERROR(file_->Sync());
  RETURN_IF_ERROR(file_->Close());
  file_ = nullptr;
  return {};
}

void PartFile::Remove() {
  file_ = nullptr;
  // What cannot be removed keeps its dotted name: nobody takes it for output, and RemoveLeftovers
  // comes by later.
  static_cast<void>(files_->Remove(path_));
}

}  // namespace flinkc
