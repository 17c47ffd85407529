// One output file until it is sealed: written under its unfinished name (part_name.h), ended,
// synced. Who gives it its final name is SinkCommitter.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/env/storage.h"
#include "stdlib-operators/connectors/compression.h"

namespace flinkc {

// One thread at a time.
class PartFile {
 public:
  // The directory must be there.
  static Result<std::unique_ptr<PartFile>> Create(FileSystem* files, std::string path,
                                                  Compression compression);

  // Keeps up to kBufferBytes back.
  Status Append(std::string_view bytes);
  // Nothing more will be appended: everything is in the file, whose size is final; the disk may
  // still lag behind.
  Status End();
  // After End: everything is on the disk, and the file is closed. Idempotent.
  Status Sync();
  // Closes and removes it.
  void Remove();

  bool is_synced() const { return file_ == nullptr; }
  // Bytes written, the buffered ones and before compression those included.
  int64_t size_bytes() const { return written_ + static_cast<int64_t>(buffer_.size()); }
  const std::string& path() const { return path_; }

 private:
  static constexpr size_t kBufferBytes = 256 * 1024;

  PartFile(FileSystem* files, std::string path) : files_(files), path_(std::move(path)) {}
  Status Flush();

  FileSystem* const files_;
  const std::string path_;
  std::unique_ptr<FileWriter> file_;
  std::unique_ptr<Compressor> compressor_;
  std::string buffer_;  // as the encoder wrote it
  std::string compressed_;
  int64_t written_ = 0;
};

}  // namespace flinkc
