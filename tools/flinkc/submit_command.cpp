// submit: compiles a spec here and gives it to a JobManager that runs elsewhere.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "runtime/base/clock.h"
#include "runtime/data/base64.h"
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
// Without a word of the JobManager: one that starts again takes some seconds.
constexpr int kSilentPollsMax = 100;

struct SubmitOptions {
  SpecOptions spec;
  RecoveryFlags recovery;
  RestFlags rest;
  bool detached = false;
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

// Until the job has ended.
int Attend(const RestClient& client, const std::string& id, bool quiet) {
  CatchInterrupts();
  ProgressLine progress(!quiet && isatty(STDERR_FILENO) != 0);
  const SystemClock clock;
  const std::string path = "/jobs/" + id;
  bool cancelled = false;
  int silent = 0;
  std::string told;
  while (true) {
    const Result<json> job = client.Get(path);
    if (!job && (job.error().code != ErrorCode::kUnavailable || ++silent > kSilentPollsMax)) {
      progress.Clear();
      PrintError(job.error());
      return kExitEnvironment;
    }
    if (job) {
      silent = 0;
      const std::string state = TextIn(*job, "state");
      if (HasEnded(*job)) {
        progress.Clear();
        if (state == "FINISHED") return kExitOk;
        if (state == "CANCELED") return kExitInterrupted;
        const std::string why = FailureOf(client, path);
        PrintError({ErrorCode::kJobFailed, why.empty() ? "the job has failed" : why});
        return kExitJobFailed;
      }
      const std::string waiting = TextIn(*job, "waiting-for");
      if (!quiet && !waiting.empty() && waiting != told) {
        progress.Clear();
        fmt::print(stderr, "flinkc: {}\n", waiting);
      }
      told = waiting;
      progress.Show(StatusOf(*job), clock.MonotonicNanos());
    }
    if (WasInterrupted() && !cancelled) {
      cancelled = true;
      if (const Result<json> answer = client.Patch(path + "?mode=cancel"); !answer) {
        PrintError(answer.error());
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
  const OpenedJob job = OpenJob(options.spec, options.recovery);
  if (!job.graph.has_value()) return job.exit_code;
  std::string job_graph;
  AppendBase64(job_graph, Serialize(*job.graph));
  const Result<json> answer = client->Post("/jobs", {{"jobGraph", std::move(job_graph)}});
  if (!answer) {
    PrintError(answer.error());
    return answer.error().code == ErrorCode::kInvalidArgument ? kExitSpecWrong : kExitEnvironment;
  }
  const std::string id = TextIn(*answer, "jobid");
  if (options.detached) return WriteOutput("", id + "\n");
  if (!options.spec.quiet) fmt::print(stderr, "flinkc: submitted job {}\n", id);
  return Attend(*client, id, options.spec.quiet);
}

}  // namespace

void AddSubmitCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = app.add_subcommand("submit", "Give a spec, or a compiled job, to a cluster");
  options->spec.AddTo(*command);
  options->recovery.AddTo(*command);
  options->rest.AddTo(*command);
  command->add_flag("-d,--detached,!--attached", options->detached,
                    "Print the job's id and go, instead of waiting for its end");
  command->callback([options, exit_code] { *exit_code = Submit(*options); });
}

}  // namespace flinkc
