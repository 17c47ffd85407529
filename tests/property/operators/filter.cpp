#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

void AddFilter(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(chance, [](const RandomStream&) { return true; });
  RandomStream output = *input;
  output.name = plan.NewStreamName();
  const RandomExpression condition = DrawExpression(chance, *input, ValueType::kBoolean);
  std::erase_if(output.rows, [&](const RandomRow& row) { return !IsTrue(condition, row.values); });
  plan.MarkRead(input->name);
  plan.AddStream(output.name, fmt::format("from: {}, filter: \"{}\"", input->name, condition.text));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
