// What a job's configuration says about checkpoints, under Flink's names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

// What becomes of the checkpoints of a job that has ended. A finished job's go in any case, a
// failed job's only with kNone.
enum class CheckpointRetention : uint8_t {
  kNone,  // NO_EXTERNALIZED_CHECKPOINTS
  kDeleteOnCancellation,
  kRetainOnCancellation,
};

struct CheckpointOptions {
  // 0: none are triggered by time. All times in microseconds.
  int64_t interval_micros = 0;
  int64_t timeout_micros = 600'000'000;
  // From the end of one to the next one that time triggers.
  int64_t min_pause_micros = 0;
  uint32_t max_concurrent = 1;
  // Failures in a row that the job survives.
  uint32_t tolerable_failed = 0;
  uint32_t num_retained = 1;
  CheckpointRetention retention = CheckpointRetention::kNone;
  bool incremental = false;
  bool after_tasks_finish = true;
  // How long a checkpoint's barrier waits behind rows before it overtakes them; nothing: for ever.
  std::optional<int64_t> overtake_after_micros;
  // TaskManagers keep copies on their own disks, to go on from.
  bool local_backup = false;
  // "": none.
  std::string dir;
  std::string savepoint_dir;

  // Takes the options of the group execution.checkpointing. out of a job's configuration.
  // kInvalidArgument names every option that is wrong, and what would be right.
  static Result<CheckpointOptions> Parse(const std::map<std::string, std::string>& config);
};

// The options that have an effect, and those known but not supported yet.
std::span<const OptionRecord> CheckpointOptionRecords();

}  // namespace flinkc
