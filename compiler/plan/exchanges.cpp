#include "compiler/plan/exchanges.h"

#include <algorithm>
#include <numeric>

#include "compiler/plan/native_plan.h"

namespace flinkc {

Placement ExchangeFinder::Place(const LogicalOperator& op) {
  Placement placement;
  placement.parallelism = DesiredParallelism(op);
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    placement.exchanges.push_back(ExchangeFor(op, i, placement.parallelism));
  }
  if (op.As<UnionOp>() != nullptr) HashAllOrNone(op, placement.exchanges);
  parallelism_of_[op.id] = placement.parallelism;
  PropagateSpread(op);
  return placement;
}

uint32_t ExchangeFinder::DesiredParallelism(const LogicalOperator& op) const {
  const std::vector<uint32_t>* keys = KeysOf(op, 0);
  if (keys != nullptr && keys->empty()) return 1;
  if (op.parallelism != 0) return op.parallelism;
  // What follows keeps the parallelism of what it follows, but for a keyed operator.
  if (keys == nullptr && !op.inputs.empty() && op.As<UnionOp>() == nullptr) {
    return parallelism_of_.at(op.inputs[0].op);
  }
  return plan_.parallelism;
}

// What must happen between the producer of `input` and `op`; nothing: they share a chain.
std::optional<Exchange> ExchangeFinder::ExchangeFor(const LogicalOperator& op, size_t index,
                                                    uint32_t parallelism) const {
  const LogicalInput& input = op.inputs[index];
  const uint32_t upstream = parallelism_of_.at(input.op);
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
Exchange ExchangeFinder::Redistribution(const LogicalInput& input) const {
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
void ExchangeFinder::HashAllOrNone(const LogicalOperator& op,
                                   std::vector<std::optional<Exchange>>& exchanges) const {
  const auto is_hash = [](const std::optional<Exchange>& exchange) {
    return exchange && exchange->partitioning == Partitioning::kHash;
  };
  if (std::ranges::none_of(exchanges, is_hash)) return;
  for (size_t i = 0; i < exchanges.size(); ++i) {
    if (is_hash(exchanges[i])) continue;
    const LogicalInput& input = op.inputs[i];
    exchanges[i] = Redistribution(input);
    if (is_hash(exchanges[i])) continue;
    // Rows that replace nothing may go anywhere.
    std::vector<uint32_t> keys(plan_.Get(input.op).outputs[input.output].schema.size());
    std::iota(keys.begin(), keys.end(), 0u);
    exchanges[i] = Exchange{Partitioning::kHash, std::move(keys)};
  }
}

void ExchangeFinder::PropagateSpread(const LogicalOperator& op) {
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
ExchangeFinder::SpreadBy ExchangeFinder::Find(const std::vector<uint32_t>& keys,
                                              const std::vector<uint32_t>& kept, uint32_t first) {
  std::vector<uint32_t> found;
  for (const uint32_t key : keys) {
    const auto at = std::ranges::find(kept, key);
    if (at == kept.end()) return std::nullopt;
    found.push_back(first + static_cast<uint32_t>(at - kept.begin()));
  }
  return found;
}

// A row of the result is where its key is, unless it may have the key of neither side.
void ExchangeFinder::SpreadJoin(const LogicalOperator& op, const JoinDescriptor& join) {
  const auto left_columns = static_cast<uint32_t>(join.columns[0].size());
  SpreadBy spread;
  if (!IsOuter(join.kind, 1)) spread = Find(join.keys[0], join.columns[0], 0);
  if (!spread && !IsOuter(join.kind, 0) && !IsLeftOnly(join.kind)) {
    spread = Find(join.keys[1], join.columns[1], left_columns);
  }
  if (spread) Spread(op, 0, *spread);
}

void ExchangeFinder::SpreadTop(const LogicalOperator& op, const TopDescriptor& top) {
  if (top.is_filter) return;
  if (const SpreadBy spread = Find(top.keys, top.columns, 0)) Spread(op, 0, *spread);
}

void ExchangeFinder::SpreadOver(const LogicalOperator& op, const OverOp& over) {
  if (const SpreadBy spread = Find(over.aggregate.keys, over.columns, 0)) Spread(op, 0, *spread);
  if (over.aggregate.route_late) Spread(op, 1, over.aggregate.keys);
}

// What begins with the keys, and other outputs that have the columns of the input: rows stay
// where their key was sent.
void ExchangeFinder::SpreadGroups(const LogicalOperator& op, const std::vector<uint32_t>& keys) {
  std::vector<uint32_t> first(keys.size());
  for (uint32_t i = 0; i < first.size(); ++i) first[i] = i;
  Spread(op, 0, first);
  for (uint32_t output = 1; output < op.outputs.size(); ++output) Spread(op, output, keys);
}

void ExchangeFinder::Spread(const LogicalOperator& op, uint32_t output,
                            std::vector<uint32_t> columns) {
  spread_by_[{op.id, output}] = std::move(columns);
}

// Where the columns went in a projection; nothing if one of them is gone.
ExchangeFinder::SpreadBy ExchangeFinder::MapColumns(const ProjectOp& project,
                                                    const std::vector<uint32_t>& columns) {
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

}  // namespace flinkc
