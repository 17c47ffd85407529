#include "runtime/rest/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/rest/request_guard.h"

namespace flinkc {

namespace {

constexpr unsigned kConnectionsMax = 64;
// Headers, request line and what the library needs; a request that does not fit is refused by it.
constexpr size_t kConnectionMemoryBytes = 32 * 1024;
constexpr unsigned kIdleSecondsMax = 5;
constexpr unsigned kThreads = 2;
constexpr std::chrono::milliseconds kLastAnswersMax(500);

// The ones that request_guard.h and the router look at.
constexpr const char* kHeaders[] = {
    "Host",           "Origin",       "Authorization",   "Transfer-Encoding",
    "Content-Length", "Content-Type", "Content-Encoding"};
// What GnuTLS is to speak: nothing before TLS 1.2, no cipher that it calls weak.
constexpr const char* kTlsPriorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// One request on its way in.
struct Call {
  HttpRequest request;
  bool headers_seen = false;
  bool too_long = false;
};

HttpMethod MethodOf(const char* method) {
  if (std::strcmp(method, MHD_HTTP_METHOD_GET) == 0) return HttpMethod::kGet;
  if (std::strcmp(method, MHD_HTTP_METHOD_POST) == 0) return HttpMethod::kPost;
  if (std::strcmp(method, MHD_HTTP_METHOD_PUT) == 0) return HttpMethod::kPut;
  if (std::strcmp(method, MHD_HTTP_METHOD_PATCH) == 0) return HttpMethod::kPatch;
  if (std::strcmp(method, MHD_HTTP_METHOD_DELETE) == 0) return HttpMethod::kDelete;
  return HttpMethod::kOther;
}

std::string LowerOf(const char* name) {
  std::string lower;
  for (; *name != '\0'; ++name) {
    lower += *name >= 'A' && *name <= 'Z' ? static_cast<char>(*name - 'A' + 'a') : *name;
  }
  return lower;
}

struct Address {
  sockaddr_storage storage{};
  bool is_v6 = false;
  bool is_loopback = false;
};
// Nothing: it is no address by number, nor localhost.
std::optional<Address> AddressOf(const std::string& name, uint16_t port) {
  Address address;
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, name == "localhost" ? "127.0.0.1" : name.c_str(), &v4) == 1) {
    address.is_loopback = (ntohl(v4.s_addr) >> 24) == 127;
    sockaddr_in inet{};
    inet.sin_family = AF_INET;
    inet.sin_port = htons(port);
    inet.sin_addr = v4;
    std::memcpy(&address.storage, &inet, sizeof(inet));
    return address;
  }
  if (inet_pton(AF_INET6, name.c_str(), &v6) == 1) {
    address.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    sockaddr_in6 inet{};
    inet.sin6_family = AF_INET6;
    inet.sin6_port = htons(port);
    inet.sin6_addr = v6;
    std::memcpy(&address.storage, &inet, sizeof(inet));
    address.is_v6 = true;
    return address;
  }
  return std::nullopt;
}

std::string PeerOf(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return "";
  char host[INET6_ADDRSTRLEN] = "";
  if (info->client_addr->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, info->client_addr, sizeof(v4));
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
    return fmt::format("{}:{}", host, ntohs(v4.sin_port));
  }
  if (info->client_addr->sa_family != AF_INET6) return "";
  sockaddr_in6 v6{};
  std::memcpy(&v6, info->client_addr, sizeof(v6));
  inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
  return fmt::format("[{}]:{}", host, ntohs(v6.sin6_port));
}

class MicroHttpServer final : public HttpServer {
 public:
  explicit MicroHttpServer(Handler handler) : handler_(std::move(handler)) {}
  ~MicroHttpServer() override;

  Status Listen(const HttpServerOptions& options);
  uint16_t port() const override { return port_; }

 private:
  static void* OnRequestLine(void* self, const char* uri, MHD_Connection* connection);
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char* version, const char* data,
                              size_t* data_size, void** call);
  static void OnCompleted(void* self, MHD_Connection* connection, void** call,
                          MHD_RequestTerminationCode code);
  MHD_Result Answer(MHD_Connection* connection, const HttpRequest& request,
                    const HttpResponse& response) const;
  static void ReadHeaders(MHD_Connection* connection, HttpRequest* request);

  // Constant after Listen.
  const Handler handler_;
  std::function<void(const HttpRequest&, const HttpResponse&)> on_answer_;
  MHD_Daemon* daemon_ = nullptr;
  RequestPolicy policy_;
  // Known when the library listens already.
  std::atomic<uint16_t> port_{0};
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable answered_;
  int calls_ = 0;  // whose answer has not been sent
};

MicroHttpServer::~MicroHttpServer() {
  if (daemon_ == nullptr) return;
  {
    // The library cuts off answers on their way: they get a moment.
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, kLastAnswersMax, [&] { return calls_ == 0; });
  }
  MHD_stop_daemon(daemon_);
}

