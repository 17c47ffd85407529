// What is submitted: chains as vertices, exchanges as edges. The runtime schedules it and never
// looks into a chain's plan.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/strong_id.h"
#include "runtime/graph/descriptors.h"

namespace flinkc {

using JobVertexId = StrongId<struct JobVertexTag>;

enum class Partitioning : uint8_t {
  kForward,    // subtask i to subtask i
  kHash,       // by the key hash that travels with the rows
  kRebalance,  // round robin, where parallelism differs and no key is asked for
};

struct JobVertex {
  JobVertexId id;  // index in JobGraph::vertices
  std::string name;
  uint32_t parallelism = 1;
  // Subtask i of every vertex of one group shares slot i.
  std::string slot_sharing_group = "default";
  std::string chain_plan;  // bytes for ChainLoader
  std::optional<SourceDescriptor> source;
  std::optional<EventTimeDescriptor> event_time;
  std::vector<SinkDescriptor> sinks;
  std::vector<SourceDescriptor> tables;  // that it looks rows up in
  std::vector<std::string> state_ids;    // of its keyed states: "per_minute/aggregate"
};

// All subtasks of `source` to all (or the same) of `target`: a group, never one entry a pair.
struct JobEdge {
  JobVertexId source;
  uint32_t source_output = 0;  // index of the chain's output edge
  JobVertexId target;
  Partitioning partitioning = Partitioning::kForward;
  uint32_t target_input = 0;  // index of the chain's head
};

struct JobGraph {
  std::string name;
  std::vector<JobVertex> vertices;
  std::vector<JobEdge> edges;
  uint32_t max_parallelism = 128;
  std::map<std::string, std::string> config;  // effective, Flink's option names
  std::string spec;                           // the text that it was made from; "": not known
};

// Sixteen hexadecimal digits that tell two plans apart: of vertices and edges, not of the name, the
// configuration and the spec's text.
std::string PlanDigest(const JobGraph& graph);

// Protobuf bytes (runtime/graph/job_graph.proto) and back. Reading trusts nothing: sizes, ids and
// enums are checked, a graph with a cycle or a dangling id is an Error.
std::string Serialize(const JobGraph& graph);
Result<JobGraph> DeserializeJobGraph(std::string_view bytes);

}  // namespace flinkc
