// What all random joins have in common: an equality of two columns, perhaps a condition beside it,
// and the columns of both sides under names of their own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/property/random_plan.h"

namespace flinkc::property {

enum class RandomJoinKind { kInner, kLeft, kRight, kFull, kSemi, kAnti };

class RandomJoin {
 public:
  // More rows than these make the plans behind slow and say nothing more.
  static constexpr size_t kRowsMax = 2'000;

  // Of two streams, `l` and `r` in expressions; nothing: no column of one can equal one of the
  // other.
  static std::optional<RandomJoin> Draw(Chance& chance, PlanBuilder& plan, const RandomStream& left,
                                        const RandomStream& right,
                                        const std::vector<RandomJoinKind>& kinds);

  static const std::vector<RandomJoinKind>& AllKinds();

  // Without rows.
  const RandomStream& output() const { return output_; }
  bool HasEqualKeys(const RandomRow& left, const RandomRow& right) const;
  bool Matches(const RandomRow& left, const RandomRow& right) const;
  // What the join makes of all rows of the left side and, for each of them, those of the right that
  // `sees` says it can meet.
  std::vector<RandomRow> Rows(
      const std::function<bool(const RandomRow& left, const RandomRow& right)>& sees) const;
  // Its entry in `streams:`, and what comes of it; `more`: keys beside those that all joins have.
  void AddTo(PlanBuilder& plan, const std::string& more, RandomStream output) const;

  RandomJoinKind kind() const { return kind_; }
  // A row of the output; nullptr: NULL for all columns of that side.
  RandomRow Pair(const RandomRow* left, const RandomRow* right) const;

 private:
  bool IsLeftOnly() const {
    return kind_ == RandomJoinKind::kSemi || kind_ == RandomJoinKind::kAnti;
  }

  const RandomStream* left_ = nullptr;
  const RandomStream* right_ = nullptr;
  RandomJoinKind kind_ = RandomJoinKind::kInner;
  size_t left_key_ = 0;
  size_t right_key_ = 0;
  std::function<bool(const std::vector<Value>&)> condition_;
  std::string match_;
  std::string select_;
  RandomStream output_;
};

}  // namespace flinkc::property
