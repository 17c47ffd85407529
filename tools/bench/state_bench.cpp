#include "tools/bench/state_bench.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <optional>

#include "compiler/diagnostics/renderer.h"
#include "runtime/base/clock.h"
#include "runtime/env/process_usage.h"
#include "runtime/rest/async_operations.h"
#include "tools/bench/bench_job.h"
#include "tools/embedded/embedded_cluster.h"

namespace flinkc {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kPollMicros = 5'000;
// Of a stretch without checkpoints, and of the one with them that follows. The machine's
// speed changes from minute to minute, by more than what checkpoints cost: neighbours are compared.
constexpr double kStretchSeconds = 3;
constexpr int kStretches = 10;  // without, with, without, ...
constexpr double kCheckpointEverySeconds = 1;
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

// What was done in all stretches of one kind.
struct Work {
  double seconds = 0;
  double updates = 0;
  double cpu_seconds = 0;

  double updates_a_second() const { return updates / seconds; }
  double cpu_micros() const { return 1e6 * cpu_seconds / updates; }  // an update
};

struct Run {
  Work without, with;  // checkpoints
  double resident_mib = 0;
  int64_t begin_millis = 0;  // of what is measured, since 1970
  protocol::CheckpointsDescription checkpoints;
};

struct Moment {
  double seconds = 0;
  uint64_t updates = 0;
  double cpu_seconds = 0;
};

void AddWork(const Moment& begin, const Moment& end, Work* work) {
  work->seconds += end.seconds - begin.seconds;
  work->updates += static_cast<double>(end.updates - begin.updates);
  work->cpu_seconds += end.cpu_seconds - begin.cpu_seconds;
}

protocol::CheckpointsDescription CheckpointsOf(JobGateway& gateway, const std::string& job) {
  protocol::DescribeJobs request;
  request.set_job_id(job);
  const Result<protocol::DescribeJobsReply> reply = gateway.Describe(request);
  if (!reply) Die(reply.error().message);
  if (reply->jobs_size() != 1) Die("state-bench: the job is not known");
  return reply->jobs(0).checkpoints();
}

// A job that runs, asked to cancel itself by whoever has seen enough.
class StateJob {
 public:
  // `on_update`: called every few milliseconds with the job's progress and the seconds since it was
  // submitted, once each of the rows is there; false: enough.
  using OnUpdate = std::function<bool(const JobStatus& status, double seconds)>;

  StateJob(Engine& engine, const StateBench& bench, std::vector<ConfigSetting> settings)
      : spec_("state-bench.yaml", SpecOf(bench)) {
    CompileRequest request;
    request.spec = &spec_;
    request.settings = std::move(settings);
    request.settings.push_back({"parallelism.default", std::to_string(bench.parallelism)});
    request.settings.push_back({"state.backend.type", bench.backend});
    if (bench.budget_mb != 0) {
      request.settings.push_back(
          {"taskmanager.memory.managed.size", fmt::format("{}mb", bench.budget_mb)});
    }
    DiagnosticLog log;
    compiled_ = CompileJob(request, engine.services(), log);
    if (!compiled_.has_value()) Die(RenderDiagnostics(log, {}));
    EmbeddedClusterOptions options;
    options.slots = EmbeddedCluster::SlotsFor(compiled_->chained.graph);
    cluster_.emplace(&engine.loader(), std::move(options));
  }

  void Run(const OnUpdate& on_update) {
    const auto start = Clock::now();
    Result<std::string> id = cluster_->client().Submit(compiled_->chained.graph);
    if (!id) Die(id.error().message);
    id_ = *id;
    bool done = false;
    const JobStatus status = cluster_->client().Wait(
        id_,
        [&](const JobStatus& now) {
          if (done || now.source_rows == 0) return;
          done = !on_update(now, std::chrono::duration<double>(Clock::now() - start).count());
          if (done) cluster_->client().Cancel(id_);
        },
        kPollMicros);
    if (status.state != JobState::kCanceled) {
      Die("state-bench: " + (status.error ? status.error->message : Name(status.state)));
    }
  }

  void TriggerCheckpoint() {
    AsyncOperation operation;
    operation.job_id = id_;
    if (const auto started = cluster_->gateway().Trigger(operation); !started) {
      Die(started.error().message);
    }
  }
  protocol::CheckpointsDescription Checkpoints() { return CheckpointsOf(cluster_->gateway(), id_); }

