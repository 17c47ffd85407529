#include "runtime/rest/cluster_routes.h"

#include <string>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

Json ConfigOf(const RestCall& call) {
  return {{"refresh-interval", 3000},
          {"timezone-name", "UTC"},
          {"timezone-offset", 0},
          {"flink-version", call.context->version},
          {"flink-revision", "flinkc"},
          {"features",
           {{"web-submit", false},
            {"web-cancel", true},
            {"web-rescale", true},
            {"web-history", false}}}};
}

HttpResponse GetConfig(const RestCall& call) { return JsonResponse(ConfigOf(call)); }

HttpResponse GetOverview(const RestCall& call) {
  const auto cluster = call.gateway->Describe(protocol::DescribeJobs());
  if (!cluster) return FailureOf(cluster.error());
  uint64_t running = 0, finished = 0, cancelled = 0, failed = 0;
  for (const protocol::JobDescription& job : cluster->jobs()) {
    switch (static_cast<JobState>(job.state())) {
      case JobState::kFinished:
        ++finished;
        break;
      case JobState::kCanceled:
        ++cancelled;
        break;
      case JobState::kFailed:
        ++failed;
        break;
      default:
        ++running;
    }
  }
  // Nothing is ever blocked: a TaskManager is there or it is not.
  return JsonResponse({{"taskmanagers", cluster->task_managers()},
                       {"taskmanagers-blocked", 0},
                       {"slots-total", cluster->slots_total()},
                       {"slots-available", cluster->slots_free()},
                       {"slots-free-and-blocked", 0},
                       {"jobs-running", running},
                       {"jobs-finished", finished},
                       {"jobs-cancelled", cancelled},
                       {"jobs-failed", failed},
                       {"flink-version", call.context->version},
                       {"flink-commit", "flinkc"}});
}

// Those that were given when it was started.
HttpResponse GetJobManagerConfig(const RestCall& call) {
  Json list = Json::array();
  for (const auto& [key, value] : call.context->config) {
    list.push_back({{"key", key}, {"value", value}});
  }
  return JsonResponse(list);
}

HttpResponse ShutDown(const RestCall& call) {
  call.context->shut_down();
  return JsonResponse(Json::object());
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kDelete, "/cluster", ShutDown, RestRole::kAdmin},
    {HttpMethod::kGet, "/config", GetConfig},
    {HttpMethod::kGet, "/overview", GetOverview},
    {HttpMethod::kGet, "/jobmanager/config", GetJobManagerConfig},
};

}  // namespace

std::span<const RestRoute> ClusterRoutes() { return kRoutes; }

}  // namespace flinkc
