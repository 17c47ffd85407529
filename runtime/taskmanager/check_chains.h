// Whether loaded chains fit the graph that they came with. The two are made together, but they
// arrive as bytes: what this lets through, the subtasks may rely on.
#pragma once

#include <memory>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/graph/job_graph.h"

namespace flinkc {

// chains[i] is that of graph.vertices[i]. An Error (kCorrupt) names the vertex: its source, its
// edges, or the rows that an edge carries are not those of its chain.
Status CheckChains(const JobGraph& graph,
                   const std::vector<std::shared_ptr<const CompiledChain>>& chains);

}  // namespace flinkc
