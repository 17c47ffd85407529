// select, extend, drop and rename.
#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

// A column of the output: one of the input as it is, or computed.
struct Projected {
  RandomColumn column;
  std::optional<size_t> from;
  RandomExpression expression;
};

RandomStream Project(const RandomStream& input, const std::vector<Projected>& columns,
                     std::string name) {
  RandomStream output;
  output.name = std::move(name);
  output.updates = input.updates;
  for (size_t i = 0; i < columns.size(); ++i) {
    output.columns.push_back(columns[i].column);
    if (columns[i].from.has_value() && columns[i].from == input.event_time) output.event_time = i;
  }
  for (const RandomRow& row : input.rows) {
    RandomRow projected{{}, row.watermark};
    for (const Projected& column : columns) {
      projected.values.push_back(column.from ? row.values[*column.from]
                                             : column.expression.evaluate(row.values));
    }
    output.rows.push_back(std::move(projected));
  }
  return output;
}

Projected Compute(Chance& chance, const RandomStream& input, const std::string& name) {
  constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kBoolean,
                                  ValueType::kTime};
  RandomExpression expression = DrawExpression(chance, input, kTypes[chance.Below(4)]);
  const RandomColumn column{name, expression.type, expression.size_max};
  return {column, std::nullopt, std::move(expression)};
}

std::vector<Projected> All(const RandomStream& input) {
  std::vector<Projected> columns;
  for (size_t i = 0; i < input.columns.size(); ++i) columns.push_back({input.columns[i], i, {}});
  return columns;
}

std::string Select(Chance& chance, const RandomStream& input, PlanBuilder& plan,
                   std::vector<Projected>* columns) {
  std::string text;
  for (size_t i = 0; i < input.columns.size(); ++i) {
    // The event time more often than not.
    if (chance.Below(input.event_time == i ? 4 : 2) == 1) continue;
    columns->push_back({input.columns[i], i, {}});
    text += (text.empty() ? "" : ", ") + input.columns[i].name;
  }
  for (uint32_t more = chance.Below(3) + (columns->empty() ? 1 : 0); more > 0; --more) {
    columns->push_back(Compute(chance, input, plan.NewColumnName()));
    text += fmt::format("{}{{{}: \"{}\"}}", text.empty() ? "" : ", ", columns->back().column.name,
                        columns->back().expression.text);
  }
  return "select: [" + text + "]";
}

}  // namespace

void AddProjection(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(chance, [](const RandomStream&) { return true; });
  std::vector<Projected> columns;
  std::string text;
  switch (chance.Below(5)) {
    case 0:
    case 1:
      text = Select(chance, *input, plan, &columns);
      break;
    case 2: {
      columns = All(*input);
      columns.push_back(Compute(chance, *input, plan.NewColumnName()));
      text = fmt::format("extend: {{{}: \"{}\"}}", columns.back().column.name,
                         columns.back().expression.text);
      break;
    }
    case 3: {
      columns = All(*input);
      if (columns.size() == 1) return;
      const uint32_t dropped = chance.Below(static_cast<uint32_t>(columns.size()));
      text = fmt::format("drop: [{}]", columns[dropped].column.name);
      columns.erase(columns.begin() + dropped);
      break;
    }
    default: {
      columns = All(*input);
      Projected& column = columns[chance.Below(static_cast<uint32_t>(columns.size()))];
      const std::string name = plan.NewColumnName();
      text = fmt::format("rename: {{{}: {}}}", column.column.name, name);
      column.column.name = name;
      break;
    }
  }
  const std::string name = plan.NewStreamName();
  RandomStream output = Project(*input, columns, name);
  plan.MarkRead(input->name);
  plan.AddStream(name, fmt::format("from: {}, {}", input->name, text));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
