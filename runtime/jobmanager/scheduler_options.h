// What a job's configuration says about how its slots are chosen, under Flink's names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "runtime/base/result.h"

namespace flinkc {

struct SchedulerOptions {
  // jobmanager.scheduler: whether the job may run with fewer slots than it was compiled for.
  bool adaptive = false;
  // jobmanager.execution.failover-strategy: whether only the regions of a job that have failed
  // start again.
  bool restarts_regions = true;
  // Below: jobmanager.adaptive-scheduler. So long a job waits for the least slots that it needs; 0:
  // for ever; nothing: as long as any job.
  std::optional<int64_t> resource_wait_micros;
  // So long a job that has enough to start waits for all that it wants.
  int64_t submission_stabilization_micros = 10'000'000;
  // And one that runs, before it takes less than that.
  int64_t executing_stabilization_micros = 60'000'000;
  // From one deployment to a change of the parallelism.
  int64_t cooldown_micros = 30'000'000;
  // A change waits for a new checkpoint; it goes on from an older one when more than so many have
  // failed, or after the delay. Nothing: as long as one checkpoint by time more than that takes;
  // without these, for ever.
  int64_t max_checkpoint_failures = 2;
  std::optional<int64_t> max_delay_micros;

  // Takes the options of the groups jobmanager.scheduler, jobmanager.adaptive-scheduler. and
  // jobmanager.execution. out of a job's configuration. kInvalidArgument names every option that is
  // wrong, and what would be right.
  static Result<SchedulerOptions> Parse(const std::map<std::string, std::string>& config);
};

}  // namespace flinkc
