// Aggregates, distinct rows and set operations over rows that are updated: whoever applies the
// changelog as it comes has, at its end, the table that plain loops over the last rows give.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

struct Row {
  int id = 0;
  std::optional<std::string> g;
  std::optional<int64_t> v;
};

// Skewed, with NULLs; every id comes several times.
std::vector<Row> RandomRows(uint64_t seed, int count, int ids) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) {
    Row row;
    row.id = static_cast<int>(random() % static_cast<uint64_t>(ids));
    const uint64_t g = random() % 12;
    if (g > 0) row.g = g < 6 ? "a" : fmt::format("a group with a long name {}", g);
    if (random() % 8 != 0) row.v = static_cast<int64_t>(random() % 40) - 10;
    rows.push_back(row);
  }
  return rows;
}

std::string Json(const std::optional<std::string>& text) {
  return text ? "\"" + *text + "\"" : "null";
}
std::string Json(const std::optional<int64_t>& number) {
  return number ? std::to_string(*number) : "null";
}

using Table = std::multiset<std::string>;

// The rows of the last state of each id: as last_value gives them, NULLs passed over.
std::vector<Row> Latest(const std::vector<Row>& rows) {
  std::map<int, Row> latest;
  for (const Row& row : rows) {
    Row& now = latest[row.id];
    now.id = row.id;
    if (row.g) now.g = row.g;
    if (row.v) now.v = row.v;
  }
  std::vector<Row> result;
  for (const auto& [id, row] : latest) result.push_back(row);
  return result;
}

std::vector<std::optional<std::string>> Groups(const std::vector<Row>& rows) {
  std::set<std::optional<std::string>> groups;
  for (const Row& row : rows) groups.insert(row.g);
  return {groups.begin(), groups.end()};
}

struct GroupResult {
  std::optional<std::string> g;
  int64_t n = 0;
  std::optional<int64_t> sum, least, most;
  int64_t distinct = 0, distinct_positive = 0;
};

std::vector<GroupResult> ByGroup(const std::vector<Row>& rows) {
  std::vector<GroupResult> results;
  for (const auto& g : Groups(rows)) {
    GroupResult result;
    result.g = g;
    std::set<int64_t> seen, positive;
    for (const Row& row : rows) {
      if (row.g != g) continue;
      ++result.n;
      if (!row.v) continue;
      result.sum = result.sum.value_or(0) + *row.v;
      result.least = std::min(result.least.value_or(*row.v), *row.v);
      result.most = std::max(result.most.value_or(*row.v), *row.v);
      seen.insert(*row.v);
      if (*row.v > 0) positive.insert(*row.v);
    }
    result.distinct = static_cast<int64_t>(seen.size());
    result.distinct_positive = static_cast<int64_t>(positive.size());
    results.push_back(result);
  }
  return results;
}

std::map<std::string, Table> Expected(const std::vector<Row>& all) {
  const std::vector<Row> rows = Latest(all);
  std::map<std::string, Table> tables;
  const std::vector<GroupResult> groups = ByGroup(rows);
  for (const GroupResult& r : groups) {
    tables["by_g"].insert(fmt::format(R"({{"g":{},"n":{},"s":{},"lo":{},"hi":{},"d":{},"dp":{}}})",
                                      Json(r.g), r.n, Json(r.sum), Json(r.least), Json(r.most),
                                      r.distinct, r.distinct_positive));
    tables["letters"].insert(fmt::format(R"({{"g":{}}})", Json(r.g)));
  }
  std::set<int64_t> sizes;
  for (const GroupResult& r : groups) sizes.insert(r.distinct);
  for (const int64_t size : sizes) {
    int64_t count = 0;
    std::optional<std::string> last_name;
    std::optional<int64_t> most;
    for (const GroupResult& r : groups) {
      if (r.distinct != size) continue;
      ++count;
      if (r.g) last_name = std::max(last_name.value_or(*r.g), *r.g);
      if (r.sum) most = std::max(most.value_or(*r.sum), *r.sum);
    }
    tables["by_size"].insert(fmt::format(R"({{"d":{},"groups":{},"most":{},"name":{}}})", size,
                                         count, Json(most), Json(last_name)));
  }
  for (const auto& g : Groups(rows)) {
    int64_t small = 0, large = 0;
    for (const Row& row : rows) {
      if (row.g != g || !row.v) continue;
      small += *row.v < 12;
      large += *row.v > 5;
    }
    const std::string text = fmt::format(R"({{"g":{}}})", Json(g));
    const auto add = [&](const char* table, int64_t times) {
      for (int64_t i = 0; i < times; ++i) tables[table].insert(text);
    };
    add("both", small > 0 && large > 0 ? 1 : 0);
    add("both_all", std::min(small, large));
    add("only", small > 0 && large == 0 ? 1 : 0);
    add("only_all", std::max<int64_t>(small - large, 0));
  }
  return tables;
}

// What goes must be there.
Table Apply(const std::vector<std::string>& changelog) {
  Table table;
  size_t wrong = 0;
  for (const std::string& line : changelog) {
    if (line.starts_with("{")) {
      table.insert(line);
      continue;
    }
    const std::string row = line.substr(3);
    if (line.starts_with("+")) {
      table.insert(row);
      continue;
    }
    const auto found = table.find(row);
    if (found == table.end()) {
      ++wrong;
    } else {
      table.erase(found);
    }
  }
  EXPECT_EQ(wrong, 0u) << "rows that go and are not there";
  return table;
}

