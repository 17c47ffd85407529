#include "runtime/rest/metric_numbers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/protocol/job_state.h"
#include "runtime/rest/rest_call.h"

namespace flinkc {

namespace {

using enum MetricType;

// Flink's names of the states in metrics.
struct StateName {
  JobState state;
  const char* state_metric;
  const char* time_metric;
};
constexpr StateName kStates[] = {{JobState::kInitializing, "initializingState", "initializingTime"},
                                 {JobState::kCreated, "createdState", "createdTime"},
                                 {JobState::kRunning, "runningState", "runningTime"},
                                 {JobState::kRestarting, "restartingState", "restartingTime"},
                                 {JobState::kCancelling, "cancellingState", "cancellingTime"},
                                 {JobState::kFailing, "failingState", "failingTime"}};

JobState StateOf(const protocol::JobDescription& job) { return static_cast<JobState>(job.state()); }

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }

void AddProcess(int64_t cpu_nanos, int64_t resident_bytes, MetricNumbers* numbers) {
  numbers->push_back({"Status.Process.CPU.Time", "Nanoseconds of processor time that it has used.",
                      kCounter, cpu_nanos});
  numbers->push_back(
      {"Status.Process.Memory.Resident", "Bytes of memory that it holds.", kGauge, resident_bytes});
}

Metric MetricOf(const std::string& scope, const MetricNumber& number,
                const Metric::Labels& labels) {
  std::string name = scope + number.name;
  std::ranges::replace(name, '.', '_');
  return {std::move(name), number.help, number.type, labels, number.value};
}

void AddTasks(const protocol::JobDescription& job, const Metric::Labels& job_labels,
              std::vector<Metric>* metrics) {
  for (const protocol::VertexDescription& vertex : job.vertices()) {
    for (int i = 0; i < vertex.tasks_size(); ++i) {
      Metric::Labels labels = job_labels;
      labels.emplace_back("task_id", VertexIdOf(vertex.name()));
      labels.emplace_back("task_name", vertex.name());
      labels.emplace_back("subtask_index", std::to_string(i));
      labels.emplace_back("tm_id", vertex.tasks(i).task_manager_id());
      for (const MetricNumber& number : NumbersOf(vertex.tasks(i))) {
        metrics->push_back(MetricOf("flink_taskmanager_job_task_", number, labels));
      }
    }
  }
}

}  // namespace

MetricNumbers NumbersOf(const protocol::DescribeJobsReply& cluster, const ProcessUsage& usage) {
  int64_t running = 0;
  for (const protocol::JobDescription& job : cluster.jobs()) {
    running += StateOf(job) == JobState::kRunning ? 1 : 0;
  }
  MetricNumbers numbers = {
      {"numRegisteredTaskManagers", "TaskManagers that are registered.", kGauge,
       cluster.task_managers()},
      {"numRunningJobs", "Jobs that are running.", kGauge, running},
      {"taskSlotsTotal", "Slots of all TaskManagers.", kGauge, cluster.slots_total()},
      {"taskSlotsAvailable", "Slots that are free.", kGauge, cluster.slots_free()},
  };
  AddProcess(usage.cpu_nanos, usage.resident_bytes, &numbers);
  return numbers;
}

MetricNumbers NumbersOf(const protocol::TaskManagerDescription& task_manager) {
  const protocol::ProcessUsage& usage = task_manager.usage();
  MetricNumbers numbers = {
      {"Status.Flink.Memory.Managed.Used", "Bytes of batches, arenas and state.", kGauge,
       usage.managed_bytes()},
      {"Status.Flink.Memory.Managed.Total", "Bytes that they may have; 0: no limit.", kGauge,
       task_manager.memory_bytes()},
  };
  const protocol::LocalStateCounts& local = task_manager.local_state();
  numbers.push_back({"Status.Flink.LocalState.FilesRead",
                     "Files of state that tasks went on from by their local copies.", kCounter,
                     Signed(local.read())});
  numbers.push_back({"Status.Flink.LocalState.FilesPassedOver",
                     "Files whose local copies were missing or damaged when tasks went on.",
                     kCounter, Signed(local.passed_over())});
  numbers.push_back({"Status.Flink.LocalState.FilesFailed",
                     "Files of which no local copies could be made.", kCounter,
                     Signed(local.failed())});
  AddProcess(usage.cpu_nanos(), usage.resident_bytes(), &numbers);
  return numbers;
}

