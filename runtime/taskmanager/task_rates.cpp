#include "runtime/taskmanager/task_rates.h"

#include <algorithm>

namespace flinkc {

TaskRates::PerSecond TaskRates::Look(const TaskTimes::Totals& totals, int64_t now_nanos) {
  if (!has_looked_) {
    has_looked_ = true;
    before_ = next_ = {{}, now_nanos};
    before_.totals = next_.totals = totals;
    return {};
  }
  if (now_nanos - next_.at_nanos >= kWindowNanos / 2) {
    before_ = next_;
    next_ = {totals, now_nanos};
  }
  const int64_t elapsed = now_nanos - before_.at_nanos;
  if (elapsed <= 0) return {};
  const auto share = [&](int64_t now, int64_t before) {
    return static_cast<uint32_t>(std::clamp<int64_t>((now - before) * 1000 / elapsed, 0, 1000));
  };
  return {share(totals.busy_nanos, before_.totals.busy_nanos),
          share(totals.idle_nanos, before_.totals.idle_nanos),
          share(totals.backpressured_nanos, before_.totals.backpressured_nanos)};
}

}  // namespace flinkc
