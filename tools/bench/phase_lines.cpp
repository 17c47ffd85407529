#include "tools/bench/phase_lines.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace flinkc {

namespace {

constexpr const char* kStrategy = "table.optimizer.agg-phase-strategy";

struct Groups {
  const char* name;
  const char* key;  // of k, evenly 0 … 999,999, and v, evenly 0 … 999
};
constexpr Groups kGroups[] = {
    {"one group", "k * 0"},
    {"ten groups", "k % 10"},
    {"1,000 groups", "k % 1000"},
    {"10,000 groups", "k % 10000"},
    {"half in one of 1,000,000", "CASE WHEN v < 500 THEN CAST(-1 AS BIGINT) ELSE k END"},
    {"a quarter in one of 1,000,000", "CASE WHEN v < 250 THEN CAST(-1 AS BIGINT) ELSE k END"},
    {"1,000,000 groups", "k"},
};

BenchJob JobOf(const Groups& groups, int64_t rows) {
  BenchJob job;
  job.name = groups.name;
  job.spec = fmt::format(R"yaml(
flinkc: 1
job: {{name: phases}}
sources:
  in:
    connector: datagen
    options: {{rows: {}, fields: {{k: {{kind: random, min: 0, max: 999999}}, v: {{kind: random, min: 0, max: 999}}}}}}
    schema: {{k: BIGINT NOT NULL, v: BIGINT NOT NULL}}
streams:
  keyed: {{from: in, extend: {{g: "{}"}}}}
  sums:
    from: keyed
    aggregate:
      by: [g]
      compute: {{n: count(*), total: sum(v), least: min(v), most: max(v)}}
      emit: end
sinks:
  out: {{from: sums, connector: blackhole}}
)yaml",
                         rows, groups.key);
  return job;
}

void PrintPhases(Engine& engine, BenchJob job, int64_t rows, int runs) {
  JobRun fastest[2];
  // In turn: what else runs on the machine disturbs both.
  for (int i = 0; i < runs; ++i) {
    for (const bool is_auto : {false, true}) {
      job.settings[kStrategy] = is_auto ? "AUTO" : "ONE_PHASE";
      const JobRun run = RunJob(engine, job, 2);
      JobRun& best = fastest[is_auto ? 1 : 0];
      if (i == 0 || run.seconds < best.seconds) best.seconds = run.seconds;
      if (i == 0 || run.cpu_seconds < best.cpu_seconds) best.cpu_seconds = run.cpu_seconds;
    }
  }
  const double millions = static_cast<double>(rows) / 1e6;
  fmt::print("| {} | {:.1f} | {:.1f} | {:.2f} | {:.1f} | {:.1f} | {:.2f} |\n", job.name,
             millions / fastest[0].seconds, millions / fastest[1].seconds,
             fastest[0].seconds / fastest[1].seconds, millions / fastest[0].cpu_seconds,
             millions / fastest[1].cpu_seconds, fastest[0].cpu_seconds / fastest[1].cpu_seconds);
  std::fflush(stdout);
}

}  // namespace

void PrintPhaseLines(Engine& engine, const PhaseLines& lines) {
  fmt::print(
      "\nphases: millions of rows a second at p=2 with ONE_PHASE and with AUTO, best of {}\n\n"
      "| | one | auto | auto : one | a core: one | auto | auto : one |\n"
      "|---|---|---|---|---|---|---|\n",
      lines.runs);
  for (const Groups& groups : kGroups) {
    PrintPhases(engine, JobOf(groups, lines.rows), lines.rows, lines.runs);
  }
  for (const BenchJob& query : lines.queries) {
    PrintPhases(engine, query, lines.rows, lines.runs);
  }
}

}  // namespace flinkc
