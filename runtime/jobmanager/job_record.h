// What is remembered of a job for those who ask: when it and its tasks came to which state, and
// what has failed. Plain data, kept by the JobMaster; times in milliseconds since 1970.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/protocol/job_description.pb.h"
#include "runtime/protocol/job_state.h"

namespace flinkc {

class JobRecord {
 public:
  // As web.exception-history-size.
  static constexpr size_t kFailuresMax = 16;

  // Before it came to this JobManager.
  void OnSubmitted(int64_t then) { start_ = then; }
  void OnState(JobState state, int64_t now);
  // Of a new attempt: it has done nothing yet.
  void OnDeployed() { tasks_.clear(); }
  void OnTaskDeployed(uint32_t vertex, uint32_t subtask) { tasks_.erase({vertex, subtask}); }
  void OnTaskState(uint32_t vertex, uint32_t subtask, TaskState state, int64_t now);
  // `task_name`, `task_manager_id`: "" if the job failed as a whole.
  void OnFailure(const Error& error, std::string task_name, std::string task_manager_id,
                 int64_t now);

  void Describe(protocol::JobDescription* description) const;
  void DescribeFailures(protocol::JobDescription* description) const;
  void DescribeTask(uint32_t vertex, uint32_t subtask,
                    protocol::VertexDescription::Task* task) const;

 private:
  struct TaskTimes {
    int64_t start = 0;
    int64_t end = 0;
  };

  int64_t start_ = 0;
  int64_t end_ = 0;
  std::map<JobState, int64_t> states_;
  std::map<std::pair<uint32_t, uint32_t>, TaskTimes> tasks_;
  std::deque<protocol::FailureDescription> failures_;  // the newest first
  bool failures_truncated_ = false;
};

}  // namespace flinkc
