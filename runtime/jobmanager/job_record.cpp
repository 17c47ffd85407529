#include "runtime/jobmanager/job_record.h"

namespace flinkc {

void JobRecord::OnState(JobState state, int64_t now) {
  if (states_.empty()) start_ = now;
  states_[state] = now;
  if (IsTerminal(state)) end_ = now;
}

void JobRecord::OnTaskState(uint32_t vertex, uint32_t subtask, TaskState state, int64_t now) {
  TaskTimes& times = tasks_[{vertex, subtask}];
  if (state == TaskState::kRunning) times.start = now;
  if (IsTerminal(state) && times.end == 0) times.end = now;
}

void JobRecord::OnFailure(const Error& error, std::string task_name, std::string task_manager_id,
                          int64_t now) {
  protocol::FailureDescription& failure = failures_.emplace_front();
  failure.set_code(Name(error.code));
  failure.set_message(error.message);
  failure.set_timestamp(now);
  failure.set_task_name(std::move(task_name));
  failure.set_task_manager_id(std::move(task_manager_id));
  if (failures_.size() <= kFailuresMax) return;
  failures_.pop_back();
  failures_truncated_ = true;
}

void JobRecord::Describe(protocol::JobDescription* description) const {
  description->set_start_time(start_);
  description->set_end_time(end_);
  for (const auto& [state, time] : states_) {
    (*description->mutable_timestamps())[static_cast<uint32_t>(state)] = time;
  }
}

void JobRecord::DescribeFailures(protocol::JobDescription* description) const {
  for (const protocol::FailureDescription& failure : failures_) {
    *description->add_failures() = failure;
  }
  description->set_failures_truncated(failures_truncated_);
}

void JobRecord::DescribeTask(uint32_t vertex, uint32_t subtask,
                             protocol::VertexDescription::Task* task) const {
  const auto times = tasks_.find({vertex, subtask});
  if (times == tasks_.end()) return;
  task->set_start_time(times->second.start);
  task->set_end_time(times->second.end);
}

}  // namespace flinkc
