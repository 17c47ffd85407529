#include "tools/embedded/embedded_cluster.h"

#include <utility>

#include "runtime/jobmanager/execution_graph.h"
#include "runtime/rest/transport_gateway.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/operators/registry.h"

namespace flinkc {

EmbeddedCluster::EmbeddedCluster(ChainLoader* loader, EmbeddedClusterOptions options)
    : version_(std::move(options.version)), memory_(options.memory_limit_bytes) {
  const auto log = [this, log = std::move(options.log)](const std::string& line) {
    log_tail_.Append(line + "\n", clock_.NowMicros());
    if (log) log(line);
  };
  job_manager_ = std::make_unique<JobManager>(JobManagerServices{
      &transport_, &StdConnectors(), &files_, &clock_, version_, log, options.log_details});
  local_state_ = std::make_unique<LocalState>(options.local_state_roots, log);
  TaskManagerServices services;
  services.transport = &transport_;
  services.loader = loader;
  services.connectors = &StdConnectors();
  services.operators = MakeStdOperator;
  services.memory = &memory_;
  services.clock = &clock_;
  services.files = &files_;
  services.local_state = local_state_.get();
  services.console = [this, console = std::move(options.console)](std::string_view text) {
    output_tail_.Append(text, clock_.NowMicros());
    return console ? console(text) : Status();
  };
  services.log = log;
  services.log_tail = &log_tail_;
  services.output_tail = &output_tail_;
  services.usage = ReadProcessUsage;
  task_manager_ = std::make_unique<TaskManager>(
      TaskManagerOptions{"embedded", options.slots, JobManager::kAddress}, std::move(services));
  client_ = std::make_unique<JobClient>(&transport_, "embedded");
}

Status EmbeddedCluster::StartRest(const HttpServerOptions& options,
                                  std::function<void()> shut_down) {
  RestContext context;
  context.version = version_;
  context.log_tail = &log_tail_;
  context.usage = ReadProcessUsage;
  context.shut_down = std::move(shut_down);
  ASSIGN_OR_RETURN(rest_, RestServer::Start(&transport_, &clock_, options, std::move(context)));
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
