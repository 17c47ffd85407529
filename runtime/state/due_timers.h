// The times of timers in order, for many of one time as for few of each: what is due far from now
// waits unsorted, by spans of about a second, and a span is sorted when its turn has come.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <vector>

namespace flinkc {

// One worker only. Times are microseconds.
class DueTimers {
 public:
  struct Due {
    int64_t time;
    uint64_t hash;
    auto operator<=>(const Due&) const = default;
  };

  void Push(const Due& due);
  // The earliest is not before it; INT64_MAX: there is none.
  int64_t earliest_bound() const;
  // The earliest; nullptr: there is none. Valid until the next call.
  const Due* First();
  // Removes what First has given.
  void PopFirst();
  // About the n-th behind the first, if it is known already; of those, which come next is a guess.
  const Due* Ahead(size_t n) const {
    return n < sorted_.size() ? &sorted_[sorted_.size() - 1 - n] : nullptr;
  }

 private:
  static constexpr int kSpanLog2 = 20;

  struct Span {
    int64_t earliest = INT64_MAX;
    std::vector<Due> due;
  };

  bool FirstIsSorted() const {
    return !sorted_.empty() && (among_.empty() || sorted_.back() < among_.top());
  }

  int64_t sorted_span_ = INT64_MIN;  // the last that was sorted
  std::vector<Due> sorted_;          // the earliest last
  // Of spans up to that one, from after they were sorted.
  std::priority_queue<Due, std::vector<Due>, std::greater<>> among_;
  std::map<int64_t, Span> later_;  // by time >> kSpanLog2
};

}  // namespace flinkc
