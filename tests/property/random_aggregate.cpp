#include "tests/property/random_aggregate.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

constexpr int64_t kGroupRowsMax = 100'000;
// Larger numbers are counted and not added up, so that no sum overflows.
constexpr int64_t kSummandMax = 1'000'000'000'000;

// What an aggregate of one argument gives for its values that are not NULL.
using OfValues = std::function<Value(const std::vector<Value>&)>;

Value Count(const std::vector<Value>& values) { return static_cast<int64_t>(values.size()); }

Value Sum(const std::vector<Value>& values) {
  if (values.empty()) return {};
  int64_t sum = 0;
  for (const Value& value : values) sum += std::get<int64_t>(value);
  return sum;
}

// Towards zero.
Value Average(const std::vector<Value>& values) {
  if (values.empty()) return {};
  return std::get<int64_t>(Sum(values)) / static_cast<int64_t>(values.size());
}

Value Least(const std::vector<Value>& values) {
  if (values.empty()) return {};
  return *std::ranges::min_element(
      values, [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
}

Value Largest(const std::vector<Value>& values) {
  if (values.empty()) return {};
  return *std::ranges::max_element(
      values, [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
}

RandomExpression Always() {
  return {"", ValueType::kBoolean, 0, [](const std::vector<Value>&) { return Value(true); }};
}

// All rows, or those of a FILTER.
RandomExpression DrawFilter(Chance& chance, const RandomStream& input) {
  if (!chance.OneIn(4)) return Always();
  RandomExpression condition = DrawExpression(chance, input, ValueType::kBoolean, 2);
  condition.text = fmt::format(" FILTER (WHERE {})", condition.text);
  return condition;
}

}  // namespace

RandomAggregate DrawAggregate(Chance& chance, const RandomStream& input, const std::string& name) {
  const uint32_t choice = chance.Below(7);
  const RandomExpression filter = DrawFilter(chance, input);
  if (choice == 0) {
    return {"COUNT(*)" + filter.text,
            {name, ValueType::kBigint, kGroupRowsMax},
            [filter](const RowGroup& group) {
              int64_t count = 0;
              for (const RandomRow* row : group) count += IsTrue(filter, row->values);
              return Value(count);
            }};
  }
  constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kTime};
  const bool of_numbers = choice == 2 || choice == 3;
  const RandomExpression argument =
      DrawExpression(chance, input, of_numbers ? ValueType::kBigint : kTypes[chance.Below(3)], 2);
  const bool distinct = chance.OneIn(4);
  const char* function = "COUNT";
  OfValues of_values = Count;
  RandomColumn column{name, ValueType::kBigint, kGroupRowsMax};
  const bool can_add = argument.size_max <= kSummandMax;
  if (choice == 2 && can_add) {
    function = "SUM";
    of_values = Sum;
    column.size_max = argument.size_max * kGroupRowsMax;
  } else if (choice == 3 && can_add) {
    function = "AVG";
    of_values = Average;
    column.size_max = argument.size_max;
  } else if (choice >= 4 && choice <= 5) {
    function = choice == 4 ? "MIN" : "MAX";
    of_values = choice == 4 ? Least : Largest;
    column = {name, argument.type, argument.size_max};
  }
  return {
      fmt::format("{}({}{}){}", function, distinct ? "DISTINCT " : "", argument.text, filter.text),
      column, [=](const RowGroup& group) {
        std::vector<Value> values;
        for (const RandomRow* row : group) {
          const Value value = argument.evaluate(row->values);
          if (!IsNull(value) && IsTrue(filter, row->values)) values.push_back(value);
        }
        if (!distinct) return of_values(values);
        const std::set<Value> different(values.begin(), values.end());
        return of_values({different.begin(), different.end()});
      }};
}

RandomGrouping DrawGrouping(Chance& chance, const RandomStream& input, PlanBuilder& plan,
                            bool with_having) {
  RandomGrouping grouping;
  std::string by;
  for (size_t i = 0; i < input.columns.size() && grouping.keys.size() < 2; ++i) {
    // The times of rows are nearly all different.
    if (input.columns[i].type == ValueType::kTime || chance.Below(2) == 1) continue;
    grouping.keys.push_back(i);
    by += (by.empty() ? "" : ", ") + input.columns[i].name;
  }
  std::string compute;
  for (uint32_t more = 1 + chance.Below(3); more > 0; --more) {
    grouping.aggregates.push_back(DrawAggregate(chance, input, plan.NewColumnName()));
    const RandomAggregate& aggregate = grouping.aggregates.back();
    compute += fmt::format("{}{}: \"{}\"", compute.empty() ? "" : ", ", aggregate.column.name,
                           aggregate.text);
  }
  grouping.text = (by.empty() ? "" : "by: [" + by + "], ") + "compute: {" + compute + "}";
  grouping.having = [](const RowGroup&) { return true; };
  if (with_having && chance.OneIn(4)) {
    const RandomAggregate number = DrawAggregate(chance, input, "");
    if (number.column.type == ValueType::kBigint) {
      const int64_t limit = chance.Below(4);
      grouping.text += fmt::format(", having: \"{} > {}\"", number.text, limit);
      grouping.having = [=](const RowGroup& group) {
        const Value value = number.evaluate(group);
        return !IsNull(value) && std::get<int64_t>(value) > limit;
      };
    }
  }
  return grouping;
}

std::vector<RowGroup> GroupsOf(const RowGroup& rows, const std::vector<size_t>& keys) {
  std::map<std::vector<Value>, RowGroup> groups;
  for (const RandomRow* row : rows) {
    std::vector<Value> key;
    for (const size_t column : keys) key.push_back(row->values[column]);
    groups[key].push_back(row);
  }
  std::vector<RowGroup> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  return result;
}

}  // namespace flinkc::property
