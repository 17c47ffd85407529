// Against the order of the plan: which columns of each output somebody needs. Then in its order:
// sources read only those, projections and aggregates compute only those, and expressions find them
// at their new places. Where an operator's error rows are read, all columns that the row text of an
// error shows are needed, back to the source.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"
#include "compiler/plan/native_plan.h"
#include "compiler/plan/rewrite.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

using OutputKey = std::pair<OperatorId, uint32_t>;

void CollectColumns(const ExprPtr& expr, std::set<uint32_t>& columns) {
  if (expr == nullptr) return;
  for (uint32_t column : expr->Columns()) columns.insert(column);
}

// The output of the rows of side `side` without a match.
std::optional<uint32_t> UnmatchedOutput(const JoinDescriptor& join, size_t side) {
  if (!join.gives_unmatched[side]) return std::nullopt;
  return side == 1 && join.gives_unmatched[0] ? 2 : 1;
}

// ---- what is needed ----

class NeededColumns {
 public:
  explicit NeededColumns(const LogicalPlan& plan) : plan_(plan) {
    for (size_t i = plan.operators.size(); i-- > 0;) Visit(plan.operators[i]);
  }

  const std::set<uint32_t>& Of(OperatorId op, uint32_t output) { return needed_[{op, output}]; }

 private:
  void Visit(const LogicalOperator& op) {
    NeedKeys(op);
    NeedAColumn(op);
    if (op.inputs.empty()) return;
    bool shows_row = op.errors_output.has_value();
    // The rows of an aggregate or a join are made anew: an error behind it shows those.
    const bool makes_rows = op.As<AggregateOp>() != nullptr || IsNative(op);
    uint32_t first = makes_rows ? 1 : 0;
    for (uint32_t i = first; i < op.outputs.size(); ++i) {
      shows_row = shows_row || shows_row_.contains({op.id, i});
    }
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const LogicalInput& input = op.inputs[i];
      const std::set<uint32_t> needed = InputNeeds(op, i);
      std::set<uint32_t>& all = needed_[{input.op, input.output}];
      all.insert(needed.begin(), needed.end());
      if (!shows_row) continue;
      shows_row_.insert({input.op, input.output});
      size_t count = plan_.Get(input.op).outputs[input.output].schema.size();
      for (uint32_t column = 0; column < count; ++column) all.insert(column);
    }
  }

  // A row is at least one column, though nobody reads it (count(*) does not): the one that costs
  // least.
  void NeedAColumn(const LogicalOperator& op) {
    for (uint32_t i = 0; i < op.outputs.size(); ++i) {
      const Schema& schema = op.outputs[i].schema;
      if (op.errors_output == i || schema.empty() || !needed_[{op.id, i}].empty()) continue;
      auto cost = [&](uint32_t column) {
        uint32_t bytes = ByteWidth(schema[column].type.physical());
        if (op.outputs[i].watermark_column == column) return bytes + 1000;
        const ProjectOp* project = op.As<ProjectOp>();
        bool is_computed = project != nullptr && !IsColumn(project->columns[column].expr);
        return bytes + (is_computed ? 100 : 0);
      };
      uint32_t cheapest = 0;
      for (uint32_t column = 1; column < schema.size(); ++column) {
        if (cost(column) < cost(cheapest)) cheapest = column;
      }
      needed_[{op.id, i}].insert(cheapest);
    }
  }

  // Upserts are addressed by their key.
  void NeedKeys(const LogicalOperator& op) {
    for (uint32_t i = 0; i < op.outputs.size(); ++i) {
      if (op.outputs[i].changelog != ChangelogMode::kUpsert) continue;
      for (uint32_t column : op.outputs[i].unique_key) needed_[{op.id, i}].insert(column);
    }
  }

  // Of the columns of input `index` of the operator.
  std::set<uint32_t> InputNeeds(const LogicalOperator& op, size_t index) {
    std::set<uint32_t> needed;
    if (op.As<SinkOp>() != nullptr) {
      const LogicalInput& input = op.inputs[0];
      size_t count = plan_.Get(input.op).outputs[input.output].schema.size();
      for (uint32_t column = 0; column < count; ++column) needed.insert(column);
    } else if (const FilterOp* filter = op.As<FilterOp>()) {
      needed = Of(op.id, 0);
      CollectColumns(filter->predicate, needed);
    } else if (const ProjectOp* project = op.As<ProjectOp>()) {
      for (uint32_t column : Of(op.id, 0)) CollectColumns(project->columns[column].expr, needed);
    } else if (const UnnestOp* unnest = op.As<UnnestOp>()) {
      needed = Of(op.id, 0);
      needed.erase(static_cast<uint32_t>(op.outputs[0].schema.size() - 1));
      CollectColumns(unnest->array, needed);
    } else if (const RouteOp* route = op.As<RouteOp>()) {
      for (uint32_t i = 0; i < route->branches.size(); ++i) {
        const std::set<uint32_t>& of_branch = Of(op.id, i);
        needed.insert(of_branch.begin(), of_branch.end());
        CollectColumns(route->branches[i].predicate, needed);
      }
    } else if (const AggregateOp* aggregate = op.As<AggregateOp>()) {
      NeedsOfAggregate(op, *aggregate, needed);
    } else if (const JoinOp* join = op.As<JoinOp>()) {
      const LogicalOutput& left = plan_.Get(op.inputs[0].op).outputs[op.inputs[0].output];
      const LogicalOutput& input = plan_.Get(op.inputs[index].op).outputs[op.inputs[index].output];
      needed =
          NeedsOfJoin(join->join, join->condition, Of(op.id, 0), left.schema.size(), input, index);
      if (const std::optional<uint32_t> output = UnmatchedOutput(join->join, index)) {
        const std::set<uint32_t>& unmatched = Of(op.id, *output);
        needed.insert(unmatched.begin(), unmatched.end());
      }
    } else if (const LookupOp* lookup = op.As<LookupOp>()) {
      const LogicalOutput& input = plan_.Get(op.inputs[0].op).outputs[op.inputs[0].output];
      needed = NeedsOfLookup(op, *lookup, Of(op.id, 0), input.schema.size(), input);
    } else if (const TopOp* top = op.As<TopOp>()) {
      needed = NeedsOfTop(*top, Of(op.id, 0));
    } else if (const OverOp* over = op.As<OverOp>()) {
      const LogicalOutput& input = plan_.Get(op.inputs[0].op).outputs[op.inputs[0].output];
      needed = NeedsOfOver(*over, Of(op.id, 0), input.watermark_column);
      if (over->aggregate.route_late) {
        const std::set<uint32_t>& late = Of(op.id, 1);
        needed.insert(late.begin(), late.end());
      }
    } else if (const MatchOp* match = op.As<MatchOp>()) {
      needed = NeedsOfMatch(*match, Of(op.id, 0));
      if (match->match.route_late) {
        const std::set<uint32_t>& late = Of(op.id, 1);
        needed.insert(late.begin(), late.end());
      }
    } else if (op.As<UnionOp>() != nullptr) {
      needed = Of(op.id, 0);
    }
    return needed;
  }

 public:
  // Of the columns of side `side`, whose rows are `input`; `results`: what of the join is needed.
  static std::set<uint32_t> NeedsOfJoin(const JoinDescriptor& join, const ExprPtr& condition,
                                        const std::set<uint32_t>& results, size_t left_columns,
                                        const LogicalOutput& input, size_t side) {
    std::set<uint32_t> needed(join.keys[side].begin(), join.keys[side].end());
    const size_t first = side == 0 ? 0 : join.columns[0].size();
    for (size_t i = 0; i < join.columns[side].size(); ++i) {
      if (results.contains(static_cast<uint32_t>(first + i))) needed.insert(join.columns[side][i]);
    }
    if (const auto* times = join.times()) {
      needed.insert((*times)[side]);
      if (input.watermark_column) needed.insert(*input.watermark_column);
    }
    if (condition == nullptr) return needed;
    for (const uint32_t column : condition->Columns()) {
      if (side == 0 && column < left_columns) needed.insert(column);
      if (side == 1 && column >= left_columns) {
        needed.insert(column - static_cast<uint32_t>(left_columns));
      }
    }
    return needed;
  }

  // Of the columns of its stream, whose rows are `input`.
  static std::set<uint32_t> NeedsOfLookup(const LogicalOperator& op, const LookupOp& lookup,
                                          const std::set<uint32_t>& results, size_t left_columns,
                                          const LogicalOutput& input) {
    std::set<uint32_t> needed =
        NeedsOfJoin(lookup.lookup.join, lookup.condition, results, left_columns, input, 0);
    const std::optional<uint32_t> hidden = op.outputs[0].watermark_column;
    if (hidden && results.contains(*hidden)) needed.insert(*input.watermark_column);
    return needed;
  }

  static std::set<uint32_t> NeedsOfTop(const TopOp& op, const std::set<uint32_t>& results) {
    std::set<uint32_t> needed(op.top.keys.begin(), op.top.keys.end());
    if (op.top.window) {
      needed.insert(op.top.window->time_column);
      needed.insert(op.top.window->watermark_column);
    }
    for (const OrderColumn& order : op.top.order) needed.insert(order.column);
    for (size_t i = 0; i < op.top.columns.size(); ++i) {
      if (results.contains(static_cast<uint32_t>(i))) needed.insert(op.top.columns[i]);
    }
    return needed;
  }

  // `hidden`: the input's watermark column, which rows by processing time bring with them.
  static std::set<uint32_t> NeedsOfOver(const OverOp& op, const std::set<uint32_t>& results,
                                        std::optional<uint32_t> hidden) {
    const auto own_hidden = static_cast<uint32_t>(op.columns.size() + op.aggregate.calls.size());
    std::set<uint32_t> needed(op.aggregate.keys.begin(), op.aggregate.keys.end());
    if (op.time) {
      needed.insert(op.time->time_column);
      needed.insert(op.time->watermark_column);
    }
    for (size_t i = 0; i < op.columns.size(); ++i) {
      if (results.contains(static_cast<uint32_t>(i))) needed.insert(op.columns[i]);
    }
    for (size_t i = 0; i < op.aggregate.calls.size(); ++i) {
      if (!results.contains(static_cast<uint32_t>(op.columns.size() + i))) continue;
      const AggregateCall& call = op.aggregate.calls[i];
      for (const ExprPtr& argument : call.arguments) CollectColumns(argument, needed);
      CollectColumns(call.filter, needed);
    }
    if (!op.time && hidden && results.contains(own_hidden)) needed.insert(*hidden);
    return needed;
  }

  // Without those that only values read of which nobody asks.
  static std::set<uint32_t> NeedsOfMatch(const MatchOp& op, const std::set<uint32_t>& results) {
    const MatchOp used = WithResults(op, results);
    const MatchDescriptor& match = used.match;
    std::set<uint32_t> needed(match.keys.begin(), match.keys.end());
    if (match.time_column) {
      needed.insert(*match.time_column);
      needed.insert(match.watermark_column);
    }
    for (const OrderColumn& order : match.order) needed.insert(order.column);
    for (const PatternValue& value : match.values) {
      if (value.of != PatternValue::Of::kAggregate && value.column) needed.insert(*value.column);
    }
    for (const AggregateCall& call : used.aggregates) {
      for (const uint32_t column : call.Columns()) needed.insert(column);
    }
    return needed;
  }

  // The operator with the results that are needed: columns behind its keys.
  static MatchOp WithResults(const MatchOp& op, const std::set<uint32_t>& results) {
    MatchOp used = op;
    used.match.results.clear();
    const auto keys = static_cast<uint32_t>(op.match.keys.size());
    for (uint32_t i = 0; i < op.match.results.size(); ++i) {
      if (results.contains(keys + i)) used.match.results.push_back(op.match.results[i]);
    }
    DropUnusedValues(&used);
    return used;
  }

 private:
  void NeedsOfAggregate(const LogicalOperator& op, const AggregateOp& aggregate,
                        std::set<uint32_t>& needed) {
    needed.insert(aggregate.keys.begin(), aggregate.keys.end());
    if (aggregate.window && !aggregate.window->processing_time) {
      needed.insert(aggregate.window->time_column);
      needed.insert(aggregate.window->watermark_column);
    }
    const std::set<uint32_t>& results = Of(op.id, 0);
    size_t first = aggregate.keys.size() + (aggregate.window ? 3 : 0);
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      if (!aggregate.set && !results.contains(static_cast<uint32_t>(first + i))) continue;
      for (const ExprPtr& argument : aggregate.calls[i].arguments) {
        CollectColumns(argument, needed);
      }
      CollectColumns(aggregate.calls[i].filter, needed);
    }
    if (!aggregate.route_late) return;
    const std::set<uint32_t>& late = Of(op.id, 1);
    needed.insert(late.begin(), late.end());
  }

  const LogicalPlan& plan_;
  std::map<OutputKey, std::set<uint32_t>> needed_;
  // Outputs whose rows, or what is made of them, an error row may show.
  std::set<OutputKey> shows_row_;
};

