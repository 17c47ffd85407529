#include "runtime/rest/rest_server.h"

#include <fmt/format.h>

#include <utility>

namespace flinkc {

Result<std::unique_ptr<RestServer>> RestServer::Start(Transport* transport, const Clock* clock,
                                                      const HttpServerOptions& options,
                                                      RestContext context) {
  std::unique_ptr<RestServer> server(new RestServer(transport, clock, options, std::move(context)));
  ASSIGN_OR_RETURN(
      server->http_,
      HttpServer::Start(options, [router = &server->router_](const HttpRequest& request) {
        return router->Handle(request);
      }));
  return server;
}

std::string RestServer::url() const {
  const bool is_v6 = address_.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme_, is_v6 ? "[" : "", address_, is_v6 ? "]" : "",
                     http_->port());
}

}  // namespace flinkc
