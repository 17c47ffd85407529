// NEXMark's queries against the reference: at several parallelisms, as machine code and
// interpreted, with state in memory and in RocksDB; and killed and started again from their
// checkpoints. A spec in specs/nexmark is tested as soon as it is there. FLINKC_NEXMARK=full runs
// every combination at 200,000 events; without it a few, most of them with fewer.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/exec/job_runner.h"
#include "tests/nexmark/flinkc_process.h"
#include "tests/nexmark/found_rows.h"
#include "tests/nexmark/nexmark_query.h"

namespace flinkc {

void PrintTo(const NexmarkQuery& query, std::ostream* out) { *out << query.name; }

namespace {

constexpr int64_t kEvents = 200'000;

bool RunsAll() { return std::getenv("FLINKC_NEXMARK") != nullptr; }

struct Setting {
  int parallelism = 1;
  bool jit = true;
  std::string backend = "hashmap";
  int64_t events = kEvents;

  std::string Name() const {
    return fmt::format("parallelism {}, {}, {}, {} events", parallelism,
                       jit ? "machine code" : "interpreter", backend, events);
  }
};

std::vector<Setting> SettingsOf(const NexmarkQuery& query) {
  if (!RunsAll()) {
    const int64_t few = query.few_events;
    return {{1, true, "hashmap", query.is_large ? few : kEvents},
            {2, false, "hashmap", few},
            {4, true, "rocksdb", few}};
  }
  std::vector<Setting> settings;
  for (const int parallelism : {1, 2, 4}) {
    for (const bool jit : {true, false}) {
      for (const char* backend : {"hashmap", "rocksdb"}) {
        settings.push_back({parallelism, jit, backend});
      }
    }
  }
  return settings;
}

std::map<std::string, std::string> Options(const Setting& setting) {
  std::map<std::string, std::string> options = {
      {"parallelism.default", std::to_string(setting.parallelism)},
      {"state.backend.type", setting.backend}};
  // Far too little memory for the state.
  if (setting.backend == "rocksdb") options["taskmanager.memory.managed.size"] = "1mb";
  return options;
}

void Replace(std::string& text, const std::string& what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

// `column=value` as `"column":"value"`; directories write marks as %XX.
std::string ColumnOfDirectory(const std::string& name) {
  std::string text = "\"" + name;
  text.replace(text.find('='), 1, "\":\"");
  for (size_t at; (at = text.find('%')) != std::string::npos;) {
    text.replace(at, 3, 1, static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)));
  }
  return text + "\"";
}

// The rows of the finished part files, each in the directory that its columns name.
std::vector<std::string> RowsOfFiles(const std::filesystem::path& directory) {
  std::vector<std::string> rows;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.path().filename().string().starts_with("part-")) continue;
    std::vector<std::string> columns;
    for (auto at = entry.path().parent_path(); at != directory; at = at.parent_path()) {
      columns.push_back(ColumnOfDirectory(at.filename()));
    }
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      for (const std::string& column : columns) {
        EXPECT_NE(line.find(column), std::string::npos) << entry.path() << " " << line;
      }
      rows.push_back(line);
    }
  }
  return rows;
}