// ---- the plan without the rest ----

// New index by old index of an output's columns; kGone: not there any more.
constexpr uint32_t kGone = UINT32_MAX;
using ColumnMap = std::vector<uint32_t>;

ColumnMap Identity(size_t count) {
  ColumnMap map(count);
  for (uint32_t i = 0; i < count; ++i) map[i] = i;
  return map;
}

// The output with only the columns that the map keeps, and what is known of it.
LogicalOutput Keep(const LogicalOutput& output, const ColumnMap& map) {
  LogicalOutput kept;
  kept.name = output.name;
  kept.changelog = output.changelog;
  for (uint32_t i = 0; i < map.size(); ++i) {
    if (map[i] != kGone) kept.schema.Add(output.schema[i]);
  }
  auto mapped = [&](std::optional<uint32_t> column) -> std::optional<uint32_t> {
    if (!column || map[*column] == kGone) return std::nullopt;
    return map[*column];
  };
  kept.time_attribute = mapped(output.time_attribute);
  kept.watermark_column = mapped(output.watermark_column);
  for (uint32_t column : output.unique_key) {
    if (map[column] == kGone) {
      kept.unique_key.clear();
      break;
    }
    kept.unique_key.push_back(map[column]);
  }
  return kept;
}

ColumnMap MapOf(const std::vector<bool>& kept) {
  ColumnMap map(kept.size(), kGone);
  uint32_t next = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) map[i] = next++;
  }
  return map;
}

