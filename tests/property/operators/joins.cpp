// Joins of two streams, by nested loops: regular ones, and within an interval of event time.
#include <fmt/format.h>

#include "tests/property/operator_kind.h"
#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

// More rows than these make the plans behind slow and say nothing more.
constexpr size_t kRowsMax = 2'000;

enum Kind : size_t { kInner, kLeft, kRight, kFull, kSemi, kAnti };
constexpr const char* kKindNames[] = {"inner", "left", "right", "full", "semi", "anti"};

struct Interval {
  bool is_there = false;
  int64_t before = 0, after = 0;  // seconds of right before and after left
};

// The columns of both sides, as conditions name them.
RandomStream Together(const RandomStream& left, const RandomStream& right) {
  RandomStream both;
  for (RandomColumn column : left.columns) {
    column.name = "l." + column.name;
    both.columns.push_back(std::move(column));
  }
  for (RandomColumn column : right.columns) {
    column.name = "r." + column.name;
    both.columns.push_back(std::move(column));
  }
  return both;
}

// The rows that a join looks at: with an interval none that is behind its watermark.
std::vector<const RandomRow*> RowsOf(const RandomStream& stream, const Interval& interval) {
  std::vector<const RandomRow*> rows;
  for (const RandomRow& row : stream.rows) {
    const bool is_late =
        interval.is_there && std::get<int64_t>(row.values[*stream.event_time]) < row.watermark;
    if (!is_late) rows.push_back(&row);
  }
  return rows;
}

std::vector<Value> Concatenated(const std::vector<Value>& left, const std::vector<Value>& right) {
  std::vector<Value> both = left;
  both.insert(both.end(), right.begin(), right.end());
  return both;
}

}  // namespace

void AddJoin(Chance& chance, PlanBuilder& plan) {
  const auto any = [](const RandomStream&) { return true; };
  const RandomStream left = *plan.DrawStream(chance, any);
  const RandomStream right = *plan.DrawStream(chance, any);
  constexpr ValueType kKeyTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kBoolean};
  const ValueType key_type = kKeyTypes[chance.Below(3)];
  const std::vector<size_t> left_keys = left.ColumnsOf(key_type);
  const std::vector<size_t> right_keys = right.ColumnsOf(key_type);
  const Kind kind = static_cast<Kind>(chance.Below(6));
  if (left_keys.empty() || right_keys.empty()) return;
  const size_t left_key = chance.Of(left_keys), right_key = chance.Of(right_keys);
  const RandomStream both = Together(left, right);
  std::string match = fmt::format("{} = {}", both.columns[left_key].name,
                                  both.columns[left.columns.size() + right_key].name);
  RandomExpression condition;
  const bool has_condition = chance.OneIn(3);
  if (has_condition) {
    condition = DrawExpression(chance, both, ValueType::kBoolean, 2);
    match += fmt::format(" AND ({})", condition.text);
  }
  Interval interval;
  const bool can_bound = !left.updates && !right.updates && left.event_time && right.event_time;
  if (can_bound && chance.Below(2) == 1) {
    interval = {true, chance.Below(5), chance.Below(20)};
  }

  const bool left_only = kind == kSemi || kind == kAnti;
  const auto left_rows = RowsOf(left, interval), right_rows = RowsOf(right, interval);
  std::vector<std::vector<Value>> rows;
  std::vector<bool> right_has_match(right_rows.size());
  for (const RandomRow* row : left_rows) {
    bool has_match = false;
    for (size_t i = 0; i < right_rows.size(); ++i) {
      const std::vector<Value>& other = right_rows[i]->values;
      if (IsNull(row->values[left_key]) || row->values[left_key] != other[right_key]) continue;
      if (interval.is_there) {
        const int64_t difference = std::get<int64_t>(other[*right.event_time]) -
                                   std::get<int64_t>(row->values[*left.event_time]);
        if (difference < -1000 * interval.before || difference > 1000 * interval.after) continue;
      }
      std::vector<Value> pair = Concatenated(row->values, other);
      if (has_condition && !IsTrue(condition, pair)) continue;
      has_match = right_has_match[i] = true;
      if (!left_only) rows.push_back(std::move(pair));
    }
    if (left_only && has_match == (kind == kSemi)) rows.push_back(row->values);
    if (!has_match && (kind == kLeft || kind == kFull)) {
      rows.push_back(Concatenated(row->values, std::vector<Value>(right.columns.size())));
    }
    if (rows.size() > kRowsMax) return;
  }
  for (size_t i = 0; i < right_rows.size(); ++i) {
    if (right_has_match[i] || (kind != kRight && kind != kFull)) continue;
    rows.push_back(Concatenated(std::vector<Value>(left.columns.size()), right_rows[i]->values));
  }

  RandomStream output;
  output.name = plan.NewStreamName();
  const bool appends = interval.is_there || kind == kInner || kind == kSemi;
  output.updates = left.updates || right.updates || !appends;
  std::string columns;
  const size_t column_count = left_only ? left.columns.size() : both.columns.size();
  for (size_t i = 0; i < column_count; ++i) {
    const RandomColumn& column = left_only ? left.columns[i] : both.columns[i];
    output.columns.push_back({plan.NewColumnName(), column.type, column.size_max});
    columns += fmt::format("{}{}: {}", i == 0 ? "" : ", ", output.columns.back().name, column.name);
  }
  for (std::vector<Value>& row : rows) output.rows.push_back({std::move(row), INT64_MIN});
  std::string within;
  if (interval.is_there) {
    const std::string& left_time = both.columns[*left.event_time].name;
    within = fmt::format(
        ", within: \"{} BETWEEN {} - INTERVAL '{}' SECOND AND {} + INTERVAL '{}' SECOND\"",
        both.columns[left.columns.size() + *right.event_time].name, left_time, interval.before,
        left_time, interval.after);
  }
  plan.MarkRead(left.name);
  plan.MarkRead(right.name);
  plan.AddStream(output.name,
                 fmt::format("join: {{inputs: {{l: {}, r: {}}}, kind: {}, match: \"{}\"{}}}, "
                             "select: {{{}}}",
                             left.name, right.name, kKindNames[kind], match, within, columns));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
