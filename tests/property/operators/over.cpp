// Results over the rows before each row of a key, by event time.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tests/property/operator_kind.h"
#include "tests/property/random_aggregate.h"

namespace flinkc::property {

namespace {

int64_t TimeOf(const RandomStream& stream, const RandomRow& row) {
  return std::get<int64_t>(row.values[*stream.event_time]);
}

struct RandomFrame {
  bool of_rows = false;
  int64_t preceding = -1;  // rows or milliseconds; -1: all
  std::string text;
};

// Which of several rows of one time comes first is left open, so a frame of rows is drawn only
// where there are none.
RandomFrame DrawFrame(Chance& chance, bool may_be_rows) {
  RandomFrame frame;
  const uint32_t choice = chance.Below(4);
  frame.of_rows = may_be_rows && choice >= 2;
  if (choice % 2 == 0) {
    frame.text = fmt::format("{}: unbounded preceding", frame.of_rows ? "rows" : "range");
  } else if (frame.of_rows) {
    frame.preceding = chance.Below(6);
    frame.text = fmt::format("rows: {} preceding", frame.preceding);
  } else {
    frame.preceding = chance.Below(8) * 1'000;
    frame.text = fmt::format("range: {}s preceding", frame.preceding / 1'000);
  }
  return frame;
}

// The rows of `key`, which are in order, that count for the one at `place`.
RowGroup FrameOf(const RandomStream& stream, const RowGroup& key, size_t place,
                 const RandomFrame& frame) {
  RowGroup rows;
  const int64_t time = TimeOf(stream, *key[place]);
  for (size_t i = 0; i < key.size(); ++i) {
    const int64_t other = TimeOf(stream, *key[i]);
    const bool is_before = frame.of_rows ? i <= place : other <= time;
    const int64_t distance = frame.of_rows ? static_cast<int64_t>(place - i) : time - other;
    if (is_before && (frame.preceding < 0 || distance <= frame.preceding)) rows.push_back(key[i]);
  }
  return rows;
}

// Functions of the rows of a key up to one of them, which are in order.
struct RandomRank {
  RandomColumn column;
  std::string text;
  bool is_dense = false;

  int64_t Of(const RandomStream& stream, const RowGroup& key, size_t place) const {
    const int64_t own = TimeOf(stream, *key[place]);
    std::multiset<int64_t> earlier;
    for (const RandomRow* row : key) {
      if (TimeOf(stream, *row) < own) earlier.insert(TimeOf(stream, *row));
    }
    if (!is_dense) return 1 + static_cast<int64_t>(earlier.size());
    return 1 + static_cast<int64_t>(std::set<int64_t>(earlier.begin(), earlier.end()).size());
  }
};

std::vector<RandomRank> DrawRanks(Chance& chance, PlanBuilder& plan) {
  constexpr int64_t kRankMax = 1'000'000;
  std::vector<RandomRank> ranks;
  for (const bool is_dense : {false, true}) {
    if (!chance.OneIn(3)) continue;
    RandomRank rank{{plan.NewColumnName(), ValueType::kBigint, kRankMax}, "", is_dense};
    rank.text = fmt::format("{}: {}rank()", rank.column.name, is_dense ? "dense_" : "");
    ranks.push_back(std::move(rank));
  }
  return ranks;
}

}  // namespace

void AddOver(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input = plan.DrawStream(chance, [](const RandomStream& stream) {
    return !stream.updates && stream.event_time.has_value();
  });
  if (input == nullptr) return;
  RandomGrouping grouping = DrawGrouping(chance, *input, plan, /*with_having=*/false);
  const std::vector<RandomRank> ranks = DrawRanks(chance, plan);
  for (const RandomRank& rank : ranks) {
    grouping.text.insert(grouping.text.size() - 1, ", " + rank.text);
  }
  const bool route_late = chance.OneIn(3);

  RandomStream output;
  output.name = plan.NewStreamName();
  output.columns = input->columns;
  output.event_time = input->event_time;
  RandomStream late = *input;
  late.name = output.name + ".late";
  late.event_time.reset();
  late.rows.clear();
  RowGroup on_time;
  for (const RandomRow& row : input->rows) {
    if (TimeOf(*input, row) < row.watermark) {
      late.rows.push_back(row);
    } else {
      on_time.push_back(&row);
    }
  }
  std::vector<RowGroup> keys = GroupsOf(on_time, grouping.keys);
  bool times_differ = true;
  for (RowGroup& key : keys) {
    std::ranges::sort(key, {}, [&](const RandomRow* row) { return TimeOf(*input, *row); });
    std::set<int64_t> times;
    for (const RandomRow* row : key) times_differ &= times.insert(TimeOf(*input, *row)).second;
  }
  const RandomFrame frame = DrawFrame(chance, times_differ);
  for (const RandomAggregate& aggregate : grouping.aggregates) {
    output.columns.push_back(aggregate.column);
  }
  for (const RandomRank& rank : ranks) output.columns.push_back(rank.column);
  for (const RowGroup& key : keys) {
    for (size_t place = 0; place < key.size(); ++place) {
      RandomRow row;
      row.values = key[place]->values;
      const RowGroup rows = FrameOf(*input, key, place, frame);
      for (const RandomAggregate& aggregate : grouping.aggregates) {
        row.values.push_back(aggregate.evaluate(rows));
      }
      for (const RandomRank& rank : ranks) row.values.push_back(rank.Of(*input, key, place));
      output.rows.push_back(std::move(row));
    }
  }
  plan.MarkRead(input->name);
  plan.AddStream(output.name, fmt::format("from: {}, over: {{order_by: {}, {}, {}{}}}", input->name,
                                          input->columns[*input->event_time].name, frame.text,
                                          grouping.text, route_late ? ", late: route" : ""));
  plan.AddOutput(std::move(output));
  if (route_late) plan.AddOutput(std::move(late));
}

}  // namespace flinkc::property
