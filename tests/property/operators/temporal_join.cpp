// Rows with the version of their key that held at their time. The versions are the results of
// windows. Where two of a key have one time, nobody knows which holds: there is no such join.
#include <fmt/format.h>

#include <map>

#include "tests/property/operator_kind.h"
#include "tests/property/random_join.h"

namespace flinkc::property {

namespace {

// Counts the rows of each key in windows; the time of a count is its window's last millisecond.
RandomStream AddVersions(Chance& chance, PlanBuilder& plan, const RandomStream& input) {
  const size_t key = 1 + chance.Below(static_cast<uint32_t>(input.columns.size()) - 1);
  const int64_t size = (1 + static_cast<int64_t>(chance.Below(4))) * 1'000;
  RandomStream versions;
  versions.name = plan.NewStreamName();
  versions.columns = {input.columns[key],
                      {"window_start", ValueType::kTime, 0},
                      {"window_end", ValueType::kTime, 0},
                      {"window_time", ValueType::kTime, 0},
                      {plan.NewColumnName(), ValueType::kBigint, 1'000'000}};
  versions.event_time = 3;
  std::map<std::pair<int64_t, Value>, int64_t> counts;
  for (const RandomRow& row : input.rows) {
    const int64_t time = std::get<int64_t>(row.values[*input.event_time]);
    const int64_t start = time - time % size;
    if (row.watermark < start + size - 1) ++counts[{start, row.values[key]}];
  }
  for (const auto& [group, count] : counts) {
    const auto& [start, value] = group;
    versions.rows.push_back(
        {{value, Value(start), Value(start + size), Value(start + size - 1), Value(count)}});
  }
  plan.MarkRead(input.name);
  plan.AddStream(
      versions.name,
      fmt::format("from: {}, aggregate: {{window: {{tumble: {}s}}, by: [{}], compute: "
                  "{{{}: count(*)}}}}",
                  input.name, size / 1000, input.columns[key].name, versions.columns[4].name));
  return versions;
}

}  // namespace

void AddTemporalJoin(Chance& chance, PlanBuilder& plan) {
  const auto has_time = [](const RandomStream& stream) {
    return !stream.updates && stream.event_time.has_value() && stream.columns.size() > 1;
  };
  const RandomStream* left = plan.DrawStream(chance, has_time);
  const RandomStream* input =
      plan.DrawStream(chance, [](const RandomStream& stream) { return stream.is_input(); });
  if (left == nullptr || input == nullptr) return;
  const RandomStream versions = AddVersions(chance, plan, *input);
  const auto join = RandomJoin::Draw(chance, plan, *left, versions,
                                     {RandomJoinKind::kInner, RandomJoinKind::kLeft});
  if (!join) {
    plan.AddOutput(versions);
    return;
  }
  RandomStream output = join->output();
  for (const RandomRow& row : left->rows) {
    const int64_t time = std::get<int64_t>(row.values[*left->event_time]);
    // Late.
    if (time < row.watermark) continue;
    const RandomRow* version = nullptr;
    bool is_one_of_two = false;
    for (const RandomRow& candidate : versions.rows) {
      const int64_t since = std::get<int64_t>(candidate.values[3]);
      if (since > time || !join->HasEqualKeys(row, candidate)) continue;
      const int64_t best = version == nullptr ? INT64_MIN : std::get<int64_t>(version->values[3]);
      is_one_of_two = since == best || (since < best && is_one_of_two);
      if (since > best) version = &candidate;
    }
    if (is_one_of_two) {
      plan.AddOutput(versions);
      return;
    }
    if (version != nullptr && !join->Matches(row, *version)) version = nullptr;
    if (version == nullptr && join->kind() == RandomJoinKind::kInner) continue;
    output.rows.push_back(join->Pair(&row, version));
  }
  const std::string as_of = left->columns[*left->event_time].name;
  join->AddTo(plan, fmt::format(", temporal: {{as_of: l.{}}}", as_of), std::move(output));
}

}  // namespace flinkc::property
