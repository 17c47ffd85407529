#include "runtime/jobmanager/scheduler_options.h"

#include <string_view>

#include "runtime/checkpoint/read_options.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

namespace {

constexpr std::string_view kGroups[] = {"jobmanager.scheduler", "jobmanager.adaptive-scheduler.",
                                        "jobmanager.execution."};
constexpr std::string_view kSchedulers[] = {"Default", "Adaptive"};
constexpr std::string_view kStrategies[] = {"region", "full"};
constexpr std::string_view kFailover = "jobmanager.execution.failover-strategy";
constexpr std::string_view kScheduler = "jobmanager.scheduler";
constexpr std::string_view kWait = "jobmanager.adaptive-scheduler.submission.resource-wait-timeout";
constexpr std::string_view kSubmission =
    "jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout";
constexpr std::string_view kCooldown =
    "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling";
constexpr std::string_view kExecuting =
    "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout";
constexpr std::string_view kFailures =
    "jobmanager.adaptive-scheduler.rescale-trigger.max-checkpoint-failures";
constexpr std::string_view kDelay = "jobmanager.adaptive-scheduler.rescale-trigger.max-delay";

constexpr OptionRecord kRecords[] = {
    {.name = kScheduler,
     .type = OptionType::kChoice,
     .doc = "Adaptive: the job runs with the slots that there are, up to its parallelism.",
     .default_value = "Default",
     .choices = kSchedulers},
    {.name = kFailover,
     .type = OptionType::kChoice,
     .doc = "What starts again after a failure: the regions that have failed, or the whole job.",
     .default_value = "region",
     .choices = kStrategies},
    {.name = kWait,
     .type = OptionType::kDuration,
     .doc = "How long the job waits for the least slots that it needs; 0: for ever."},
    {.name = kSubmission,
     .type = OptionType::kDuration,
     .doc = "How long a job that could start waits for all slots that it wants.",
     .default_value = "10s"},
    {.name = kCooldown,
     .type = OptionType::kDuration,
     .doc = "The least time from a start of the tasks to a change of the parallelism.",
     .default_value = "30s"},
    {.name = kExecuting,
     .type = OptionType::kDuration,
     .doc = "How long a job that runs waits for all slots that it wants before it takes fewer.",
     .default_value = "60s"},
    {.name = kFailures,
     .type = OptionType::kInteger,
     .doc = "Checkpoints that may fail before the change goes on from an older one.",
     .default_value = "2",
     .min = 0},
    {.name = kDelay,
     .type = OptionType::kDuration,
     .doc = "How long a change waits for a new checkpoint at most."},
};

}  // namespace

Result<SchedulerOptions> SchedulerOptions::Parse(const std::map<std::string, std::string>& config) {
  ASSIGN_OR_RETURN(const OptionMap map, ReadOptionGroup(config, kGroups, kRecords));
  const OptionReader reader(kRecords, map);
  SchedulerOptions options;
  options.adaptive = reader.Text(kScheduler) == kSchedulers[1];
  options.restarts_regions = reader.Text(kFailover) == kStrategies[0];
  if (reader.Has(kWait)) {
    ASSIGN_OR_RETURN(options.resource_wait_micros, reader.DurationMicros(kWait));
  }
  ASSIGN_OR_RETURN(options.submission_stabilization_micros, reader.DurationMicros(kSubmission));
  ASSIGN_OR_RETURN(options.cooldown_micros, reader.DurationMicros(kCooldown));
  ASSIGN_OR_RETURN(options.executing_stabilization_micros, reader.DurationMicros(kExecuting));
  ASSIGN_OR_RETURN(options.max_checkpoint_failures, reader.Integer(kFailures));
  if (reader.Has(kDelay)) {
    ASSIGN_OR_RETURN(options.max_delay_micros, reader.DurationMicros(kDelay));
  }
  return options;
}

}  // namespace flinkc
