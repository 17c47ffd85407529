#include <nlohmann/json.hpp>

#include "compiler/explain/write_graph.h"

namespace flinkc {

namespace {

// Members stand in the order in which they are set.
using Json = nlohmann::ordered_json;

Json OutputJson(const PlanOutput& output) {
  Json json = {{"name", output.name}, {"changelog", output.changelog}};
  if (!output.unique_key.empty()) json["unique_key"] = output.unique_key;
  if (!output.time_attribute.empty()) json["time_attribute"] = output.time_attribute;
  json["columns"] = Json::array();
  for (const PlanColumn& column : output.columns) {
    json["columns"].push_back({{"name", column.name}, {"type", column.type}});
  }
  return json;
}

Json NodeJson(const PlanNode& node) {
  Json json = {{"id", node.id}, {"path", node.title}, {"kind", node.kind}};
  if (node.group) json["chain"] = *node.group + 1;
  if (node.parallelism != 0) json["parallelism"] = node.parallelism;
  if (!node.state_id.empty()) json["state_id"] = node.state_id;
  if (!node.delivery.empty()) json["delivery"] = node.delivery;
  json["details"] = node.details;
  json["outputs"] = Json::array();
  for (const PlanOutput& output : node.outputs) json["outputs"].push_back(OutputJson(output));
  return json;
}

Json EdgeJson(const PlanGraph& graph, const PlanEdge& edge) {
  const PlanOutput& output = graph.OutputOf(edge);
  Json json = {{"from", graph.nodes[edge.source].id},
               {"output", output.name},
               {"to", graph.nodes[edge.target].id},
               {"changelog", output.changelog}};
  if (!edge.exchange.empty()) json["partitioning"] = edge.exchange;
  if (edge.exchange == "hash") json["keys"] = edge.keys;
  return json;
}

Json ConfigJson(const PlanGraph& graph) {
  Json json = Json::object();
  for (const auto& [name, entry] : graph.config) {
    json[name] = {{"value", entry.value}, {"origin", entry.origin}};
  }
  return json;
}

}  // namespace

std::string WriteJson(const PlanGraph& graph) {
  Json json = {{"version", 1},
               {"level", graph.level},
               {"job", graph.job_name},
               {"parallelism", graph.parallelism},
               {"max_parallelism", graph.max_parallelism},
               {"time_zone", graph.time_zone}};
  if (!graph.groups.empty()) {
    json["chains"] = Json::array();
    for (size_t i = 0; i < graph.groups.size(); ++i) {
      json["chains"].push_back({{"id", i + 1}, {"parallelism", graph.groups[i].parallelism}});
    }
  }
  json["operators"] = Json::array();
  for (const PlanNode& node : graph.nodes) json["operators"].push_back(NodeJson(node));
  json["edges"] = Json::array();
  for (const PlanEdge& edge : graph.edges) json["edges"].push_back(EdgeJson(graph, edge));
  json["config"] = ConfigJson(graph);
  // Bytes that are no UTF-8 become U+FFFD; nothing throws.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace flinkc
