// One output file on its way: written under a name that begins with a dot, synced, and only then
// given its final name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/env/file.h"
#include "stdlib-operators/connectors/compression.h"

namespace flinkc {

// Worker thread only.
class PartFile {
 public:
  // `directory` is made if it is not there. `name`: the final one.
  static Result<PartFile> Create(const std::string& directory, const std::string& name,
                                 Compression compression);

  // Keeps up to kBufferBytes back.
  Status Append(std::string_view bytes);
  // Everything is in the file, which is closed; the disk may still lag behind.
  Status Close();
  // Everything is on the disk.
  Status Sync();
  // Gives the final name. Idempotent.
  Status Commit();
  // Removes what has not got its final name.
  void Remove();

  bool is_open() const { return file_.has_value(); }
  // Bytes written, the buffered ones and before compression those included.
  int64_t size_bytes() const { return written_ + static_cast<int64_t>(buffer_.size()); }
  const std::string& directory() const { return directory_; }
  const std::string& final_path() const { return final_path_; }

 private:
  static constexpr size_t kBufferBytes = 256 * 1024;

  PartFile() = default;
  Status Flush();

  std::string directory_;
  std::string unfinished_path_;
  std::string final_path_;
  std::optional<WritableFile> file_;
  std::unique_ptr<Compressor> compressor_;
  std::string buffer_;  // as the encoder wrote it
  std::string compressed_;
  int64_t written_ = 0;
  bool committed_ = false;
};

}  // namespace flinkc
