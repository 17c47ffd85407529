#include "runtime/graph/job_graph.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/abi/hash.h"
#include "runtime/data/parse_proto.h"
#include "runtime/graph/descriptor_proto.h"
#include "runtime/graph/job_graph.pb.h"

namespace flinkc {

namespace {

constexpr uint32_t kJobGraphVersion = 1;
// Key groups are a 32-bit hash times this; Flink's bound.
constexpr uint32_t kMaxParallelismLimit = 32768;

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "the job graph cannot be read: " + std::move(message));
}

proto::JobVertex ToProto(const JobVertex& vertex) {
  proto::JobVertex message;
  message.set_name(vertex.name);
  message.set_parallelism(vertex.parallelism);
  message.set_slot_sharing_group(vertex.slot_sharing_group);
  message.set_chain_plan(vertex.chain_plan);
  if (vertex.source) *message.mutable_source() = ToProto(*vertex.source);
  if (vertex.event_time) *message.mutable_event_time() = ToProto(*vertex.event_time);
  for (const SinkDescriptor& sink : vertex.sinks) *message.add_sinks() = ToProto(sink);
  for (const std::string& id : vertex.state_ids) message.add_state_ids(id);
  for (const SourceDescriptor& table : vertex.tables) *message.add_tables() = ToProto(table);
  return message;
}

Result<JobVertex> ReadVertex(const proto::JobVertex& message, uint32_t index,
                             uint32_t max_parallelism) {
  JobVertex vertex;
  vertex.id = JobVertexId(index);
  vertex.name = message.name();
  vertex.parallelism = message.parallelism();
  if (vertex.parallelism == 0 || vertex.parallelism > max_parallelism) {
    return Corrupt(fmt::format("vertex `{}` has a parallelism of {}, allowed are 1 to {}",
                               vertex.name, vertex.parallelism, max_parallelism));
  }
  vertex.slot_sharing_group = message.slot_sharing_group();
  vertex.chain_plan = message.chain_plan();
  if (message.has_source()) {
    ASSIGN_OR_RETURN(vertex.source, FromProto(message.source()));
  }
  if (message.has_event_time()) {
    if (!vertex.source) {
      return Corrupt(fmt::format("vertex `{}` has event time and no source", vertex.name));
    }
    ASSIGN_OR_RETURN(vertex.event_time, FromProto(message.event_time(), *vertex.source));
  }
  for (const proto::SinkDescriptor& sink : message.sinks()) vertex.sinks.push_back(FromProto(sink));
  vertex.state_ids.assign(message.state_ids().begin(), message.state_ids().end());
  for (const proto::SourceDescriptor& table : message.tables()) {
    ASSIGN_OR_RETURN(SourceDescriptor read, FromProto(table));
    vertex.tables.push_back(std::move(read));
  }
  return vertex;
}

Result<JobEdge> ReadEdge(const proto::JobEdge& message, const JobGraph& graph) {
  size_t count = graph.vertices.size();
  if (message.source() >= count || message.target() >= count) {
    return Corrupt(fmt::format("an edge from vertex {} to vertex {} of {}", message.source(),
                               message.target(), count));
  }
  if (message.partitioning() > static_cast<uint32_t>(Partitioning::kRebalance)) {
    return Corrupt(fmt::format("there is no partitioning {}", message.partitioning()));
  }
  JobEdge edge{JobVertexId(message.source()), message.source_output(),
               JobVertexId(message.target()), static_cast<Partitioning>(message.partitioning()),
               message.target_input()};
  if (edge.partitioning == Partitioning::kForward &&
      graph.vertices[message.source()].parallelism !=
          graph.vertices[message.target()].parallelism) {
    return Corrupt(fmt::format("a forward edge between `{}` and `{}` of different parallelism",
                               graph.vertices[message.source()].name,
                               graph.vertices[message.target()].name));
  }
  return edge;
}