class ColumnPruner {
 public:
  explicit ColumnPruner(LogicalPlan& plan) : plan_(plan), needed_(plan) {}

  uint32_t Run() {
    std::vector<LogicalOperator> before = std::move(plan_.operators);
    next_id_ = 0;
    for (const LogicalOperator& op : before) next_id_ = std::max(next_id_, op.id.value() + 1);
    for (LogicalOperator& op : before) {
      Prune(op);
      plan_.operators.push_back(std::move(op));
    }
    return changes_;
  }

 private:
  const ColumnMap& InputMap(const LogicalOperator& op, size_t input = 0) const {
    return maps_.at({op.inputs[input].op, op.inputs[input].output});
  }
  const LogicalOutput& InputOutput(const LogicalInput& input) const {
    return plan_.Get(input.op).outputs[input.output];
  }

  std::vector<bool> Kept(const LogicalOperator& op, uint32_t output) {
    std::vector<bool> kept(op.outputs[output].schema.size(), false);
    for (uint32_t column : needed_.Of(op.id, output)) kept[column] = true;
    return kept;
  }

  void SetOutput(LogicalOperator& op, uint32_t output, const ColumnMap& map) {
    size_t before = op.outputs[output].schema.size();
    op.outputs[output] = Keep(op.outputs[output], map);
    changes_ += static_cast<uint32_t>(before - op.outputs[output].schema.size());
    maps_[{op.id, output}] = map;
  }

