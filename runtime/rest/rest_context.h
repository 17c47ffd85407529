// What REST tells of the JobManager's own process, and what it may do with it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "runtime/env/log_tail.h"
#include "runtime/env/process_usage.h"

namespace flinkc {

// What it names must outlive those who have it.
struct RestContext {
  std::string version;  // of flinkc
  // Options that were given when it was started, none of them secret.
  std::map<std::string, std::string> config = {};
  const LogTail* log_tail = nullptr;        // nullptr: it keeps none
  ProcessUsage (*usage)() = nullptr;        // nullptr: it tells nothing
  std::function<void()> shut_down = [] {};  // begins to end the process; any thread
  // A line for each request that changes something (audit.h); any thread. May be empty.
  std::function<void(const std::string&)> audit = {};

  ProcessUsage ReadUsage() const { return usage == nullptr ? ProcessUsage() : usage(); }
};

}  // namespace flinkc