// A vertex has inputs or a source; and no way along the edges leads back to where it began.
Status CheckShape(const JobGraph& graph) {
  std::vector<std::vector<uint32_t>> targets(graph.vertices.size());
  std::vector<uint32_t> open_inputs(graph.vertices.size());
  for (const JobEdge& edge : graph.edges) {
    targets[edge.source.value()].push_back(edge.target.value());
    ++open_inputs[edge.target.value()];
  }
  std::vector<uint32_t> ready;
  for (const JobVertex& vertex : graph.vertices) {
    uint32_t index = vertex.id.value();
    if (open_inputs[index] == 0 && !vertex.source) {
      return Corrupt(fmt::format("vertex `{}` has neither an input nor a source", vertex.name));
    }
    if (open_inputs[index] > 0 && vertex.source) {
      return Corrupt(fmt::format("vertex `{}` has an input and a source", vertex.name));
    }
    if (open_inputs[index] == 0) ready.push_back(index);
  }
  size_t reached = 0;
  while (!ready.empty()) {
    uint32_t index = ready.back();
    ready.pop_back();
    ++reached;
    for (uint32_t target : targets[index]) {
      if (--open_inputs[target] == 0) ready.push_back(target);
    }
  }
  if (reached != graph.vertices.size()) return Corrupt("its edges form a cycle");
  return {};
}

proto::JobGraph PlanOf(const JobGraph& graph) {
  proto::JobGraph message;
  for (const JobVertex& vertex : graph.vertices) *message.add_vertices() = ToProto(vertex);
  for (const JobEdge& edge : graph.edges) {
    proto::JobEdge* added = message.add_edges();
    added->set_source(edge.source.value());
    added->set_source_output(edge.source_output);
    added->set_target(edge.target.value());
    added->set_partitioning(static_cast<uint32_t>(edge.partitioning));
    added->set_target_input(edge.target_input);
  }
  return message;
}

}  // namespace

std::string PlanDigest(const JobGraph& graph) {
  const std::string plan = PlanOf(graph).SerializeAsString();
  return fmt::format("{:016x}", HashBytes(plan.data(), static_cast<uint32_t>(plan.size())));
}

std::string Serialize(const JobGraph& graph) {
  proto::JobGraph message = PlanOf(graph);
  message.set_version(kJobGraphVersion);
  message.set_name(graph.name);
  message.set_max_parallelism(graph.max_parallelism);
  WriteEntries(graph.config, message.mutable_config());
  message.set_spec(graph.spec);
  return message.SerializeAsString();
}

Result<JobGraph> DeserializeJobGraph(std::string_view bytes) {
  proto::JobGraph message;
  if (!ParseProto(bytes, &message)) return Corrupt("not a job graph, or damaged");
  if (message.version() != kJobGraphVersion) {
    return Corrupt(fmt::format("it has format version {}, this flinkc reads version {}",
                               message.version(), kJobGraphVersion));
  }
  JobGraph graph;
  graph.name = message.name();
  graph.max_parallelism = message.max_parallelism();
  if (graph.max_parallelism == 0 || graph.max_parallelism > kMaxParallelismLimit) {
    return Corrupt(fmt::format("a maximum parallelism of {}, allowed are 1 to {}",
                               graph.max_parallelism, kMaxParallelismLimit));
  }
  for (const proto::JobVertex& vertex : message.vertices()) {
    ASSIGN_OR_RETURN(
        JobVertex read,
        ReadVertex(vertex, static_cast<uint32_t>(graph.vertices.size()), graph.max_parallelism));
    graph.vertices.push_back(std::move(read));
  }
  for (const proto::JobEdge& edge : message.edges()) {
    ASSIGN_OR_RETURN(JobEdge read, ReadEdge(edge, graph));
    graph.edges.push_back(read);
  }
  RETURN_IF_ERROR(CheckShape(graph));
  graph.config = ReadEntries(message.config());
  graph.spec = message.spec();
  return graph;
}

}  // namespace flinkc