std::string Spec(const std::string& path) {
  return R"yaml(flinkc: 1
job: {name: changelog-input}
sources:
  rows:
    connector: file
    options: {path: ")yaml" +
         path + R"yaml("}
    format: csv
    schema: {id: INT NOT NULL, g: STRING, v: BIGINT}
streams:
  latest: {from: rows, aggregate: {by: [id], compute: {g: last_value(g), v: last_value(v)}}}
  by_g:
    from: latest
    aggregate:
      by: [g]
      compute:
        n: count(*)
        s: sum(v)
        lo: min(v)
        hi: max(v)
        d: count(DISTINCT v)
        dp: count(DISTINCT v) FILTER (WHERE v > 0)
  by_size:
    from: by_g
    aggregate: {by: [d], compute: {groups: count(*), most: max(s), name: max(g)}}
  letters: {from: latest, distinct: [g]}
  small: {from: latest, pipe: [{filter: v < 12}, {select: [g]}]}
  large: {from: latest, pipe: [{filter: v > 5}, {select: [g]}]}
  both: {from: [small, large], set: intersect}
  both_all: {from: [small, large], set: intersect_all}
  only: {from: [small, large], set: except}
  only_all: {from: [small, large], set: except_all}
sinks:
  by_g: {from: by_g, connector: console, format: json}
  by_size: {from: by_size, connector: console, format: json}
  letters: {from: letters, connector: console, format: json}
  both: {from: both, connector: console, format: json}
  both_all: {from: both_all, connector: console, format: json}
  only: {from: only, connector: console, format: json}
  only_all: {from: only_all, connector: console, format: json}
)yaml";
}

struct Way {
  bool jit;
  int parallelism;
  std::map<std::string, std::string> settings;
};

void CheckWays(const std::vector<Row>& rows, const std::vector<Way>& ways) {
  const std::string path = testing::TempDir() + "/updates_" + std::to_string(getpid()) + ".csv";
  std::ofstream file(path);
  file << "id,g,v\n";
  for (const Row& row : rows) {
    file << row.id << "," << row.g.value_or("") << ","
         << (row.v ? std::to_string(*row.v) : std::string()) << "\n";
  }
  file.close();
  const std::map<std::string, Table> expected = Expected(rows);
  for (const Way& way : ways) {
    SCOPED_TRACE(fmt::format("jit {}, parallelism {}", way.jit, way.parallelism));
    RunSetup setup;
    setup.spec_name = "changelog_input.yaml";
    setup.spec = Spec(path);
    setup.jit = way.jit;
    setup.settings = way.settings;
    setup.settings["parallelism.default"] = std::to_string(way.parallelism);
    const RunOutcome outcome = RunSpec(setup);
    ASSERT_EQ(outcome.state, JobState::kFinished)
        << outcome.diagnostics << (outcome.error ? outcome.error->message : "");
    for (const auto& [sink, changelog] : outcome.outputs) {
      SCOPED_TRACE(sink);
      const auto table = expected.find(sink);
      EXPECT_EQ(Apply(changelog), table == expected.end() ? Table() : table->second);
    }
  }
  std::filesystem::remove(path);
}

TEST(ChangelogInput, GivesWhatTheLastRowsGive) {
  CheckWays(
      RandomRows(1, 4000, 120),
      {{true, 1, {}},
       {false, 1, {}},
       {true, 2, {}},
       {true, 4, {}},
       {true, 2, {{"state.backend.type", "rocksdb"}, {"taskmanager.memory.managed.size", "1mb"}}}});
}

// Most groups become empty again and again.
TEST(ChangelogInput, GroupsThatComeAndGo) {
  for (uint64_t seed = 2; seed < 6; ++seed) {
    CheckWays(RandomRows(seed, 600, static_cast<int>(seed)),
              {{true, 1, {}}, {false, 1, {}}, {true, 4, {}}});
  }
}

// Changes that leave as one leave the same table: whether batches are full at once, in the middle
// of an update, or never.
TEST(ChangelogInput, MiniBatches) {
  const std::vector<Row> rows = RandomRows(9, 1500, 40);
  std::vector<Way> ways;
  for (const char* size : {"2", "3", "50", "100000"}) {
    const std::map<std::string, std::string> settings = {
        {"table.exec.mini-batch.enabled", "true"},
        {"table.exec.mini-batch.allow-latency", "1s"},
        {"table.exec.mini-batch.size", size}};
    ways.push_back({true, 1, settings});
    ways.push_back({false, 1, settings});
    ways.push_back({true, 4, settings});
  }
  ways.push_back(ways.back());
  ways.back().settings["state.backend.type"] = "rocksdb";
  ways.back().settings["taskmanager.memory.managed.size"] = "1mb";
  CheckWays(rows, ways);
}

// Groups leave memory and come back within a batch, and find the places of others, or their own.
TEST(ChangelogInput, MiniBatchesBeforeRocksDb) {
  std::vector<Row> rows = RandomRows(11, 60'000, 20'000);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i % 10'000 < 5'000) rows[i].id %= 40;
  }
  std::vector<Way> ways;
  for (const char* size : {"400", "4000"}) {
    for (const int parallelism : {1, 2}) {
      ways.push_back({true, parallelism,
                      {{"table.exec.mini-batch.enabled", "true"},
                       {"table.exec.mini-batch.allow-latency", "1s"},
                       {"table.exec.mini-batch.size", size},
                       {"state.backend.type", "rocksdb"},
                       {"taskmanager.memory.managed.size", "1mb"}}});
    }
  }
  CheckWays(rows, ways);
}

}  // namespace
}  // namespace flinkc
