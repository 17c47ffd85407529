// Job graphs to be damaged: of the specs that the project comes with, and of one that has what they
// lack.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/base/check.h"
#include "tools/embedded/engine.h"

namespace flinkc {

inline constexpr const char* kDamagedSpec = R"yaml(
flinkc: 1
job: {name: damaged, parallelism: 2}
sources:
  s:
    connector: file
    options: {path: in.csv}
    format: csv
    schema:
      a: INT
      b: STRING NOT NULL
      d: DECIMAL(30, 3)
      l: ARRAY<STRING>
      ts: TIMESTAMP(3) NOT NULL
    event_time: {column: ts, out_of_order: 5s}
    on_error: route
streams:
  parts: {from: s, route: {small: a < 3, else: rest}}
  names:
    from: parts.small
    pipe:
      - unnest: {name: l}
      - filter: name LIKE 'a%'
      - extend: {x: "CASE WHEN a > 1 THEN upper(name) ELSE COALESCE(name, b) END", y: "a / 2"}
    on_error: drop
  per_hop:
    from: parts.rest
    aggregate:
      window: {hop: {size: 10s, every: 2s}}
      by: [b]
      compute: {n: count(*), u: "count(DISTINCT b)", m: "avg(d) FILTER (WHERE a > 0)", p: "percentile(a, 0.5)"}
      late: route
  totals: {from: parts.rest, aggregate: {by: [b], compute: {n: count(*)}}}
  lone: {from: parts.small, select: {b: b, n: "CAST(1 AS BIGINT)"}}
  all: {from: [totals, lone]}
sinks:
  names: {from: names, connector: console, format: json}
  hops: {from: per_hop, connector: console, format: json}
  late: {from: per_hop.late, connector: blackhole}
  bad: {from: s.errors, connector: console, format: json}
  all: {from: all, connector: console, format: json}
)yaml";

// Serialized JobGraphs; a spec that does not compile is a failed CHECK.
inline std::vector<std::string> CompileSpecs(const Engine& engine) {
  std::vector<std::string> texts = {kDamagedSpec};
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(FLINKC_SOURCE_DIR "/specs")) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::vector<std::string> graphs;
  for (const std::string& text : texts) {
    const SourceBuffer buffer("spec.yaml", text);
    CompileRequest request;
    request.spec = &buffer;
    DiagnosticLog log;
    const std::optional<CompiledJob> job = CompileJob(request, engine.services(), log);
    CHECK(job.has_value());
    graphs.push_back(Serialize(job->chained.graph));
  }
  return graphs;
}

}  // namespace flinkc
