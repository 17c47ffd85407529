// Compiled jobs, damaged behind their checksum: reading and loading one gives chains or an Error,
// whatever is in it.
#pragma once

#include <google/protobuf/stubs/logging.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/plan.pb.h"
#include "runtime/graph/job_graph.h"
#include "runtime/graph/job_graph.pb.h"
#include "runtime/taskmanager/check_chains.h"
#include "tests/fuzz/mutate_message.h"

namespace flinkc {

// What `flinkc run` does with the graph of a compiled job before any row moves.
inline Status LoadJob(std::string_view job_graph, ChainLoader& loader) {
  ASSIGN_OR_RETURN(const JobGraph graph, DeserializeJobGraph(job_graph));
  std::vector<std::shared_ptr<const CompiledChain>> chains;
  for (const JobVertex& vertex : graph.vertices) {
    ASSIGN_OR_RETURN(auto chain, loader.Load(vertex.chain_plan));
    chains.push_back(std::move(chain));
  }
  return CheckChains(graph, chains);
}

// Some changes, mostly to the plan of one chain, sometimes to the graph around it.
inline std::string DamageJob(const std::string& job_graph, Choices& choices) {
  const google::protobuf::LogSilencer silencer;  // names that are not UTF-8
  proto::JobGraph graph;
  graph.ParseFromString(job_graph);
  MessageMutator mutator(&choices);
  do {
    if (choices.Below(8) == 0 || graph.vertices_size() == 0) {
      mutator.Mutate(&graph);
      continue;
    }
    auto& vertex = *graph.mutable_vertices(
        static_cast<int>(choices.Below(static_cast<size_t>(graph.vertices_size()))));
    proto::ChainPlan plan;
    plan.ParseFromString(vertex.chain_plan());
    mutator.Mutate(&plan);
    vertex.set_chain_plan(plan.SerializeAsString());
  } while (!choices.is_empty());
  return graph.SerializeAsString();
}

}  // namespace flinkc
