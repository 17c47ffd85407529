// `flinkc run --from-checkpoint …` and its like: where a job starts from. Other words for Flink's
// options execution.state-recovery.*, for specs and compiled jobs alike; they win over `-D`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/spec/job_config.h"
#include "runtime/base/result.h"

namespace flinkc {

struct RecoveryFlags {
  std::optional<std::string> from_checkpoint;  // a path, or "latest"
  std::optional<std::string> from_savepoint;
  std::string claim_mode;  // "claim", "no_claim"; "": not given
  bool allow_non_restored = false;

  void AddTo(CLI::App& command);
  // kInvalidArgument: flags that do not fit together.
  Result<std::vector<ConfigSetting>> Settings() const;
};

}  // namespace flinkc
