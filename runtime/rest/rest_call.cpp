#include "runtime/rest/rest_call.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace flinkc {

namespace {

constexpr int kBodyDepthMax = 16;

std::string Print(const Json& json) {
  // Bytes that are no UTF-8 must not become an exception.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::unexpected<Error> Unreadable(std::string_view why) {
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("the request's body cannot be read: {}", why));
}

}  // namespace

HttpResponse HttpResponse::Failure(int status, const std::string& message) {
  HttpResponse response;
  response.status = status;
  response.body = Print(Json{{"errors", Json::array({message})}});
  return response;
}

HttpResponse JsonResponse(const Json& json, int status) {
  HttpResponse response;
  response.status = status;
  response.body = Print(json);
  return response;
}

Json SummaryJson(const protocol::SummaryDescription& summary) {
  return {{"min", summary.min()}, {"max", summary.max()},  {"avg", summary.avg()},
          {"p50", summary.p50()}, {"p90", summary.p90()},  {"p95", summary.p95()},
          {"p99", summary.p99()}, {"p999", summary.p999()}};
}

HttpResponse FailureOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return HttpResponse::Failure(400, error.message);
    case ErrorCode::kNotFound:
      return HttpResponse::Failure(404, error.message);
    case ErrorCode::kAlreadyExists:
      return HttpResponse::Failure(409, error.message);
    case ErrorCode::kUnavailable:
      return HttpResponse::Failure(503, error.message);
    default:
      return HttpResponse::Failure(500, error.message);
  }
}

Result<protocol::JobDescription> DescribeJobOf(const RestCall& call) {
  const std::string& id = call.path.at(":jobid");
  protocol::DescribeJobs request;
  request.set_job_id(id);
  ASSIGN_OR_RETURN(protocol::DescribeJobsReply reply, call.gateway->Describe(request));
  if (reply.jobs_size() == 0) {
    return MakeError(ErrorCode::kNotFound, fmt::format("Job {} not found", id));
  }
  return std::move(*reply.mutable_jobs(0));
}

Result<protocol::VertexDescription> VertexOf(const RestCall& call,
                                             const protocol::JobDescription& job) {
  for (const protocol::VertexDescription& vertex : job.vertices()) {
    if (VertexIdOf(vertex.name()) == call.path.at(":vertexid")) return vertex;
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("the job has no vertex {}; /jobs/{} lists them",
                               call.path.at(":vertexid"), job.job_id()));
}

Result<protocol::VertexDescription> DescribeVertexOf(const RestCall& call) {
  ASSIGN_OR_RETURN(const protocol::JobDescription job, DescribeJobOf(call));
  return VertexOf(call, job);
}

Result<int> SubtaskOf(const RestCall& call, const protocol::VertexDescription& vertex) {
  const auto index = std::stoull(call.path.at(":subtaskindex"));
  if (index < static_cast<uint64_t>(vertex.tasks_size())) return static_cast<int>(index);
  return MakeError(ErrorCode::kNotFound, fmt::format("`{}` has no subtask {}, only {} of them",
                                                     vertex.name(), index, vertex.tasks_size()));
}

Result<protocol::DescribeJobsReply> DescribeWithDetails(const RestCall& call) {
  protocol::DescribeJobs request;
  request.set_with_details(true);
  return call.gateway->Describe(request);
}

Result<protocol::TaskManagerDescription> DescribeTaskManagerOf(const RestCall& call) {
  ASSIGN_OR_RETURN(const protocol::DescribeJobsReply cluster,
                   call.gateway->Describe(protocol::DescribeJobs()));
  return TaskManagerOf(call, cluster);
}

Result<protocol::TaskManagerDescription> TaskManagerOf(const RestCall& call,
                                                       const protocol::DescribeJobsReply& cluster) {
  const std::string& id = call.path.at(":taskmanagerid");
  for (const protocol::TaskManagerDescription& one : cluster.task_manager_list()) {
    if (one.id() == id) return one;
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("no TaskManager `{}` is registered; /taskmanagers lists them", id));
}

Result<Json> ParseBody(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  std::string wrong;
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kBodyDepthMax) wrong = "it is nested too deeply";
    if (event == Json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end && !keys.empty()) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key && !keys.empty()) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) wrong = fmt::format("the key `{}` stands twice", key);
    }
    return wrong.empty();
  };
  const Json json = Json::parse(body, check, /*allow_exceptions=*/false);
  if (wrong.empty() && (json.is_discarded() || !json.is_object())) wrong = "it is no JSON object";
  if (wrong.empty()) return json;
  return Unreadable(wrong);
}

Result<Json> ParseBody(const std::string& body, std::initializer_list<std::string_view> known) {
  ASSIGN_OR_RETURN(const Json json, ParseBody(body));
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(known, std::string_view(key)) != known.end()) continue;
    return Unreadable(fmt::format("it has no field `{}`; there are: {}", key,
                                  fmt::join(known.begin(), known.end(), ", ")));
  }
  return json;
}

Result<std::string> StringIn(const Json& body, const std::string& key) {
  const auto value = body.find(key);
  if (value == body.end() || value->is_null()) return std::string();
  if (value->is_string()) return value->get<std::string>();
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("`{}` must be a string", key));
}

Result<bool> FlagIn(const Json& body, const std::string& key) {
  const auto value = body.find(key);
  if (value == body.end() || value->is_null()) return false;
  if (value->is_boolean()) return value->get<bool>();
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("`{}` must be true or false", key));
}

bool IsId(std::string_view text) {
  return text.size() == 32 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string VertexIdOf(std::string_view name) {
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace flinkc
