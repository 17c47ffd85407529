// A request and its answer, as far as our handlers see them: nothing of sockets, nothing of the
// library behind http_server.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace flinkc {

enum class HttpMethod : uint8_t { kGet, kPost, kPut, kPatch, kDelete, kOther };
// "GET"; "?" for kOther.
const char* Name(HttpMethod method);

// What the sender of a request may do; each may do what those before it may.
enum class RestRole : uint8_t {
  kViewer,    // sees how the cluster and its jobs are
  kOperator,  // also cancels, stops and rescales jobs, takes savepoints, reads logs
  kAdmin,  // also gives jobs to the cluster, sees their rows, deletes savepoints, ends the cluster
};
// "viewer".
const char* Name(RestRole role);

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  // As it came, "/jobs/overview?x=y": not decoded.
  std::string target;
  // Lower-case names of those that we look at; a header that came twice stands under its name with
  // both values, separated by a comma.
  std::map<std::string, std::string> headers;
  std::string body;
  // Who has sent it: "127.0.0.1:40312", "[::1]:40312".
  std::string from = {};
  // By its token; nothing: none is asked for, and everything may be done.
  std::optional<RestRole> role = {};

  // "" if it did not come.
  std::string Header(const std::string& name) const {
    const auto header = headers.find(name);
    return header == headers.end() ? "" : header->second;
  }
};

struct HttpResponse {
  int status = 200;
  // Never made of what came in.
  const char* content_type = "application/json; charset=UTF-8";
  std::string body;

  // {"errors": ["<message>"]}, as Flink says it.
  static HttpResponse Failure(int status, const std::string& message);
};

}  // namespace flinkc
