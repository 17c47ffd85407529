#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

struct RandomArray {
  std::string text;
  ValueType element;
  int64_t size_max = 0;
  std::function<std::vector<Value>(const std::vector<Value>&)> evaluate;
};

RandomArray DrawLiteral(Chance& chance, const RandomStream& input) {
  constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText};
  const ValueType type = kTypes[chance.Below(2)];
  std::vector<RandomExpression> elements;
  std::string text;
  int64_t size_max = 0;
  for (uint32_t more = 1 + chance.Below(3); more > 0; --more) {
    elements.push_back(DrawExpression(chance, input, type, 1));
    text += (text.empty() ? "" : ", ") + elements.back().text;
    size_max = std::max(size_max, elements.back().size_max);
  }
  return {"ARRAY[" + text + "]", type, size_max, [elements](const std::vector<Value>& row) {
            std::vector<Value> values;
            for (const RandomExpression& element : elements)
              values.push_back(element.evaluate(row));
            return values;
          }};
}

// Each letter a or b of a text; of NULL nothing.
RandomArray DrawLetters(Chance& chance, const RandomStream& input) {
  const RandomExpression from = DrawExpression(chance, input, ValueType::kText, 1);
  return {fmt::format("REGEXP_EXTRACT_ALL({}, '[ab]')", from.text), ValueType::kText, 1,
          [from](const std::vector<Value>& row) {
            std::vector<Value> letters;
            const Value text = from.evaluate(row);
            if (IsNull(text)) return letters;
            for (const char c : std::get<std::string>(text)) {
              if (c == 'a' || c == 'b') letters.emplace_back(std::string(1, c));
            }
            return letters;
          }};
}

}  // namespace

void AddUnnest(Chance& chance, PlanBuilder& plan) {
  constexpr size_t kRowsMax = 2'000;
  const RandomStream* input = plan.DrawStream(
      chance, [](const RandomStream& stream) { return stream.rows.size() < kRowsMax; });
  if (input == nullptr) return;
  const RandomArray array =
      chance.Below(2) == 0 ? DrawLiteral(chance, *input) : DrawLetters(chance, *input);
  RandomStream output = *input;
  output.name = plan.NewStreamName();
  output.columns.push_back({plan.NewColumnName(), array.element, array.size_max});
  output.rows.clear();
  for (const RandomRow& row : input->rows) {
    for (const Value& element : array.evaluate(row.values)) {
      output.rows.push_back(row);
      output.rows.back().values.push_back(element);
    }
  }
  plan.MarkRead(input->name);
  plan.AddStream(output.name, fmt::format("from: {}, unnest: {{{}: \"{}\"}}", input->name,
                                          output.columns.back().name, array.text));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
