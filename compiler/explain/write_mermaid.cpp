#include <string_view>

#include <fmt/format.h>

#include "compiler/explain/escape.h"
#include "compiler/explain/write_graph.h"

namespace flinkc {

namespace {

// The brackets that give a node its shape, and its class.
struct MermaidShape {
  std::string_view open;
  std::string_view close;
  std::string_view style;
};

MermaidShape ShapeOf(PlanShape shape) {
  switch (shape) {
    case PlanShape::kSource:
      return {"([", "])", "source"};
    case PlanShape::kStateful:
      return {"[[", "]]", "stateful"};
    case PlanShape::kSink:
      return {"[/", "/]", "sink"};
    case PlanShape::kStateless:
      break;
  }
  return {"[", "]", "stateless"};
}

std::string NodeText(const PlanNode& node) {
  std::string label =
      fmt::format("<b>{}</b> {}", EscapeMermaid(node.title), EscapeMermaid(node.kind));
  for (const std::string& detail : node.details) label += "<br/>" + EscapeMermaid(detail);
  if (!node.state_id.empty()) label += "<br/>state " + EscapeMermaid(node.state_id);
  if (!node.delivery.empty()) label += "<br/>" + EscapeMermaid(node.delivery);
  if (node.parallelism != 0) label += fmt::format("<br/>parallelism {}", node.parallelism);
  const MermaidShape shape = ShapeOf(node.shape);
  return fmt::format("n{}{}\"{}\"{}:::{}\n", node.id, shape.open, label, shape.close, shape.style);
}

}  // namespace

std::string WriteMermaid(const PlanGraph& graph) {
  std::string text = "flowchart TB\n";
  for (size_t group = 0; group < graph.groups.size(); ++group) {
    text += fmt::format("  subgraph chain{}[\"{}\"]\n", group + 1,
                        EscapeMermaid(GroupTitle(graph.groups[group])));
    for (const PlanNode& node : graph.nodes) {
      if (node.group == group) text += "    " + NodeText(node);
    }
    text += "  end\n";
  }
  for (const PlanNode& node : graph.nodes) {
    if (!node.group) text += "  " + NodeText(node);
  }
  for (const PlanEdge& edge : graph.edges) {
    const std::string label = EdgeLabel(graph, edge);
    text += fmt::format("  n{} -->", graph.nodes[edge.source].id);
    if (!label.empty()) text += fmt::format("|\"{}\"|", EscapeMermaid(label));
    text += fmt::format(" n{}\n", graph.nodes[edge.target].id);
  }
  text += "  classDef source fill:#e6f0ea,stroke:#3f7a5b,color:#1d2229\n";
  text += "  classDef stateless fill:#ffffff,stroke:#8a929c,color:#1d2229\n";
  text += "  classDef stateful fill:#fbf1dd,stroke:#9a6b12,color:#1d2229\n";
  text += "  classDef sink fill:#e4ecf6,stroke:#3b5f8f,color:#1d2229\n";
  return text;
}

}  // namespace flinkc
