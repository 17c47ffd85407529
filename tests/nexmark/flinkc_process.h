// `flinkc run` as a process that a failpoint may kill.
#pragma once

#include <string>
#include <vector>

namespace flinkc {

struct FlinkcProcess {
  std::vector<std::string> arguments;  // after `flinkc`
  std::string failpoints;              // FLINKC_FAILPOINTS
  std::string output;                  // file that standard output is appended to
  std::string errors;                  // file that holds standard error
};

// Runs it to its end: the exit code, or less than zero the signal that killed it.
int RunFlinkc(const FlinkcProcess& process);

}  // namespace flinkc