  void Prune(LogicalOperator& op) {
    if (SourceOp* source = op.As<SourceOp>()) {
      PruneSource(op, *source);
    } else if (op.As<UnionOp>() != nullptr) {
      PruneUnion(op);
    } else if (AggregateOp* aggregate = op.As<AggregateOp>()) {
      PruneAggregate(op, *aggregate);
    } else if (JoinOp* join = op.As<JoinOp>()) {
      PruneJoin(op, *join);
    } else if (LookupOp* lookup = op.As<LookupOp>()) {
      PruneLookup(op, *lookup);
    } else if (TopOp* top = op.As<TopOp>()) {
      PruneTop(op, *top);
    } else if (OverOp* over = op.As<OverOp>()) {
      PruneOver(op, *over);
    } else if (MatchOp* match = op.As<MatchOp>()) {
      PruneMatch(op, *match);
    } else if (op.As<SinkOp>() == nullptr) {
      ColumnMap input = InputMap(op);
      RewriteExpressions(op, [&](const ExprPtr& expr) { return Remap(expr, input); });
      if (ProjectOp* project = op.As<ProjectOp>()) {
        PruneProject(op, *project);
      } else if (op.As<UnnestOp>() != nullptr) {
        auto kept = static_cast<uint32_t>(InputOutput(op.inputs[0]).schema.size());
        input.push_back(kept);
        SetOutput(op, 0, input);
      } else {
        // What passes rows has its input's columns.
        for (uint32_t i = 0; i < op.outputs.size(); ++i) {
          if (op.errors_output != i) SetOutput(op, i, input);
        }
      }
    }
    if (op.errors_output) {
      maps_[{op.id, *op.errors_output}] = Identity(op.outputs[*op.errors_output].schema.size());
    }
  }

