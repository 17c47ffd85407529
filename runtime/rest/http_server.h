// HTTP, or HTTPS: a thin shell around one function. The wall behind which the HTTP library stands
// (docs/adr/0006-http-server.md); what may come in is bounded here and by request_guard.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/rest/http_message.h"
#include "runtime/rest/request_guard.h"

namespace flinkc {

struct HttpTls {
  // In PEM: the server's own certificate, with those between it and its authority behind it.
  std::string certificate;
  std::string key;
};

struct HttpServerOptions {
  // By number, or localhost. Other than 127.0.0.0/8 and ::1 only with TLS and a token.
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: one that is free
  // Each request must bring one of them; empty: none is asked for.
  std::vector<RestToken> tokens = {};
  std::optional<HttpTls> tls = {};
  // Told of each request that is about to be answered, also of one that was refused; called as the
  // handler is. May be empty.
  std::function<void(const HttpRequest&, const HttpResponse&)> on_answer = {};
};

class HttpServer {
 public:
  // Called on the server's threads, several at a time; must not throw.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // kUnavailable: the port is taken; kInvalidArgument: the address is none to listen on, or the
  // certificate cannot be used.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                   Handler handler);
  // Ends open connections and waits for handlers under way.
  virtual ~HttpServer() = default;

  virtual uint16_t port() const = 0;

 protected:
  HttpServer() = default;
};

}  // namespace flinkc
