// What the engine reaches on this machine, as one table: NEXMark queries and the reading of CSV and
// JSON, each as a whole job in this process with a blackhole at its end, without checkpoints and
// with one each second; beside them loops written by hand (handwritten.h); how fast a small job
// starts; what a large state costs; and what aggregates in two phases gain.
//
//   bench [--events N] [--runs N] [NAME…]
//
// All lines, or those named: q0 … q23, csv, json, start, phases, state, or one of that:
// state_memory … (state_lines.h). Those of phases and state are the best of N runs. What a line of
// state says of resident memory is to be trusted only if nothing ran before it in the process.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/bench_job.h"
#include "tools/bench/handwritten.h"
#include "tools/bench/ingest_jobs.h"
#include "tools/bench/phase_lines.h"
#include "tools/bench/start_time.h"
#include "tools/bench/state_lines.h"

namespace flinkc {
namespace {

constexpr double kRate = 1'000'000;  // events a second of event time
constexpr int kRuns = 3;
constexpr int kStarts = 15;
constexpr int kQueriesMax = 24;
const std::vector<std::string> kByHand = {"q0", "q1", "q2", "q5", "q5_count", "q7", "q8", "q17"};

struct Arguments {
  int64_t events = 20'000'000;
  int runs = 2;
  std::vector<std::string> names;  // empty: all

