// Pairs of two streams within tumbling windows, of every kind, with late rows.
#include <fmt/format.h>

#include <algorithm>

#include "tests/property/operator_kind.h"
#include "tests/property/random_join.h"

namespace flinkc::property {

namespace {

int64_t TimeOf(const RandomStream& stream, const RandomRow& row) {
  return std::get<int64_t>(row.values[*stream.event_time]);
}

}  // namespace

void AddWindowJoin(Chance& chance, PlanBuilder& plan) {
  // The window's own columns have their names.
  const auto fits = [](const RandomStream& stream) {
    const bool is_windowed = std::ranges::any_of(
        stream.columns, [](const RandomColumn& column) { return column.name == "window_time"; });
    return !stream.updates && stream.event_time.has_value() && !is_windowed;
  };
  const RandomStream* left = plan.DrawStream(chance, fits);
  const RandomStream* right = plan.DrawStream(chance, fits);
  if (left == nullptr || right == nullptr) return;
  const int64_t size = (1 + static_cast<int64_t>(chance.Below(5))) * 2'000;
  const int64_t offset = chance.OneIn(4) ? 1'000 : 0;
  const auto window_of = [&](int64_t time) { return time - (time - offset) % size; };
  // What comes in time.
  const auto in_time = [&](const RandomStream& stream) {
    RandomStream rows = stream;
    std::erase_if(rows.rows, [&](const RandomRow& row) {
      return row.watermark >= window_of(TimeOf(stream, row)) + size - 1;
    });
    return rows;
  };
  const RandomStream lefts = in_time(*left), rights = in_time(*right);
  const auto join = RandomJoin::Draw(chance, plan, lefts, rights, RandomJoin::AllKinds());
  if (!join) return;
  RandomStream output = join->output();
  output.rows = join->Rows([&](const RandomRow& l, const RandomRow& r) {
    return window_of(TimeOf(lefts, l)) == window_of(TimeOf(rights, r));
  });
  if (output.rows.size() > RandomJoin::kRowsMax) return;
  join->AddTo(
      plan,
      fmt::format(", window: {{tumble: {}s{}}}", size / 1000, offset == 0 ? "" : ", offset: 1s"),
      std::move(output));
}

}  // namespace flinkc::property
