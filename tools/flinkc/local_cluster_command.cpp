// cluster start, cluster stop: a cluster of processes on this machine.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/rest_client.h"
#include "tools/flinkc/rest_flags.h"
#include "tools/flinkc/spec_command.h"

extern char** environ;

namespace flinkc {

namespace {

constexpr std::chrono::milliseconds kPoll(50);
// Processes of a cluster that is started or stopped have this long for it.
constexpr int kPollsMax = 400;

int Fail(const Error& error, int exit_code) {
  PrintError(error);
  return exit_code;
}

struct ClusterFlags {
  std::string directory;
  uint32_t task_managers = 1;
  uint32_t slots = 0;  // 0: one for each core
  std::string listen = "127.0.0.1:6123";
  std::string rest = "127.0.0.1:8081";
  std::string token_file;
  std::vector<std::string> allowed_paths;
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
  const Result<RestClient> client = RestFlags{flags.rest, flags.token_file, ""}.Client();
  if (!client) return Fail(client.error(), kExitUsage);
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
  std::vector<std::string> job_manager = {
      "jobmanager", "--listen", flags.listen,           "--rest",
      flags.rest,   "--ha-dir", flags.directory + "/ha"};
  if (!flags.token_file.empty()) {
    job_manager.insert(job_manager.end(), {"--rest-token-file", flags.token_file});
  }
  std::vector<std::string> task_manager = {
      "taskmanager",         "--connect",         flags.listen,   "--slots",
      std::to_string(slots), "--local-state-dir", flags.directory};
  for (std::vector<std::string>* arguments : {&job_manager, &task_manager}) {
    for (const std::string& path : flags.allowed_paths) {
      arguments->insert(arguments->end(), {"--allow-path", path});
    }
  }
  Status status = start("jobmanager", std::move(job_manager));
  for (uint32_t i = 1; status && i <= flags.task_managers; ++i) {
    std::vector<std::string> arguments = task_manager;
    arguments.insert(arguments.end(), {"--id", fmt::format("tm-{}", i)});
    status = start(fmt::format("taskmanager-{}", i), std::move(arguments));
  }
  if (!status) {
    StopCluster(flags);
    return Fail(status.error(), kExitEnvironment);
  }
  for (int i = 0; i < kPollsMax; ++i) {
    const Result<nlohmann::json> overview = client->Get("/overview");
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

void AddLocalClusterCommand(CLI::App& app, int* exit_code) {
  auto cluster = std::make_shared<ClusterFlags>();
  cluster->directory = DefaultClusterDirectory();
  CLI::App* command = app.add_subcommand("cluster", "Start or stop a cluster on this machine");
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
  start
      ->add_option("--rest-token-file", cluster->token_file,
                   "A file with the token that each REST request must bring")
      ->envname("FLINKC_TOKEN_FILE");
  start
      ->add_option("--allow-path", cluster->allowed_paths,
                   "A folder that jobs may read and write, with all below it; may be given "
                   "several times")
      ->allow_extra_args(false);
  start->callback([cluster, exit_code] { *exit_code = StartCluster(*cluster); });
  stop->callback([cluster, exit_code] { *exit_code = StopCluster(*cluster); });
}

}  // namespace flinkc
