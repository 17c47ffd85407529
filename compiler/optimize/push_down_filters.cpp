// A filter goes down only if it can neither fail nor read the clock, and never past what can fail:
// a row that it drops must not have failed before, and a row that fails must not have been dropped.
#include <algorithm>
#include <set>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"
#include "compiler/plan/rewrite.h"

namespace flinkc {

namespace {

class FilterPushDown {
 public:
  explicit FilterPushDown(LogicalPlan& plan) : plan_(plan) {}

  uint32_t Run() {
    uint32_t changes = 0;
    // Each move brings a filter nearer to the sources, so this ends.
    while (MoveOne()) ++changes;
    return changes;
  }

 private:
  bool MoveOne() {
    for (size_t i = 0; i < plan_.operators.size(); ++i) {
      const LogicalOperator& op = plan_.operators[i];
      const FilterOp* filter = op.As<FilterOp>();
      if (filter == nullptr || op.errors_output || !IsPure(*filter->predicate)) continue;
      if (op.outputs[0].changelog != ChangelogMode::kAppend) continue;
      const LogicalInput input = op.inputs[0];
      const LogicalOperator& below = *Producer(plan_, input);
      if (!HasOneReader(plan_, input) || below.parallelism != op.parallelism) continue;
      if (below.errors_output) continue;
      bool moved = (below.As<ProjectOp>() != nullptr && PassProject(op.id, below.id)) ||
                   (below.As<UnnestOp>() != nullptr && PassUnnest(op.id, below.id)) ||
                   (below.As<JoinOp>() != nullptr && PassJoin(op.id, below.id)) ||
                   (below.As<LookupOp>() != nullptr && PassLookup(op.id, below.id)) ||
                   (below.As<UnionOp>() != nullptr && PassUnion(op.id, below.id));
      if (moved) return true;
    }
    return false;
  }

  // Splits the conditions of `filter` into those that `can_go` and the others.
  template <typename Predicate>
  static void Split(const LogicalOperator& filter, const Predicate& can_go,
                    std::vector<ExprPtr>& going, std::vector<ExprPtr>& staying) {
    for (const ExprPtr& condition : Conjuncts(filter.As<FilterOp>()->predicate)) {
      (can_go(*condition) ? going : staying).push_back(condition);
    }
  }

  // Puts a filter of `going` before input `index` of `below`. `filter` keeps the others, or goes.
  void Insert(OperatorId filter, OperatorId below, size_t index, std::vector<ExprPtr> going,
              std::vector<ExprPtr> staying) {
    LogicalOperator pushed = plan_.Get(filter);
    LogicalOperator& under = plan_.Get(below);
    const LogicalInput input = under.inputs[index];
    pushed.inputs = {input};
    pushed.As<FilterOp>()->predicate = Conjunction(std::move(going));
    pushed.outputs = {plan_.Get(input.op).outputs[input.output]};
    pushed.outputs[0].name = "";
    pushed.id = plan_.NextId();
    under.inputs[index] = {pushed.id, 0};
    const LogicalInput filtered = plan_.Get(filter).inputs[0];
    MergeStreams(plan_, filtered, filtered);
    if (staying.empty()) {
      RedirectReaders(plan_, {filter, 0}, {below, 0});
      std::erase_if(plan_.operators, [&](const LogicalOperator& op) { return op.id == filter; });
    } else {
      plan_.Get(filter).As<FilterOp>()->predicate = Conjunction(std::move(staying));
    }
    plan_.operators.push_back(std::move(pushed));
    SortTopologically(plan_);
  }

  bool PassProject(OperatorId filter, OperatorId below) {
    const std::vector<NamedExpr>& columns = plan_.Get(below).As<ProjectOp>()->columns;
    if (std::ranges::any_of(columns, [](const NamedExpr& c) { return c.expr->fallible(); })) {
      return false;
    }
    // Only what reads columns as they came: else it would be computed twice.
    std::vector<ExprPtr> going;
    std::vector<ExprPtr> staying;
    Split(
        plan_.Get(filter),
        [&](const Expr& condition) {
          return std::ranges::all_of(condition.Columns(),
                                     [&](uint32_t c) { return IsColumn(columns[c].expr); });
        },
        going, staying);
    if (going.empty()) return false;
    std::vector<ExprPtr> substitutes;
    for (const NamedExpr& column : columns) substitutes.push_back(column.expr);
    for (ExprPtr& condition : going) condition = SubstituteColumns(condition, substitutes);
    Insert(filter, below, 0, std::move(going), std::move(staying));
    return true;
  }

