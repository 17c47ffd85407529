#include "runtime/rest/vertex_routes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

// Flink's: above these shares of its time a task counts as held up a little, or much.
constexpr double kLowBackpressure = 0.1;
constexpr double kHighBackpressure = 0.5;

// Deployments of a job count from 1, Flink's attempts from 0.
uint32_t AttemptOf(const protocol::VertexDescription::Task& task) {
  return task.attempt() == 0 ? 0 : task.attempt() - 1;
}

Json SubtaskJson(const protocol::VertexDescription::Task& task, int index,
                 const protocol::JobDescription& job) {
  return {{"subtask", index},
          {"status", Name(static_cast<TaskState>(task.state()))},
          {"attempt", AttemptOf(task)},
          {"endpoint", task.task_manager_id()},
          {"start-time", OrNone(task.start_time())},
          {"end-time", OrNone(task.end_time())},
          {"duration", Duration(task.start_time(), task.end_time(), job.now())},
          {"metrics",
           TaskMetricsJson(task.bytes_read(), task.rows_in(), task.rows_out(), task.times())},
          {"taskmanager-id", task.task_manager_id()}};
}

HttpResponse GetVertex(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto vertex = VertexOf(call, *job);
  if (!vertex) return FailureOf(vertex.error());
  Json subtasks = Json::array();
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    subtasks.push_back(SubtaskJson(vertex->tasks(i), i, *job));
  }
  return JsonResponse({{"id", VertexIdOf(vertex->name())},
                       {"name", vertex->name()},
                       {"parallelism", vertex->parallelism()},
                       {"maxParallelism", vertex->max_parallelism()},
                       {"now", job->now()},
                       {"subtasks", std::move(subtasks)}});
}

const char* LevelOf(double ratio) {
  if (ratio <= kLowBackpressure) return "ok";
  return ratio <= kHighBackpressure ? "low" : "high";
}

HttpResponse GetBackpressure(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto vertex = VertexOf(call, *job);
  if (!vertex) return FailureOf(vertex.error());
  double most = 0;
  Json subtasks = Json::array();
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    const protocol::TaskTimes& times = vertex->tasks(i).times();
    const double ratio = times.backpressured_per_second() / 1000.0;
    most = std::max(most, ratio);
    subtasks.push_back({{"subtask", i},
                        {"backpressureLevel", LevelOf(ratio)},
                        {"ratio", ratio},
                        {"idleRatio", times.idle_per_second() / 1000.0},
                        {"busyRatio", times.busy_per_second() / 1000.0}});
  }
  return JsonResponse({{"status", "ok"},
                       {"backpressureLevel", LevelOf(most)},
                       {"end-timestamp", job->now()},
                       {"subtasks", std::move(subtasks)}});
}

HttpResponse GetSubtask(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto vertex = VertexOf(call, *job);
  if (!vertex) return FailureOf(vertex.error());
  const Result<int> index = SubtaskOf(call, *vertex);
  if (!index) return FailureOf(index.error());
  const protocol::VertexDescription::Task& task = vertex->tasks(*index);
  const auto attempt = call.path.find(":attempt");
  if (attempt != call.path.end() && std::stoull(attempt->second) != AttemptOf(task)) {
    return HttpResponse::Failure(
        404, "only the last attempt is remembered; it is " + std::to_string(AttemptOf(task)));
  }
  return JsonResponse(SubtaskJson(task, *index, *job));
}

// When its subtasks came to which state; 0: they did not, or it is not told apart here.
HttpResponse GetSubtaskTimes(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto vertex = VertexOf(call, *job);
  if (!vertex) return FailureOf(vertex.error());
  Json subtasks = Json::array();
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    const protocol::VertexDescription::Task& task = vertex->tasks(i);
    Json timestamps = CountsJson({}, false, false);
    timestamps[Name(TaskState::kRunning)] = task.start_time();
    if (const auto state = static_cast<TaskState>(task.state()); IsTerminal(state)) {
      timestamps[Name(state)] = task.end_time();
    }
    subtasks.push_back({{"subtask", i},
                        {"endpoint", task.task_manager_id()},
                        {"duration", Duration(task.start_time(), task.end_time(), job->now())},
                        {"timestamps", std::move(timestamps)}});
  }
  return JsonResponse({{"id", VertexIdOf(vertex->name())},
                       {"name", vertex->name()},
                       {"now", job->now()},
                       {"subtasks", std::move(subtasks)}});
}

