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

// Takes as long for a wrong token as for the right one of the same length.
bool IsSecret(std::string_view given, std::string_view secret) {
  unsigned char difference = given.size() == secret.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i] ^ secret[i % secret.size()]);
  }
  return difference == 0;
}

bool HasToken(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "bearer ";
  if (Lower(authorization.substr(0, kScheme.size())) != kScheme) return false;
  return IsSecret(authorization.substr(kScheme.size()), token);
}

bool IsJson(std::string_view content_type) {
  std::string lower = Lower(content_type);
  lower = lower.substr(0, lower.find(';'));
  while (lower.ends_with(' ')) lower.pop_back();
  return lower == "application/json";
}

}  // namespace

std::optional<RestRole> RoleOf(const HttpRequest& request, const RequestPolicy& policy) {
  const std::string authorization = request.Header("authorization");
  std::optional<RestRole> role;
  for (const RestToken& token : policy.tokens) {
    if (HasToken(authorization, token.secret)) role = std::max(role, std::optional(token.role));
  }
  return role;
}

std::optional<HttpResponse> RefuseRequest(const HttpRequest& request, const RequestPolicy& policy) {
  if (request.method == HttpMethod::kOther) {
    return HttpResponse::Failure(405, "only GET, POST, PUT, PATCH and DELETE are served");
  }
  const std::string host = request.Header("host");
  if (policy.is_loopback && !IsOurselves(host, policy.port)) {
    return HttpResponse::Failure(
        403, fmt::format("the Host header must be 127.0.0.1:{0} or localhost:{0}", policy.port));
  }
  const std::string origin = request.Header("origin");
  const std::string scheme = fmt::format("{}://", policy.scheme);
  const bool is_ours = origin.starts_with(scheme) &&
                       (policy.is_loopback ? IsOurselves(origin.substr(scheme.size()), policy.port)
                                           : Lower(origin.substr(scheme.size())) == Lower(host));
  if (!origin.empty() && !is_ours) {
    return HttpResponse::Failure(403, "requests of other web pages are not served");
  }
  if (!policy.tokens.empty() && !RoleOf(request, policy)) {
    return HttpResponse::Failure(
        401,
        "this server wants its token, as `Authorization: Bearer <token>`; flinkc sends it with "
        "--rest-token-file or FLINKC_TOKEN_FILE");
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
  } else if (request.method == HttpMethod::kPost || request.method == HttpMethod::kPut ||
             request.method == HttpMethod::kPatch) {
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
