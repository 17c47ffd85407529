#include "runtime/rest/job_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>

#include "runtime/data/base64.h"
#include "runtime/protocol/job_state.h"
#include "runtime/rest/vertex_routes.h"

namespace flinkc {

namespace {

constexpr JobState kJobStates[] = {
    JobState::kInitializing, JobState::kCreated,  JobState::kRunning,
    JobState::kFailing,      JobState::kFailed,   JobState::kCancelling,
    JobState::kCanceled,     JobState::kFinished, JobState::kRestarting};

JobState StateOf(const protocol::JobDescription& job) { return static_cast<JobState>(job.state()); }

std::map<TaskState, uint64_t> CountsOf(const protocol::JobDescription& job) {
  std::map<TaskState, uint64_t> counts;
  for (const auto& [state, count] : job.task_counts()) {
    counts[static_cast<TaskState>(state)] = count;
  }
  return counts;
}

HttpResponse GetJobs(const RestCall& call) {
  const auto cluster = call.gateway->Describe(protocol::DescribeJobs());
  if (!cluster) return FailureOf(cluster.error());
  Json jobs = Json::array();
  for (const protocol::JobDescription& job : cluster->jobs()) {
    jobs.push_back({{"id", job.job_id()}, {"status", Name(StateOf(job))}});
  }
  return JsonResponse({{"jobs", std::move(jobs)}});
}

int64_t LastModification(const protocol::JobDescription& job) {
  int64_t last = 0;
  for (const auto& [state, time] : job.timestamps()) last = std::max<int64_t>(last, time);
  return last;
}

HttpResponse GetJobsOverview(const RestCall& call) {
  const auto cluster = call.gateway->Describe(protocol::DescribeJobs());
  if (!cluster) return FailureOf(cluster.error());
  Json jobs = Json::array();
  for (const protocol::JobDescription& job : cluster->jobs()) {
    jobs.push_back({{"jid", job.job_id()},
                    {"name", job.name()},
                    {"start-time", job.start_time()},
                    {"end-time", OrNone(job.end_time())},
                    {"duration", Duration(job.start_time(), job.end_time(), job.now())},
                    {"state", Name(StateOf(job))},
                    {"last-modification", LastModification(job)},
                    {"tasks", CountsJson(CountsOf(job), true, true)},
                    {"pending-operators", 0}});
    if (!job.waiting_for().empty()) jobs.back()["waiting-for"] = job.waiting_for();
  }
  return JsonResponse({{"jobs", std::move(jobs)}});
}

Json VertexJson(const protocol::VertexDescription& vertex, const protocol::JobDescription& job) {
  TaskSums sums;
  for (const protocol::VertexDescription::Task& task : vertex.tasks()) sums.Add(task);
  return {{"id", VertexIdOf(vertex.name())},
          {"slotSharingGroupId", VertexIdOf(vertex.slot_sharing_group())},
          {"name", vertex.name()},
          {"maxParallelism", vertex.max_parallelism()},
          {"parallelism", vertex.parallelism()},
          {"status", Name(StateOf(sums.counts))},
          {"start-time", OrNone(sums.start)},
          {"end-time", OrNone(sums.End())},
          {"duration", Duration(sums.start, sums.End(), job.now())},
          {"tasks", CountsJson(sums.counts, false, false)},
          {"metrics", TaskMetricsJson(sums.bytes, sums.rows_in, sums.rows_out, sums.times)}};
}

Json PlanJson(const protocol::JobDescription& job) {
  Json nodes = Json::array();
  for (const protocol::VertexDescription& vertex : job.vertices()) {
    Json node = {{"id", VertexIdOf(vertex.name())},
                 {"parallelism", vertex.parallelism()},
                 {"operator", ""},
                 {"operator_strategy", ""},
                 {"description", vertex.name()},
                 {"optimizer_properties", Json::object()}};
    Json inputs = Json::array();
    for (const protocol::VertexDescription::Input& input : vertex.inputs()) {
      inputs.push_back({{"num", inputs.size()},
                        {"id", VertexIdOf(job.vertices(static_cast<int>(input.vertex())).name())},
                        {"ship_strategy", input.partitioning()},
                        {"exchange", "pipelined_bounded"}});
    }
    if (!inputs.empty()) node["inputs"] = std::move(inputs);
    nodes.push_back(std::move(node));
  }
  return {{"jid", job.job_id()}, {"name", job.name()}, {"type", "STREAMING"}, {"nodes", nodes}};
}

const char* JobTypeOf(const protocol::JobDescription& job) {
  const auto mode = job.config().find("execution.runtime-mode");
  return mode != job.config().end() && mode->second == "BATCH" ? "BATCH" : "STREAMING";
}

HttpResponse GetJob(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  Json timestamps = Json::object();
  for (const JobState state : kJobStates) {
    const auto time = job->timestamps().find(static_cast<uint32_t>(state));
    timestamps[Name(state)] = time == job->timestamps().end() ? 0 : time->second;
  }
  Json vertices = Json::array();
  for (const protocol::VertexDescription& vertex : job->vertices()) {
    vertices.push_back(VertexJson(vertex, *job));
  }
  Json json = {{"jid", job->job_id()},
               {"name", job->name()},
               {"isStoppable", false},
               {"state", Name(StateOf(*job))},
               {"job-type", JobTypeOf(*job)},
               {"start-time", job->start_time()},
               {"end-time", OrNone(job->end_time())},
               {"duration", Duration(job->start_time(), job->end_time(), job->now())},
               {"maxParallelism", job->max_parallelism()},
               {"now", job->now()},
               {"timestamps", std::move(timestamps)},
               {"vertices", std::move(vertices)},
               {"status-counts", CountsJson(CountsOf(*job), false, false)},
               {"plan", PlanJson(*job)}};
  // Ours: why it does not run yet.
  if (!job->waiting_for().empty()) json["waiting-for"] = job->waiting_for();
  return JsonResponse(json);
}

HttpResponse GetJobPlan(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  return JsonResponse({{"plan", PlanJson(*job)}});
}

HttpResponse GetJobStatus(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  return JsonResponse({{"status", Name(StateOf(*job))}});
}

// Flink's list: an option with such a word in its name holds what nobody is shown.
bool IsSecret(std::string_view key) {
  static constexpr std::string_view kWords[] = {
      "password",    "secret", "fs.azure.account.key", "apikey",      "api-key",     "auth-params",
      "service-key", "token",  "basic-auth",           "jaas.config", "http-headers"};
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// 0: it is no number, which the compiler would not have let through.
int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

HttpResponse GetJobConfig(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto option = [&](const char* name, const char* otherwise) {
    const auto found = job->config().find(name);
    return found == job->config().end() ? std::string(otherwise) : found->second;
  };
  std::map<std::string, std::string> settings(job->config().begin(), job->config().end());
  for (auto& [key, value] : settings) {
    if (IsSecret(key)) value = "******";
  }
  return JsonResponse({{"jid", job->job_id()},
                       {"name", job->name()},
                       {"execution-config",
                        {{"restart-strategy", option("restart-strategy.type", "default")},
                         {"job-parallelism", NumberOf(option("parallelism.default", "1"))},
                         {"object-reuse-mode", true},
                         {"user-config", settings}}}});
}

HttpResponse CancelJob(const RestCall& call) {
  const auto mode = call.query.find("mode");
  if (mode != call.query.end() && mode->second != "cancel") {
    return HttpResponse::Failure(400,
                                 "`mode` must be `cancel`; to stop with a savepoint, POST "
                                 "/jobs/:jobid/stop");
  }
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  if (IsTerminal(StateOf(*job)) && StateOf(*job) != JobState::kCanceled) {
    return HttpResponse::Failure(
        409, fmt::format("the job has ended already: it is {}", Name(StateOf(*job))));
  }
  call.gateway->Cancel(job->job_id());
  return JsonResponse(Json::object(), 202);
}

// As Flink's attached clients send it.
HttpResponse TakeClientHeartbeat(const RestCall& call) {
  const Result<Json> body = ParseBody(call.body, {"expiredTimestamp"});
  if (!body) return FailureOf(body.error());
  const auto expired = body->find("expiredTimestamp");
  if (expired == body->end() || !expired->is_number_integer() || expired->get<int64_t>() < 0) {
    return HttpResponse::Failure(
        400, "`expiredTimestamp` must be a time in milliseconds since 1970, a whole number");
  }
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  call.gateway->ReportClientHeartbeat(job->job_id(), expired->get<int64_t>());
  return JsonResponse(Json::object(), 202);
}

HttpResponse GetExceptions(const RestCall& call) {
  size_t max = 20;
  if (const auto given = call.query.find("maxExceptions"); given != call.query.end()) {
    const std::string& text = given->second;
    if (text.empty() || text.size() > 9 ||
        text.find_first_not_of("0123456789") != std::string::npos) {
      return HttpResponse::Failure(400, "`maxExceptions` must be a whole number");
    }
    max = std::stoul(text);
  }
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  Json entries = Json::array();
  bool truncated = job->failures_truncated();
  for (const protocol::FailureDescription& failure : job->failures()) {
    if (entries.size() >= max) {
      truncated = true;
      break;
    }
    Json entry = {{"exceptionName", failure.code()},
                  {"stacktrace", failure.message()},
                  {"timestamp", failure.timestamp()},
                  {"failureLabels", Json::object()}};
    entry["taskName"] = failure.task_name().empty() ? Json() : Json(failure.task_name());
    entry["endpoint"] = Json();
    entry["taskManagerId"] =
        failure.task_manager_id().empty() ? Json() : Json(failure.task_manager_id());
    entry["concurrentExceptions"] = Json::array();
    entries.push_back(std::move(entry));
  }
  return JsonResponse(
      {{"exceptionHistory", {{"entries", std::move(entries)}, {"truncated", truncated}}}});
}

// Ours: Flink takes jars.
HttpResponse SubmitJob(const RestCall& call) {
  const Result<Json> body = ParseBody(call.body, {"jobGraph", "jobId"});
  if (!body) return FailureOf(body.error());
  const Result<std::string> text = StringIn(*body, "jobGraph");
  if (!text) return FailureOf(text.error());
  std::optional<std::string> job_graph = DecodeBase64(*text);
  if (!job_graph || job_graph->empty()) {
    return HttpResponse::Failure(400, "`jobGraph` must be a compiled job in base64");
  }
  Result<std::string> job_id = StringIn(*body, "jobId");
  if (!job_id) return FailureOf(job_id.error());
  const Result<std::string> id = call.gateway->Submit(*std::move(job_graph), *std::move(job_id));
  if (!id && id.error().code == ErrorCode::kCorrupt) {
    return HttpResponse::Failure(400, id.error().message);  // the client's, not ours
  }
  if (!id) return FailureOf(id.error());
  return JsonResponse({{"jobid", *id}}, 202);
}

// As Flink's clients fetch it when a job has ended.
HttpResponse GetExecutionResult(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const JobState state = StateOf(*job);
  if (!IsTerminal(state)) return JsonResponse({{"status", {{"id", "IN_PROGRESS"}}}});
  Json result = {{"id", job->job_id()},
                 {"application-status", state == JobState::kFinished ? "SUCCEEDED" : Name(state)},
                 {"accumulator-results", Json::object()},
                 {"net-runtime", Duration(job->start_time(), job->end_time(), job->now())}};
  if (state == JobState::kFailed && job->failures_size() != 0) {
    const protocol::FailureDescription& failure = job->failures(0);
    result["failure-cause"] = {{"class", failure.code()}, {"stack-trace", failure.message()}};
  }
  return JsonResponse({{"status", {{"id", "COMPLETED"}}}, {"job-execution-result", result}});
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobs", GetJobs},
    {HttpMethod::kPost, "/jobs", SubmitJob, RestRole::kAdmin},
    {HttpMethod::kGet, "/jobs/overview", GetJobsOverview},
    {HttpMethod::kGet, "/jobs/:jobid", GetJob},
    {HttpMethod::kPatch, "/jobs/:jobid", CancelJob},
    {HttpMethod::kPatch, "/jobs/:jobid/clientHeartbeat", TakeClientHeartbeat},
    {HttpMethod::kGet, "/jobs/:jobid/status", GetJobStatus},
    {HttpMethod::kGet, "/jobs/:jobid/plan", GetJobPlan},
    {HttpMethod::kGet, "/jobs/:jobid/config", GetJobConfig},
    {HttpMethod::kGet, "/jobs/:jobid/exceptions", GetExceptions},
    {HttpMethod::kGet, "/jobs/:jobid/execution-result", GetExecutionResult},
};

}  // namespace

std::span<const RestRoute> JobRoutes() { return kRoutes; }

}  // namespace flinkc
