#include "runtime/client/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace flinkc {

namespace {

constexpr size_t kAnswerMax = size_t{16} << 20;

// A connected socket, closed with it.
class Connection {
 public:
  Connection() = default;
  explicit Connection(int descriptor) : descriptor_(descriptor) {}
  Connection(Connection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Connection& operator=(Connection&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Connection() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

std::unexpected<Error> Unavailable(const HttpEndpoint& endpoint, std::string_view what) {
  return MakeError(ErrorCode::kUnavailable, fmt::format("{}: {}", endpoint.Print(), what));
}

Result<Connection> Connect(const HttpEndpoint& endpoint, int64_t timeout_micros) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (failed != 0) return Unavailable(endpoint, gai_strerror(failed));
  int error = ECONNREFUSED;
  Connection connection;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Connection tried(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (tried.descriptor() < 0) {
      error = errno;
      continue;
    }
    const timeval timeout{static_cast<time_t>(timeout_micros / 1'000'000),
                          static_cast<suseconds_t>(timeout_micros % 1'000'000)};
    setsockopt(tried.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(tried.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(tried.descriptor(), address->ai_addr, address->ai_addrlen) == 0) {
      connection = std::move(tried);
      break;
    }
    error = errno;
  }
  freeaddrinfo(found);
  if (connection.descriptor() < 0) {
    return Unavailable(endpoint, fmt::format("{}; is a job running there? `flinkc run` says where "
                                             "its REST server is",
                                             std::strerror(error)));
  }
  return connection;
}

Status SendAll(const Connection& connection, std::string_view bytes, const HttpEndpoint& endpoint) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return Unavailable(endpoint, std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

Result<std::string> ReceiveAll(const Connection& connection, const HttpEndpoint& endpoint) {
  std::string bytes;
  char part[16 * 1024];
  while (true) {
    const ssize_t got = recv(connection.descriptor(), part, sizeof(part), 0);
    if (got == 0) return bytes;
    if (got < 0) {
      if (errno == EINTR) continue;
      const bool late = errno == EAGAIN || errno == EWOULDBLOCK;
      return Unavailable(endpoint, late ? "no answer in time" : std::strerror(errno));
    }
    if (bytes.size() + static_cast<size_t>(got) > kAnswerMax) {
      return MakeError(ErrorCode::kInvalidData,
                       fmt::format("{}: an answer without an end", endpoint.Print()));
    }
    bytes.append(part, static_cast<size_t>(got));
  }
}

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
  if (text.starts_with("http://")) text.remove_prefix(7);
  if (text.ends_with('/')) text.remove_suffix(1);
  const size_t colon = text.rfind(':');
  HttpEndpoint endpoint;
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
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
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

Result<HttpAnswer> CallHttp(const HttpEndpoint& endpoint, std::string_view method,
                            std::string_view path, std::string_view body, int64_t timeout_micros) {
  ASSIGN_OR_RETURN(const Connection connection, Connect(endpoint, timeout_micros));
  std::string request = fmt::format("{} {} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\n",
                                    method, path, endpoint.Print());
  if (method != "GET") {
    request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  request += "\r\n";
  request += body;
  RETURN_IF_ERROR(SendAll(connection, request, endpoint));
  ASSIGN_OR_RETURN(const std::string bytes, ReceiveAll(connection, endpoint));
  Result<HttpAnswer> answer = ParseHttpAnswer(bytes);
  if (!answer) return std::unexpected(std::move(answer).error().WithContext(endpoint.Print()));
  return answer;
}

}  // namespace flinkc