class NexmarkTest : public testing::TestWithParam<NexmarkQuery> {
 protected:
  void SetUp() override {
    directory_ = fmt::format("{}/nexmark_{}_{}", testing::TempDir(), getpid(), query().name);
    std::filesystem::create_directories(directory_);
    spec_ = ReadText(NexmarkSpecPath(query().name));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  const NexmarkQuery& query() const { return GetParam(); }

  std::map<std::string, std::string> Parameters(int64_t events) {
    std::map<std::string, std::string> parameters = {{"events", std::to_string(events)},
                                                     {"rate", std::to_string(query().rate)}};
    if (spec_.find("side_input:") != std::string::npos) {
      parameters["side_input"] = directory_ + "/side_input.csv";
      std::ofstream file(parameters["side_input"]);
      file << "key,value\n";
      for (int64_t key = 0; key < kSideInputRows; ++key) {
        file << key << "," << SideInputValue(key) << "\n";
      }
    }
    if (spec_.find("output:") != std::string::npos) parameters["output"] = directory_ + "/out";
    return parameters;
  }

  ReferenceRows Reference(int64_t events) const {
    ReferenceRows reference = query().reference(ReadNexmarkEvents(events, query().rate));
    EXPECT_FALSE(reference.rows.empty());
    return reference;
  }

  void Check(std::vector<std::string> rows, const ReferenceRows& reference) {
    std::string wrong;
    if (query().name == "q12") rows = WithoutClockWindows(rows, &wrong);
    EXPECT_EQ(wrong, "");
    EXPECT_EQ(Difference(std::move(rows), reference), "");
  }

  // The spec with sinks that can be read in the end, and sources that take a while.
  std::string SpecToKill() const {
    std::string spec = spec_;
    Replace(spec, "connector: blackhole",
            query().key.empty()
                ? "connector: file, format: json, options: {path: \"" + directory_ + "/out\"}"
                : "connector: console, format: json");
    Replace(spec, "format: csv, options: {path: \"${output}\"",
            "format: json, options: {path: \"${output}\"");
    // Each of the tables takes half a second or so.
    Replace(spec, "table: person,", "table: person, rows_per_second: 1600,");
    Replace(spec, "table: auction,", "table: auction, rows_per_second: 4800,");
    Replace(spec, "table: bid,", "table: bid, rows_per_second: 74000,");
    return spec;
  }

  FlinkcProcess Process(const Setting& setting, int64_t events) {
    const std::string path = directory_ + "/" + query().name + ".yaml";
    std::ofstream(path) << SpecToKill();
    FlinkcProcess process;
    process.output = directory_ + "/console";
    process.errors = directory_ + "/errors";
    process.arguments = {"run", path, "--from-checkpoint", "latest"};
    for (const auto& [name, value] : Parameters(events)) {
      process.arguments.insert(process.arguments.end(), {"-p", name + "=" + value});
    }
    std::map<std::string, std::string> options = Options(setting);
    options["execution.checkpointing.dir"] = directory_ + "/checkpoints";
    options["execution.checkpointing.interval"] = "10ms";
    options["execution.checkpointing.incremental"] = setting.parallelism == 2 ? "true" : "false";
    for (const auto& [name, value] : options) {
      process.arguments.insert(process.arguments.end(), {"-D", name + "=" + value});
    }
    return process;
  }

  std::string directory_;
  std::string spec_;
};

TEST_P(NexmarkTest, EqualsTheReference) {
  std::map<int64_t, ReferenceRows> references;
  for (const Setting& setting : SettingsOf(query())) {
    SCOPED_TRACE(setting.Name());
    if (!references.contains(setting.events)) {
      references[setting.events] = Reference(setting.events);
    }
    RunSetup setup;
    setup.spec_name = query().name + ".yaml";
    setup.spec = spec_;
    // A blackhole takes upserts; a console gets the rows that they replace, too.
    Replace(setup.spec, "connector: blackhole", "connector: console, format: json");
    setup.params = Parameters(setting.events);
    setup.settings = Options(setting);
    setup.jit = setting.jit;
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished)
        << outcome.diagnostics << (outcome.error ? outcome.error->message : "");
    std::string wrong;
    const std::vector<std::string> table = FinalTable(outcome.outputs.at("out"), &wrong);
    EXPECT_EQ(wrong, "");
    Check(table, references[setting.events]);
  }
}

TEST_P(NexmarkTest, KilledAndRestoredEqualsTheReference) {
  const int64_t events = query().few_events;
  const ReferenceRows reference = Reference(events);
  // Where one life after another ends: at its so-manieth checkpoint, before a subtask says that it
  // is done, when the checkpoint is written and not yet named, and when it is complete.
  const std::vector<std::string> ends = {"checkpoint.durable:3:kill", "ack.before:4:kill",
                                         "metadata.before_rename:2:kill"};
  std::vector<std::string> backends = {"hashmap", "rocksdb"};
  if (!RunsAll()) {
    // One of them, by the query's name.
    backends = {backends[query().name.back() % 2]};
  }
  for (const std::string& backend : backends) {
    SCOPED_TRACE(backend);
    for (const char* written : {"out", "checkpoints", "console"}) {
      std::filesystem::remove_all(directory_ + "/" + written);
    }
    int code = -1;
    for (size_t life = 0; code != 0; ++life) {
      // Another parallelism each time.
      const int parallelism = 1 << life % 3;
      FlinkcProcess process = Process({parallelism, true, backend, events}, events);
      if (life < ends.size()) process.failpoints = ends[life];
      code = RunFlinkc(process);
      ASSERT_TRUE(code == 0 || code == -SIGKILL) << code << ": " << ReadText(process.errors);
      // Otherwise this says nothing.
      ASSERT_TRUE(life > 0 || code == -SIGKILL) << "the job had ended before it was killed";
      ASSERT_TRUE(life < ends.size() || code == 0);
    }
    if (query().key.empty()) {
      Check(RowsOfFiles(directory_ + "/out"), reference);
      continue;
    }
    std::vector<std::string> lines;
    std::ifstream console(directory_ + "/console");
    for (std::string line; std::getline(console, line);) lines.push_back(line);
    Check(LastOfEachKey(lines, query().key), reference);
  }
}

std::vector<NexmarkQuery> QueriesWithSpecs() {
  std::vector<NexmarkQuery> queries;
  for (const NexmarkQuery& query : AllNexmarkQueries()) {
    if (std::filesystem::exists(NexmarkSpecPath(query.name))) queries.push_back(query);
  }
  return queries;
}

INSTANTIATE_TEST_SUITE_P(Queries, NexmarkTest, testing::ValuesIn(QueriesWithSpecs()),
                         [](const auto& info) { return info.param.name; });

TEST(NexmarkSpecs, EachHasAReference) {
  std::set<std::string> known;
  for (const NexmarkQuery& query : AllNexmarkQueries()) known.insert(query.name);
  for (const auto& entry :
       std::filesystem::directory_iterator(FLINKC_SOURCE_DIR "/specs/nexmark")) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_TRUE(known.contains(entry.path().stem().string())) << entry.path();
  }
}

}  // namespace
}  // namespace flinkc
