// How far the event times of two rows may be apart, as `within` of a join says it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "compiler/expression/expr.h"

namespace flinkc::check {

class TimeBounds {
 public:
  // `times`: the columns of event time of left and right, as the condition sees them.
  explicit TimeBounds(std::array<uint32_t, 2> times) : times_(times) {}

  // Takes a part of the condition. False: it compares something else than both times with literal
  // intervals added.
  bool Take(const Expr& part);

  // Of right.time - left.time in microseconds; nothing: it has none.
  const std::optional<int64_t>& lower() const { return lower_; }
  const std::optional<int64_t>& upper() const { return upper_; }

 private:
  // A column of event time and an interval that is added to it.
  struct Term {
    size_t side = 0;
    int64_t micros = 0;
  };

  // time, time + INTERVAL, time - INTERVAL; nothing: it is none of these.
  std::optional<Term> TermOf(const Expr& expr) const;
  void AtLeast(int64_t micros);
  void AtMost(int64_t micros);

  const std::array<uint32_t, 2> times_;
  std::optional<int64_t> lower_;
  std::optional<int64_t> upper_;
};

}  // namespace flinkc::check
