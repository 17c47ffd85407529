#include "tools/bench/state_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/bench/state_bench.h"

namespace flinkc {

namespace {

constexpr int64_t kRows = 14'500'000;  // a GiB
constexpr std::string_view kHotQuery = "rocksdb_q17";
// q17's groups are written to for a short while each, and do not come back. Of the first budget,
// three eighths for rows, two subtasks that drift apart need more at one time than there is, so
// that a third of what leaves the memory comes back; of the second one nothing does, and a third of
// the state fits.
constexpr std::array<std::string_view, 2> kHotQueryBudgets = {"16mb", "64mb"};

constexpr std::array<std::string_view, 5> kNames = {"memory", "memory_all", "rocksdb",
                                                    "rocksdb_large", kHotQuery};

StateBench BenchOf(std::string_view name) {
  StateBench bench;
  bench.name = name;
  bench.backend = name.starts_with("rocksdb") ? "rocksdb" : "hashmap";
  bench.rows = kRows;
  bench.updated = kRows;
  if (name == "memory" || name == "rocksdb") bench.updated = kRows / 10;
  if (name == "rocksdb") bench.budget_mb = 3000;
  if (name == "rocksdb_large") {
    bench.rows = bench.updated = kRows / 5;
    bench.budget_mb = 22;
  }
  return bench;
}

void PrintHotQuery(Engine& engine, const StateLines& lines) {
  BenchJob job = lines.hot_query;
  const JobRun memory = FastestRun(engine, job, 2, lines.runs);
  const double millions = static_cast<double>(lines.hot_query_events) / 1e6;
  for (const std::string_view budget : kHotQueryBudgets) {
    job.settings = {{"state.backend.type", "rocksdb"},
                    {"taskmanager.memory.managed.size", std::string(budget)}};
    const JobRun rocksdb = FastestRun(engine, job, 2, lines.runs);
    fmt::print("| {}, {} | {:.1f} in memory, {:.1f} in RocksDB: {:.2f} of it |\n", kHotQuery,
               budget, millions / memory.seconds, millions / rocksdb.seconds,
               memory.seconds / rocksdb.seconds);
  }
}

}  // namespace

std::span<const std::string_view> StateLineNames() { return kNames; }

void PrintStateLine(Engine& engine, std::string_view name, const StateLines& lines) {
  if (name == kHotQuery) return PrintHotQuery(engine, lines);
  const StateBench bench = BenchOf(name);
  const StateBenchResult run = RunStateBench(engine, bench, lines.runs, lines.directory);
  fmt::print(
      "state: millions of updates a second without and with a checkpoint each second, "
      "incremental, p=2\n\n"
      "| | without | with | loss | µs of a core an update | with | checkpoints | state MiB | "
      "written MiB | checkpoint ms | stall p99 ms | restore s | resident MiB |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
      "| {} | {:.2f} | {:.2f} | {:.0f} % | {:.2f} | {:.2f} | {} | {:.0f} | {:.0f} | {:.0f} | "
      "{:.1f} | {:.1f} | {:.0f} |\n",
      bench.name, run.updates_a_second / 1e6, run.updates_a_second_checkpointing / 1e6,
      100 * (1 - run.updates_a_second_checkpointing / run.updates_a_second), run.cpu_micros,
      run.cpu_micros_checkpointing, run.checkpoints, run.state_mib, run.written_mib,
      run.checkpoint_ms, run.stall_ms_p99, run.restore_seconds, run.resident_mib);
  std::fflush(stdout);
}

}  // namespace flinkc
