// One call of a route: its parameters, taken apart and checked, and ways to answer. Part of the
// RestRouter.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/rest/http_message.h"
#include "runtime/rest/job_gateway.h"
#include "runtime/rest/rest_context.h"
#include "runtime/rest/tap_registry.h"

namespace flinkc {

using Json = nlohmann::ordered_json;

struct RestCall {
  JobGateway* gateway = nullptr;
  const RestContext* context = nullptr;
  TapRegistry* taps = nullptr;
  std::map<std::string, std::string, std::less<>> path;  // ":jobid" -> "1b2c…"
  std::map<std::string, std::string> query;
  std::string body;
};
using RestHandler = HttpResponse (*)(const RestCall& call);

struct RestRoute {
  HttpMethod method = HttpMethod::kGet;
  std::string_view pattern;
  RestHandler handle = nullptr;
  // Who may take it; nothing: who wants to see something each viewer, else each operator.
  std::optional<RestRole> role = {};
};

HttpResponse JsonResponse(const Json& json, int status = 200);
Json SummaryJson(const protocol::SummaryDescription& summary);
// By the kind of error: 400, 404, 409, 503, 500.
HttpResponse FailureOf(const Error& error);

// The job of ":jobid" with all details.
Result<protocol::JobDescription> DescribeJobOf(const RestCall& call);
// The vertex of ":vertexid" in it, or in the job of ":jobid".
Result<protocol::VertexDescription> VertexOf(const RestCall& call,
                                             const protocol::JobDescription& job);
Result<protocol::VertexDescription> DescribeVertexOf(const RestCall& call);
// The task of ":subtaskindex".
Result<int> SubtaskOf(const RestCall& call, const protocol::VertexDescription& vertex);
// All jobs with all details.
Result<protocol::DescribeJobsReply> DescribeWithDetails(const RestCall& call);
// The TaskManager of ":taskmanagerid" in it.
Result<protocol::TaskManagerDescription> TaskManagerOf(const RestCall& call,
                                                       const protocol::DescribeJobsReply& cluster);
Result<protocol::TaskManagerDescription> DescribeTaskManagerOf(const RestCall& call);

// A JSON object of at most 16 levels, without repeated keys and with no other keys than `known`;
// an empty body is an empty object. kInvalidArgument says what is wrong.
Result<Json> ParseBody(const std::string& body, std::initializer_list<std::string_view> known);
// With any keys.
Result<Json> ParseBody(const std::string& body);
// An absent one or null is "" or false.
Result<std::string> StringIn(const Json& body, const std::string& key);
Result<bool> FlagIn(const Json& body, const std::string& key);

// 32 lower-case hexadecimal digits, as Flink's ids are.
bool IsId(std::string_view text);
// That of vertex `name` of a job, always the same.
std::string VertexIdOf(std::string_view name);

}  // namespace flinkc
