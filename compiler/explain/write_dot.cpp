#include <string_view>

#include <fmt/format.h>

#include "compiler/explain/escape.h"
#include "compiler/explain/write_graph.h"

namespace flinkc {

namespace {

// Told apart without colours: sources are round, sinks have a folded corner, operators with state
// a double border.
std::string_view ShapeAttributes(PlanShape shape) {
  switch (shape) {
    case PlanShape::kSource:
      return ", style=\"rounded,filled\", fillcolor=\"#e6f0ea\"";
    case PlanShape::kStateful:
      return ", peripheries=2, fillcolor=\"#fbf1dd\"";
    case PlanShape::kSink:
      return ", shape=note, fillcolor=\"#e4ecf6\"";
    case PlanShape::kStateless:
      break;
  }
  return "";
}

std::string NodeText(const PlanNode& node) {
  std::string label = fmt::format("{} · {}\\n", EscapeDot(node.title), EscapeDot(node.kind));
  for (const std::string& detail : node.details) label += EscapeDot(detail) + "\\l";
  if (!node.state_id.empty()) label += "state " + EscapeDot(node.state_id) + "\\l";
  if (!node.delivery.empty()) label += EscapeDot(node.delivery) + "\\l";
  if (node.parallelism != 0) label += fmt::format("parallelism {}\\l", node.parallelism);
  return fmt::format("n{} [label=\"{}\"{}];\n", node.id, label, ShapeAttributes(node.shape));
}

}  // namespace

std::string WriteDot(const PlanGraph& graph) {
  std::string text = "digraph plan {\n";
  text += fmt::format("  label=\"{} · {}\"; labelloc=t; fontname=Helvetica;\n",
                      EscapeDot(graph.job_name), EscapeDot(JobSummary(graph)));
  text += "  node [shape=box, style=filled, fillcolor=white, fontname=Helvetica, fontsize=10];\n";
  text += "  edge [fontname=Helvetica, fontsize=9];\n";
  for (size_t group = 0; group < graph.groups.size(); ++group) {
    text += fmt::format("  subgraph cluster_{} {{\n", group + 1);
    text += fmt::format("    label=\"{}\"; labeljust=l; style=rounded; color=\"#8a929c\";\n",
                        EscapeDot(GroupTitle(graph.groups[group])));
    for (const PlanNode& node : graph.nodes) {
      if (node.group == group) text += "    " + NodeText(node);
    }
    text += "  }\n";
  }
  for (const PlanNode& node : graph.nodes) {
    if (!node.group) text += "  " + NodeText(node);
  }
  for (const PlanEdge& edge : graph.edges) {
    text += fmt::format("  n{} -> n{}", graph.nodes[edge.source].id, graph.nodes[edge.target].id);
    const std::string label = EdgeLabel(graph, edge);
    if (!label.empty()) text += fmt::format(" [label=\"{}\"]", EscapeDot(label));
    text += ";\n";
  }
  return text + "}\n";
}

}  // namespace flinkc
