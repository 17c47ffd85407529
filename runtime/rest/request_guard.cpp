#include "runtime/rest/request_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace flinkc {

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// "127.0.0.1:8081", "localhost:8081", "[::1]:8081"; without the port only where it is HTTP's own.
bool IsOurselves(std::string_view host, uint16_t port) {
  const std::string lower = Lower(host);
  for (const std::string_view name : {"127.0.0.1", "localhost", "[::1]"}) {
    if (lower == fmt::format("{}:{}", name, port)) return true;
    if (port == 80 && lower == name) return true;
  }
  return false;
}

bool IsJson(std::string_view content_type) {
  std::string lower = Lower(content_type);
  lower = lower.substr(0, lower.find(';'));
  while (lower.ends_with(' ')) lower.pop_back();
  return lower == "application/json";
}

}  // namespace

std::optional<HttpResponse> RefuseRequest(const HttpRequest& request, uint16_t port) {
  if (request.method == HttpMethod::kOther) {
    return HttpResponse::Failure(405, "only GET, POST and PATCH are served");
  }
  if (!IsOurselves(request.Header("host"), port)) {
    return HttpResponse::Failure(
        403, fmt::format("the Host header must be 127.0.0.1:{0} or localhost:{0}", port));
  }
  const std::string origin = request.Header("origin");
  if (!origin.empty() && !(origin.starts_with("http://") && IsOurselves(origin.substr(7), port))) {
    return HttpResponse::Failure(403, "requests of other web pages are not served");
  }
  if (!request.Header("transfer-encoding").empty()) {
    return HttpResponse::Failure(501, "Transfer-Encoding is not supported; send a Content-Length");
  }
  if (!request.Header("content-encoding").empty()) {
    return HttpResponse::Failure(415, "Content-Encoding is not supported; send plain JSON");
  }
  const std::string length_text = request.Header("content-length");
  uint64_t length = 0;
  if (!length_text.empty()) {
    const char* end = length_text.data() + length_text.size();
    const auto [rest, error] = std::from_chars(length_text.data(), end, length);
    if (error == std::errc::result_out_of_range) {
      length = UINT64_MAX;
    } else if (error != std::errc() || rest != end) {
      return HttpResponse::Failure(400, "Content-Length is no number");
    }
  } else if (request.method != HttpMethod::kGet) {
    return HttpResponse::Failure(411, "send a Content-Length");
  }
  if (length > kRequestBodyMax) {
    return HttpResponse::Failure(413, fmt::format("a body of more than {} bytes", kRequestBodyMax));
  }
  if (length != 0 && !IsJson(request.Header("content-type"))) {
    return HttpResponse::Failure(415, "send a body with `Content-Type: application/json`");
  }
  return std::nullopt;
}

}  // namespace flinkc
