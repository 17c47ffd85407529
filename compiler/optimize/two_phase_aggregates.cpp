// Before an exchange rows of one group become one where they can: a local aggregate accumulates
// them, and what was the aggregate merges what comes of it (docs/adr/0013).
#include <algorithm>
#include <string>
#include <vector>

#include "compiler/optimize/rule_list.h"
#include "compiler/plan/exchanges.h"
#include "compiler/plan/partial_aggregate.h"
#include "compiler/plan/rewrite.h"

namespace flinkc {

namespace {

// What a local aggregate computes the global one may compute again.
bool IsVolatile(const AggregateCall& call) {
  return (call.filter != nullptr && call.filter->is_volatile()) ||
         std::ranges::any_of(call.arguments, [](const ExprPtr& e) { return e->is_volatile(); });
}

// Whether the last digits of the result depend on the order in which rows were added: all that
// give a floating number do, but for those that choose one.
bool Rounds(const AggregateCall& call) {
  return call.resolution.result.is_floating() && call.name != "min" && call.name != "max";
}

class TwoPhases {
 public:
  TwoPhases(LogicalPlan& plan, const FunctionRegistry& registry, bool adaptive)
      : plan_(plan), registry_(registry), adaptive_(adaptive) {}

  uint32_t Run() {
    ExchangeFinder exchanges(plan_);
    std::vector<OperatorId> found;
    for (const LogicalOperator& op : plan_.operators) {
      const Placement placement = exchanges.Place(op);
      const auto* aggregate = op.As<AggregateOp>();
      if (aggregate == nullptr || aggregate->merges_partials || !placement.exchanges[0] ||
          placement.exchanges[0]->partitioning != Partitioning::kHash) {
        continue;
      }
      if (IsSplit(op, *aggregate)) found.push_back(op.id);
    }
    for (const OperatorId id : found) Split(id);
    SortTopologically(plan_);
    return static_cast<uint32_t>(found.size());
  }

 private:
  bool IsSplit(const LogicalOperator& op, const AggregateOp& aggregate) const {
    const LogicalInput& input = op.inputs[0];
    if (plan_.Get(input.op).outputs[input.output].changelog != ChangelogMode::kAppend) return false;
    if (!HasPartials(aggregate)) return false;
    for (const AggregateCall& call : aggregate.calls) {
      const AggregateRecord* record = registry_.FindAggregate(call.name);
      if (record == nullptr || record->order_dependent || IsVolatile(call)) return false;
      // Who lets the strategy choose gets the same digits whatever left together.
      if (adaptive_ && Rounds(call)) return false;
      // The row that makes a result fail could no longer be told.
      if (call.resolution.fallible && op.on_error != ErrorMode::kFail) return false;
    }
    return true;
  }

  void Split(OperatorId id) {
    LogicalOperator& global = plan_.Get(id);
    LocalAggregateOp local;
    local.aggregate = *global.As<AggregateOp>();
    local.adaptive = adaptive_;
    LogicalOperator added;
    added.id = plan_.NextId();
    added.stream = global.stream;
    added.role = "local_" + global.role;
    added.span = global.span;
    added.inputs = global.inputs;
    const LogicalInput& input = global.inputs[0];
    added.outputs = {plan_.Get(input.op).outputs[input.output]};
    added.outputs[0].name = "";
    added.outputs[0].schema = WithPartials(added.outputs[0].schema);
    added.outputs[0].unique_key.clear();
    added.op = std::move(local);
    global.As<AggregateOp>()->merges_partials = true;
    global.inputs = {{added.id, 0}};
    plan_.operators.push_back(std::move(added));
  }

  LogicalPlan& plan_;
  const FunctionRegistry& registry_;
  const bool adaptive_;
};

}  // namespace

uint32_t TwoPhaseAggregates(LogicalPlan& plan, const OptimizeOptions& options) {
  const auto found = plan.config.find("table.optimizer.agg-phase-strategy");
  const std::string strategy = found == plan.config.end() ? "ONE_PHASE" : found->second.value;
  if (strategy == "ONE_PHASE" || options.registry == nullptr) return 0;
  return TwoPhases(plan, *options.registry, strategy == "AUTO").Run();
}

}  // namespace flinkc
