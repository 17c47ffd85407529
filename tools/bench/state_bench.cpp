#include "tools/bench/state_bench.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>

#include "compiler/diagnostics/renderer.h"
#include "runtime/base/clock.h"
#include "runtime/env/process_usage.h"
#include "tools/bench/bench_job.h"
#include "tools/embedded/embedded_cluster.h"

namespace flinkc {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kPollMicros = 5'000;
constexpr double kMeasuredSeconds = 8;
// After the state is there, and warm, until what filling it has caused is over.
constexpr double kSettleSeconds = 3;

// Rows 0 … rows - 1 once, then updates of the first `updated` of them, for ever.
std::string SpecOf(const StateBench& bench) {
  return fmt::format(R"(flinkc: 1
job: {{name: state-bench}}
sources:
  numbers:
    connector: datagen
    options: {{fields: {{i: {{kind: sequence}}}}}}
    schema: {{i: BIGINT NOT NULL}}
streams:
  updates:
    from: numbers
    select: {{k: "CASE WHEN i < {0} THEN i ELSE MOD(i * 2654435761, {1}) END", v: i}}
  sums:
    from: updates
    aggregate:
      by: [k]
      compute: {{n: count(*), total: sum(v), least: min(v), most: max(v)}}
sinks:
  out: {{from: sums, connector: blackhole}}
)",
                     bench.rows, bench.updated);
}

double ResidentMib() { return static_cast<double>(ReadProcessUsage().resident_bytes) / (1 << 20); }

struct Run {
  double updates_a_second = 0;
  double first_update_seconds = 0;
  double cpu_micros = 0;  // an update
  double resident_mib = 0;
  int64_t begin_millis = 0;  // of what is measured, since 1970
  protocol::CheckpointsDescription checkpoints;
};

protocol::CheckpointsDescription CheckpointsOf(JobGateway& gateway, const std::string& job) {
  protocol::DescribeJobs request;
  request.set_job_id(job);
  const Result<protocol::DescribeJobsReply> reply = gateway.Describe(request);
  if (!reply) Die(reply.error().message);
  if (reply->jobs_size() != 1) Die("state-bench: the job is not known");
  return reply->jobs(0).checkpoints();
}

// Runs the job until it has updated for a while, and cancels it.
Run RunOnce(Engine& engine, const StateBench& bench, std::vector<ConfigSetting> settings,
            bool restored) {
  const SourceBuffer spec("state-bench.yaml", SpecOf(bench));
  CompileRequest request;
  request.spec = &spec;
  request.settings = std::move(settings);
  request.settings.push_back({"parallelism.default", std::to_string(bench.parallelism)});
  request.settings.push_back({"state.backend.type", bench.backend});
  if (bench.budget_mb != 0) {
    request.settings.push_back(
        {"taskmanager.memory.managed.size", fmt::format("{}mb", bench.budget_mb)});
  }
  DiagnosticLog log;
  std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
  if (!compiled.has_value()) Die(RenderDiagnostics(log, {}));
  EmbeddedClusterOptions options;
  options.slots = EmbeddedCluster::SlotsFor(compiled->chained.graph);
  EmbeddedCluster cluster(&engine.loader(), std::move(options));
  JobGateway& gateway = cluster.gateway();

  Run run;
  malloc_trim(0);
  const double resident_before = ResidentMib();
  double cpu_begin = 0;
  const auto start = Clock::now();
  const auto elapsed = [&start] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  Result<std::string> id = cluster.client().Submit(compiled->chained.graph);
  if (!id) Die(id.error().message);
  // Each subtask of the source reads its share. A part of the state is measured when each of its
  // rows was updated once, and is where it stays.
  const auto subtasks = static_cast<uint64_t>(bench.parallelism);
  const uint64_t filled = restored ? 0 : static_cast<uint64_t>(bench.rows) / subtasks;
  const auto part = static_cast<uint64_t>(bench.updated < bench.rows ? bench.updated : 0);
  const uint64_t warm = restored ? 0 : filled + part / subtasks;
  std::optional<std::pair<double, uint64_t>> begin;
  double warm_at = 0;
  bool done = false;
  const JobStatus status = cluster.client().Wait(
      *id,
      [&](const JobStatus& now) {
        if (done || now.source_rows == 0 || now.source_rows_least < filled) return;
        const double at = elapsed();
        if (run.first_update_seconds == 0) run.first_update_seconds = at;
        if (warm_at == 0 && now.source_rows_least >= warm) warm_at = at;
        if (!begin && warm_at != 0 && at - warm_at >= kSettleSeconds) {
          begin = {at, now.source_rows};
          cpu_begin = CpuSeconds();
          run.begin_millis = SystemClock().NowMicros() / 1000;
        }
        if (!begin) return;
        run.resident_mib = std::max(run.resident_mib, ResidentMib() - resident_before);
        if (!restored && at - begin->first < kMeasuredSeconds) return;
        const auto updates = static_cast<double>(now.source_rows - begin->second);
        run.updates_a_second = updates / (at - begin->first);
        run.cpu_micros = 1e6 * (CpuSeconds() - cpu_begin) / updates;
        run.checkpoints = CheckpointsOf(gateway, *id);
        done = true;
        cluster.client().Cancel(*id);
      },
      kPollMicros);
  if (status.state != JobState::kCanceled) {
    Die("state-bench: " + (status.error ? status.error->message : Name(status.state)));
  }
  return run;
}

