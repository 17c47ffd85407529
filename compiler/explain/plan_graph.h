// What every rendering of a plan starts from: operators in words, the streams between them, and
// the chains they run in. Holds texts and indexes only, so a writer knows no operator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/chained_job.h"
#include "compiler/plan/logical_plan.h"

namespace flinkc {

struct PlanColumn {
  std::string name;
  std::string type;  // "INT NOT NULL"
};

// One stream that leaves an operator.
struct PlanOutput {
  std::string name;  // "" main, "errors", "late", or a route's branch
  std::vector<PlanColumn> columns;
  std::string changelog;                // "append", "upsert", "retract"
  std::vector<std::string> unique_key;  // column names
  std::string time_attribute;           // a column's name, or ""
};

enum class PlanShape : uint8_t { kSource, kStateless, kStateful, kSink };

struct PlanNode {
  uint32_t id = 0;    // of the operator
  std::string title;  // "flights/filter"
  std::string kind;   // "filter"
  PlanShape shape = PlanShape::kStateless;
  std::vector<std::string> details;  // what it does
  std::vector<PlanOutput> outputs;
  std::string state_id;      // "" without state
  std::string delivery;      // "exactly once", "at least once"; "" but for sinks
  uint32_t parallelism = 0;  // 0: the job's, or the chain's
  // Rows leave as they came: its output's columns are its input's.
  bool passes = false;
  std::optional<size_t> group;  // index of groups
};

struct PlanEdge {
  size_t source = 0;  // indexes of nodes
  size_t target = 0;
  uint32_t output = 0;   // of the source
  std::string exchange;  // "" inside a chain; "forward", "hash", "rebalance"
  std::vector<std::string> keys;
};

// A chain: what runs in one loop.
struct PlanGroup {
  std::string title;  // "chain 1"
  uint32_t parallelism = 1;
};

struct PlanGraph {
  std::string level;  // "logical", "optimized", "chains"
  std::string job_name;
  uint32_t parallelism = 1;  // the job's; of the widest chain in a graph of chains
  uint32_t max_parallelism = 128;
  std::string time_zone;
  std::map<std::string, ConfigEntry> config;
  std::vector<PlanNode> nodes;  // in topological order
  std::vector<PlanEdge> edges;
  std::vector<PlanGroup> groups;  // empty: not yet cut into chains

  const PlanOutput& OutputOf(const PlanEdge& edge) const {
    return nodes[edge.source].outputs[edge.output];
  }
};

// `level`: "logical" or "optimized".
PlanGraph MakePlanGraph(const LogicalPlan& plan, std::string_view level);
PlanGraph MakePlanGraph(const ChainedJob& job);

// "upsert (store, day)": the changelog mode of a stream, with its unique key if rows are changed.
std::string ChangelogText(const PlanOutput& output);
// "hash by origin", "hash, all to one subtask", "rebalance"; "" inside a chain.
std::string ExchangeText(const PlanEdge& edge);
// What a picture says on an edge: ".errors", "hash by origin", "retract"; "" for the plain case, an
// append stream inside a chain.
std::string EdgeLabel(const PlanGraph& graph, const PlanEdge& edge);
// "parallelism 4 · max parallelism 128 · time zone UTC".
std::string JobSummary(const PlanGraph& graph);
// "chain 1 · parallelism 4".
std::string GroupTitle(const PlanGroup& group);

}  // namespace flinkc
