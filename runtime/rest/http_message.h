// A request and its answer, as far as our handlers see them: nothing of sockets, nothing of the
// library behind http_server.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace flinkc {

enum class HttpMethod : uint8_t { kGet, kPost, kPut, kPatch, kDelete, kOther };
// "GET"; "?" for kOther.
const char* Name(HttpMethod method);

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
