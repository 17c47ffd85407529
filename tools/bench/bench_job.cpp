#include "tools/bench/bench_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "compiler/diagnostics/renderer.h"
#include "runtime/env/process_usage.h"
#include "tools/embedded/embedded_cluster.h"

namespace flinkc {

double CpuSeconds() { return static_cast<double>(ReadProcessUsage().cpu_nanos) / 1e9; }

namespace {

// Of those that the JobManager still tells of.
void SummarizeCheckpoints(JobGateway& gateway, const std::string& job, JobRun* run) {
  protocol::DescribeJobs request;
  request.set_job_id(job);
  const Result<protocol::DescribeJobsReply> reply = gateway.Describe(request);
  if (!reply) Die(reply.error().message);
  for (const auto& described : reply->jobs()) {
    for (const auto& checkpoint : described.checkpoints().history()) {
      if (checkpoint.status() != "COMPLETED") continue;
      ++run->checkpoints;
      run->state_mib =
          std::max(run->state_mib, static_cast<double>(checkpoint.state_size()) / (1 << 20));
    }
  }
}

}  // namespace

void Die(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

JobRun RunJob(Engine& engine, const BenchJob& job, int parallelism) {
  const SourceBuffer spec(job.name + ".yaml", job.spec);
  CompileRequest request;
  request.spec = &spec;
  for (const auto& [name, value] : job.params) {
    request.parse.parameters.push_back({name, value, ParamSpec::Origin::kCommandLine, {}});
  }
  request.settings.push_back({"parallelism.default", std::to_string(parallelism)});
  for (const auto& [name, value] : job.settings) request.settings.push_back({name, value});
  DiagnosticLog log;
  std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
  if (!compiled.has_value()) Die(RenderDiagnostics(log, {}));

  EmbeddedClusterOptions options;
  options.slots = EmbeddedCluster::SlotsFor(compiled->chained.graph);
  EmbeddedCluster cluster(&engine.loader(), std::move(options));
  JobGateway& gateway = cluster.gateway();
  JobRun run;
  const double cpu = CpuSeconds();
  const auto start = std::chrono::steady_clock::now();
  Result<std::string> id = cluster.client().Submit(compiled->chained.graph);
  if (!id) Die(id.error().message);
  const JobStatus status = cluster.client().Wait(*id);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run.cpu_seconds = CpuSeconds() - cpu;
  run.peak_mib = static_cast<double>(cluster.memory().peak_bytes()) / (1 << 20);
  SummarizeCheckpoints(gateway, *id, &run);
  if (status.state != JobState::kFinished) {
    Die(job.name + ": " + (status.error ? status.error->message : Name(status.state)));
  }
  return run;
}

JobRun FastestRun(Engine& engine, const BenchJob& job, int parallelism, int runs) {
  JobRun fastest = RunJob(engine, job, parallelism);
  for (int i = 1; i < runs; ++i) {
    const JobRun run = RunJob(engine, job, parallelism);
    if (run.seconds < fastest.seconds) fastest = run;
  }
  return fastest;
}

}  // namespace flinkc
