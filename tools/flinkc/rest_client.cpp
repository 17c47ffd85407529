#include "tools/flinkc/rest_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "tools/flinkc/exit_code.h"

namespace flinkc {

namespace {

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
      return ErrorCode::kInvalidArgument;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kAlreadyExists;
    case 503:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

// What the server says of a request that it has refused.
std::unexpected<Error> RefusalIn(const HttpAnswer& answer, const std::string& method,
                                 const std::string& path) {
  const nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
  const nlohmann::json& errors = MemberOf(json, "errors");
  const bool says_why = errors.is_array() && !errors.empty() && errors[0].is_string();
  return MakeError(CodeOf(answer.status),
                   says_why ? errors[0].get<std::string>()
                            : fmt::format("{} {}: status {}", method, path, answer.status));
}

}  // namespace

const nlohmann::json& MemberOf(const nlohmann::json& json, const char* key) {
  static const nlohmann::json nothing;
  if (!json.is_object()) return nothing;
  const auto member = json.find(key);
  return member == json.end() ? nothing : *member;
}

int64_t NumberIn(const nlohmann::json& json, const char* key) {
  const nlohmann::json& member = MemberOf(json, key);
  return member.is_number_integer() ? member.get<int64_t>() : 0;
}

std::string TextIn(const nlohmann::json& json, const char* key) {
  const nlohmann::json& member = MemberOf(json, key);
  std::string text = member.is_string() ? member.get<std::string>() : "";
  // It may come to a terminal.
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

bool HasEnded(const nlohmann::json& job) {
  const std::string state = TextIn(job, "state");
  return state == "FINISHED" || state == "CANCELED" || state == "FAILED";
}

Result<nlohmann::json> RestClient::Call(const std::string& method, const std::string& path,
                                        const std::string& body) const {
  ASSIGN_OR_RETURN(const HttpAnswer answer, CallHttp(endpoint_, access_, method, path, body));
  nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
  if (json.is_discarded()) {
    return MakeError(ErrorCode::kInvalidData,
                     fmt::format("{} answers no JSON; is it a JobManager?", endpoint_.Print()));
  }
  if (answer.status < 300) return json;
  return RefusalIn(answer, method, path);
}

Result<std::string> RestClient::GetText(const std::string& path) const {
  ASSIGN_OR_RETURN(HttpAnswer answer, CallHttp(endpoint_, access_, "GET", path, ""));
  if (answer.status < 300) return std::move(answer.body);
  return RefusalIn(answer, "GET", path);
}

Result<nlohmann::json> RestClient::FindJob(const std::string& job) const {
  ASSIGN_OR_RETURN(const nlohmann::json overview, Get("/jobs/overview"));
  std::vector<nlohmann::json> found;
  std::vector<nlohmann::json> ended;
  std::string others;
  for (const nlohmann::json& one : MemberOf(overview, "jobs")) {
    const bool is_it =
        job.empty() || TextIn(one, "jid").starts_with(job) || TextIn(one, "name") == job;
    if (!is_it) {
      others += fmt::format("{}{} ({})", others.empty() ? "" : ", ", TextIn(one, "name"),
                            TextIn(one, "jid"));
    } else {
      (HasEnded(one) ? ended : found).push_back(one);
    }
  }
  // One that runs goes before those that did.
  if (found.empty() && !job.empty()) found = std::move(ended);
  if (found.size() == 1) return found[0];
  std::string message;
  if (found.empty() && job.empty()) {
    message = "no job is running";
  } else if (found.empty()) {
    message =
        fmt::format("there is no job `{}`{}{}", job, others.empty() ? "" : "; there are: ", others);
  } else {
    message = job.empty() ? std::string("there are several jobs, name one:")
                          : fmt::format("`{}` may be several jobs:", job);
    for (const nlohmann::json& one : found) {
      message += fmt::format(" {} ({})", TextIn(one, "jid"), TextIn(one, "name"));
    }
  }
  return MakeError(ErrorCode::kInvalidArgument, message);
}

int ExitCodeOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
      return kExitUsage;
    case ErrorCode::kJobFailed:
      return kExitJobFailed;
    default:
      return kExitEnvironment;
  }
}

}  // namespace flinkc
