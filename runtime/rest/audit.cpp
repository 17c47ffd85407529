#include "runtime/rest/audit.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace flinkc {

namespace {

constexpr size_t kTextMax = 300;
constexpr std::string_view kHeartbeat = "/clientHeartbeat";

std::string Quoted(std::string_view text) {
  const std::string cut(text.substr(0, kTextMax));
  // Not UTF-8, or a character of control: as JSON writes it.
  return nlohmann::json(cut).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// Of our own answers.
std::string ResultOf(const HttpResponse& response) {
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  if (!json.is_object()) return "";
  for (const char* key : {"jobid", "request-id", "tap-id"}) {
    if (json.contains(key) && json[key].is_string()) return json[key].get<std::string>();
  }
  const bool is_refused = json.contains("errors") && json["errors"].is_array() &&
                          !json["errors"].empty() && json["errors"][0].is_string();
  return is_refused ? json["errors"][0].get<std::string>() : "";
}

// As the router reads it: with or without "v1", and with "/" at its end or none.
bool IsOfJobs(std::string_view path) {
  constexpr std::string_view kVersion = "/v1/";
  if (path.starts_with(kVersion)) path.remove_prefix(kVersion.size() - 1);
  return path == "/jobs" || path == "/jobs/";
}

const char* RoleOf(const HttpRequest& request, const HttpResponse& response) {
  if (request.role) return Name(*request.role);
  return response.status == 401 || response.status == 403 ? "refused" : "anonymous";
}

}  // namespace

std::optional<std::string> AuditLine(const HttpRequest& request, const HttpResponse& response) {
  if (request.method == HttpMethod::kGet) return std::nullopt;
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path.ends_with(kHeartbeat) && response.status == 202) return std::nullopt;
  return fmt::format("audit: from={} role={} request={} body={} status={} result={}",
                     request.from.empty() ? "?" : request.from, RoleOf(request, response),
                     Quoted(fmt::format("{} {}", Name(request.method), target)),
                     Quoted(IsOfJobs(path) ? std::string() : request.body), response.status,
                     Quoted(ResultOf(response)));
}

}  // namespace flinkc
