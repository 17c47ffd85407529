#include "runtime/client/http_connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace flinkc {

namespace {

class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<Socket> Connect(const HttpEndpoint& endpoint, int64_t timeout_micros) {
  const auto unavailable = [&](std::string_view what) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("{}: {}", endpoint.Print(), what));
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (failed != 0) return unavailable(gai_strerror(failed));
  int error = ECONNREFUSED;
  Socket connected;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Socket tried(socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (tried.descriptor() < 0) {
      error = errno;
      continue;
    }
    const timeval timeout{static_cast<time_t>(timeout_micros / 1'000'000),
                          static_cast<suseconds_t>(timeout_micros % 1'000'000)};
    setsockopt(tried.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(tried.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(tried.descriptor(), address->ai_addr, address->ai_addrlen) == 0) {
      connected = std::move(tried);
      break;
    }
    error = errno;
  }
  freeaddrinfo(found);
  if (connected.descriptor() < 0) {
    return unavailable(
        fmt::format("{}; `flinkc cluster start` starts a cluster there, and `flinkc "
                    "run` says where its own REST server is",
                    std::strerror(error)));
  }
  return connected;
}

const char* LateOr(int error) {
  return error == EAGAIN || error == EWOULDBLOCK ? "no answer in time" : std::strerror(error);
}

class PlainConnection final : public HttpConnection {
 public:
  PlainConnection(Socket socket, std::string peer)
      : HttpConnection(std::move(peer)), socket_(std::move(socket)) {}

  Status Send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return Unavailable(std::strerror(errno));
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return {};
  }

 private:
  Result<size_t> Receive(char* into, size_t bytes) override {
    while (true) {
      const ssize_t got = recv(socket_.descriptor(), into, bytes, 0);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return Unavailable(LateOr(errno));
    }
  }

  const Socket socket_;
};

// OpenSSL writes to sockets without saying that a closed one is to end nobody.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec no_time{};
    while (sigtimedwait(&pipe_, nullptr, &no_time) == SIGPIPE) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
};

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class TlsConnection final : public HttpConnection {
 public:
  TlsConnection(Socket socket, std::string peer)
      : HttpConnection(std::move(peer)), socket_(std::move(socket)) {}
  ~TlsConnection() override {
    const WithoutSigpipe guard;
    if (tls_ != nullptr) SSL_shutdown(tls_.get());
  }

  Status Start(const HttpEndpoint& endpoint, const HttpAccess& access) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (context_ == nullptr) return Failed("TLS cannot be used");
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    // A server that ends without the last word of TLS has said how long its answer is.
    SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    const bool loaded =
        access.ca_file.empty()
            ? SSL_CTX_set_default_verify_paths(context_.get()) == 1
            : SSL_CTX_load_verify_locations(context_.get(), access.ca_file.c_str(), nullptr) == 1;
    if (!loaded) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{} holds no certificates in PEM that can be read: {}",
                                   access.ca_file, LastError()));
    }
    tls_.reset(SSL_new(context_.get()));
    if (tls_ == nullptr || SSL_set_fd(tls_.get(), socket_.descriptor()) != 1) {
      return Failed("TLS cannot be used");
    }
    in6_addr number{};
    const bool is_number = inet_pton(AF_INET, endpoint.host.c_str(), &number) == 1 ||
                           inet_pton(AF_INET6, endpoint.host.c_str(), &number) == 1;
    if (is_number) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), endpoint.host.c_str());
    } else {
      SSL_set1_host(tls_.get(), endpoint.host.c_str());
      SSL_set_tlsext_host_name(tls_.get(), endpoint.host.c_str());
    }
    const WithoutSigpipe guard;
    if (SSL_connect(tls_.get()) == 1) return {};
    const long verified = SSL_get_verify_result(tls_.get());
    if (verified == X509_V_OK) return Failed("no TLS there");
    return Unavailable(
        fmt::format("its certificate is not to be trusted: {}; --rest-ca-file, or "
                    "FLINKC_CA_FILE, names the authority that it is of",
                    X509_verify_cert_error_string(verified)));
  }

  Status Send(std::string_view bytes) override {
    const WithoutSigpipe guard;
    while (!bytes.empty()) {
      size_t sent = 0;
      if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) != 1) {
        return Failed("it does not take what is sent");
      }
      bytes.remove_prefix(sent);
    }
    return {};
  }

 private:
  Result<size_t> Receive(char* into, size_t bytes) override {
    size_t got = 0;
    if (SSL_read_ex(tls_.get(), into, bytes, &got) == 1) return got;
    const int error = SSL_get_error(tls_.get(), 0);
    if (error == SSL_ERROR_ZERO_RETURN) return size_t{0};
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_SYSCALL) {
      return Unavailable(LateOr(errno));
    }
    return Failed("the connection breaks off");
  }

  static std::string LastError() {
    const unsigned long code = ERR_get_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
  }
  std::unexpected<Error> Failed(std::string_view what) const {
    return Unavailable(fmt::format("{}: {}", what, LastError()));
  }

  const Socket socket_;
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace

std::unexpected<Error> HttpConnection::Unavailable(std::string_view what) const {
  return MakeError(ErrorCode::kUnavailable, fmt::format("{}: {}", peer_, what));
}

Result<std::string> HttpConnection::ReceiveAll(size_t bytes_max) {
  std::string bytes;
  char part[16 * 1024];
  while (true) {
    ASSIGN_OR_RETURN(const size_t got, Receive(part, sizeof(part)));
    if (got == 0) return bytes;
    if (bytes.size() + got > bytes_max) {
      return MakeError(ErrorCode::kInvalidData, fmt::format("{}: an answer without an end", peer_));
    }
    bytes.append(part, got);
  }
}

Result<std::unique_ptr<HttpConnection>> HttpConnection::Open(const HttpEndpoint& endpoint,
                                                             const HttpAccess& access,
                                                             int64_t timeout_micros) {
  ASSIGN_OR_RETURN(Socket socket, Connect(endpoint, timeout_micros));
  if (!endpoint.tls) {
    return std::make_unique<PlainConnection>(std::move(socket), endpoint.Print());
  }
  auto connection = std::make_unique<TlsConnection>(std::move(socket), endpoint.Print());
  RETURN_IF_ERROR(connection->Start(endpoint, access));
  return connection;
}

}  // namespace flinkc
