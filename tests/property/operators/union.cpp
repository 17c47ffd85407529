#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

// One side: the columns of the union, computed from the stream, with its event time if wanted.
RandomStream DrawSide(Chance& chance, PlanBuilder& plan, const RandomStream& input,
                      const std::vector<RandomColumn>& columns, bool with_event_time) {
  RandomStream side;
  side.name = plan.NewStreamName();
  side.updates = input.updates;
  std::string text;
  std::vector<RandomExpression> expressions;
  for (const RandomColumn& column : columns) {
    expressions.push_back(DrawExpression(chance, input, column.type, 2));
    side.columns.push_back({column.name, column.type, expressions.back().size_max});
    text +=
        fmt::format("{}{}: \"{}\"", text.empty() ? "" : ", ", column.name, expressions.back().text);
  }
  if (with_event_time) {
    const RandomColumn& time = input.columns[*input.event_time];
    side.event_time = columns.size();
    side.columns.push_back({"at", ValueType::kTime, 0});
    text += ", at: " + time.name;
  }
  for (const RandomRow& row : input.rows) {
    RandomRow out{{}, row.watermark};
    for (const RandomExpression& expression : expressions) {
      out.values.push_back(expression.evaluate(row.values));
    }
    if (with_event_time) out.values.push_back(row.values[*input.event_time]);
    side.rows.push_back(std::move(out));
  }
  plan.MarkRead(input.name);
  plan.AddStream(side.name, fmt::format("from: {}, select: {{{}}}", input.name, text));
  return side;
}

}  // namespace

void AddUnion(Chance& chance, PlanBuilder& plan) {
  const auto any = [](const RandomStream&) { return true; };
  const RandomStream* first = plan.DrawStream(chance, any);
  const RandomStream* second = plan.DrawStream(chance, any);
  const bool with_event_time = first->event_time.has_value() && second->event_time.has_value();
  constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kBoolean};
  std::vector<RandomColumn> columns;
  for (uint32_t more = 1 + chance.Below(3); more > 0; --more) {
    columns.push_back({plan.NewColumnName(), kTypes[chance.Below(3)], 0});
  }
  RandomStream output = DrawSide(chance, plan, *first, columns, with_event_time);
  const RandomStream other = DrawSide(chance, plan, *second, columns, with_event_time);
  const std::string from = fmt::format("from: [{}, {}]", output.name, other.name);
  for (size_t i = 0; i < output.columns.size(); ++i) {
    output.columns[i].size_max = std::max(output.columns[i].size_max, other.columns[i].size_max);
  }
  output.rows.insert(output.rows.end(), other.rows.begin(), other.rows.end());
  output.updates = output.updates || other.updates;
  output.name = plan.NewStreamName();
  plan.AddStream(output.name, from);
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
