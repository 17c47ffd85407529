// jobmanager, taskmanager: the processes of a cluster; cluster start, cluster stop: one on this
// machine.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "compiler/spec/quantities.h"
#include "runtime/base/random_bits.h"
#include "runtime/env/standard_output.h"
#include "tools/cluster/processes.h"
#include "tools/embedded/engine.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/interrupt.h"
#include "tools/flinkc/memory_limit.h"
#include "tools/flinkc/rest_client.h"
#include "tools/flinkc/spec_command.h"
#include "tools/flinkc/version.h"

extern char** environ;

namespace flinkc {

namespace {

constexpr std::chrono::milliseconds kPoll(50);
// Processes of a cluster that is started or stopped have this long for it.
constexpr int kPollsMax = 400;

// A line on standard error, whoever calls.
void LogLine(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  fmt::print(stderr, "{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(std::time(nullptr)), line);
  std::fflush(stderr);
}

int Fail(const Error& error, int exit_code) {
  PrintError(error);
  return exit_code;
}

// What is not of this machine alone is neither authenticated nor encrypted.
Status CheckReach(const NetAddress& address, bool insecure) {
  if (insecure || address.is_loopback()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{} can be reached from other machines, by anybody, without TLS; "
                               "listen on 127.0.0.1, or say `--insecure` where the network is "
                               "trusted",
                               address.Print()));
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

struct JobManagerFlags {
  std::string listen = "127.0.0.1:6123";
  std::string rest = "127.0.0.1:8081";
  std::string heartbeat_interval = "1s";
  std::string heartbeat_timeout = "5s";
  std::string slot_timeout = "5min";
  std::string ha_directory;
  bool insecure = false;
  bool verbose = false;
};

int RunJobManager(const JobManagerFlags& flags) {
  JobManagerProcessOptions options;
  options.version = kVersion;
  options.log = LogLine;
  options.log_details = flags.verbose;
  const Result<NetAddress> listen = NetAddress::Parse(flags.listen);
  if (!listen) return Fail(Error(listen.error()).WithContext("--listen"), kExitUsage);
  const Result<NetAddress> rest = NetAddress::Parse(flags.rest);
  if (!rest) return Fail(Error(rest.error()).WithContext("--rest"), kExitUsage);
  if (Status reach = CheckReach(*listen, flags.insecure); !reach) {
    return Fail(reach.error(), kExitUsage);
  }
  options.listen = *listen;
  options.rest = {rest->host, rest->port};
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
  if (!process) return Fail(process.error(), kExitEnvironment);
  LogLine(fmt::format("the JobManager listens for TaskManagers on {}",
                      (*process)->listen_address().Print()));
  LogLine(fmt::format("REST at {}", (*process)->rest_url()));
  CatchInterrupts();
  while (!WasInterrupted() && !lead_lost.load()) std::this_thread::sleep_for(kPoll);
  if (lead_lost.load()) Leave(kExitEnvironment);
  LogLine(flags.ha_directory.empty()
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
  std::string jit = "on";
  std::string cache = "on";
  bool insecure = false;
};

int RunTaskManager(const TaskManagerFlags& flags) {
  TaskManagerProcessOptions options;
  options.version = kVersion;
  options.log = LogLine;
  options.slots = flags.slots;
  options.id = flags.id.empty() ? RandomHex(MachineRandomBits, 12) : flags.id;
  options.console = WriteStandardOutput;
  const Result<NetAddress> job_manager = NetAddress::Parse(flags.job_manager);
  if (!job_manager) return Fail(Error(job_manager.error()).WithContext("--connect"), kExitUsage);
  const Result<NetAddress> data = NetAddress::Parse(flags.data);
  if (!data) return Fail(Error(data.error()).WithContext("--data"), kExitUsage);
  if (Status reach = CheckReach(*data, flags.insecure); !reach) {
    return Fail(reach.error(), kExitUsage);
  }
  options.job_manager = *job_manager;
  options.data = *data;
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
  LogLine(fmt::format("the TaskManager `{}` listens for its peers on {}", id,
                      (*process)->data_address().Print()));
  CatchInterrupts();
  while (!WasInterrupted()) std::this_thread::sleep_for(kPoll);
  LogLine(fmt::format("the TaskManager `{}` ends", id));
  Leave(kExitOk);
}

struct ClusterFlags {
  std::string directory;
  uint32_t task_managers = 1;
  uint32_t slots = 0;  // 0: one for each core
  std::string listen = "127.0.0.1:6123";
  std::string rest = "127.0.0.1:8081";
};

std::string DefaultClusterDirectory() {
  std::error_code ignored;
  std::string base = std::filesystem::temp_directory_path(ignored).string();
  if (base.empty()) base = "/tmp";
  return fmt::format("{}/flinkc-cluster-{}", base, getuid());
}

// A process of this program in a session of its own, its output in a file.
Result<pid_t> Spawn(const std::vector<std::string>& arguments, const std::string& output) {
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (output + ".out").c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (output + ".log").c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("cannot start {}: {}", arguments[1], std::strerror(error)));
  }
  return pid;
}

// Process ids are used again: only a process of our program is ours.
bool IsOurs(pid_t pid) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), error);
  if (error) return false;
  return program.filename().string().starts_with("flinkc");
}

