#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/spec/quantities.h"
#include "runtime/base/clock.h"
#include "runtime/env/standard_output.h"
#include "tools/embedded/embedded_cluster.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/interrupt.h"
#include "tools/flinkc/memory_limit.h"
#include "tools/flinkc/open_job.h"
#include "tools/flinkc/progress_line.h"
#include "tools/flinkc/recovery_flags.h"
#include "tools/flinkc/spec_command.h"
#include "tools/flinkc/version.h"

namespace flinkc {

namespace {

constexpr int64_t kPollMicros = 100'000;

// The limit that the job asks for, or else the machine's.
size_t MemoryLimitOf(const JobGraph& graph) {
  const auto given = graph.config.find("taskmanager.memory.process.size");
  if (given != graph.config.end()) {
    if (const auto bytes = ParseSize(given->second)) return static_cast<size_t>(*bytes);
  }
  return DefaultMemoryLimitBytes();
}

// How long the process outlives its job for the client that has stopped it and asks how it went.
constexpr int64_t kLastAnswerMicros = 3'000'000;

std::string OptionOf(const JobGraph& graph, const std::string& name) {
  const auto option = graph.config.find(name);
  return option == graph.config.end() ? "" : option->second;
}

// "a,b".
std::vector<std::string> LocalStateRootsOf(const JobGraph& graph) {
  std::vector<std::string> roots;
  std::string root;
  std::istringstream given(OptionOf(graph, "taskmanager.state.local.root-dirs"));
  while (std::getline(given, root, ',')) {
    if (!root.empty()) roots.push_back(root);
  }
  return roots;
}

// False: the user wants a port that cannot be had. Without one the job runs, whatever is free.
bool OpenRest(const JobGraph& graph, bool quiet, EmbeddedCluster& cluster) {
  HttpServerOptions options;
  const std::string address = OptionOf(graph, "rest.address");
  const std::string port = OptionOf(graph, "rest.port");
  if (!address.empty()) options.address = address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (!port.empty() && (error != std::errc() || end != port.data() + port.size())) {
    PrintError({ErrorCode::kInvalidArgument, fmt::format("`rest.port: {}` is no port", port)});
    return false;
  }
  if (const Status opened = cluster.StartRest(options, Interrupt); !opened) {
    if (!address.empty() || options.port != 0) {
      PrintError(opened.error());
      return false;
    }
    if (!quiet) fmt::print(stderr, "flinkc: without REST: {}\n", opened.error().message);
  }
  return true;
}

int RunGraph(const JobGraph& graph, Engine& engine, const SpecOptions& options) {
  const bool quiet = options.quiet;
  EmbeddedClusterOptions cluster_options;
  cluster_options.slots = EmbeddedCluster::SlotsFor(graph);
  cluster_options.version = kVersion;
  cluster_options.log_details = options.verbose;
  cluster_options.memory_limit_bytes = MemoryLimitOf(graph);
  cluster_options.local_state_roots = LocalStateRootsOf(graph);
  ProgressLine progress(!quiet && isatty(STDERR_FILENO) != 0);
  const bool same_terminal = isatty(STDOUT_FILENO) != 0;
  cluster_options.console = [&progress, same_terminal](std::string_view text) {
    if (!same_terminal) return WriteStandardOutput(text);
    return progress.Above([text] { return WriteStandardOutput(text); });
  };
  cluster_options.log = [&progress](const std::string& line) {
    static_cast<void>(progress.Above([&line]() -> Status {
      fmt::print(stderr, "flinkc: {}\n", line);
      return {};
    }));
  };
  EmbeddedCluster cluster(&engine.loader(), std::move(cluster_options));

  if (!OpenRest(graph, quiet, cluster)) return kExitEnvironment;

  CatchInterrupts();
  const SystemClock clock;
  Result<std::string> job = cluster.client().Submit(graph);
  if (!job) {
    PrintError(job.error());
    return kExitEnvironment;
  }
  // Whoever reads this finds the job there.
  if (!quiet && cluster.rest() != nullptr) {
    fmt::print(stderr, "flinkc: REST at {}\n", cluster.rest()->url());
  }
  bool cancelled = false;
  const JobStatus status = cluster.client().Wait(
      *job,
      [&](const JobStatus& now) {
        if (WasInterrupted() && !cancelled) {
          cancelled = true;
          cluster.client().Cancel(*job);
        }
        progress.Show(now, clock.MonotonicNanos());
      },
      kPollMicros);
  progress.Clear();
  if (cluster.rest() != nullptr) cluster.rest()->WaitUntilFetched(kLastAnswerMicros);
  switch (status.state) {
    case JobState::kFinished:
      return kExitOk;
    case JobState::kCanceled:
      return kExitInterrupted;
    default:
      break;
  }
  const Error error = status.error.value_or(Error{ErrorCode::kInternal, "the job failed"});
  PrintError(error);
  if (error.code == ErrorCode::kStateIncompatible) return kExitStateIncompatible;
  return status.failed_before_running ? kExitEnvironment : kExitJobFailed;
}

int Run(const SpecOptions& options, const RecoveryFlags& recovery) {
  OpenedJob job = OpenJob(options, recovery);
  if (!job.graph.has_value()) return job.exit_code;
  return RunGraph(*job.graph, *job.engine, options);
}

}  // namespace

void AddRunCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<SpecOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a spec, or a compiled job, in this process");
  options->AddTo(*command);
  command->add_flag("-v,--verbose", options->verbose, "Print a line for each checkpoint");
  auto recovery = std::make_shared<RecoveryFlags>();
  recovery->AddTo(*command);
  command->callback([options, recovery, exit_code] { *exit_code = Run(*options, *recovery); });
}

}  // namespace flinkc
