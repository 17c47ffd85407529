// A job cut into chains: what compiler/chain makes of a logical plan.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/plan/chain_plan.h"
#include "runtime/graph/job_graph.h"

namespace flinkc {

struct ChainedJob {
  JobGraph graph;
  // By vertex; graph.vertices[i].chain_plan is chains[i], serialized.
  std::vector<ChainPlan> chains;
  // What graph.config holds, with the origin of each value.
  std::map<std::string, ConfigEntry> config;
};

}  // namespace flinkc
