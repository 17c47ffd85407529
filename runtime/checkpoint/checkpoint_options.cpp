#include "runtime/checkpoint/checkpoint_options.h"

#include <utility>

#include "runtime/checkpoint/read_options.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

namespace {

constexpr std::string_view kGroups[] = {"execution.checkpointing."};
constexpr std::string_view kModes[] = {"EXACTLY_ONCE"};
constexpr std::string_view kRetentions[] = {"NO_EXTERNALIZED_CHECKPOINTS", "DELETE_ON_CANCELLATION",
                                            "RETAIN_ON_CANCELLATION"};
constexpr std::string_view kStorages[] = {"filesystem"};

constexpr std::string_view kInterval = "execution.checkpointing.interval";
constexpr std::string_view kTimeout = "execution.checkpointing.timeout";
constexpr std::string_view kMinPause = "execution.checkpointing.min-pause";
constexpr std::string_view kMaxConcurrent = "execution.checkpointing.max-concurrent-checkpoints";
constexpr std::string_view kTolerable = "execution.checkpointing.tolerable-failed-checkpoints";
constexpr std::string_view kNumRetained = "execution.checkpointing.num-retained";
constexpr std::string_view kRetention = "execution.checkpointing.externalized-checkpoint-retention";
constexpr std::string_view kIncremental = "execution.checkpointing.incremental";
constexpr std::string_view kAfterFinish = "execution.checkpointing.checkpoints-after-tasks-finish";
constexpr std::string_view kUnaligned = "execution.checkpointing.unaligned.enabled";
constexpr std::string_view kAlignedTimeout = "execution.checkpointing.aligned-checkpoint-timeout";
constexpr std::string_view kLocalBackup = "execution.checkpointing.local-backup.enabled";
constexpr std::string_view kDir = "execution.checkpointing.dir";
constexpr std::string_view kSavepointDir = "execution.checkpointing.savepoint-dir";

constexpr OptionRecord kRecords[] = {
    {.name = kInterval,
     .type = OptionType::kDuration,
     .doc = "Time from one checkpoint to the next; none are taken without it."},
    {.name = kTimeout,
     .type = OptionType::kDuration,
     .doc = "A checkpoint that takes longer is given up.",
     .default_value = "10min"},
    {.name = kMinPause,
     .type = OptionType::kDuration,
     .doc = "Least time from the end of a checkpoint to the next; above 0 there is one at a time.",
     .default_value = "0s"},
    {.name = kMaxConcurrent,
     .type = OptionType::kInteger,
     .doc = "How many checkpoints may be under way at once.",
     .default_value = "1",
     .min = 1,
     .max = 1000},
    {.name = kTolerable,
     .type = OptionType::kInteger,
     .doc = "How many checkpoints in a row may fail before the job does.",
     .default_value = "0",
     .min = 0,
     .max = INT32_MAX},
    {.name = kNumRetained,
     .type = OptionType::kInteger,
     .doc = "How many complete checkpoints are kept.",
     .default_value = "1",
     .min = 1,
     .max = 10'000},
    {.name = kRetention,
     .type = OptionType::kChoice,
     .doc = "Which checkpoints outlive their job.",
     .default_value = "NO_EXTERNALIZED_CHECKPOINTS",
     .choices = kRetentions},
    {.name = kIncremental,
     .type = OptionType::kBoolean,
     .doc = "Whether a checkpoint refers to what has not changed since an earlier one.",
     .default_value = "false"},
    {.name = kAfterFinish,
     .type = OptionType::kBoolean,
     .doc = "Whether checkpoints go on when some tasks have finished.",
     .default_value = "true"},
    {.name = kLocalBackup,
     .type = OptionType::kBoolean,
     .doc = "Whether TaskManagers keep copies of the state that they write on their own disks.",
     .default_value = "false"},
    {.name = kDir,
     .type = OptionType::kString,
     .doc = "Where checkpoints are kept: below it, a directory with the job's name."},
    {.name = kSavepointDir,
     .type = OptionType::kString,
     .doc = "Where savepoints are made that name no directory."},
    {.name = "execution.checkpointing.mode",
     .type = OptionType::kChoice,
     .doc = "What is guaranteed for the state.",
     .default_value = "EXACTLY_ONCE",
     .choices = kModes},
    {.name = "execution.checkpointing.storage",
     .type = OptionType::kChoice,
     .doc = "What keeps the checkpoints.",
     .default_value = "filesystem",
     .choices = kStorages},
    {.name = kUnaligned,
     .type = OptionType::kBoolean,
     .doc = "Whether barriers that are held up overtake rows, which the checkpoint then keeps; "
            "there may be one checkpoint at a time.",
     .default_value = "false"},
    {.name = kAlignedTimeout,
     .type = OptionType::kDuration,
     .doc = "How long a barrier is held up by rows before it overtakes them.",
     .default_value = "1s"},
};

Result<CheckpointRetention> ReadRetention(const std::string& text) {
  if (text == kRetentions[0]) return CheckpointRetention::kNone;
  if (text == kRetentions[1]) return CheckpointRetention::kDeleteOnCancellation;
  return CheckpointRetention::kRetainOnCancellation;
}

}  // namespace

std::span<const OptionRecord> CheckpointOptionRecords() { return kRecords; }

Result<CheckpointOptions> CheckpointOptions::Parse(
    const std::map<std::string, std::string>& config) {
  ASSIGN_OR_RETURN(const OptionMap map, ReadOptionGroup(config, kGroups, kRecords));
  const OptionReader reader(kRecords, map);
  CheckpointOptions options;
  if (reader.Has(kInterval)) {
    ASSIGN_OR_RETURN(options.interval_micros, reader.DurationMicros(kInterval));
  }
  ASSIGN_OR_RETURN(options.timeout_micros, reader.DurationMicros(kTimeout));
  ASSIGN_OR_RETURN(options.min_pause_micros, reader.DurationMicros(kMinPause));
  ASSIGN_OR_RETURN(const int64_t max_concurrent, reader.Integer(kMaxConcurrent));
  ASSIGN_OR_RETURN(const int64_t tolerable, reader.Integer(kTolerable));
  ASSIGN_OR_RETURN(const int64_t num_retained, reader.Integer(kNumRetained));
  ASSIGN_OR_RETURN(options.retention, ReadRetention(reader.Text(kRetention)));
  ASSIGN_OR_RETURN(options.incremental, reader.Boolean(kIncremental));
  ASSIGN_OR_RETURN(options.after_tasks_finish, reader.Boolean(kAfterFinish));
  ASSIGN_OR_RETURN(options.local_backup, reader.Boolean(kLocalBackup));
  options.max_concurrent = static_cast<uint32_t>(max_concurrent);
  options.tolerable_failed = static_cast<uint32_t>(tolerable);
  options.num_retained = static_cast<uint32_t>(num_retained);
  options.dir = reader.Text(kDir);
  options.savepoint_dir = reader.Text(kSavepointDir);
  if (options.min_pause_micros > 0) options.max_concurrent = 1;
  ASSIGN_OR_RETURN(const bool unaligned, reader.Boolean(kUnaligned));
  ASSIGN_OR_RETURN(const int64_t aligned_timeout, reader.DurationMicros(kAlignedTimeout));
  if (unaligned) options.overtake_after_micros = aligned_timeout;
  if (unaligned && options.max_concurrent > 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the option `execution.checkpointing.unaligned.enabled`: barriers overtake "
                     "rows only where there is one checkpoint at a time; leave it out, or set "
                     "`execution.checkpointing.max-concurrent-checkpoints: 1`");
  }
  if (options.interval_micros > 0 && options.dir.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the option `execution.checkpointing.interval` asks for checkpoints; say "
                     "where to keep them with `execution.checkpointing.dir`");
  }
  constexpr int64_t kTimeoutMicrosMin = 10'000;
  if (options.timeout_micros < kTimeoutMicrosMin) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the option `execution.checkpointing.timeout`: expected at least 10ms");
  }
  return options;
}

}  // namespace flinkc
