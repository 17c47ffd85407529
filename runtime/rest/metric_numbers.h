// The numbers of the cluster, its jobs and their tasks under Flink's names: one list of each kind,
// from which both REST and Prometheus are served. `Status.Process.*` is ours: there is no JVM.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/env/process_usage.h"
#include "runtime/metrics/metric.h"
#include "runtime/protocol/job_description.pb.h"

namespace flinkc {

struct MetricNumber {
  const char* name;  // "numRecordsIn", "Status.Process.CPU.Time"
  const char* help;  // one sentence
  MetricType type = MetricType::kGauge;
  int64_t value = 0;
};
using MetricNumbers = std::vector<MetricNumber>;

// `usage`: of the JobManager's process.
MetricNumbers NumbersOf(const protocol::DescribeJobsReply& cluster, const ProcessUsage& usage);
MetricNumbers NumbersOf(const protocol::TaskManagerDescription& task_manager);
// -1 where there has been none yet, as Flink has it.
MetricNumbers NumbersOf(const protocol::JobDescription& job);
MetricNumbers NumbersOf(const protocol::VertexDescription::Task& task);

// All of them as Prometheus reads them: "flink_jobmanager_job_numRestarts", …; of jobs that have
// not ended.
std::vector<Metric> ClusterMetricsOf(const protocol::DescribeJobsReply& cluster,
                                     const ProcessUsage& usage);

}  // namespace flinkc
