#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

void AddRoute(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(chance, [](const RandomStream&) { return true; });
  const std::string name = plan.NewStreamName();
  std::vector<RandomExpression> conditions;
  std::string text;
  for (uint32_t more = 1 + chance.Below(2); more > 0; --more) {
    conditions.push_back(DrawExpression(chance, *input, ValueType::kBoolean));
    text += fmt::format("b{}: \"{}\", ", conditions.size(), conditions.back().text);
  }
  // A branch for each condition, and one for the rows of none.
  std::vector<RandomStream> branches(conditions.size() + 1, *input);
  for (size_t i = 0; i < branches.size(); ++i) {
    branches[i].name =
        i < conditions.size() ? fmt::format("{}.b{}", name, i + 1) : name + ".others";
    branches[i].rows.clear();
  }
  for (const RandomRow& row : input->rows) {
    bool goes_somewhere = false;
    for (size_t i = 0; i < conditions.size(); ++i) {
      if (!IsTrue(conditions[i], row.values)) continue;
      branches[i].rows.push_back(row);
      goes_somewhere = true;
    }
    if (!goes_somewhere) branches.back().rows.push_back(row);
  }
  plan.MarkRead(input->name);
  plan.AddStream(name, fmt::format("from: {}, route: {{{}else: others}}", input->name, text));
  for (RandomStream& branch : branches) plan.AddOutput(std::move(branch));
}

}  // namespace flinkc::property
