// Aggregates in tumbling and hopping windows, with late rows, with early and late results, and over
// windows that give such.
#include <fmt/format.h>

#include <map>

#include "tests/property/operator_kind.h"
#include "tests/property/random_aggregate.h"

namespace flinkc::property {

namespace {

struct RandomWindows {
  int64_t size = 0, every = 0, offset = 0;
  std::string text;

  // The starts of those that a time is in.
  std::vector<int64_t> StartsOf(int64_t millis) const {
    std::vector<int64_t> starts;
    for (int64_t start = millis - (millis - offset) % every; start + size > millis;
         start -= every) {
      starts.push_back(start);
    }
    return starts;
  }
};

RandomWindows DrawWindows(Chance& chance) {
  RandomWindows windows;
  windows.every = (1 + static_cast<int64_t>(chance.Below(5))) * 2'000;
  const int64_t slides = 1 + static_cast<int64_t>(chance.Below(4));
  windows.size = windows.every * slides;
  const std::string offset = chance.OneIn(4) ? ", offset: 1s" : "";
  if (!offset.empty()) windows.offset = 1'000;
  if (slides == 1) {
    windows.text = fmt::format("tumble: {}s{}", windows.size / 1000, offset);
  } else {
    windows.text = fmt::format("hop: {{size: {}s, every: {}s}}{}", windows.size / 1000,
                               windows.every / 1000, offset);
  }
  return windows;
}

// When results leave, which does not change what is left in the end.
struct RandomEmission {
  bool updates = false;
  std::string text;
};

RandomEmission DrawEmission(Chance& chance, bool waits, bool routes_late) {
  RandomEmission emission;
  const uint32_t choice = chance.Below(6);
  if (choice == 3) emission = {true, ", emit: update"};
  if (choice == 4) emission = {true, ", emit: every 1s"};
  if (choice == 5 && waits && !routes_late) emission = {true, ", late: update"};
  return emission;
}

}  // namespace

void AddWindows(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(
      chance, [](const RandomStream& stream) { return stream.event_time.has_value(); });
  if (input == nullptr) return;
  const RandomGrouping grouping = DrawGrouping(chance, *input, plan);
  const RandomWindows windows = DrawWindows(chance);
  const int64_t lateness =
      chance.OneIn(3) ? (1 + static_cast<int64_t>(chance.Below(5))) * 1'000 : 0;
  const bool route_late = chance.OneIn(3) && !input->updates;
  const RandomEmission emission = DrawEmission(chance, lateness != 0, route_late);

  RandomStream output;
  output.name = plan.NewStreamName();
  for (const size_t key : grouping.keys) output.columns.push_back(input->columns[key]);
  for (const char* column : {"window_start", "window_end", "window_time"}) {
    output.columns.push_back({column, ValueType::kTime, 0});
  }
  for (const RandomAggregate& aggregate : grouping.aggregates) {
    output.columns.push_back(aggregate.column);
  }
  output.updates = emission.updates;
  if (output.updates) output.event_time = grouping.keys.size() + 2;
  RandomStream late = *input;
  late.name = output.name + ".late";
  late.event_time.reset();
  late.rows.clear();

  std::map<int64_t, RowGroup> rows_of;
  for (const RandomRow& row : input->rows) {
    const int64_t time = std::get<int64_t>(row.values[*input->event_time]);
    bool is_late = true;
    for (const int64_t start : windows.StartsOf(time)) {
      if (row.watermark >= start + windows.size + lateness - 1) continue;
      rows_of[start].push_back(&row);
      is_late = false;
    }
    if (is_late) late.rows.push_back(row);
  }
  for (const auto& [start, rows] : rows_of) {
    for (const RowGroup& group : GroupsOf(rows, grouping.keys)) {
      if (!grouping.having(group)) continue;
      RandomRow row;
      for (const size_t key : grouping.keys) row.values.push_back(group[0]->values[key]);
      row.values.insert(row.values.end(), {Value(start), Value(start + windows.size),
                                           Value(start + windows.size - 1)});
      for (const RandomAggregate& aggregate : grouping.aggregates) {
        row.values.push_back(aggregate.evaluate(group));
      }
      output.rows.push_back(std::move(row));
    }
  }
  plan.MarkRead(input->name);
  plan.AddStream(output.name,
                 fmt::format("from: {}, aggregate: {{window: {{{}}}, {}{}{}{}}}", input->name,
                             windows.text, grouping.text,
                             lateness == 0 ? "" : fmt::format(", lateness: {}s", lateness / 1000),
                             emission.text, route_late ? ", late: route" : ""));
  plan.AddOutput(std::move(output));
  if (route_late) plan.AddOutput(std::move(late));
}

}  // namespace flinkc::property
