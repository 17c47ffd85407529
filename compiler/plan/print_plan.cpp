#include <fmt/format.h>

#include "compiler/plan/logical_plan.h"
#include "compiler/plan/operator_text.h"

namespace flinkc {

namespace {

std::string OutputText(const LogicalOutput& output) {
  std::string text = output.schema.ToString();
  if (output.changelog != ChangelogMode::kAppend) text += " " + ChangelogText(output);
  if (output.time_attribute) text += " time " + output.schema[*output.time_attribute].name;
  return text;
}

std::string InputText(const LogicalPlan& plan, const LogicalOperator& op) {
  std::string text;
  for (const LogicalInput& input : op.inputs) {
    const LogicalOutput& output = plan.Get(input.op).outputs[input.output];
    text += fmt::format("{}#{}{}{}", text.empty() ? " <- " : ", ", input.op.value(),
                        output.name.empty() ? "" : ".", output.name);
  }
  return text;
}

}  // namespace

std::string Print(const LogicalPlan& plan) {
  std::string text;
  for (const LogicalOperator& op : plan.operators) {
    std::vector<const Schema*> inputs;
    for (const LogicalInput& input : op.inputs) {
      inputs.push_back(&plan.Get(input.op).outputs[input.output].schema);
    }
    text += fmt::format("#{} {}: {}", op.id.value(), op.Path(), KindName(op));
    std::string details;
    for (const std::string& line : DescribeOperator(op, inputs)) {
      details += (details.empty() ? " " : "; ") + line;
    }
    if (op.parallelism != 0) {
      details += fmt::format("{}parallelism {}", details.empty() ? " " : "; ", op.parallelism);
    }
    text += details + InputText(plan, op);
    // A row that only passes has the columns that it had.
    bool passes =
        op.As<FilterOp>() != nullptr || op.As<RouteOp>() != nullptr || op.As<UnionOp>() != nullptr;
    if (!passes && !op.outputs.empty()) text += " -> " + OutputText(op.outputs[0]);
    text += "\n";
  }
  return text;
}

}  // namespace flinkc
