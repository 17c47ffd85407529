// The numbers of a cluster and its jobs under Flink's metric names, from what the JobManager tells.
#pragma once

#include <string>
#include <vector>

#include "runtime/metrics/metric.h"
#include "runtime/protocol/job_description.pb.h"

namespace flinkc {

// As /jobs/:jobid/metrics shows it: values are texts there.
struct JobMetric {
  std::string name;
  std::string text;
};
std::vector<JobMetric> JobMetricsOf(const protocol::JobDescription& job);

// As a Prometheus reporter of Flink's names them: flink_jobmanager_…, flink_jobmanager_job_…,
// flink_taskmanager_job_task_….
std::vector<Metric> ClusterMetricsOf(const protocol::DescribeJobsReply& cluster);

}  // namespace flinkc
