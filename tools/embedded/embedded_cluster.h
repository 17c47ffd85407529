// A whole cluster in this process: JobManager, one TaskManager and a client that exchange their
// messages over an in-process Transport. What `flinkc run` starts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/client/job_client.h"
#include "runtime/connector/sink.h"
#include "runtime/env/storage.h"
#include "runtime/graph/job_graph.h"
#include "runtime/jobmanager/job_manager.h"
#include "runtime/protocol/in_process_transport.h"
#include "runtime/rest/job_gateway.h"
#include "runtime/rest/rest_server.h"
#include "runtime/state/local_state.h"
#include "runtime/taskmanager/task_manager.h"

namespace flinkc {

struct EmbeddedClusterOptions {
  uint32_t slots = 1;
  size_t memory_limit_bytes = 0;  // 0: none
  std::string version;            // of flinkc
  // Where local copies of state are kept; none: in the temporary directory.
  std::vector<std::string> local_state_roots = {};
  ConsoleWriter console;
  // See JobManagerServices.
  std::function<void(const std::string&)> log;
  bool log_details = false;
};

class EmbeddedCluster {
 public:
  // `loader` must outlive the cluster.
  EmbeddedCluster(ChainLoader* loader, EmbeddedClusterOptions options);

  // Opens the REST server. Errors: as HttpServer::Start.
  // `shut_down`: what DELETE /cluster calls.
  Status StartRest(const HttpServerOptions& options, std::function<void()> shut_down);
  // nullptr before StartRest.
  RestServer* rest() { return rest_.get(); }

  JobClient& client() { return *client_; }
  // What the JobManager knows of its jobs, without REST.
  JobGateway& gateway();
  const MemoryPool& memory() const { return memory_; }
  // Slots that the job needs when nothing else runs.
  static uint32_t SlotsFor(const JobGraph& graph);

 private:
  const std::string version_;
  SystemClock clock_;
  LocalFileSystem files_;
  MemoryPool memory_;
  std::unique_ptr<LocalState> local_state_;
  LogTail log_tail_;
  LogTail output_tail_;
  InProcessTransport transport_;
  std::unique_ptr<JobManager> job_manager_;
  std::unique_ptr<TaskManager> task_manager_;
  std::unique_ptr<JobClient> client_;
  std::unique_ptr<RestServer> rest_;
  std::unique_ptr<JobGateway> gateway_;
};

}  // namespace flinkc
