#include "compiler/driver/row_filter.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/expression/expression_checker.h"
#include "compiler/plan/chain_plan.h"

namespace flinkc {

std::optional<std::string> CompileRowFilter(const RowFilterRequest& request,
                                            const CompilerServices& services, DiagnosticLog& log) {
  ExpressionScope scope;
  scope.registry = services.registry;
  scope.columns = &request.columns;
  scope.input_name = fmt::format("stream `{}`", request.stream);
  scope.evaluator = services.evaluator;
  ExprPtr condition = CheckPredicate(*request.condition, scope, log);
  if (condition == nullptr || log.has_errors()) return std::nullopt;

  const OperatorId outside(0);
  LogicalOperator filter;
  filter.id = OperatorId(1);
  filter.stream = request.stream;
  filter.role = "where";
  filter.op = FilterOp{std::move(condition)};
  filter.inputs = {{outside, 0}};
  filter.outputs.emplace_back();
  filter.outputs[0].schema = request.columns;
  filter.outputs[0].changelog = request.updates ? ChangelogMode::kRetract : ChangelogMode::kAppend;
  filter.on_error = ErrorMode::kDrop;

  LogicalOperator sink;
  sink.id = OperatorId(2);
  sink.stream = "tap";
  SinkOp to_tap;
  to_tap.descriptor.name = "tap";
  sink.op = std::move(to_tap);
  sink.inputs = {{filter.id, 0}};

  ChainPlan chain;
  chain.name = filter.Path();
  chain.time_zone = request.time_zone;
  chain.heads[0].schema = request.columns;
  chain.heads[0].changelog = filter.outputs[0].changelog;
  chain.operators.push_back(std::move(filter));
  chain.operators.push_back(std::move(sink));
  return Serialize(chain);
}

}  // namespace flinkc
