// A JobManager or a TaskManager as a process of its own: its parts put together.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/env/allowed_paths.h"
#include "runtime/env/confined_file_system.h"
#include "runtime/env/log_tail.h"
#include "runtime/env/storage.h"
#include "runtime/jobmanager/job_manager.h"
#include "runtime/net/network_exchange.h"
#include "runtime/net/network_transport.h"
#include "runtime/rest/rest_server.h"
#include "runtime/state/local_state.h"
#include "runtime/taskmanager/task_manager.h"

namespace flinkc {

// Of both.
struct ProcessOptions {
  std::string version;
  // Any thread; a line without its end.
  std::function<void(const std::string&)> log;
  // What `log` has said, for those who ask; must outlive the process.
  const LogTail* log_tail = nullptr;
  // With the other processes of the cluster; nullptr: plain text.
  std::shared_ptr<const NetTls> tls = nullptr;
  // What its jobs may read and write.
  AllowedPaths allowed_paths = {};
};

struct JobManagerProcessOptions : ProcessOptions {
  NetAddress listen{"127.0.0.1", 6123};  // for TaskManagers
  HttpServerOptions rest{"127.0.0.1", 8081};
  HeartbeatOptions heartbeat;
  int64_t slot_wait_micros_max = 300'000'000;
  bool log_details = false;
  // Where its jobs are kept for the JobManager that takes over from it; "": they end with it.
  std::string ha_directory;
  std::function<void(const Error&)> on_lead_lost;  // as JobManagerServices
  std::map<std::string, std::string> config = {};  // what /jobmanager/config shows
  std::function<void()> shut_down = [] {};         // what DELETE /cluster calls
};

class JobManagerProcess {
 public:
  // kUnavailable: an address cannot be had, or another JobManager lives on the same directory.
  static Result<std::unique_ptr<JobManagerProcess>> Start(JobManagerProcessOptions options);

  // Refuses more jobs and answers who is waiting for an answer: the last thing that it does.
  void ShutDown();

  const NetAddress& listen_address() const { return transport_->listen_address(); }
  std::string rest_url() const { return rest_->url(); }

 private:
  explicit JobManagerProcess(AllowedPaths allowed_paths)
      : allowed_paths_(std::move(allowed_paths)) {}

  SystemClock clock_;
  LocalFileSystem files_;
  const AllowedPaths allowed_paths_;
  ConfinedFileSystem files_of_jobs_{&files_, &allowed_paths_};
  std::unique_ptr<HighAvailabilityStore> kept_jobs_;
  std::unique_ptr<NetworkTransport> transport_;
  std::unique_ptr<JobManager> job_manager_;
  std::unique_ptr<RestServer> rest_;
};

struct TaskManagerProcessOptions : ProcessOptions {
  std::string id;
  uint32_t slots = 1;
  NetAddress job_manager{"127.0.0.1", 6123};
  NetAddress data{"127.0.0.1", 0};  // where it listens for its peers
  size_t memory_limit_bytes = 0;    // 0: none
  // Where it keeps local copies of state; none: in the temporary directory.
  std::vector<std::string> local_state_roots = {};
  ConsoleWriter console;
  const LogTail* output_tail = nullptr;  // what `console` was given; must outlive the process
};

class TaskManagerProcess {
 public:
  // `loader` must outlive it. It connects in the background.
  static Result<std::unique_ptr<TaskManagerProcess>> Start(ChainLoader* loader,
                                                           TaskManagerProcessOptions options);

  const NetAddress& data_address() const { return exchange_->listen_address(); }

 private:
  TaskManagerProcess(AllowedPaths allowed_paths, size_t memory_limit_bytes)
      : allowed_paths_(std::move(allowed_paths)), memory_(memory_limit_bytes) {}

  SystemClock clock_;
  LocalFileSystem files_;
  const AllowedPaths allowed_paths_;
  ConfinedFileSystem files_of_jobs_{&files_, &allowed_paths_};
  MemoryPool memory_;
  std::unique_ptr<LocalState> local_state_;
  std::unique_ptr<NetworkExchange> exchange_;
  std::unique_ptr<NetworkTransport> transport_;
  std::unique_ptr<TaskManager> task_manager_;
};

}  // namespace flinkc
