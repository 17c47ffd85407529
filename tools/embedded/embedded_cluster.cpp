#include "tools/embedded/embedded_cluster.h"

#include <utility>

#include "runtime/jobmanager/execution_graph.h"
#include "runtime/rest/transport_gateway.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/operators/registry.h"

namespace flinkc {

EmbeddedCluster::EmbeddedCluster(ChainLoader* loader, EmbeddedClusterOptions options)
    : memory_(options.memory_limit_bytes) {
  job_manager_ = std::make_unique<JobManager>(
      JobManagerServices{&transport_, &StdConnectors(), &files_, &clock_,
                         std::move(options.version), options.log, options.log_details});
  TaskManagerServices services;
  services.transport = &transport_;
  services.loader = loader;
  services.connectors = &StdConnectors();
  services.operators = MakeStdOperator;
  services.memory = &memory_;
  services.clock = &clock_;
  services.files = &files_;
  services.console = std::move(options.console);
  services.log = std::move(options.log);
  task_manager_ = std::make_unique<TaskManager>(
      TaskManagerOptions{"embedded", options.slots, JobManager::kAddress}, std::move(services));
  client_ = std::make_unique<JobClient>(&transport_, "embedded");
}

Status EmbeddedCluster::StartRest(const HttpServerOptions& options, const std::string& version) {
  ASSIGN_OR_RETURN(rest_, RestServer::Start(&transport_, &clock_, options, version));
  return {};
}

JobGateway& EmbeddedCluster::gateway() {
  if (gateway_ == nullptr) {
    gateway_ = std::make_unique<TransportGateway>(&transport_, &clock_, JobManager::kAddress);
  }
  return *gateway_;
}

uint32_t EmbeddedCluster::SlotsFor(const JobGraph& graph) {
  return ExecutionGraph(graph).required_slots();
}

}  // namespace flinkc