std::vector<ConfigSetting> Checkpointing(const std::string& directory) {
  return {{"execution.checkpointing.interval", "1s"},
          {"execution.checkpointing.incremental", "true"},
          {"execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"},
          {"execution.checkpointing.dir", directory}};
}

double Mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

double QuantileOf(std::vector<double> values, double quantile) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<size_t>(std::ceil(quantile * static_cast<double>(values.size())));
  return values[std::max<size_t>(rank, 1) - 1];
}

// Of the checkpoints triggered while the run was measured.
void Summarize(const Run& run, StateBenchResult* result) {
  std::vector<double> written, millis, stalls;
  for (const protocol::CheckpointDescription& checkpoint : run.checkpoints.history()) {
    if (checkpoint.trigger_timestamp() < run.begin_millis || checkpoint.status() != "COMPLETED") {
      continue;
    }
    written.push_back(Mib(checkpoint.checkpointed_size()));
    millis.push_back(static_cast<double>(checkpoint.end_to_end_duration()));
    for (const protocol::SubtaskCheckpointDescription& subtask : checkpoint.subtasks()) {
      stalls.push_back(static_cast<double>(subtask.stall_micros()) / 1000);
    }
  }
  result->checkpoints = millis.size();
  result->state_mib = Mib(run.checkpoints.latest_completed().state_size());
  result->written_mib = QuantileOf(std::move(written), 0.5);
  result->checkpoint_ms = QuantileOf(std::move(millis), 0.5);
  result->stall_ms_p99 = QuantileOf(std::move(stalls), 0.99);
}

}  // namespace

StateBenchResult RunStateBench(Engine& engine, const StateBench& bench, int runs,
                               const std::string& directory) {
  StateBenchResult result;
  for (int run = 0; run < runs; ++run) {
    const Run plain = RunOnce(engine, bench, {}, false);
    std::filesystem::remove_all(directory);
    const Run checkpointing = RunOnce(engine, bench, Checkpointing(directory), false);
    std::vector<ConfigSetting> restoring = Checkpointing(directory);
    restoring.push_back({"execution.state-recovery.path", "latest"});
    const Run restored = RunOnce(engine, bench, std::move(restoring), true);

    if (plain.updates_a_second > result.updates_a_second) {
      result.updates_a_second = plain.updates_a_second;
      result.cpu_micros = plain.cpu_micros;
    }
    result.resident_mib =
        std::max({result.resident_mib, plain.resident_mib, checkpointing.resident_mib});
    if (run == 0 || restored.first_update_seconds < result.restore_seconds) {
      result.restore_seconds = restored.first_update_seconds;
    }
    if (checkpointing.updates_a_second < result.updates_a_second_checkpointing) continue;
    result.updates_a_second_checkpointing = checkpointing.updates_a_second;
    result.cpu_micros_checkpointing = checkpointing.cpu_micros;
    Summarize(checkpointing, &result);
  }
  std::filesystem::remove_all(directory);
  return result;
}

}  // namespace flinkc
