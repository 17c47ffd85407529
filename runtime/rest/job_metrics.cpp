#include "runtime/rest/job_metrics.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/protocol/job_state.h"
#include "runtime/rest/rest_call.h"

namespace flinkc {

namespace {

struct Number {
  const char* name;
  const char* help;
  MetricType type;
  int64_t value;
};

bool IsRunning(const protocol::JobDescription& job) {
  return static_cast<JobState>(job.state()) == JobState::kRunning;
}

// -1 where there has been none yet, as Flink has it.
std::vector<Number> NumbersOf(const protocol::JobDescription& job) {
  const protocol::CheckpointsDescription& all = job.checkpoints();
  const auto last = [&](int64_t value) { return all.has_latest_completed() ? value : -1; };
  const protocol::CheckpointDescription& latest = all.latest_completed();
  using enum MetricType;
  const auto signed_of = [](uint64_t value) { return static_cast<int64_t>(value); };
  return {
      {"lastCheckpointDuration", "Milliseconds that the last completed checkpoint took.", kGauge,
       last(latest.end_to_end_duration())},
      {"lastCheckpointSize", "Bytes that the last completed checkpoint wrote.", kGauge,
       last(signed_of(latest.checkpointed_size()))},
      {"lastCheckpointFullSize", "Bytes that the last completed checkpoint consists of.", kGauge,
       last(signed_of(latest.state_size()))},
      {"lastCheckpointStallMicros",
       "The longest time in microseconds that the last completed checkpoint held a worker.", kGauge,
       last(latest.stall_micros())},
      {"lastCheckpointRestoreTimestamp", "When the job went on from a checkpoint, in milliseconds.",
       kGauge, all.has_latest_restored() ? all.latest_restored().restore_timestamp() : int64_t{-1}},
      {"numberOfInProgressCheckpoints", "Checkpoints under way.", kGauge,
       signed_of(all.in_progress())},
      {"numberOfCompletedCheckpoints", "Checkpoints that were completed.", kGauge,
       signed_of(all.completed())},
      {"numberOfFailedCheckpoints", "Checkpoints that have failed.", kGauge,
       signed_of(all.failed())},
      {"totalNumberOfCheckpoints", "Checkpoints that were triggered.", kGauge,
       signed_of(all.total())},
      {"numRestarts", "How often the job was started again after a failure.", kGauge,
       signed_of(job.restarts())},
  };
}

Metric MetricOf(const std::string& scope, const Number& number, const Metric::Labels& labels) {
  return {scope + number.name, number.help, number.type, labels, number.value};
}

void AddTasks(const protocol::JobDescription& job, const Metric::Labels& job_labels,
              std::vector<Metric>* metrics) {
  using enum MetricType;
  for (const protocol::VertexDescription& vertex : job.vertices()) {
    for (int i = 0; i < vertex.tasks_size(); ++i) {
      const protocol::VertexDescription::Task& task = vertex.tasks(i);
      Metric::Labels labels = job_labels;
      labels.emplace_back("task_id", VertexIdOf(vertex.name()));
      labels.emplace_back("task_name", vertex.name());
      labels.emplace_back("subtask_index", std::to_string(i));
      labels.emplace_back("tm_id", task.task_manager_id());
      // Milliseconds, as Flink's; the least number: none yet.
      const int64_t watermark = task.watermark() == INT64_MIN || task.watermark() == INT64_MAX
                                    ? task.watermark()
                                    : task.watermark() / 1000;
      const Number numbers[] = {
          {"numRecordsIn", "Rows that the task has received.", kCounter,
           static_cast<int64_t>(task.rows_in())},
          {"numRecordsOut", "Rows that the task has sent on or given to sinks.", kCounter,
           static_cast<int64_t>(task.rows_out())},
          {"numBytesIn", "Bytes that the task's source has read.", kCounter,
           static_cast<int64_t>(task.bytes_read())},
          {"currentInputWatermark", "The task's watermark in milliseconds.", kGauge, watermark},
          {"busyTimeMsPerSecond", "Milliseconds in a second that the task is at work.", kGauge,
           task.times().busy_per_second()},
          {"idleTimeMsPerSecond", "Milliseconds in a second that the task has nothing to do.",
           kGauge, task.times().idle_per_second()},
          {"backPressuredTimeMsPerSecond",
           "Milliseconds in a second that an output without room holds the task up.", kGauge,
           task.times().backpressured_per_second()},
      };
      for (const Number& number : numbers) {
        metrics->push_back(MetricOf("flink_taskmanager_job_task_", number, labels));
      }
    }
  }
}

}  // namespace

std::vector<JobMetric> JobMetricsOf(const protocol::JobDescription& job) {
  std::vector<JobMetric> metrics;
  for (const Number& number : NumbersOf(job)) {
    metrics.push_back({number.name, std::to_string(number.value)});
  }
  const protocol::CheckpointsDescription& all = job.checkpoints();
  metrics.push_back({"lastCheckpointExternalPath",
                     all.has_latest_completed() ? all.latest_completed().external_path() : "n/a"});
  uint64_t rows_in = 0, rows_out = 0;
  for (const protocol::VertexDescription& vertex : job.vertices()) {
    for (const protocol::VertexDescription::Task& task : vertex.tasks()) {
      if (vertex.is_source()) rows_in += task.rows_in();
      rows_out += task.rows_out();
    }
  }
  metrics.push_back({"numRecordsIn", std::to_string(rows_in)});
  metrics.push_back({"numRecordsOut", std::to_string(rows_out)});
  return metrics;
}

std::vector<Metric> ClusterMetricsOf(const protocol::DescribeJobsReply& cluster) {
  using enum MetricType;
  int64_t running = 0;
  for (const protocol::JobDescription& job : cluster.jobs()) running += IsRunning(job) ? 1 : 0;
  const Number numbers[] = {
      {"numRegisteredTaskManagers", "TaskManagers that are registered.", kGauge,
       cluster.task_managers()},
      {"numRunningJobs", "Jobs that are running.", kGauge, running},
      {"taskSlotsTotal", "Slots of all TaskManagers.", kGauge, cluster.slots_total()},
      {"taskSlotsAvailable", "Slots that are free.", kGauge, cluster.slots_free()},
  };
  std::vector<Metric> metrics;
  for (const Number& number : numbers) {
    metrics.push_back(MetricOf("flink_jobmanager_", number, {}));
  }
  for (const protocol::JobDescription& job : cluster.jobs()) {
    // Those of an ended job would be there for ever.
    if (IsTerminal(static_cast<JobState>(job.state()))) continue;
    const Metric::Labels labels = {{"job_id", job.job_id()}, {"job_name", job.name()}};
    for (const Number& number : NumbersOf(job)) {
      metrics.push_back(MetricOf("flink_jobmanager_job_", number, labels));
    }
    AddTasks(job, labels, &metrics);
  }
  return metrics;
}

}  // namespace flinkc
