#include "runtime/client/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "runtime/client/http_connection.h"

namespace flinkc {

namespace {

constexpr size_t kAnswerMax = size_t{16} << 20;

template <typename Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

// The value of a header in the lines before the body.
std::optional<std::string_view> HeaderIn(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const size_t colon = line.find(':');
    if (colon != name.size()) continue;
    if (!std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
          return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
        })) {
      continue;
    }
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    return value;
  }
  return std::nullopt;
}

}  // namespace

Result<HttpEndpoint> HttpEndpoint::Parse(std::string_view text) {
  const std::string_view given = text;
  HttpEndpoint endpoint;
  if (text.starts_with("http://")) text.remove_prefix(7);
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
    endpoint.tls = true;
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  endpoint.host = host;
  if (colon == std::string_view::npos || host.empty() ||
      !ReadNumber(text.substr(colon + 1), &endpoint.port) || endpoint.port == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("`{}` is no host:port such as 127.0.0.1:8081", given));
  }
  return endpoint;
}

std::string HttpEndpoint::Print() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}:{}", tls ? "https://" : "", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
                     port);
}

Result<HttpAnswer> ParseHttpAnswer(std::string_view bytes) {
  const auto wrong = [](const char* what) {
    return MakeError(ErrorCode::kInvalidData,
                     fmt::format("what answers is no JobManager: {}", what));
  };
  // Its process has died, or it has none for us; so it may be with a part of an answer.
  const auto breaks_off = [] {
    return MakeError(ErrorCode::kUnavailable, "the connection has ended before the answer");
  };
  HttpAnswer answer;
  const size_t head_end = bytes.find("\r\n\r\n");
  constexpr std::string_view kProtocol = "HTTP/1.";
  if (kProtocol.starts_with(bytes.substr(0, kProtocol.size())) &&
      head_end == std::string_view::npos) {
    return breaks_off();
  }
  if (!bytes.starts_with("HTTP/1.") || head_end == std::string_view::npos || bytes.size() < 12 ||
      !ReadNumber(bytes.substr(9, 3), &answer.status)) {
    return wrong("it does not speak HTTP");
  }
  const std::string_view head = bytes.substr(0, head_end);
  const std::string_view lines = head.substr(std::min(head.find("\r\n"), head.size() - 2) + 2);
  const std::string_view body = bytes.substr(head_end + 4);
  if (HeaderIn(lines, "transfer-encoding")) return wrong("it answers in chunks to HTTP/1.0");
  if (const auto length_text = HeaderIn(lines, "content-length")) {
    size_t length = 0;
    if (!ReadNumber(*length_text, &length)) return wrong("its Content-Length is no number");
    if (body.size() < length) return breaks_off();
    if (body.size() != length) return wrong("it says more than it has announced");
  }
  answer.body = body;
  return answer;
}

Result<HttpAnswer> CallHttp(const HttpEndpoint& endpoint, const HttpAccess& access,
                            std::string_view method, std::string_view path, std::string_view body,
                            int64_t timeout_micros) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HttpConnection> connection,
                   HttpConnection::Open(endpoint, access, timeout_micros));
  HttpEndpoint host = endpoint;
  host.tls = false;
  std::string request = fmt::format("{} {} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\n",
                                    method, path, host.Print());
  if (!access.token.empty()) {
    request += fmt::format("Authorization: Bearer {}\r\n", access.token);
  }
  if (method != "GET") {
    request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  request += "\r\n";
  request += body;
  RETURN_IF_ERROR(connection->Send(request));
  ASSIGN_OR_RETURN(const std::string bytes, connection->ReceiveAll(kAnswerMax));
  Result<HttpAnswer> answer = ParseHttpAnswer(bytes);
  if (!answer) return std::unexpected(std::move(answer).error().WithContext(endpoint.Print()));
  return answer;
}

}  // namespace flinkc