  // Columns that are not needed may be read by an expression that is about to go.
  static ExprPtr Remap(const ExprPtr& expr, const ColumnMap& map) {
    for (uint32_t column : expr->Columns()) {
      if (map[column] == kGone) return expr;
    }
    return RemapColumns(expr, map);
  }

  void PruneSource(LogicalOperator& op, SourceOp& source) {
    const LogicalOutput& output = op.outputs[0];
    std::vector<bool> kept = Kept(op, 0);
    std::vector<uint32_t>& needed = source.descriptor.needed_columns;
    if (output.watermark_column && kept[*output.watermark_column]) {
      for (uint32_t i = 0; i < needed.size(); ++i) {
        if (needed[i] == source.event_time->column) kept[i] = true;
      }
    } else {
      // Nothing downstream asks for time, so it is neither read nor computed.
      source.event_time.reset();
    }
    std::vector<uint32_t> read;
    for (uint32_t i = 0; i < needed.size(); ++i) {
      if (kept[i]) read.push_back(needed[i]);
    }
    needed = std::move(read);
    SetOutput(op, 0, MapOf(kept));
  }

  void PruneProject(LogicalOperator& op, ProjectOp& project) {
    std::vector<bool> kept = Kept(op, 0);
    std::vector<NamedExpr> columns;
    for (size_t i = 0; i < kept.size(); ++i) {
      if (kept[i]) columns.push_back(std::move(project.columns[i]));
    }
    project.columns = std::move(columns);
    SetOutput(op, 0, MapOf(kept));
  }

  void PruneAggregate(LogicalOperator& op, AggregateOp& aggregate) {
    NarrowInput(op, aggregate);
    const ColumnMap input = InputMap(op);
    size_t fixed = aggregate.keys.size() + (aggregate.window ? 3 : 0);
    std::vector<bool> kept(op.outputs[0].schema.size(), true);
    std::vector<AggregateCall> calls;
    if (aggregate.set) calls = aggregate.calls;
    for (size_t i = 0; i < aggregate.calls.size() && !aggregate.set; ++i) {
      kept[fixed + i] = needed_.Of(op.id, 0).contains(static_cast<uint32_t>(fixed + i));
      if (kept[fixed + i]) calls.push_back(std::move(aggregate.calls[i]));
    }
    aggregate.calls = std::move(calls);
    for (uint32_t& key : aggregate.keys) key = input[key];
    if (aggregate.window && !aggregate.window->processing_time) {
      aggregate.window->time_column = input[aggregate.window->time_column];
      aggregate.window->watermark_column = input[aggregate.window->watermark_column];
    }
    RewriteExpressions(op, [&](const ExprPtr& expr) { return Remap(expr, input); });
    SetOutput(op, 0, MapOf(kept));
    if (aggregate.route_late) SetOutput(op, 1, input);
  }

