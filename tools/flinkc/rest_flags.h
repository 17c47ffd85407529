// The options of all commands that talk to a JobManager: where it is, and by what both know each
// other.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "runtime/base/result.h"
#include "tools/flinkc/rest_client.h"

namespace flinkc {

struct RestFlags {
  std::string job_manager = "127.0.0.1:8081";
  std::string token_file;
  std::string ca_file;

  void AddTo(CLI::App& command);
  // kInvalidArgument and others: one of them is none, or cannot be read.
  Result<RestClient> Client() const;
};

}  // namespace flinkc