HttpResponse GetTaskManagersOfVertex(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto vertex = VertexOf(call, *job);
  if (!vertex) return FailureOf(vertex.error());
  std::map<std::string, TaskSums> shares;
  for (const protocol::VertexDescription::Task& task : vertex->tasks()) {
    shares[task.task_manager_id()].Add(task);
  }
  Json task_managers = Json::array();
  for (const auto& [id, share] : shares) {
    const int64_t end = share.End();
    task_managers.push_back(
        {{"endpoint", id},
         {"status", Name(StateOf(share.counts))},
         {"start-time", OrNone(share.start)},
         {"end-time", OrNone(end)},
         {"duration", Duration(share.start, end, job->now())},
         {"metrics", TaskMetricsJson(share.bytes, share.rows_in, share.rows_out, share.times)},
         {"status-counts", CountsJson(share.counts, false, false)},
         {"taskmanager-id", id}});
  }
  return JsonResponse({{"id", VertexIdOf(vertex->name())},
                       {"name", vertex->name()},
                       {"now", job->now()},
                       {"taskmanagers", std::move(task_managers)}});
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid", GetVertex},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/backpressure", GetBackpressure},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/subtasktimes", GetSubtaskTimes},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/taskmanagers", GetTaskManagersOfVertex},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex", GetSubtask},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/attempts/:attempt",
     GetSubtask},
};

}  // namespace

int64_t OrNone(int64_t time) { return time == 0 ? -1 : time; }

int64_t Duration(int64_t start, int64_t end, int64_t now) {
  return start == 0 ? -1 : std::max<int64_t>((end == 0 ? now : end) - start, 0);
}

void TaskSums::Add(const protocol::VertexDescription::Task& task) {
  const auto state = static_cast<TaskState>(task.state());
  ++counts[state];
  if (task.start_time() != 0) {
    start = start == 0 ? task.start_time() : std::min<int64_t>(start, task.start_time());
  }
  last_end = std::max<int64_t>(last_end, task.end_time());
  has_ended &= IsTerminal(state);
  rows_in += task.rows_in();
  rows_out += task.rows_out();
  bytes += task.bytes_read();
  times.set_busy(times.busy() + task.times().busy());
  times.set_idle(times.idle() + task.times().idle());
  times.set_backpressured(times.backpressured() + task.times().backpressured());
}

std::span<const RestRoute> VertexRoutes() { return kRoutes; }

Json CountsJson(const std::map<TaskState, uint64_t>& counts, bool lower_case, bool with_total) {
  struct Column {
    const char* lower;
    const char* upper;
    std::optional<TaskState> state;
  };
  static constexpr Column kColumns[] = {{"canceled", "CANCELED", TaskState::kCanceled},
                                        {"canceling", "CANCELING", std::nullopt},
                                        {"created", "CREATED", TaskState::kCreated},
                                        {"deploying", "DEPLOYING", std::nullopt},
                                        {"failed", "FAILED", TaskState::kFailed},
                                        {"finished", "FINISHED", TaskState::kFinished},
                                        {"initializing", "INITIALIZING", std::nullopt},
                                        {"reconciling", "RECONCILING", std::nullopt},
                                        {"running", "RUNNING", TaskState::kRunning},
                                        {"scheduled", "SCHEDULED", std::nullopt}};
  Json json = Json::object();
  uint64_t total = 0;
  for (const auto& [state, count] : counts) total += count;
  if (with_total) json["total"] = total;
  for (const Column& column : kColumns) {
    const auto count = column.state ? counts.find(*column.state) : counts.end();
    json[lower_case ? column.lower : column.upper] = count == counts.end() ? 0 : count->second;
  }
  return json;
}

TaskState StateOf(const std::map<TaskState, uint64_t>& counts) {
  for (const TaskState state : {TaskState::kFailed, TaskState::kCanceled, TaskState::kRunning,
                                TaskState::kCreated, TaskState::kFinished}) {
    if (counts.contains(state)) return state;
  }
  return TaskState::kCreated;
}

Json TaskMetricsJson(uint64_t bytes, uint64_t rows_in, uint64_t rows_out,
                     const protocol::TaskTimes& times) {
  return {{"read-bytes", bytes},
          {"read-bytes-complete", true},
          {"read-records", rows_in},
          {"read-records-complete", true},
          {"write-records", rows_out},
          {"write-records-complete", true},
          {"accumulated-busy-time", times.busy()},
          {"accumulated-idle-time", times.idle()},
          {"accumulated-backpressured-time", times.backpressured()}};
}

}  // namespace flinkc
