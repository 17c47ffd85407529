// The REST API: Flink's paths, fields and status codes (its /v1), compact JSON. A pure function of
// a request and what the gateway answers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/rest/http_message.h"
#include "runtime/rest/job_gateway.h"
#include "runtime/rest/rest_context.h"
#include "runtime/rest/tap_registry.h"

namespace flinkc {

// Thread-safe as far as the gateway is.
class RestRouter {
 public:
  // All, and what the context names, must outlive the router.
  RestRouter(JobGateway* gateway, const Clock* clock, RestContext context);

  // Of a request that passed RefuseRequest. An unknown path is a 404, a wrong method on a known
  // one a 405; what is wrong with a parameter is said.
  HttpResponse Handle(const HttpRequest& request) const;

  // "GET /jobs/:jobid", …: for tests and documentation.
  static std::vector<std::string> Routes();

 private:
  JobGateway* const gateway_;
  const RestContext context_;
  // Thread-safe.
  const std::unique_ptr<TapRegistry> taps_;
};

}  // namespace flinkc
