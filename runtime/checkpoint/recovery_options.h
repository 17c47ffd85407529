// What a job's configuration says about where it starts from, under Flink's names.
#pragma once

#include <map>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

struct RecoveryOptions {
  // execution.state-recovery.path. "": from the beginning; "latest": the newest complete checkpoint
  // of the job's own directory; else a checkpoint or savepoint.
  std::string path;
  ClaimMode claim = ClaimMode::kNoClaim;  // of a path
  // execution.state-recovery.ignore-unclaimed-state: state that the job has no operator for is left
  // behind.
  bool allow_non_restored = false;

  // execution.state-recovery.from-local: a restart prefers the TaskManagers that the job was on,
  // and what they have kept on their own disks (checkpoint_options.h, local_backup).
  bool from_local = false;

  bool from_latest() const { return path == "latest"; }

  // Takes the options of the group execution.state-recovery. out of a job's configuration.
  // kInvalidArgument names every option that is wrong, and what would be right.
  static Result<RecoveryOptions> Parse(const std::map<std::string, std::string>& config);
};

std::span<const OptionRecord> RecoveryOptionRecords();

}  // namespace flinkc
