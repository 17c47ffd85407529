// jobmanager, taskmanager: the processes of a cluster.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "compiler/spec/quantities.h"
#include "runtime/base/clock.h"
#include "runtime/base/random_bits.h"
#include "runtime/env/allowed_paths.h"
#include "runtime/env/log_tail.h"
#include "runtime/env/standard_output.h"
#include "tools/cluster/processes.h"
#include "tools/embedded/engine.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/interrupt.h"
#include "tools/flinkc/memory_limit.h"
#include "tools/flinkc/security_flags.h"
#include "tools/flinkc/spec_command.h"
#include "tools/flinkc/version.h"

namespace flinkc {

namespace {

constexpr std::chrono::milliseconds kPoll(50);

// What the process says: lines on standard error, the last of which are told over REST.
class ProcessLog {
 public:
  // Any thread.
  void Line(const std::string& line) {
    const std::string whole =
        fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(std::time(nullptr)), line);
    const std::lock_guard lock(mutex_);
    std::fwrite(whole.data(), 1, whole.size(), stderr);
    std::fflush(stderr);
    tail_.Append(whole, SystemClock().NowMicros());
  }
  const LogTail& tail() const { return tail_; }

 private:
  std::mutex mutex_;
  LogTail tail_;
};

int Fail(const Error& error, int exit_code) {
  PrintError(error);
  return exit_code;
}

Result<int64_t> MicrosOf(const std::string& text, const char* flag) {
  const auto micros = ParseDuration(text);
  if (micros && *micros > 0) return *micros;
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{}: `{}` is no duration, such as 5s", flag, text));
}

// Threads of the network library are not waited for: whatever lasts is on the disk already.
[[noreturn]] void Leave(int exit_code) {
  std::fflush(stdout);
  std::fflush(stderr);
  _exit(exit_code);
}

// Of both.
struct PathFlags {
  std::vector<std::string> folders;