 private:
  const SourceBuffer spec_;
  std::optional<CompiledJob> compiled_;
  std::optional<EmbeddedCluster> cluster_;
  std::string id_;
};

// Stretches without checkpoints and with them in turn, of a job whose state is there.
class Measurement {
 public:
  Measurement(StateJob* job, Run* run) : job_(*job), run_(*run) {}

  // Whether there is more to measure.
  bool OnUpdate(uint64_t updates, double seconds) {
    if (!asked_for_all_) {
      // All that there is, once: what comes after it is incremental.
      job_.TriggerCheckpoint();
      asked_for_all_ = true;
    }
    if (!has_begun_) {
      if (job_.Checkpoints().completed() == 0) return true;
      has_begun_ = true;
      run_.begin_millis = SystemClock().NowMicros() / 1000;
      Begin({seconds, updates, CpuSeconds()});
    }
    if (is_with() && seconds >= next_checkpoint_) {
      next_checkpoint_ += kCheckpointEverySeconds;
      job_.TriggerCheckpoint();
    }
    if (seconds - begin_.seconds < kStretchSeconds) return true;
    const Moment end{seconds, updates, CpuSeconds()};
    AddWork(begin_, end, is_with() ? &run_.with : &run_.without);
    if (++stretch_ < kStretches) {
      Begin(end);
      return true;
    }
    run_.checkpoints = job_.Checkpoints();
    return false;
  }

 private:
  bool is_with() const { return stretch_ % 2 == 1; }
  void Begin(const Moment& moment) {
    begin_ = moment;
    next_checkpoint_ = moment.seconds;
  }

  StateJob& job_;
  Run& run_;
  bool asked_for_all_ = false;
  bool has_begun_ = false;
  int stretch_ = 0;
  Moment begin_;
  double next_checkpoint_ = 0;
};

Run Measure(Engine& engine, const StateBench& bench, std::vector<ConfigSetting> settings) {
  malloc_trim(0);
  const double resident_before = ResidentMib();
  StateJob job(engine, bench, std::move(settings));
  Run run;
  Measurement measurement(&job, &run);
  // Each subtask of the source reads its share. A part of the state is measured when each of its
  // rows was updated once, and is where it stays.
  const auto subtasks = static_cast<uint64_t>(bench.parallelism);
  const auto part = static_cast<uint64_t>(bench.updated < bench.rows ? bench.updated : 0);
  const uint64_t warm = (static_cast<uint64_t>(bench.rows) + part) / subtasks;
  std::optional<double> warm_at;
  job.Run([&](const JobStatus& now, double seconds) {
    if (now.source_rows_least < warm) return true;
    if (!warm_at) warm_at = seconds;
    if (seconds - *warm_at < kSettleSeconds) return true;
    run.resident_mib = std::max(run.resident_mib, ResidentMib() - resident_before);
    return measurement.OnUpdate(now.source_rows, seconds);
  });
  return run;
}

// From Submit to the first update.
double SecondsToRestore(Engine& engine, const StateBench& bench,
                        std::vector<ConfigSetting> settings) {
  StateJob job(engine, bench, std::move(settings));
  double taken = 0;
  job.Run([&](const JobStatus&, double seconds) {
    taken = seconds;
    return false;
  });
  return taken;
}

std::vector<ConfigSetting> Checkpointing(const std::string& directory) {
  return {{"execution.checkpointing.incremental", "true"},
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
    std::filesystem::remove_all(directory);
    const Run measured = Measure(engine, bench, Checkpointing(directory));
    std::vector<ConfigSetting> restoring = Checkpointing(directory);
    restoring.push_back({"execution.state-recovery.path", "latest"});
    const double restore_seconds = SecondsToRestore(engine, bench, std::move(restoring));

    result.resident_mib = std::max(result.resident_mib, measured.resident_mib);
    if (run == 0 || restore_seconds < result.restore_seconds) {
      result.restore_seconds = restore_seconds;
    }
    if (measured.with.updates_a_second() < result.updates_a_second_checkpointing) continue;
    result.updates_a_second = measured.without.updates_a_second();
    result.cpu_micros = measured.without.cpu_micros();
    result.updates_a_second_checkpointing = measured.with.updates_a_second();
    result.cpu_micros_checkpointing = measured.with.cpu_micros();
    Summarize(measured, &result);
  }
  std::filesystem::remove_all(directory);
  return result;
}

}  // namespace flinkc