  bool Wants(const std::string& name) const {
    return names.empty() || std::ranges::find(names, name) != names.end();
  }
};

std::string StateName(std::string_view line) { return fmt::format("state_{}", line); }

struct TemporaryDirectory {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("flinkc_bench_{}", getpid())).string();
  TemporaryDirectory() { std::filesystem::create_directories(path); }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

std::string SpecPath(const std::string& query) {
  return FLINKC_SOURCE_DIR "/specs/nexmark/" + query + ".yaml";
}

// q0, q1, … as far as there are specs.
std::vector<std::string> Queries() {
  std::vector<std::string> queries;
  for (int i = 0; i < kQueriesMax; ++i) {
    for (const char* part : {"", "_count"}) {
      const std::string query = fmt::format("q{}{}", i, part);
      if (std::filesystem::exists(SpecPath(query))) queries.push_back(query);
    }
  }
  return queries;
}

// `directory`: for what the query writes, if it does.
BenchJob NexmarkJob(const std::string& query, int64_t events, bool all,
                    const std::string& directory) {
  BenchJob job;
  job.name = query;
  std::ifstream file(SpecPath(query));
  std::stringstream text;
  text << file.rdbuf();
  job.spec = text.str();
  job.params = {{"events", std::to_string(events)},
                {"rate", std::to_string(static_cast<int64_t>(kRate))},
                {"generate", all ? "all" : "needed"}};
  if (job.spec.find("  output:") != std::string::npos) job.params["output"] = directory + "/output";
  if (job.spec.find("  side_input:") != std::string::npos) {
    job.params["side_input"] = FLINKC_SOURCE_DIR "/specs/nexmark/side_input.csv";
  }
  return job;
}

// The same with a checkpoint each second.
BenchJob Checkpointed(BenchJob job, const std::string& directory) {
  job.settings = {{"execution.checkpointing.interval", "1s"},
                  {"execution.checkpointing.dir", directory + "/checkpoints"}};
  return job;
}

// `by_hand`: seconds of the loop, if there is one.
void PrintLine(Engine& engine, const std::string& name, int64_t rows, const BenchJob& all,
               const BenchJob& few, const std::string& directory, std::optional<double> by_hand) {
  const double millions = static_cast<double>(rows) / 1e6;
  const JobRun one = FastestRun(engine, all, 1, kRuns);
  const JobRun two = FastestRun(engine, all, 2, kRuns);
  const JobRun checkpointed = FastestRun(engine, Checkpointed(all, directory), 2, kRuns);
  const JobRun needed = FastestRun(engine, few, 2, kRuns);
  fmt::print(
      "| {} | {:.1f} | {:.1f} | {:.2f} | {:.1f} | {:.0f} | {:.1f} | {} | {:.1f} | {} | {} |\n",
      name, millions / one.seconds, millions / two.seconds, one.seconds / two.seconds,
      millions / two.cpu_seconds, two.peak_mib, millions / checkpointed.seconds,
      checkpointed.checkpoints > 0 ? fmt::format("{:.1f}", checkpointed.state_mib) : "",
      millions / needed.seconds, by_hand ? fmt::format("{:.1f}", millions / *by_hand) : "",
      by_hand ? fmt::format("{:.2f}", *by_hand / one.seconds) : "");
  std::fflush(stdout);
}

void PrintQuery(Engine& engine, const std::string& query, int64_t events,
                const std::string& directory) {
  std::optional<double> by_hand;
  for (int i = 0; i < kRuns && std::ranges::find(kByHand, query) != kByHand.end(); ++i) {
    const double seconds = RunHandwritten(query, events, kRate).seconds;
    by_hand = std::min(by_hand.value_or(seconds), seconds);
  }
  PrintLine(engine, query, events, NexmarkJob(query, events, true, directory),
            NexmarkJob(query, events, false, directory), directory, by_hand);
}

void PrintTable(const Arguments& arguments, const std::string& directory) {
  Result<std::unique_ptr<Engine>> engine = Engine::Make({});
  if (!engine) Die(engine.error().message);
  fmt::print(
      "{} events of NEXMark, {:.0f} a second of event time, best of {} runs; millions of "
      "events or rows a second\n\n",
      arguments.events, kRate, kRuns);
  fmt::print(
      "| | p=1 | p=2 | p=2 : p=1 | a core (p=2) | MiB (p=2) | checkpoints (p=2) | state MiB "
      "| needed columns (p=2) | by hand | p=1 : by hand |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const std::string& query : Queries()) {
    if (arguments.Wants(query)) PrintQuery(**engine, query, arguments.events, directory);
  }
  std::vector<IngestInput> inputs;
  if (arguments.Wants("csv")) inputs.push_back(MakeCsvInput(directory));
  if (arguments.Wants("json")) inputs.push_back(MakeJsonInput(**engine, directory));
  for (const IngestInput& input : inputs) {
    PrintLine(**engine, input.name, input.rows, input.all, input.few, directory, std::nullopt);
  }
}

void PrintState(const Arguments& arguments, const std::string& directory) {
  std::vector<std::string_view> names;
  for (const std::string_view name : StateLineNames()) {
    if (arguments.Wants("state") || arguments.Wants(StateName(name))) names.push_back(name);
  }
  if (names.empty()) return;
  Result<std::unique_ptr<Engine>> engine = Engine::Make({});
  if (!engine) Die(engine.error().message);
  StateLines lines;
  lines.hot_query = NexmarkJob("q17", lines.hot_query_events, /*all=*/false, directory);
  lines.runs = arguments.runs;
  lines.directory = directory + "/checkpoints";
  for (const std::string_view name : names) PrintStateLine(**engine, name, lines);
}

// Of the queries those that have a local aggregate.
void PrintPhases(const Arguments& arguments, const std::string& directory) {
  Result<std::unique_ptr<Engine>> engine = Engine::Make({});
  if (!engine) Die(engine.error().message);
  PhaseLines lines;
  lines.rows = arguments.events;
  lines.runs = arguments.runs;
  for (const char* query : {"q5", "q5_count", "q7", "q12"}) {
    lines.queries.push_back(NexmarkJob(query, arguments.events, /*all=*/false, directory));
  }
  PrintPhaseLines(**engine, lines);
}

int Main(const Arguments& arguments) {
  const TemporaryDirectory directory;
  const auto has_table = [](const std::string& name) {
    return name != "start" && name != "phases" && !name.starts_with("state");
  };
  if (arguments.names.empty() || std::ranges::any_of(arguments.names, has_table)) {
    PrintTable(arguments, directory.path);
  }
  PrintState(arguments, directory.path);
  if (arguments.Wants("phases")) PrintPhases(arguments, directory.path);
  if (arguments.Wants("start")) {
    std::filesystem::current_path(FLINKC_SOURCE_DIR);
    const StartTime start =
        MeasureStart(FLINKC_COMMAND, "specs/wordcount.yaml", directory.path, kStarts);
    fmt::print(
        "\nfrom the command to the first row of specs/wordcount.yaml: {:.0f} ms, {:.0f} ms "
        "with cached objects (medians of {})\n",
        start.cold_ms, start.cached_ms, kStarts);
  }
  return 0;
}

}  // namespace
}  // namespace flinkc

int main(int argument_count, char** arguments) {
  mallopt(M_ARENA_MAX, 2);  // as flinkc has them on two cores
  flinkc::Arguments parsed;
  for (int i = 1; i < argument_count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--events" && i + 1 < argument_count) {
      parsed.events = std::atoll(arguments[++i]);
    } else if (argument == "--runs" && i + 1 < argument_count) {
      parsed.runs = std::atoi(arguments[++i]);
    } else {
      parsed.names.push_back(argument);
    }
  }
  const std::vector<std::string> queries = flinkc::Queries();
  const auto is_known = [&queries](const std::string& name) {
    return name == "csv" || name == "json" || name == "start" || name == "phases" ||
           name == "state" ||
           std::ranges::find(flinkc::StateLineNames(), name, flinkc::StateName) !=
               flinkc::StateLineNames().end() ||
           std::ranges::find(queries, name) != queries.end();
  };
  if (parsed.events <= 0 || parsed.runs <= 0 || !std::ranges::all_of(parsed.names, is_known)) {
    fmt::print(
        stderr,
        "usage: bench [--events N] [--runs N] [q0 … q23 | csv | json | state | phases | start]…\n");
    return 2;
  }
  return flinkc::Main(parsed);
}
