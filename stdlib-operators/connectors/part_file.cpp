#include "stdlib-operators/connectors/part_file.h"

#include "runtime/env/file_system.h"

namespace flinkc {

Result<PartFile> PartFile::Create(const std::string& directory, const std::string& name,
                                  Compression compression) {
  RETURN_IF_ERROR(MakeDirectories(directory));
  PartFile part;
  part.directory_ = directory;
  part.unfinished_path_ = directory + "/." + name + ".inprogress";
  part.final_path_ = directory + "/" + name;
  ASSIGN_OR_RETURN(WritableFile file, WritableFile::Create(part.unfinished_path_));
  part.file_ = std::move(file);
  part.compressor_ = MakeCompressor(compression);
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

Status PartFile::Close() {
  if (!file_) return {};
  RETURN_IF_ERROR(Flush());
  if (compressor_ != nullptr) {
    compressed_.clear();
    compressor_->Finish(compressed_);
    RETURN_IF_ERROR(file_->Append(compressed_));
    compressor_.reset();
  }
  RETURN_IF_ERROR(file_->Close());
  file_.reset();
  buffer_ = {};
  return {};
}

Status PartFile::Sync() { return committed_ ? Status() : SyncFile(unfinished_path_); }

Status PartFile::Commit() {
  if (committed_) return {};
  RETURN_IF_ERROR(RenameDurably(unfinished_path_, final_path_));
  committed_ = true;
  return {};
}

void PartFile::Remove() {
  file_.reset();
  // What cannot be removed keeps its dotted name: nobody takes it for output.
  if (!committed_) static_cast<void>(RemoveFile(unfinished_path_));
}

}  // namespace flinkc
