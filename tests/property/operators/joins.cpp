// Joins of two streams, by nested loops: regular ones, and within an interval of event time.
#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_join.h"

namespace flinkc::property {

namespace {

struct Interval {
  bool is_there = false;
  int64_t before = 0, after = 0;  // seconds of right before and after left
};

int64_t TimeOf(const RandomStream& stream, const RandomRow& row) {
  return std::get<int64_t>(row.values[*stream.event_time]);
}

// The rows that a join looks at: with an interval none that is behind its watermark.
RandomStream InTime(RandomStream stream, const Interval& interval) {
  if (!interval.is_there) return stream;
  std::erase_if(stream.rows,
                [&](const RandomRow& row) { return TimeOf(stream, row) < row.watermark; });
  return stream;
}

}  // namespace

void AddJoin(Chance& chance, PlanBuilder& plan) {
  const auto any = [](const RandomStream&) { return true; };
  RandomStream left = *plan.DrawStream(chance, any);
  RandomStream right = *plan.DrawStream(chance, any);
  Interval interval;
  const bool can_bound = !left.updates && !right.updates && left.event_time && right.event_time;
  if (can_bound && chance.Below(2) == 1) {
    interval = {true, chance.Below(5), chance.Below(20)};
  }
  left = InTime(std::move(left), interval);
  right = InTime(std::move(right), interval);
  const auto join = RandomJoin::Draw(chance, plan, left, right, RandomJoin::AllKinds());
  if (!join) return;
  std::vector<RandomRow> rows = join->Rows([&](const RandomRow& l, const RandomRow& r) {
    if (!interval.is_there) return true;
    const int64_t difference = TimeOf(right, r) - TimeOf(left, l);
    return difference >= -1000 * interval.before && difference <= 1000 * interval.after;
  });
  if (rows.size() > RandomJoin::kRowsMax) return;
  std::string within;
  if (interval.is_there) {
    const std::string left_time = "l." + left.columns[*left.event_time].name;
    within = fmt::format(
        ", within: \"r.{} BETWEEN {} - INTERVAL '{}' SECOND AND {} + INTERVAL '{}' SECOND\"",
        right.columns[*right.event_time].name, left_time, interval.before, left_time,
        interval.after);
  }
  using Kind = RandomJoinKind;
  const bool appends =
      interval.is_there || join->kind() == Kind::kInner || join->kind() == Kind::kSemi;
  RandomStream output = join->output();
  output.updates = left.updates || right.updates || !appends;
  output.rows = std::move(rows);
  join->AddTo(plan, within, std::move(output));
}

}  // namespace flinkc::property
