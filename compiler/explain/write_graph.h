// The renderings of a PlanGraph, one file each. All are deterministic: the same graph gives the
// same bytes.
#pragma once

#include <string>

#include "compiler/explain/plan_graph.h"

namespace flinkc {

// For a terminal: an operator a paragraph, 100 columns, then deliveries and the configuration.
std::string WriteText(const PlanGraph& graph);
// For Graphviz: chains are clusters.
std::string WriteDot(const PlanGraph& graph);
// For Markdown pages (GitHub, GitLab): a Mermaid flowchart, chains are subgraphs.
std::string WriteMermaid(const PlanGraph& graph);
// For tools: everything that the graph holds, on one line.
std::string WriteJson(const PlanGraph& graph);
// A picture that needs nothing else: layout by LayOut, no scripts, no fonts to load.
std::string WriteSvg(const PlanGraph& graph);

}  // namespace flinkc
