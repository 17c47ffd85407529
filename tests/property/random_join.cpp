#include "tests/property/random_join.h"

#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "tests/property/random_expression.h"

namespace flinkc::property {

namespace {

constexpr const char* kKinds[] = {"inner", "left", "right", "full", "semi", "anti"};

std::vector<Value> Together(const RandomRow& left, const RandomRow& right) {
  std::vector<Value> values = left.values;
  values.insert(values.end(), right.values.begin(), right.values.end());
  return values;
}

// The columns of both, as conditions name them.
RandomStream Both(const RandomStream& left, const RandomStream& right) {
  RandomStream both;
  for (const RandomColumn& column : left.columns) {
    both.columns.push_back({"l." + column.name, column.type, column.size_max});
  }
  for (const RandomColumn& column : right.columns) {
    both.columns.push_back({"r." + column.name, column.type, column.size_max});
  }
  return both;
}

}  // namespace

const std::vector<RandomJoinKind>& RandomJoin::AllKinds() {
  using Kind = RandomJoinKind;
  static const std::vector<Kind> kinds = {Kind::kInner, Kind::kLeft, Kind::kRight,
                                          Kind::kFull,  Kind::kSemi, Kind::kAnti};
  return kinds;
}

std::optional<RandomJoin> RandomJoin::Draw(Chance& chance, PlanBuilder& plan,
                                           const RandomStream& left, const RandomStream& right,
                                           const std::vector<RandomJoinKind>& kinds) {
  std::vector<std::pair<size_t, size_t>> keys;
  for (const ValueType type : {ValueType::kBigint, ValueType::kText, ValueType::kBoolean}) {
    for (const size_t l : left.ColumnsOf(type)) {
      for (const size_t r : right.ColumnsOf(type)) keys.emplace_back(l, r);
    }
  }
  if (keys.empty()) return std::nullopt;
  RandomJoin join;
  join.left_ = &left;
  join.right_ = &right;
  join.kind_ = chance.Of(kinds);
  std::tie(join.left_key_, join.right_key_) = chance.Of(keys);
  const RandomStream both = Both(left, right);
  join.match_ = fmt::format("l.{} = r.{}", left.columns[join.left_key_].name,
                            right.columns[join.right_key_].name);
  join.condition_ = [](const std::vector<Value>&) { return true; };
  if (chance.OneIn(3)) {
    const RandomExpression condition = DrawExpression(chance, both, ValueType::kBoolean, 2);
    join.match_ += fmt::format(" AND ({})", condition.text);
    join.condition_ = [condition](const std::vector<Value>& row) { return IsTrue(condition, row); };
  }
  join.output_.name = plan.NewStreamName();
  const size_t shown = join.IsLeftOnly() ? left.columns.size() : both.columns.size();
  for (size_t i = 0; i < shown; ++i) {
    RandomColumn column = both.columns[i];
    // Behind a join that gives one side alone its names are those of the columns.
    const std::string from = join.IsLeftOnly() ? left.columns[i].name : column.name;
    column.name = plan.NewColumnName();
    join.select_ += fmt::format("{}{}: {}", i == 0 ? "" : ", ", column.name, from);
    join.output_.columns.push_back(std::move(column));
  }
  return join;
}

bool RandomJoin::HasEqualKeys(const RandomRow& left, const RandomRow& right) const {
  const Value& a = left.values[left_key_];
  const Value& b = right.values[right_key_];
  return !IsNull(a) && !IsNull(b) && a == b;
}

bool RandomJoin::Matches(const RandomRow& left, const RandomRow& right) const {
  return HasEqualKeys(left, right) && condition_(Together(left, right));
}

RandomRow RandomJoin::Pair(const RandomRow* left, const RandomRow* right) const {
  RandomRow row;
  const auto add = [&row](const RandomRow* side, size_t columns) {
    for (size_t i = 0; i < columns; ++i) {
      row.values.push_back(side == nullptr ? Value() : side->values[i]);
    }
  };
  add(left, left_->columns.size());
  if (!IsLeftOnly()) add(right, right_->columns.size());
  return row;
}

std::vector<RandomRow> RandomJoin::Rows(
    const std::function<bool(const RandomRow& left, const RandomRow& right)>& sees) const {
  using Kind = RandomJoinKind;
  std::vector<RandomRow> rows;
  std::vector<bool> right_matched(right_->rows.size());
  for (const RandomRow& left : left_->rows) {
    bool has_match = false;
    for (size_t i = 0; i < right_->rows.size(); ++i) {
      const RandomRow& right = right_->rows[i];
      if (!sees(left, right) || !Matches(left, right)) continue;
      has_match = right_matched[i] = true;
      if (!IsLeftOnly()) rows.push_back(Pair(&left, &right));
    }
    const bool padded = kind_ == Kind::kLeft || kind_ == Kind::kFull || kind_ == Kind::kAnti;
    if (has_match ? kind_ == Kind::kSemi : padded) rows.push_back(Pair(&left, nullptr));
  }
  for (size_t i = 0; i < right_->rows.size(); ++i) {
    const bool padded = kind_ == Kind::kRight || kind_ == Kind::kFull;
    if (padded && !right_matched[i]) rows.push_back(Pair(nullptr, &right_->rows[i]));
  }
  return rows;
}

void RandomJoin::AddTo(PlanBuilder& plan, const std::string& more, RandomStream output) const {
  plan.MarkRead(left_->name);
  plan.MarkRead(right_->name);
  plan.AddStream(output.name,
                 fmt::format("join: {{inputs: {{l: {}, r: {}}}, kind: {}, match: \"{}\"{}}}, "
                             "select: {{{}}}",
                             left_->name, right_->name, kKinds[static_cast<size_t>(kind_)], match_,
                             more, select_));
  plan.AddOutput(std::move(output));
}

}  // namespace flinkc::property
