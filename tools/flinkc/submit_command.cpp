// submit: compiles a spec here and gives it to a JobManager that runs elsewhere.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/random_bits.h"
#include "runtime/data/base64.h"
#include "runtime/jobmanager/client_heartbeat_options.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/interrupt.h"
#include "tools/flinkc/open_job.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/progress_line.h"
#include "tools/flinkc/rest_client.h"
#include "tools/flinkc/rest_flags.h"

namespace flinkc {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kPoll(100);
// So long the JobManager may be away: before it has taken the job, and after.
constexpr std::chrono::seconds kAwayBeforeMax(10);
constexpr std::chrono::seconds kAwayMax(120);

struct SubmitOptions {
  SpecOptions spec;
  RecoveryFlags recovery;
  RestFlags rest;
  bool detached = false;
  bool shutdown_on_attached_exit = false;
};

// What the progress line shows of a job's REST description.
JobStatus StatusOf(const json& job) {
  JobStatus status;
  const std::string state = TextIn(job, "state");
  status.state = state == "RUNNING"      ? JobState::kRunning
                 : state == "RESTARTING" ? JobState::kRestarting
                                         : JobState::kCreated;
  status.waiting_for = TextIn(job, "waiting-for");
  for (const json& vertex : MemberOf(job, "vertices")) {
    const json& metrics = MemberOf(vertex, "metrics");
    status.source_rows += static_cast<uint64_t>(NumberIn(metrics, "read-records"));
    status.rows_out += static_cast<uint64_t>(NumberIn(metrics, "write-records"));
    // Of the first vertex that has any: the sources come first.
    if (status.source_rows != 0) break;
  }
  return status;
}

std::string FailureOf(const RestClient& client, const std::string& path) {
  const Result<json> exceptions = client.Get(path + "/exceptions?maxExceptions=1");
  if (!exceptions) return "";
  for (const json& entry : MemberOf(MemberOf(*exceptions, "exceptionHistory"), "entries")) {
    return TextIn(entry, "stacktrace");
  }
  return "";
}

// How long the JobManager has been away, and what the user is told of it.
class Absence {
 public:
  Absence(std::chrono::seconds max, bool quiet) : max_(max), quiet_(quiet) {}

  // No answer. False: it has been away for too long, or has said no.
  bool OnError(const Error& error) {
    const auto now = std::chrono::steady_clock::now();
    if (error.code != ErrorCode::kUnavailable) return false;
    if (!since_) {
      since_ = now;
      if (!quiet_) {
        fmt::print(stderr, "flinkc: {}; trying again for {} s\n", error.message, max_.count());
      }
    }
    return now - *since_ < max_;
  }
  // True: it was away, and has come again.
  bool OnAnswer() { return std::exchange(since_, std::nullopt).has_value(); }

 private:
  const std::chrono::seconds max_;
  const bool quiet_;
  std::optional<std::chrono::steady_clock::time_point> since_;
};

// The job's id. It is drawn here: a call whose answer was lost can be made again.
Result<std::string> Post(const RestClient& client, const JobGraph& graph, bool quiet) {
  std::string job_graph;
  AppendBase64(job_graph, Serialize(graph));
  const json body = {{"jobGraph", std::move(job_graph)},
                     {"jobId", RandomHex(MachineRandomBits, 32)}};
  Absence absence(kAwayBeforeMax, quiet);
  while (true) {
    const Result<json> answer = client.Post("/jobs", body);
    if (answer) return TextIn(*answer, "jobid");
    if (WasInterrupted() || !absence.OnError(answer.error())) {
      return std::unexpected(answer.error());
    }
    std::this_thread::sleep_for(kPoll);
  }
}

// Tells the JobManager that we are here, of a job that goes with its client.
class ClientHeartbeat {
 public:
  ClientHeartbeat(const ClientHeartbeatOptions& options, const RestClient& client,
                  std::string job_path)
      : options_(options), client_(client), path_(std::move(job_path) + "/clientHeartbeat") {}

  // `job`: as just told. The time is counted by the JobManager's clock. One that is not heard is
  // sent again.
  void Beat(const json& job) {
    const auto now = std::chrono::steady_clock::now();
    if (!options_.is_watched() || now < next_) return;
    const int64_t expires = NumberIn(job, "now") + options_.timeout_micros / 1000;
    if (!client_.Patch(path_, {{"expiredTimestamp", expires}})) return;
    next_ = now + std::chrono::microseconds(options_.interval_micros);
  }
  // The JobManager is another one.
  void BeatAtOnce() { next_ = {}; }

