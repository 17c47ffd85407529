// Aggregates in sessions, with early and late results, and over streams that are updated.
#include <fmt/format.h>

#include <algorithm>

#include "tests/property/operator_kind.h"
#include "tests/property/random_aggregate.h"

namespace flinkc::property {

namespace {

int64_t TimeOf(const RandomRow& row, size_t column) {
  return std::get<int64_t>(row.values[column]);
}

// So much that no row is late, nor a session over that it is the gap away from; it may have come
// before others or behind them.
int64_t LatenessFor(const RandomStream& input) {
  int64_t lateness = 0;
  for (const RandomRow& row : input.rows) {
    const int64_t time = TimeOf(row, *input.event_time);
    if (row.watermark >= time) lateness = std::max(lateness, row.watermark - time + 1'000);
  }
  return (lateness + 999) / 1'000 * 1'000;
}

// Runs of rows that are at most the gap apart; `group` is in no order.
std::vector<RowGroup> SessionsOf(RowGroup group, size_t time, int64_t gap) {
  std::ranges::sort(group, {}, [&](const RandomRow* row) { return TimeOf(*row, time); });
  std::vector<RowGroup> sessions;
  for (const RandomRow* row : group) {
    if (sessions.empty() || TimeOf(*sessions.back().back(), time) + gap < TimeOf(*row, time)) {
      sessions.emplace_back();
    }
    sessions.back().push_back(row);
  }
  return sessions;
}

}  // namespace

void AddSessions(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(
      chance, [](const RandomStream& stream) { return stream.event_time.has_value(); });
  if (input == nullptr) return;
  const RandomGrouping grouping = DrawGrouping(chance, *input, plan);
  const int64_t gap = (1 + static_cast<int64_t>(chance.Below(6))) * 500;
  const int64_t lateness =
      LatenessFor(*input) +
      (chance.OneIn(3) ? (1 + static_cast<int64_t>(chance.Below(5))) * 1'000 : 0);
  // When results leave, which does not change what is left in the end.
  const uint32_t choice = chance.Below(5);
  std::string emission;
  if (choice == 2) emission = ", emit: update";
  if (choice == 3) emission = ", emit: every 1s";
  if (choice == 4 && lateness != 0) emission = ", late: update";

  RandomStream output;
  output.name = plan.NewStreamName();
  for (const size_t key : grouping.keys) output.columns.push_back(input->columns[key]);
  for (const char* column : {"window_start", "window_end", "window_time"}) {
    output.columns.push_back({column, ValueType::kTime, 0});
  }
  for (const RandomAggregate& aggregate : grouping.aggregates) {
    output.columns.push_back(aggregate.column);
  }
  output.updates = !emission.empty();
  if (output.updates) output.event_time = grouping.keys.size() + 2;
  RowGroup all;
  for (const RandomRow& row : input->rows) all.push_back(&row);
  for (const RowGroup& group : GroupsOf(all, grouping.keys)) {
    for (const RowGroup& session : SessionsOf(group, *input->event_time, gap)) {
      if (!grouping.having(session)) continue;
      RandomRow row;
      for (const size_t key : grouping.keys) row.values.push_back(session[0]->values[key]);
      const int64_t end = TimeOf(*session.back(), *input->event_time) + gap;
      row.values.insert(row.values.end(), {Value(TimeOf(*session[0], *input->event_time)),
                                           Value(end), Value(end - 1)});
      for (const RandomAggregate& aggregate : grouping.aggregates) {
        row.values.push_back(aggregate.evaluate(session));
      }
      output.rows.push_back(std::move(row));
    }
  }
  plan.MarkRead(input->name);
  plan.AddStream(
      output.name,
      fmt::format("from: {}, aggregate: {{window: {{session: {{gap: {}ms}}}}, {}{}{}}}",
                  input->name, gap, grouping.text,
                  lateness == 0 ? "" : fmt::format(", lateness: {}s", lateness / 1000), emission));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
