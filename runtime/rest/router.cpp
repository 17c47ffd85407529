#include "runtime/rest/router.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "runtime/rest/checkpoint_routes.h"
#include "runtime/rest/cluster_routes.h"
#include "runtime/rest/job_routes.h"
#include "runtime/rest/log_routes.h"
#include "runtime/rest/metrics_routes.h"
#include "runtime/rest/requirement_routes.h"
#include "runtime/rest/rescale_routes.h"
#include "runtime/rest/rest_call.h"
#include "runtime/rest/tap_routes.h"
#include "runtime/rest/taskmanager_routes.h"
#include "runtime/rest/vertex_routes.h"

namespace flinkc {

namespace {

constexpr size_t kTargetMax = 4096;

// Ids and names of ours need no others; what is left is refused, not decoded.
bool IsPathCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '/';
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing: a broken escape, or a control character.
std::optional<std::string> DecodeQuery(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

bool ReadQuery(std::string_view text, std::map<std::string, std::string>* query) {
  if (text.empty()) return true;
  for (const std::string_view part : Split(text, '&')) {
    const size_t equals = part.find('=');
    const std::optional<std::string> key = DecodeQuery(part.substr(0, equals));
    const std::optional<std::string> value = DecodeQuery(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
    if (!key || !value || !query->emplace(*key, *value).second) return false;
  }
  return true;
}

// Whether the path is one of the pattern; its parameters go to `call`.
bool Matches(const std::vector<std::string_view>& path, std::string_view pattern, RestCall* call) {
  const std::vector<std::string_view> parts = Split(pattern, '/');
  if (parts.size() != path.size()) return false;
  call->path.clear();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with(':')) {
      if (path[i].empty()) return false;
      call->path.emplace(parts[i], path[i]);
    } else if (parts[i] != path[i]) {
      return false;
    }
  }
  return true;
}

enum class ParameterKind : uint8_t { kId, kNumber, kName };

ParameterKind KindOf(std::string_view parameter) {
  if (parameter == ":checkpointid" || parameter == ":subtaskindex" || parameter == ":attempt") {
    return ParameterKind::kNumber;
  }
  return parameter == ":taskmanagerid" || parameter == ":logfile" ? ParameterKind::kName
                                                                  : ParameterKind::kId;
}

// What a parameter must look like; nothing: it does.
std::optional<std::string> WrongParameter(const RestCall& call) {
  for (const auto& [name, value] : call.path) {
    bool ok = true;
    const char* expected = "";
    switch (KindOf(name)) {
      case ParameterKind::kId:
        ok = IsId(value);
        expected = "32 hexadecimal digits in lower case";
        break;
      case ParameterKind::kNumber:
        ok = value.size() <= 18 && value.find_first_not_of("0123456789") == std::string::npos;
        expected = "a number";
        break;
      case ParameterKind::kName:  // all characters of a path may stand in one
        ok = value.size() <= 100;
        expected = "at most 100 characters";
        break;
    }
    if (!ok) {
      return fmt::format("Cannot resolve path parameter ({}) from value \"{}\": expected {}",
                         name.substr(1), value, expected);
    }
  }
  return std::nullopt;
}

// Who may take a route.
RestRole RoleFor(const RestRoute& route) {
  if (route.role) return *route.role;
  return route.method == HttpMethod::kGet ? RestRole::kViewer : RestRole::kOperator;
}

std::vector<RestRoute> AllRoutes() {
  std::vector<RestRoute> routes;
  // A path with a word where another has a parameter goes first.
  for (const auto& some :
       {MetricsRoutes(), ClusterRoutes(), LogRoutes(), TaskManagerRoutes(), JobRoutes(),
        VertexRoutes(), CheckpointRoutes(), RequirementRoutes(), RescaleRoutes(), TapRoutes()}) {
    routes.insert(routes.end(), some.begin(), some.end());
  }
  return routes;
}

}  // namespace

const char* Name(HttpMethod method) {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kPatch:
      return "PATCH";
    case HttpMethod::kDelete:
      return "DELETE";
    case HttpMethod::kOther:
      break;
  }
  return "?";
}

const char* Name(RestRole role) {
  switch (role) {
    case RestRole::kViewer:
      return "viewer";
    case RestRole::kOperator:
      return "operator";
    case RestRole::kAdmin:
      break;
  }
  return "admin";
}

RestRouter::RestRouter(JobGateway* gateway, const Clock* clock, RestContext context)
    : gateway_(gateway),
      context_(std::move(context)),
      taps_(std::make_unique<TapRegistry>(clock)) {}

std::vector<std::string> RestRouter::Routes() {
  std::vector<std::string> names;
  for (const RestRoute& route : AllRoutes()) {
    names.push_back(fmt::format("{} {}", Name(route.method), route.pattern));
  }
  return names;
}

HttpResponse RestRouter::Handle(const HttpRequest& request) const {
  if (request.target.size() > kTargetMax) return HttpResponse::Failure(414, "the path is too long");
  RestCall call;
  call.gateway = gateway_;
  call.context = &context_;
  call.taps = taps_.get();
  call.body = request.body;
  std::string_view path = request.target;
  const size_t question = path.find('?');
  if (question != std::string_view::npos) {
    if (!ReadQuery(path.substr(question + 1), &call.query)) {
      return HttpResponse::Failure(400, "the query cannot be read");
    }
    path = path.substr(0, question);
  }
  for (const char c : path) {
    if (!IsPathCharacter(c)) {
      return HttpResponse::Failure(400, "the path holds characters that no path of this API has");
    }
  }
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::vector<std::string_view> parts = Split(path, '/');
  for (const std::string_view part : parts) {
    if (part == "." || part == "..") {
      return HttpResponse::Failure(400, "no path of this API holds `.` or `..`");
    }
  }
  std::string allowed;
  for (const RestRoute& route : AllRoutes()) {
    if (!Matches(parts, route.pattern, &call)) continue;
    if (route.method != request.method) {
      allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", Name(route.method));
      continue;
    }
    if (const auto wrong = WrongParameter(call)) {
      // `PATCH /jobs/overview` has the wrong method, not a wrong job.
      if (!allowed.empty()) break;
      return HttpResponse::Failure(400, *wrong);
    }
    if (request.role && *request.role < RoleFor(route)) {
      return HttpResponse::Failure(
          403, fmt::format("this is for the role `{}`, and the token is a `{}`'s",
                           Name(RoleFor(route)), Name(*request.role)));
    }
    return route.handle(call);
  }
  if (!allowed.empty()) {
    return HttpResponse::Failure(405, fmt::format("this path takes {}", allowed));
  }
  return HttpResponse::Failure(404, fmt::format("Not found: {}", path));
}

}  // namespace flinkc
