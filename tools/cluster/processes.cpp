#include "tools/cluster/processes.h"

#include <utility>

#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/operators/registry.h"

namespace flinkc {

Result<std::unique_ptr<JobManagerProcess>> JobManagerProcess::Start(
    JobManagerProcessOptions options) {
  std::unique_ptr<JobManagerProcess> process(
      new JobManagerProcess(std::move(options.allowed_paths)));
  JobManagerServices services;
  // Before anybody can reach it.
  if (!options.ha_directory.empty()) {
    ASSIGN_OR_RETURN(process->kept_jobs_,
                     HighAvailabilityStore::Open(&process->files_, options.ha_directory));
    ASSIGN_OR_RETURN(services.former, process->kept_jobs_->Find());
    services.kept_jobs = process->kept_jobs_.get();
    services.on_lead_lost = options.on_lead_lost;
  }
  NetworkTransportOptions network;
  network.address = JobManager::kAddress;
  network.listen = options.listen;
  network.frames.tls = options.tls;
  network.version = options.version;
  ASSIGN_OR_RETURN(process->transport_,
                   NetworkTransport::Start(std::move(network), &process->clock_, options.log));
  services.transport = process->transport_.get();
  services.connectors = &StdConnectors();
  services.files = &process->files_of_jobs_;
  services.allowed_paths = &process->allowed_paths_;
  services.clock = &process->clock_;
  services.version = options.version;
  services.log = options.log;
  services.log_details = options.log_details;
  services.heartbeat = options.heartbeat;
  services.slot_wait_micros_max = options.slot_wait_micros_max;
  process->job_manager_ = std::make_unique<JobManager>(std::move(services));
  RestContext context;
  context.version = options.version;
  context.config = std::move(options.config);
  context.log_tail = options.log_tail;
  context.usage = ReadProcessUsage;
  context.shut_down = std::move(options.shut_down);
  context.audit = options.log;
  ASSIGN_OR_RETURN(process->rest_, RestServer::Start(process->transport_.get(), &process->clock_,
                                                     options.rest, std::move(context)));
  return process;
}

void JobManagerProcess::ShutDown() {
  job_manager_->RefuseJobs();
  rest_.reset();
}

Result<std::unique_ptr<TaskManagerProcess>> TaskManagerProcess::Start(
    ChainLoader* loader, TaskManagerProcessOptions options) {
  std::unique_ptr<TaskManagerProcess> process(
      new TaskManagerProcess(std::move(options.allowed_paths), options.memory_limit_bytes));
  NetworkExchangeOptions exchange;
  exchange.id = options.id;
  exchange.listen = options.data;
  exchange.frames.tls = options.tls;
  exchange.version = options.version;
  ASSIGN_OR_RETURN(process->exchange_, NetworkExchange::Start(std::move(exchange), &process->clock_,
                                                              &process->memory_));
  NetworkTransportOptions network;
  network.address = "taskmanager/" + options.id;
  network.connect = options.job_manager;
  network.frames.tls = options.tls;
  network.version = options.version;
  ASSIGN_OR_RETURN(process->transport_,
                   NetworkTransport::Start(std::move(network), &process->clock_, options.log));
  process->local_state_ = std::make_unique<LocalState>(options.local_state_roots, options.log);
  TaskManagerServices services;
  services.transport = process->transport_.get();
  services.loader = loader;
  services.local_state = process->local_state_.get();
  services.connectors = &StdConnectors();
  services.operators = MakeStdOperator;
  services.memory = &process->memory_;
  services.clock = &process->clock_;
  services.files = &process->files_of_jobs_;
  services.allowed_paths = &process->allowed_paths_;
  services.console = std::move(options.console);
  services.log = std::move(options.log);
  services.exchange = process->exchange_.get();
  services.log_tail = options.log_tail;
  services.output_tail = options.output_tail;
  services.usage = ReadProcessUsage;
  TaskManagerOptions task_manager;
  task_manager.id = options.id;
  task_manager.slots = options.slots;
  task_manager.job_manager = JobManager::kAddress;
  task_manager.data_address = process->exchange_->listen_address().Print();
  process->task_manager_ =
      std::make_unique<TaskManager>(std::move(task_manager), std::move(services));
  return process;
}

}  // namespace flinkc
