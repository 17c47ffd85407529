#include "compiler/chain/build_job_graph.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "compiler/plan/exchanges.h"
#include "compiler/plan/native_plan.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kNameCharactersMax = 120;

class JobGraphBuilder {
 public:
  explicit JobGraphBuilder(const LogicalPlan& plan) : plan_(plan), exchanges_(plan) {}

  ChainedJob Build() {
    job_.graph.name = plan_.job_name;
    job_.graph.max_parallelism = plan_.max_parallelism;
    job_.config = plan_.config;
    for (const auto& [name, entry] : plan_.config) job_.graph.config[name] = entry.value;
    for (const LogicalOperator& op : plan_.operators) PlaceOperator(op);
    for (const NamedStream& stream : plan_.streams) {
      job_.chains[vertex_of_.at(stream.at.op)].streams.push_back(stream);
    }
    for (size_t i = 0; i < job_.chains.size(); ++i) FinishVertex(i);
    return std::move(job_);
  }

 private:
  void PlaceOperator(const LogicalOperator& op) {
    const Placement placement = exchanges_.Place(op);
    const bool chained = op.inputs.size() == 1 && !placement.exchanges[0].has_value();
    uint32_t vertex;
    if (chained) {
      vertex = vertex_of_.at(op.inputs[0].op);
    } else {
      vertex = StartChain(op, placement.parallelism);
      for (size_t i = 0; i < op.inputs.size(); ++i) {
        Connect(op, i, vertex, placement.exchanges[i].value_or(Exchange{}));
      }
    }
    job_.chains[vertex].operators.push_back(op);
    vertex_of_[op.id] = vertex;
  }

  uint32_t StartChain(const LogicalOperator& op, uint32_t parallelism) {
    ChainPlan chain;
    chain.parallelism = parallelism;
    chain.max_parallelism = plan_.max_parallelism;
    chain.time_zone = plan_.time_zone;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const LogicalOutput& output = OutputOf(op.inputs[i]);
      chain.heads.resize(std::max(chain.heads.size(), HeadOf(op, i) + 1));
      ChainHead& head = chain.heads[HeadOf(op, i)];
      head.schema = output.schema;
      head.changelog = std::max(head.changelog, output.changelog);
    }
    job_.chains.push_back(std::move(chain));
    return static_cast<uint32_t>(job_.chains.size() - 1);
  }

  const LogicalOutput& OutputOf(const LogicalInput& input) const {
    return plan_.Get(input.op).outputs[input.output];
  }

  void Connect(const LogicalOperator& op, size_t index, uint32_t target, const Exchange& exchange) {
    const LogicalInput& input = op.inputs[index];
    const size_t head_index = HeadOf(op, index);
    const uint32_t source = vertex_of_.at(input.op);
    ChainOutput output;
    output.from = input;
    output.hash = exchange.partitioning == Partitioning::kHash;
    output.hash_keys = exchange.keys;
    ChainHead& head = job_.chains[target].heads[head_index];
    output.row_kinds = head.changelog != ChangelogMode::kAppend;
    JobEdge edge;
    edge.source = JobVertexId(source);
    edge.source_output = static_cast<uint32_t>(job_.chains[source].outputs.size());
    edge.target = JobVertexId(target);
    edge.partitioning = exchange.partitioning;
    edge.target_input = static_cast<uint32_t>(head_index);
    job_.chains[source].outputs.push_back(std::move(output));
    job_.graph.edges.push_back(edge);
    if (edge.partitioning == Partitioning::kHash) {
      head.key_hashes = true;
      head.hash_keys = exchange.keys;
    }
  }

  void FinishVertex(size_t index) {
    ChainPlan& chain = job_.chains[index];
    JobVertex vertex;
    vertex.id = JobVertexId(static_cast<uint32_t>(index));
    vertex.parallelism = chain.parallelism;
    for (const LogicalOperator& op : chain.operators) {
      if (chain.name.size() < kNameCharactersMax) {
        if (!chain.name.empty()) chain.name += " -> ";
        chain.name += op.Path();
      }
      if (const auto* source = op.As<SourceOp>()) {
        vertex.source = source->descriptor;
        vertex.event_time = source->event_time;
      } else if (const auto* sink = op.As<SinkOp>()) {
        vertex.sinks.push_back(sink->descriptor);
      } else if (const auto* lookup = op.As<LookupOp>()) {
        vertex.tables.push_back(lookup->lookup.table);
      }
      std::vector<const LogicalOutput*> inputs;
      for (const LogicalInput& input : op.inputs) inputs.push_back(&OutputOf(input));
      for (std::string& id : StateIdsOf(op, inputs)) vertex.state_ids.push_back(std::move(id));
    }
    vertex.name = chain.name;
    vertex.chain_plan = Serialize(chain);
    job_.graph.vertices.push_back(std::move(vertex));
  }

  const LogicalPlan& plan_;
  ExchangeFinder exchanges_;
  ChainedJob job_;
  std::map<OperatorId, uint32_t> vertex_of_;
};

}  // namespace

ChainedJob BuildJobGraph(const LogicalPlan& plan) { return JobGraphBuilder(plan).Build(); }

}  // namespace flinkc
