#include "compiler/chain/build_job_graph.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "compiler/plan/native_plan.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kNameCharactersMax = 120;

// The columns by whose hash the rows of an output are spread over the subtasks, in the order in
// which they were hashed. Nothing: not by any.
using SpreadBy = std::optional<std::vector<uint32_t>>;

class JobGraphBuilder {
 public:
  explicit JobGraphBuilder(const LogicalPlan& plan) : plan_(plan) {}

  ChainedJob Build() {
    job_.graph.name = plan_.job_name;
    job_.graph.max_parallelism = plan_.max_parallelism;
    job_.config = plan_.config;
    for (const auto& [name, entry] : plan_.config) job_.graph.config[name] = entry.value;
    for (const LogicalOperator& op : plan_.operators) {
      PlaceOperator(op);
      PropagateSpread(op);
    }
    for (size_t i = 0; i < job_.chains.size(); ++i) FinishVertex(i);
    return std::move(job_);
  }

 private:
  struct Exchange {
    Partitioning partitioning = Partitioning::kForward;
    std::vector<uint32_t> keys;
  };

  uint32_t DesiredParallelism(const LogicalOperator& op) const {
    const std::vector<uint32_t>* keys = KeysOf(op, 0);
    if (keys != nullptr && keys->empty()) return 1;
    if (op.parallelism != 0) return op.parallelism;
    // What follows keeps the parallelism of what it follows, but for a keyed operator.
    if (keys == nullptr && !op.inputs.empty() && op.As<UnionOp>() == nullptr) {
      return job_.chains[vertex_of_.at(op.inputs[0].op)].parallelism;
    }
    return plan_.parallelism;
  }

  // What must happen between the producer of `input` and `op`; nothing: they share a chain.
  std::optional<Exchange> ExchangeFor(const LogicalOperator& op, size_t index,
                                      uint32_t parallelism) const {
    const LogicalInput& input = op.inputs[index];
    const uint32_t upstream = job_.chains[vertex_of_.at(input.op)].parallelism;
    if (const std::vector<uint32_t>* keys = KeysOf(op, index)) {
      const auto spread = spread_by_.find({input.op, input.output});
      const bool already = spread != spread_by_.end() && spread->second == *keys;
      const bool stays = upstream == parallelism && (parallelism == 1 || already);
      if (!stays) return Exchange{Partitioning::kHash, *keys};
      // The inputs of an operator with several come from other chains.
      if (op.inputs.size() > 1) return Exchange{Partitioning::kForward, {}};
      return std::nullopt;
    }
    if (upstream != parallelism) return Redistribution(input);
    if (op.As<UnionOp>() != nullptr) return Exchange{Partitioning::kForward, {}};
    return std::nullopt;
  }

  // Rows to another number of subtasks. Those of one key stay in order: an update must not overtake
  // the row that it replaces.
  Exchange Redistribution(const LogicalInput& input) const {
    const LogicalOutput& output = plan_.Get(input.op).outputs[input.output];
    if (output.changelog == ChangelogMode::kAppend) return {Partitioning::kRebalance, {}};
    std::vector<uint32_t> keys = output.unique_key;
    if (keys.empty()) {
      const auto spread = spread_by_.find({input.op, input.output});
      if (spread != spread_by_.end()) keys = spread->second;
    }
    return {Partitioning::kHash, std::move(keys)};
  }

  // The inputs of a union arrive at one head, whose batches hold key hashes or do not.
  void HashAllOrNone(const LogicalOperator& op, std::vector<std::optional<Exchange>>& exchanges) {
    const auto is_hash = [](const std::optional<Exchange>& exchange) {
      return exchange && exchange->partitioning == Partitioning::kHash;
    };
    if (std::ranges::none_of(exchanges, is_hash)) return;
    for (size_t i = 0; i < exchanges.size(); ++i) {
      if (is_hash(exchanges[i])) continue;
      exchanges[i] = Redistribution(op.inputs[i]);
      if (is_hash(exchanges[i])) continue;
      // Rows that replace nothing may go anywhere.
      std::vector<uint32_t> keys(OutputOf(op.inputs[i]).schema.size());
      std::iota(keys.begin(), keys.end(), 0u);
      exchanges[i] = Exchange{Partitioning::kHash, std::move(keys)};
    }
  }