std::vector<pid_t> ReadPids(const std::string& directory) {
  std::vector<pid_t> pids;
  std::ifstream file(directory + "/pids");
  for (pid_t pid = 0; file >> pid;) {
    if (IsOurs(pid)) pids.push_back(pid);
  }
  return pids;
}

int StopCluster(const ClusterFlags& flags) {
  const std::vector<pid_t> pids = ReadPids(flags.directory);
  if (pids.empty()) {
    fmt::print(stderr, "flinkc: no cluster runs in {}\n", flags.directory);
    return kExitOk;
  }
  for (const pid_t pid : pids) kill(pid, SIGTERM);
  for (int i = 0; i < kPollsMax && !ReadPids(flags.directory).empty(); ++i) {
    std::this_thread::sleep_for(kPoll);
  }
  for (const pid_t pid : ReadPids(flags.directory)) kill(pid, SIGKILL);
  std::error_code ignored;
  std::filesystem::remove(flags.directory + "/pids", ignored);
  fmt::print(stderr, "flinkc: stopped {} processes\n", pids.size());
  return kExitOk;
}

int StartCluster(const ClusterFlags& flags) {
  if (!ReadPids(flags.directory).empty()) {
    return Fail(
        {ErrorCode::kAlreadyExists,
         fmt::format("a cluster runs in {}; `flinkc cluster stop` ends it", flags.directory)},
        kExitUsage);
  }
  const Result<HttpEndpoint> rest = HttpEndpoint::Parse(flags.rest);
  if (!rest) return Fail(Error(rest.error()).WithContext("--rest"), kExitUsage);
  std::error_code error;
  std::filesystem::create_directories(flags.directory, error);
  std::filesystem::permissions(flags.directory, std::filesystem::perms::owner_all, error);
  if (error) {
    return Fail(
        {ErrorCode::kIo, fmt::format("cannot make {}: {}", flags.directory, error.message())},
        kExitEnvironment);
  }
  const uint32_t slots =
      flags.slots != 0 ? flags.slots : std::max(1u, std::thread::hardware_concurrency());
  std::ofstream pids(flags.directory + "/pids", std::ios::trunc);
  std::vector<pid_t> started;
  const auto start = [&](const std::string& name, std::vector<std::string> arguments) -> Status {
    arguments.insert(arguments.begin(), "flinkc");
    ASSIGN_OR_RETURN(const pid_t pid, Spawn(arguments, flags.directory + "/" + name));
    started.push_back(pid);
    pids << pid << "\n" << std::flush;
    return {};
  };
  Status status = start("jobmanager", {"jobmanager", "--listen", flags.listen, "--rest", flags.rest,
                                       "--ha-dir", flags.directory + "/ha"});
  for (uint32_t i = 1; status && i <= flags.task_managers; ++i) {
    status = start(fmt::format("taskmanager-{}", i),
                   {"taskmanager", "--connect", flags.listen, "--id", fmt::format("tm-{}", i),
                    "--slots", std::to_string(slots)});
  }
  if (!status) {
    StopCluster(flags);
    return Fail(status.error(), kExitEnvironment);
  }
  const RestClient client(*rest);
  for (int i = 0; i < kPollsMax; ++i) {
    const Result<nlohmann::json> overview = client.Get("/overview");
    if (overview && NumberIn(*overview, "taskmanagers") == flags.task_managers) {
      fmt::print("{} TaskManagers with {} slots each; REST at http://{}; logs in {}\n",
                 flags.task_managers, slots, rest->Print(), flags.directory);
      if (const int64_t jobs = NumberIn(*overview, "jobs-running"); jobs != 0) {
        fmt::print("{} jobs of the last cluster here go on; `flinkc list` shows them\n", jobs);
      }
      return kExitOk;
    }
    for (const pid_t pid : started) {
      if (kill(pid, 0) == 0 && IsOurs(pid)) continue;
      StopCluster(flags);
      return Fail({ErrorCode::kUnavailable,
                   fmt::format("a process of the cluster has ended at once; its log in {} says why",
                               flags.directory)},
                  kExitEnvironment);
    }
    std::this_thread::sleep_for(kPoll);
  }
  StopCluster(flags);
  return Fail({ErrorCode::kUnavailable,
               fmt::format("the cluster did not come up; its logs are in {}", flags.directory)},
              kExitEnvironment);
}

}  // namespace