MetricNumbers NumbersOf(const protocol::JobDescription& job) {
  const protocol::CheckpointsDescription& all = job.checkpoints();
  const auto last = [&](int64_t value) { return all.has_latest_completed() ? value : -1; };
  const protocol::CheckpointDescription& latest = all.latest_completed();
  MetricNumbers numbers = {
      {"lastCheckpointDuration", "Milliseconds that the last completed checkpoint took.", kGauge,
       last(latest.end_to_end_duration())},
      {"lastCheckpointSize", "Bytes that the last completed checkpoint wrote.", kGauge,
       last(Signed(latest.checkpointed_size()))},
      {"lastCheckpointFullSize", "Bytes that the last completed checkpoint consists of.", kGauge,
       last(Signed(latest.state_size()))},
      {"lastCheckpointStallMicros",
       "The longest time in microseconds that the last completed checkpoint held a worker.", kGauge,
       last(latest.stall_micros())},
      {"lastCheckpointRestoreTimestamp", "When the job went on from a checkpoint, in milliseconds.",
       kGauge, all.has_latest_restored() ? all.latest_restored().restore_timestamp() : int64_t{-1}},
      {"numberOfInProgressCheckpoints", "Checkpoints under way.", kGauge,
       Signed(all.in_progress())},
      {"numberOfCompletedCheckpoints", "Checkpoints that were completed.", kGauge,
       Signed(all.completed())},
      {"numberOfFailedCheckpoints", "Checkpoints that have failed.", kGauge, Signed(all.failed())},
      {"totalNumberOfCheckpoints", "Checkpoints that were triggered.", kGauge, Signed(all.total())},
      {"numRestarts", "How often the job or a part of it was started again after a failure.",
       kGauge, Signed(job.restarts())},
  };
  for (const StateName& name : kStates) {
    const bool is_in = StateOf(job) == name.state;
    const auto since = job.timestamps().find(static_cast<uint32_t>(name.state));
    const bool is_known = is_in && since != job.timestamps().end();
    numbers.push_back(
        {name.state_metric, "1 while the job is in this state, else 0.", kGauge, is_in ? 1 : 0});
    numbers.push_back({name.time_metric,
                       "Milliseconds for which the job has been in this state without a pause.",
                       kGauge, is_known ? std::max<int64_t>(job.now() - since->second, 0) : 0});
  }
  return numbers;
}

MetricNumbers NumbersOf(const protocol::VertexDescription::Task& task) {
  // Milliseconds, as Flink's; the least number: none yet.
  const bool is_time = task.watermark() != INT64_MIN && task.watermark() != INT64_MAX;
  const protocol::TaskTimes& times = task.times();
  MetricNumbers numbers = {
      {"numRecordsIn", "Rows that the task has received.", kCounter, Signed(task.rows_in())},
      {"numRecordsInPerSecond", "Rows in a second that the task receives.", kGauge,
       Signed(task.rows_in_per_second())},
      {"numRecordsOut", "Rows that the task has sent on or given to sinks.", kCounter,
       Signed(task.rows_out())},
      {"numRecordsOutPerSecond", "Rows in a second that the task sends on or gives to sinks.",
       kGauge, Signed(task.rows_out_per_second())},
      {"numBytesIn", "Bytes that the task's source has read.", kCounter, Signed(task.bytes_read())},
      {"currentInputWatermark", "The task's watermark in milliseconds.", kGauge,
       is_time ? task.watermark() / 1000 : task.watermark()},
      {"busyTimeMsPerSecond", "Milliseconds in a second that the task is at work.", kGauge,
       times.busy_per_second()},
      {"idleTimeMsPerSecond", "Milliseconds in a second that the task has nothing to do.", kGauge,
       times.idle_per_second()},
      {"backPressuredTimeMsPerSecond",
       "Milliseconds in a second that an output without room holds the task up.", kGauge,
       times.backpressured_per_second()},
  };
  if (task.has_alignment_drift_micros()) {
    numbers.push_back({"watermarkAlignmentDrift",
                       "Milliseconds that the source is ahead of the least watermark of its group.",
                       kGauge, task.alignment_drift_micros() / 1000});
    numbers.push_back({"isHeldBack", "1 while the source waits for others of its group, else 0.",
                       kGauge, task.is_held_back() ? 1 : 0});
  }
  return numbers;
}

std::vector<Metric> ClusterMetricsOf(const protocol::DescribeJobsReply& cluster,
                                     const ProcessUsage& usage) {
  std::vector<Metric> metrics;
  for (const MetricNumber& number : NumbersOf(cluster, usage)) {
    metrics.push_back(MetricOf("flink_jobmanager_", number, {}));
  }
  for (const protocol::TaskManagerDescription& task_manager : cluster.task_manager_list()) {
    const Metric::Labels labels = {{"tm_id", task_manager.id()}};
    for (const MetricNumber& number : NumbersOf(task_manager)) {
      metrics.push_back(MetricOf("flink_taskmanager_", number, labels));
    }
  }
  for (const protocol::JobDescription& job : cluster.jobs()) {
    // Those of an ended job would be there for ever.
    if (IsTerminal(StateOf(job))) continue;
    const Metric::Labels labels = {{"job_id", job.job_id()}, {"job_name", job.name()}};
    for (const MetricNumber& number : NumbersOf(job)) {
      metrics.push_back(MetricOf("flink_jobmanager_job_", number, labels));
    }
    AddTasks(job, labels, &metrics);
  }
  return metrics;
}

}  // namespace flinkc
