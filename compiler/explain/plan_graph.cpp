#include "compiler/explain/plan_graph.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/plan/operator_text.h"

namespace flinkc {

namespace {

PlanOutput MakeOutput(const LogicalOutput& output) {
  PlanOutput made;
  made.name = output.name;
  for (const Field& field : output.schema) {
    made.columns.push_back({field.name, field.type.ToString()});
  }
  made.changelog = Name(output.changelog);
  for (uint32_t column : output.unique_key) {
    if (column < output.schema.size()) made.unique_key.push_back(output.schema[column].name);
  }
  if (output.time_attribute && *output.time_attribute < output.schema.size()) {
    made.time_attribute = output.schema[*output.time_attribute].name;
  }
  return made;
}

PlanNode MakeNode(const LogicalOperator& op, const std::vector<const Schema*>& inputs) {
  PlanNode node;
  node.id = op.id.value();
  node.title = op.Path();
  node.kind = KindName(op);
  node.details = DescribeOperator(op, inputs);
  node.parallelism = op.parallelism;
  node.passes =
      op.As<FilterOp>() != nullptr || op.As<RouteOp>() != nullptr || op.As<UnionOp>() != nullptr;
  for (const LogicalOutput& output : op.outputs) node.outputs.push_back(MakeOutput(output));
  if (op.As<SourceOp>() != nullptr) {
    node.shape = PlanShape::kSource;
  } else if (const auto* aggregate = op.As<AggregateOp>()) {
    node.shape = PlanShape::kStateful;
    node.state_id = aggregate->state_id;
  } else if (const auto* join = op.As<JoinOp>()) {
    node.shape = PlanShape::kStateful;
    node.state_id = join->state_id;
  } else if (const auto* top = op.As<TopOp>()) {
    node.shape = PlanShape::kStateful;
    node.state_id = top->state_id;
  } else if (const auto* over = op.As<OverOp>()) {
    node.shape = PlanShape::kStateful;
    node.state_id = over->aggregate.state_id;
  } else if (const auto* match = op.As<MatchOp>()) {
    node.shape = PlanShape::kStateful;
    node.state_id = match->state_id;
  } else if (const auto* sink = op.As<SinkOp>()) {
    node.shape = PlanShape::kSink;
    node.delivery = sink->exactly_once ? "exactly once" : "at least once";
    // The guarantee has its own place in every rendering.
    std::erase(node.details, "exactly once");
  }
  return node;
}

std::vector<std::string> ColumnNames(const PlanOutput& output,
                                     const std::vector<uint32_t>& columns) {
  std::vector<std::string> names;
  for (uint32_t column : columns) {
    names.push_back(column < output.columns.size() ? output.columns[column].name
                                                   : fmt::format("?{}", column));
  }
  return names;
}

std::string_view Name(Partitioning partitioning) {
  switch (partitioning) {
    case Partitioning::kForward:
      return "forward";
    case Partitioning::kHash:
      return "hash";
    case Partitioning::kRebalance:
      return "rebalance";
  }
  return "";
}

// Adds the chain's operators and the streams between them.
class ChainedGraphBuilder {
 public:
  explicit ChainedGraphBuilder(const ChainedJob& job) : job_(job) {}

  PlanGraph Build() {
    graph_.level = "chains";
    graph_.job_name = job_.graph.name;
    graph_.max_parallelism = job_.graph.max_parallelism;
    graph_.config = job_.config;
    for (size_t i = 0; i < job_.chains.size(); ++i) AddChain(i);
    for (const JobEdge& edge : job_.graph.edges) AddExchange(edge);
    return std::move(graph_);
  }

