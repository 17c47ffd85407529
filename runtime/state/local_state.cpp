#include "runtime/state/local_state.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/env/file_system.h"

namespace flinkc {

LocalState::LocalState(const std::vector<std::string>& roots, LocalCopies::Log log)
    : log_(std::move(log)) {
  for (const std::string& root : roots) {
    roots_.push_back({ProcessDirectory::BaseBelow(root, "local-state"), nullptr});
  }
  if (roots_.empty()) roots_.push_back({ProcessDirectory::BaseBelow("", "local-state"), nullptr});
  for (const Root& root : roots_) {
    static_cast<void>(ProcessDirectory::RemoveLeftOvers(root.base));
  }
}

Result<std::string> LocalState::MakeDirectory() {
  const std::lock_guard lock(mutex_);
  Result<std::string> directory = std::string();
  for (size_t tried = 0; tried < roots_.size(); ++tried) {
    const uint64_t number = jobs_++;
    directory = MakeDirectoryIn(roots_[number % roots_.size()], number);
    if (directory) break;
  }
  return directory;
}

Result<std::string> LocalState::MakeDirectoryIn(Root& root, uint64_t number) {
  if (root.directory == nullptr) {
    ASSIGN_OR_RETURN(root.directory, ProcessDirectory::Make(root.base));
  }
  std::string directory = fmt::format("{}/{}", root.directory->path(), number);
  RETURN_IF_ERROR(MakeDirectories(directory));
  return directory;
}

std::shared_ptr<LocalCopies> LocalState::MakeFor(const std::string& job_name) {
  Result<std::string> directory = MakeDirectory();
  if (directory) {
    return std::make_shared<LocalCopies>(*std::move(directory), job_name, &disk_, &counts_, log_);
  }
  ++counts_.failed;
  if (log_) {
    log_(
        fmt::format("job `{}`: local copies of its state cannot be made, and it goes on without: "
                    "{}",
                    job_name, directory.error().message));
  }
  return nullptr;
}

}  // namespace flinkc
