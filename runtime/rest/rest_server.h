// The REST server of a JobManager: router, gateway and HTTP server put together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/protocol/transport.h"
#include "runtime/rest/http_server.h"
#include "runtime/rest/router.h"
#include "runtime/rest/transport_gateway.h"

namespace flinkc {

class RestServer {
 public:
  // Answers from now on. `transport`, `clock` and what the context names must outlive it. Errors:
  // as HttpServer::Start.
  static Result<std::unique_ptr<RestServer>> Start(Transport* transport, const Clock* clock,
                                                   const HttpServerOptions& options,
                                                   RestContext context);

  // "http://127.0.0.1:8081"
  std::string url() const;
  // Before the end of a process whose job has ended: see TransportGateway::WaitUntilFetched.
  void WaitUntilFetched(int64_t timeout_micros) { gateway_.WaitUntilFetched(timeout_micros); }

 private:
  RestServer(Transport* transport, const Clock* clock, const HttpServerOptions& options,
             RestContext context)
      : address_(options.address),
        scheme_(options.tls ? "https" : "http"),
        gateway_(transport, clock),
        router_(&gateway_, clock, std::move(context)) {}

  const std::string address_;
  const char* const scheme_;
  TransportGateway gateway_;
  RestRouter router_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace flinkc