  void AddTo(CLI::App& command) {
    command
        .add_option("--allow-path", folders,
                    "A folder that jobs may read and write, with all below it; may be given "
                    "several times. Without any they may use every path that this user can")
        ->allow_extra_args(false);
  }
  Result<AllowedPaths> Load() const {
    Result<AllowedPaths> allowed = AllowedPaths::Make(folders);
    if (allowed) return allowed;
    return std::unexpected(std::move(allowed).error().WithContext("--allow-path"));
  }
};

struct JobManagerFlags {
  std::string listen = "127.0.0.1:6123";
  std::string rest = "127.0.0.1:8081";
  std::string heartbeat_interval = "1s";
  std::string heartbeat_timeout = "5s";
  std::string slot_timeout = "5min";
  std::string ha_directory;
  ClusterTlsFlags tls;
  RestServerFlags rest_security;
  PathFlags paths;
  bool verbose = false;
};

int RunJobManager(const JobManagerFlags& flags) {
  ProcessLog log;
  JobManagerProcessOptions options;
  options.version = kVersion;
  options.log = [&log](const std::string& line) { log.Line(line); };
  options.log_tail = &log.tail();
  options.config = {{"jobmanager.rpc.address", flags.listen},
                    {"rest.address", flags.rest},
                    {"heartbeat.interval", flags.heartbeat_interval},
                    {"heartbeat.timeout", flags.heartbeat_timeout},
                    {"slot.request.timeout", flags.slot_timeout}};
  options.shut_down = Interrupt;
  options.log_details = flags.verbose;
  const Result<NetAddress> listen = NetAddress::Parse(flags.listen);
  if (!listen) return Fail(Error(listen.error()).WithContext("--listen"), kExitUsage);
  const Result<NetAddress> rest = NetAddress::Parse(flags.rest);
  if (!rest) return Fail(Error(rest.error()).WithContext("--rest"), kExitUsage);
  if (Status reach = flags.tls.CheckReach(*listen); !reach) return Fail(reach.error(), kExitUsage);
  Result<std::shared_ptr<const NetTls>> tls = flags.tls.Load();
  if (!tls) return Fail(tls.error(), kExitUsage);
  options.tls = *std::move(tls);
  options.listen = *listen;
  options.rest.address = rest->host;
  options.rest.port = rest->port;
  if (Status loaded = flags.rest_security.Load(&options.rest); !loaded) {
    return Fail(loaded.error(), kExitUsage);
  }
  Result<AllowedPaths> allowed_paths = flags.paths.Load();
  if (!allowed_paths) return Fail(allowed_paths.error(), kExitUsage);
  options.allowed_paths = *std::move(allowed_paths);
  options.ha_directory = flags.ha_directory;
  std::atomic<bool> lead_lost{false};
  options.on_lead_lost = [&lead_lost](const Error&) { lead_lost.store(true); };
  const std::pair<const std::string*, int64_t*> durations[] = {
      {&flags.heartbeat_interval, &options.heartbeat.interval_micros},
      {&flags.heartbeat_timeout, &options.heartbeat.timeout_micros},
      {&flags.slot_timeout, &options.slot_wait_micros_max}};
  for (const auto& [text, micros] : durations) {
    const Result<int64_t> read = MicrosOf(*text, "a duration");
    if (!read) return Fail(read.error(), kExitUsage);
    *micros = *read;
  }
  if (options.heartbeat.timeout_micros <= options.heartbeat.interval_micros) {
    return Fail({ErrorCode::kInvalidArgument,
                 "--heartbeat-timeout must be longer than --heartbeat-interval"},
                kExitUsage);
  }
  const Result<std::unique_ptr<JobManagerProcess>> process =
      JobManagerProcess::Start(std::move(options));
  if (!process) {
    const bool is_usage = process.error().code == ErrorCode::kInvalidArgument;
    return Fail(process.error(), is_usage ? kExitUsage : kExitEnvironment);
  }
  log.Line(fmt::format("the JobManager listens for TaskManagers on {}",
                       (*process)->listen_address().Print()));
  log.Line(fmt::format("REST at {}", (*process)->rest_url()));
  CatchInterrupts();
  while (!WasInterrupted() && !lead_lost.load()) std::this_thread::sleep_for(kPoll);
  if (lead_lost.load()) Leave(kExitEnvironment);
  log.Line(flags.ha_directory.empty()
               ? "the JobManager ends, and its jobs with it"
               : "the JobManager ends; its jobs go on with the one that takes over");
  (*process)->ShutDown();
  Leave(kExitOk);
}

struct TaskManagerFlags {
  std::string job_manager = "127.0.0.1:6123";
  std::string data = "127.0.0.1:0";
  std::string id;
  std::string memory;
  uint32_t slots = 1;
  std::vector<std::string> local_state_roots;
  std::string jit = "on";
  std::string cache = "on";
  ClusterTlsFlags tls;
  PathFlags paths;
};

int RunTaskManager(const TaskManagerFlags& flags) {
  ProcessLog log;
  LogTail output;
  TaskManagerProcessOptions options;
  options.version = kVersion;
  options.log = [&log](const std::string& line) { log.Line(line); };
  options.log_tail = &log.tail();
  options.output_tail = &output;
  options.slots = flags.slots;
  options.local_state_roots = flags.local_state_roots;
  options.id = flags.id.empty() ? RandomHex(MachineRandomBits, 12) : flags.id;
  options.console = [&output](std::string_view text) {
    output.Append(text, SystemClock().NowMicros());
    return WriteStandardOutput(text);
  };
  const Result<NetAddress> job_manager = NetAddress::Parse(flags.job_manager);
  if (!job_manager) return Fail(Error(job_manager.error()).WithContext("--connect"), kExitUsage);
  const Result<NetAddress> data = NetAddress::Parse(flags.data);
  if (!data) return Fail(Error(data.error()).WithContext("--data"), kExitUsage);
  if (Status reach = flags.tls.CheckReach(*data); !reach) return Fail(reach.error(), kExitUsage);
  Result<std::shared_ptr<const NetTls>> tls = flags.tls.Load();
  if (!tls) return Fail(tls.error(), kExitUsage);
  options.tls = *std::move(tls);
  options.job_manager = *job_manager;
  options.data = *data;
  Result<AllowedPaths> allowed_paths = flags.paths.Load();
  if (!allowed_paths) return Fail(allowed_paths.error(), kExitUsage);
  options.allowed_paths = *std::move(allowed_paths);
  options.memory_limit_bytes = DefaultMemoryLimitBytes();
  if (!flags.memory.empty()) {
    const auto bytes = ParseSize(flags.memory);
    if (!bytes) {
      return Fail({ErrorCode::kInvalidArgument,
                   fmt::format("--memory: `{}` is no size, such as 4gb", flags.memory)},
                  kExitUsage);
    }
    options.memory_limit_bytes = static_cast<size_t>(*bytes);
  }
  SpecOptions engine_flags;
  engine_flags.jit = flags.jit;
  engine_flags.cache = flags.cache;
  Result<std::unique_ptr<Engine>> engine = Engine::Make(engine_flags.engine_options());
  if (!engine) return Fail(engine.error(), kExitEnvironment);
  const std::string id = options.id;
  const Result<std::unique_ptr<TaskManagerProcess>> process =
      TaskManagerProcess::Start(&(*engine)->loader(), std::move(options));
  if (!process) return Fail(process.error(), kExitEnvironment);
  log.Line(fmt::format("the TaskManager `{}` listens for its peers on {}", id,
                       (*process)->data_address().Print()));
  CatchInterrupts();
  while (!WasInterrupted()) std::this_thread::sleep_for(kPoll);
  log.Line(fmt::format("the TaskManager `{}` ends", id));
  Leave(kExitOk);
}

}  // namespace

