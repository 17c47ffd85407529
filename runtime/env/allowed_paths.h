// The folders that the jobs of a cluster may read and write.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace flinkc {

// Constant after it is made: any thread. Who may make links in these folders by other means than a
// job can lead a job out of them between the look and the opening.
class AllowedPaths {
 public:
  // Jobs may use what the user of the process may.
  AllowedPaths() = default;
  // kInvalidArgument: a folder that is not there, or no folder.
  static Result<AllowedPaths> Make(const std::vector<std::string>& folders);

  bool is_confined() const { return !folders_.empty(); }
  // kPermissionDenied: the path leads out of the folders. `..` and all links are followed, those to
  // what is not there yet as well.
  Status Check(const std::string& path) const;
  // Whether one of the folders is the path or lies below it.
  bool IsOnTheWay(const std::string& path) const;

 private:
  std::vector<std::string> folders_;  // without links, `.` and `..`
};

}  // namespace flinkc