void AddClusterCommands(CLI::App& app, int* exit_code) {
  auto job_manager = std::make_shared<JobManagerFlags>();
  CLI::App* command = app.add_subcommand(
      "jobmanager", "Run a JobManager: takes jobs and gives them to TaskManagers");
  command->add_option("--listen", job_manager->listen, "host:port for TaskManagers")
      ->capture_default_str();
  command->add_option("--rest", job_manager->rest, "host:port of the REST server, on loopback")
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
  command->add_flag("--insecure", job_manager->insecure, "Listen beyond this machine, without TLS");
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
  command->add_option("--jit", task_manager->jit, "on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command->add_option("--cache", task_manager->cache, "Keep machine code for the next start")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command->add_flag("--insecure", task_manager->insecure,
                    "Listen beyond this machine, without TLS");
  command->callback([task_manager, exit_code] { *exit_code = RunTaskManager(*task_manager); });

  auto cluster = std::make_shared<ClusterFlags>();
  cluster->directory = DefaultClusterDirectory();
  command = app.add_subcommand("cluster", "Start or stop a cluster on this machine");
  command->require_subcommand(1);
  CLI::App* start = command->add_subcommand("start", "A JobManager and some TaskManagers");
  CLI::App* stop = command->add_subcommand("stop", "End them");
  for (CLI::App* one : {start, stop}) {
    one->add_option("--directory", cluster->directory,
                    "Of its logs, and of its jobs while it is stopped")
        ->capture_default_str();
  }
  start->add_option("-n,--taskmanagers", cluster->task_managers, "How many")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  start->add_option("--slots", cluster->slots, "Of each; else one for each core");
  start->add_option("--listen", cluster->listen, "host:port of the JobManager")
      ->capture_default_str();
  start->add_option("--rest", cluster->rest, "host:port of the REST server")->capture_default_str();
  start->callback([cluster, exit_code] { *exit_code = StartCluster(*cluster); });
  stop->callback([cluster, exit_code] { *exit_code = StopCluster(*cluster); });
}

}  // namespace flinkc