  void PlaceOperator(const LogicalOperator& op) {
    const uint32_t parallelism = DesiredParallelism(op);
    std::vector<std::optional<Exchange>> exchanges;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      exchanges.push_back(ExchangeFor(op, i, parallelism));
    }
    if (op.As<UnionOp>() != nullptr) HashAllOrNone(op, exchanges);
    const bool chained = op.inputs.size() == 1 && !exchanges[0].has_value();
    uint32_t vertex;
    if (chained) {
      vertex = vertex_of_.at(op.inputs[0].op);
    } else {
      vertex = StartChain(op, parallelism);
      for (size_t i = 0; i < op.inputs.size(); ++i) {
        Connect(op, i, vertex, exchanges[i].value_or(Exchange{}));
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

  void PropagateSpread(const LogicalOperator& op) {
    SpreadBy input;
    if (op.inputs.size() == 1) {
      const auto found = spread_by_.find({op.inputs[0].op, op.inputs[0].output});
      if (found != spread_by_.end()) input = found->second;
    }
    if (const auto* join = op.As<JoinOp>()) return SpreadJoin(op, join->join);
    if (const auto* top = op.As<TopOp>()) return SpreadTop(op, top->top);
    if (const auto* lookup = op.As<LookupOp>()) {
      if (!input) return;
      const SpreadBy spread = Find(*input, lookup->lookup.join.columns[0], 0);
      if (spread) Spread(op, 0, *spread);
      return;
    }
    if (const auto* over = op.As<OverOp>()) return SpreadOver(op, *over);
    if (const auto* match = op.As<MatchOp>()) return SpreadGroups(op, match->match.keys);
    if (const auto* aggregate = op.As<AggregateOp>()) return SpreadGroups(op, aggregate->keys);
    if (!input.has_value()) return;
    if (const auto* project = op.As<ProjectOp>()) {
      if (const SpreadBy mapped = MapColumns(*project, *input)) Spread(op, 0, *mapped);
      return;
    }
    for (uint32_t output = 0; output < op.outputs.size(); ++output) {
      if (op.errors_output != output) Spread(op, output, *input);
    }
  }

  // Where the columns `keys` of an input are among those that a result keeps of it; nothing: not
  // all are.
  static SpreadBy Find(const std::vector<uint32_t>& keys, const std::vector<uint32_t>& kept,
                       uint32_t first) {
    std::vector<uint32_t> found;
    for (const uint32_t key : keys) {
      const auto at = std::ranges::find(kept, key);
      if (at == kept.end()) return std::nullopt;
      found.push_back(first + static_cast<uint32_t>(at - kept.begin()));
    }
    return found;
  }

  // A row of the result is where its key is, unless it may have the key of neither side.
  void SpreadJoin(const LogicalOperator& op, const JoinDescriptor& join) {
    const auto left_columns = static_cast<uint32_t>(join.columns[0].size());
    SpreadBy spread;
    if (!IsOuter(join.kind, 1)) spread = Find(join.keys[0], join.columns[0], 0);
    if (!spread && !IsOuter(join.kind, 0) && !IsLeftOnly(join.kind)) {
      spread = Find(join.keys[1], join.columns[1], left_columns);
    }
    if (spread) Spread(op, 0, *spread);
  }

  void SpreadTop(const LogicalOperator& op, const TopDescriptor& top) {
    if (top.is_filter) return;
    if (const SpreadBy spread = Find(top.keys, top.columns, 0)) Spread(op, 0, *spread);
  }

  void SpreadOver(const LogicalOperator& op, const OverOp& over) {
    if (const SpreadBy spread = Find(over.aggregate.keys, over.columns, 0)) Spread(op, 0, *spread);
    if (over.aggregate.route_late) Spread(op, 1, over.aggregate.keys);
  }

  // What begins with the keys, and other outputs that have the columns of the input: rows stay
  // where their key was sent.
  void SpreadGroups(const LogicalOperator& op, const std::vector<uint32_t>& keys) {
    std::vector<uint32_t> first(keys.size());
    for (uint32_t i = 0; i < first.size(); ++i) first[i] = i;
    Spread(op, 0, first);
    for (uint32_t output = 1; output < op.outputs.size(); ++output) Spread(op, output, keys);
  }

  void Spread(const LogicalOperator& op, uint32_t output, std::vector<uint32_t> columns) {
    spread_by_[{op.id, output}] = std::move(columns);
  }

  // Where the columns went in a projection; nothing if one of them is gone.
  static SpreadBy MapColumns(const ProjectOp& project, const std::vector<uint32_t>& columns) {
    std::vector<uint32_t> mapped;
    for (uint32_t column : columns) {
      const auto found = std::ranges::find_if(project.columns, [&](const NamedExpr& named) {
        return named.expr->kind() == ExprKind::kColumn && named.expr->column() == column;
      });
      if (found == project.columns.end()) return std::nullopt;
      mapped.push_back(static_cast<uint32_t>(found - project.columns.begin()));
    }
    return mapped;
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
  ChainedJob job_;
  std::map<OperatorId, uint32_t> vertex_of_;
  std::map<std::pair<OperatorId, uint32_t>, std::vector<uint32_t>> spread_by_;
};

}  // namespace

ChainedJob BuildJobGraph(const LogicalPlan& plan) { return JobGraphBuilder(plan).Build(); }

}  // namespace flinkc
