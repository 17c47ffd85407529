#include "runtime/taskmanager/check_chains.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace flinkc {

namespace {

std::unexpected<Error> Corrupt(const JobVertex& vertex, std::string_view what) {
  return MakeError(ErrorCode::kCorrupt,
                   fmt::format("the plan of `{}` does not fit the job graph: {}; compile the spec "
                               "again",
                               vertex.name, what));
}

Status CheckSource(const JobVertex& vertex, const ChainLayout& layout) {
  if (vertex.source.has_value() != layout.source.has_value()) {
    return Corrupt(vertex, "only one of them has a source");
  }
  if (!vertex.source.has_value()) return {};
  // One side makes the splits, the other reads them.
  const SourceDescriptor& descriptor = layout.source->descriptor;
  if (descriptor.connector != vertex.source->connector ||
      descriptor.options != vertex.source->options || descriptor.format != vertex.source->format ||
      descriptor.format_options != vertex.source->format_options) {
    return Corrupt(vertex, "they have different sources");
  }
  return {};
}

// The port of each output edge.
std::map<uint32_t, const PortLayout*> EdgePorts(const ChainLayout& layout) {
  std::map<uint32_t, const PortLayout*> ports;
  for (const PortLayout& port : layout.ports) {
    if (port.target == PortTarget::kEdge) ports[port.target_index] = &port;
  }
  return ports;
}

Status CheckEdge(const JobEdge& edge, const JobVertex& source, const PortLayout& port,
                 const ChainLayout& target) {
  if (edge.target_input >= target.heads.size()) return Corrupt(source, "an edge to no input");
  const HeadLayout& head = target.heads[edge.target_input];
  if (port.schema != head.schema) return Corrupt(source, "an edge carries other columns");
  if (port.row_kinds != head.row_kinds) return Corrupt(source, "an edge lacks row kinds");
  if (port.key_hashes != head.key_hashes ||
      port.key_hashes != (edge.partitioning == Partitioning::kHash)) {
    return Corrupt(source, "an edge lacks key hashes");
  }
  return {};
}

}  // namespace

Status CheckChains(const JobGraph& graph,
                   const std::vector<std::shared_ptr<const CompiledChain>>& chains) {
  std::vector<std::map<uint32_t, const PortLayout*>> ports;
  for (const JobVertex& vertex : graph.vertices) {
    const ChainLayout& layout = chains[vertex.id.value()]->layout();
    RETURN_IF_ERROR(CheckSource(vertex, layout));
    ports.push_back(EdgePorts(layout));
  }
  // Each port has one edge: it is taken out when its edge has been seen.
  for (const JobEdge& edge : graph.edges) {
    const JobVertex& source = graph.vertices[edge.source.value()];
    auto& open = ports[edge.source.value()];
    const auto port = open.find(edge.source_output);
    if (port == open.end()) return Corrupt(source, "an edge from no output, or two from one");
    RETURN_IF_ERROR(CheckEdge(edge, source, *port->second, chains[edge.target.value()]->layout()));
    open.erase(port);
  }
  for (const JobVertex& vertex : graph.vertices) {
    if (!ports[vertex.id.value()].empty()) return Corrupt(vertex, "an output without an edge");
  }
  return {};
}

}  // namespace flinkc
