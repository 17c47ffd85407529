#include "runtime/rest/vertex_routes.h"

#include <algorithm>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

// Flink's: above these shares of its time a task counts as held up a little, or much.
constexpr double kLowBackpressure = 0.1;
constexpr double kHighBackpressure = 0.5;

const protocol::VertexDescription* FindVertex(const RestCall& call,
                                              const protocol::JobDescription& job) {
  for (const protocol::VertexDescription& vertex : job.vertices()) {
    if (VertexIdOf(vertex.name()) == call.path.at(":vertexid")) return &vertex;
  }
  return nullptr;
}

HttpResponse NoSuchVertex() {
  return HttpResponse::Failure(404, "the job has no such vertex; see /jobs/:jobid");
}

Json SubtaskJson(const protocol::VertexDescription::Task& task, int index,
                 const protocol::JobDescription& job) {
  const int64_t start = task.start_time(), end = task.end_time();
  return {
      {"subtask", index},
      {"status", Name(static_cast<TaskState>(task.state()))},
      {"attempt", job.attempt() == 0 ? 0 : job.attempt() - 1},
      {"endpoint", task.task_manager_id()},
      {"start-time", start == 0 ? -1 : start},
      {"end-time", end == 0 ? -1 : end},
      {"duration", start == 0 ? -1 : std::max<int64_t>((end == 0 ? job.now() : end) - start, 0)},
      {"metrics",
       TaskMetricsJson(task.bytes_read(), task.rows_in(), task.rows_out(), task.times())},
      {"taskmanager-id", task.task_manager_id()}};
}

HttpResponse GetVertex(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const protocol::VertexDescription* vertex = FindVertex(call, *job);
  if (vertex == nullptr) return NoSuchVertex();
  Json subtasks = Json::array();
  for (int i = 0; i < vertex->tasks_size(); ++i) {
    subtasks.push_back(SubtaskJson(vertex->tasks(i), i, *job));
  }
  return JsonResponse({{"id", VertexIdOf(vertex->name())},
                       {"name", vertex->name()},
                       {"parallelism", vertex->parallelism()},
                       {"maxParallelism", job->max_parallelism()},
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
  const protocol::VertexDescription* vertex = FindVertex(call, *job);
  if (vertex == nullptr) return NoSuchVertex();
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

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid", GetVertex},
    {HttpMethod::kGet, "/jobs/:jobid/vertices/:vertexid/backpressure", GetBackpressure},
};

}  // namespace

std::span<const RestRoute> VertexRoutes() { return kRoutes; }

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
