// The first rows of each group, of all rows or of each tumbling window.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tests/property/operator_kind.h"
#include "tests/property/random_aggregate.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

struct RandomOrder {
  struct Column {
    size_t column = 0;
    bool descending = false;
  };
  std::vector<Column> columns;
  std::string text;

  // NULL is the least value.
  int Compare(const RandomRow& a, const RandomRow& b) const {
    for (const Column& column : columns) {
      const Value& x = a.values[column.column];
      const Value& y = b.values[column.column];
      int order = 0;
      if (IsNull(x) || IsNull(y)) {
        order = static_cast<int>(IsNull(y)) - static_cast<int>(IsNull(x));
      } else {
        order = property::Compare(x, y);
      }
      if (order != 0) return column.descending ? -order : order;
    }
    return 0;
  }
};

// By `count` columns, from some column on.
RandomOrder DrawOrder(Chance& chance, const RandomStream& input, size_t count) {
  RandomOrder order;
  const size_t first = chance.Below(static_cast<uint32_t>(input.columns.size()));
  for (size_t i = 0; i < count; ++i) {
    const size_t column = (first + i) % input.columns.size();
    order.columns.push_back({column, chance.Below(2) == 1});
    order.text += fmt::format("{}{{{}: {}}}", i == 0 ? "" : ", ", input.columns[column].name,
                              order.columns.back().descending ? "desc" : "asc");
  }
  return order;
}

struct RandomTop {
  std::vector<size_t> keys;
  RandomOrder order;
  size_t limit = 1;
  bool ties = false;
  bool with_rank = false;

  // The first rows of each group of `rows`, with what stands behind their columns.
  void Append(const RowGroup& rows, const std::vector<Value>& behind, RandomStream* output) const {
    for (RowGroup group : GroupsOf(rows, keys)) {
      std::ranges::sort(
          group, [&](const RandomRow* a, const RandomRow* b) { return order.Compare(*a, *b) < 0; });
      size_t rank = 0;
      for (size_t i = 0; i < group.size(); ++i) {
        const bool is_tie = ties && i > 0 && order.Compare(*group[i - 1], *group[i]) == 0;
        if (!is_tie) rank = i + 1;
        if (rank > limit) break;
        RandomRow row{group[i]->values, INT64_MIN};
        row.values.insert(row.values.end(), behind.begin(), behind.end());
        if (with_rank) row.values.emplace_back(static_cast<int64_t>(rank));
        output->rows.push_back(std::move(row));
      }
    }
  }
};

bool Has(const RandomStream& stream, const std::string& name) {
  return std::ranges::find(stream.columns, name, &RandomColumn::name) != stream.columns.end();
}

}  // namespace

void AddTop(Chance& chance, PlanBuilder& plan) {
  const RandomStream input = *plan.DrawStream(chance, [](const RandomStream&) { return true; });
  RandomTop top;
  std::string by;
  for (uint32_t keys = chance.Below(3); keys > 0; --keys) {
    const size_t key = chance.Below(static_cast<uint32_t>(input.columns.size()));
    if (std::ranges::find(top.keys, key) != top.keys.end()) continue;
    by += (by.empty() ? "" : ", ") + input.columns[key].name;
    top.keys.push_back(key);
  }
  // Of windows that the rows are in already, or of the top's own.
  const bool has_windows = Has(input, "window_start");
  const bool windowed = input.event_time && (!has_windows || input.updates) && chance.Below(2) == 1;
  top.limit = 1 + chance.Below(3);
  const bool window_updates = windowed && chance.OneIn(3);
  top.ties = windowed && !window_updates && chance.Below(2) == 1;
  // Equal rows are alike; with ties their number does not depend on which came first.
  top.order = DrawOrder(chance, input, top.ties ? 1 : input.columns.size());
  top.with_rank = chance.OneIn(3);

  RandomStream output;
  output.name = plan.NewStreamName();
  output.columns = input.columns;
  output.updates = !windowed || window_updates;
  std::string window;
  RowGroup all;
  if (windowed && has_windows) {
    window = "window: input, ";
    if (window_updates) output.event_time = input.event_time;
    // Sessions that end together may begin apart.
    const auto start =
        static_cast<size_t>(std::ranges::find(input.columns, "window_start", &RandomColumn::name) -
                            input.columns.begin());
    std::map<std::pair<Value, Value>, RowGroup> rows_of;
    for (const RandomRow& row : input.rows) {
      rows_of[{row.values[*input.event_time], row.values[start]}].push_back(&row);
    }
    for (const auto& [times, rows] : rows_of) top.Append(rows, {}, &output);
  } else if (windowed) {
    const int64_t size = (1 + static_cast<int64_t>(chance.Below(5))) * 2'000;
    window = fmt::format("window: {{tumble: {}s}}, ", size / 1000);
    for (const char* column : {"window_start", "window_end", "window_time"}) {
      output.columns.push_back({column, ValueType::kTime, 0});
    }
    std::map<int64_t, RowGroup> rows_of;
    for (const RandomRow& row : input.rows) {
      const int64_t time = std::get<int64_t>(row.values[*input.event_time]);
      const int64_t end = time - time % size + size;
      if (row.watermark < end - 1) rows_of[end].push_back(&row);
    }
    if (window_updates) output.event_time = output.columns.size() - 1;
    for (const auto& [end, rows] : rows_of) {
      top.Append(rows, {Value(end - size), Value(end), Value(end - 1)}, &output);
    }
  } else {
    for (const RandomRow& row : input.rows) all.push_back(&row);
    top.Append(all, {}, &output);
  }
  std::string rank;
  if (top.with_rank) {
    output.columns.push_back({plan.NewColumnName(), ValueType::kBigint, 1'000});
    rank = ", rank: " + output.columns.back().name;
  }
  plan.MarkRead(input.name);
  plan.AddStream(
      output.name,
      fmt::format("from: {}, top: {{{}{}order_by: [{}], limit: {}{}{}{}}}", input.name, window,
                  by.empty() ? "" : fmt::format("by: [{}], ", by), top.order.text, top.limit,
                  top.ties ? ", ties: true" : "", rank, window_updates ? ", emit: update" : ""));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
