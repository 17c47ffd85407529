// Aggregates without a window: a changelog, or one row for each group at the end.
#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_aggregate.h"

namespace flinkc::property {

void AddGroups(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input =
      plan.DrawStream(chance, [](const RandomStream& stream) { return !stream.updates; });
  if (input == nullptr) return;
  const RandomGrouping grouping = DrawGrouping(chance, *input, plan);
  const bool at_end = chance.Below(2) == 1;
  RandomStream output;
  output.name = plan.NewStreamName();
  output.updates = !at_end;
  for (const size_t key : grouping.keys) output.columns.push_back(input->columns[key]);
  for (const RandomAggregate& aggregate : grouping.aggregates) {
    output.columns.push_back(aggregate.column);
  }
  RowGroup all;
  for (const RandomRow& row : input->rows) all.push_back(&row);
  for (const RowGroup& group : GroupsOf(all, grouping.keys)) {
    if (!grouping.having(group)) continue;
    RandomRow row;
    for (const size_t key : grouping.keys) row.values.push_back(group[0]->values[key]);
    for (const RandomAggregate& aggregate : grouping.aggregates) {
      row.values.push_back(aggregate.evaluate(group));
    }
    output.rows.push_back(std::move(row));
  }
  plan.MarkRead(input->name);
  plan.AddStream(output.name, fmt::format("from: {}, aggregate: {{{}{}}}", input->name,
                                          grouping.text, at_end ? ", emit: end" : ""));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