 private:
  void AddChain(size_t index) {
    const ChainPlan& chain = job_.chains[index];
    graph_.groups.push_back({fmt::format("chain {}", index + 1), chain.parallelism});
    graph_.parallelism = std::max(graph_.parallelism, chain.parallelism);
    graph_.time_zone = chain.time_zone;
    for (const LogicalOperator& op : chain.operators) {
      const size_t node = graph_.nodes.size();
      std::vector<const Schema*> inputs;
      for (size_t i = 0; i < op.inputs.size(); ++i) {
        const LogicalInput& from = op.inputs[i];
        const auto found = node_of_.find(from.op);
        const bool inside = found != node_of_.end() && graph_.nodes[found->second].group == index;
        inputs.push_back(inside ? &SchemaOf(chain, from) : &chain.heads[HeadOf(op, i)].schema);
        if (inside) graph_.edges.push_back({found->second, node, from.output, "", {}});
      }
      graph_.nodes.push_back(MakeNode(op, inputs));
      graph_.nodes.back().group = index;
      node_of_[op.id] = node;
    }
  }

  static const Schema& SchemaOf(const ChainPlan& chain, const LogicalInput& from) {
    const auto op = std::ranges::find(chain.operators, from.op, &LogicalOperator::id);
    return op->outputs[from.output].schema;
  }

  void AddExchange(const JobEdge& edge) {
    const ChainOutput& output = job_.chains[edge.source.value()].outputs[edge.source_output];
    PlanEdge made;
    made.source = node_of_.at(output.from.op);
    made.target = node_of_.at(job_.chains[edge.target.value()].operators.front().id);
    made.output = output.from.output;
    made.exchange = Name(edge.partitioning);
    made.keys = ColumnNames(graph_.OutputOf(made), output.hash_keys);
    graph_.edges.push_back(std::move(made));
  }

  const ChainedJob& job_;
  PlanGraph graph_;
  std::unordered_map<OperatorId, size_t> node_of_;
};

}  // namespace

PlanGraph MakePlanGraph(const LogicalPlan& plan, std::string_view level) {
  PlanGraph graph;
  graph.level = level;
  graph.job_name = plan.job_name;
  graph.parallelism = plan.parallelism;
  graph.max_parallelism = plan.max_parallelism;
  graph.time_zone = plan.time_zone;
  graph.config = plan.config;
  std::unordered_map<OperatorId, size_t> node_of;
  for (const LogicalOperator& op : plan.operators) {
    const size_t node = graph.nodes.size();
    std::vector<const Schema*> inputs;
    for (const LogicalInput& from : op.inputs) {
      const size_t source = node_of.at(from.op);
      inputs.push_back(&plan.operators[source].outputs[from.output].schema);
      graph.edges.push_back({source, node, from.output, "", {}});
    }
    graph.nodes.push_back(MakeNode(op, inputs));
    node_of[op.id] = node;
  }
  return graph;
}

PlanGraph MakePlanGraph(const ChainedJob& job) { return ChainedGraphBuilder(job).Build(); }

std::string ChangelogText(const PlanOutput& output) {
  if (output.changelog == "append" || output.unique_key.empty()) return output.changelog;
  return fmt::format("{} ({})", output.changelog, fmt::join(output.unique_key, ", "));
}

std::string ExchangeText(const PlanEdge& edge) {
  if (edge.exchange != "hash") return edge.exchange;
  if (edge.keys.empty()) return "hash, all to one subtask";
  return fmt::format("hash by {}", fmt::join(edge.keys, ", "));
}

std::string EdgeLabel(const PlanGraph& graph, const PlanEdge& edge) {
  const PlanOutput& output = graph.OutputOf(edge);
  std::string label = output.name.empty() ? "" : "." + output.name;
  const auto append = [&label](const std::string& part) {
    if (!part.empty()) label += (label.empty() ? "" : " · ") + part;
  };
  append(ExchangeText(edge));
  if (output.changelog != "append") append(ChangelogText(output));
  return label;
}

std::string JobSummary(const PlanGraph& graph) {
  return fmt::format("parallelism {} · max parallelism {} · time zone {}", graph.parallelism,
                     graph.max_parallelism, graph.time_zone);
}

std::string GroupTitle(const PlanGroup& group) {
  return fmt::format("{} · parallelism {}", group.title, group.parallelism);
}

}  // namespace flinkc
