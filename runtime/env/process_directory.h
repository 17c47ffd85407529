// A directory of one owner in this process, below one that processes share: it goes with its owner.
// What a process leaves behind that was killed the next one removes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/env/storage.h"

namespace flinkc {

class ProcessDirectory {
 public:
  // Makes one below `base`, which it makes too, and removes what dead processes have left there.
  // kPermissionDenied: `base` is there, and not a directory of this user's.
  static Result<std::unique_ptr<ProcessDirectory>> Make(const std::string& base);
  // What dead processes have left below `base`, as far as it can be removed.
  static Status RemoveLeftOvers(const std::string& base);
  // Where the user's directories for this use are: below `directory`; "": below the machine's
  // temporary directory.
  static std::string BaseBelow(const std::string& directory, std::string_view use);
  // Removes it, with all that lies in it.
  ~ProcessDirectory();
  ProcessDirectory(const ProcessDirectory&) = delete;
  ProcessDirectory& operator=(const ProcessDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  ProcessDirectory(std::string path, std::unique_ptr<FileLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  const std::unique_ptr<FileLock> lock_;
};

}  // namespace flinkc