 private:
  const ClientHeartbeatOptions options_;
  const RestClient& client_;
  const std::string path_;
  std::chrono::steady_clock::time_point next_;
};

// Until the job has ended.
int Attend(const RestClient& client, const std::string& id, const ClientHeartbeatOptions& options,
           bool quiet) {
  ProgressLine progress(!quiet && isatty(STDERR_FILENO) != 0);
  const SystemClock clock;
  const std::string path = "/jobs/" + id;
  Absence absence(kAwayMax, quiet);
  ClientHeartbeat heartbeat(options, client, path);
  bool cancelled = false;
  std::string told;
  while (true) {
    const Result<json> job = client.Get(path);
    if (!job) {
      progress.Clear();
      if (!absence.OnError(job.error())) {
        PrintError(job.error().code == ErrorCode::kNotFound
                       ? Error{ErrorCode::kNotFound,
                               fmt::format("the JobManager does not know the job {} any more; one "
                                           "that is started with --ha-dir keeps its jobs",
                                           id)}
                       : job.error());
        return kExitEnvironment;
      }
    } else {
      if (absence.OnAnswer()) {
        // It may have gone before it has done what it was told.
        cancelled = false;
        heartbeat.BeatAtOnce();
        if (!quiet) fmt::print(stderr, "flinkc: the JobManager is back\n");
      }
      const std::string state = TextIn(*job, "state");
      if (HasEnded(*job)) {
        progress.Clear();
        if (state == "FINISHED") return kExitOk;
        if (state == "CANCELED") return kExitInterrupted;
        const std::string why = FailureOf(client, path);
        PrintError({ErrorCode::kJobFailed, why.empty() ? "the job has failed" : why});
        return kExitJobFailed;
      }
      heartbeat.Beat(*job);
      const std::string waiting = TextIn(*job, "waiting-for");
      if (!quiet && !waiting.empty() && waiting != told) {
        progress.Clear();
        fmt::print(stderr, "flinkc: {}\n", waiting);
      }
      told = waiting;
      progress.Show(StatusOf(*job), clock.MonotonicNanos());
      if (WasInterrupted() && !cancelled) {
        const Result<json> answer = client.Patch(path + "?mode=cancel");
        cancelled = answer || answer.error().code != ErrorCode::kUnavailable;
        if (!answer && cancelled) PrintError(answer.error());
      }
    }
    std::this_thread::sleep_for(kPoll);
  }
}

int Submit(const SubmitOptions& options) {
  const Result<RestClient> client = options.rest.Client();
  if (!client) {
    PrintError(client.error());
    return kExitUsage;
  }
  OpenedJob job = OpenJob(options.spec, options.recovery);
  if (!job.graph.has_value()) return job.exit_code;
  std::map<std::string, std::string>& config = job.graph->config;
  if (options.shutdown_on_attached_exit) {
    config[ClientHeartbeatOptions::kShutdownOnAttachedExit] = "true";
  }
  // Which of the two it is, is ours to say, and matters with that option alone.
  if (config.contains(ClientHeartbeatOptions::kShutdownOnAttachedExit)) {
    config[ClientHeartbeatOptions::kAttached] = options.detached ? "false" : "true";
  }
  const Result<ClientHeartbeatOptions> heartbeat = ClientHeartbeatOptions::Parse(config);
  if (!heartbeat) {
    PrintError(heartbeat.error());
    return kExitSpecWrong;
  }
  if (!options.detached) CatchInterrupts();
  const Result<std::string> id = Post(*client, *job.graph, options.spec.quiet);
  if (!id) {
    PrintError(id.error());
    if (WasInterrupted()) return kExitInterrupted;
    return id.error().code == ErrorCode::kInvalidArgument ? kExitSpecWrong : kExitEnvironment;
  }
  if (options.detached) return WriteOutput("", *id + "\n");
  if (!options.spec.quiet) fmt::print(stderr, "flinkc: submitted job {}\n", *id);
  return Attend(*client, *id, *heartbeat, options.spec.quiet);
}

}  // namespace

void AddSubmitCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = app.add_subcommand("submit", "Give a spec, or a compiled job, to a cluster");
  options->spec.AddTo(*command);
  options->recovery.AddTo(*command);
  options->rest.AddTo(*command);
  CLI::Option* detached =
      command->add_flag("-d,--detached,!--attached", options->detached,
                        "Print the job's id and go, instead of waiting for its end");
  command
      ->add_flag("--shutdown-on-attached-exit", options->shutdown_on_attached_exit,
                 "Have the job cancelled when this command is gone, however it has ended "
                 "(execution.shutdown-on-attached-exit)")
      ->excludes(detached);
  command->callback([options, exit_code] { *exit_code = Submit(*options); });
}

}  // namespace flinkc
