#include "runtime/rest/log_routes.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace flinkc {

namespace {

// Not files: what is told lies in memory, and no name is looked up on a disk.
constexpr const char* kJobManagerLog = "jobmanager.log";
constexpr const char* kTaskManagerLog = "taskmanager.log";
constexpr const char* kTaskManagerOutput = "taskmanager.out";

HttpResponse TextResponse(std::string text) {
  HttpResponse response;
  response.content_type = "text/plain; charset=UTF-8";
  response.body = std::move(text);
  return response;
}

HttpResponse NoSuchFile(const RestCall& call) {
  return HttpResponse::Failure(404, fmt::format("there is no log `{}`", call.path.at(":logfile")));
}

Json EntryOf(const char* name, size_t bytes, int64_t modified_millis) {
  return {{"name", name}, {"size", bytes}, {"mtime", modified_millis}};
}

std::string JobManagerText(const RestCall& call) {
  return call.context->log_tail == nullptr ? "" : call.context->log_tail->Text();
}

HttpResponse ListJobManagerLogs(const RestCall& call) {
  Json logs = Json::array();
  if (const LogTail* const tail = call.context->log_tail) {
    logs.push_back(EntryOf(kJobManagerLog, tail->Text().size(), tail->modified_micros() / 1000));
  }
  return JsonResponse({{"logs", std::move(logs)}});
}

HttpResponse GetJobManagerLog(const RestCall& call) { return TextResponse(JobManagerText(call)); }

HttpResponse GetJobManagerFile(const RestCall& call) {
  if (call.path.at(":logfile") != kJobManagerLog) return NoSuchFile(call);
  return TextResponse(JobManagerText(call));
}

HttpResponse ListTaskManagerLogs(const RestCall& call) {
  Json logs = Json::array();
  for (const bool output : {false, true}) {
    const auto log = call.gateway->ReadLog(call.path.at(":taskmanagerid"), output);
    if (!log) return FailureOf(log.error());
    logs.push_back(EntryOf(output ? kTaskManagerOutput : kTaskManagerLog, log->text().size(),
                           log->modified_millis()));
  }
  return JsonResponse({{"logs", std::move(logs)}});
}

HttpResponse TaskManagerText(const RestCall& call, bool output) {
  auto log = call.gateway->ReadLog(call.path.at(":taskmanagerid"), output);
  if (!log) return FailureOf(log.error());
  return TextResponse(std::move(*log->mutable_text()));
}

HttpResponse GetTaskManagerLog(const RestCall& call) { return TaskManagerText(call, false); }
HttpResponse GetTaskManagerOutput(const RestCall& call) { return TaskManagerText(call, true); }

HttpResponse GetTaskManagerFile(const RestCall& call) {
  const std::string& name = call.path.at(":logfile");
  if (name != kTaskManagerLog && name != kTaskManagerOutput) return NoSuchFile(call);
  return TaskManagerText(call, name == kTaskManagerOutput);
}

// What tasks have printed are rows; what processes say may name files and tells of errors.
constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobmanager/logs", ListJobManagerLogs},
    {HttpMethod::kGet, "/jobmanager/logs/:logfile", GetJobManagerFile, RestRole::kOperator},
    {HttpMethod::kGet, "/jobmanager/log", GetJobManagerLog, RestRole::kOperator},
    {HttpMethod::kGet, "/taskmanagers/:taskmanagerid/logs", ListTaskManagerLogs},
    {HttpMethod::kGet, "/taskmanagers/:taskmanagerid/logs/:logfile", GetTaskManagerFile,
     RestRole::kAdmin},
    {HttpMethod::kGet, "/taskmanagers/:taskmanagerid/log", GetTaskManagerLog, RestRole::kOperator},
    {HttpMethod::kGet, "/taskmanagers/:taskmanagerid/stdout", GetTaskManagerOutput,
     RestRole::kAdmin},
};

}  // namespace

std::span<const RestRoute> LogRoutes() { return kRoutes; }

}  // namespace flinkc
