// list, status, checkpoints, cancel, savepoint, stop, rescale: commands about jobs that run
// elsewhere, by their JobManager's REST server.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/rest_client.h"
#include "tools/flinkc/rest_flags.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kPoll(50);
// A job that is told to end has this long to do so.
constexpr int kPollsMax = 2'400;

struct JobOptions {
  RestFlags rest;
  std::string format = "text";
  std::string job;
  std::string directory;
  bool drain = false;
  bool all = false;
  uint32_t parallelism = 0;
  uint32_t lower_bound = 0;  // 0: as it is

  void AddTo(CLI::App& command) {
    rest.AddTo(command);
    command.add_option("--format", format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
  }
  void AddJobTo(CLI::App& command) {
    AddTo(command);
    command.add_option("job", job,
                       "Its id, the beginning of one, or its name; not needed where one runs");
  }
};

std::string BytesText(int64_t bytes) {
  if (bytes < 10 * 1024) return fmt::format("{} B", bytes);
  if (bytes < 10 * 1024 * 1024) return fmt::format("{} KiB", bytes / 1024);
  return fmt::format("{} MiB", bytes / (1024 * 1024));
}

std::string DurationText(int64_t millis) {
  if (millis < 10'000) return fmt::format("{} ms", millis);
  const int64_t seconds = millis / 1000;
  if (seconds < 600) return fmt::format("{} s", seconds);
  if (seconds < 36'000) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

std::string TimeText(int64_t millis) {
  const std::time_t seconds = millis / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

// What a person reads of it, or the JSON as it came.
int Show(const JobOptions& options, const json& answer, const std::string& text) {
  if (options.format == "text") return WriteOutput("", text);
  return WriteOutput("", answer.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

std::string ListText(const json& overview) {
  std::string running, ended;
  for (const json& job : MemberOf(overview, "jobs")) {
    std::string& into = HasEnded(job) ? ended : running;
    into += fmt::format("{} : {} : {} ({})\n", TimeText(NumberIn(job, "start-time")),
                        TextIn(job, "jid"), TextIn(job, "name"), TextIn(job, "state"));
  }
  std::string text;
  if (!running.empty()) {
    text += "------------------ Running/Restarting Jobs -------------------\n" + running;
  } else {
    text += "No running jobs.\n";
  }
  if (!ended.empty()) {
    text += "---------------------- Terminated Jobs -----------------------\n" + ended;
  }
  return text;
}

Result<int> ListJobs(const RestClient& client, const JobOptions& options) {
  ASSIGN_OR_RETURN(json overview, client.Get("/jobs/overview"));
  if (!options.all && overview.is_object() && MemberOf(overview, "jobs").is_array()) {
    json running = json::array();
    for (const json& job : overview["jobs"]) {
      if (!HasEnded(job)) running.push_back(job);
    }
    overview["jobs"] = std::move(running);
  }
  return Show(options, overview, ListText(overview));
}

std::string LastCheckpointText(const json& statistics) {
  const json& counts = MemberOf(statistics, "counts");
  std::string text = fmt::format("checkpoints: {} completed, {} failed, {} under way\n",
                                 NumberIn(counts, "completed"), NumberIn(counts, "failed"),
                                 NumberIn(counts, "in_progress"));
  const json& latest = MemberOf(MemberOf(statistics, "latest"), "completed");
  if (latest.is_object()) {
    text +=
        fmt::format("the last, {}: {}, {} written of {}, the workers held for at most {} us\n",
                    NumberIn(latest, "id"), DurationText(NumberIn(latest, "end_to_end_duration")),
                    BytesText(NumberIn(latest, "checkpointed_size")),
                    BytesText(NumberIn(latest, "state_size")), NumberIn(latest, "stall_micros"));
  }
  const json& restored = MemberOf(MemberOf(statistics, "latest"), "restored");
  if (restored.is_object()) {
    text +=
        fmt::format("restored from {} {} at {}\n",
                    MemberOf(restored, "is_savepoint") == true ? "savepoint" : "checkpoint",
                    NumberIn(restored, "id"), TimeText(NumberIn(restored, "restore_timestamp")));
  }
  const json& failed = MemberOf(MemberOf(statistics, "latest"), "failed");
  if (failed.is_object()) {
    text += fmt::format("the last that failed, {}: {}\n", NumberIn(failed, "id"),
                        TextIn(failed, "failure_message"));
  }
  return text;
}

// The largest of a vertex's subtasks.
int64_t MostPercent(const json& pressure, const char* ratio) {
  double most = 0;
  for (const json& subtask : MemberOf(pressure, "subtasks")) {
    const json& share = MemberOf(subtask, ratio);
    if (share.is_number()) most = std::max(most, share.get<double>());
  }
  return std::llround(100 * most);
}

// What its parallelism may be; "" where there is no choice.
std::string BoundsText(const json& requirement) {
  const json& parallelism = MemberOf(requirement, "parallelism");
  const int64_t lower = NumberIn(parallelism, "lowerBound");
  const int64_t upper = NumberIn(parallelism, "upperBound");
  return lower == upper ? "" : fmt::format(" ({} to {} tasks)", lower, upper);
}

Result<int> ShowStatus(const RestClient& client, const JobOptions& options) {
  ASSIGN_OR_RETURN(const json found, client.FindJob(options.job));
  const std::string path = "/jobs/" + TextIn(found, "jid");
  ASSIGN_OR_RETURN(json job, client.Get(path));
  ASSIGN_OR_RETURN(const json statistics, client.Get(path + "/checkpoints"));
  ASSIGN_OR_RETURN(const json exceptions, client.Get(path + "/exceptions?maxExceptions=1"));
  ASSIGN_OR_RETURN(const json requirements, client.Get(path + "/resource-requirements"));
  std::string text =
      fmt::format("{} ({}): {} since {}, started {}\n", TextIn(job, "name"), TextIn(job, "jid"),
                  TextIn(job, "state"),
                  TimeText(NumberIn(MemberOf(job, "timestamps"), TextIn(job, "state").c_str())),
                  TimeText(NumberIn(job, "start-time")));
  text += fmt::format("{:>5}  {:<9}  {:>14}  {:>14}  {:>5}  {:>7}  {}\n", "tasks", "state",
                      "rows in", "rows out", "busy", "held up", "vertex");
  for (json& vertex : job["vertices"]) {
    ASSIGN_OR_RETURN(json pressure, client.Get(fmt::format("{}/vertices/{}/backpressure", path,
                                                           TextIn(vertex, "id"))));
    const json& metrics = MemberOf(vertex, "metrics");
    text += fmt::format("{:>5}  {:<9}  {:>14}  {:>14}  {:>4} %  {:>5} %  {}{}\n",
                        NumberIn(vertex, "parallelism"), TextIn(vertex, "status"),
                        NumberIn(metrics, "read-records"), NumberIn(metrics, "write-records"),
                        MostPercent(pressure, "busyRatio"), MostPercent(pressure, "ratio"),
                        TextIn(vertex, "name"),
                        BoundsText(MemberOf(requirements, TextIn(vertex, "id").c_str())));
    vertex["backpressure"] = std::move(pressure);
  }
  for (const json& entry : MemberOf(MemberOf(exceptions, "exceptionHistory"), "entries")) {
    text += fmt::format("last failure, {}: {}: {}\n", TimeText(NumberIn(entry, "timestamp")),
                        TextIn(entry, "exceptionName"), TextIn(entry, "stacktrace"));
  }
  text += LastCheckpointText(statistics);
  const std::string waiting_for = TextIn(job, "waiting-for");
  if (!waiting_for.empty()) text += waiting_for + "\n";
  job["checkpoints"] = statistics;
  job["resource-requirements"] = requirements;
  return Show(options, job, text);
}

Result<int> ShowCheckpoints(const RestClient& client, const JobOptions& options) {
  ASSIGN_OR_RETURN(const json found, client.FindJob(options.job));
  ASSIGN_OR_RETURN(const json statistics,
                   client.Get("/jobs/" + TextIn(found, "jid") + "/checkpoints"));
  std::string text =
      fmt::format("{:>6}  {:<14}  {:<11}  {:>10}  {:>10}  {:>10}  {:>9}  {}\n", "id", "type",
                  "status", "duration", "written", "state", "stall us", "where, or why not");
  for (const json& one : MemberOf(statistics, "history")) {
    const std::string path = TextIn(one, "external_path");
    text += fmt::format("{:>6}  {:<14}  {:<11}  {:>10}  {:>10}  {:>10}  {:>9}  {}\n",
                        NumberIn(one, "id"), TextIn(one, "checkpoint_type"), TextIn(one, "status"),
                        DurationText(NumberIn(one, "end_to_end_duration")),
                        BytesText(NumberIn(one, "checkpointed_size")),
                        BytesText(NumberIn(one, "state_size")), NumberIn(one, "stall_micros"),
                        path.empty()                         ? TextIn(one, "failure_message")
                        : MemberOf(one, "discarded") == true ? "(deleted since)"
                                                             : path);
  }
  return Show(options, statistics, text + LastCheckpointText(statistics));
}

Result<int> CancelJob(const RestClient& client, const JobOptions& options) {
  ASSIGN_OR_RETURN(json job, client.FindJob(options.job));
  const std::string id = TextIn(job, "jid");
  RETURN_IF_ERROR(client.Patch("/jobs/" + id + "?mode=cancel"));
  for (int i = 0; i < kPollsMax; ++i) {
    const Result<json> now = client.Get("/jobs/" + id);
    // `flinkc run` ends with its job.
    if (!now && now.error().code == ErrorCode::kUnavailable) break;
    if (!now) return std::unexpected(now.error());
    if (HasEnded(*now)) break;
    std::this_thread::sleep_for(kPoll);
  }
  return Show(options, {{"jid", id}}, fmt::format("Cancelled job {}.\n", id));
}

// A directory of ours, as the server is to see it.
std::string TargetText(const std::string& directory) {
  if (directory.empty() || directory.find(':') != std::string::npos) return directory;
  std::error_code ignored;
  std::filesystem::path path = std::filesystem::weakly_canonical(directory, ignored);
  if (ignored || path.is_relative()) path = std::filesystem::absolute(directory);
  return path.lexically_normal().string();
}

// Starts it and waits for its end: the path of the savepoint.
Result<json> TakeSavepoint(const RestClient& client, const std::string& id, const std::string& verb,
                           const json& body) {
  ASSIGN_OR_RETURN(const json asked, client.Post("/jobs/" + id + "/" + verb, body));
  const std::string path = "/jobs/" + id + "/savepoints/" + TextIn(asked, "request-id");
  while (true) {
    ASSIGN_OR_RETURN(json answer, client.Get(path));
    if (TextIn(MemberOf(answer, "status"), "id") == "COMPLETED") {
      const json& cause = MemberOf(MemberOf(answer, "operation"), "failure-cause");
      if (cause.is_object()) {
        return MakeError(ErrorCode::kJobFailed,
                         fmt::format("no savepoint: {}", TextIn(cause, "stack-trace")));
      }
      return answer["operation"];
    }
    std::this_thread::sleep_for(kPoll);
  }
}

Result<int> SavepointJob(const RestClient& client, JobOptions options) {
  // `flinkc savepoint DIR`: where one job runs it need not be named.
  if (options.directory.empty() && options.job.find('/') != std::string::npos) {
    options.directory = std::exchange(options.job, "");
  }
  ASSIGN_OR_RETURN(const json job, client.FindJob(options.job));
  json body = json::object();
  if (!options.directory.empty()) body["target-directory"] = TargetText(options.directory);
  ASSIGN_OR_RETURN(const json done, TakeSavepoint(client, TextIn(job, "jid"), "savepoints", body));
  return Show(options, done,
              fmt::format("Savepoint completed. Path: {}\n", TextIn(done, "location")));
}

Result<int> StopJob(const RestClient& client, const JobOptions& options) {
  ASSIGN_OR_RETURN(const json job, client.FindJob(options.job));
  const std::string id = TextIn(job, "jid");
  json body = {{"drain", options.drain}};
  if (!options.directory.empty()) body["targetDirectory"] = TargetText(options.directory);
  ASSIGN_OR_RETURN(const json done, TakeSavepoint(client, id, "stop", body));
  return Show(
      options, done,
      fmt::format("Stopped job {}. Savepoint completed. Path: {}\n", id, TextIn(done, "location")));
}

// Of all vertices that can be spread; a lower bound that is not given follows the upper one down.
Result<int> RescaleJob(const RestClient& client, const JobOptions& options) {
  ASSIGN_OR_RETURN(const json found, client.FindJob(options.job));
  const std::string path = "/jobs/" + TextIn(found, "jid");
  ASSIGN_OR_RETURN(const json job, client.Get(path));
  ASSIGN_OR_RETURN(const json before, client.Get(path + "/resource-requirements"));
  json wanted = json::object();
  uint32_t changed = 0;
  for (const json& vertex : MemberOf(job, "vertices")) {
    const std::string id = TextIn(vertex, "id");
    const json& parallelism = MemberOf(MemberOf(before, id.c_str()), "parallelism");
    int64_t lower = NumberIn(parallelism, "lowerBound");
    int64_t upper = NumberIn(parallelism, "upperBound");
    if (NumberIn(vertex, "maxParallelism") != 1) {
      ++changed;
      upper = options.parallelism;
      lower = options.lower_bound != 0 ? options.lower_bound : std::min(lower, upper);
    }
    wanted[id]["parallelism"] = {{"lowerBound", lower}, {"upperBound", upper}};
  }
  if (changed == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the job `{}` was compiled for one subtask, and none of it can be "
                                 "spread; submit it anew with `parallelism.default` of 2 or more",
                                 TextIn(found, "name")));
  }
  ASSIGN_OR_RETURN(const json done, client.Put(path + "/resource-requirements", wanted));
  return Show(options, wanted,
              fmt::format("Job {}: {} of {} vertices may run with up to {} tasks.\n",
                          TextIn(found, "jid"), changed, wanted.size(), options.parallelism));
}

template <typename Body>
int Run(const JobOptions& options, const Body& body) {
  const Result<RestClient> client = options.rest.Client();
  if (!client) {
    PrintError(client.error());
    return kExitUsage;
  }
  const Result<int> code = body(*client, options);
  if (code) return *code;
  PrintError(code.error());
  return ExitCodeOf(code.error());
}

// A command, its options, and what it does.
template <typename Body>
std::shared_ptr<JobOptions> AddJobCommand(CLI::App& app, int* exit_code, const char* name,
                                          const char* help, Body body, CLI::App** command) {
  auto options = std::make_shared<JobOptions>();
  *command = app.add_subcommand(name, help);
  (*command)->callback([options, exit_code, body] { *exit_code = Run(*options, body); });
  return options;
}

}  // namespace

void AddJobCommands(CLI::App& app, int* exit_code) {
  CLI::App* command = nullptr;
  auto options =
      AddJobCommand(app, exit_code, "list", "List the jobs that run", ListJobs, &command);
  options->AddTo(*command);
  command->add_flag("-a,--all", options->all, "Also those that have ended");
  AddJobCommand(app, exit_code, "status", "Tell how a job stands", ShowStatus, &command)
      ->AddJobTo(*command);
  AddJobCommand(app, exit_code, "checkpoints", "Tell of a job's last checkpoints", ShowCheckpoints,
                &command)
      ->AddJobTo(*command);
  AddJobCommand(app, exit_code, "cancel", "Cancel a job", CancelJob, &command)->AddJobTo(*command);
  options = AddJobCommand(app, exit_code, "savepoint", "Take a savepoint of a job, which goes on",
                          SavepointJob, &command);
  options->AddJobTo(*command);
  command->add_option("directory", options->directory,
                      "Where to; else execution.checkpointing.savepoint-dir");
  options = AddJobCommand(app, exit_code, "stop", "Stop a job with a savepoint", StopJob, &command);
  options->AddJobTo(*command);
  command->add_flag("-d,--drain", options->drain,
                    "Close all windows first; not for going on from it later");
  command->add_option("-p,--savepoint-path", options->directory,
                      "Where to; else execution.checkpointing.savepoint-dir");
  options =
      AddJobCommand(app, exit_code, "rescale",
                    "Say how many tasks a job's vertices may have; it goes on from a checkpoint",
                    RescaleJob, &command);
  options->AddJobTo(*command);
  command
      ->add_option("--parallelism", options->parallelism,
                   "Up to so many, as far as there are slots")
      ->required()
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--lower-bound", options->lower_bound,
                   "With fewer the job waits; else as it is, but not above --parallelism")
      ->check(CLI::PositiveNumber);
}

}  // namespace flinkc
