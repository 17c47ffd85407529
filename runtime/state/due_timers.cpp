#include "runtime/state/due_timers.h"

#include <algorithm>
#include <utility>

namespace flinkc {

void DueTimers::Push(const Due& due) {
  const int64_t number = due.time >> kSpanLog2;
  if (number <= sorted_span_) return among_.push(due);
  Span& span = later_[number];
  span.earliest = std::min(span.earliest, due.time);
  span.due.push_back(due);
}

int64_t DueTimers::earliest_bound() const {
  if (FirstIsSorted()) return sorted_.back().time;
  if (!among_.empty()) return among_.top().time;
  return later_.empty() ? INT64_MAX : later_.begin()->second.earliest;
}

const DueTimers::Due* DueTimers::First() {
  if (FirstIsSorted()) return &sorted_.back();
  if (!among_.empty()) return &among_.top();
  if (later_.empty()) return nullptr;
  auto next = later_.extract(later_.begin());
  sorted_span_ = next.key();
  sorted_ = std::move(next.mapped().due);
  std::ranges::sort(sorted_, std::greater<>());
  return &sorted_.back();
}

void DueTimers::PopFirst() {
  if (FirstIsSorted()) {
    sorted_.pop_back();
  } else {
    among_.pop();
  }
}

}  // namespace flinkc
