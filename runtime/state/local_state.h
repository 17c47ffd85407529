// Where a TaskManager keeps local copies of state, of all its jobs, and what has come of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/env/process_directory.h"
#include "runtime/env/storage.h"
#include "runtime/state/local_copies.h"

namespace flinkc {

// Thread-safe. Must outlive the copies of its jobs.
class LocalState {
 public:
  // `roots`: directories that take turns, a job each; none: the machine's temporary one. Removes
  // what dead processes have left in them.
  LocalState(const std::vector<std::string>& roots, LocalCopies::Log log);

  // nullptr: there can be none; it is counted, and why is logged.
  std::shared_ptr<LocalCopies> MakeFor(const std::string& job_name);
  const LocalCopyCounts& counts() const { return counts_; }

 private:
  struct Root {
    std::string base;
    std::unique_ptr<ProcessDirectory> directory;  // made when it is needed
  };
  // In the first root, from the one whose turn it is, that can have it.
  Result<std::string> MakeDirectory();
  Result<std::string> MakeDirectoryIn(Root& root, uint64_t number);

  // Constant after construction.
  const LocalCopies::Log log_;
  // Any thread.
  LocalFileSystem disk_;
  LocalCopyCounts counts_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::vector<Root> roots_;
  uint64_t jobs_ = 0;
};

}  // namespace flinkc