Status MicroHttpServer::Listen(const HttpServerOptions& options) {
  const std::optional<Address> address = AddressOf(options.address, options.port);
  if (!address || (!address->is_loopback && (!options.tls || options.tokens.empty()))) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("`rest.address: {}`: without TLS and a token only a loopback "
                                 "address such as 127.0.0.1 is listened on",
                                 options.address));
  }
  if (options.tls && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
    return MakeError(ErrorCode::kUnsupported, "the HTTP library of this build has no TLS");
  }
  const unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | (address->is_v6 ? MHD_USE_IPv6 : 0u) |
                         (options.tls ? MHD_USE_TLS : 0u);
  std::vector<MHD_OptionItem> tls;
  if (options.tls) {
    // The library does not write to them.
    const auto add = [&](MHD_OPTION option, const char* text) {
      tls.push_back({option, 0, const_cast<char*>(text)});
    };
    add(MHD_OPTION_HTTPS_MEM_CERT, options.tls->certificate.c_str());
    add(MHD_OPTION_HTTPS_MEM_KEY, options.tls->key.c_str());
    add(MHD_OPTION_HTTPS_PRIORITIES, kTlsPriorities);
  }
  tls.push_back({MHD_OPTION_END, 0, nullptr});
  on_answer_ = options.on_answer;
  policy_ = {options.port, address->is_loopback, options.tls ? "https" : "http", options.tokens};
  errno = 0;
  daemon_ = MHD_start_daemon(
      flags, options.port, nullptr, nullptr, &OnRequest, this, MHD_OPTION_SOCK_ADDR,
      reinterpret_cast<const sockaddr*>(&address->storage), MHD_OPTION_URI_LOG_CALLBACK,
      &OnRequestLine, this, MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, this,
      MHD_OPTION_CONNECTION_LIMIT, kConnectionsMax, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kConnectionMemoryBytes, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSecondsMax,
      MHD_OPTION_THREAD_POOL_SIZE, kThreads, MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, tls.data(), MHD_OPTION_END);
  if (daemon_ == nullptr && options.tls && errno != EADDRINUSE && errno != EACCES) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot listen on {}:{} for REST: its certificate and key cannot "
                                 "be used: both must be PEM, and belong together",
                                 options.address, options.port));
  }
  if (daemon_ == nullptr) {
    return MakeError(
        ErrorCode::kUnavailable,
        fmt::format("cannot listen on {}:{} for REST: {}; see `rest.port`", options.address,
                    options.port, errno == 0 ? "no reason given" : std::strerror(errno)));
  }
  port_ = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
  return {};
}

void* MicroHttpServer::OnRequestLine(void* self, const char* uri, MHD_Connection*) {
  auto* server = static_cast<MicroHttpServer*>(self);
  const std::lock_guard lock(server->mutex_);
  ++server->calls_;
  auto* call = new Call();
  call->request.target = uri;
  return call;
}

void MicroHttpServer::ReadHeaders(MHD_Connection* connection, HttpRequest* request) {
  for (const char* name : kHeaders) {
    struct Found {
      const char* name;
      std::string value;
      bool any;
    } found{name, "", false};
    MHD_get_connection_values(
        connection, MHD_HEADER_KIND,
        [](void* closure, MHD_ValueKind, const char* key, const char* value) {
          auto* into = static_cast<Found*>(closure);
          if (LowerOf(key) == LowerOf(into->name)) {
            if (std::exchange(into->any, true)) into->value += ",";
            into->value += value == nullptr ? "" : value;
          }
          return MHD_YES;
        },
        &found);
    if (found.any) request->headers[LowerOf(name)] = std::move(found.value);
  }
}

MHD_Result MicroHttpServer::OnRequest(void* self, MHD_Connection* connection, const char*,
                                      const char* method, const char*, const char* data,
                                      size_t* data_size, void** closure) {
  auto* server = static_cast<MicroHttpServer*>(self);
  auto* call = static_cast<Call*>(*closure);
  if (call == nullptr) return MHD_NO;
  HttpRequest& request = call->request;
  if (!call->headers_seen) {
    // Before any of the body is read.
    call->headers_seen = true;
    request.method = MethodOf(method);
    request.from = PeerOf(connection);
    ReadHeaders(connection, &request);
    RequestPolicy policy = server->policy_;
    policy.port = server->port_;
    request.role = RoleOf(request, policy);
    if (const std::optional<HttpResponse> refusal = RefuseRequest(request, policy)) {
      return server->Answer(connection, request, *refusal);
    }
    return MHD_YES;
  }
  if (*data_size != 0) {
    if (request.body.size() + *data_size > kRequestBodyMax) {
      call->too_long = true;
    } else {
      request.body.append(data, *data_size);
    }
    *data_size = 0;
    return MHD_YES;
  }
  return server->Answer(connection, request,
                        call->too_long ? HttpResponse::Failure(413, "the body is too long")
                                       : server->handler_(request));
}

void MicroHttpServer::OnCompleted(void* self, MHD_Connection*, void** call,
                                  MHD_RequestTerminationCode) {
  if (*call == nullptr) return;
  delete static_cast<Call*>(*call);
  *call = nullptr;
  auto* server = static_cast<MicroHttpServer*>(self);
  const std::lock_guard lock(server->mutex_);
  --server->calls_;
  server->answered_.notify_all();
}

MHD_Result MicroHttpServer::Answer(MHD_Connection* connection, const HttpRequest& request,
                                   const HttpResponse& response) const {
  if (on_answer_) on_answer_(request, response);
  // The library copies the bytes; it does not write to them.
  MHD_Response* answer = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (answer == nullptr) return MHD_NO;
  MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type);
  MHD_add_response_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
  if (response.status == 401) {
    MHD_add_response_header(answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
  }
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(response.status), answer);
  MHD_destroy_response(answer);
  return queued;
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      Handler handler) {
  auto server = std::make_unique<MicroHttpServer>(std::move(handler));
  RETURN_IF_ERROR(server->Listen(options));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace flinkc