void AddClusterCommands(CLI::App& app, int* exit_code) {
  auto job_manager = std::make_shared<JobManagerFlags>();
  CLI::App* command = app.add_subcommand(
      "jobmanager", "Run a JobManager: takes jobs and gives them to TaskManagers");
  command->add_option("--listen", job_manager->listen, "host:port for TaskManagers")
      ->capture_default_str();
  command
      ->add_option("--rest", job_manager->rest,
                   "host:port of the REST server; on loopback, or with TLS and a token")
      ->capture_default_str();
  command
      ->add_option("--heartbeat-interval", job_manager->heartbeat_interval,
                   "How often both sides say that they are there")
      ->capture_default_str();
  command
      ->add_option("--heartbeat-timeout", job_manager->heartbeat_timeout,
                   "How long without a word until a TaskManager is lost")
      ->capture_default_str();
  command
      ->add_option("--slot-timeout", job_manager->slot_timeout,
                   "How long a job waits for slots before it fails")
      ->capture_default_str();
  command->add_option("--ha-dir", job_manager->ha_directory,
                      "Keep jobs in this directory, so that a JobManager that is started again "
                      "goes on with them (high-availability.storageDir)");
  job_manager->tls.AddTo(*command);
  job_manager->rest_security.AddTo(*command);
  job_manager->paths.AddTo(*command);
  command->add_flag("-v,--verbose", job_manager->verbose, "Log a line for each checkpoint");
  command->callback([job_manager, exit_code] { *exit_code = RunJobManager(*job_manager); });

  auto task_manager = std::make_shared<TaskManagerFlags>();
  command = app.add_subcommand("taskmanager", "Run a TaskManager: runs the tasks of jobs");
  command->add_option("--connect", task_manager->job_manager, "host:port of the JobManager")
      ->capture_default_str();
  command->add_option("--slots", task_manager->slots, "Subtasks of a vertex that it may run")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--data", task_manager->data, "host:port for its peers; port 0: any free one")
      ->capture_default_str();
  command->add_option("--id", task_manager->id, "Its name; random if not given")
      ->check(CLI::Validator(
          [](const std::string& id) {
            return id.find_first_not_of(
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789-_.") == std::string::npos &&
                           !id.empty() && id.size() <= 100
                       ? std::string()
                       : std::string("letters, digits, - _ and . only");
          },
          "ID"));
  command->add_option("--memory", task_manager->memory,
                      "What it may use, such as 4gb; else three quarters of the machine's");
  command
      ->add_option("--local-state-dir", task_manager->local_state_roots,
                   "Where it keeps local copies of state for jobs that ask for them, else in the "
                   "temporary directory; given several times, jobs take turns "
                   "(taskmanager.state.local.root-dirs)")
      ->allow_extra_args(false);
  command->add_option("--jit", task_manager->jit, "on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command->add_option("--cache", task_manager->cache, "Keep machine code for the next start")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  task_manager->tls.AddTo(*command);
  task_manager->paths.AddTo(*command);
  command->callback([task_manager, exit_code] { *exit_code = RunTaskManager(*task_manager); });
}

}  // namespace flinkc