  // Columns that only a filter read need not travel to the subtasks of an aggregate.
  void NarrowInput(LogicalOperator& op, const AggregateOp& aggregate) {
    uint32_t parallelism = op.parallelism == 0 ? plan_.parallelism : op.parallelism;
    bool is_exchanged = parallelism > 1 || plan_.parallelism > 1;
    if (!is_exchanged || op.errors_output) return;
    const LogicalInput input = op.inputs[0];
    const ColumnMap& map = InputMap(op);
    std::vector<bool> needed(map.size(), false);
    auto need = [&](const ExprPtr& expr) {
      if (expr == nullptr) return;
      for (uint32_t column : expr->Columns()) needed[column] = true;
    };
    for (uint32_t key : aggregate.keys) needed[key] = true;
    if (aggregate.window && !aggregate.window->processing_time) {
      needed[aggregate.window->time_column] = true;
      needed[aggregate.window->watermark_column] = true;
    }
    size_t first = aggregate.keys.size() + (aggregate.window ? 3 : 0);
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      if (!aggregate.set && !needed_.Of(op.id, 0).contains(static_cast<uint32_t>(first + i))) {
        continue;
      }
      for (const ExprPtr& argument : aggregate.calls[i].arguments) need(argument);
      need(aggregate.calls[i].filter);
    }
    if (aggregate.route_late) {
      for (uint32_t column : needed_.Of(op.id, 1)) needed[column] = true;
    }
    // At least what is there after pruning must shrink, and a row must keep a column.
    std::vector<uint32_t> columns;
    size_t present = 0;
    for (uint32_t i = 0; i < map.size(); ++i) {
      if (map[i] == kGone) continue;
      ++present;
      if (needed[i]) columns.push_back(i);
    }
    if (columns.empty() || columns.size() == present) return;
    op.inputs[0] = Select(op, input, columns, "columns");
  }

  // The old columns of input `index` that are not needed there do not come in.
  void NarrowNative(LogicalOperator& op, size_t index, const std::set<uint32_t>& needed) {
    if (op.errors_output) return;
    const LogicalInput input = op.inputs[index];
    const ColumnMap& map = InputMap(op, index);
    std::vector<uint32_t> columns;
    size_t present = 0;
    for (uint32_t i = 0; i < map.size(); ++i) {
      if (map[i] == kGone) continue;
      ++present;
      if (needed.contains(i)) columns.push_back(i);
    }
    if (columns.empty() || columns.size() == present) return;
    op.inputs[index] = Select(op, input, columns, index == 0 ? "left_columns" : "right_columns");
  }

  // What the producer was before it was pruned is not there any more: only where the hidden column
  // is, if it still has it.
  LogicalOutput OldInput(const LogicalOperator& op, size_t index) const {
    LogicalOutput input;
    const LogicalOutput& now = InputOutput(op.inputs[index]);
    if (!now.watermark_column) return input;
    const ColumnMap& map = InputMap(op, index);
    const auto old = std::ranges::find(map, *now.watermark_column);
    input.watermark_column = static_cast<uint32_t>(old - map.begin());
    return input;
  }

  void PruneLookup(LogicalOperator& op, LookupOp& lookup) {
    JoinDescriptor& join = lookup.lookup.join;
    SourceDescriptor& table = lookup.lookup.table;
    const size_t left_columns = InputMap(op).size();
    const std::set<uint32_t>& results = needed_.Of(op.id, 0);
    NarrowNative(op, 0,
                 NeededColumns::NeedsOfLookup(op, lookup, results, left_columns, OldInput(op, 0)));
    // The table's columns: those of the batches before, to those that are left.
    const std::set<uint32_t> of_table =
        NeededColumns::NeedsOfJoin(join, lookup.condition, results, left_columns, {}, 1);
    std::array<ColumnMap, 2> maps = {InputMap(op), ColumnMap(table.needed_columns.size(), kGone)};
    std::vector<uint32_t> read;
    for (const uint32_t column : of_table) {
      maps[1][column] = static_cast<uint32_t>(read.size());
      read.push_back(table.needed_columns[column]);
    }
    changes_ += static_cast<uint32_t>(table.needed_columns.size() - read.size());
    table.needed_columns = std::move(read);
    std::vector<bool> kept = Kept(op, 0);
    size_t at = 0;
    ColumnMap both;
    const auto left = static_cast<uint32_t>(InputOutput(op.inputs[0]).schema.size());
    for (size_t side = 0; side < 2; ++side) {
      for (const uint32_t column : maps[side]) {
        both.push_back(column == kGone || side == 0 ? column : left + column);
      }
      for (uint32_t& key : join.keys[side]) key = maps[side][key];
      std::vector<uint32_t> columns;
      for (const uint32_t column : join.columns[side]) {
        if (kept[at++]) columns.push_back(maps[side][column]);
      }
      join.columns[side] = std::move(columns);
    }
    RewriteExpressions(op, [&](const ExprPtr& expr) { return Remap(expr, both); });
    SetOutput(op, 0, MapOf(kept));
  }

  void PruneJoin(LogicalOperator& op, JoinOp& join) {
    const size_t left_columns = InputMap(op, 0).size();
    const std::set<uint32_t>& results = needed_.Of(op.id, 0);
    for (size_t side = 0; side < 2; ++side) {
      std::set<uint32_t> needed = NeededColumns::NeedsOfJoin(
          join.join, join.condition, results, left_columns, OldInput(op, side), side);
      const std::optional<uint32_t> output = UnmatchedOutput(join.join, side);
      if (output) {
        const std::set<uint32_t>& unmatched = needed_.Of(op.id, *output);
        needed.insert(unmatched.begin(), unmatched.end());
      }
      NarrowNative(op, side, needed);
      if (output) SetOutput(op, *output, InputMap(op, side));
    }
    std::vector<bool> kept(op.outputs[0].schema.size(), true);
    size_t at = 0;
    ColumnMap both;
    for (size_t side = 0; side < 2; ++side) {
      const ColumnMap& map = InputMap(op, side);
      const size_t offset = side == 0 ? 0 : InputOutput(op.inputs[0]).schema.size();
      for (const uint32_t column : map) {
        both.push_back(column == kGone ? kGone : column + static_cast<uint32_t>(offset));
      }
      for (uint32_t& key : join.join.keys[side]) key = map[key];
      if (auto* times = join.join.times()) (*times)[side] = map[(*times)[side]];
      std::vector<uint32_t> columns;
      for (const uint32_t column : join.join.columns[side]) {
        kept[at] = results.contains(static_cast<uint32_t>(at));
        if (kept[at]) columns.push_back(map[column]);
        ++at;
      }
      join.join.columns[side] = std::move(columns);
    }
    RewriteExpressions(op, [&](const ExprPtr& expr) { return Remap(expr, both); });
    SetOutput(op, 0, MapOf(kept));
  }

  void PruneTop(LogicalOperator& op, TopOp& top) {
    const std::set<uint32_t>& results = needed_.Of(op.id, 0);
    NarrowNative(op, 0, NeededColumns::NeedsOfTop(top, results));
    const ColumnMap& map = InputMap(op);
    for (uint32_t& key : top.top.keys) key = map[key];
    for (OrderColumn& order : top.top.order) order.column = map[order.column];
    if (top.top.window) {
      top.top.window->time_column = map[top.top.window->time_column];
      top.top.window->watermark_column = map[top.top.window->watermark_column];
    }
    std::vector<bool> kept(op.outputs[0].schema.size(), true);
    std::vector<uint32_t> columns;
    for (size_t i = 0; i < top.top.columns.size(); ++i) {
      kept[i] = results.contains(static_cast<uint32_t>(i));
      if (kept[i]) columns.push_back(map[top.top.columns[i]]);
    }
    // A place that nobody asks for need not be told when it changes.
    if (top.top.with_rank) {
      const bool makes_window = top.top.window && top.top.window->size_micros > 0;
      const size_t rank = top.top.columns.size() + (makes_window ? 3 : 0);
      kept[rank] = results.contains(static_cast<uint32_t>(rank));
      top.top.with_rank = kept[rank];
    }
    top.top.columns = std::move(columns);
    SetOutput(op, 0, MapOf(kept));
  }

  void PruneOver(LogicalOperator& op, OverOp& over) {
    const std::set<uint32_t>& results = needed_.Of(op.id, 0);
    // What the producer was before it was pruned is not there any more.
    std::optional<uint32_t> hidden;
    if (const auto now = InputOutput(op.inputs[0]).watermark_column) {
      hidden = static_cast<uint32_t>(std::ranges::find(InputMap(op), *now) - InputMap(op).begin());
    }
    std::set<uint32_t> needed = NeededColumns::NeedsOfOver(over, results, hidden);
    if (over.aggregate.route_late) {
      const std::set<uint32_t>& late = needed_.Of(op.id, 1);
      needed.insert(late.begin(), late.end());
    }
    NarrowNative(op, 0, needed);
    const ColumnMap& map = InputMap(op);
    for (uint32_t& key : over.aggregate.keys) key = map[key];
    if (over.time) {
      over.time->time_column = map[over.time->time_column];
      over.time->watermark_column = map[over.time->watermark_column];
    }
    std::vector<bool> kept(op.outputs[0].schema.size(), true);
    std::vector<uint32_t> columns;
    size_t at = 0;
    for (const uint32_t column : over.columns) {
      kept[at] = results.contains(static_cast<uint32_t>(at));
      if (kept[at++]) columns.push_back(map[column]);
    }
    over.columns = std::move(columns);
    std::vector<AggregateCall> calls;
    for (AggregateCall& call : over.aggregate.calls) {
      kept[at] = results.contains(static_cast<uint32_t>(at));
      if (kept[at++]) calls.push_back(std::move(call));
    }
    over.aggregate.calls = std::move(calls);
    // Where rows wait for the watermark it is made here, and costs nothing.
    if (at < kept.size()) kept[at] = over.time || results.contains(static_cast<uint32_t>(at));
    RewriteExpressions(op, [&](const ExprPtr& expr) { return Remap(expr, map); });
    SetOutput(op, 0, MapOf(kept));
    if (over.aggregate.route_late) SetOutput(op, 1, map);
  }

  void PruneMatch(LogicalOperator& op, MatchOp& match_op) {
    const std::set<uint32_t>& results = needed_.Of(op.id, 0);
    std::set<uint32_t> needed = NeededColumns::NeedsOfMatch(match_op, results);
    MatchDescriptor& match = match_op.match;
    if (match.route_late) {
      const std::set<uint32_t>& late = needed_.Of(op.id, 1);
      needed.insert(late.begin(), late.end());
    }
    NarrowNative(op, 0, needed);
    const ColumnMap& map = InputMap(op);
    std::vector<bool> kept(op.outputs[0].schema.size());
    for (size_t i = 0; i < kept.size(); ++i) {
      const auto column = static_cast<uint32_t>(i);
      kept[i] = i < match.keys.size() || results.contains(column) ||
                op.outputs[0].watermark_column == column;
    }
    match_op = NeededColumns::WithResults(match_op, results);
    for (uint32_t& key : match.keys) key = map[key];
    if (match.time_column) {
      match.time_column = map[*match.time_column];
      match.watermark_column = map[match.watermark_column];
    }
    for (OrderColumn& order : match.order) order.column = map[order.column];
    for (PatternValue& value : match.values) {
      if (value.of != PatternValue::Of::kAggregate && value.column) {
        value.column = map[*value.column];
      }
    }
    RewriteCalls(match_op.aggregates, [&](const ExprPtr& expr) { return Remap(expr, map); });
    SetOutput(op, 0, MapOf(kept));
    if (match.route_late) SetOutput(op, 1, map);
  }

  // A projection of `input` to the given (old) columns, in this order.
  LogicalInput Select(const LogicalOperator& reader, LogicalInput input,
                      const std::vector<uint32_t>& columns, const std::string& what) {
    const ColumnMap& map = maps_.at({input.op, input.output});
    const LogicalOperator& producer = plan_.Get(input.op);
    const LogicalOutput& from = producer.outputs[input.output];
    LogicalOperator project;
    project.id = OperatorId(next_id_++);
    project.stream = reader.stream;
    project.role = reader.role.empty() ? what : reader.role + "_" + what;
    project.span = reader.span;
    project.inputs = {input};
    project.parallelism = producer.parallelism;
    ProjectOp select;
    ColumnMap selected(map.size(), kGone);
    for (uint32_t column : columns) {
      const Field& field = from.schema[map[column]];
      selected[column] = static_cast<uint32_t>(select.columns.size());
      select.columns.push_back(
          {field.name, Expr::Column(map[column], field.name, field.type, reader.span), {}});
    }
    project.outputs.push_back(ProjectedOutput(from, select.columns));
    project.op = std::move(select);
    maps_[{project.id, 0}] = std::move(selected);
    plan_.operators.push_back(std::move(project));
    ++changes_;
    return {plan_.operators.back().id, 0};
  }

  // All inputs must have the same columns: those that are needed, in their order.
  void PruneUnion(LogicalOperator& op) {
    std::vector<bool> kept = Kept(op, 0);
    std::vector<uint32_t> columns;
    for (uint32_t i = 0; i < kept.size(); ++i) {
      if (kept[i]) columns.push_back(i);
    }
    SetOutput(op, 0, MapOf(kept));
    for (LogicalInput& input : op.inputs) {
      const Schema& schema = InputOutput(input).schema;
      if (schema != op.outputs[0].schema) input = Select(op, input, columns, "columns");
    }
  }

  LogicalPlan& plan_;
  NeededColumns needed_;
  std::map<OutputKey, ColumnMap> maps_;
  uint32_t next_id_ = 0;
  uint32_t changes_ = 0;
};

}  // namespace

uint32_t PruneColumns(LogicalPlan& plan, const OptimizeOptions&) {
  return ColumnPruner(plan).Run();
}

}  // namespace flinkc