  bool PassUnnest(OperatorId filter, OperatorId below) {
    const LogicalOperator& unnest = plan_.Get(below);
    if (unnest.As<UnnestOp>()->array->fallible()) return false;
    auto element = static_cast<uint32_t>(unnest.outputs[0].schema.size() - 1);
    std::vector<ExprPtr> going;
    std::vector<ExprPtr> staying;
    Split(
        plan_.Get(filter),
        [&](const Expr& condition) {
          const std::vector<uint32_t> columns = condition.Columns();
          return std::ranges::find(columns, element) == columns.end();
        },
        going, staying);
    if (going.empty()) return false;
    Insert(filter, below, 0, std::move(going), std::move(staying));
    return true;
  }

  // What reads one side alone goes to that side, unless its rows may leave padded with NULLs.
  bool PassJoin(OperatorId filter, OperatorId below) {
    const JoinOp& join = *plan_.Get(below).As<JoinOp>();
    if (PassSide(filter, below, join.join, join.condition, 0)) return true;
    // Without one version of a key another would hold.
    return !join.join.versions && PassSide(filter, below, join.join, join.condition, 1);
  }

  // The rows of the table are not the plan's.
  bool PassLookup(OperatorId filter, OperatorId below) {
    const LookupOp& lookup = *plan_.Get(below).As<LookupOp>();
    return PassSide(filter, below, lookup.lookup.join, lookup.condition, 0);
  }

  bool PassSide(OperatorId filter, OperatorId below, const JoinDescriptor& join,
                const ExprPtr& join_condition, size_t side) {
    const LogicalOperator& join_operator = plan_.Get(below);
    if (IsOuter(join.kind, 1 - side)) return false;
    const std::vector<uint32_t> columns = join.columns[side];
    const size_t first = side == 0 ? 0 : join.columns[0].size();
    // A condition that may fail sees the pairs that it saw.
    if (join_condition != nullptr && !IsPure(*join_condition)) return false;
    const LogicalInput input = join_operator.inputs[side];
    const LogicalOutput& rows = plan_.Get(input.op).outputs[input.output];
    if (rows.changelog != ChangelogMode::kAppend) return false;
    std::vector<ExprPtr> going;
    std::vector<ExprPtr> staying;
    Split(
        plan_.Get(filter),
        [&](const Expr& condition) {
          const std::vector<uint32_t> read = condition.Columns();
          return !read.empty() && std::ranges::all_of(read, [&](uint32_t column) {
            return column >= first && column < first + columns.size();
          });
        },
        going, staying);
    if (going.empty()) return false;
    std::vector<ExprPtr> substitutes(plan_.Get(filter).outputs[0].schema.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      const Field& field = rows.schema[columns[i]];
      substitutes[first + i] =
          Expr::Column(columns[i], field.name, field.type, plan_.Get(filter).span);
    }
    for (ExprPtr& condition : going) condition = SubstituteColumns(condition, substitutes);
    Insert(filter, below, side, std::move(going), std::move(staying));
    return true;
  }

  // One filter before each input; the first keeps the name, the others are its copies.
  bool PassUnion(OperatorId filter, OperatorId below) {
    const LogicalOperator pushed = plan_.Get(filter);
    const std::vector<LogicalInput> inputs = plan_.Get(below).inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      LogicalOperator copy = pushed;
      copy.id = plan_.NextId();
      copy.inputs = {inputs[i]};
      copy.outputs = {plan_.Get(inputs[i].op).outputs[inputs[i].output]};
      copy.outputs[0].name = "";
      plan_.Get(below).inputs[i] = {copy.id, 0};
      plan_.operators.push_back(std::move(copy));
    }
    MergeStreams(plan_, {below, 0}, {below, 0});
    RedirectReaders(plan_, {filter, 0}, {below, 0});
    std::erase_if(plan_.operators, [&](const LogicalOperator& op) { return op.id == filter; });
    SortTopologically(plan_);
    return true;
  }

  LogicalPlan& plan_;
};

}  // namespace

uint32_t PushDownFilters(LogicalPlan& plan, const OptimizeOptions&) {
  return FilterPushDown(plan).Run();
}

}  // namespace flinkc
