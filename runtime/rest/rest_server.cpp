#include "runtime/rest/rest_server.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "runtime/rest/audit.h"

namespace flinkc {

Result<std::unique_ptr<RestServer>> RestServer::Start(Transport* transport, const Clock* clock,
                                                      const HttpServerOptions& options,
                                                      RestContext context) {
  HttpServerOptions audited = options;
  if (context.audit) {
    audited.on_answer = [audit = context.audit](const HttpRequest& request,
                                                const HttpResponse& response) {
      if (const auto line = AuditLine(request, response)) audit(*line);
    };
  }
  std::unique_ptr<RestServer> server(new RestServer(transport, clock, options, std::move(context)));
  ASSIGN_OR_RETURN(
      server->http_,
      HttpServer::Start(audited, [router = &server->router_](const HttpRequest& request) {
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
